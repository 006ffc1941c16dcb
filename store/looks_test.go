package store_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// clerk is an administrator who looks at things.
var clerk = app.Actor{Kind: app.ActorAdmin, ID: "clerk", Source: "192.0.2.7"}

// looksOf gives the looks that the audit has, oldest first: action and detail.
func looksOf(t *testing.T, db *storetest.DB) []string {
	t.Helper()
	rows, err := db.AuditPage(t.Context(), store.AuditFilter{Action: "look."}, store.AuditCursor{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range slices.Backward(rows) {
		out = append(out, r.ActorID+" "+r.Action+" "+r.PersonID+" "+r.Detail)
	}
	return out
}

// One row an hour, clerk, kind and person; the count is in the row that follows,
// or in one of its own where none does.
func TestLooksAreCountedByTheHour(t *testing.T) {
	db := storetest.New(t)
	db.Clock.Advance(time.Hour - time.Duration(db.Now().Time().UTC().Minute())*time.Minute) // early in an hour
	start := db.Now().Time().UTC().Truncate(time.Hour)
	look := func(by app.Actor, l store.Looked, times int) {
		t.Helper()
		for range times {
			if err := db.Look(t.Context(), by, l); err != nil {
				t.Fatal(err)
			}
		}
	}
	ada, other := store.Looked{Kind: store.LookPerson, PersonID: "ada"}, clerk
	other.ID = "another"
	refreshed := ada
	refreshed.Refresh = true
	look(clerk, ada, 7)
	look(clerk, refreshed, 5)
	look(other, ada, 1)
	look(clerk, store.Looked{Kind: store.LookAccounts, PersonID: "ada"}, 1)
	look(clerk, store.Looked{Kind: store.LookPerson, PersonID: "bea"}, 3)
	db.Clock.Advance(time.Hour)
	look(clerk, ada, 2)
	if err := db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	db.Clock.Advance(5 * time.Hour)
	look(clerk, refreshed, 2) // the first of an hour is a row also where a page fetched itself
	if err := db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := func(hours int) string { return start.Add(time.Duration(hours) * time.Hour).Format(time.RFC3339) }
	want := []string{
		"clerk look.person ada ", "another look.person ada ", "clerk look.accounts ada ", "clerk look.person bea ",
		`clerk look.person ada {"count":"7","hour":"` + at(0) + `"}`,
		`clerk look.counted bea {"count":"3","hour":"` + at(0) + `","kind":"person"}`,
		`clerk look.person ada {"count":"2","hour":"` + at(1) + `"}`,
	}
	if got := looksOf(t, db); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if open, err := db.OpenLooks(t.Context(), "clerk"); err != nil || len(open) != 1 || open[0].Count != 1 {
		t.Errorf("open: %+v, %v", open, err)
	}
	db.Reopen()
	db.Clock.Advance(time.Hour)
	if err := db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := looksOf(t, db); !slices.Equal(got, want) {
		t.Errorf("a single look is told twice: %s", got[len(got)-1])
	}
}

// Of a search the audit has a keyed hash and what it found, never the text.
func TestSearchesAreHashed(t *testing.T) {
	db := storetest.New(t)
	for _, text := range []string{"Zebedee Quux", "  zébedee   QUUX "} {
		if err := db.Look(t.Context(), clerk, store.Looked{Kind: store.LookSearch, Text: text, Hits: "3"}); err != nil {
			t.Fatal(err)
		}
	}
	got := looksOf(t, db)
	if want := `clerk look.search  {"hash":"` + db.SearchHash("zebedee quux") + `","hits":"3"}`; len(got) != 1 ||
		got[0] != want {
		t.Errorf("%q, want %q", got, want)
	}
	if len(db.SearchHash("zebedee")) != 32 || db.SearchHash("zebedee") == db.SearchHash("zebede") {
		t.Errorf("the hash is %q", db.SearchHash("zebedee"))
	}
	if err := db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{store.FileName, store.FileName + "-wal"} {
		if raw, err := os.ReadFile(filepath.Join(db.Dir, name)); err == nil &&
			strings.Contains(strings.ToLower(string(raw)), "quux") {
			t.Errorf("%s has the text of a search", name)
		}
	}
}

// The installation's key stays over a restart and is its own.
func TestSecretsArePerInstallationAndPurpose(t *testing.T) {
	db := storetest.New(t)
	was := string(db.Secret("a"))
	fresh, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer fresh.Close()
	if was == string(db.Secret("b")) || was == string(fresh.Secret("a")) {
		t.Error("two purposes or two installations have the same key")
	}
	db.Reopen()
	if was != string(db.Secret("a")) {
		t.Error("the key is another after a restart")
	}
}
