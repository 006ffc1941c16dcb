// Package admin holds what administrators may do, and does it: the table of
// roles and permissions, signing in to the console, its sessions, and the use
// cases of its pages.
//
// Every method of Service that acts for somebody takes their Identity, and
// begins with
//
//	by, err := s.may(ctx, who, ManagePeople)
//
// which refuses what the table doesn't allow, records the refusal, and gives
// the actor without which nothing below can be changed; a test reads the source
// for it. A use case of another package (people, consent …) gets a method here
// that asks and passes on. Pages may read the store by themselves: the
// permission of their route is the guard, and Identity.May tells what to mask.
//
// Administrators sign in with a passkey and nothing weaker. Single sign-on by
// OpenID Connect will be another way to a store.SignInAdmin, beside
// Service.FinishSignIn; sessions, roles and the asking again stay as they are.
package admin
