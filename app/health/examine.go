package health

import (
	"slices"

	"assent/app/i18n"
)

// Finding is one thing that examining a connection tried.
type Finding struct {
	ID     string // stable, for pages and tests
	Of     Sentence
	State  State
	Says   Sentence
	Do     Sentence
	Detail string // what the server answered, for whoever has to look it up; plain English, without secrets
}

// Worst is the worst state of some findings.
func Worst(all []Finding) State {
	worst := OK
	for _, f := range all {
		if f.State.rank() < worst.rank() {
			worst = f.State
		}
	}
	return worst
}

// In words a sentence whose values are texts, numbers and other messages.
func (s Sentence) In(w i18n.Words) string {
	if s.Key == "" {
		return ""
	}
	pairs := slices.Clone(s.Pairs)
	for i, v := range pairs {
		if key, ok := v.(i18n.Key); ok {
			pairs[i] = w.T(key)
		}
	}
	return w.T(s.Key, pairs...)
}
