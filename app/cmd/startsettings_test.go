package cmd_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"assent/store"
)

// changesAtStart are the rows of an action about settings at a start, the oldest
// first: setting, from and to.
func changesAtStart(t *testing.T, dir, action string) (out []string) {
	t.Helper()
	st, err := store.Look(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	rows, err := st.AuditOf(t.Context(), action, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		var d map[string]string
		if err := json.Unmarshal([]byte(row.Detail), &d); err != nil {
			t.Fatal(err)
		}
		if row.ActorKind != "operator" || !strings.Contains(row.Source, "@") {
			t.Errorf("%s was changed by %s from %q: that doesn't say who started it", d["setting"], row.ActorKind,
				row.Source)
		}
		out = append([]string{d["setting"] + ": " + d["from"] + " > " + d["to"]}, out...)
	}
	return out
}

func sameRows(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What protects and is set where the service is started can't be loosened there
// without a row of the audit and a red line in the overview.
func TestSettingsLoosenedAtAStart(t *testing.T) {
	b := newBank(t)
	b.start("--four-eyes=owners,settings", "--passkeys=device-bound", "--cooling=5h", "--admin-networks=127.0.0.0/8",
		"--match-code=uk-payment", "--match-code-missing=refuse", "--invite-ttl=2h")()
	for _, action := range []string{"setting.start", "setting.loosen"} {
		sameRows(t, "the first start", changesAtStart(t, b.dir, action))
	}
	ask := b.owner("--four-eyes=settings", "--no-separate-codes", "--invite-ttl=1h")
	loosened := []string{
		"ASSENT_ADMIN_NETWORKS: 127.0.0.0/8 > ",
		"ASSENT_COOLING: 5h0m0s > 1h0m0s", // of a new installation
		"ASSENT_FOUR_EYES: owners, settings > settings",
		"ASSENT_MATCH_CODE: uk-payment > ",
		"ASSENT_MATCH_CODE_MISSING: refuse > compare",
		"ASSENT_PASSKEYS: device-bound > any",
		"ASSENT_SEPARATE_CODES: true > false",
	}
	sameRows(t, "loosened", changesAtStart(t, b.dir, "setting.loosen"), loosened...)
	sameRows(t, "otherwise", changesAtStart(t, b.dir, "setting.start"), "ASSENT_INVITE_TTL: 2h0m0s > 1h0m0s")
	lines := ask("/admin/overview", nil).Find(`[data-testid="check-loosened"]`)
	if lines.Length() != len(loosened) || lines.AttrOr("data-state", "") != "bad" {
		t.Errorf("the overview has %d lines", lines.Length())
	}
	for _, want := range []string{"ASSENT_FOUR_EYES", "from owners, settings to settings",
		"from uk-payment to nothing"} {
		if !strings.Contains(lines.Text(), want) {
			t.Errorf("the overview doesn't say %q: %s", want, lines.Text())
		}
	}
	trail := ask("/admin/audit?action=setting.loosen", nil).Find("main").Text()
	if !strings.Contains(trail, "A setting that protects was loosened at a start") ||
		!strings.Contains(trail, "setting: ASSENT_FOUR_EYES") {
		t.Errorf("the audit's page says %s", trail)
	}
}

// What an administrator chose meanwhile is no change of the start, and nor is a
// start with the same settings.
func TestStartsThatLoosenNothing(t *testing.T) {
	b := newBank(t)
	b.start()()
	ask := b.owner()
	version := ask("/admin/settings/protection", nil).Find(`input[name="version"]`).AttrOr("value", "")
	ask("/admin/settings/protection", url.Values{"version": {version}, "report_pauses": {"false"}, "cooling": {"0"}})
	b.stop()
	b.start()()
	sameRows(t, "chosen in the console", changesAtStart(t, b.dir, "setting.loosen"))
	b.start("--four-eyes=owners", "--cooling=5h", "--report-pauses=payments")()
	sameRows(t, "fixed where nothing was chosen", changesAtStart(t, b.dir, "setting.loosen"))
	sameRows(t, "tightened", changesAtStart(t, b.dir, "setting.start"),
		"ASSENT_COOLING: 0s > 5h0m0s", "ASSENT_FOUR_EYES:  > owners", "ASSENT_REPORT_PAUSES: false > payments")
	b.start()()
	sameRows(t, "left to the console again", changesAtStart(t, b.dir, "setting.loosen"),
		"ASSENT_COOLING: 5h0m0s > 0s", "ASSENT_FOUR_EYES: owners > ", "ASSENT_REPORT_PAUSES: payments > false")
}
