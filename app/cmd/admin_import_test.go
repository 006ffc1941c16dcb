package cmd_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"assent/app"
	"assent/app/cmd"
)

// A file with faults is checked first, its good rows are brought in, and the
// people are there.
func TestImportWithErrors(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	olive := owner(t, d)
	file := filepath.Join(t.TempDir(), "people.csv")
	write(t, file,
		"name,identifiers\nInes Moreira,email:ines@example.com\nNobody,\nKofi Okafor,username:kofi\nTwice,email:INES@example.com username:ada.quill\n")
	olive.click("section-import")
	olive.see("upload")
	olive.do("choose the file", chromedp.SetUploadFiles("#file", []string{file}))
	olive.click("upload")
	olive.says("start", "Import 2 people")
	olive.says("row-fault", "There is no identifier")
	olive.says("count-faulty", "2")
	olive.accessible("a checked file with faults")
	olive.click("start")
	olive.says("count-added", "2")
	olive.see("result")
	olive.accessible("a finished import")
	olive.open(d.URL + "/admin/people?q=okafor")
	olive.says("person", "Kofi Okafor")
}

// Each role has the menu that the table gives it, and what it has not is
// refused on a page that says whose it is.
func TestEachRolesMenu(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	olive := owner(t, d)
	all := []string{"overview", "people", "import", "requests", "audit", "settings", "admins"}
	has := map[app.AdminRole]string{
		app.RoleOwner:    "overview people import requests audit settings admins",
		app.RoleOperator: "overview people import requests settings",
		app.RoleHelpDesk: "overview people requests",
		app.RoleAuditor:  "overview people requests audit settings admins",
	}
	for _, role := range app.AdminRoles {
		who := olive
		if role != app.RoleOwner {
			olive.open(d.URL + "/admin/admins/new")
			olive.fill("#email", string(role)+"@northmoor.example")
			olive.fill("#name", "Some "+string(role))
			olive.hit("the role", `input[value="`+string(role)+`"]`)
			olive.click("create")
			olive.see("copy")
			link := olive.text("link")
			who = newPhone(t, string(role), desk)
			who.open(link)
			who.click("make-passkey")
			who.see("role")
		}
		for _, section := range all {
			want := strings.Contains(has[role], section)
			if got := eval[int](who,
				`document.querySelectorAll('[data-testid="section-`+section+`"]').length`) == 1; got != want {
				t.Errorf("%s: %s in the menu: %v, want %v", role, section, got, want)
			}
			who.open(d.URL + "/admin/" + section)
			who.until("the page is there", `!!document.querySelector("h1")`)
			if refused := eval[int](who,
				`document.querySelectorAll('[data-testid="denied"]').length`) == 1; refused == want {
				t.Errorf("%s: %s is refused: %v", role, section, refused)
			}
		}
	}
}
