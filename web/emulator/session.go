package emulator

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// State is how far a login session has come.
type State string

// The states of a login session.
const (
	Pending  State = "pending"
	Approved State = "approved"
	Rejected State = "rejected"
	Expired  State = "expired"
)

// finishedFor is how long a finished session still answers GET with its flags.
const finishedFor = 30 * time.Second

// Ask is a request for backchannel authentication, for Begin.
type Ask struct {
	// Device is the client's ID; the shop till's by default.
	Device string
	// Hint identifies the person.
	Hint string
	// Scopes may name scopes outside the catalogue; "openid" alone by default.
	Scopes         []string
	BindingMessage string
	ACR            []string
	// Expiry is the request's lifetime; Options.RequestTTL by default.
	Expiry time.Duration
	// NotificationToken is the bearer token for the ping to the device.
	NotificationToken string
	// Claims and VerifiedClaims are asked for by themselves, beside those of the scopes.
	Claims, VerifiedClaims []string
	// Kind is Regular by default.
	Kind Kind
	// Consent is the ID of the consent that it is about, if it is about one, and Way how the
	// request names it: ByMember by
	// default. TypeInPayload adds consent_type to the start payload.
	Consent       string
	Way           Way
	TypeInPayload bool

	correlation string
}

// Session is a login session as it stood when it was asked for.
type Session struct {
	// ID is login_id and LoginState login_state of the contract; AuthReqID is what the client holds.
	ID, LoginState, AuthReqID string
	Kind                      Kind
	// Consent is the ID of the consent that it is about; empty for a plain login.
	Consent              string
	State                State
	Device, Hint         string
	BindingMessage       string
	ACR                  []string
	CreatedAt, ExpiresAt time.Time
	// FinishedAt is when accept or reject took effect.
	FinishedAt time.Time
	// Scopes are the scopes as the client wrote them.
	Scopes  []string
	Details SessionDetails
	// Accepted or Rejected is the body that took effect.
	Accepted *AcceptBody
	Rejected *RejectBody
	// Redeemed says that the client has fetched its tokens.
	Redeemed bool
	// Calls counts the service's calls for this session.
	Calls map[Endpoint]int
	// Starts are the status codes that the service answered authentication/start with, 0 for no answer.
	Starts []int
}

// session is the live Session, guarded by Emulator.mu.
type session struct {
	Session
	clientName        string
	notificationToken string
	correlation       string
	interval          time.Duration
	lastPoll          time.Time
	redirect          string
	consent           *Consent
	way               Way
	typed             bool
}

func (s *session) snapshot(now time.Time) Session {
	out := s.Session
	out.State = s.stateAt(now)
	out.ACR = slices.Clone(s.ACR)
	out.Scopes = slices.Clone(s.Scopes)
	out.Details = s.Details.clone()
	out.Calls = maps.Clone(s.Calls)
	out.Starts = slices.Clone(s.Starts)
	return out
}

func (s *session) stateAt(now time.Time) State {
	if s.State == Pending && !now.Before(s.ExpiresAt) {
		return Expired
	}
	return s.State
}

// Begin makes a login session as a client's request would, without asking the service whether it knows the person and
// without starting the request there: use Verify and Start for that. An unknown Device stands for a
// client with just an ID.
func (e *Emulator) Begin(a Ask) Session {
	now := e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.begin(a, now).snapshot(now)
}

