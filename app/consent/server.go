package consent

import (
	"context"
	"time"

	"assent/app/authz"
)

// Server is the authorization server, as far as a request needs it. An error of
// a call is an *authz.Error, whose Outcome says what became of it.
type Server interface {
	// TenantID names the tenant of this connection; it is the server's part of a
	// login's name.
	TenantID() string
	// Ahead is how far the server's clock is ahead of ours, as far as is known.
	Ahead() time.Duration

	// KindOf tells a start's kind without asking the server; empty where it must
	// be asked. A kind that it has no calls for is an authz.UnsupportedError.
	KindOf(authz.Hint) (authz.Kind, error)
	// Recognise is KindOf that asks the server where it must.
	Recognise(context.Context, authz.Hint) (authz.Kind, error)
	// ConsentOwner tells whose the consent with an id is: the person that a hint
	// names which is a consent's id.
	ConsentOwner(ctx context.Context, serverID, consentID string) (authz.ConsentOwner, error)

	// Details reads what a login asks for, and what became of it so far.
	Details(context.Context, authz.Login) (*authz.Details, error)
	// Accept tells the server what was granted. It is not repeatable: an error
	// that MayHaveTakenEffect is asked about by Details first.
	Accept(context.Context, authz.Login, authz.Grant) error
	// Reject tells the server that nothing was granted, and why.
	Reject(context.Context, authz.Login, authz.Rejection) error
}
