// Package accounts knows which accounts and cards people have: it imports the
// bank's directory, or asks the bank's endpoint, and finds the account that a
// consent means.
package accounts

import (
	"context"

	"assent/app"
	"assent/store"
)

// Source tells a person's accounts and cards, stably ordered by name. A source
// that can't answer for another system's sake says app.ErrAccountsUnavailable;
// no accounts is an answer. It never gives a part of a list.
type Source interface {
	Accounts(ctx context.Context, p app.Person) ([]app.Account, error)
}

// Directory is the account directory in the store. It implements Source.
type Directory struct{ Reader *store.Reader }

// Accounts implements Source.
func (d Directory) Accounts(ctx context.Context, p app.Person) ([]app.Account, error) {
	return d.Reader.Accounts(ctx, p.ID)
}

// Fresh asks s past any cache: what someone approves must hold at that moment,
// not half a minute before.
func Fresh(ctx context.Context, s Source, p app.Person) ([]app.Account, error) {
	if c, ok := s.(interface {
		Fresh(context.Context, app.Person) ([]app.Account, error)
	}); ok {
		return c.Fresh(ctx, p)
	}
	return s.Accounts(ctx, p)
}

// Payable gives those from which can be paid.
func Payable(list []app.Account) []app.Account {
	var out []app.Account
	for _, a := range list {
		if a.Unpayable == "" {
			out = append(out, a)
		}
	}
	return out
}
