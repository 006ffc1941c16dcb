package acp

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"

	"assent/app/authz"
)

// These members say nothing that a person needs for a decision: ids, times and
// the transport's own, of the answer, of its client and of each of its scopes.
var (
	meaningless = []string{
		"account_ids", "acr", "amr", "auth_time", "authentication_context", "authorization_correlation_id", "client_id",
		"created_at", "error", "granted_audience",
		"granted_scopes", "id", "idempotency_key", "idp_id", "idp_subject", "login_approved", "login_rejected",
		"max_age", "request_hash", "request_query_params", "request_url",
		"requested_at", "requested_audience", "requested_claims", "requested_grant_type", "requested_max_age",
		"requested_redirect_uri",
		"server_id", "spec", "spec_version", "tenant_id", "type", "status", "consent_id",
	}
	meaninglessOfClient = []string{"organisation_id"}
	meaninglessOfScope  = []string{"authorization_server_id", "id", "implicit", "metadata", "tenant_id", "transient",
		"with_service"}
)

// members are what is left to read of a JSON object.
type members map[string]json.RawMessage

// take reads a member into into and removes it. One of another type stays
// where it is and leaves into alone, as does one that is absent or null.
func take[T any](m members, name string, into *T) (ok bool) {
	raw, there := m[name]
	if there && string(raw) != "null" {
		var v T
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if d.Decode(&v) != nil {
			return false
		}
		*into = v
	}
	delete(m, name)
	return true
}

// takeAll is take for a list: elements of another type stay behind.
func takeAll[T any](m members, name string, into *[]T) {
	var raws, rest []json.RawMessage
	if !take(m, name, &raws) {
		return
	}
	for _, raw := range raws {
		one := members{name: raw}
		var v T
		switch {
		case string(raw) == "null":
		case take(one, name, &v):
			*into = append(*into, v)
		default:
			rest = append(rest, raw)
		}
	}
	if rest != nil {
		m[name], _ = json.Marshal(rest) // it was JSON a moment ago
	}
}

// drop removes the named members, and those that are null.
func (m members) drop(names []string) {
	maps.DeleteFunc(m, func(name string, raw json.RawMessage) bool {
		return string(raw) == "null" || slices.Contains(names, name)
	})
}

// leave puts what is left of an object back under its name, if anything is.
func leave[T any](m members, name string, rest map[string]T) {
	if len(rest) > 0 {
		m[name], _ = json.Marshal(rest)
	}
}

// Details reads what a login asks for and what became of it.
//
// For a consent of Brazil ACP is asked for the consent itself, where the
// layout and the login's ConsentID allow it, and by login for who asks; a
// version that can't be read by login has no Client and no Scopes. Besides the
// outcomes of any call there are OtherKind, for an answer without a consent of
// the login's kind, Unreadable, for one that nobody can decide over, and an
// UnsupportedError.
func (c *Client) Details(ctx context.Context, l authz.Login) (*authz.Details, error) {
	k, err := c.row(l)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, severalTimeout)
	defer cancel()
	if k.country() == authz.Brazil {
		return c.brazilian(ctx, k, l)
	}
	return c.read(ctx, k, k.base, l)
}

