package page_test

import (
	"bytes"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/a-h/templ"

	"assent/app"
	"assent/app/i18n"
	"assent/web/admin/page"
	"assent/web/view"
	"assent/web/view/viewtest"
)

// paged is any page of the console.
type paged interface {
	Page(page.Frame) templ.Component
}

// shown is one page in one state.
type shown struct {
	name  string
	path  string // of the section that it belongs to
	page  paged
	guest bool // nobody is signed in
	role  app.AdminRole
}

var now = time.Date(2026, 11, 22, 14, 30, 40, 0, time.UTC)

var olive = page.Admin{
	ID:      "a1",
	Name:    "Olive Owen",
	Email:   "olive@northmoor.example",
	Role:    app.RoleOwner,
	State:   app.AdminActive,
	Passkey: true,
	Seen:    now,
	Created: now.AddDate(-1, 0, -3),
	You:     true,
}

var list = []page.Admin{
	{
		ID:        "a2",
		Name:      "Ana Lúcia de Souza Albuquerque Cavalcanti",
		Email:     "ana.lucia.de.souza.albuquerque@northmoor.example",
		Role:      app.RoleAuditor,
		State:     app.AdminActive,
		LinkUntil: now.Add(20 * time.Hour),
		Created:   now.Add(-4 * time.Hour),
	},
	{
		ID:      "a3",
		Name:    "Helen Hart",
		Email:   "helen@northmoor.example",
		Role:    app.RoleHelpDesk,
		State:   app.AdminSuspended,
		Passkey: true,
		Seen:    now.AddDate(0, -2, 0),
		Created: now.AddDate(-2, 0, 0),
	},
	{
		ID:      "a4",
		Name:    "نور الدين",
		Email:   "nur@northmoor.example",
		Role:    app.RoleOperator,
		State:   app.AdminActive,
		Created: now.AddDate(0, 0, -9),
	},
	olive,
	{
		ID:      "a5",
		Name:    "Oscar Price",
		Email:   "oscar@northmoor.example",
		Role:    app.RoleOperator,
		State:   app.AdminActive,
		Passkey: true,
		Seen:    now.Add(-26 * time.Hour),
		Created: now.AddDate(0, -6, 0),
	},
}

