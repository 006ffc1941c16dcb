package consent

import (
	"context"
	"errors"
	"slices"
	"time"

	"assent/app"
	"assent/app/authz"
)

// Start is an /authentication/start payload, every spelling of it read.
type Start struct {
	TenantID       string
	ServerID       string
	LoginID        string
	LoginState     string
	UserIdentifier string
	ClientID       string
	ClientName     string
	BindingMessage string
	Scopes         []string
	ACR            []string
	IntentID       string // openbanking_intent_id
	ConsentType    string
	ExpiresAt      time.Time // zero when ACP names none
	Payload        string    // as received, for support
}

// Verify tells whether the person whom identifier names can authenticate:
// known, active, with a device that has a live passkey. Unknown and ambiguous
// are a plain no, a workspace that isn't the connection's is refused as at
// Start. Another error means that it can't be told now.
func (s *Service) Verify(ctx context.Context, by app.Actor, connection, serverID, identifier string) (bool, error) {
	serverID, err := s.workspace(ctx, by, s.connections[connection], serverID)
	if err != nil {
		return false, err
	}
	p, err := s.resolver.Resolve(ctx, app.Query{Connection: connection, ServerID: serverID, Identifier: identifier})
	switch {
	case errors.Is(err, app.ErrAmbiguousPerson):
		s.log.WarnContext(ctx, "an identifier from ACP fits more than one person; answered not valid", "connection",
			connection)
	case err != nil && !errors.Is(err, app.ErrUnknownPerson):
		return false, err
	}
	// Asked for nobody too, so that the time doesn't tell an unknown person
	// from one who can't answer.
	return s.store.CanAnswer(ctx, p.ID)
}

// Start takes a request in, once for each login. When it returns nil the
// request is durably stored, whatever is then to become of it.
func (s *Service) Start(ctx context.Context, by app.Actor, connection string, in Start) error {
	conn := s.connections[connection]
	if err := s.admit(ctx, by, conn, &in); err != nil {
		return err
	}
	req := app.Request{
		Connection:     conn.Name,
		TenantID:       in.TenantID,
		ServerID:       in.ServerID,
		LoginID:        in.LoginID,
		LoginState:     in.LoginState,
		UserIdentifier: in.UserIdentifier,
		ConsentID:      conn.consentID(in),
		ClientID:       in.ClientID,
		ClientName:     in.ClientName,
		BindingMessage: in.BindingMessage, Scopes: in.Scopes, ACR: in.ACR, Payload: in.Payload,
		State: app.Pending,
	}
	now := s.store.Now()
	if !in.ExpiresAt.IsZero() { // by ACP's clock
		req.ExpiresAt = app.At(in.ExpiresAt.Add(-conn.Server.Ahead()))
	} else {
		req.ExpiresAt = now.Add(s.ttl)
	}
	// The same start again is answered before anything else is looked at:
	// whatever has changed since, it was taken in.
	if stored, err := s.store.RequestByLogin(ctx, req.TenantID, req.LoginID); err == nil {
		return app.SameLogin(stored, req)
	} else if !errors.Is(err, app.ErrUnknownRequest) {
		return err
	}
	p, err := s.resolver.Resolve(ctx,
		app.Query{Connection: connection, ServerID: in.ServerID, Identifier: in.UserIdentifier})
	if err != nil {
		if errors.Is(err, app.ErrAmbiguousPerson) {
			s.log.WarnContext(ctx, "an identifier from ACP fits more than one person; the start was refused",
				"connection", connection)
		}
		return err
	}
	if p.State != app.PersonActive {
		return app.ErrUnknownPerson
	}
	if err := s.mayAsk(ctx, by, conn, in, p); err != nil {
		return err
	}
	req.PersonID = p.ID
	able, err := s.store.CanAnswer(ctx, p.ID)
	if err != nil {
		return err
	}
	kind, err := conn.Server.KindOf(conn.hint(in))
	var unsupported *authz.UnsupportedError
	if err != nil && !errors.As(err, &unsupported) {
		return err
	}
	if kind == "" && unsupported == nil { // perhaps it was asked for already, to find the person
		if owner, err := s.store.ConsentOwner(ctx, connection, req.ConsentID); err == nil {
			kind = authz.Kind(owner.Kind)
		} else if !errors.Is(err, app.ErrUnknownRequest) {
			return err
		}
	}
	if kind != "" && !kind.Known() {
		unsupported = &authz.UnsupportedError{Reason: unknownKind(kind)}
	}
	req.Kind = string(kind)
	// A kind that ACP has no calls for can't be rejected either.
	reject := kind != "" || unsupported == nil
	switch {
	case unsupported != nil:
		req.State, req.Reason = app.Cancelled, app.ReasonUnsupported
		s.log.WarnContext(ctx, "an open banking request was cancelled: it can't be served", "login", in.LoginID,
			"workspace", in.ServerID, "why", unsupported.Reason)
	case len(conn.consentIDs(in)) > 1: // one could be shown, and another be approved
		req.State, req.Reason = app.Cancelled, app.ReasonUnreadable
		s.log.WarnContext(ctx, "a request was cancelled: it names more than one consent", "login", in.LoginID,
			"workspace", in.ServerID)
	case req.ExpiresAt <= now:
		req.State, req.Reason = app.Cancelled, app.ReasonLate
	case p.Pauses(kind.Pays()):
		req.State, req.Reason = app.Cancelled, app.ReasonPaused
	case !able:
		req.State, req.Reason = app.Cancelled, app.ReasonNoDevice
	}
	_, _, err = s.store.StartRequest(ctx, by, req, s.fatigue, reject)
	return err
}

