package acp

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"golang.org/x/sync/errgroup"

	"assent/app/authz"
	"assent/app/background"
)

// Examination is what trying out a connection found, in the order in which it
// was tried. It is for the engineer who sets one up: Check is for watching one.
type Examination struct {
	Layout Layout // that is configured
	Tokens []ExaminedToken
	Calls  []ExaminedCall
}

// ExaminedToken is a token of a scope that the product needs.
type ExaminedToken struct {
	API API
	Err error // why there is none; an *Error
}

// ExaminedCall is the call for one kind of login in one layout. Plain logins
// have the same call in both, and are tried in the one that is configured.
type ExaminedCall struct {
	Kind   authz.Kind
	API    API
	Layout Layout
	There  bool  // ACP has the call: it asks for a token before anything else
	Asked  bool  // it was made with a token too, about a login that doesn't exist
	Err    error // why it couldn't be tried, or what ACP refused; an *Error
}

// In gives what was found of a kind in a layout.
func (e Examination) In(k authz.Kind, l Layout) (ExaminedCall, bool) {
	for _, c := range e.Calls {
		if c.Kind == k && c.Layout == l {
			return c, true
		}
	}
	return ExaminedCall{}, false
}

// Examine tries out everything that the product asks of ACP, with new tokens and
// without changing anything: each scope, and the call of each kind of login, in
// both layouts. It takes at most as long as ctx lets it.
func (c *Client) Examine(ctx context.Context) Examination {
	fresh := *c
	fresh.tokens = newTokens(c.cfg)
	out := Examination{Layout: c.layout}
	for _, api := range []API{SignInAPI, OpenBankingAPI} {
		out.Tokens = append(out.Tokens, ExaminedToken{API: api})
	}
	for _, k := range kinds {
		if k.country() == authz.NoCountry {
			out.Calls = append(out.Calls, ExaminedCall{Kind: k.name, API: SignInAPI, Layout: c.layout})
			continue
		}
		for _, l := range []Layout{LayoutWorkspace, LayoutSystem} {
			out.Calls = append(out.Calls, ExaminedCall{Kind: k.name, API: OpenBankingAPI, Layout: l})
		}
	}
	// One after the other: where the endpoint can't be reached, the second
	// says so from what the first has learnt.
	granted := map[API]bool{}
	for i := range out.Tokens {
		t := &out.Tokens[i]
		_, t.Err = fresh.tokens.get(ctx, t.API.Scope(), "")
		granted[t.API] = t.Err == nil
	}
	var g errgroup.Group
	g.SetLimit(4) // a client's rate limit is its requests' too
	for i := range out.Calls {
		one := &out.Calls[i]
		g.Go(func() error {
			if err := background.Try(ctx, c.cfg.Log, "examining a connection", func() error {
				fresh.examine(ctx, one, granted[one.API])
				return nil
			}); err != nil {
				one.Err = &authz.Error{Outcome: authz.Unknown, Cause: err}
			}
			return nil
		})
	}
	g.Wait() // no call gives an error: what it found says it
	return out
}

// examine tries a call without a token, and then with one where it is there
// and the configured layout's.
func (c *Client) examine(ctx context.Context, e *ExaminedCall, granted bool) {
	k := rowOf(e.Kind)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	target := c.root(k, e.Layout) + strings.ReplaceAll(k.base, "{login}", nobody)
	_, err := c.send(ctx, http.MethodGet, target, "", nil, hiding())
	var refused *authz.Error
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusUnauthorized:
		e.There = true
	case errors.As(err, &refused) && refused.Status != 0 && refused.Outcome != authz.Busy:
		return // it isn't there
	case err != nil:
		e.Err = err
		return
	default: // whatever answers this, it isn't ACP
		return
	}
	if !granted || e.Layout != c.layout {
		return
	}
	e.Asked = true
	if _, err := c.call(ctx, k.scope, http.MethodGet, target, nil, ""); !errors.As(err, &refused) ||
		refused.Outcome != authz.NotFound {
		e.Err = err
	}
}
