package people

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"assent/app"
	"assent/app/identifier"
	"assent/store"
)

// Service is the use case.
type Service struct {
	store *store.Store
}

// New makes the service.
func New(st *store.Store) *Service { return &Service{store: st} }

// Add stores a new person. ids are in the form that Parse reads; at least one
// is needed, or ACP could never name the person. One that was another person's
// until lately is app.ErrIdentifierMoves unless store.AllowMove is among allow.
func (s *Service) Add(ctx context.Context, by app.Actor, name string, ids, companies []string,
	allow ...store.Allow) (app.Person, error) {
	name, parsed, acts, err := Read(name, ids, companies)
	if err != nil {
		return app.Person{}, err
	}
	return s.store.AddPerson(ctx, by, name, parsed, acts, allow...)
}

// Edit brings a person to what is said, in the forms that Add takes; false
// when it was so already.
func (s *Service) Edit(ctx context.Context, by app.Actor, personID, name string, ids, companies []string,
	allow ...store.Allow) (bool, error) {
	name, parsed, acts, err := Read(name, ids, companies)
	if err != nil {
		return false, err
	}
	return s.store.EditPerson(ctx, by, personID, name, parsed, acts, allow...)
}

// Read checks what Add and Edit take and gives it as it is stored: the name,
// the identifiers and the companies.
func Read(name string, ids, companies []string) (string, []app.Identifier, []string, error) {
	name, err := Name(name)
	if err != nil {
		return "", nil, nil, err
	}
	if len(ids) == 0 {
		return "", nil, nil, app.ErrMalformed.In("id").Because(errors.New("at least one identifier is needed"))
	}
	var parsed []app.Identifier
	for _, v := range ids {
		id, err := Parse(v)
		if err != nil {
			return "", nil, nil, err
		}
		if !slices.ContainsFunc(parsed, id.Same) {
			parsed = append(parsed, id)
		}
	}
	var acts []string
	for _, v := range companies {
		n, err := app.ParseCNPJ(v)
		if err != nil {
			return "", nil, nil, err
		}
		acts = append(acts, n)
	}
	return name, parsed, acts, nil
}

// Search finds people by the beginning of any identifier or of the words of
// their names, or lists them where text is empty; see store.FindPeople. Those
// with the identifier come first, on the first page.
func (s *Service) Search(ctx context.Context, text string, which store.Which, after string,
	limit int) (found []store.Found, next string, err error) {
	text = strings.TrimSpace(text)
	if text != "" && after == "" {
		var norms []string
		for _, id := range identifier.Readings(text) {
			if !slices.Contains(norms, id.Norm) {
				norms = append(norms, id.Norm)
			}
		}
		if found, err = s.store.PeopleByIdentifier(ctx, norms, which, limit); err != nil {
			return nil, "", err
		}
	}
	named, next, err := s.store.FindPeople(ctx, text, which, after, limit)
	for _, f := range named {
		if !slices.ContainsFunc(found, func(o store.Found) bool { return o.ID == f.ID }) {
			found = append(found, f)
		}
	}
	return found, next, err
}

// Lookup finds people by an identifier, whole: for whoever mustn't learn more of
// one than they know.
func (s *Service) Lookup(ctx context.Context, text string, which store.Which) ([]store.Found, error) {
	return s.store.PeopleWith(ctx, identifier.Readings(strings.TrimSpace(text)), which)
}

// Invite makes a one-time link secret for the person whom identifier names,
// good for ttl. Only its hash is kept.
func (s *Service) Invite(ctx context.Context, by app.Actor, identifier string,
	ttl time.Duration) (app.Person, string, error) {
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
func (s *Service) Named(ctx context.Context, name string) (app.Person, error) {
	if kind, _, ok := strings.Cut(name, ":"); ok {
		for _, k := range app.IdentifierKinds {
			if kind == string(k) {
				id, err := Parse(name)
				if err != nil {
					return app.Person{}, err
				}
				return s.store.FindPerson(ctx, []app.Identifier{id})
			}
		}
	}
	return s.store.FindPerson(ctx, identifier.Readings(name))
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
// the value as every kind that its connection reads in hints, or as every kind
// where the query says so. It implements Resolver.
type Directory struct {
	Reader *store.Reader
	Hints  map[string][]app.IdentifierKind // by connection; without an entry its hints can be all kinds
}

// Resolve implements Resolver.
func (d Directory) Resolve(ctx context.Context, q app.Query) (app.Person, error) {
	kinds := d.Hints[q.Connection]
	if q.AnyKind {
		kinds = nil
	}
	p, err := d.Reader.FindPerson(ctx, identifier.Readings(q.Identifier, kinds...))
	if err != nil {
		return p, fmt.Errorf("directory: %w", err)
	}
	return p, nil
}
