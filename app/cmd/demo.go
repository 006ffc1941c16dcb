package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"assent/app"
	"assent/app/accounts"
	"assent/app/admin"
	"assent/app/config"
	"assent/app/outbound"
	"assent/store"
	adminweb "assent/web/admin"
	"assent/web/emulator"
)

// demoPeople are there to play with. The last has no phone, and never gets one
// by accident: asking for them shows what ACP answers then.
var demoPeople = []struct {
	name, id, note  string
	more, companies []string
}{
	{"Ada Quill", "ada.quill", "joiner in Leeds", []string{"ada@quill.example", "+44 20 7946 0018"}, nil},
	{"Bruno Reis", "bruno.reis", "em São Paulo", []string{"bruno@reis.example", "cpf:123.456.789-09"},
		[]string{"12.345.678/0001-95"}},
	{"Carol Nolan", "carol.nolan", "has no phone set up", nil, nil},
}

// demoAccounts are the bank's directory, as assent account import reads it.
const demoAccounts = `person,id,kind,name,scheme,identification,ispb,issuer,number,account_type,currency,balance,payable,company,joint
ada.quill,acc-ada-current,account,Current account,UK.OBIE.SortCodeAccountNumber,20451411223344,,,,,GBP,2310.55,yes,,
ada.quill,acc-ada-joint,account,Household,UK.OBIE.SortCodeAccountNumber,20451477001122,,,,,GBP,640.00,yes,,yes
ada.quill,acc-ada-savings,account,Savings,UK.OBIE.SortCodeAccountNumber,20451455667788,,,,,GBP,12000.00,Savings accounts can't pay,,
ada.quill,acc-ada-card,card,Credit card,UK.OBIE.PAN,************4417,,,,,GBP,,A card can't pay,,
bruno.reis,acc-bruno-corrente,account,Conta corrente,,,12345678,0001,1234567890,CACC,BRL,4820.10,yes,,
bruno.reis,acc-bruno-poupanca,account,Poupança,,,12345678,0001,9876543210,SVGS,BRL,900.00,yes,,
bruno.reis,acc-bruno-cartao,card,Cartão de crédito,UK.OBIE.PAN,************0071,,,,,BRL,,O cartão não paga Pix,,
bruno.reis,acc-oficina-corrente,account,Oficina: conta corrente,,,12345678,0001,5550001112,CACC,BRL,38410.00,yes,12.345.678/0001-95,
bruno.reis,acc-oficina-reserva,account,Oficina: reserva,,,12345678,0001,5550002223,SVGS,BRL,15000.00,A reserva não paga Pix,12.345.678/0001-95,
`

// demo runs the product beside the ACP stand-in, each on its listener.
type demo struct {
	site     *site
	emulator *emulator.Emulator
	server   *http.Server
	listener net.Listener
	links    []string // one for each person to enrol
	owner    string   // the link that sets up the console's owner; empty once there is one
}

