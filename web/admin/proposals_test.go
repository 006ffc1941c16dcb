package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/settings"
)

// wants switches four eyes on for areas, as an owner would.
func (v *visitor) wants(areas ...string) {
	v.t.Helper()
	if got := v.send(http.MethodPost, "/admin/settings/four_eyes",
		url.Values{
			"area":    areas,
			"version": {v.version(settings.FourEyesName)},
		}); got.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("four eyes for %v: %d %s", areas, got.StatusCode, got.Find(".fault").Text())
	}
}

// version is the version of a choice that counts now.
func (v *visitor) version(name settings.Name) string {
	v.t.Helper()
	page := v.send(http.MethodGet, "/admin/settings/"+string(name), nil)
	return page.Find(`input[name="version"]`).AttrOr("value", "")
}

// proposes sends a form that must wait, and gives where the proposal is.
func (v *visitor) proposes(path string, form url.Values) string {
	v.t.Helper()
	got := v.send(http.MethodPost, path, form)
	to := got.Header.Get("Location")
	at, _, _ := strings.Cut(to, "?")
	if got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/admin/proposals/") {
		v.t.Fatalf("POST %s: %d to %q, want a proposal", path, got.StatusCode, to)
	}
	return at
}

// An enrolment waits at its link: it is made once a second administrator has
// confirmed, by who asked for it and once.
func TestAnInvitationWaitsForASecondAdministrator(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	ada := s.MustPerson("ada")
	olive.wants("enrolment")
	at := helen.proposes("/admin/people/"+ada.ID+"/invite", url.Values{"way": {"link"}})
	if _, until, err := s.Standing(t.Context(), ada.ID); err != nil || until != 0 {
		t.Fatalf("a link was made before it was confirmed (until %v, %v)", until, err)
	}
	if got := helen.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusForbidden ||
		!got.has("fault") {
		t.Errorf("she confirms her own: %d", got.StatusCode)
	}
	if got := helen.send(http.MethodPost, at+"/take", nil); got.StatusCode != http.StatusConflict || got.has("link") {
		t.Errorf("she takes it unconfirmed: %d", got.StatusCode)
	}
	if got := oscar.send(http.MethodGet, "/admin/proposals", nil); got.Find(`[data-testid="proposal"]`).Length() != 1 ||
		!got.has("count-proposals") {
		t.Errorf("the list: %s", got.Find("main").Text())
	}
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("confirming: %d", got.StatusCode)
	}
	if got := oscar.send(http.MethodPost, at+"/take", nil); got.StatusCode != http.StatusForbidden || got.has("link") {
		t.Errorf("who confirmed takes the link: %d", got.StatusCode)
	}
	if got := helen.send(http.MethodPost, at+"/take", nil); got.StatusCode != http.StatusOK || !got.has("link") {
		t.Errorf("she makes the link: %d", got.StatusCode)
	}
	if got := helen.send(http.MethodPost, at+"/take", nil); got.StatusCode != http.StatusConflict || got.has("link") {
		t.Errorf("a second link: %d", got.StatusCode)
	}
	for _, action := range []string{"proposal.make", "proposal.confirm", "proposal.done", "invitation.make"} {
		if rows, err := s.AuditOf(t.Context(), action, 2); err != nil || len(rows) != 1 {
			t.Errorf("%s is in the audit %d times (%v)", action, len(rows), err)
		}
	}
}

