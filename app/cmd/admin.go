package cmd

import (
	"context"
	"fmt"
	"net/url"
	"text/tabwriter"

	"assent/app"
	"assent/app/admin"
	"assent/app/config"
	"assent/app/people"
	"assent/store"
	adminweb "assent/web/admin"
)

type adminCommands struct {
	Add  adminAddCommand  `cmd:"" help:"Add an administrator and print the one-time link to set up their passkey."`
	Link adminLinkCommand `cmd:"" help:"Print a new set-up link, for a lost passkey: using it ends the old one and all their sessions."`
	List adminListCommand `cmd:"" help:"List the administrators."`
}

type adminAddCommand struct {
	Email string        `arg:"" help:"Their email address."`
	Role  app.AdminRole `required:"" enum:"owner,operator,helpdesk,auditor" placeholder:"ROLE" help:"owner, operator, helpdesk or auditor."`
	Name  string        `placeholder:"NAME" help:"Their name; without one the address."`
}

// Run implements the command. The link alone goes to stdout.
func (c adminAddCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	return withAdmins(ctx, s, func(r admin.Registry, console *url.URL) error {
		added, err := r.Add(ctx, app.Operator, c.Email, c.Name, c.Role)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.Stdout, adminweb.SetUpURL(console, added.Token))
		return err
	})
}

type adminLinkCommand struct {
	Email string `arg:"" help:"Their email address."`
}

// Run implements the command. The link alone goes to stdout.
func (c adminLinkCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	return withAdmins(ctx, s, func(r admin.Registry, console *url.URL) error {
		a, err := r.Named(ctx, c.Email)
		if err != nil {
			return err
		}
		made, err := r.Link(ctx, app.Operator, a.ID)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.Stdout, adminweb.SetUpURL(console, made.Token))
		return err
	})
}

type adminListCommand struct{}

// Run implements the command.
func (adminListCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	return withAdmins(ctx, s, func(r admin.Registry, _ *url.URL) error {
		rows, err := r.Store.Admins(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "EMAIL\tNAME\tROLE\tSTATE\tPASSKEY\tLINK UNTIL")
		for _, row := range rows {
			passkey, until := "no", "-"
			if row.Passkeys > 0 {
				passkey = "yes"
			}
			if row.LinkUntil != 0 {
				until = row.LinkUntil.Time().Format("2006-01-02 15:04Z")
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", row.Email, row.Name, row.Role, row.State, passkey, until)
		}
		return w.Flush()
	})
}

// withAdmins opens the database for a command that works beside a running service.
func withAdmins(ctx context.Context, s *config.Settings, do func(admin.Registry, *url.URL) error) error {
	cfg, err := s.Invite()
	if err != nil {
		return err
	}
	return withPeople(ctx, cfg.DataDir, func(st *store.Store, _ *people.Service) error {
		return do(admin.Registry{Store: st}, cfg.Admin.URL)
	})
}