// gallery is every page in every state.
func gallery(t *testing.T, f page.Frame) []shown {
	t.Helper()
	const admins, sessions = "/admin/admins", "/admin/sessions"
	w := f.Words
	return append(slices.Concat(overviews(f), peoplePages(f), importPages(f), requestPages(f), settingsPages(f),
		proposalPages(f), helpPages(t, w.Tag())),
		[]shown{
			{name: "sign-in", guest: true, page: page.SignIn{Next: "/admin/admins?x=1"}},
			{
				name:  "set-up-code",
				guest: true,
				page:  page.SetUpCode{Token: "t0k3n", Words: []string{"nightingale", "acorn", "watermelon"}},
			},
			{
				name:  "set-up-code-wrong",
				guest: true,
				page: page.SetUpCode{
					Token: "t0k3n",
					Words: []string{"nightingale", "acorn", "watermelon"},
					Fault: page.CodeWrong,
					Left:  4,
				},
			},
			{
				name:  "set-up",
				guest: true,
				page: page.SetUp{
					Token: "t0k3n",
					Name:  olive.Name,
					Email: olive.Email,
					Role:  app.RoleOwner,
					Ends:  now.Add(20 * time.Hour),
				},
			},
			{
				name:  "set-up-again",
				guest: true,
				page: page.SetUp{
					Token: "t0k3n",
					Name:  list[0].Name,
					Email: list[0].Email,
					Role:  app.RoleHelpDesk,
					Ends:  now.Add(time.Hour),
					Again: true,
				},
			},
			{name: "link-unknown", guest: true, page: page.ProblemOf(f, app.NotFound, app.ErrInvitation.Code, "")},
			{name: "link-used", guest: true, page: page.ProblemOf(f, app.Gone, app.ErrInvitationUsed.Code, "")},
			{name: "link-ended", guest: true, page: page.ProblemOf(f, app.Gone, app.ErrInvitationEnded.Code, "")},
			{
				name: "confirm",
				path: admins,
				page: page.Confirm{
					Method: "post",
					Action: "/admin/admins/a2/state",
					Fields: url.Values{"state": {"suspended"}},
				},
			},
			{name: "confirm-upload", path: admins, page: page.Confirm{}},
			{name: "sessions", path: sessions, page: page.Sessions{List: []page.Session{
				{
					ID:      "s1",
					Browser: "Firefox on Windows",
					Source:  "192.0.2.7",
					Since:   now.Add(-3 * time.Hour),
					Seen:    now,
					This:    true,
				},
				{
					ID:      "s2",
					Browser: "Chrome on Android",
					Source:  "2001:db8:85a3::8a2e:370:7334",
					Since:   now.Add(-40 * time.Minute),
					Seen:    now.Add(-20 * time.Minute),
				},
			}}},
			{
				name: "sessions-ended",
				path: sessions,
				role: app.RoleHelpDesk,
				page: page.Sessions{
					Done: true,
					List: []page.Session{{
						ID:      "s1",
						Browser: "Safari on macOS",
						Source:  "192.0.2.7",
						Since:   now,
						Seen:    now,
						This:    true,
					}},
				},
			},
			{name: "admins", path: admins, page: page.Admins{List: list, Manage: true}},
			{
				name: "admins-auditor",
				path: admins,
				role: app.RoleAuditor,
				page: page.Admins{
					List: append([]page.Admin{{
						ID:      "a6",
						Name:    "Otto Second",
						Email:   "otto@northmoor.example",
						Role:    app.RoleOwner,
						State:   app.AdminActive,
						Passkey: true,
					}},
						list...),
					Gone: true,
				},
			},
			{name: "admin-new", path: admins + "/new", page: page.NewAdmin{Role: app.RoleOperator}},
			{
				name: "admin-new-fault",
				path: admins + "/new",
				page: page.NewAdmin{
					Role:  app.RoleAuditor,
					Email: olive.Email,
					Name:  "Olive",
					Fault: w.Error(app.ErrEmailTaken.Code),
				},
			},
			{name: "admin", path: admins + "/a5", page: page.OneAdmin{Admin: list[4], Manage: true, Day: true}},
			{
				name: "admin-waiting",
				path: admins + "/a2",
				page: page.OneAdmin{
					Admin:     list[0],
					Manage:    true,
					Code:      true,
					Words:     "acorn badger",
					WordFault: w.T("admin.code.fault"),
					Saved:     w.T("admin.admins.role_set"),
				},
			},
			{name: "admin-suspended", path: admins + "/a3", page: page.OneAdmin{Admin: list[1], Manage: true}},
			{
				name: "admin-last-owner",
				path: admins + "/a1",
				page: page.OneAdmin{Admin: olive, Manage: true, Fault: w.Error(app.ErrLastOwner.Code)},
			},
			{
				name: "admin-colleague",
				path: admins + "/a2",
				page: page.OneAdmin{Admin: list[0], Manage: true, Code: true, Hand: page.HandColleague},
			},
			{
				name: "admin-related",
				path: admins + "/a2",
				page: page.OneAdmin{Admin: list[0], Manage: true, Code: true, Hand: page.HandRelated},
			},
			{
				name: "admin-alone",
				path: admins + "/a2",
				page: page.OneAdmin{Admin: list[0], Manage: true, Code: true, Hand: page.HandAlone},
			},
			{
				name: "admin-code-alone",
				path: admins + "/a2",
				page: page.AdminCode{Admin: list[0], Digits: "4821 7730", Ends: now.Add(15 * time.Minute), Alone: true},
			},
			{
				name: "admin-link-alone",
				path: admins + "/new",
				page: page.AdminLink{Admin: list[0], Ends: now.Add(24 * time.Hour), New: true, Code: true, Alone: true,
					URL: "https://approve.northmoor.example/admin/set-up/jzX0Yq3mB8m1sTq0o5Yw1oHcVJd2mVYkqvJtM0c2C9E"},
			},
			{
				name: "admin-code",
				path: admins + "/a2",
				page: page.AdminCode{Admin: list[0], Digits: "4821 7730", Ends: now.Add(15 * time.Minute)},
			},
			{
				name: "admin-read",
				path: admins + "/a5",
				role: app.RoleAuditor,
				page: page.OneAdmin{Admin: list[4], Day: true},
			},
			{name: "admin-remove", path: admins + "/a5/remove", page: page.RemoveAdmin{Admin: list[4]}},
			{
				name: "admin-link",
				path: admins + "/new",
				page: page.AdminLink{
					Admin: list[0],
					URL:   "https://approve.northmoor.example/admin/set-up/jzX0Yq3mB8m1sTq0o5Yw1oHcVJd2mVYkqvJtM0c2C9E",
					Ends:  now.Add(24 * time.Hour),
					New:   true,
					Code:  true,
				},
			},
			{
				name: "admin-link-again",
				path: admins + "/a5/link",
				page: page.AdminLink{
					Admin: list[4],
					URL:   "https://approve.northmoor.example/admin/set-up/jzX0Yq3mB8m1sTq0o5Yw1oHcVJd2mVYkqvJtM0c2C9E",
					Ends:  now.Add(24 * time.Hour),
				},
			},
			{
				name: "denied",
				role: app.RoleHelpDesk,
				page: page.DeniedTo(withRole(f, app.RoleHelpDesk),
					[]app.AdminRole{app.RoleOwner, app.RoleOperator, app.RoleAuditor}),
			},
			{name: "problem-internal", page: page.ProblemOf(f, app.Internal, "", "b3c0ffee1234")},
			{name: "problem-not-found", page: page.ProblemOf(f, app.NotFound, "not_found", "")},
			{name: "problem-refused", page: page.ProblemOf(f, app.Conflict, app.ErrAlreadyCompleted.Code, "")},
			{
				name:  "problem-signed-out",
				guest: true,
				page:  page.ProblemOf(f, app.Unauthorized, app.ErrSignedOut.Code, ""),
			},
		}...)
}