// Identifiers wait; what is confirmed is carried out as it was asked for, and
// what it was carried out with is forgotten.
func TestIdentifiersWaitForASecondAdministrator(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
	ada := s.MustPerson("ada")
	olive.wants("identifiers")
	form := url.Values{"name": {"Ada"}, "identifiers": {"username:ada\nemail:ada@quill.example"}}
	at := olive.proposes("/admin/people/"+ada.ID+"/edit", form)
	names := func() string {
		t.Helper()
		ids, err := s.Identifiers(t.Context(), ada.ID)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, id := range ids {
			all = append(all, id.Norm)
		}
		return strings.Join(all, " ")
	}
	if got := names(); got != "ada" {
		t.Fatalf("before it is confirmed: %s", got)
	}
	page := oscar.send(http.MethodGet, at, nil)
	if text := page.Find(`[data-testid="change"]`).Text(); !strings.Contains(text, "ada@quill.example") {
		t.Errorf("who decides sees %q", text)
	}
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("confirming: %d", got.StatusCode)
	}
	if got := names(); !strings.Contains(got, "ada@quill.example") {
		t.Errorf("after it is confirmed: %s", got)
	}
	if p, err := s.Proposal(t.Context(), strings.TrimPrefix(at, "/admin/proposals/")); err != nil ||
		p.State != app.ProposalDone || p.Payload != "" {
		t.Errorf("the proposal is %s and holds %q (%v)", p.State, p.Payload, err)
	}
	// A fault stands in the form, not in a proposal.
	if got := olive.send(http.MethodPost, "/admin/people/"+ada.ID+"/edit",
		url.Values{"name": {""}, "identifiers": {"ada"}}); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("without a name: %d", got.StatusCode)
	}
	// What has changed meanwhile makes it fail, and says so.
	at = olive.proposes("/admin/people/new", url.Values{"name": {"Eve"}, "identifiers": {"username:eve"}})
	s.MustPerson("eve")
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("confirming: %d", got.StatusCode)
	}
	if p, err := s.Proposal(t.Context(), strings.TrimPrefix(at, "/admin/proposals/")); err != nil ||
		p.State != app.ProposalFailed || p.Cause != app.ErrIdentifierTaken.Code {
		t.Errorf("the proposal is %s for %q (%v)", p.State, p.Cause, err)
	}
	// Nobody decides what is about themselves: the person with their address.
	if _, err := s.EditPerson(t.Context(), app.Operator, ada.ID, "Ada",
		[]app.Identifier{{Kind: app.Email, Value: "oscar@northmoor.example", Norm: "oscar@northmoor.example"}},
		nil); err != nil {
		t.Fatal(err)
	}
	at = olive.proposes("/admin/people/"+ada.ID+"/edit", url.Values{"name": {"Ada"}, "identifiers": {"username:ada"}})
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusForbidden ||
		!got.has("fault") {
		t.Errorf("about himself: %d", got.StatusCode)
	}
}

// Owners and settings wait; a proposal ends with its time, with its proposer,
// and when it is refused or taken back.
func TestProposalsEnd(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
	orla := s.visitor("orla@northmoor.example", app.RoleOwner)
	olive.wants("owners", "settings")
	state := func(at string) app.ProposalState {
		t.Helper()
		p, err := s.Proposal(t.Context(), strings.TrimPrefix(at, "/admin/proposals/"))
		if err != nil {
			t.Fatal(err)
		}
		return p.State
	}
	suspend := func(v *visitor, who *visitor) string {
		return v.proposes("/admin/admins/"+who.who.ID+"/state", url.Values{"state": {"suspended"}})
	}
	own := suspend(olive, oscar)
	if got := oscar.send(http.MethodPost, own+"/confirm", nil); got.StatusCode != http.StatusForbidden {
		t.Errorf("an owner decides about himself: %d", got.StatusCode)
	}
	if got := orla.send(http.MethodPost, own+"/refuse", nil); got.StatusCode != http.StatusSeeOther ||
		state(own) != app.ProposalRefused {
		t.Errorf("refused: %d, %s", got.StatusCode, state(own))
	}
	back := suspend(olive, oscar)
	if got := olive.send(http.MethodPost, back+"/withdraw", nil); got.StatusCode != http.StatusSeeOther ||
		state(back) != app.ProposalEnded {
		t.Errorf("taken back: %d, %s", got.StatusCode, state(back))
	}
	late := olive.proposes("/admin/settings/retention", url.Values{"version": {"0"}, "payloads": {"30"}})
	s.Clock.Advance(app.ProposalTTL)
	oscar = oscar.again()
	if got := oscar.send(http.MethodPost, late+"/confirm", nil); got.StatusCode != http.StatusConflict ||
		state(late) != app.ProposalEnded {
		t.Errorf("a day later: %d, %s", got.StatusCode, state(late))
	}
	olive, orla = olive.again(), orla.again()
	gone := orla.proposes("/admin/settings/retention", url.Values{"version": {"0"}, "payloads": {"30"}})
	at := olive.proposes("/admin/admins/"+orla.who.ID+"/state", url.Values{"state": {"suspended"}})
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther ||
		state(at) != app.ProposalDone {
		t.Fatalf("suspending her: %d, %s", got.StatusCode, state(at))
	}
	if got := oscar.send(http.MethodPost, gone+"/confirm", nil); got.StatusCode != http.StatusConflict ||
		state(gone) != app.ProposalEnded {
		t.Errorf("her proposal: %d, %s", got.StatusCode, state(gone))
	}
	rows, err := s.Choices(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if settings.Name(row.Name) == settings.RetentionName {
			t.Errorf("retention was changed: %+v", row)
		}
	}
}

