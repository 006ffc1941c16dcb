package acp

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"assent/app/authz"
)

// Layout is where ACP keeps its open banking calls.
type Layout string

// The layouts. LayoutSystem, of ACP up to 1.14, has the UK's consents and the
// first versions of Brazil's, and doesn't tell of a consent by its id.
const (
	LayoutWorkspace Layout = "workspace" // under the issuer; the default
	LayoutSystem    Layout = "system"    // under /api/system/{tid}, as plain logins everywhere
)

// carries tells why the layout can't carry a version, if it can't.
func (c *Client) carries(k *kind, v *version) error {
	if c.layout == LayoutSystem && !v.system {
		return unsupported(fmt.Sprintf("ACP has no calls for %s %s in the layout %s", k.name, v.name, c.layout))
	}
	return nil
}

// row finds the row of a login's kind.
func (c *Client) row(l authz.Login) (*kind, error) {
	k := rowOf(l.Kind)
	if k == nil {
		return nil, &authz.Error{Outcome: authz.Refused, Cause: fmt.Errorf("no calls are known for kind %q", l.Kind)}
	}
	if k.accept[c.layout] == nil {
		return nil, unsupported(fmt.Sprintf("ACP has no calls for %s in the layout %s", k.name, c.layout))
	}
	return k, nil
}

// root is what the paths of a kind stand under.
func (c *Client) root(k *kind, layout Layout) string {
	if k.country() == authz.NoCountry || layout == LayoutSystem {
		return c.api
	}
	return c.workspace
}

// place is the address of one of a kind's paths for a login. An escaped id has
// no braces.
func (c *Client) place(k *kind, path, id string) (string, error) {
	login, err := segment(id)
	if err != nil {
		return "", &authz.Error{Outcome: authz.Refused, Cause: fmt.Errorf("login id: %w", err)}
	}
	return c.root(k, c.layout) + strings.ReplaceAll(path, "{login}", login), nil
}

// withState adds the login state to the address of a GET.
func withState(address, state string) string {
	if state == "" {
		return address
	}
	return address + "?" + url.Values{"login_state": {state}}.Encode()
}

// Probe tells whether ACP answers in a layout. It asks without a token, since
// a login that doesn't exist is 404 in both, and 401 says that the route is
// there.
func (c *Client) Probe(ctx context.Context, layout Layout) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	k := rowOf(authz.UKAccountAccess)
	target := c.root(k, cmp.Or(layout, LayoutWorkspace)) + strings.ReplaceAll(k.base, "{login}", "probe")
	_, err := c.send(ctx, http.MethodGet, target, "", nil, hiding())
	var e *authz.Error
	switch {
	case err == nil: // whatever this is, it isn't ACP
		return false, nil
	case errors.As(err, &e) && e.Status == http.StatusUnauthorized:
		return true, nil
	case errors.As(err, &e) && e.Status != 0 && e.Outcome != authz.Busy:
		return false, nil
	}
	return false, err
}
