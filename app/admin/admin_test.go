package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/apptest"
	"assent/app/passkey"
	"assent/store"
	"assent/store/storetest"
)

// world is the console over a real store.
type world struct {
	*storetest.DB
	svc      *admin.Service
	passkeys *passkey.Service
	registry admin.Registry
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := storetest.New(t)
	passkeys, err := passkey.New(t.Context(), db.Store, &url.URL{Scheme: "https", Host: "assent.example"}, "Northmoor")
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		DB:       db,
		svc:      admin.New(db.Store, passkeys, admin.Uses{}),
		passkeys: passkeys,
		registry: admin.Registry{Store: db.Store},
	}
}

// browser is somebody's browser with an authenticator that holds one passkey.
type browser struct {
	*world
	t       testing.TB
	who     app.Admin
	session app.AdminSession
	rp      virtualwebauthn.RelyingParty
	auth    virtualwebauthn.Authenticator
	cookie  string
	cred    virtualwebauthn.Credential
}

func (w *world) browser(t testing.TB) *browser {
	return &browser{
		world:  w,
		t:      t,
		rp:     virtualwebauthn.RelyingParty{Name: "Northmoor", ID: "assent.example", Origin: "https://assent.example"},
		auth:   virtualwebauthn.NewAuthenticator(),
		cred:   apptest.Passkey(),
		cookie: app.NewToken(),
	}
}