// Four eyes can't be switched on where nobody could confirm, nor off by one.
func TestFourEyesIsSwitchedByTwo(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	s.visitor("opal@northmoor.example", app.RoleOperator) // may confirm enrolments, and is no owner
	if got := olive.send(http.MethodPost, "/admin/settings/four_eyes",
		url.Values{"area": {"enrolment"}, "version": {"0"}}); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("with one owner: %d", got.StatusCode)
	}
	if got := olive.send(http.MethodPost, "/admin/settings/four_eyes",
		url.Values{"area": {"settings"}, "version": {"0"}}); got.StatusCode != http.StatusUnprocessableEntity ||
		!got.has("areas-fault") {
		t.Errorf("alone: %d", got.StatusCode)
	}
	oscar := s.visitor("oscar@northmoor.example", app.RoleOwner)
	olive.wants("enrolment", "owners")
	form := url.Values{"area": {"owners"}, "version": {olive.version(settings.FourEyesName)}}
	at := olive.proposes("/admin/settings/four_eyes", form)
	on := func() int {
		t.Helper()
		e, _, err := s.chosen.FourEyes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(e.Areas)
	}
	if on() != 2 {
		t.Errorf("one took an area away: %d are left", on())
	}
	if reset := olive.proposes("/admin/settings/four_eyes/reset",
		url.Values{"version": {olive.version(settings.FourEyesName)}}); reset == at ||
		on() != 2 {
		t.Errorf("one put it back: %d are left", on())
	}
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther || on() != 1 {
		t.Errorf("two: %d, %d are left", got.StatusCode, on())
	}
	if err := settings.SwitchFourEyesOff(t.Context(), s.Store, app.Operator); err != nil || on() != 0 {
		t.Errorf("the emergency door: %v, %d are left", err, on())
	}
	if rows, err := s.AuditOf(t.Context(), "four_eyes.off", 2); err != nil || len(rows) != 1 {
		t.Errorf("the door is in the audit %d times (%v)", len(rows), err)
	}
}

