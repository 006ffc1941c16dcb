// Package admin holds what administrators may do, and does it: the table of
// roles and permissions, signing in to the console, its sessions, and the use
// cases of its pages.
//
// Every method of Service that acts for somebody takes the proof that they may: a
// Grant of its permission, or a Fresh where the permission wants the passkey again.
// The guard of a surface makes it by Admit, which refuses what the table doesn't
// allow and records the refusal. Without the proof, or with one of another
// permission, a call doesn't compile. A use case begins with
//
//	by := who.actor()
//
// which gives the actor without which nothing below can be changed; a test reads
// the source for it. A use case of another package (people, consent …) gets a
// method here that takes the proof and passes on. Pages may read the store by
// themselves: the permission of their route is the guard, and Caller.May tells
// what to mask.
//
// Administrators sign in with a passkey and nothing weaker. Single sign-on by
// OpenID Connect will be another way to a store.SignInAdmin, beside
// Service.FinishSignIn; sessions, roles and the asking again stay as they are.
package admin
