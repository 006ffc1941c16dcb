package consent

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"assent/app"
	"assent/app/acp"
)

// Sheet is all that a person is shown of a regular request before deciding, in
// the product's terms. Its digest is what an approval is held against: a field
// that isn't in here must not be shown, and one that is must be.
type Sheet struct {
	RequestID      string           `json:"request"`
	Client         Client           `json:"client"`
	Message        string           `json:"message"`
	Scopes         []Scope          `json:"scopes"`
	Implicit       []string         `json:"implicit,omitempty"` // granted without being asked for, by ACP's own rule
	Claims         []string         `json:"claims"`
	VerifiedClaims []string         `json:"verified_claims"`
	Authorization  []map[string]any `json:"authorization"`
	ACR            []string         `json:"acr"`
	ServerID       string           `json:"server"`
	Other          map[string]any   `json:"other,omitempty"` // what ACP said and we don't know
}

// Client is who asks.
type Client struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	URI         string `json:"uri"`
	Host        string `json:"host"` // of URI
	PolicyURI   string `json:"policy_uri"`
	TosURI      string `json:"tos_uri"`
}

// Scope is one requested scope that may be granted and is not granted unasked.
type Scope struct {
	Grant       string   `json:"grant"` // the name to grant: the dynamic form where there is one
	Name        string   `json:"name"`
	DisplayName string   `json:"display_name"`
	Description string   `json:"description"`
	Service     string   `json:"service"`
	Params      []string `json:"params,omitempty"`
	Optional    bool     `json:"optional"` // the person may leave it out: all but openid, without which there is no sign-in
}

// View is a request as a person may see it now. Sheet is nil when it can't be
// decided on: no longer pending, or ACP can't be reached.
type View struct {
	Request     app.Request
	Sheet       *Sheet
	Digest      string
	Unreachable bool // still pending, but ACP's details can't be had now
}

// View shows a request to the person on the device by. The details come from
// ACP each time; a request that ACP no longer holds, or holds for another
// person, ends here with its reason.
func (s *Service) View(ctx context.Context, by app.Actor, id string) (View, error) {
	r, err := s.store.RequestOf(ctx, by.PersonID, id)
	if err != nil {
		return View{}, err
	}
	if r.State == app.Pending && r.ExpiresAt <= s.store.Now() {
		if _, err := s.store.Expire(ctx); err != nil {
			return View{}, err
		}
		r, err = s.store.RequestOf(ctx, by.PersonID, id)
	}
	if err != nil || r.State != app.Pending {
		return View{Request: r}, err
	}
	sheet, err := s.read(ctx, r)
	switch {
	case errors.Is(err, app.ErrACPUnreachable):
		s.log.WarnContext(ctx, "details can't be had from ACP", "request", r.ID, "ref", r.Ref, "err", err)
		return View{Request: r, Unreachable: true}, nil
	case errors.Is(err, app.ErrNotPending):
		r, err = s.store.RequestOf(ctx, by.PersonID, id)
		return View{Request: r}, err
	case err != nil:
		return View{}, err
	}
	shown, digest, err := sheet.digest()
	if err != nil {
		return View{}, err
	}
	if err := s.store.Shown(ctx, by, r.ID, shown, digest); err != nil {
		return View{}, err
	}
	return View{Request: r, Sheet: sheet, Digest: digest}, nil
}