// One administrator can't make their own second: whoever could confirm is added,
// let in, promoted and sent a link by two.
func TestNobodyMakesTheirOwnSecond(t *testing.T) {
	s := newSite(t, true)
	olive := s.visitor("olive@northmoor.example", app.RoleOwner)
	s.visitor("oscar@northmoor.example", app.RoleOwner)
	opal, helen := s.visitor("opal@northmoor.example",
		app.RoleOperator), s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	audra := s.visitor("audra@northmoor.example", app.RoleAuditor)
	olive.wants("enrolment") // not owners: they could confirm this too
	for _, role := range []app.AdminRole{app.RoleOwner, app.RoleOperator, app.RoleHelpDesk} {
		olive.proposes("/admin/admins/new",
			url.Values{"email": {string(role) + "2@northmoor.example"}, "name": {"Eve"}, "role": {string(role)}})
	}
	olive.proposes("/admin/admins/"+opal.who.ID+"/link", nil)
	olive.proposes("/admin/admins/"+audra.who.ID+"/role", url.Values{"role": {"helpdesk"}})
	if err := s.SetAdminState(t.Context(), app.Operator, helen.who.ID, app.AdminSuspended); err != nil {
		t.Fatal(err)
	}
	olive.proposes("/admin/admins/"+helen.who.ID+"/state", url.Values{"state": {"active"}})
	// An auditor confirms nothing.
	if got := olive.send(http.MethodPost, "/admin/admins/new",
		url.Values{
			"email": {"aud@northmoor.example"},
			"name":  {"Aud"},
			"role":  {"auditor"},
		}); got.StatusCode != http.StatusOK ||
		!got.has("link") {
		t.Errorf("an auditor: %d", got.StatusCode)
	}
	rows, err := s.Admins(t.Context())
	if err != nil || len(rows) != 6 {
		t.Errorf("%d administrators (%v)", len(rows), err)
	}
}

// Another role is another person's key: sessions and links of the former end.
func TestARoleEndsWhatTheFormerHad(t *testing.T) {
	s := newSite(t, true)
	olive, helen := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	made, err := s.registry.Link(t.Context(), app.Operator, helen.who.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got := olive.send(http.MethodPost, "/admin/admins/"+helen.who.ID+"/role",
		url.Values{"role": {"operator"}}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("%d", got.StatusCode)
	}
	if got := helen.send(http.MethodGet, "/admin/people", nil); got.StatusCode != http.StatusSeeOther {
		t.Errorf("her session: %d", got.StatusCode)
	}
	link, err := s.AdminLink(t.Context(), app.TokenHash(made.Token))
	if err != nil || link.Check(s.Now()) == nil {
		t.Errorf("her link works (%v)", err)
	}
}

// What was confirmed can be refused until it is carried out, and doesn't outlive
// the day on which it was asked for, the person's links or their standing.
func TestAConfirmationCanBeTakenBack(t *testing.T) {
	for name, end := range map[string]func(s *site, oscar *visitor, at, person string) int{
		"refused": func(_ *site, oscar *visitor, at, _ string) int {
			return oscar.send(http.MethodPost, at+"/refuse", nil).StatusCode
		},
		"links withdrawn": func(_ *site, oscar *visitor, _, person string) int {
			return oscar.send(http.MethodPost, "/admin/people/"+person+"/withdraw", nil).StatusCode
		},
		"suspended and let in": func(_ *site, oscar *visitor, _, person string) int {
			oscar.send(http.MethodPost, "/admin/people/"+person+"/state", url.Values{"state": {"suspended"}})
			return oscar.send(http.MethodPost, "/admin/people/"+person+"/state",
				url.Values{"state": {"active"}}).StatusCode
		},
		"a day later": func(s *site, _ *visitor, _, _ string) int {
			s.Clock.Advance(time.Hour)
			return http.StatusSeeOther
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, true)
			olive, oscar := s.visitor("olive@northmoor.example",
				app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
			ada := s.MustPerson("ada")
			olive.wants("enrolment")
			at := olive.proposes("/admin/people/"+ada.ID+"/invite", url.Values{"way": {"link"}})
			s.Clock.Advance(app.ProposalTTL - time.Hour)
			olive, oscar = olive.again(), oscar.again()
			if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther {
				t.Fatalf("confirming: %d", got.StatusCode)
			}
			if got := end(s, oscar, at, ada.ID); got != http.StatusSeeOther {
				t.Fatalf("%d", got)
			}
			if got := olive.again().send(http.MethodPost, at+"/take", nil); got.StatusCode != http.StatusConflict ||
				got.has("link") {
				t.Errorf("the link: %d", got.StatusCode)
			}
		})
	}
}

