package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"assent/app"
	"assent/store"
)

// FourEyes is which actions of administrators wait until a second one confirms
// them.
type FourEyes struct {
	Areas []app.Area `json:"areas,omitempty"`
}

func (e FourEyes) check() Faults {
	var f Faults
	for _, a := range e.Areas {
		if !slices.Contains(app.Areas, a) {
			f.add("areas", "admin.settings.fault.area", "area", string(a))
		}
	}
	return f
}

// ordered is e with each area once, in the order of app.Areas, so that the same
// choice is stored in one way.
func (e FourEyes) ordered() FourEyes {
	var out FourEyes
	for _, a := range app.Areas {
		if slices.Contains(e.Areas, a) {
			out.Areas = append(out.Areas, a)
		}
	}
	return out
}

// FourEyes gives the areas that count now, and the version that was chosen. It
// asks the database, since the command line can switch them off while the
// service runs.
func (s *Service) FourEyes(ctx context.Context) (FourEyes, int64, error) {
	var e FourEyes
	var version int64
	rows, err := s.cfg.Store.Choices(ctx)
	if err != nil {
		return e, 0, err
	}
	for _, row := range rows {
		if Name(row.Name) != FourEyesName {
			continue
		}
		version = row.ID
		if err := json.Unmarshal([]byte(row.Value), &e); err != nil {
			return e, version, fmt.Errorf("the choice %s %d: %w", row.Name, row.ID, err)
		}
	}
	if s.fixed("four_eyes") {
		e = FourEyes{Areas: s.cfg.FourEyes}
	}
	return e.ordered(), version, nil
}

// ChooseFourEyes makes e count; see ChooseBranding for based. Whether a second
// administrator agrees is the caller's to ask.
func (s *Service) ChooseFourEyes(ctx context.Context, by app.Actor, e FourEyes, based int64) error {
	if s.fixed("four_eyes") {
		e = FourEyes{Areas: s.cfg.FourEyes}
	}
	if err := e.check().err(); err != nil {
		return err
	}
	return s.choose(ctx, by, FourEyesName, e.ordered(), based, 0)
}

// Check gives what is wrong with a choice as Faults, or nil, and stores nothing.
func (s *Service) Check(choice any) error {
	switch c := choice.(type) {
	case Branding:
		return c.check().err()
	case Protection:
		return s.overruled(c).check().err()
	case Retention:
		return c.check().err()
	case FourEyes:
		return c.check().err()
	}
	return fmt.Errorf("%T is no choice", choice)
}

// SwitchFourEyesOff is the emergency door, for the command line: it chooses no
// area, whoever is there to confirm, and records that in a way that the
// overview shows. What was set where the service is started stays.
func SwitchFourEyesOff(ctx context.Context, st *store.Store, by app.Actor) error {
	s := &Service{cfg: Config{Store: st}}
	now, version, err := s.FourEyes(ctx)
	if err != nil || len(now.Areas) == 0 {
		return err
	}
	if err := st.FourEyesOff(ctx, by); err != nil {
		return err
	}
	text, err := encode(FourEyes{})
	if err != nil {
		return err
	}
	_, err = st.Choose(ctx, by, store.Choice{Name: string(FourEyesName), Value: text}, version)
	return err
}
