package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"assent/app"
	"assent/app/config"
	"assent/store"
)

// The settings of which administrators may choose where the start doesn't fix
// them, by their variables.
const (
	startFourEyes    = "ASSENT_FOUR_EYES"
	startPauses      = "ASSENT_REPORT_PAUSES"
	startMatchCode   = "ASSENT_MATCH_CODE"
	startUnderAttack = "ASSENT_MATCH_CODE_UNDER_ATTACK"
	startCooling     = "ASSENT_COOLING"
)

// Started compares the settings that protect with those of the last start, as
// they count beside what administrators chose, and records each that changed,
// under who started the service. The first start has nothing to compare with.
func (s *Service) Started(ctx context.Context, by app.Actor, now []config.Safeguard) error {
	before, err := s.cfg.Store.StartSettings(ctx)
	if err != nil {
		return err
	}
	chosen, err := s.chosenSafeguards(ctx)
	if err != nil {
		return err
	}
	was, is := map[string]string{}, map[string]string{}
	for name, old := range before {
		was[name] = effective(name, old.Value, old.Fixed, chosen)
	}
	var names []string
	var stored []store.StartSetting
	for _, one := range now {
		names = append(names, one.Name)
		is[one.Name] = effective(one.Name, one.Value, one.Fixed, chosen)
		stored = append(stored, store.StartSetting{Name: one.Name, Value: one.Value, Fixed: one.Fixed})
	}
	for name := range before {
		if !slices.Contains(names, name) { // of a connection that isn't there any more
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, of := range []map[string]string{was, is} {
		// A profile that always asks for the code does so under attack too.
		if _, known := of[startUnderAttack]; known {
			both := slices.Concat(strings.Split(of[startMatchCode], ", "), strings.Split(of[startUnderAttack], ", "))
			of[startUnderAttack] = config.List(slices.DeleteFunc(both, func(p string) bool { return p == "" }))
		}
	}
	var changes []store.StartChange
	for _, name := range names {
		from, known := was[name]
		if to := is[name]; known && from != to {
			changes = append(changes, store.StartChange{
				Name:   name,
				From:   from,
				To:     to,
				Looser: config.Looser(name, from, to),
			})
		}
	}
	return s.cfg.Store.Started(ctx, by, stored, changes)
}

// effective is what counts of a setting: what administrators chose, where the
// start doesn't fix it and they did.
func effective(name, value string, fixed bool, chosen map[string]string) string {
	if choice, ok := chosen[name]; ok && !fixed {
		return choice
	}
	return value
}

// chosenSafeguards are the choices of administrators, as config.Safeguard
// writes values; without those that nobody made.
func (s *Service) chosenSafeguards(ctx context.Context) (map[string]string, error) {
	rows, err := s.cfg.Store.Choices(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, row := range rows {
		if row.Value == nothing {
			continue
		}
		var err error
		switch Name(row.Name) {
		case ProtectionName:
			var p Protection
			err = json.Unmarshal([]byte(row.Value), &p)
			out[startPauses] = p.ReportPauses.Setting()
			out[startMatchCode] = config.List(p.MatchCode)
			out[startUnderAttack] = config.List(p.UnderAttack)
			out[startCooling] = (time.Duration(p.CoolingHours) * time.Hour).String()
		case FourEyesName:
			var e FourEyes
			err = json.Unmarshal([]byte(row.Value), &e)
			out[startFourEyes] = config.List(e.Areas)
		}
		if err != nil {
			return nil, fmt.Errorf("the choice %s %d: %w", row.Name, row.ID, err)
		}
	}
	return out, nil
}
