package acp

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"assent/app/authz"
)

// ConsentOwner asks ACP whose a Brazilian consent of a workspace is. NotFound is
// the outcome for one that it doesn't know.
func (c *Client) ConsentOwner(ctx context.Context, serverID, consentID string) (authz.ConsentOwner, error) {
	r, err := c.record(ctx, serverID, consentID)
	if err != nil {
		return authz.ConsentOwner{}, err
	}
	o := authz.ConsentOwner{CPF: r.cpf, CNPJ: r.cnpj, ExpiresAt: r.expiresAt}
	if r.kind != nil {
		o.Kind, o.Version = r.kind.name, r.version.name
	}
	return o, nil
}

// record is what ACP keeps of a Brazilian consent, whatever login it is asked
// for by (BrazilConsent). It has no client_info and no scopes.
type record struct {
	kind      *kind // nil where ACP has no calls for it
	version   *version
	why       error // why nobody can decide over it: unsupported, a problem
	details   *authz.Details
	cpf, cnpj string
	expiresAt time.Time
}

// customer begins the names of the members of which one holds the consent.
const customer = "customer_"

// record reads a consent by its id.
func (c *Client) record(ctx context.Context, serverID, consentID string) (*record, error) {
	if c.layout != LayoutWorkspace {
		return nil, unsupported("ACP doesn't tell of a consent by its id in the layout " + string(c.layout))
	}
	server, err := segment(serverID)
	if err != nil {
		return nil, &authz.Error{Outcome: authz.Refused, Cause: fmt.Errorf("workspace: %w", err)}
	}
	id, err := segment(consentID)
	if err != nil {
		return nil, &authz.Error{Outcome: authz.Refused, Cause: fmt.Errorf("consent id: %w", err)}
	}
	body, err := c.call(ctx, consentScope, http.MethodGet,
		c.workspace+"/servers/"+server+"/open-banking-brasil/consents/"+id, nil, "")
	if err != nil {
		return nil, err
	}
	r, err := decodeRecord(body, consentID)
	if err != nil {
		return nil, answered(err)
	}
	return r, nil
}

// decodeRecord reads BrazilConsent. An error means that it can't be told whose
// consent it is.
func decodeRecord(body []byte, asked string) (*record, error) {
	var m members
	if err := json.Unmarshal(body, &m); err != nil || m == nil {
		return nil, errors.New("the consent is not a JSON object")
	}
	if bulky(body) {
		return nil, tooMuch
	}
	var member string
	var held tree
	for name, raw := range m {
		if t := grow(raw); strings.HasPrefix(name, customer) && !empty(t) {
			if member != "" {
				return nil, problem("the answer holds several consents")
			}
			member, held = name, t
		}
	}
	if member == "" {
		return nil, otherKind{}
	}
	r := &record{details: &authz.Details{}}
	d := r.details
	for name, into := range map[string]*string{
		"client_id": &d.ClientID,
		"tenant_id": &d.TenantID,
		"server_id": &d.ServerID,
		"cpf":       &r.cpf,
		"cnpj":      &r.cnpj,
	} {
		take(m, name, into)
	}
	if !take(m, "status", &d.Status) {
		d.Status = unreadable
	}
	r.cpf, r.cnpj = unpunctuated(r.cpf), unpunctuated(r.cnpj)
	if s, ok := held["expirationDateTime"].(string); ok && !zeroTime(s) {
		if at, err := time.Parse(time.RFC3339, s); err == nil {
			r.expiresAt = at
		}
	}
	if r.kind, r.version = holder(member); r.kind == nil || r.kind.country() != authz.Brazil {
		r.kind, r.version = nil, nil
		r.why = &authz.UnsupportedError{
			Reason: cmp.Or(uncarried[member], "the consent is of a kind that isn't known here"),
		}
		return r, nil
	}
	var id string
	take(m, "consent_id", &id)
	d.Consent, r.why = r.version.mapping.read(held)
	d.Consent.Version = r.version.name
	delete(m, member)
	leave(m, member, held)
	keep(d, m)
	if r.why == nil && d.Consent.ID != asked && id != asked {
		r.why = problem("it is another consent than the one asked for")
	}
	for _, who := range []struct{ is, also *string }{{&r.cpf, &d.Consent.CPF}, {&r.cnpj, &d.Consent.CNPJ}} {
		if *who.is != "" && *who.also != "" && *who.is != *who.also {
			return nil, problem("it contradicts itself about whose it is")
		}
		*who.is = cmp.Or(*who.is, *who.also)
		*who.also = *who.is
	}
	if r.why == nil && r.cpf == "" {
		r.why = problem("it doesn't say whose it is")
	}
	return r, nil
}

// brazilian reads the details of a Brazilian login: by the consent's id where
// that can be done, which is all that the newest payments have, and by login.
func (c *Client) brazilian(ctx context.Context, k *kind, l authz.Login) (*authz.Details, error) {
	var r *record
	var err error
	if c.layout == LayoutWorkspace && l.ServerID != "" && l.ConsentID != "" {
		r, err = c.record(ctx, l.ServerID, l.ConsentID)
		switch {
		case absent(err):
			r = nil
		case err != nil:
			return nil, err
		case r.why != nil:
			return nil, answered(r.why)
		case r.kind != k:
			return nil, answered(otherKind{k.name})
		case r.version.details == "":
			return r.details, nil
		}
	}
	var first *version
	if r != nil {
		first = r.version
	}
	byLogin, err := c.byLogin(ctx, k, l, first)
	switch {
	case err == nil && r == nil && byLogin.Consent == nil:
		return nil, answered(otherKind{k.name})
	case err == nil && r == nil:
		return byLogin, nil
	case r != nil && status(err) == http.StatusBadRequest: // it can't be read by login
		return r.details, nil
	case err != nil:
		return nil, err
	}
	if err := joinDetails(r.details, byLogin); err != nil {
		return nil, answered(err)
	}
	return r.details, nil
}

