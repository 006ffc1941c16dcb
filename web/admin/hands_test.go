package admin_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/health"
	"assent/app/i18n"
	"assent/store"
	adminweb "assent/web/admin"
)

// adds adds an administrator through the console, who sets up a passkey with the
// link that is shown.
func (v *visitor) adds(email string, role app.AdminRole) *visitor {
	v.t.Helper()
	form := url.Values{"email": {email}, "name": {email}, "role": {string(role)}}
	link := v.send(http.MethodPost, "/admin/admins/new", form).Find(`[data-testid="link"]`).Text()
	_, token, ok := strings.Cut(link, "/admin/set-up/")
	if !ok {
		v.t.Fatalf("adding %s showed no link", email)
	}
	return v.settles(token)
}

// relinks makes a new set-up link of an administrator and uses it in their place.
func (v *visitor) relinks(who *visitor) *visitor {
	v.t.Helper()
	got := v.send(http.MethodPost, "/admin/admins/"+who.who.ID+"/link", nil)
	_, token, ok := strings.Cut(got.Find(`[data-testid="link"]`).Text(), "/admin/set-up/")
	if !ok {
		v.t.Fatalf("a new link: %d", got.StatusCode)
	}
	return v.settles(token)
}

// settles uses a set-up link.
func (s *site) settles(token string) *visitor {
	s.t.Helper()
	link, err := s.AdminLink(s.t.Context(), app.TokenHash(token))
	if err != nil {
		s.t.Fatal(err)
	}
	out := &visitor{site: s}
	if out.who, err = s.Admin(s.t.Context(), link.AdminID); err != nil {
		s.t.Fatal(err)
	}
	out.session, err = s.SetUpAdmin(s.t.Context(), app.System, store.AdminSetUp{
		LinkID:     link.ID,
		Activation: app.Activation{LinkAlone: true},
		Credential: app.AdminCredential{ID: app.NewID(), AdminID: link.AdminID, Record: "{}"},
		Session:    app.AdminSession{ID: app.NewID(), Source: "192.0.2.7", Browser: "Firefox on Windows"},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	out.cookie = s.mint(out.session)
	return out
}

// state sets another administrator's.
func (v *visitor) state(of *visitor, to app.AdminState) {
	v.t.Helper()
	got := v.send(http.MethodPost, "/admin/admins/"+of.who.ID+"/state", url.Values{"state": {string(to)}})
	if got.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("%s is to be %s: %d", of.who.Email, to, got.StatusCode)
	}
}

// role gives another administrator one.
func (v *visitor) role(of *visitor, to app.AdminRole) {
	v.t.Helper()
	got := v.send(http.MethodPost, "/admin/admins/"+of.who.ID+"/role", url.Values{"role": {string(to)}})
	if got.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("%s is to be %s: %d", of.who.Email, to, got.StatusCode)
	}
}

// invites makes a link for a person and gives its page.
func (v *visitor) invites(person, way string) answer {
	v.t.Helper()
	got := v.send(http.MethodPost, "/admin/people/"+person+"/invite", url.Values{"way": {way}})
	if !got.has("link") {
		v.t.Fatalf("inviting: %d", got.StatusCode)
	}
	return got
}

// code is the status of asking for the code of a person's link.
func (v *visitor) code(person string) int {
	v.t.Helper()
	return v.send(http.MethodPost, "/admin/people/"+person+"/code", someWords).StatusCode
}

// later is the same administrator in a new session, d from now.
func (v *visitor) later(d time.Duration) *visitor {
	v.Clock.Advance(d)
	return v.again()
}

