package acp

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"assent/app/authz"
)

// API is one of ACP's APIs, with a scope of its own.
type API string

// The APIs.
const (
	SignInAPI      API = "sign-in"      // plain logins
	OpenBankingAPI API = "open banking" // logins that carry a consent
)

// Scope is what a token needs for the API.
func (a API) Scope() string {
	if a == OpenBankingAPI {
		return consentScope
	}
	return grantScope
}

// Checked is what a look at one API found.
type Checked struct {
	Token error // why there is no token; an *Error
	API   error // why the API doesn't answer as it should, where there is one; an *Error

	// Ahead is how far ACP's clock is ahead of ours by the Date of its answer
	// (RFC 9110 6.6.1), to a second or so; Dated is false when there was none.
	Ahead time.Duration
	Dated bool
}

// nobody is a login that doesn't exist.
const nobody = "assent-health-check"

// Check asks an API about a login that doesn't exist, with a token as every
// call has it. That ACP doesn't know the login is the good answer.
func (c *Client) Check(ctx context.Context, api API) Checked {
	var out Checked
	if _, out.Token = c.tokens.get(ctx, api.Scope(), ""); out.Token != nil {
		return out
	}
	k := rowOf(authz.Regular)
	if api == OpenBankingAPI {
		k = rowOf(authz.UKAccountAccess)
	}
	dated := &datedTransport{RoundTripper: c.cfg.HTTP.Transport, now: c.cfg.Now}
	if dated.RoundTripper == nil {
		dated.RoundTripper = http.DefaultTransport
	}
	hc := *c.cfg.HTTP
	hc.Transport = dated
	asking := *c
	asking.cfg.HTTP = &hc
	_, err := asking.get(ctx, k, k.base, authz.Login{ID: nobody})
	var e *authz.Error
	if !errors.As(err, &e) || e.Outcome != authz.NotFound {
		out.API = err
	}
	out.Ahead, out.Dated = dated.last()
	return out
}

// datedTransport compares clocks by the answers that pass.
type datedTransport struct {
	http.RoundTripper
	now func() time.Time

	mu    sync.Mutex
	ahead time.Duration
	dated bool
}

// RoundTrip implements http.RoundTripper.
func (d *datedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := d.now()
	res, err := d.RoundTripper.RoundTrip(r)
	if err != nil {
		return res, err
	}
	if date, err := http.ParseTime(res.Header.Get("Date")); err == nil {
		middle := sent.Add(d.now().Sub(sent) / 2)
		d.mu.Lock()
		d.ahead, d.dated = date.Add(500*time.Millisecond).Sub(middle), true // a Date has no fractions
		d.mu.Unlock()
	}
	return res, nil
}

func (d *datedTransport) last() (time.Duration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.ahead, d.dated
}

// Layout is the layout of the open banking calls.
func (c *Client) Layout() Layout { return c.layout }