// read asks ACP for the details of a pending request. A request that can't go
// on is cancelled and gives app.ErrNotPending; no answer is app.ErrACPUnreachable.
func (s *Service) read(ctx context.Context, r app.Request) (*Sheet, error) {
	conn, ok := s.connections[r.Connection]
	if !ok {
		return nil, app.ErrACPUnreachable.Because(errors.New("its connection " + r.Connection + " is not configured (any more)"))
	}
	d, err := conn.ACP.Details(ctx, login(r))
	var refusal *acp.Error
	switch {
	case errors.As(err, &refusal) && refusal.Outcome == acp.NotFound:
		return nil, s.end(ctx, r, app.ReasonGone, false)
	case err != nil:
		return nil, app.ErrACPUnreachable.Because(err)
	case d.Approved || d.Rejected:
		return nil, s.end(ctx, r, app.ReasonSettledByACP, false)
	}
	if d.Subject != "" {
		p, err := s.resolver.Resolve(ctx, app.Query{Connection: r.Connection, ServerID: r.ServerID, Identifier: d.Subject})
		switch {
		case err == nil && p.ID != r.PersonID:
			return nil, s.end(ctx, r, app.ReasonOtherPerson, true)
		case err != nil && app.KindOf(err) != app.NotFound:
			return nil, app.ErrACPUnreachable.Because(err)
		}
	}
	sheet := newSheet(r, d)
	if len(d.Scopes) > 0 && len(sheet.Scopes)+len(sheet.Implicit) == 0 {
		return nil, s.end(ctx, r, app.ReasonNoScopes, true)
	}
	return sheet, nil
}

func (s *Service) end(ctx context.Context, r app.Request, why app.Reason, reject bool) error {
	err := s.store.Cancel(ctx, app.System, r.ID, why, reject)
	if err != nil && !errors.Is(err, app.ErrNotPending) {
		return err
	}
	return app.ErrNotPending
}

func login(r app.Request) acp.Login {
	return acp.Login{Kind: acp.Kind(r.Kind), ID: r.LoginID, State: r.LoginState, ServerID: r.ServerID}
}

// newSheet maps ACP's details. The start payload fills what they leave open.
func newSheet(r app.Request, d *acp.Details) *Sheet {
	sh := &Sheet{
		RequestID: r.ID,
		Client: Client{ID: r.ClientID, Name: d.Client.Name, Description: d.Client.Description, URI: d.Client.URI,
			PolicyURI: d.Client.PolicyURI, TosURI: d.Client.TosURI},
		Message:        r.BindingMessage,
		Claims:         d.Claims,
		VerifiedClaims: d.VerifiedClaims,
		Authorization:  d.AuthorizationDetails,
		ACR:            r.ACR,
		ServerID:       r.ServerID,
		Other:          d.Unknown,
	}
	if sh.Client.Name == "" {
		sh.Client.Name = r.ClientName
	}
	if u, err := url.Parse(sh.Client.URI); err == nil {
		sh.Client.Host = u.Hostname()
	}
	if len(d.ACR) > 0 {
		sh.ACR = d.ACR
	}
	seen := map[string]bool{}
	for _, sc := range d.Scopes {
		name := sc.Name
		if sc.RequestedName != "" {
			name = sc.RequestedName
		}
		switch {
		case !sc.Allowed || seen[name]:
		case sc.ImplicitGrant:
			sh.Implicit = append(sh.Implicit, name)
		default:
			sh.Scopes = append(sh.Scopes, Scope{Grant: name, Name: sc.Name, DisplayName: sc.DisplayName, Description: sc.Description,
				Service: sc.Service.Name, Params: sc.Params, Optional: sc.Name != "openid"})
		}
		seen[name] = true
	}
	return sh
}

// digest gives the sheet as JSON and the SHA-256 of that.
func (sh *Sheet) digest() (text, digest string, err error) {
	b, err := json.Marshal(sh)
	if err != nil {
		return "", "", err
	}
	sum := sha256.Sum256(b)
	return string(b), hex.EncodeToString(sum[:]), nil
}

// Approved gives what a request's approver saw and granted: the sheet with
// only the scopes that were granted. A request that nobody saw gives none.
func Approved(r app.Request) (*Sheet, error) {
	if r.Details == "" {
		return nil, nil
	}
	var sh Sheet
	d := json.NewDecoder(strings.NewReader(r.Details))
	d.UseNumber() // amounts keep their digits
	if err := d.Decode(&sh); err != nil {
		return nil, err
	}
	var g Grant
	if r.Granted != "" {
		if err := json.Unmarshal([]byte(r.Granted), &g); err != nil {
			return nil, err
		}
	}
	sh.Scopes = slices.DeleteFunc(sh.Scopes, func(s Scope) bool { return !slices.Contains(g.Scopes, s.Grant) })
	return &sh, nil
}