// What was confirmed is what was shown: a person who has changed since the
// proposal was made is left as they are.
func TestAProposalChangesThePersonItWasMadeFor(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
	ada := s.MustPerson("ada")
	olive.wants("identifiers")
	at := olive.proposes("/admin/people/"+ada.ID+"/edit",
		url.Values{"name": {"Ada Q"}, "identifiers": {"username:ada"}})
	if _, err := s.EditPerson(t.Context(), app.Operator, ada.ID, "ada",
		[]app.Identifier{{Kind: app.Username, Value: "ada2", Norm: "ada2"}}, nil); err != nil {
		t.Fatal(err)
	}
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("confirming: %d", got.StatusCode)
	}
	p, err := s.Proposal(t.Context(), strings.TrimPrefix(at, "/admin/proposals/"))
	ids, idsErr := s.Identifiers(t.Context(), ada.ID)
	if err != nil || idsErr != nil || p.State != app.ProposalFailed || p.Cause != app.ErrChanged.Code ||
		len(ids) != 1 || ids[0].Norm != "ada2" {
		t.Errorf("the proposal is %s for %q, she has %v (%v %v)", p.State, p.Cause, ids, err, idsErr)
	}
	// Erasing somebody frees what they are named by: it waits too.
	at = olive.proposes("/admin/people/"+ada.ID+"/remove", nil)
	if got := oscar.send(http.MethodPost, at+"/confirm", nil); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("confirming: %d", got.StatusCode)
	}
	if now, err := s.Person(t.Context(), ada.ID); err != nil || now.ErasedAt == 0 {
		t.Errorf("she is not erased (%v)", err)
	}
	if p, err := s.Proposal(t.Context(), strings.TrimPrefix(at, "/admin/proposals/")); err != nil ||
		p.State != app.ProposalDone {
		t.Errorf("the proposal is %s (%v)", p.State, err)
	}
}

// A proposal is about somebody who is there, says about whom in the audit, and
// one administrator's many don't hide another's.
func TestProposalsAreFewAndAboutSomebody(t *testing.T) {
	s := newSite(t, true)
	olive, oscar := s.visitor("olive@northmoor.example",
		app.RoleOwner), s.visitor("oscar@northmoor.example", app.RoleOwner)
	helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	ada := s.MustPerson("ada")
	olive.wants("enrolment")
	if got := helen.send(http.MethodPost, "/admin/people/nosuch/invite",
		url.Values{"way": {"link"}}); got.StatusCode != http.StatusNotFound {
		t.Errorf("about nobody: %d", got.StatusCode)
	}
	mine := olive.proposes("/admin/people/"+ada.ID+"/invite", url.Values{"way": {"link"}})
	var last answer
	for range 40 {
		last = helen.send(http.MethodPost, "/admin/people/"+ada.ID+"/invite", url.Values{"way": {"link"}})
	}
	if last.StatusCode != http.StatusTooManyRequests {
		t.Errorf("the fortieth: %d", last.StatusCode)
	}
	list := oscar.send(http.MethodGet, "/admin/proposals", nil)
	if n := list.Find(`[data-testid="proposal"]`).Length(); list.StatusCode != http.StatusOK || n > 21 ||
		list.Find(`a[href="`+mine+`"]`).Length() != 1 {
		t.Errorf("the list: %d, %d rows", list.StatusCode, n)
	}
	rows, err := s.AuditOf(t.Context(), "proposal.make", 1)
	if err != nil || len(rows) != 1 || rows[0].PersonID != ada.ID {
		t.Errorf("the audit: %+v (%v)", rows, err)
	}
}