func (e *Emulator) begin(a Ask, now time.Time) *session {
	if a.Device == "" {
		a.Device = e.screens[screenKey{Shop, Poll}].ID
	}
	if len(a.Scopes) == 0 {
		a.Scopes = []string{"openid"}
	}
	device, known := e.devices[a.Device]
	if !known {
		device = Device{ID: a.Device}
	}
	s := &session{
		Session: Session{
			ID: randomHex(16), LoginState: randomHex(16), AuthReqID: randomHex(16),
			Kind: cmp.Or(a.Kind, Regular), State: Pending,
			Device: a.Device, Hint: a.Hint, BindingMessage: a.BindingMessage, ACR: a.ACR, CreatedAt: now,
			Scopes:    a.Scopes,
			ExpiresAt: wholeSecond(now.Add(cmp.Or(a.Expiry, e.opts.RequestTTL))),
			Calls:     map[Endpoint]int{},
		},
		clientName:        device.Info.Name,
		notificationToken: a.NotificationToken,
		correlation:       cmp.Or(a.correlation, randomHex(16)),
		interval:          e.opts.Interval,
	}
	if c := e.consents[a.Consent]; c != nil {
		s.Kind, s.Consent, s.consent, s.way, s.typed = c.Type.Kind, c.ID, c, cmp.Or(a.Way, ByMember), a.TypeInPayload
		if len(a.Scopes) == 1 {
			s.Scopes = []string{"openid", c.Type.Scope}
			if s.way == ByScope {
				s.Scopes = append(s.Scopes, c.scope())
			}
		}
		if s.way == ByHint {
			s.Hint = c.ID
		}
	}
	s.Details = e.details(s, device, s.Scopes)
	s.Details.ask(a.Claims, a.VerifiedClaims)
	s.redirect = e.WorkspaceIssuer() + "/oauth2/authorize?login_id=" + s.ID
	e.sessions[s.ID], e.byRequest[s.AuthReqID] = s, s
	return s
}

// wholeSecond rounds up to what the start payload can carry, so that both sides agree on the instant.
func wholeSecond(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); whole.Before(t) {
		return whole.Add(time.Second)
	}
	return t
}

func (e *Emulator) details(s *session, device Device, scopes []string) SessionDetails {
	d := SessionDetails{
		ID: s.ID, ClientID: device.ID, ClientInfo: device.Info, TenantID: e.opts.Tenant, ServerID: e.opts.Workspace,
		RequestedAt: s.CreatedAt.UTC(), RequestedGrantType: cibaGrant, RequestedACR: s.ACR,
		AllowedScopes: map[string]bool{}, AuthorizationCorrelation: s.correlation,
	}
	for _, name := range scopes {
		scope := e.requestedScope(name)
		d.RequestedScopes = append(d.RequestedScopes, scope)
		d.AllowedScopes[name] = true
		if known, _, found := e.findScope(name); found {
			d.ClaimsToConsent = append(d.ClaimsToConsent, known.Claims...)
		}
	}
	return d
}

// Session finds a login session by its login id. Sessions stay readable here for an hour after their expiry.
func (e *Emulator) Session(id string) (Session, bool) {
	now := e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	s, found := e.sessions[id]
	if !found {
		return Session{}, false
	}
	return s.snapshot(now), true
}

// Sessions lists all login sessions, oldest first.
func (e *Emulator) Sessions() []Session {
	now := e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]Session, 0, len(e.sessions))
	for _, s := range e.sessions {
		all = append(all, s.snapshot(now))
	}
	slices.SortFunc(all, func(a, b Session) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Edit changes what GET answers for a session from now on; it says whether there is such a session. What a grant may
// contain follows the edited details.
func (e *Emulator) Edit(id string, change func(*SessionDetails)) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, found := e.sessions[id]
	if found {
		d := s.Details.clone()
		change(&d)
		s.Details = d
	}
	return found
}

// Expire ends a pending session at once, as if its time were over; the service isn't told.
func (e *Emulator) Expire(id string) bool {
	now := e.now()
	e.mu.Lock()
	defer e.mu.Unlock()
	s, found := e.sessions[id]
	if found && s.State == Pending && s.ExpiresAt.After(now) {
		s.ExpiresAt = now
	}
	return found
}

// Forget removes a session altogether, as a restart of ACP might.
func (e *Emulator) Forget(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s, found := e.sessions[id]; found {
		delete(e.sessions, id)
		delete(e.byRequest, s.AuthReqID)
	}
}

// ForgetFinished sets whether a finished session answers GET with 404 at once instead of showing its flags for 30 s.
func (e *Emulator) ForgetFinished(atOnce bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forgetting = atOnce
}

// readable finds a session that GET may still show: pending, or finished a moment ago. The caller holds mu.
func (e *Emulator) readable(id string, now time.Time) *session {
	s := e.sessions[id]
	switch {
	case s == nil || s.stateAt(now) == Expired:
		return nil
	case s.State != Pending && (e.forgetting || now.Sub(s.FinishedAt) >= finishedFor):
		return nil
	}
	return s
}
