package admin

import (
	"context"
	"time"

	"assent/app"
	"assent/app/admin/may"
	"assent/app/health"
	"assent/app/settings"
	"assent/store"
)

// SetBranding makes b the institution's brand; see settings.ChooseBranding,
// also for based and what is refused.
func (s *Service) SetBranding(
	ctx context.Context,
	who Fresh[may.ChangeSettings],
	b settings.Branding,
	based int64,
) error {
	by := who.actor()
	if err := s.chosen(ctx, by, ActionBranding, settings.BrandingName, b, based); err != nil {
		return err
	}
	return s.uses.Settings.ChooseBranding(ctx, by, b, based)
}

// SetLogo makes a picture the institution's logo; an empty one takes it away.
func (s *Service) SetLogo(ctx context.Context, who Fresh[may.ChangeSettings], file []byte, based int64) error {
	by := who.actor()
	b := s.uses.Settings.Current().Branding
	b.Logo = ""
	var picture []store.Logo
	if len(file) > 0 {
		l, err := settings.ReadLogo(file)
		if err != nil {
			return err
		}
		b.Logo, picture = l.ID, append(picture, l)
	}
	if err := s.chosen(ctx, by, ActionBranding, settings.BrandingName, b, based, picture...); err != nil {
		return err
	}
	return s.uses.Settings.ChooseBranding(ctx, by, b, based, picture...)
}

// SetProtection makes p the policy against fraud and fatigue.
func (s *Service) SetProtection(
	ctx context.Context,
	who Fresh[may.ChangeSettings],
	p settings.Protection,
	based int64,
) error {
	by := who.actor()
	if err := s.chosen(ctx, by, ActionProtection, settings.ProtectionName, p, based); err != nil {
		return err
	}
	return s.uses.Settings.ChooseProtection(ctx, by, p, based)
}

// SetRetention makes r how long records are kept.
func (s *Service) SetRetention(
	ctx context.Context,
	who Fresh[may.ChangeSettings],
	r settings.Retention,
	based int64,
) error {
	by := who.actor()
	if err := s.chosen(ctx, by, ActionRetention, settings.RetentionName, r, based); err != nil {
		return err
	}
	return s.uses.Settings.ChooseRetention(ctx, by, r, based)
}

// ResetSetting chooses nothing any more.
func (s *Service) ResetSetting(
	ctx context.Context,
	who Fresh[may.ChangeSettings],
	name settings.Name,
	based int64,
) error {
	by := who.actor()
	if err := s.secondForVersion(ctx, by, ActionReset, Choice{Name: name, Based: based}); err != nil {
		return err
	}
	return s.uses.Settings.Reset(ctx, by, name, based)
}

// RevertSetting brings back an earlier version.
func (s *Service) RevertSetting(
	ctx context.Context,
	who Fresh[may.ChangeSettings],
	version, based int64,
) (settings.Name, error) {
	by := who.actor()
	was, err := s.store.Choice(ctx, version)
	if err != nil {
		return "", err
	}
	choice := Choice{Name: settings.Name(was.Name), Based: based, Version: version}
	if err := s.secondForVersion(ctx, by, ActionRevert, choice); err != nil {
		return "", err
	}
	return s.uses.Settings.Revert(ctx, by, version, based)
}

// examining is how long trying out a connection may take.
const examining = 20 * time.Second

// ExamineACP tries out the connection of that name, one administrator at a
// time: each makes some thirty calls.
func (s *Service) ExamineACP(
	ctx context.Context,
	who Grant[may.TestSettings],
	connection string,
) ([]health.Finding, error) {
	who.check()
	for _, c := range s.uses.Connections {
		if c.Name != connection {
			continue
		}
		if !s.examining.TryLock() {
			return nil, app.ErrTooMany.After(examining)
		}
		defer s.examining.Unlock()
		ctx, cancel := context.WithTimeout(ctx, examining)
		defer cancel()
		return c.Server.Examine(ctx), nil
	}
	return nil, app.ErrMalformed.In("connection")
}

// Connections are the names of the connections that can be tried out.
func (s *Service) Connections() []string {
	var names []string
	for _, c := range s.uses.Connections {
		names = append(names, c.Name)
	}
	return names
}
