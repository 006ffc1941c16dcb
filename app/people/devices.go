package people

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"assent/app"
	"assent/app/i18n"
)

// SetPreferences stores a person's language (BCP 47) and time zone (IANA); an
// empty value leaves the old one.
func (s *Service) SetPreferences(ctx context.Context, by app.Actor, lang, zone string) error {
	if zone != "" {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" || len(zone) > 64 {
			return app.ErrMalformed.In("zone").Because(err)
		}
	}
	return s.store.SetPreferences(ctx, by, by.PersonID, lang, zone)
}

// SetTheme stores the look of the device by: light, dark, or empty for the system's.
func (s *Service) SetTheme(ctx context.Context, by app.Actor, theme string) error {
	if theme != "" && theme != "light" && theme != "dark" {
		return app.ErrMalformed.In("theme").Because(errors.New("no such theme"))
	}
	return s.store.SetDevicePreferences(ctx, by, &theme, nil)
}

// longest device name, in characters.
const longestName = 60

// RenameDevice gives one of the person's devices a name: a line of text that can
// be read, whatever else is in it.
func (s *Service) RenameDevice(ctx context.Context, by app.Actor, deviceID, name string) error {
	name = i18n.Plain(name)
	if n := utf8.RuneCountInString(name); n < 1 || n > longestName {
		return app.ErrMalformed.In("name").Because(errors.New("a device's name has 1 to 60 characters"))
	}
	return s.store.RenameDevice(ctx, by, deviceID, name)
}

// RemoveDevice ends one of the person's devices: its session, its
// subscription, and its passkey unless another device signs with it.
func (s *Service) RemoveDevice(ctx context.Context, by app.Actor, deviceID string) error {
	return s.store.RemoveDevice(ctx, by, by.PersonID, deviceID)
}

// DisownDevice ends a device that the person doesn't know, and its passkey
// wherever else it is.
func (s *Service) DisownDevice(ctx context.Context, by app.Actor, deviceID string) error {
	return s.store.DisownDevice(ctx, by, by.PersonID, deviceID)
}

// LinkTime is how long the link works that a person gives themselves.
const LinkTime = 10 * time.Minute

// LinkDevice makes the link by which the person sets up another device, or one
// in place of the device by. It gives the link's token.
func (s *Service) LinkDevice(ctx context.Context, by app.Actor, replace bool) (token string, err error) {
	token = app.NewToken()
	_, err = s.store.InviteFrom(ctx, by, app.TokenHash(token), replace, s.store.Now().Add(LinkTime))
	return token, err
}
