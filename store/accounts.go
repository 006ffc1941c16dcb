package store

import (
	"context"
	"errors"
	"iter"
	"strconv"
	"strings"

	"github.com/jmoiron/sqlx"

	"assent/app"
)

// PersonAccount is an account and whose it is.
type PersonAccount struct {
	PersonID string `db:"person_id"`
	app.Account
}

// AccountImport tells what an import did to the directory.
type AccountImport struct{ Added, Changed, Unchanged int }

const accountColumns = `person_id, company, id, kind, name, scheme, identification, secondary_identification,
	ispb, issuer, number, account_type, currency, balance, unpayable, joint`

// accountBatch rows are compared and written by one statement each. The driver
// binds n parameters in n² time: at 40 rows that is little, and larger batches
// are slower, not faster.
const accountBatch = 40

// ImportAccounts brings the directory to what rows say, all of it or, when rows
// end with an error, nothing. Accounts that rows don't name stay as they are.
// rows name a person's account at most once, and must not use the store.
func (s *Store) ImportAccounts(ctx context.Context, by app.Actor,
	rows iter.Seq2[PersonAccount, error]) (AccountImport, error) {
	var done AccountImport
	err := s.writeAlone(ctx, func(t *tx) error {
		batch := make([]PersonAccount, 0, accountBatch)
		for row, err := range rows {
			if err != nil {
				return err
			}
			if batch = append(batch, row); len(batch) == accountBatch {
				if err := done.put(ctx, t, batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
		if err := done.put(ctx, t, batch); err != nil {
			return err
		}
		return t.audit(ctx, by, entry{action: "account.import", detail: map[string]string{
			"added":     strconv.Itoa(done.Added),
			"changed":   strconv.Itoa(done.Changed),
			"unchanged": strconv.Itoa(done.Unchanged)}})
	})
	if err != nil {
		return AccountImport{}, err
	}
	return done, nil
}

func (done *AccountImport) put(ctx context.Context, t *tx, batch []PersonAccount) error {
	whats, err := t.putAccounts(ctx, batch)
	for _, what := range whats {
		switch what {
		case Added:
			done.Added++
		case Changed:
			done.Changed++
		case Faulty:
			return app.ErrUnknownPerson.Because(errors.New("somebody was erased meanwhile"))
		default:
			done.Unchanged++
		}
	}
	return err
}

// FindAccounts tells what bringing the directory to what rows say would do. rows
// name a person's account at most once.
func (r *Reader) FindAccounts(ctx context.Context, rows []PersonAccount) ([]What, error) {
	var out []What
	for from := 0; from < len(rows); from += accountBatch {
		whats, err := compareAccounts(ctx, r.r, rows[from:min(from+accountBatch, len(rows))])
		if err != nil {
			return nil, err
		}
		out = append(out, whats...)
	}
	return out, nil
}

// compareAccounts tells of each row whether it is new, or differs from what is stored.
func compareAccounts(ctx context.Context, q sqlx.QueryerContext, batch []PersonAccount) ([]What, error) {
	type key struct{ person, company, id string }
	keys := make([]any, 0, 3*len(batch))
	for _, a := range batch {
		keys = append(keys, a.PersonID, a.Company, a.ID)
	}
	var stored []PersonAccount
	if err := sqlx.SelectContext(ctx, q, &stored,
		`SELECT `+accountColumns+` FROM accounts WHERE (person_id, company, id) IN (VALUES `+
			tuples("(?, ?, ?)", len(batch))+`)`, keys...); err != nil {
		return nil, err
	}
	have := make(map[key]PersonAccount, len(stored))
	for _, a := range stored {
		have[key{a.PersonID, a.Company, a.ID}] = a
	}
	whats := make([]What, len(batch))
	for i, a := range batch {
		switch old, known := have[key{a.PersonID, a.Company, a.ID}]; {
		case old == a:
			whats[i] = Unchanged
		case known:
			whats[i] = Changed
		default:
			whats[i] = Added
		}
	}
	return whats, nil
}

// putAccounts writes the rows that differ from what is stored, and tells which did.
func (t *tx) putAccounts(ctx context.Context, batch []PersonAccount) ([]What, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	whats, err := compareAccounts(ctx, t, batch)
	if err != nil {
		return nil, err
	}
	erased, err := erasedOf(ctx, t, batch)
	if err != nil {
		return nil, err
	}
	var values []any
	differ := 0
	for i, a := range batch {
		if erased[a.PersonID] {
			whats[i] = Faulty
			continue
		}
		if whats[i] == Unchanged {
			continue
		}
		differ++
		values = append(values, a.PersonID, a.Company, a.ID, a.Kind, a.Name, a.Scheme, a.Identification,
			a.SecondaryIdentification,
			a.ISPB, a.Issuer, a.Number, a.AccountType, a.Currency, a.Balance, a.Unpayable, a.Joint)
	}
	if differ == 0 {
		return whats, nil
	}
	return whats, t.exec(ctx, `INSERT INTO accounts (`+accountColumns+`) VALUES `+
		tuples("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", differ)+`
		ON CONFLICT (person_id, company, id) DO UPDATE
		SET kind = excluded.kind, name = excluded.name, scheme = excluded.scheme,
		identification = excluded.identification, secondary_identification = excluded.secondary_identification,
		ispb = excluded.ispb, issuer = excluded.issuer, number = excluded.number, account_type = excluded.account_type,
		currency = excluded.currency, balance = excluded.balance, unpayable = excluded.unpayable,
		joint = excluded.joint`, values...)
}

// erasedOf tells whose accounts these are that was erased since they were looked up.
func erasedOf(ctx context.Context, t *tx, batch []PersonAccount) (map[string]bool, error) {
	ids := make([]string, len(batch))
	for i, a := range batch {
		ids[i] = a.PersonID
	}
	var gone []string
	err := selectJSON(ctx, t, &gone,
		`SELECT p.id FROM json_each(?) j CROSS JOIN persons p ON p.id = j.value WHERE p.erased_at <> 0`, ids)
	erased := map[string]bool{}
	for _, id := range gone {
		erased[id] = true
	}
	return erased, err
}

func tuples(one string, n int) string { return strings.TrimSuffix(strings.Repeat(one+", ", n), ", ") }

// accountsRead are an account's columns as it is read: one of the person's own
// that somebody else holds too is joint, whatever the bank says.
const accountsRead = `a.company, a.id, a.kind, a.name, a.scheme, a.identification, a.secondary_identification,
	a.ispb, a.issuer, a.number, a.account_type, a.currency, a.balance, a.unpayable,
	a.joint OR (a.company = '' AND EXISTS (SELECT 1 FROM accounts o
		WHERE o.id = a.id AND o.company = '' AND o.person_id <> a.person_id)) AS joint`

// Accounts gives all accounts and cards of a person and of the companies that
// they act for: their own first, by name.
func (r *Reader) Accounts(ctx context.Context, personID string) ([]app.Account, error) {
	var out []app.Account
	err := r.r.SelectContext(ctx, &out, `SELECT `+accountsRead+` FROM accounts a
		WHERE a.person_id = ? AND (a.company = '' OR EXISTS (SELECT 1 FROM companies c
			WHERE c.person_id = a.person_id AND c.cnpj = a.company))
		ORDER BY a.company, a.name, a.id`, personID)
	return out, err
}

// AccountsOf gives the accounts and cards that a person may share and pay from
// for a company, by name: those of the company alone, and none where the person
// doesn't act for it. An empty company is the person themselves.
func (r *Reader) AccountsOf(ctx context.Context, personID, company string) ([]app.Account, error) {
	var out []app.Account
	err := r.r.SelectContext(ctx, &out, `SELECT `+accountsRead+` FROM accounts a
		WHERE a.person_id = ?1 AND a.company = ?2 AND (a.company = '' OR EXISTS (SELECT 1 FROM companies c
			WHERE c.person_id = a.person_id AND c.cnpj = a.company))
		ORDER BY a.name, a.id`, personID, company)
	return out, err
}
