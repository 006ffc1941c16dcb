package consent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"time"

	"assent/app"
	"assent/app/authz"
	"assent/store"
)

const (
	ownerTime     = 2 * time.Second // that ACP has to say whose a consent is, inside its own call to us
	ownerUnending = 24 * time.Hour  // that the answer is kept for a consent without an expiry of its own
)

// brazil is the kind of a workspace whose consents may stand for a person.
const brazil = "obbr"

// Owners finds the person whose consent ACP names instead of them (Open
// Finance Brasil, CIBA profile 2.1): by the consent's CPF, and for a company's
// consent only one who acts for it. It is a link of the chain of resolvers.
type Owners struct {
	store       *store.Store
	connections map[string]Connection
	log         *slog.Logger
}

// NewOwners makes the resolver.
func NewOwners(st *store.Store, connections []Connection, log *slog.Logger) *Owners {
	return &Owners{store: st, connections: byName(connections), log: log}
}

// Resolve implements Resolver. What doesn't look like a consent's id is for
// the others of the chain.
func (o *Owners) Resolve(ctx context.Context, q app.Query) (app.Person, error) {
	if !isConsentID(q.Identifier) {
		return app.Person{}, app.ErrUnknownPerson
	}
	owner, err := o.owner(ctx, q)
	if err != nil {
		return app.Person{}, err
	}
	if owner.CPF == "" {
		return app.Person{}, app.ErrUnknownPerson
	}
	p, err := o.store.FindPerson(ctx, []app.Identifier{{Kind: app.CPF, Value: owner.CPF, Norm: owner.CPF}})
	if err != nil {
		return p, fmt.Errorf("owner of a consent: %w", err)
	}
	ok, err := actsFor(ctx, o.store, p.ID, owner.CNPJ)
	if err == nil && !ok {
		o.log.WarnContext(ctx, "a consent of a company was named by somebody who doesn't act for it", "connection",
			q.Connection, "person", p.ID)
		err = app.ErrUnknownPerson
	}
	return p, err
}

// owner is what ACP says of the consent: kept from an earlier question, or
// asked for now.
func (o *Owners) owner(ctx context.Context, q app.Query) (app.ConsentOwner, error) {
	kept, err := o.store.ConsentOwner(ctx, q.Connection, q.Identifier)
	if err == nil || !errors.Is(err, app.ErrUnknownRequest) {
		return kept, err
	}
	conn, ok := o.connections[q.Connection]
	if !ok {
		return kept, app.ErrUnknownPerson
	}
	ctx, cancel := context.WithTimeout(ctx, ownerTime)
	defer cancel()
	for _, workspace := range conn.brazilian(q.ServerID) {
		c, err := conn.Server.ConsentOwner(ctx, workspace, q.Identifier)
		switch {
		case outcome(err) == authz.NotFound, outcome(err) == authz.OtherKind, refusedAs(err, http.StatusBadRequest):
			continue // it knows no such consent, or that this is no id of one
		case err != nil:
			return kept, app.ErrACPUnreachable.Because(err)
		}
		kept = app.ConsentOwner{
			Connection: q.Connection,
			ConsentID:  q.Identifier,
			ServerID:   workspace,
			Kind:       string(c.Kind),
			CPF:        c.CPF,
			CNPJ:       c.CNPJ,
			ExpiresAt:  app.At(c.ExpiresAt),
		}
		if kept.ExpiresAt == 0 {
			kept.ExpiresAt = o.store.Now().Add(ownerUnending)
		}
		return kept, o.store.KeepConsentOwner(context.WithoutCancel(ctx), kept)
	}
	return kept, app.ErrUnknownPerson
}

// brazilian are the workspaces that may hold a Brazilian consent: the one that
// ACP named, unless it is known to be of another kind, else all that are known to.
func (c Connection) brazilian(serverID string) []string {
	if serverID != "" {
		if kind, listed := c.Workspaces[serverID]; listed && kind != brazil {
			return nil
		}
		return []string{serverID}
	}
	var out []string
	for _, id := range slices.Sorted(maps.Keys(c.Workspaces)) {
		if c.Workspaces[id] == brazil {
			out = append(out, id)
		}
	}
	return out
}

// actsFor tells whether a person may act for a company; everybody acts for none.
func actsFor(ctx context.Context, r *store.Store, personID, cnpj string) (bool, error) {
	if cnpj == "" {
		return true, nil
	}
	companies, err := r.Companies(ctx, personID)
	return slices.Contains(companies, cnpj), err
}

func refusedAs(err error, status int) bool {
	var e *authz.Error
	return errors.As(err, &e) && e.Outcome == authz.Refused && e.Status == status
}
