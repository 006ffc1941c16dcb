package app

import (
	"encoding/json"
	"fmt"
)

// PauseScope is which requests a report pauses.
type PauseScope string

// The scopes.
const (
	PauseNone     PauseScope = ""
	PausePayments PauseScope = "payments"
	PauseAll      PauseScope = "all"
)

// PauseScopes are all of them, from the narrowest.
var PauseScopes = []PauseScope{PauseNone, PausePayments, PauseAll}

// ParsePauseScope reads a scope as settings spell it: true is all of them, false
// none.
func ParsePauseScope(s string) (PauseScope, error) {
	switch s {
	case "", "false", "0", "no":
		return PauseNone, nil
	case "true", "1", "yes", string(PauseAll):
		return PauseAll, nil
	case string(PausePayments):
		return PausePayments, nil
	}
	return PauseNone, fmt.Errorf("%q is not true, false or payments", s)
}

// Setting spells the scope as settings do.
func (s PauseScope) Setting() string {
	switch s {
	case PauseNone:
		return "false"
	case PauseAll:
		return "true"
	}
	return string(s)
}

// UnmarshalJSON reads also the true and false of choices that were stored before
// there were scopes.
func (s *PauseScope) UnmarshalJSON(b []byte) (err error) {
	var yes bool
	if json.Unmarshal(b, &yes) == nil {
		*s = PauseNone
		if yes {
			*s = PauseAll
		}
		return nil
	}
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	*s, err = ParsePauseScope(text)
	return err
}

// Paused tells what of the person's requests is paused.
func (p Person) Paused() PauseScope {
	switch {
	case p.PausedAt == 0:
		return PauseNone
	case p.PauseScope == PausePayments:
		return PausePayments
	}
	return PauseAll
}

// Pauses tells whether requests are paused for the person that pay, or that
// don't. A pause of payments lets a request of which the kind isn't known yet
// through: it ends when it turns out to pay.
func (p Person) Pauses(payment bool) bool {
	return p.Paused() == PauseAll || p.Paused() == PausePayments && payment
}