// read reads a login of the kind at one of its paths.
func (c *Client) read(ctx context.Context, k *kind, path string, l authz.Login) (*authz.Details, error) {
	body, err := c.get(ctx, k, path, l)
	if err != nil {
		return nil, err
	}
	d, v, err := decodeDetails(body, k)
	switch {
	case err != nil:
		return nil, answered(err)
	case v == nil && k.country() == authz.UK:
		return nil, answered(otherKind{k.name})
	case v != nil:
		if err := c.carries(k, v); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// otherKind says that an answer holds no consent of the kind.
type otherKind struct{ kind authz.Kind }

// Error implements error.
func (e otherKind) Error() string {
	return strings.TrimSpace("ACP's answer holds no consent " + string(e.kind))
}

// answered sorts what is wrong with an answer that ACP did give.
func answered(err error) error {
	e := &authz.Error{Outcome: authz.Busy, Status: http.StatusOK, Cause: err}
	switch err.(type) {
	case otherKind:
		e.Outcome = authz.OtherKind
	case problem:
		e.Outcome = authz.Unreadable
	case *authz.UnsupportedError:
		e.Outcome = authz.Refused
	}
	return e
}

// decodeDetails reads an answer member by member: one of an unexpected type
// doesn't cost the others. A login whose scopes can't be read is an error:
// nobody should decide over what they can't see; so is a consent without what
// matters. The version is the one that the answer holds a consent of, if any.
func decodeDetails(body []byte, k *kind) (*authz.Details, *version, error) {
	var m members
	if err := json.Unmarshal(body, &m); err != nil || m == nil {
		return nil, nil, errors.New("the details are not a JSON object")
	}
	if bulky(body) {
		return nil, nil, tooMuch
	}
	d := &authz.Details{}
	if err := takeScopes(d, m); err != nil {
		return nil, nil, err
	}
	v, err := takeConsent(d, m, k)
	if err != nil {
		return nil, nil, err
	}
	takeClient(d, m)
	takeVerifiedClaims(d, m)
	takeAll(m, "requested_claims_to_consent", &d.Claims)
	takeAll(m, "authorization_details", &d.AuthorizationDetails)
	takeAll(m, "requested_acr", &d.ACR)
	for name, into := range map[string]*string{
		"client_id": &d.ClientID,
		"tenant_id": &d.TenantID,
		"server_id": &d.ServerID,
		"subject":   &d.Subject,
		"max_age":   &d.MaxAge,
	} {
		take(m, name, into)
	}
	if !take(m, "status", &d.Status) {
		d.Status = unreadable
	}
	take(m, "requested_at", &d.RequestedAt)
	take(m, "scope_grant_approved", &d.Approved)
	take(m, "scope_grant_rejected", &d.Rejected)
	keep(d, m)
	return d, v, nil
}

// keep puts what is left of an answer aside.
func keep(d *authz.Details, m members) {
	m.drop(meaningless)
	for name := range m {
		var v any
		if take(m, name, &v) && !hollow(v) {
			if d.Unknown == nil {
				d.Unknown = map[string]any{}
			}
			d.Unknown[name] = v
		}
	}
}

// takeConsent reads the consent of an answer by login. One that has the
// consent of another kind too is a contradiction; one that has none of the
// kind gives no version.
func takeConsent(d *authz.Details, m members, k *kind) (*version, error) {
	if len(k.versions) == 0 {
		return nil, nil
	}
	var found *version
	var held tree
	for name, raw := range m {
		of, v := holder(name)
		if v == nil {
			continue
		}
		t := grow(raw)
		switch {
		case !v.holds(t):
		case of != k:
			return nil, otherKind{k.name}
		case found != nil:
			return nil, problem("the answer holds several consents")
		default:
			found, held = v, t
		}
	}
	if found == nil {
		return nil, nil
	}
	c, err := found.mapping.read(held)
	if err != nil {
		return nil, err
	}
	c.Version = found.name
	d.Consent = c
	delete(m, found.member)
	leave(m, found.member, held)
	return found, nil
}

// holds tells whether a member holds a consent. ACP may write all of Brazil's
// versions into an answer: the one that is meant has an id.
func (v *version) holds(t tree) bool {
	id, _ := t[v.mapping.id].(string)
	return !hollow(id) || v.name == "" && !empty(t)
}

func takeScopes(d *authz.Details, m members) error {
	var scopes []members
	if !take(m, "requested_scopes", &scopes) {
		return errors.New("requested_scopes can't be read")
	}
	var allowed map[string]bool
	if !take(m, "allowed_scopes", &allowed) {
		return errors.New("allowed_scopes can't be read")
	}
	aside := map[string]members{}
	for _, one := range scopes {
		sc := authz.Scope{Allowed: true}
		if !take(one, "name", &sc.Name) || !take(one, "requested_name", &sc.RequestedName) ||
			sc.Name == "" && sc.RequestedName == "" {
			return errors.New("a requested scope has no name")
		}
		for _, name := range []string{sc.Name, sc.RequestedName} {
			if ok, listed := allowed[name]; listed && !ok {
				sc.Allowed = false
			}
		}
		take(one, "display_name", &sc.DisplayName)
		take(one, "description", &sc.Description)
		take(one, "implicit_grant", &sc.ImplicitGrant)
		takeAll(one, "params", &sc.Params)
		var service members
		if take(one, "service", &service) {
			take(service, "id", &sc.Service.ID)
			take(service, "name", &sc.Service.Name)
		}
		d.Scopes = append(d.Scopes, sc)
		if one.drop(meaninglessOfScope); len(one) > 0 {
			aside[cmp.Or(sc.RequestedName, sc.Name)] = one
		}
	}
	leave(m, "requested_scopes", aside)
	return nil
}

func takeClient(d *authz.Details, m members) {
	var client members
	if !take(m, "client_info", &client) {
		return
	}
	for name, into := range map[string]*string{
		"client_name": &d.Client.Name, "description": &d.Client.Description, "client_uri": &d.Client.URI,
		"logo_uri": &d.Client.LogoURI, "policy_uri": &d.Client.PolicyURI, "tos_uri": &d.Client.TosURI,
	} {
		take(client, name, into)
	}
	client.drop(meaninglessOfClient)
	leave(m, "client_info", client)
}

// takeVerifiedClaims collects the names asked for in the ID token and at
// userinfo (OpenID Connect for Identity Assurance): granting knows no
// difference between them.
func takeVerifiedClaims(d *authz.Details, m members) {
	var parts members
	if !take(m, "requested_verified_claims", &parts) {
		return
	}
	for where := range parts {
		var part struct{ Claims members }
		if !take(parts, where, &part) {
			continue
		}
		for name := range part.Claims {
			if name != "" && !slices.Contains(d.VerifiedClaims, name) {
				d.VerifiedClaims = append(d.VerifiedClaims, name)
			}
		}
	}
	slices.Sort(d.VerifiedClaims)
	leave(m, "requested_verified_claims", parts)
}