// An owner isn't the only one who can make codes by suspending, demoting or
// removing the others: they count for 72 hours, for links from before and after.
func TestTheOtherHandIsNotSuspendedAway(t *testing.T) {
	for name, away := range map[string]func(olive, of *visitor){
		"suspended": func(olive, of *visitor) { olive.state(of, app.AdminSuspended) },
		"demoted":   func(olive, of *visitor) { olive.role(of, app.RoleAuditor) },
		"removed":   func(olive, of *visitor) { olive.state(of, app.AdminRemoved) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, true)
			ada, bea := s.MustPerson("ada"), s.MustPerson("bea")
			olive := s.visitor("olive@northmoor.example", app.RoleOwner)
			others := []*visitor{
				s.visitor("oscar@northmoor.example", app.RoleOperator),
				s.visitor("helen@northmoor.example", app.RoleHelpDesk),
			}
			olive.invites(ada.ID, "letter")
			for _, one := range others {
				away(olive, one)
			}
			if got := olive.code(ada.ID); got != http.StatusForbidden {
				t.Errorf("the code of a link from before: %d", got)
			}
			if got := olive.invites(bea.ID, "link"); !got.has("colleague") || got.has("alone") {
				t.Error("the page of a link from after doesn't leave the code to a colleague")
			}
			if got := olive.code(bea.ID); got != http.StatusForbidden {
				t.Errorf("the code of a link from after: %d", got)
			}
			olive = olive.later(app.HandMemory - time.Minute)
			olive.invites(bea.ID, "link")
			if got := olive.code(bea.ID); got != http.StatusForbidden {
				t.Errorf("a minute before they count no more: %d", got)
			}
			olive = olive.later(2 * time.Minute)
			if got := olive.code(ada.ID); got != http.StatusForbidden {
				t.Errorf("what the letter needed when it was made was loosened: %d", got)
			}
			if got := olive.invites(bea.ID, "link"); !got.has("alone") || got.has("colleague") {
				t.Error("alone, the page of her link doesn't say that both are hers")
			}
			if page := olive.send(http.MethodGet, "/admin/people/"+bea.ID, nil); !page.has("alone") ||
				!page.has("code") {
				t.Error("alone, the form of the code doesn't say that both are hers")
			}
			got := olive.send(http.MethodPost, "/admin/people/"+bea.ID+"/code", someWords)
			if !got.has("code") || !got.has("alone") {
				t.Errorf("alone, her code: %d", got.StatusCode)
			}
			rows, err := s.AuditOf(t.Context(), "activation.make", 5)
			if err != nil || len(rows) != 1 || rows[0].Detail != `{"hand":"same"}` {
				t.Errorf("the audit of that code: %+v (%v)", rows, err)
			}
			trail := olive.send(http.MethodGet, "/admin/audit?action=activation.make", nil)
			if !strings.Contains(trail.Find("main").Text(), "by who made the link") {
				t.Error("the audit's page doesn't say that one hand made both")
			}
		})
	}
}

// Passkeys that end with the console's RP id don't make the first who is back
// the only one.
func TestTheOtherHandIsNotMovedAway(t *testing.T) {
	s := newSite(t, true)
	ada := s.MustPerson("ada")
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	s.visitor("oscar@northmoor.example", app.RoleOperator)
	was, err := s.AdminRPID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.registry.MoveRPID(t.Context(), app.Operator, was, "console.example")
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range made {
		if one.Admin.ID == olive.who.ID {
			olive = s.settles(one.Token)
		}
	}
	olive.invites(ada.ID, "link")
	if got := olive.code(ada.ID); got != http.StatusForbidden {
		t.Errorf("the first who is back makes both: %d", got)
	}
}