// admit holds tenant and workspace against the connection; what is missing
// counts as the connection's.
func (s *Service) admit(ctx context.Context, by app.Actor, conn Connection, in *Start) error {
	tenant := conn.Server.TenantID()
	if in.TenantID == "" {
		in.TenantID = tenant
	}
	if in.TenantID != tenant {
		return s.refuse(ctx, by, app.ErrWrongTenant, conn, "tenant_id", in.TenantID)
	}
	var err error
	if in.ServerID, err = s.workspace(ctx, by, conn, in.ServerID); err != nil {
		return err
	}
	if limit := conn.Clients[in.ClientID].Workspaces; len(limit) > 0 && !slices.Contains(limit, in.ServerID) {
		return s.refuse(ctx, by, app.ErrWrongClient, conn, "client_id", in.ClientID)
	}
	return nil
}

// mayAsk tells whether a client may ask the person that it named. A person who
// isn't found among those that it is limited to is refused, whoever they are.
func (s *Service) mayAsk(ctx context.Context, by app.Actor, conn Connection, in Start, p app.Person) error {
	limit := conn.Clients[in.ClientID].People
	for _, identifier := range limit {
		listed, err := s.resolver.Resolve(ctx,
			app.Query{Connection: conn.Name, ServerID: in.ServerID, Identifier: identifier})
		switch {
		case err == nil && listed.ID == p.ID:
			return nil
		case err != nil && app.KindOf(err) != app.NotFound && !errors.Is(err, app.ErrAmbiguousPerson):
			return err
		}
	}
	if len(limit) == 0 {
		return nil
	}
	return s.refuse(ctx, by, app.ErrWrongClient, conn, "client_id", in.ClientID)
}

// workspace gives the workspace that a call is about, where the connection
// lists its own: one that is missing is the only one, if there is one only.
func (s *Service) workspace(ctx context.Context, by app.Actor, conn Connection, asked string) (string, error) {
	if asked == "" && len(conn.Workspaces) == 1 {
		for only := range conn.Workspaces {
			asked = only
		}
	}
	if _, ok := conn.Workspaces[asked]; !ok && asked != "" && len(conn.Workspaces) > 0 {
		return "", s.refuse(ctx, by, app.ErrWrongWorkspace, conn, "server_id", asked)
	}
	return asked, nil
}

// refuse counts a refusal of what ACP asked by connection and kind, and gives it.
// Only the first of an hour is in the audit: who is refused may try on and on.
func (s *Service) refuse(ctx context.Context, by app.Actor, refusal *app.Error, conn Connection,
	field, value string) error {
	return errors.Join(refusal, s.store.RefuseStranger(ctx, by, "request.refuse", "acp/"+conn.Name+"/"+refusal.Code,
		map[string]string{"field": field, "value": value}))
}
