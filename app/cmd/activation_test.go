package cmd_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"assent/app/cmd"
	"assent/app/config"
)

func withCodes(c *config.Config) { c.ActivationCode = true }

// types fills the field and sends its form by the Enter key.
func (p *phone) types(id, text string) {
	p.t.Helper()
	p.click(id)
	p.do("select all", chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)))
	p.do("type "+text, chromedp.KeyEvent(text))
	p.do("Enter", chromedp.KeyEvent(kb.Enter))
}

// A clerk makes a code by the command line while the page is open; the person
// types it as it is read out. Another browser with the same link gains nothing.
func TestActivationCode(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := cmd.StartDemo(t, dir, withCodes)
	ada := newPhone(t, "ada", portrait)
	ada.open(d.Links[0])
	ada.click("set-up")
	ada.see("activation-code")
	ada.accessible("code asked for")

	codeFor := func(p *phone) string {
		return strings.TrimSpace(must(t, "user", "code", "--data-dir="+dir, "ada.quill", "--words="+p.text("words")))
	}
	code := codeFor(ada)
	wrong := "0000-0000"
	if code == "0000 0000" {
		wrong = "0000-0001"
	}
	ada.types("activation-code", wrong)
	ada.says("code-wrong", "4 tries left")
	ada.accessible("wrong code")
	if described := eval[string](ada,
		`document.activeElement.getAttribute("aria-describedby") ?? ""`); !strings.HasPrefix(described, "code-fault") {
		t.Errorf("after a wrong code the focus is on what is described by %q, want the field with its fault", described)
	}
	ada.types("activation-code", code)
	ada.see("make-passkey")

	other := newPhone(t, "other", portrait)
	other.open(d.Links[0] + "/passkey")
	other.types("activation-code", codeFor(other))
	other.see("make-passkey")
	ada.click("make-passkey") // the newest code counts, and the page follows
	ada.types("activation-code", codeFor(ada))
	ada.click("make-passkey")
	ada.click("skip")
	ada.see("tab-requests")
}

// The first owner sets up the console with two commands and a browser: the link,
// and its code for the words that the link's page shows.
func TestFirstOwnerByCommandsAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := cmd.StartDemo(t, dir, withCodes)
	olive := newPhone(t, "olive", desk)
	olive.open(d.Owner)
	olive.accessible("the set-up link before its code")
	olive.types("set-up-code",
		strings.TrimSpace(must(t, "admin", "code", "--data-dir="+dir, "owner@northmoor.example",
			"--words="+olive.text("words"))))
	olive.says("name", "Olive Owen")
	olive.click("make-passkey")
	olive.until("the overview is open", `location.pathname === "/admin/overview"`)
}

func TestActivationCodeCommand(t *testing.T) {
	dir := "--data-dir=" + t.TempDir()
	must(t, "user", "add", dir, "--name=Ada Quill", "--id=ada.quill")
	if _, _, err := run(t, "user", "code", dir, "ada.quill", "--words=acorn badger cabin"); err == nil ||
		!strings.Contains(err.Error(), "assent user invite ada.quill") {
		t.Errorf("a code without a link: %v, want what to do", err)
	}
	for _, args := range [][]string{{"user", "invite", dir, "ada.quill"},
		{"user", "invite", "--letter", dir, "ada.quill"}} {
		must(t, args...)
		out, errs, err := run(t, "user", "code", dir, "ada.quill", "--words=acorn badger cabin")
		if err != nil || !regexp.MustCompile(`^[0-9]{4} [0-9]{4}\n$`).MatchString(out) {
			t.Errorf("%v: printed %q, %v, want the code alone", args, out, err)
		}
		if !strings.Contains(errs, "Ada Quill") || !regexp.MustCompile(`until \d\d:\d\d:\d\d`).MatchString(errs) ||
			strings.Contains(errs, "off") {
			t.Errorf("%v: says %q, want for whom and until when", args, errs)
		}
	}
	for _, words := range []string{"", "acorn badger", "acorn badger qzx"} {
		if out, _, err := run(t, "user", "code", dir, "ada.quill", "--words="+words); err == nil || out != "" {
			t.Errorf("the words %q: printed %q, %v, want what a page shows", words, out, err)
		}
	}
	t.Setenv("ASSENT_ACTIVATION_CODE", "false")
	if _, _, err := run(t, "user", "invite", "--letter", dir, "ada.quill"); err == nil ||
		!strings.Contains(err.Error(), "ASSENT_ACTIVATION_CODE") {
		t.Errorf("a letter where codes are off: %v", err)
	}
	if _, errs, err := run(t, "user", "code", dir, "ada.quill", "--words=acorn badger cabin"); err != nil ||
		!strings.Contains(errs, "off") {
		t.Errorf("a code where they are off: %v, says %q, want that links work without", err, errs)
	}
}