// openDemo builds both on listeners that are bound already. cfg says where the
// data lives and how to log; the rest the demo sets itself.
func openDemo(ctx context.Context, cfg config.Config, product, acp net.Listener, o siteOptions,
	log *slog.Logger) (*demo, error) {
	acpURL := localhost(acp)
	public, err := url.Parse(localhost(product))
	if err != nil {
		return nil, err
	}
	password, secret := app.NewToken(), app.NewToken()
	d := &demo{listener: acp}
	var people []emulator.Person
	for _, p := range demoPeople {
		people = append(people, emulator.Person{Name: p.name, Hint: p.id, Note: p.note})
	}
	d.emulator, err = emulator.New(emulator.Options{
		URL: acpURL, Tenant: "demo", Workspace: "shop", People: people, Log: log.With("part", "emulator"),
		Service: emulator.Service{URL: public.String(), Username: "acp", Password: password},
		Client:  emulator.Client{ID: "assent", Secret: secret},
		HTTP:    outbound.New(outbound.Options{}),
	})
	if err != nil {
		return nil, err
	}
	cfg.PublicURL, cfg.Admin = public, config.Console{URL: public}
	cfg.Institution = "Northmoor"
	cfg.TrustedProxies = nil
	cfg.InviteTTL, cfg.RequestTTL = 24*time.Hour, 2*time.Minute
	cfg.Connections = []config.Connection{{
		Name:         "demo",
		Issuer:       d.emulator.Issuer(),
		ClientID:     "assent",
		ClientSecret: config.Secret(secret),
		AuthMethod:   "client_secret_basic",
		Credentials:  []config.Credential{{Username: "acp", Password: config.Secret(password)}},
	}}
	o.purpose, o.listeners = store.Demo, listeners{public: product}
	o.given = o.given.InDemo(map[string]string{
		"listen":      product.Addr().String(),
		"public-url":  public.String(),
		"data-dir":    cfg.DataDir,
		"institution": cfg.Institution,
		"invite-ttl":  cfg.InviteTTL.String(), "request-ttl": cfg.RequestTTL.String(),
		"acp-issuer":        d.emulator.Issuer(),
		"acp-client-id":     "assent",
		"acp-client-secret": "",
		"api-username":      "acp",
		"api-password":      "",
	})
	if d.site, err = openSite(ctx, cfg, o, log); err != nil {
		return nil, err
	}
	d.server = &http.Server{
		Handler:           d.emulator.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	if err := d.populate(ctx); err != nil {
		return nil, errors.Join(err, d.site.close())
	}
	return d, nil
}

// localhost names a listener as browsers must see it: 127.0.0.1 is no RP id.
func localhost(l net.Listener) string {
	return fmt.Sprintf("http://localhost:%d", l.Addr().(*net.TCPAddr).Port)
}

// populate adds the people that aren't there yet, and makes a link for each
// who is to have a device and has none.
func (d *demo) populate(ctx context.Context) error {
	for i, p := range demoPeople {
		_, err := d.site.people.Named(ctx, "username:"+p.id)
		if errors.Is(err, app.ErrUnknownPerson) {
			_, err = d.site.people.Add(ctx, operator(), p.name, append([]string{"username:" + p.id}, p.more...),
				p.companies)
		}
		if err != nil {
			return err
		}
		if i == len(demoPeople)-1 {
			break
		}
		_, token, err := d.site.people.Invite(ctx, operator(), "username:"+p.id, d.site.cfg.InviteTTL)
		if err != nil {
			return err
		}
		d.links = append(d.links, inviteLink(d.site.cfg.PublicURL, token))
	}
	if err := d.appointOwner(ctx); err != nil {
		return err
	}
	im := accounts.Importer{Store: d.site.store, Named: d.site.people.Named, Dir: d.site.cfg.DataDir}
	_, err := im.Import(ctx, operator(), strings.NewReader(demoAccounts))
	return err
}

// demoOwner is the demo's administrator.
const demoOwner = "owner@northmoor.example"

// appointOwner adds the console's owner, or makes a new link for one who never
// used it.
func (d *demo) appointOwner(ctx context.Context) error {
	registry := admin.Registry{Store: d.site.store}
	var made admin.Invited
	a, err := registry.Named(ctx, demoOwner)
	switch {
	case errors.Is(err, app.ErrUnknownAdmin):
		made, err = registry.Add(ctx, operator(), demoOwner, "Olive Owen", app.RoleOwner)
	case err == nil:
		var ready bool
		if ready, err = d.site.store.AdminReady(ctx, a.ID); err != nil || ready {
			return err
		}
		made, err = registry.Link(ctx, operator(), a.ID)
	}
	if err == nil {
		d.owner = adminweb.SetUpURL(d.site.cfg.PublicURL, made.Token)
	}
	return err
}

// greet says what to open.
func (d *demo) greet(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b,
		"Assent, beside a pretend ACP. Nothing leaves this machine but push notices, if you allow them.\n\n")
	fmt.Fprintf(&b, "  1. Set up a phone   %s\n", d.links[0])
	fmt.Fprintf(&b, "                      (as %s; as %s: %s)\n", demoPeople[0].name, demoPeople[1].name, d.links[1])
	fmt.Fprintf(&b, "  2. Ask for something   %s\n", d.emulator.URL())
	fmt.Fprintf(&b, "  3. Answer it   %s\n", d.site.cfg.PublicURL)
	if d.owner != "" {
		fmt.Fprintf(&b, "  4. Run it, as %s   %s\n\n", demoOwner, d.owner)
	} else {
		fmt.Fprintf(&b, "  4. Run it, as %s   %s/admin\n\n", demoOwner, d.site.cfg.PublicURL)
	}
	fmt.Fprintf(&b,
		"A new installation begins with policies against fraud (Settings, Protection). The demo begins without: try each there.\n\n")
	fmt.Fprintf(&b,
		"The links work by themselves here. In service each needs a code beside it, which a colleague makes.\n\n")
	fmt.Fprintf(&b, "No passkeys on this machine? In Chromium, open the developer tools on the tab of step 1, then\n")
	fmt.Fprintf(&b,
		"More tools > WebAuthn > Enable virtual authenticator environment > Add (ctap2, internal, with resident\n")
	fmt.Fprintf(&b, "keys and user verification). It gives a passkey to this tab while the tools stay open.\n\n")
	fmt.Fprintf(&b, "Ctrl+C ends it.\n\n")
	io.WriteString(w, b.String())
}

// run serves both until ctx ends.
func (d *demo) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	base, cancelStreams := context.WithCancel(context.WithoutCancel(ctx))
	defer cancelStreams()
	d.server.BaseContext = func(net.Listener) context.Context { return base }
	g.Go(func() error { return d.site.run(ctx) })
	g.Go(func() error { return d.emulator.Run(ctx) })
	g.Go(func() error {
		if err := d.server.Serve(d.listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	g.Go(func() error {
		<-ctx.Done()
		cancelStreams() // ends the event streams of open pages
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		return d.server.Shutdown(end)
	})
	return g.Wait()
}

func (d *demo) close() error { return d.site.close() }
