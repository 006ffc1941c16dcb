package passkey

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/go-webauthn/webauthn/protocol"

	"assent/app"
	"assent/store"
)

// cause is why a passkey was refused, as a short code for log and audit.
type cause string

func (c cause) Error() string { return string(c) }

// because keeps what is behind the code for the log.
func (c cause) because(err error) error { return fmt.Errorf("%w: %w", c, err) }

// attempt is a passkey that is being tried: by whom, and as far as is known,
// whose it is and of what model.
type attempt struct {
	purpose string
	by      app.Actor
	person  string
	admin   string
	device  string
	request string
	aaguid  []byte
}

// trying is an attempt of a device that is signed in.
func trying(purpose string, d app.Device, a account) attempt {
	t := attempt{
		purpose: purpose,
		by:      app.Actor{Kind: app.ActorDevice, ID: d.ID, PersonID: d.PersonID},
		person:  d.PersonID,
		device:  d.ID,
	}
	for _, c := range a.credentials {
		t.aaguid = c.Authenticator.AAGUID
	}
	return t
}

// refuse tells a refused passkey to the log and, where its owner is known, to
// the audit; strangers' tries would fill that. It gives the refusal that people
// may see.
func (s *Service) refuse(ctx context.Context, a attempt, err error) error {
	why, refusal := causeOf(err), refused(err)
	attrs := []slog.Attr{slog.String("purpose", a.purpose), slog.String("cause", why)}
	for _, f := range []struct{ key, value string }{{"aaguid", model(a.aaguid)}, {"person", a.person},
		{"admin", a.admin}, {"device", a.device},
		{"request", a.request}, {"source", a.by.Source}, {"error", fmt.Sprintf("%.300s", refusal)}} {
		if f.value != "" {
			attrs = append(attrs, slog.String(f.key, f.value))
		}
	}
	s.log.LogAttrs(ctx, slog.LevelWarn, "a passkey was refused", attrs...)
	if a.person == "" && a.admin == "" {
		return refusal
	}
	detail := map[string]string{"purpose": a.purpose, "cause": why}
	if m := model(a.aaguid); m != "" {
		detail["aaguid"] = m
	}
	if err := s.store.PasskeyRefused(ctx, a.by,
		store.PasskeyRefusal{
			PersonID:  a.person,
			AdminID:   a.admin,
			DeviceID:  a.device,
			RequestID: a.request,
			Detail:    detail,
		}); err != nil {
		return errors.Join(refusal, err)
	}
	return refusal
}

// causeOf is the short code of a refusal: ours, else the library's kind of
// error, which is a code too.
func causeOf(err error) string {
	var c cause
	if errors.As(err, &c) {
		return string(c)
	}
	var known *app.Error
	if errors.As(err, &known) {
		return known.Code
	}
	var detail *protocol.Error
	if errors.As(err, &detail) {
		return detail.Type
	}
	return "invalid"
}
