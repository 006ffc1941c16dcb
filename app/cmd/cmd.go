// Package cmd is the command line of Assent and the wiring of its parts.
package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	_ "time/tzdata" // people's time zones, on machines that have none

	"github.com/alecthomas/kong"

	"assent/app"
	"assent/app/admin"
	"assent/app/config"
	"assent/app/people"
	"assent/store"
	adminweb "assent/web/admin"
)

// Version is set at build time.
var Version = "dev"

// Process is what a command has of its process.
type Process struct {
	Args   []string // without the program's name
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// input opens a file that a command reads; - is standard input.
func (p Process) input(name string) (io.ReadCloser, error) {
	switch {
	case name != "-":
		return os.Open(name)
	case p.Stdin == nil:
		return nil, errors.New("there is no standard input to read")
	}
	return io.NopCloser(p.Stdin), nil
}

type commandLine struct {
	config.Settings

	Serve       serveCommand       `cmd:"" help:"Run the service."`
	Demo        demoCommand        `cmd:"" help:"Run the product beside a pretend ACP, with people to play with."`
	User        userCommands       `cmd:"" help:"Add people, invite them to set up a device, list them."`
	Admin       adminCommands      `cmd:"" help:"Add administrators of the console, list them, give them a new set-up link."`
	Account     accountCommands    `cmd:"" help:"Import the accounts that people share and pay from, list them."`
	Receipt     receiptCommands    `cmd:"" help:"Export the proof of an approval, verify one."`
	Audit       auditCommands      `cmd:"" help:"Verify and export the record of what was done, and by whom."`
	ACP         acpCommands        `cmd:"" name:"acp" help:"Try out the connections to ACP."`
	Healthcheck healthcheckCommand `cmd:"" help:"Ask the running service whether it is ready."`
	Version     versionCommand     `cmd:"" help:"Print the version."`
}

type userCommands struct {
	Add    addCommand    `cmd:"" help:"Add a person."`
	Invite inviteCommand `cmd:"" help:"Print a one-time link with which a person sets up a device."`
	Code   codeCommand   `cmd:"" help:"Print an activation code to read to a person who has their link open."`
	List   listCommand   `cmd:"" help:"List people."`
	Clear  clearCommand  `cmd:"" help:"Let requests reach a person again whose report paused them."`

	Import userImportCommand `cmd:"" help:"Bring people to what a CSV file says."`
	Export userExportCommand `cmd:"" help:"Write everybody as CSV that can be imported."`
}

// Options are the settings' options, and the values that the commands' tags name.
func (c *commandLine) Options() []kong.Option {
	var roles []string
	for _, r := range app.AdminRoles {
		roles = append(roles, string(r))
	}
	last := len(roles) - 1
	return append(c.Settings.Options(), kong.Vars{
		"roles":     strings.Join(roles, ","),
		"role_list": strings.Join(roles[:last], ", ") + " or " + roles[last],
	})
}

// exit stops kong after --help, without os.Exit.
type exit int

// Run parses the command line and runs the command until it is done or ctx ends.
func Run(ctx context.Context, p Process) (err error) {
	var c commandLine
	parser, err := kong.New(&c, append(c.Options(),
		kong.Name("assent"),
		kong.Description("Asks people, on their phones, whether they agree: the CIBA authentication service for Cloudentity ACP."),
		kong.Writers(p.Stdout, p.Stderr), kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}), kong.ValueFormatter(describeValue), kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(p, &c.Settings),
	)...)
	if err != nil {
		return err
	}
	defer func() {
		if code, ok := recover().(exit); ok {
			err = nil
			if code != 0 {
				err = fmt.Errorf("exit %d", code)
			}
		}
	}()
	k, err := parser.Parse(p.Args)
	if err != nil {
		return err
	}
	c.Trace(k)
	return k.Run()
}

