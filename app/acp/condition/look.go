// Package condition says in words how a connection to ACP stands: by a look that
// is cheap enough to be repeated, and by an examination of everything that the
// product asks of ACP.
package condition

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"assent/app/acp"
	"assent/app/authz"
	"assent/app/background"
	"assent/app/health"
	"assent/app/i18n"
)

// Of looks at a client's connection, which is called name. It is a health.Server.
type Of struct {
	Name   string
	Client *acp.Client
	Log    *slog.Logger // nil logs nothing
}

func say(key i18n.Key, pairs ...any) health.Sentence { return health.Sentence{Key: key, Pairs: pairs} }

// Look looks at what the connection needs: a token, each API, and a clock that
// agrees.
func (c Of) Look(ctx context.Context) []health.Result {
	open := make(chan acp.Checked, 1)
	log := c.Log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	go func() {
		var found acp.Checked
		if err := background.Try(ctx, log, "looking at open banking", func() error {
			found = c.Client.Check(ctx, acp.OpenBankingAPI)
			return nil
		}); err != nil {
			found.Token = err
		}
		open <- found
	}()
	plain, consents := c.Client.Check(ctx, acp.SignInAPI), <-open
	// A token that is refused for its scope says that the client is known.
	refused := plain.Token
	if lacks(plain.Token) {
		refused = nil
		if !lacks(consents.Token) {
			refused = consents.Token
		}
	}
	if refused != nil {
		return []health.Result{token(c.Name, refused)}
	}
	out := []health.Result{
		{Part: health.Token, Name: c.Name, State: health.OK, Says: say("admin.overview.health.token_ok")},
		api(health.SignIn, c.Name, acp.SignInAPI, plain),
		openBanking(ctx, c, consents),
	}
	if plain.Dated {
		out = append(out, clock(c.Name, plain.Ahead))
	} else if consents.Dated {
		out = append(out, clock(c.Name, consents.Ahead))
	}
	return out
}

// lacks tells whether a token or a call was refused for want of a scope.
func lacks(err error) bool {
	var e *authz.Error
	return errors.As(err, &e) && e.Outcome == authz.Credentials &&
		(e.Code == "invalid_scope" || e.Code == "" && e.Status == http.StatusForbidden)
}

// token words why there is no token.
func token(name string, err error) health.Result {
	r := health.Result{Part: health.Token, Name: name, State: health.Bad}
	var e *authz.Error
	if !errors.As(err, &e) {
		e = &authz.Error{Outcome: authz.Unreachable}
	}
	switch e.Outcome {
	case authz.Credentials:
		r.Says, r.Do = say("admin.overview.health.token_refused", "why",
			reason(e)), say("admin.overview.health.token_refused_do")
	case authz.Busy:
		r.State, r.Says, r.Do = health.Warn, say("admin.overview.health.acp_busy", "status",
			e.Status), say("admin.overview.health.acp_busy_do")
	default:
		r.Says, r.Do = say("admin.overview.health.acp_unreachable"), say("admin.overview.health.acp_unreachable_do")
	}
	return r
}

// reason is what ACP said, for people who can look it up.
func reason(e *authz.Error) string {
	if e.Code != "" {
		return e.Code
	}
	return http.StatusText(e.Status)
}

// api words how an API stands.
func api(part health.Part, name string, which acp.API, c acp.Checked) health.Result {
	r := health.Result{Part: part, Name: name, State: health.OK, Says: say("admin.overview.health.api_ok")}
	if lacks(c.Token) || lacks(c.API) {
		r.State, r.Says, r.Do = health.Bad, say("admin.overview.health.api_scope", "scope",
			which.Scope()), say("admin.overview.health.api_scope_do", "scope", which.Scope())
		return r
	}
	if c.Token != nil {
		return unwell(r, c.Token)
	}
	if c.API != nil {
		return unwell(r, c.API)
	}
	return r
}

// unwell words why an API doesn't answer as it should.
func unwell(r health.Result, err error) health.Result {
	var e *authz.Error
	if !errors.As(err, &e) {
		e = &authz.Error{Outcome: authz.Unreachable}
	}
	r.State = health.Bad
	switch e.Outcome {
	case authz.Busy:
		r.State, r.Says, r.Do = health.Warn, say("admin.overview.health.acp_busy", "status",
			e.Status), say("admin.overview.health.acp_busy_do")
	case authz.Unreachable, authz.Unknown:
		r.Says, r.Do = say("admin.overview.health.acp_unreachable"), say("admin.overview.health.acp_unreachable_do")
	default:
		r.Says, r.Do = say("admin.overview.health.api_refused", "status",
			e.Status), say("admin.overview.health.api_refused_do")
	}
	return r
}

// openBanking words how the API for consents stands. A client that may not use
// it at all is one that serves sign-ins alone, which is no fault.
func openBanking(ctx context.Context, c Of, found acp.Checked) health.Result {
	if lacks(found.Token) || lacks(found.API) {
		return health.Result{
			Part:  health.OpenBank,
			Name:  c.Name,
			State: health.OK,
			Says:  say("admin.overview.health.open_bank_unused", "scope", acp.OpenBankingAPI.Scope()),
		}
	}
	r := api(health.OpenBank, c.Name, acp.OpenBankingAPI, found)
	if r.State != health.OK {
		return r
	}
	if there, err := c.Client.Probe(ctx, c.Client.Layout()); err == nil && !there {
		r.State, r.Says, r.Do = health.Warn, say("admin.overview.health.layout"), say("admin.overview.health.layout_do")
	}
	return r
}

// Clocks may differ by what a token's assertion forgives; what is more than a
// few seconds is on its way there.
const (
	skewed = 5 * time.Second
	astray = 30 * time.Second
)

// clock words how far our clock and ACP's are apart.
func clock(name string, ahead time.Duration) health.Result {
	r := health.Result{Part: health.Clock, Name: name, State: health.OK, Says: say("admin.overview.health.clock_ok")}
	off := ahead.Abs()
	switch {
	case off < skewed:
		return r
	case off < astray:
		r.State = health.Warn
	default:
		r.State = health.Bad
	}
	r.Says, r.Do = say("admin.overview.health.clock_behind", "by", off), say("admin.overview.health.clock_do")
	if ahead < 0 {
		r.Says = say("admin.overview.health.clock_ahead", "by", off)
	}
	return r
}
