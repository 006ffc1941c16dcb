package people

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"assent/app"
	"assent/store"
)

// Service is the use case.
type Service struct {
	store *store.Store
}

// New makes the service.
func New(st *store.Store) *Service { return &Service{store: st} }

// Add stores a new person. ids are in the form that Parse reads; at least one
// is needed, or ACP could never name the person.
func (s *Service) Add(ctx context.Context, by app.Actor, name string, ids, companies []string) (app.Person, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > 200 {
		return app.Person{}, app.ErrMalformed.In("name").Because(errors.New("a name has 1 to 200 characters"))
	}
	if len(ids) == 0 {
		return app.Person{}, app.ErrMalformed.In("id").Because(errors.New("at least one identifier is needed"))
	}
	var parsed []app.Identifier
	for _, v := range ids {
		id, err := Parse(v)
		if err != nil {
			return app.Person{}, err
		}
		parsed = append(parsed, id)
	}
	var acts []string
	for _, v := range companies {
		n, err := cnpj(v)
		if err != nil {
			return app.Person{}, err
		}
		acts = append(acts, n)
	}
	return s.store.AddPerson(ctx, by, name, parsed, acts)
}

// Invite makes a one-time link secret for the person whom identifier names,
// good for ttl. Only its hash is kept.
func (s *Service) Invite(ctx context.Context, by app.Actor, identifier string, ttl time.Duration) (app.Person, string, error) {
	p, err := s.active(ctx, identifier)
	if err != nil {
		return p, "", err
	}
	token := app.NewToken()
	_, err = s.store.Invite(ctx, by, p.ID, app.TokenHash(token), s.store.Now().Add(ttl))
	return p, token, err
}

// Named finds a person as an operator names them: KIND:VALUE, or a value that
// is tried as every kind.
func (s *Service) Named(ctx context.Context, identifier string) (app.Person, error) {
	if kind, _, ok := strings.Cut(identifier, ":"); ok {
		for _, k := range app.IdentifierKinds {
			if kind == string(k) {
				id, err := Parse(identifier)
				if err != nil {
					return app.Person{}, err
				}
				return s.store.FindPerson(ctx, []app.Identifier{id})
			}
		}
	}
	return s.store.FindPerson(ctx, readings(identifier))
}

// Resolver finds the person that ACP means. A resolver that can't read the
// identifier answers app.ErrUnknownPerson, and the next one of the chain is
// asked; any other error ends the search.
type Resolver interface {
	Resolve(context.Context, app.Query) (app.Person, error)
}

// Chain asks resolvers in order.
type Chain []Resolver

// Resolve implements Resolver.
func (c Chain) Resolve(ctx context.Context, q app.Query) (app.Person, error) {
	for _, r := range c {
		p, err := r.Resolve(ctx, q)
		if err == nil || !errors.Is(err, app.ErrUnknownPerson) {
			return p, err
		}
	}
	return app.Person{}, app.ErrUnknownPerson
}

// Directory resolves by the identifiers that people have in the store, trying
// the value as every kind. It implements Resolver.
type Directory struct{ Reader *store.Reader }

// Resolve implements Resolver.
func (d Directory) Resolve(ctx context.Context, q app.Query) (app.Person, error) {
	p, err := d.Reader.FindPerson(ctx, readings(q.Identifier))
	if err != nil {
		return p, fmt.Errorf("directory: %w", err)
	}
	return p, nil
}
