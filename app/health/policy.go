package health

import (
	"context"
	"time"
)

// activation says so where a link alone sets up a device.
func (s *Service) activation(context.Context) []Result {
	if !s.cfg.LinkAlone {
		return nil
	}
	return []Result{{Part: Activation, State: Bad, Says: say("admin.overview.health.activation_off"), Do: say("admin.overview.health.activation_do")}}
}

// offShown is how long the overview shows that four eyes was switched off from
// the command line.
const offShown = 30 * 24 * time.Hour

// fourEyes tells of what waits for a second administrator, and of the emergency
// door.
func (s *Service) fourEyes(ctx context.Context) []Result {
	rows, err := s.cfg.Store.AuditOf(ctx, "four_eyes.off", 1)
	if err != nil {
		return s.unread(ctx, FourEyes, err)
	}
	var out []Result
	if len(rows) > 0 && s.cfg.Store.Now().Sub(rows[0].At) < offShown {
		out = append(out, Result{Part: FourEyes, State: Bad, Says: say("admin.overview.health.four_eyes_off", "age", s.cfg.Store.Now().Sub(rows[0].At)),
			Do: say("admin.overview.health.four_eyes_off_do")})
	}
	n, err := s.cfg.Store.OpenProposals(ctx)
	if err != nil {
		return append(out, s.unread(ctx, FourEyes, err)...)
	}
	if n > 0 {
		out = append(out, Result{Part: FourEyes, State: Warn, Says: sayN("admin.overview.health.four_eyes_wait", n), Do: say("admin.overview.health.four_eyes_wait_do")})
	}
	return out
}

// protection says so where no policy against fraud was ever chosen, as in
// installations from before there were defaults.
func (s *Service) protection(context.Context) []Result {
	if s.cfg.PolicyChosen == nil || s.cfg.PolicyChosen() {
		return nil
	}
	return []Result{{Part: Protection, State: Warn, Says: say("admin.overview.health.protection_bare"), Do: say("admin.overview.health.protection_do")}}
}
