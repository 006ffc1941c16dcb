package condition

import (
	"context"
	"slices"

	"assent/app/acp"
	"assent/app/authz"
	"assent/app/health"
	"assent/app/i18n"
)

// layoutWords name the layouts.
var layoutWords = map[acp.Layout]i18n.Key{
	acp.LayoutWorkspace: "admin.settings.acp.layout_workspace",
	acp.LayoutSystem:    "admin.settings.acp.layout_system",
}

// Examine tries out the connection and words what it found: the token, each
// scope, which layout answers, and the call of each kind of login; each fault
// with what to do about it. ctx bounds how long it takes.
func (c Of) Examine(ctx context.Context) []health.Finding {
	return findings(c.Client.Examine(ctx))
}

func findings(e acp.Examination) []health.Finding {
	out := tokens(e)
	scope := map[acp.API]bool{}
	for _, t := range e.Tokens {
		scope[t.API] = t.Err == nil
	}
	var consents []health.Finding
	answers := map[acp.Layout]bool{}
	for _, call := range e.Calls {
		if call.There && call.API == acp.OpenBankingAPI {
			answers[call.Layout] = true
		}
		if call.Layout != e.Layout {
			continue
		}
		f := health.Finding{ID: string(call.Kind), Of: say(i18n.Key(call.Kind.Row().Words.Calls))}
		examined(&f, e, call, scope[call.API])
		if call.API == acp.OpenBankingAPI {
			consents = append(consents, f)
		} else {
			out = append(out, f)
		}
	}
	return slices.Concat(out, []health.Finding{layout(e.Layout, answers, scope[acp.OpenBankingAPI])}, consents)
}

// tokens words whether the client is known, and which scopes it has.
func tokens(e acp.Examination) []health.Finding {
	known := health.Finding{
		ID:    "token",
		Of:    say("admin.overview.part.token"),
		State: health.OK,
		Says:  say("admin.overview.health.token_ok"),
	}
	refused := e.Tokens[0].Err
	for _, t := range e.Tokens {
		if t.Err == nil || lacks(t.Err) {
			refused = nil
		}
	}
	if refused != nil {
		r := token("", refused)
		known.State, known.Says, known.Do, known.Detail = r.State, r.Says, r.Do, told(refused)
		return []health.Finding{known}
	}
	out := []health.Finding{known}
	for _, t := range e.Tokens {
		f := health.Finding{
			ID:    t.API.Scope(),
			Of:    say("admin.settings.acp.scope", "scope", t.API.Scope()),
			State: health.OK,
			Says:  say("admin.settings.acp.scope_ok"),
		}
		switch {
		case t.Err == nil:
		case lacks(t.Err) && t.API == acp.OpenBankingAPI:
			f.Says = say("admin.overview.health.open_bank_unused", "scope", t.API.Scope())
		case lacks(t.Err):
			f.State, f.Says, f.Do = health.Bad, say("admin.overview.health.api_scope", "scope",
				t.API.Scope()), say("admin.overview.health.api_scope_do", "scope", t.API.Scope())
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
	if said := authz.Said(err); said != "" {
		return err.Error() + ": " + said
	}
	return err.Error()
}

// layout words where ACP has its open banking calls.
func layout(set acp.Layout, answers map[acp.Layout]bool, used bool) health.Finding {
	f := health.Finding{ID: "layout", Of: say("admin.settings.acp.layout"), State: health.OK}
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
		f.State, f.Says = health.Bad, say("admin.settings.acp.layout_other", "layout", layoutWords[set], "other",
			layoutWords[other])
		f.Do = say("admin.settings.acp.layout_other_do", "value", string(other))
	default:
		f.Says = say("admin.settings.acp.layout_none")
		if used {
			f.State, f.Do = health.Warn, say("admin.settings.acp.layout_none_do")
		}
	}
	return f
}

// examined words what became of one call.
func examined(f *health.Finding, e acp.Examination, call acp.ExaminedCall, scope bool) {
	if call.Err != nil {
		f.Detail = told(call.Err)
		if call.Asked && lacks(call.Err) {
			f.State, f.Says, f.Do = health.Bad, say("admin.settings.acp.call_scope", "scope",
				call.API.Scope()), say("admin.overview.health.api_scope_do", "scope", call.API.Scope())
			return
		}
		r := unwell(health.Result{}, call.Err)
		f.State, f.Says, f.Do = r.State, r.Says, r.Do
		return
	}
	f.State = health.OK
	switch {
	case call.There && call.Asked:
		f.Says = say("admin.overview.health.api_ok")
	case call.There:
		f.Says = say("admin.settings.acp.call_there")
	case call.API == acp.SignInAPI:
		f.State, f.Says, f.Do = health.Bad, say("admin.settings.acp.call_none"), say("admin.settings.acp.call_none_do")
	case elsewhere(e, call):
		f.State, f.Says, f.Do = health.Bad, say("admin.settings.acp.call_elsewhere"), say("admin.settings.acp.call_elsewhere_do")
	default:
		f.Says = say("admin.settings.acp.call_none")
		if scope {
			f.State, f.Do = health.Warn, say("admin.settings.acp.call_old_do")
		}
	}
}

// elsewhere tells whether the other layout has the call.
func elsewhere(e acp.Examination, call acp.ExaminedCall) bool {
	return slices.ContainsFunc(e.Calls, func(o acp.ExaminedCall) bool {
		return o.Kind == call.Kind && o.Layout != call.Layout && o.There
	})
}
