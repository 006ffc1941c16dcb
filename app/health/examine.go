package health

import (
	"context"
	"slices"

	"assent/app/acp"
	"assent/app/i18n"
)

// Finding is one thing that examining a connection to ACP tried.
type Finding struct {
	ID     string // stable, for pages and tests
	Of     Sentence
	State  State
	Says   Sentence
	Do     Sentence
	Detail string // what ACP answered, for whoever has to look it up; plain English, without secrets
}

// kindWords are the kinds of login in words.
var kindWords = map[acp.Kind]i18n.Key{
	acp.Regular:                         "admin.settings.acp.kind.regular",
	acp.UKAccountAccess:                 "admin.settings.acp.kind.uk_accounts",
	acp.UKDomesticPayment:               "admin.settings.acp.kind.uk_domestic",
	acp.UKDomesticScheduledPayment:      "admin.settings.acp.kind.uk_scheduled",
	acp.UKDomesticStandingOrder:         "admin.settings.acp.kind.uk_standing",
	acp.UKFilePayment:                   "admin.settings.acp.kind.uk_file",
	acp.UKInternationalPayment:          "admin.settings.acp.kind.uk_international",
	acp.UKInternationalScheduledPayment: "admin.settings.acp.kind.uk_international_scheduled",
	acp.UKInternationalStandingOrder:    "admin.settings.acp.kind.uk_international_standing",
	acp.BRData:                          "admin.settings.acp.kind.br_data",
	acp.BRPayment:                       "admin.settings.acp.kind.br_payment",
}

// layoutWords name the layouts.
var layoutWords = map[acp.Layout]i18n.Key{
	acp.LayoutWorkspace: "admin.settings.acp.layout_workspace",
	acp.LayoutSystem:    "admin.settings.acp.layout_system",
}

// Examine tries out a connection to ACP and words what it found: the token,
// each scope, which layout answers, and the call of each kind of login; each
// fault with what to do about it. ctx bounds how long it takes.
func Examine(ctx context.Context, c Connection) []Finding {
	return findings(c.ACP.Examine(ctx))
}

func findings(e acp.Examination) []Finding {
	out := tokens(e)
	scope := map[acp.API]bool{}
	for _, t := range e.Tokens {
		scope[t.API] = t.Err == nil
	}
	var consents []Finding
	answers := map[acp.Layout]bool{}
	for _, call := range e.Calls {
		if call.There && call.API == acp.OpenBankingAPI {
			answers[call.Layout] = true
		}
		if call.Layout != e.Layout {
			continue
		}
		f := Finding{ID: string(call.Kind), Of: say(kindWords[call.Kind])}
		examined(&f, e, call, scope[call.API])
		if call.API == acp.OpenBankingAPI {
			consents = append(consents, f)
		} else {
			out = append(out, f)
		}
	}
	return slices.Concat(out, []Finding{layout(e.Layout, answers, scope[acp.OpenBankingAPI])}, consents)
}

// tokens words whether the client is known, and which scopes it has.
func tokens(e acp.Examination) []Finding {
	known := Finding{ID: "token", Of: say("admin.overview.part.token"), State: OK, Says: say("admin.overview.health.token_ok")}
	refused := e.Tokens[0].Err
	for _, t := range e.Tokens {
		if t.Err == nil || lacks(t.Err) {
			refused = nil
		}
	}
	if refused != nil {
		r := token("", refused)
		known.State, known.Says, known.Do, known.Detail = r.State, r.Says, r.Do, told(refused)
		return []Finding{known}
	}
	out := []Finding{known}
	for _, t := range e.Tokens {
		f := Finding{ID: t.API.Scope(), Of: say("admin.settings.acp.scope", "scope", t.API.Scope()), State: OK, Says: say("admin.settings.acp.scope_ok")}
		switch {
		case t.Err == nil:
		case lacks(t.Err) && t.API == acp.OpenBankingAPI:
			f.Says = say("admin.overview.health.open_bank_unused", "scope", t.API.Scope())
		case lacks(t.Err):
			f.State, f.Says, f.Do = Bad, say("admin.overview.health.api_scope", "scope", t.API.Scope()), say("admin.overview.health.api_scope_do", "scope", t.API.Scope())
		default:
			r := token("", t.Err)
			f.State, f.Says, f.Do, f.Detail = r.State, r.Says, r.Do, told(t.Err)
		}
		out = append(out, f)
	}
	return out
}

// told is a failed call with what ACP wrote beside it. The calls are about a
// login that doesn't exist, and so about no person.
func told(err error) string {
	if said := acp.Said(err); said != "" {
		return err.Error() + ": " + said
	}
	return err.Error()
}

// layout words where ACP has its open banking calls.
func layout(set acp.Layout, answers map[acp.Layout]bool, used bool) Finding {
	f := Finding{ID: "layout", Of: say("admin.settings.acp.layout"), State: OK}
	other := acp.LayoutSystem
	if set == acp.LayoutSystem {
		other = acp.LayoutWorkspace
	}
	switch {
	case answers[set] && answers[other]:
		f.Says = say("admin.settings.acp.layout_both", "layout", layoutWords[set])
	case answers[set]:
		f.Says = say("admin.settings.acp.layout_ok", "layout", layoutWords[set])
	case answers[other]:
		f.State, f.Says = Bad, say("admin.settings.acp.layout_other", "layout", layoutWords[set], "other", layoutWords[other])
		f.Do = say("admin.settings.acp.layout_other_do", "value", string(other))
	default:
		f.Says = say("admin.settings.acp.layout_none")
		if used {
			f.State, f.Do = Warn, say("admin.settings.acp.layout_none_do")
		}
	}
	return f
}

// examined words what became of one call.
func examined(f *Finding, e acp.Examination, call acp.ExaminedCall, scope bool) {
	if call.Err != nil {
		f.Detail = told(call.Err)
		if call.Asked && lacks(call.Err) {
			f.State, f.Says, f.Do = Bad, say("admin.settings.acp.call_scope", "scope", call.API.Scope()), say("admin.overview.health.api_scope_do", "scope", call.API.Scope())
			return
		}
		r := unwell(Result{}, call.Err)
		f.State, f.Says, f.Do = r.State, r.Says, r.Do
		return
	}
	f.State = OK
	switch {
	case call.There && call.Asked:
		f.Says = say("admin.overview.health.api_ok")
	case call.There:
		f.Says = say("admin.settings.acp.call_there")
	case call.API == acp.SignInAPI:
		f.State, f.Says, f.Do = Bad, say("admin.settings.acp.call_none"), say("admin.settings.acp.call_none_do")
	case elsewhere(e, call):
		f.State, f.Says, f.Do = Bad, say("admin.settings.acp.call_elsewhere"), say("admin.settings.acp.call_elsewhere_do")
	default:
		f.Says = say("admin.settings.acp.call_none")
		if scope {
			f.State, f.Do = Warn, say("admin.settings.acp.call_old_do")
		}
	}
}

// elsewhere tells whether the other layout has the call.
func elsewhere(e acp.Examination, call acp.ExaminedCall) bool {
	return slices.ContainsFunc(e.Calls, func(o acp.ExaminedCall) bool {
		return o.Kind == call.Kind && o.Layout != call.Layout && o.There
	})
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