// Who let a colleague in lately, and that colleague, are one hand where another
// exists: also one level further, and after a promotion or a new passkey.
func TestWhoWasLetInLatelyIsNoOtherHand(t *testing.T) {
	s := newSite(t, true)
	ada := s.MustPerson("ada")
	at := "/admin/people/" + ada.ID
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	sock := olive.adds("sock@northmoor.example", app.RoleOwner)

	// While there is no other, such a colleague is still better than none.
	olive.invites(ada.ID, "link")
	if got := olive.code(ada.ID); got != http.StatusForbidden {
		t.Errorf("her own link's code, with a colleague there: %d", got)
	}
	if got := sock.code(ada.ID); got != http.StatusOK {
		t.Errorf("the only colleague makes no code: %d", got)
	}
	if rows, err := s.AuditOf(t.Context(), "activation.make", 1); err != nil || rows[0].Detail != `{"hand":"related"}` {
		t.Errorf("the audit of that code: %+v (%v)", rows, err)
	}

	bob := s.visitor("bob@northmoor.example", app.RoleOperator)
	refused := func(what string, v *visitor) {
		t.Helper()
		page := v.send(http.MethodGet, at, nil)
		if !page.has("related") || page.has("code") {
			t.Errorf("%s: the form is there", what)
		}
		got := v.send(http.MethodPost, at+"/code", someWords)
		if got.StatusCode != http.StatusForbidden || got.Find(".big-code").Length() != 0 || !got.has("fault") {
			t.Errorf("%s: %d", what, got.StatusCode)
		}
	}
	olive.invites(ada.ID, "link")
	refused("whom she let in", sock)
	if got := bob.code(ada.ID); got != http.StatusOK {
		t.Errorf("the other colleague: %d", got)
	}
	sock.invites(ada.ID, "link")
	refused("who let in the maker", olive)
	second := sock.adds("second@northmoor.example", app.RoleOperator)
	olive.invites(ada.ID, "link")
	refused("whom one let in whom she let in", second)
	third := olive.adds("third@northmoor.example", app.RoleHelpDesk)
	third.invites(ada.ID, "link")
	refused("whom she let in, for another of them", second)

	otto := s.visitor("otto@northmoor.example", app.RoleAuditor)
	olive.role(otto, app.RoleOperator)
	otto = otto.again()
	olive.invites(ada.ID, "link")
	refused("whom she gave a role that makes codes", otto)
	late := s.visitor("late@northmoor.example", app.RoleHelpDesk)
	olive.invites(ada.ID, "link")
	if got := late.code(ada.ID); got != http.StatusOK {
		t.Errorf("who had their passkey from elsewhere: %d", got)
	}
	late = olive.relinks(late)
	olive.invites(ada.ID, "link")
	refused("whose new passkey is from her link", late)

	olive.invites(ada.ID, "link")
	olive.state(bob, app.AdminSuspended)
	refused("after the other colleague was suspended", sock)
	olive.state(bob, app.AdminActive)
	bob = bob.again()
	if got := bob.code(ada.ID); got != http.StatusOK {
		t.Errorf("who could make codes before a suspension of today: %d", got)
	}
	sock = sock.later(app.HandMemory + time.Minute)
	olive.again().invites(ada.ID, "link")
	if got := sock.code(ada.ID); got != http.StatusOK {
		t.Errorf("after 72 hours: %d", got)
	}
}

// An administrator who left and is back under the same address is who they were.
func TestTheSameAddressIsTheSameHand(t *testing.T) {
	s := newSite(t, true)
	ada := s.MustPerson("ada")
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	helen.invites(ada.ID, "letter")
	olive.state(helen, app.AdminRemoved)
	helen = s.visitor("Helen@Northmoor.example", app.RoleHelpDesk)
	if got := helen.code(ada.ID); got != http.StatusForbidden {
		t.Errorf("the code of the link that she made before: %d", got)
	}
	if page := helen.send(http.MethodGet, "/admin/people/"+ada.ID, nil); !page.has("colleague") {
		t.Error("her page doesn't say that the link is her own")
	}
	if got := olive.code(ada.ID); got != http.StatusOK {
		t.Errorf("a colleague's: %d", got)
	}
}

// The rule is switched off for links from then on alone.
func TestALinkKeepsWhatItNeeded(t *testing.T) {
	s := newSite(t, true)
	ada, bea := s.MustPerson("ada"), s.MustPerson("bea")
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	s.visitor("oscar@northmoor.example", app.RoleOperator)
	olive.invites(ada.ID, "link")
	off := newSiteOn(t, s.DB, true, func(u *admin.Uses) { u.CodesByMaker = true })
	olive = off.signedIn(olive)
	if got := olive.code(ada.ID); got != http.StatusForbidden {
		t.Errorf("the link from before: %d", got)
	}
	olive.invites(bea.ID, "link")
	if got := olive.code(bea.ID); got != http.StatusOK {
		t.Errorf("one from after: %d", got)
	}
}

