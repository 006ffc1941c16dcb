package consent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"assent/app"
	"assent/app/authz"
)

// consentScope is the dynamic scope that names a consent (Open Finance Brasil).
const consentScope = "consent:"

// isConsentID tells whether an identifier of ACP's names a consent instead of
// a person.
func isConsentID(s string) bool { return strings.HasPrefix(strings.ToLower(s), "urn:") }

// consentIDs are the ids of the consents that a start names, each once: in a member
// of its own, in dynamic scopes, and as the user identifier, where the workspace
// may be a Brazilian one. A plain sign-in names none.
func (c Connection) consentIDs(in Start) []string {
	var ids []string
	add := func(id string) {
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	add(in.IntentID)
	for _, scope := range in.Scopes {
		for _, prefix := range []string{consentScope, "recurring-" + consentScope} {
			if id, ok := strings.CutPrefix(scope, prefix); ok {
				add(id)
			}
		}
	}
	if kind := c.Workspaces[in.ServerID]; isConsentID(in.UserIdentifier) && (kind == "" || kind == brazil) {
		add(in.UserIdentifier)
	}
	return ids
}

// consentID is the id of the consent that a start is about, the first that it
// names; empty for a plain sign-in. Start serves none that names several.
func (c Connection) consentID(in Start) string {
	for _, id := range c.consentIDs(in) {
		return id
	}
	return ""
}

// hint is what is known of a request's kind without asking ACP.
func (c Connection) hint(in Start) authz.Hint {
	id := c.consentID(in)
	return authz.Hint{
		ConsentType: in.ConsentType,
		ConsentID:   id,
		Scopes:      in.Scopes,
		Workspace:   c.Workspaces[in.ServerID],
		Login:       authz.Login{ID: in.LoginID, State: in.LoginState, ServerID: in.ServerID, ConsentID: id},
	}
}

// Recognise is the job that asks ACP what an open banking request is about, so
// that one that can't be served ends at once, and not when somebody opens it.
func (s *Service) Recognise(ctx context.Context, j app.Job) app.Outcome {
	r, err := s.store.Request(ctx, j.RequestID)
	if err == nil && r.State == app.Pending {
		if err = s.hold(ctx, j); err == nil {
			_, err = s.recognise(ctx, r)
		}
	}
	if err != nil && !errors.Is(err, app.ErrNotPending) {
		out := again(err)
		if err := s.store.KeepSaid(ctx, j.RequestID, authz.Said(err)); err != nil {
			return again(err)
		}
		return out
	}
	return app.Outcome{}
}

// recognise gives the request with its kind, which ACP is asked for where it
// isn't known yet. A request of a kind that can't be served, or that the table of
// kinds doesn't have, is cancelled and gives app.ErrNotPending.
func (s *Service) recognise(ctx context.Context, r app.Request) (app.Request, error) {
	kind, err := authz.Kind(r.Kind), error(nil)
	if kind.Known() {
		return r, nil
	}
	if r.Kind == app.KindUnknown {
		kind, err = s.kindOf(ctx, r)
	}
	if err == nil && !kind.Known() {
		err = &authz.UnsupportedError{Reason: unknownKind(kind)}
	}
	var unsupported *authz.UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		s.log.WarnContext(ctx, "an open banking request was cancelled: it can't be served", "request", r.ID, "ref",
			r.Ref, "why", unsupported.Reason)
		return r, s.end(ctx, r, app.ReasonUnsupported, false)
	case outcome(err) == authz.NotFound:
		return r, s.end(ctx, r, app.ReasonGone, false)
	case err != nil:
		return r, app.ErrACPUnreachable.Because(err)
	}
	r.Kind = string(kind)
	return r, s.store.Recognised(ctx, r.ID, r.Kind)
}

// unknownKind says for operators that the table of kinds doesn't have a kind.
func unknownKind(kind authz.Kind) string { return fmt.Sprintf("the kind %q is not known", kind) }

func (s *Service) kindOf(ctx context.Context, r app.Request) (authz.Kind, error) {
	conn, err := s.connection(r)
	if err != nil {
		return "", err
	}
	in := Start{
		LoginID:        r.LoginID,
		LoginState:     r.LoginState,
		ServerID:       r.ServerID,
		UserIdentifier: r.UserIdentifier,
		Scopes:         r.Scopes,
		IntentID:       r.ConsentID,
	}
	return conn.Server.Recognise(ctx, conn.hint(in))
}
