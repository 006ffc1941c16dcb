package cmd_test

import (
	"database/sql"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assent/app/cmd"
	"assent/store"
)

func says(page *goquery.Document, id string) string {
	return page.Find(`[data-testid="` + id + `"]`).Text()
}

// A new installation begins with policies, and says so wherever they are shown.
func TestDefaultsOfANewInstallation(t *testing.T) {
	b := newBank(t)
	ask := b.owner("--cooling=2h")
	if n := ask("/admin/overview", nil).Find(`[data-testid="check-protection"]`).Length(); n != 0 {
		t.Error("the overview asks to choose what there is")
	}
	form := ask("/admin/settings/protection", nil)
	if got := says(form, "begun"); !strings.Contains(got, "default of new installations") {
		t.Errorf("the policies say %q", got)
	}
	if form.Find(`input[name="report_pauses"][checked]`).AttrOr("value", "") != "payments" ||
		form.Find("#cooling").AttrOr("value", "") != "2" ||
		form.Find(`[data-testid="code-uk-payment"] input[checked]`).AttrOr("value", "") != "attack" ||
		form.Find(`[data-testid="code-regular"] input[checked]`).AttrOr("value", "") != "never" {
		t.Error("they aren't those of a new installation, under what the start fixes")
	}
	if got := says(ask("/admin/settings/history", nil),
		"first"); !strings.Contains(got, "Default of new installations") {
		t.Errorf("the history says %q", got)
	}
	if got := ask("/admin/settings", nil).Text(); !strings.Contains(got, "Default of new installations") {
		t.Error("the list of settings doesn't say where they come from")
	}
	version := form.Find(`input[name="version"]`).AttrOr("value", "")
	ask("/admin/settings/protection", url.Values{"version": {version}, "report_pauses": {"false"}})
	if got := says(ask("/admin/settings/protection", nil), "begun"); got != "" {
		t.Errorf("once they were chosen they say %q", got)
	}
}

// An installation from before there were defaults keeps what it has, and is told
// so until a policy is chosen, be it the same.
func TestAnOlderInstallationIsTold(t *testing.T) {
	b := newBank(t)
	must(t, "admin", "list", "--data-dir="+b.dir)
	raw, err := sql.Open("sqlite", filepath.Join(b.dir, store.FileName))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec(`DELETE FROM meta WHERE key = 'first choices'`); err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	ask := b.owner()
	line := ask("/admin/overview", nil).Find(`[data-testid="check-protection"]`)
	if line.AttrOr("data-state", "") != "warn" || line.Find(`a[href="/admin/settings/protection"]`).Length() != 1 {
		t.Errorf("the overview says %q", line.Text())
	}
	form := ask("/admin/settings/protection", nil)
	if got := form.Find(`input[name="report_pauses"][checked]`).AttrOr("value", ""); got != "false" ||
		!strings.Contains(says(form, "begun"), "No policy was ever chosen") {
		t.Errorf("a report pauses %q, the page says %q", got, says(form, "begun"))
	}
	ask("/admin/settings/protection", url.Values{"version": {"0"}, "report_pauses": {"false"}})
	if got := says(ask("/admin/settings/protection", nil), "begun"); got != "" {
		t.Errorf("once it was kept as it is the page says %q", got)
	}
}

// The demo keeps no policy, and says so.
func TestTheDemoHasNoDefaults(t *testing.T) {
	d := cmd.StartDemo(t, t.TempDir())
	if rows, err := d.Store.ChoiceHistory(t.Context(), 0, 5); err != nil || len(rows) != 0 {
		t.Errorf("it began with %+v (%v)", rows, err)
	}
	if !strings.Contains(d.Greeting, "begins without") {
		t.Errorf("it greets with %q", d.Greeting)
	}
}