// byLogin reads a Brazilian login on the paths of its kind's versions, the
// newest or the given one first, until one answers with a consent. Where none
// does there may still be details, without a consent.
func (c *Client) byLogin(ctx context.Context, k *kind, l authz.Login, first *version) (*authz.Details, error) {
	var paths []string
	if first != nil {
		paths = append(paths, first.details)
	}
	for i := range k.versions {
		if v := &k.versions[i]; v.details != "" && c.carries(k, v) == nil && !slices.Contains(paths, v.details) {
			paths = append(paths, v.details)
		}
	}
	var bare *authz.Details
	var refusal error
	for _, path := range paths {
		d, err := c.read(ctx, k, path, l)
		switch {
		case missed(err):
			// The refusal that says most counts: with 404 it may be the path that isn't there.
			if refusal == nil || telling(err) > telling(refusal) {
				refusal = err
			}
		case err != nil:
			return nil, err
		case d.Consent != nil:
			return d, nil
		default:
			bare = d
		}
	}
	if bare != nil {
		return bare, nil
	}
	return nil, refusal
}

func telling(err error) int {
	return slices.Index([]int{http.StatusNotFound, http.StatusBadRequest, http.StatusForbidden}, status(err))
}

// absent tells whether ACP has nothing to say of a consent by its id, or can't
// be asked for it.
func absent(err error) bool {
	return slices.Contains([]authz.Outcome{authz.NotFound, authz.Refused, authz.OtherKind}, outcome(err))
}

// missed tells whether ACP says that what was asked for isn't there: other
// types of consent answer so, not the one that a login has.
func missed(err error) bool {
	switch status(err) {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound:
		return true
	}
	return false
}

func status(err error) int {
	var e *authz.Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

func outcome(err error) authz.Outcome {
	var e *authz.Error
	if errors.As(err, &e) {
		return e.Outcome
	}
	return authz.OK
}

// joinDetails completes what was read by consent id with what was read by login. That
// the two contradict each other is a problem.
func joinDetails(d, l *authz.Details) error {
	if l.Consent != nil {
		if err := joinConsents(d.Consent, l.Consent); err != nil {
			return err
		}
	}
	d.Client, d.Scopes, d.Subject = l.Client, l.Scopes, l.Subject
	d.Claims, d.VerifiedClaims, d.AuthorizationDetails = l.Claims, l.VerifiedClaims, l.AuthorizationDetails
	d.ACR, d.MaxAge, d.RequestedAt = l.ACR, l.MaxAge, l.RequestedAt
	d.ClientID, d.TenantID, d.ServerID = cmp.Or(l.ClientID,
		d.ClientID), cmp.Or(l.TenantID, d.TenantID), cmp.Or(l.ServerID, d.ServerID)
	d.Approved, d.Rejected = l.Approved, l.Rejected
	d.Status = foremost(d.Status, l.Status)
	for name, v := range l.Unknown {
		if _, ok := d.Unknown[name]; !ok {
			if d.Unknown == nil {
				d.Unknown = map[string]any{}
			}
			d.Unknown[name] = v
		}
	}
	return nil
}

// foremost is the one of two statuses that forbids more.
func foremost(a, b string) string {
	if !authz.Awaiting(b) && authz.Awaiting(a) {
		return b
	}
	return cmp.Or(a, b)
}

// joinConsents adds what another answer says of the same consent. What both say they
// must say alike.
func joinConsents(c, o *authz.Consent) error {
	both := func(a, b string) bool { return a != "" && b != "" && a != b }
	switch {
	case both(c.ID, o.ID):
		return problem("ACP's two answers are about different consents")
	case both(c.CPF, o.CPF), both(c.CNPJ, o.CNPJ):
		return problem("ACP's two answers contradict each other about whose consent it is")
	case (c.Debtor == nil) != (o.Debtor == nil), c.Debtor != nil && *c.Debtor != *o.Debtor:
		return problem("ACP's two answers contradict each other about the account to pay from")
	case !slices.Equal(slices.Sorted(slices.Values(c.Permissions)), slices.Sorted(slices.Values(o.Permissions))):
		return problem("ACP's two answers contradict each other about the permissions")
	}
	for _, f := range o.Facts {
		mine, theirs := factsNamed(c, f.Name), factsNamed(o, f.Name)
		if mine != nil && !slices.EqualFunc(mine, theirs, sameFact) {
			return problem("ACP's two answers contradict each other about " + string(f.Name))
		}
	}
	for _, f := range o.Facts {
		if factsNamed(c, f.Name) == nil {
			c.Facts = append(c.Facts, factsNamed(o, f.Name)...)
		}
	}
	c.ID, c.Status = cmp.Or(c.ID, o.ID), foremost(c.Status, o.Status)
	c.CPF, c.CNPJ = cmp.Or(c.CPF, o.CPF), cmp.Or(c.CNPJ, o.CNPJ)
	return nil
}

// sameFact tells whether two facts say the same, whichever way they write a time.
func sameFact(f, g authz.Fact) bool {
	at, err := time.Parse(time.RFC3339, f.At)
	if also, err2 := time.Parse(time.RFC3339, g.At); err == nil && err2 == nil && at.Equal(also) {
		f.At = g.At
	}
	return reflect.DeepEqual(f, g)
}

// factsNamed gives the facts of a name.
func factsNamed(c *authz.Consent, name authz.FactName) []authz.Fact {
	var out []authz.Fact
	for _, f := range c.Facts {
		if f.Name == name {
			out = append(out, f)
		}
	}
	return out
}
