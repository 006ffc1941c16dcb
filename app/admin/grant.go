package admin

import (
	"context"

	"assent/app"
	"assent/app/admin/may"
)

// Kind is what sort of caller an Identity is.
type Kind int

// Administrator is a person in a session of the console, who can show a passkey.
// A machine would be another kind: with a token that has permissions, and never
// with a fresh passkey.
const Administrator Kind = 0

// Grant proves that a caller was admitted for what needs P. Only Admit and Also
// make one. The zero Grant, which the compiler can't forbid, panics where it is
// used.
type Grant[P may.Permission] struct {
	proof
	_ [0]P // so that no grant converts to one of another permission
}

// Fresh is a Grant whose caller has also shown the passkey within app.AdminFresh.
// Only Confirmed makes one. Use cases that need a dangerous permission take it.
type Fresh[P may.Dangerous] struct {
	proof
	_ [0]func(P) // so that no Grant converts to it
}

// Caller is a Grant or a Fresh of whichever permission: somebody who was admitted.
type Caller interface {
	// Identity is who was admitted.
	Identity() Identity
	// May tells whether they also have p. It is for what to show.
	May(p Permission) bool

	service() *Service
}

// proof is what each proof holds.
type proof struct {
	by  *Service
	who Identity
}

// Identity is who was admitted.
func (p proof) Identity() Identity {
	p.check()
	return p.who
}

// May tells whether the caller also has q. It is for what to show.
func (p proof) May(q Permission) bool { return p.Identity().May(q) }

// check panics where Admit didn't make the proof.
func (p proof) check() {
	if p.by == nil {
		panic("admin: a proof that Admit didn't make")
	}
}

// actor is the caller as the audit names them.
func (p proof) actor() app.Actor { return p.Identity().actor() }

func (p proof) service() *Service {
	p.check()
	return p.by
}

// Admit gives a caller the proof that they may do what needs P. What they may not
// do is Denied, which the audit records. It is for the guard of a surface.
func Admit[P may.Permission](ctx context.Context, s *Service, who Identity) (Grant[P], error) {
	var p P
	if err := s.allowed(ctx, who, Permission(p.Name())); err != nil {
		return Grant[P]{}, err
	}
	return Grant[P]{proof: proof{s, who}}, nil
}

// Also admits a caller who was admitted already for what needs P as well, which
// asks for no passkey: for a page that shows more than its route is about.
func Also[P may.Plain](ctx context.Context, c Caller) (Grant[P], error) {
	return Admit[P](ctx, c.service(), c.Identity())
}

// Confirmed gives the proof that the caller has shown the passkey a short while
// ago too, or app.ErrUnconfirmed. It is for the guard of a surface.
func Confirmed[P may.Dangerous](g Grant[P]) (Fresh[P], error) {
	if err := g.service().confirmed(g.who); err != nil {
		return Fresh[P]{}, err
	}
	return Fresh[P]{proof: g.proof}, nil
}
