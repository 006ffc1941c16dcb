package health

import (
	"context"
	"errors"
	"net/http"
	"time"

	"assent/app/acp"
)

// connection looks at what a connection to ACP needs: a token, each API, and a
// clock that agrees.
func connection(ctx context.Context, c Connection) []Result {
	open := make(chan acp.Checked, 1)
	go func() { open <- c.ACP.Check(ctx, acp.OpenBankingAPI) }()
	plain, consents := c.ACP.Check(ctx, acp.SignInAPI), <-open
	// A token that is refused for its scope says that the client is known.
	refused := plain.Token
	if lacks(plain.Token) {
		refused = nil
		if !lacks(consents.Token) {
			refused = consents.Token
		}
	}
	if refused != nil {
		return []Result{token(c.Name, refused)}
	}
	out := []Result{
		{Part: Token, Name: c.Name, State: OK, Says: say("admin.overview.health.token_ok")},
		api(SignIn, c.Name, acp.SignInAPI, plain),
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
	var e *acp.Error
	return errors.As(err, &e) && e.Outcome == acp.Credentials && (e.Code == "invalid_scope" || e.Code == "" && e.Status == http.StatusForbidden)
}

// token words why there is no token.
func token(name string, err error) Result {
	r := Result{Part: Token, Name: name, State: Bad}
	var e *acp.Error
	if !errors.As(err, &e) {
		e = &acp.Error{Outcome: acp.Unreachable}
	}
	switch e.Outcome {
	case acp.Credentials:
		r.Says, r.Do = say("admin.overview.health.token_refused", "why", reason(e)), say("admin.overview.health.token_refused_do")
	case acp.Busy:
		r.State, r.Says, r.Do = Warn, say("admin.overview.health.acp_busy", "status", e.Status), say("admin.overview.health.acp_busy_do")
	default:
		r.Says, r.Do = say("admin.overview.health.acp_unreachable"), say("admin.overview.health.acp_unreachable_do")
	}
	return r
}

// reason is what ACP said, for people who can look it up.
func reason(e *acp.Error) string {
	if e.Code != "" {
		return e.Code
	}
	return http.StatusText(e.Status)
}

// api words how an API stands.
func api(part Part, name string, which acp.API, c acp.Checked) Result {
	r := Result{Part: part, Name: name, State: OK, Says: say("admin.overview.health.api_ok")}
	if lacks(c.Token) || lacks(c.API) {
		r.State, r.Says, r.Do = Bad, say("admin.overview.health.api_scope", "scope", which.Scope()), say("admin.overview.health.api_scope_do", "scope", which.Scope())
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
func unwell(r Result, err error) Result {
	var e *acp.Error
	if !errors.As(err, &e) {
		e = &acp.Error{Outcome: acp.Unreachable}
	}
	r.State = Bad
	switch e.Outcome {
	case acp.Busy:
		r.State, r.Says, r.Do = Warn, say("admin.overview.health.acp_busy", "status", e.Status), say("admin.overview.health.acp_busy_do")
	case acp.Unreachable, acp.Unknown:
		r.Says, r.Do = say("admin.overview.health.acp_unreachable"), say("admin.overview.health.acp_unreachable_do")
	default:
		r.Says, r.Do = say("admin.overview.health.api_refused", "status", e.Status), say("admin.overview.health.api_refused_do")
	}
	return r
}

// openBanking words how the API for consents stands. A client that may not use
// it at all is one that serves sign-ins alone, which is no fault.
func openBanking(ctx context.Context, c Connection, found acp.Checked) Result {
	if lacks(found.Token) || lacks(found.API) {
		return Result{Part: OpenBank, Name: c.Name, State: OK, Says: say("admin.overview.health.open_bank_unused", "scope", acp.OpenBankingAPI.Scope())}
	}
	r := api(OpenBank, c.Name, acp.OpenBankingAPI, found)
	if r.State != OK {
		return r
	}
	if there, err := c.ACP.Probe(ctx, c.ACP.Layout()); err == nil && !there {
		r.State, r.Says, r.Do = Warn, say("admin.overview.health.layout"), say("admin.overview.health.layout_do")
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
func clock(name string, ahead time.Duration) Result {
	r := Result{Part: Clock, Name: name, State: OK, Says: say("admin.overview.health.clock_ok")}
	off := ahead.Abs()
	switch {
	case off < skewed:
		return r
	case off < astray:
		r.State = Warn
	default:
		r.State = Bad
	}
	r.Says, r.Do = say("admin.overview.health.clock_behind", "by", off), say("admin.overview.health.clock_do")
	if ahead < 0 {
		r.Says = say("admin.overview.health.clock_ahead", "by", off)
	}
	return r
}