// add adds an administrator and gives the set-up token.
func (w *world) add(t testing.TB, email string, role app.AdminRole) admin.Invited {
	t.Helper()
	made, err := w.registry.Add(t.Context(), app.Operator, email, "", role)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// set sets a new administrator up.
func (w *world) set(t testing.TB, email string, role app.AdminRole) *browser {
	t.Helper()
	b := w.browser(t)
	if err := b.setUp(w.add(t, email, role).Token); err != nil {
		t.Fatal(err)
	}
	return b
}

func options(t testing.TB, p passkey.Prompt) string {
	t.Helper()
	b, err := json.Marshal(p.Options)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (b *browser) create(p passkey.Prompt) []byte {
	b.t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(options(b.t, p))
	if err != nil {
		b.t.Fatal(err)
	}
	b.auth.Options.UserHandle = []byte(o.UserID)
	return []byte(virtualwebauthn.CreateAttestationResponse(b.rp, b.auth, b.cred, *o))
}

func (b *browser) sign(p passkey.Prompt) []byte {
	b.t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(options(b.t, p))
	if err != nil {
		b.t.Fatal(err)
	}
	b.cred.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(b.rp, b.auth, b.cred, *o))
}

var place = admin.Browser{Name: "Firefox on Windows", Source: "192.0.2.7"}

// place is b's browser.
func (b *browser) place() admin.Browser {
	p := place
	p.Cookie = b.cookie
	return p
}

// activate has a code made by the command line for the words that b's page
// shows, and types it.
func (b *browser) activate(token string) error {
	b.t.Helper()
	ctx := b.t.Context()
	link, who, err := b.svc.Link(ctx, token)
	if err != nil {
		return err
	}
	digits, _, err := b.registry.Code(ctx, app.Operator, who.ID,
		strings.Join(b.svc.Words(link, b.place()).In("pt-BR"), " "))
	if err != nil {
		return err
	}
	_, err = b.svc.Activate(ctx, link, b.place(), digits)
	return err
}

func (b *browser) setUp(token string) error {
	b.t.Helper()
	ctx := b.t.Context()
	_, who, err := b.svc.Link(ctx, token)
	if err != nil {
		return err
	}
	if err := b.activate(token); err != nil {
		return err
	}
	prompt, err := b.svc.BeginSetUp(ctx, token, b.place())
	if err != nil {
		return err
	}
	b.who = who
	b.session, err = b.svc.FinishSetUp(ctx, token, prompt.Ceremony, b.create(prompt), b.place())
	return err
}

func (b *browser) signIn() error {
	b.t.Helper()
	prompt, err := b.svc.BeginSignIn(b.t.Context())
	if err != nil {
		return err
	}
	b.session, err = b.svc.FinishSignIn(b.t.Context(), prompt.Ceremony, b.sign(prompt), place)
	return err
}

func (b *browser) confirm() error {
	b.t.Helper()
	who := granted[may.UseConsole](b)
	prompt, err := b.svc.BeginConfirm(b.t.Context(), who)
	if err != nil {
		return err
	}
	return b.svc.FinishConfirm(b.t.Context(), who, prompt.Ceremony, b.sign(prompt))
}

// identity is who b is signed in as now.
func (b *browser) identity() admin.Identity {
	b.t.Helper()
	id, err := admin.Check(b.t.Context(), b.Reader, b.session.ID)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// granted admits who b is signed in as now, as the guard of the console does.
func granted[P may.Permission](b *browser) admin.Grant[P] {
	b.t.Helper()
	g, err := admin.Admit[P](b.t.Context(), b.svc, b.identity())
	if err != nil {
		b.t.Fatal(err)
	}
	return g
}

// confirmed admits who to what wants the passkey, as the guard does.
func confirmed[P may.Dangerous](ctx context.Context, s *admin.Service, who admin.Identity) (admin.Fresh[P], error) {
	g, err := admin.Admit[P](ctx, s, who)
	if err != nil {
		return admin.Fresh[P]{}, err
	}
	return admin.Confirmed(g)
}

// fresh admits who b is signed in as now, a short while after the passkey.
func fresh[P may.Dangerous](b *browser) admin.Fresh[P] {
	b.t.Helper()
	f, err := confirmed[P](b.t.Context(), b.svc, b.identity())
	if err != nil {
		b.t.Fatal(err)
	}
	return f
}

func (b *browser) signedIn() bool {
	_, err := admin.Check(b.t.Context(), b.Reader, b.session.ID)
	return err == nil
}

func TestSetUpAndSignIn(t *testing.T) {
	w := newWorld(t)
	olive := w.set(t, " Olive@Northmoor.example ", app.RoleOwner)
	if who := olive.identity(); who.Admin.Email != "Olive@Northmoor.example" || who.Admin.Role != app.RoleOwner ||
		who.Session.Browser != place.Name || who.Session.Source != place.Source {
		t.Errorf("set up as %+v", who)
	}
	first := olive.session.ID
	if err := olive.signIn(); err != nil {
		t.Fatal(err)
	}
	if olive.session.ID == first {
		t.Error("signing in began no session of its own")
	}
	if _, err := w.registry.Named(t.Context(), "OLIVE@northmoor.example"); err != nil {
		t.Errorf("by another spelling of the address: %v", err)
	}
	if _, err := w.registry.Add(t.Context(), app.Operator, "olive@northmoor.EXAMPLE", "",
		app.RoleAuditor); !errors.Is(err, app.ErrEmailTaken) {
		t.Errorf("the address again: %v", err)
	}
	for _, bad := range []string{"", "olive", "Olive <o@x.example>", "a@b.example, c@d.example"} {
		if _, err := w.registry.Add(t.Context(), app.Operator, bad, "",
			app.RoleAuditor); !errors.Is(err, app.ErrMalformed) {
			t.Errorf("the address %q: %v", bad, err)
		}
	}
	for _, action := range []string{"admin.add", "admin.link", "admin.set_up", "admin.sign_in"} {
		rows, err := w.AuditOf(t.Context(), action, 1)
		if err != nil || len(rows) != 1 {
			t.Errorf("%s is not in the audit: %v", action, err)
		}
	}
	if rows, _ := w.AuditOf(t.Context(), "admin.sign_in", 1); len(rows) != 1 || rows[0].ActorKind != app.ActorAdmin ||
		rows[0].ActorID != olive.who.ID || rows[0].Source != place.Source {
		t.Errorf("the sign-in in the audit: %+v", rows)
	}
}

func TestSetUpLinkWorksOnceAndForADay(t *testing.T) {
	w := newWorld(t)
	made := w.add(t, "olive@northmoor.example", app.RoleOwner)
	if err := w.browser(t).setUp("another token"); !errors.Is(err, app.ErrInvitation) {
		t.Errorf("an unknown link: %v", err)
	}
	// Two browsers open it; the one that is second to finish comes too late.
	a, b := w.browser(t), w.browser(t)
	if err := a.activate(made.Token); err != nil {
		t.Fatal(err)
	}
	pa, err := w.svc.BeginSetUp(t.Context(), made.Token, a.place())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.setUp(made.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.FinishSetUp(t.Context(), made.Token, pa.Ceremony, a.create(pa),
		a.place()); !errors.Is(err, app.ErrInvitationUsed) {
		t.Errorf("the second to finish: %v", err)
	}
	if err := w.browser(t).setUp(made.Token); !errors.Is(err, app.ErrInvitationUsed) {
		t.Errorf("a used link: %v", err)
	}

	late := w.add(t, "late@northmoor.example", app.RoleAuditor)
	w.Clock.Advance(admin.LinkTTL)
	if err := w.browser(t).setUp(late.Token); !errors.Is(err, app.ErrInvitationEnded) {
		t.Errorf("a link of yesterday: %v", err)
	}
	newer, err := w.registry.Link(t.Context(), app.Operator, late.Admin.ID)
	if err != nil {
		t.Fatal(err)
	}
	newest, err := w.registry.Link(t.Context(), app.Operator, late.Admin.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.browser(t).setUp(newer.Token); !errors.Is(err, app.ErrInvitationEnded) {
		t.Errorf("a link with a newer one: %v", err)
	}
	if err := w.browser(t).setUp(newest.Token); err != nil {
		t.Errorf("the newest link: %v", err)
	}
}

// A new link for a lost passkey ends the old one, once it is used and not before.
func TestNewLinkEndsTheLostPasskey(t *testing.T) {
	w := newWorld(t)
	lost := w.set(t, "olive@northmoor.example", app.RoleOwner)
	made, err := w.registry.Link(t.Context(), app.Operator, lost.who.ID)
	if err != nil {
		t.Fatal(err)
	}
	if err := lost.signIn(); err != nil {
		t.Fatalf("the old passkey before the link was used: %v", err)
	}
	if err := w.browser(t).setUp(made.Token); err != nil {
		t.Fatal(err)
	}
	if lost.signedIn() {
		t.Error("the old session goes on")
	}
	if err := lost.signIn(); !errors.Is(err, app.ErrUnknownPasskey) {
		t.Errorf("the old passkey: %v", err)
	}
	for range 5 {
		w.Clock.Advance(3 * time.Second)
		if err := lost.signIn(); !errors.Is(err, app.ErrUnknownPasskey) {
			t.Errorf("the old passkey, again: %v", err)
		}
	}
	if rows, err := w.AuditOf(t.Context(), "admin.sign_in_refused", 5); err != nil || len(rows) != 1 {
		t.Errorf("the refused sign-ins in the audit: %v %v, want the first of the hour", rows, err)
	}
	if series, err := w.Counted(t.Context(), store.LastDay, time.UTC); err != nil ||
		series.N(store.CountStrangers) != 6 {
		t.Errorf("%d refused sign-ins are counted, want 6 (%v)", series.N(store.CountStrangers), err)
	}
}

func TestSessionsEnd(t *testing.T) {
	w := newWorld(t)
	olive := w.set(t, "olive@northmoor.example", app.RoleOwner)
	use := func() {
		t.Helper()
		if err := w.SeenAdmin(t.Context(), olive.identity().Session); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(app.AdminIdle - time.Second)
	if !olive.signedIn() {
		t.Fatal("a session ended while it was used")
	}
	use()
	w.Clock.Advance(app.AdminIdle - time.Second)
	if !olive.signedIn() {
		t.Fatal("use doesn't put the idling off")
	}
	w.Clock.Advance(time.Second)
	if olive.signedIn() {
		t.Error("a session idles on")
	}
	if err := olive.signIn(); err != nil {
		t.Fatal(err)
	}
	for began := w.Now(); w.Now().Sub(began) < app.AdminLifetime-time.Minute; w.Clock.Advance(app.AdminIdle - time.Minute) {
		use()
	}
	w.Clock.Advance(time.Minute)
	if olive.signedIn() {
		t.Error("a session outlives its time by being used")
	}

	if err := olive.signIn(); err != nil {
		t.Fatal(err)
	}
	elsewhere := olive.session
	if err := olive.signIn(); err != nil {
		t.Fatal(err)
	}
	list, err := w.AdminSessions(t.Context(), olive.who.ID)
	if err != nil || len(list) != 2 {
		t.Fatalf("%d sessions listed, want the two that live: %v", len(list), err)
	}
	other := w.set(t, "other@northmoor.example", app.RoleAuditor)
	err = w.svc.EndSession(t.Context(), fresh[may.EndSessions](other), elsewhere.ID)
	if !errors.Is(err, app.ErrAlreadyCompleted) {
		t.Errorf("somebody else's session: %v", err)
	}
	if err := w.svc.EndSession(t.Context(), fresh[may.EndSessions](olive), elsewhere.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Check(t.Context(), w.Reader, elsewhere.ID); !errors.Is(err, app.ErrSignedOut) {
		t.Errorf("the ended session: %v", err)
	}
	if !olive.signedIn() {
		t.Error("the session in hand ended too")
	}
}

func TestDangerousActionsAskForThePasskeyAgain(t *testing.T) {
	w := newWorld(t)
	olive := w.set(t, "olive@northmoor.example", app.RoleOwner)
	add := func(email string) error {
		who, err := confirmed[may.ManageAdmins](t.Context(), w.svc, olive.identity())
		if err == nil {
			_, err = w.svc.AddAdmin(t.Context(), who, email, "", app.RoleOperator)
		}
		return err
	}
	if err := add("a@northmoor.example"); err != nil {
		t.Errorf("right after signing in: %v", err)
	}
	w.Clock.Advance(app.AdminFresh)
	if err := add("b@northmoor.example"); !errors.Is(err, app.ErrUnconfirmed) {
		t.Errorf("five minutes later: %v", err)
	}
	if _, err := admin.Admit[may.ManageAdmins](t.Context(), w.svc, olive.identity()); err != nil {
		t.Errorf("the page of it: %v", err)
	}
	if err := olive.confirm(); err != nil {
		t.Fatal(err)
	}
	if err := add("b@northmoor.example"); err != nil {
		t.Errorf("after the passkey: %v", err)
	}

	// Neither another's passkey nor another session's prompt confirms.
	mallory := w.set(t, "mallory@northmoor.example", app.RoleOwner)
	prompt, err := w.svc.BeginConfirm(t.Context(), granted[may.UseConsole](olive))
	if err != nil {
		t.Fatal(err)
	}
	err = w.svc.FinishConfirm(t.Context(), granted[may.UseConsole](olive), prompt.Ceremony, mallory.sign(prompt))
	if !errors.Is(err, app.ErrUnknownPasskey) {
		t.Errorf("another's passkey: %v", err)
	}
	prompt, err = w.svc.BeginConfirm(t.Context(), granted[may.UseConsole](mallory))
	if err != nil {
		t.Fatal(err)
	}
	err = w.svc.FinishConfirm(t.Context(), granted[may.UseConsole](olive), prompt.Ceremony, olive.sign(prompt))
	if !errors.Is(err, app.ErrCeremony) {
		t.Errorf("another session's prompt: %v", err)
	}
	prompt, err = w.svc.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	err = w.svc.FinishConfirm(t.Context(), granted[may.UseConsole](olive), prompt.Ceremony, olive.sign(prompt))
	if !errors.Is(err, app.ErrCeremony) {
		t.Errorf("a prompt for signing in: %v", err)
	}
}

// An administrator's passkey is no person's, and the other way round.
func TestPasskeysOfPeopleAndAdministratorsAreApart(t *testing.T) {
	w := newWorld(t)
	olive := w.set(t, "olive@northmoor.example", app.RoleOwner)

	alice, phone := w.MustPerson("alice"), w.browser(t)
	inv, err := w.Invite(t.Context(), app.Operator, alice.ID, app.NewID(), w.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	prompt, err := w.passkeys.BeginEnrol(t.Context(), inv, app.Activation{LinkAlone: true})
	if err != nil {
		t.Fatal(err)
	}
	device := passkey.Browser{
		Name:       "Pixel 9",
		Platform:   "android",
		SessionKey: app.NewID(),
		Hash:       app.NewID(),
		Activation: app.Activation{LinkAlone: true},
	}
	if _, err := w.passkeys.FinishEnrol(t.Context(), app.Actor{Kind: app.ActorGuest}, inv, prompt.Ceremony,
		phone.create(prompt), device); err != nil {
		t.Fatal(err)
	}
	phone.auth.Options.UserHandle = []byte(alice.ID)

	if err := phone.signIn(); !errors.Is(err, app.ErrUnknownPasskey) {
		t.Errorf("a person's passkey at the console: %v", err)
	}
	guest := app.Actor{Kind: app.ActorGuest}
	prompt, err = w.passkeys.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.passkeys.FinishSignIn(t.Context(), guest, prompt.Ceremony, olive.sign(prompt),
		device); !errors.Is(err, app.ErrUnknownPasskey) {
		t.Errorf("an administrator's passkey at a device: %v", err)
	}
	// Nor is a prompt of the one good for the other.
	prompt, err = w.passkeys.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.FinishSignIn(t.Context(), prompt.Ceremony, olive.sign(prompt),
		place); !errors.Is(err, app.ErrCeremony) {
		t.Errorf("a device's prompt at the console: %v", err)
	}
	prompt, err = w.svc.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.passkeys.FinishSignIn(t.Context(), guest, prompt.Ceremony, phone.sign(prompt),
		device); !errors.Is(err, app.ErrCeremony) {
		t.Errorf("a console's prompt at a device: %v", err)
	}
}

// A console with a passkey whose holder wasn't verified stays shut.
func TestUserVerificationIsRequired(t *testing.T) {
	w := newWorld(t)
	olive := w.set(t, "olive@northmoor.example", app.RoleOwner)
	olive.auth.Options.UserNotVerified = true
	if err := olive.signIn(); !errors.Is(err, app.ErrPasskey) {
		t.Errorf("signed in by touch alone: %v", err)
	}
}

func TestSuspendedAndRemoved(t *testing.T) {
	w := newWorld(t)
	olive := w.set(t, "olive@northmoor.example", app.RoleOwner)
	oscar := w.set(t, "oscar@northmoor.example", app.RoleOperator)
	set := func(state app.AdminState) {
		t.Helper()
		if err := w.svc.SetState(t.Context(), fresh[may.ManageAdmins](olive), oscar.who.ID, state); err != nil {
			t.Fatal(err)
		}
	}
	link, err := w.registry.Link(t.Context(), app.Operator, oscar.who.ID)
	if err != nil {
		t.Fatal(err)
	}
	set(app.AdminSuspended)
	if oscar.signedIn() {
		t.Error("a suspended administrator's session goes on")
	}
	if err := oscar.signIn(); !errors.Is(err, app.ErrSuspended) {
		t.Errorf("a suspended administrator signs in: %v", err)
	}
	if _, err := w.registry.Link(t.Context(), app.Operator, oscar.who.ID); !errors.Is(err, app.ErrSuspended) {
		t.Errorf("a link for a suspended administrator: %v", err)
	}
	set(app.AdminActive)
	if oscar.signedIn() {
		t.Error("a session came back")
	}
	if err := w.browser(t).setUp(link.Token); !errors.Is(err, app.ErrInvitationEnded) {
		t.Errorf("a link from before came back: %v", err)
	}
	if err := oscar.signIn(); err != nil {
		t.Errorf("let in again: %v", err)
	}
	set(app.AdminRemoved)
	if err := oscar.signIn(); !errors.Is(err, app.ErrUnknownPasskey) || oscar.signedIn() {
		t.Errorf("a removed administrator signs in: %v", err)
	}
	err = w.svc.SetState(t.Context(), fresh[may.ManageAdmins](olive), oscar.who.ID, app.AdminActive)
	if !errors.Is(err, app.ErrUnknownAdmin) {
		t.Errorf("removed is for good: %v", err)
	}
	w.set(t, "oscar@northmoor.example", app.RoleAuditor) // the address is free again
	err = w.svc.SetState(t.Context(), fresh[may.ManageAdmins](olive), olive.who.ID, "gone")
	if !errors.Is(err, app.ErrMalformed) {
		t.Errorf("a state that there isn't: %v", err)
	}
}

// Suspending ends sessions, and so does being suspended: one that went on all the
// same, as in a database that was put together by hand, lets no one in.
func TestASessionEndsWithItsAdministrator(t *testing.T) {
	w := newWorld(t)
	oscar := w.set(t, "oscar@northmoor.example", app.RoleOperator)
	w.Tamper(`UPDATE admins SET state = 'suspended' WHERE id = ?`, oscar.who.ID)
	if s, err := w.AdminSession(t.Context(), oscar.session.ID); err != nil || !s.Live(w.Now()) {
		t.Fatalf("the session has ended by itself: %v", err)
	}
	if _, err := admin.Check(t.Context(), w.Reader, oscar.session.ID); !errors.Is(err, app.ErrSignedOut) {
		t.Errorf("got %v, want that nobody is signed in", err)
	}
}

func TestLastOwnerStays(t *testing.T) {
	w := newWorld(t)
	olive := w.set(t, "olive@northmoor.example", app.RoleOwner)
	waiting := w.add(t, "owen@northmoor.example", app.RoleOwner) // has no passkey yet, and may never get one
	losing := map[string]func(id string) error{
		"suspended": func(id string) error {
			return w.svc.SetState(t.Context(), fresh[may.ManageAdmins](olive), id, app.AdminSuspended)
		},
		"removed": func(id string) error {
			return w.svc.SetState(t.Context(), fresh[may.ManageAdmins](olive), id, app.AdminRemoved)
		},
		"demoted": func(id string) error {
			return w.svc.SetRole(t.Context(), fresh[may.ManageAdmins](olive), id, app.RoleOperator)
		},
	}
	for how, do := range losing {
		if err := do(olive.who.ID); !errors.Is(err, app.ErrLastOwner) {
			t.Errorf("the last owner is %s: %v", how, err)
		}
	}
	owen := w.browser(t)
	if err := owen.setUp(waiting.Token); err != nil {
		t.Fatal(err)
	}
	if err := losing["demoted"](owen.who.ID); err != nil {
		t.Errorf("an owner beside another is demoted: %v", err)
	}
	if owen.signedIn() {
		t.Error("the session of the role before goes on")
	}
	if err := owen.signIn(); err != nil {
		t.Fatal(err)
	}
	if got := owen.identity(); got.Admin.Role != app.RoleOperator || got.May(admin.ManageAdmins) {
		t.Errorf("the role at the next sign-in is %s", got.Admin.Role)
	}
	if err := losing["suspended"](olive.who.ID); !errors.Is(err, app.ErrLastOwner) {
		t.Errorf("the last owner again: %v", err)
	}
	if _, err := admin.Admit[may.ManageAdmins](t.Context(), w.svc, owen.identity()); !errors.Is(err, app.ErrForbidden) {
		t.Errorf("an operator makes an owner: %v", err)
	}
}