// describeValue adds a flag's default to its help.
func describeValue(v *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(v)
	if v.HasDefault && v.Default != "" {
		help += " Default: " + v.Default + "."
	}
	return help
}

func logger(w io.Writer, c config.Config) *slog.Logger {
	o := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

type serveCommand struct {
	AcceptNewAdminRP bool `name:"accept-new-admin-rp" help:"Once, where the console moved to an address for which administrators' passkeys weren't made: end those, and print a new set-up link for each administrator."`
}

// Run implements the command.
func (c serveCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Serve()
	if err != nil {
		return err
	}
	log := logger(p.Stderr, cfg)
	lock, err := store.LockDir(cfg.DataDir)
	if err != nil {
		return err
	}
	defer lock.Unlock() // the kernel would, when the process ends
	bound, err := listen(cfg)
	if err != nil {
		return err
	}
	o := siteOptions{purpose: store.Service, lock: lock, listeners: bound, version: Version, given: s.Given()}
	if c.AcceptNewAdminRP {
		o.moveAdmins = func(made []admin.Invited) (err error) {
			tellMoved(p.Stderr, cfg.Admin.URL, made)
			for _, one := range made {
				_, e := fmt.Fprintf(p.Stdout, "%s\t%s\n", one.Admin.Email, adminweb.SetUpURL(cfg.Admin.URL, one.Token))
				err = errors.Join(err, e)
			}
			return err
		}
	}
	site, err := openSite(ctx, cfg, o, log)
	if err != nil {
		return errors.Join(err, bound.close())
	}
	log.InfoContext(ctx, "serving", "listen", bound.public.Addr().String(), "public", cfg.PublicURL.String(), "console",
		cfg.Admin.URL.String(), "version", Version, "connections", len(cfg.Connections))
	if cfg.LinkAlone() {
		log.WarnContext(ctx,
			"ASSENT_ACTIVATION_CODE is false: whoever holds an invitation link can set up a device as the person it is for; set it to true")
	}
	err = site.run(ctx)
	log.InfoContext(ctx, "stopped", "err", err)
	return errors.Join(err, site.close())
}

// tellMoved says what to do with the set-up links that take the place of
// administrators' passkeys. None of them stands in it.
func tellMoved(w io.Writer, console *url.URL, made []admin.Invited) {
	fmt.Fprintf(w, "\nAdministrators' passkeys have ended: the console is at %s now. Each line on standard output\n"+
		"is an administrator and their new set-up link. Pass each on by a way that you trust.\n", console)
	if len(made) > 0 {
		fmt.Fprintf(w, "A link works once, until %s. Its page shows three words; with those run:\n",
			made[0].Ends.Time().Local().Format("2006-01-02 15:04 MST"))
	}
	for _, one := range made {
		fmt.Fprintf(w, "  assent admin code %s --words \"...\"\n", one.Admin.Email)
	}
	fmt.Fprint(w, "and read the code that it prints to them; never send it the way the link went. The service\n"+
		"keeps running meanwhile. A link that was lost: assent admin link EMAIL. From the next start on\n"+
		"leave --accept-new-admin-rp out.\n\n")
}

type demoCommand struct {
	DemoDir     string `default:"./.demo" placeholder:"DIR" help:"Folder of the demo's database."`
	DemoPort    int    `default:"8080" help:"Port of the product."`
	PretendPort int    `default:"8090" help:"Port of the pretend ACP and its till."`
}

// Run implements the command.
func (c demoCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Demo()
	if err != nil {
		return err
	}
	cfg.DataDir = c.DemoDir
	cfg.LogLevel = max(cfg.LogLevel, slog.LevelWarn)
	if s.LogLevel == "debug" {
		cfg.LogLevel = slog.LevelDebug
	}
	log := logger(p.Stderr, cfg)
	lock, err := store.LockDir(cfg.DataDir)
	if err != nil {
		return err
	}
	defer lock.Unlock()
	product, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", c.DemoPort))
	if err != nil {
		return fmt.Errorf("the product's port: %w (another may be chosen with --demo-port)", err)
	}
	pretend, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", c.PretendPort))
	if err != nil {
		return errors.Join(fmt.Errorf("the pretend ACP's port: %w (another may be chosen with --pretend-port)", err),
			product.Close())
	}
	d, err := openDemo(ctx, cfg, product, pretend, siteOptions{lock: lock, version: Version, given: s.Given()}, log)
	if err != nil {
		return errors.Join(err, product.Close(), pretend.Close())
	}
	d.greet(p.Stdout)
	return errors.Join(d.run(ctx), d.close())
}

// withPeople opens the database for a command that works beside a running service.
func withPeople(ctx context.Context, cfg config.Config, do func(*store.Store, *people.Service) error) error {
	st, err := store.Open(ctx, store.Options{Dir: cfg.DataDir, IdentifierWait: cfg.IdentifierWait})
	if err != nil {
		return err
	}
	return errors.Join(do(st, people.New(st)), st.Close())
}

type addCommand struct {
	Name    string   `required:"" help:"The person's name, as they are shown it."`
	ID      []string `name:"id" required:"" sep:"none" placeholder:"[KIND:]VALUE" help:"A name by which ACP may call them. KIND is username, email, phone, subject, cpf or customer; without one a value with @ is an email, + and digits a phone, anything else a user name."`
	Company []string `sep:"none" placeholder:"CNPJ" help:"A company that they may act for."`
	Move    bool     `help:"Give them also what was another person's until lately: both are told, and until the waiting time is over it names nobody."`
}

// Run implements the command.
func (c addCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Store()
	if err != nil {
		return err
	}
	return withPeople(ctx, cfg, func(_ *store.Store, svc *people.Service) error {
		var allow []store.Allow
		if c.Move {
			allow = append(allow, store.AllowMove)
		}
		who, err := svc.Add(ctx, operator(), c.Name, c.ID, c.Company, allow...)
		if errors.Is(err, app.ErrIdentifierMoves) {
			return fmt.Errorf("%w: be sure whose it is; with --move it is given, both people are told, and it names nobody for %s",
				err, cfg.IdentifierWait)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.Stdout, who.ID)
		return err
	})
}

type listCommand struct{}

// Run implements the command.
func (listCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Store()
	if err != nil {
		return err
	}
	return withPeople(ctx, cfg, func(st *store.Store, _ *people.Service) error {
		if err := st.Look(ctx, operator(), store.Looked{Kind: store.LookList, List: "people"}); err != nil {
			return err
		}
		w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NAME\tSTATE\tDEVICES\tIDENTIFIERS")
		var after store.PersonRow
		for {
			rows, err := st.People(ctx, after.Name, after.ID, 500)
			if err != nil {
				return err
			}
			for _, row := range rows {
				ids, err := st.HeldIdentifiers(ctx, row.ID)
				if err != nil {
					return err
				}
				var names []string
				for _, id := range ids {
					names = append(names, string(id.Kind)+":"+id.Value)
				}
				fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", row.Name, row.State, row.Devices, strings.Join(names, " "))
			}
			if len(rows) < 500 {
				return w.Flush()
			}
			after = rows[len(rows)-1]
		}
	})
}

type healthcheckCommand struct{}

// Run implements the command.
func (healthcheckCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Health()
	if err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	client, scheme := &http.Client{Timeout: 5 * time.Second}, "http"
	if cfg.TLSCert != "" {
		scheme = "https"
		// It asks this very machine, whose certificate is for another name.
		client.Transport = insecureTransport()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet,
		scheme+"://"+net.JoinHostPort(cmp.Or(host, "127.0.0.1"), port)+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: the service answers %d", res.StatusCode)
	}
	_, err = fmt.Fprintln(p.Stdout, "ready")
	return err
}

type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run(p Process) error {
	_, err := fmt.Fprintln(p.Stdout, Version)
	return err
}
