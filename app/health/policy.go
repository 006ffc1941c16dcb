package health

import (
	"context"
	"encoding/json"
	"time"

	"assent/app/i18n"
)

// activation says so where a link alone sets up a device.
func (s *Service) activation(context.Context) []Result {
	if !s.cfg.LinkAlone {
		return nil
	}
	return []Result{{
		Part:  Activation,
		State: Bad,
		Says:  say("admin.overview.health.activation_off"),
		Do:    say("admin.overview.health.activation_do"),
	}}
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
		out = append(out,
			Result{
				Part:  FourEyes,
				State: Bad,
				Says:  say("admin.overview.health.four_eyes_off", "age", s.cfg.Store.Now().Sub(rows[0].At)),
				Do:    say("admin.overview.health.four_eyes_off_do"),
			})
	}
	n, err := s.cfg.Store.OpenProposals(ctx)
	if err != nil {
		return append(out, s.unread(ctx, FourEyes, err)...)
	}
	if n > 0 {
		out = append(out,
			Result{
				Part:  FourEyes,
				State: Warn,
				Says:  sayN("admin.overview.health.four_eyes_wait", n),
				Do:    say("admin.overview.health.four_eyes_wait_do"),
			})
	}
	return out
}

// mostLoosened is how many settings that were loosened the overview names.
const mostLoosened = 50

// loosened names each setting that protects less since a start, as it was changed
// last, for as long as four eyes that were switched off are shown.
func (s *Service) loosened(ctx context.Context) []Result {
	rows, err := s.cfg.Store.AuditOf(ctx, "setting.loosen", mostLoosened)
	if err != nil {
		return s.unread(ctx, Loosened, err)
	}
	var out []Result
	seen := map[string]bool{}
	for _, row := range rows {
		var d struct{ Setting, From, To string }
		if err := json.Unmarshal([]byte(row.Detail), &d); err != nil {
			return s.unread(ctx, Loosened, err)
		}
		age := s.cfg.Store.Now().Sub(row.At)
		if seen[d.Setting] || age >= offShown {
			continue
		}
		seen[d.Setting] = true
		out = append(out, Result{
			Part:  Loosened,
			Name:  d.Setting,
			State: Bad,
			Says:  say("admin.overview.health.loosened", "age", age, "from", orNothing(d.From), "to", orNothing(d.To)),
			Do:    say("admin.overview.health.loosened_do"),
		})
	}
	return out
}

// orNothing is a value, or the word for none.
func orNothing(value string) any {
	if value == "" {
		return i18n.Key("admin.overview.health.loosened_nothing")
	}
	return i18n.Plain(value)
}

// protection says so where no policy against fraud was ever chosen, as in
// installations from before there were defaults.
func (s *Service) protection(context.Context) []Result {
	if s.cfg.PolicyChosen == nil || s.cfg.PolicyChosen() {
		return nil
	}
	return []Result{{
		Part:  Protection,
		State: Warn,
		Says:  say("admin.overview.health.protection_bare"),
		Do:    say("admin.overview.health.protection_do"),
	}}
}