// Set-up links of administrators go by the same rule, among owners.
func TestTheOtherOwnerIsNotSuspendedAway(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	oscar := s.visitor("oscar@northmoor.example", app.RoleOwner)
	s.visitor("bob@northmoor.example", app.RoleOperator) // makes no such codes
	olive.state(oscar, app.AdminSuspended)
	nina, err := s.registry.Add(t.Context(), app.Operator, "nina@northmoor.example", "", app.RoleOperator)
	if err != nil {
		t.Fatal(err)
	}
	at := "/admin/admins/" + nina.Admin.ID
	olive.send(http.MethodPost, at+"/link", nil)
	if got := olive.send(http.MethodPost, at+"/code", someWords); got.StatusCode != http.StatusForbidden {
		t.Errorf("with the other owner suspended: %d", got.StatusCode)
	}
	olive = olive.later(app.HandMemory + time.Minute)
	got := olive.send(http.MethodPost, at+"/link", nil)
	if says := got.Find(`[data-testid="code-next"]`).Text(); !strings.Contains(says, "No other owner") {
		t.Errorf("alone, the link's page says %q", says)
	}
	if got := olive.send(http.MethodGet, at, nil); !got.has("alone") || !got.has("code") {
		t.Error("alone, the form doesn't say that both are hers")
	}
	if got := olive.send(http.MethodPost, at+"/code", someWords); !got.has("code") || !got.has("alone") {
		t.Errorf("alone, her code: %d", got.StatusCode)
	}
	rows, err := s.AuditOf(t.Context(), "admin.code", 5)
	if err != nil || len(rows) != 1 || !strings.Contains(rows[0].Detail, `"hand":"same"`) {
		t.Errorf("the audit of that code: %+v (%v)", rows, err)
	}
	sock := olive.adds("sock@northmoor.example", app.RoleOwner)
	opal := s.visitor("opal@northmoor.example", app.RoleOwner)
	olive.send(http.MethodPost, at+"/link", nil)
	if got := sock.send(http.MethodPost, at+"/code", someWords); got.StatusCode != http.StatusForbidden ||
		!got.has("fault") {
		t.Errorf("an owner whom she let in: %d", got.StatusCode)
	}
	if got := opal.send(http.MethodPost, at+"/code", someWords); got.StatusCode != http.StatusOK {
		t.Errorf("another owner: %d", got.StatusCode)
	}
}

// The overview says while a link and its code can come from one hand.
func TestOverviewSaysWhoIsAlone(t *testing.T) {
	s := newSite(t, true)
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	watch := health.New(health.Config{
		Store:      s.Store,
		Dir:        s.Dir,
		Codes:      store.Separation{Roles: admin.IssueActivation.Roles()},
		SetUpCodes: store.Separation{Roles: admin.ManageAdmins.Roles()},
		Log:        log,
	})
	admins := admin.New(s.Store, nil, admin.Uses{})
	mux := http.NewServeMux()
	adminweb.Register(mux, adminweb.Config{Store: s.Reader, Admins: admins, Sessions: s.sessions, Words: words,
		Institution: "Northmoor", Public: &url.URL{Scheme: "https", Host: "assent.example"}, Log: log, Health: watch})
	s.handler = mux
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	says := func(want string) {
		t.Helper()
		s.Clock.Advance(time.Minute) // what was found is kept for a while
		line := olive.send(http.MethodGet, "/admin/overview", nil).Find(`[data-testid="check-enrolment"]`)
		if line.Length() > 1 || line.Length() == 1 && line.AttrOr("data-state", "") != "warn" ||
			(want == "") != (line.Length() == 0) || !strings.Contains(line.Text(), want) {
			t.Errorf("the overview says %q, want %q", line.Text(), want)
		}
	}
	says("Only one administrator can make activation codes")
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	says("Only one owner")
	oscar := s.visitor("oscar@northmoor.example", app.RoleOwner)
	says("")
	olive.state(oscar, app.AdminSuspended)
	says("Only one owner is left")
	olive.state(helen, app.AdminSuspended)
	says("Only one administrator is left who can make activation codes. For another 3")
}
