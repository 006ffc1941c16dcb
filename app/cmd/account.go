package cmd

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"assent/app"
	"assent/app/accounts"
	"assent/app/config"
	"assent/app/people"
	"assent/store"
)

type accountCommands struct {
	Import accountImportCommand `cmd:"" help:"Bring the directory of accounts to what a CSV file says."`
	List   accountListCommand   `cmd:"" help:"List the accounts and cards of a person and of the companies that they act for, as the service sees them."`
}

type accountImportCommand struct {
	File string `arg:"" help:"CSV in UTF-8; its first line names the columns: person, id, kind, name and payable, and any of scheme, identification, secondary_identification, ispb, issuer, number, account_type, currency, balance, company, joint. - reads standard input."`
}

// Run implements the command. What was done goes to stderr.
func (c accountImportCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Store()
	if err != nil {
		return err
	}
	in, err := p.input(c.File)
	if err != nil {
		return err
	}
	defer in.Close()
	return withPeople(ctx, cfg, func(st *store.Store, svc *people.Service) error {
		im := accounts.Importer{Store: st, Named: svc.Named, Dir: cfg.DataDir}
		done, err := im.Import(ctx, operator(), in)
		if err != nil {
			return err
		}
		said := fmt.Sprintf("%d added, %d changed, %d unchanged", done.Added, done.Changed, done.Unchanged)
		if done.Added+done.Changed == 0 {
			said += ": nothing had to be changed"
		}
		_, err = fmt.Fprintln(p.Stderr, said)
		return err
	})
}

type accountListCommand struct {
	Person string `arg:"" help:"Any identifier of the person, as ACP would call them or as KIND:VALUE."`
}

// Run implements the command. It asks where the service asks, so that an
// endpoint can be tried before somebody needs it.
func (c accountListCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.AccountList()
	if err != nil {
		return err
	}
	return withPeople(ctx, cfg, func(st *store.Store, svc *people.Service) error {
		who, err := svc.Named(ctx, c.Person)
		if err != nil {
			return err
		}
		if err := st.Look(ctx, operator(), store.Looked{Kind: store.LookAccounts, PersonID: who.ID}); err != nil {
			return err
		}
		source, err := accountSource(cfg, st.Reader, logger(io.Discard, cfg)) // the error says all of it
		if err != nil {
			return err
		}
		companies, err := st.Companies(ctx, who.ID)
		if err != nil {
			return err
		}
		var list []app.Account
		for _, company := range append([]string{""}, companies...) {
			of, err := source.Accounts(ctx, who, company)
			if err != nil {
				return err
			}
			list = append(list, of...)
		}
		w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tKIND\tID\tCOMPANY\tIDENTIFICATION\tTYPE\tBALANCE\tJOINT\tPAYABLE")
		for _, a := range list {
			joint := "no"
			if a.Joint {
				joint = "yes"
			}
			fmt.Fprintln(w, strings.Join([]string{
				a.Name,
				string(a.Kind),
				a.ID,
				cmp.Or(a.Company, "-"),
				identified(a.AccountRef),
				cmp.Or(a.AccountType, "-"),
				cmp.Or(strings.TrimSpace(a.Currency+" "+a.Balance), "-"),
				joint,
				cmp.Or(a.Unpayable, "yes"),
			}, "\t"))
		}
		return w.Flush()
	})
}

// identified is what tells an account from others, in one column.
func identified(r app.AccountRef) string {
	parts := []string{r.Scheme, r.Identification, r.SecondaryIdentification, r.ISPB, r.Issuer, r.Number}
	var have []string
	for _, s := range parts {
		if s != "" {
			have = append(have, s)
		}
	}
	return strings.Join(have, " ")
}

// accountSource is where people's accounts come from: the bank's endpoint
// behind a cache, or the directory in the store.
func accountSource(cfg config.Config, r *store.Reader, log *slog.Logger) (accounts.Source, error) {
	c := cfg.Accounts
	if c.URL == "" {
		return accounts.Directory{Reader: r}, nil
	}
	t, err := clientTLS(c.CAFile, c.CertFile, c.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("the accounts' endpoint: %w", err)
	}
	source, err := accounts.NewHTTP(accounts.HTTPConfig{
		URL:       c.URL,
		Method:    c.Method,
		ID:        app.IdentifierKind(c.ID),
		Token:     c.Token.Reveal(),
		TLS:       t,
		Proxy:     http.ProxyFromEnvironment,
		Reader:    r,
		Log:       log,
		UserAgent: "Assent/" + Version,
	})
	if err != nil {
		return nil, err
	}
	return accounts.NewCache(source, time.Now), nil
}

// clientTLS is what we need to call another system: the authorities that its
// certificate must come from, the system's where none are named, and the
// certificate that we present, if any.
func clientTLS(caFile, certFile, keyFile string) (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			return nil, err
		}
		t.RootCAs = x509.NewCertPool()
		if !t.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate", caFile)
		}
	}
	if certFile != "" {
		cert, err := tls.LoadX509KeyPair(certFile, keyFile)
		if err != nil {
			return nil, err
		}
		t.Certificates = []tls.Certificate{cert}
	}
	return t, nil
}