func withRole(f page.Frame, role app.AdminRole) page.Frame {
	f.Who.Role = role
	return f
}

func frame(t *testing.T, lang string) page.Frame {
	t.Helper()
	cat, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	words := cat.Match(lang, "")
	return page.Frame{Frame: view.Frame{Words: words, Institution: "Northmoor", Now: now, Here: view.Computer},
		Who: page.Who{Name: "Olive Owen", Role: app.RoleOwner}, Path: "/admin",
		Menu: []page.Item{
			{Path: "/admin/overview", Title: "admin.overview.title", Icon: view.IconHome},
			{
				Path:  "/admin/people",
				Title: "admin.people.title",
				Icon:  view.IconPerson,
				Count: page.Figure(words, 48_210),
			},
			{Path: "/admin/import", Title: "admin.import.title", Icon: view.IconUpDown},
			{
				Path:  "/admin/requests",
				Title: "admin.requests.title",
				Icon:  view.IconInbox,
				Count: words.N("admin.overview.menu_waiting", 2, "count", "2"),
			},
			{Path: "/admin/audit", Title: "admin.audit.title", Icon: view.IconList},
			{Path: "/admin/settings", Title: "admin.settings.title", Icon: view.IconSettings},
			{Path: "/admin/admins", Title: "admin.admins.title", Icon: view.IconShield},
		}}
}

func render(t *testing.T, f page.Frame, s shown) []byte {
	t.Helper()
	if s.role != "" {
		f.Who = page.Who{Name: "Helen Hart", Role: s.role}
	}
	if s.guest {
		f.Who, f.Menu = page.Who{}, nil
	}
	if s.path != "" {
		f.Path = s.path
	}
	var b bytes.Buffer
	if err := s.page.Page(f).Render(t.Context(), &b); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return b.Bytes()
}

// Every page renders in both languages and is well made.
func TestGallery(t *testing.T) {
	for _, lang := range i18n.Tags {
		t.Run(lang, func(t *testing.T) {
			f := frame(t, lang)
			for _, s := range gallery(t, f) {
				doc := viewtest.Page(t, s.name, lang, render(t, f, s))
				if s.guest != (doc.Find(`[data-testid="who"]`).Length() == 0) {
					t.Errorf("%s (%s): the rail shows who is signed in: %v", s.name, lang, !s.guest)
				}
			}
		})
	}
}
