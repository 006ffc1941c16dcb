package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"text/tabwriter"

	"assent/app"
	"assent/app/admin"
	"assent/app/config"
	"assent/app/people"
	"assent/app/settings"
	"assent/store"
	adminweb "assent/web/admin"
)

type adminCommands struct {
	Add  adminAddCommand  `cmd:"" help:"Add an administrator and print the one-time link to set up their passkey."`
	Link adminLinkCommand `cmd:"" help:"Print a new set-up link, for a lost passkey: using it ends the old one and all their sessions."`
	Code adminCodeCommand `cmd:"" help:"Print the activation code of a set-up link, to read to the administrator who has it open."`
	List adminListCommand `cmd:"" help:"List the administrators."`

	FourEyes adminFourEyesCommand `cmd:"" name:"four-eyes" help:"Switch four eyes off where no second administrator is left to confirm it. The overview says so for 30 days."`
}

type adminAddCommand struct {
	Email string        `arg:"" help:"Their email address."`
	Role  app.AdminRole `required:"" enum:"${roles}" placeholder:"ROLE" help:"${role_list}."`
	Name  string        `placeholder:"NAME" help:"Their name; without one the address."`
}

// Run implements the command. The link alone goes to stdout; that it needs a
// code goes to stderr.
func (c adminAddCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	return withAdmins(ctx, s, func(r admin.Registry, console *url.URL) error {
		added, err := r.Add(ctx, operator(), c.Email, c.Name, c.Role)
		if err != nil {
			return err
		}
		return printSetUpLink(p, console, added)
	})
}

func printSetUpLink(p Process, console *url.URL, in admin.Invited) error {
	fmt.Fprintf(p.Stderr, "Its page shows three words. With these: assent admin code %s --words \"...\"\n",
		in.Admin.Email)
	_, err := fmt.Fprintln(p.Stdout, adminweb.SetUpURL(console, in.Token))
	return err
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
		made, err := r.Link(ctx, operator(), a.ID)
		if err != nil {
			return err
		}
		return printSetUpLink(p, console, made)
	})
}

type adminCodeCommand struct {
	Email string `arg:"" help:"Their email address."`
	Words string `required:"" placeholder:"\"W W W\"" help:"The three words that the page of their link shows: the code works in that browser alone."`
}

// Run implements the command. The code alone goes to stdout.
func (c adminCodeCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	return withAdmins(ctx, s, func(r admin.Registry, _ *url.URL) error {
		a, err := r.Named(ctx, c.Email)
		if err != nil {
			return err
		}
		digits, ends, err := r.Code(ctx, operator(), a.ID, c.Words)
		if errors.Is(err, app.ErrNoInvitation) {
			return fmt.Errorf("%s has no open link that a code could activate; make one with: assent admin link %s",
				a.Email, a.Email)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(p.Stderr, "For %s, until %s; %d tries. Read it to them; never send it the way the link went.\n",
			a.Email, ends.Time().Local().Format("15:04:05 MST"), app.ActivationCodeTries)
		_, err = fmt.Fprintln(p.Stdout, app.SpaceActivationCode(digits))
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

type adminFourEyesCommand struct {
	To string `arg:"" enum:"off" help:"off: no action waits for a second administrator any more."`
}

// Run implements the command.
func (c adminFourEyesCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	if len(s.FourEyes) > 0 {
		return errors.New("ASSENT_FOUR_EYES is set: take it away where the service is started, and restart it")
	}
	return withAdmins(ctx, s, func(r admin.Registry, _ *url.URL) error {
		if err := settings.SwitchFourEyesOff(ctx, r.Store, operator()); err != nil {
			return err
		}
		_, err := fmt.Fprintln(p.Stdout,
			"Four eyes is off: nothing waits for a second administrator. What waits already can still be confirmed or refused.")
		return err
	})
}

// withAdmins opens the database for a command that works beside a running service.
func withAdmins(ctx context.Context, s *config.Settings, do func(admin.Registry, *url.URL) error) error {
	cfg, err := s.Invite()
	if err != nil {
		return err
	}
	return withPeople(ctx, cfg, func(st *store.Store, _ *people.Service) error {
		return do(admin.Registry{Store: st}, cfg.Admin.URL)
	})
}
