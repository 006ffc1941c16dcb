// Package accounts knows which accounts and cards people have: it imports the
// bank's directory, or asks the bank's endpoint, and finds the account that a
// consent means.
package accounts

import (
	"context"

	"assent/app"
	"assent/store"
)

// Source tells the accounts and cards of a person, or of a company (its CNPJ)
// that they act for, stably ordered by name: a company's alone, and with an
// empty company the person's own alone. If the bank can't be reached, it returns
// app.ErrAccountsUnavailable; no accounts is an answer. It never gives a part of
// a list.
type Source interface {
	Accounts(ctx context.Context, p app.Person, company string) ([]app.Account, error)
}

// Directory is the account directory in the store. It implements Source.
type Directory struct{ Reader *store.Reader }

// Accounts implements Source.
func (d Directory) Accounts(ctx context.Context, p app.Person, company string) ([]app.Account, error) {
	return d.Reader.AccountsOf(ctx, p.ID, company)
}

// Fresh asks s past any cache: what someone approves must hold at that moment,
// not half a minute before.
func Fresh(ctx context.Context, s Source, p app.Person, company string) ([]app.Account, error) {
	if c, ok := s.(interface {
		Fresh(context.Context, app.Person, string) ([]app.Account, error)
	}); ok {
		return c.Fresh(ctx, p, company)
	}
	return s.Accounts(ctx, p, company)
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
