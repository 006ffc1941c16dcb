package cmd_test

import (
	"bytes"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"assent/app"
	"assent/app/cmd"
)

var desk = look{width: 1280, height: 860, lang: "en-GB"}

// fill types into a field.
func (p *phone) fill(selector, value string) {
	p.t.Helper()
	p.hit("the field "+selector, selector)
	eval[bool](p,
		`(() => { const f = document.querySelector('`+selector+`'); f.value = '`+value+
			`'; f.dispatchEvent(new Event("input", {bubbles: true})); return true; })()`)
}

// The owner of the demo sets themselves up by the link, signs out and in again,
// and adds an operator, who sets up and sees less.
func TestOwnerSetsUpAndAddsAnOperator(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	olive := newPhone(t, "olive", desk)
	olive.open(d.Owner)
	olive.says("name", "Olive Owen")
	olive.click("make-passkey")
	olive.says("who", "Olive Owen")
	olive.says("role", "Owner")
	olive.accessible("the overview of a new installation")
	olive.click("section-admins")
	olive.says("admin-owner@northmoor.example", "Can sign in")
	olive.accessible("administrators")
	olive.click("preferences")
	olive.see("lang-pt-BR")
	olive.accessible("language and theme")
	olive.click("lang-pt-BR")
	olive.says("role", "Proprietário")
	olive.click("preferences")
	olive.click("lang-en-GB")
	olive.says("role", "Owner")
	olive.until("keys are listened to", `!document.querySelector("[data-keys-hint]").hidden`)
	olive.do("the key ?", chromedp.KeyEvent("?"))
	olive.until("the keys are explained", `document.getElementById("keys").open`)
	olive.accessible("the keys")
	olive.hit("close", "#keys [type=submit]")

	olive.click("sign-out")
	olive.see("sign-in")
	olive.accessible("sign-in")
	olive.open(d.URL + "/admin/admins/new")
	olive.click("sign-in")
	olive.see("create") // back where the way led
	olive.fill("#email", "oscar@northmoor.example")
	olive.fill("#name", "Oscar Price")
	olive.click("create")
	link := olive.text("link")
	if !strings.HasPrefix(link, d.URL+"/admin/set-up/") {
		t.Fatalf("the link reads %q", link)
	}
	olive.accessible("the link")

	oscar := newPhone(t, "oscar", look{width: 390, height: 844, mobile: true, dark: true, lang: "en-GB"})
	oscar.open(link)
	oscar.says("name", "Oscar Price")
	oscar.click("make-passkey")
	oscar.until("the overview is open", `location.pathname === "/admin/overview"`)
	oscar.open(d.URL + "/admin/sessions")
	oscar.says("session", "this one")
	oscar.click("menu")
	oscar.says("who", "Oscar Price")
	if n := eval[int](oscar, `document.querySelectorAll('[data-testid="section-admins"]').length`); n != 0 {
		t.Error("an operator has the administrators in the menu")
	}
	oscar.accessible("the menu on a phone")
	oscar.open(d.URL + "/admin/admins")
	oscar.says("denied", "needs the role Owner or Auditor")
	oscar.open(link)
	oscar.says("problem", "used")

	// Suspended, he is out at his next click.
	olive.open(d.URL + "/admin/admins")
	olive.hit("oscar's row", `[data-testid="admin-oscar@northmoor.example"] a`)
	olive.click("suspend")
	olive.says("saved", "signed out everywhere")
	oscar.open(d.URL + "/admin/sessions")
	oscar.see("sign-in")
	oscar.click("sign-in")
	oscar.says("alert", "suspended")
}

// What is dangerous asks for the passkey when it wasn't asked for lately, and
// is done right after.
func TestStepUpCarriesOn(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	olive := newPhone(t, "olive", desk)
	olive.open(d.Owner)
	olive.click("make-passkey")
	olive.click("section-admins")
	olive.click("add")
	olive.fill("#email", "aud@northmoor.example")
	olive.fill("#name", "Aud Itor")
	olive.hit("the role", `input[value="auditor"]`)
	d.AgeConfirmations(t, app.AdminFresh)
	olive.click("create")
	olive.see("confirm-go")
	olive.accessible("confirm")
	olive.click("confirm-go")
	olive.says("link", "/admin/set-up/")
	rows, err := d.Store.Admins(t.Context())
	if err != nil || len(rows) != 2 || rows[0].Name != "Aud Itor" || rows[0].Role != app.RoleAuditor {
		t.Errorf("the administrators: %+v %v", rows, err)
	}
}

// The commands work beside a service, and print the link alone.
func TestAdminCommands(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) (string, error) {
		t.Helper()
		var out, faults bytes.Buffer
		err := cmd.Run(t.Context(),
			cmd.Process{
				Args:   append(args, "--data-dir", dir, "--public-url", "https://approve.bank.example"),
				Stdout: &out,
				Stderr: &faults,
			})
		return out.String(), err
	}
	link := regexp.MustCompile(`^https://approve\.bank\.example/admin/set-up/[A-Za-z0-9_-]{43}\n$`)
	first, err := run("admin", "add", "olive@bank.example", "--role", "owner", "--name", "Olive Owen")
	if err != nil || !link.MatchString(first) {
		t.Fatalf("admin add: %q %v", first, err)
	}
	if _, err := run("admin", "add", "Olive@bank.example", "--role", "auditor"); err == nil {
		t.Error("the address was added twice")
	}
	for _, bad := range [][]string{{"admin", "add", "x@bank.example"},
		{"admin", "add", "x@bank.example", "--role", "king"}, {"admin", "add", "x", "--role", "owner"},
		{"admin", "link", "nobody@bank.example"}} {
		if out, err := run(bad...); err == nil {
			t.Errorf("%v: %q", bad, out)
		}
	}
	second, err := run("admin", "link", "OLIVE@bank.example")
	if err != nil || !link.MatchString(second) || second == first {
		t.Errorf("admin link: %q %v", second, err)
	}
	table, err := run("admin", "list")
	if err != nil ||
		!regexp.MustCompile(`olive@bank\.example +Olive Owen +owner +active +no +20\d\d-`).MatchString(table) {
		t.Errorf("admin list: %v\n%s", err, table)
	}
	if u, err := url.Parse(strings.TrimSpace(first)); err != nil || u.RawQuery != "" {
		t.Errorf("the link as a URL: %v %v", u, err)
	}
}

// Every page of the console in every state that its gallery has is held against
// WCAG 2.2 AA, in light on a desk in English and in dark on a phone in
// Portuguese, and must not be wider than its screen. With ASSENT_SCREENSHOTS
// desk and phone are seen, and photographed, in both themes.
func TestEveryPageOfTheConsole(t *testing.T) {
	phone := look{width: 390, height: 1400, mobile: true, lang: "en-GB"}
	darkDesk, darkPhone := desk, phone
	darkDesk.dark, darkPhone.dark = true, true
	holdGallery(t, "assent/web/admin/page", 40,
		gallery{name: "light 1280", lang: "en-GB", look: desk},
		gallery{name: "dark 390", lang: "pt-BR", look: darkPhone},
		gallery{name: "dark 1280", lang: "pt-BR", look: darkDesk, pictures: true},
		gallery{name: "light 390", lang: "en-GB", look: phone, pictures: true})
}
