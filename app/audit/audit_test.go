package audit_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"assent/app"
	"assent/app/audit"
	"assent/app/background"
	"assent/static"
	"assent/store"
	"assent/store/storetest"
)

// filled gives a database whose audit has n rows, a minute apart.
func filled(t *testing.T, n int) *storetest.DB {
	t.Helper()
	db := storetest.New(t)
	for i := range n {
		by := app.Actor{Kind: app.ActorACP, ID: "=cmd|'/c calc'!A0", Source: "-192.0.2.7"}
		if err := db.Refused(t.Context(), by, "request.refuse",
			map[string]string{"reason": fmt.Sprintf("não,\n\"%d\" <&>", i)}); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(time.Minute)
	}
	return db
}

func exported(t *testing.T, db *storetest.DB, format audit.Format, of audit.Range) string {
	t.Helper()
	var out bytes.Buffer
	n, err := audit.Export(t.Context(), db.Store, app.Operator, &out, format, of)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(out.String(), "\n")
	if format == audit.CSV {
		all, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		lines = len(all) - 1
	}
	if n != lines {
		t.Errorf("%s says %d rows and has %d", format, n, lines)
	}
	return out.String()
}

func TestExportInJSONLinesIsExact(t *testing.T) {
	db := filled(t, 2100) // more than a page
	out := exported(t, db, audit.JSONLines, audit.Range{})
	prev, id := strings.Repeat("0", 64), int64(0)
	for text := range strings.Lines(out) {
		var e struct {
			store.AuditEntry
			PrevHash  string `json:"prev_hash"`
			ActorKind string `json:"actor_kind"`
			ActorID   string `json:"actor_id"`
			PersonID  string `json:"person_id"`
			DeviceID  string `json:"device_id"`
			RequestID string `json:"request_id"`
			Time      time.Time
		}
		if err := json.Unmarshal([]byte(text), &e); err != nil {
			t.Fatal(err)
		}
		row := e.AuditEntry
		row.ActorKind, row.ActorID, row.PersonID, row.DeviceID, row.RequestID = app.ActorKind(e.ActorKind), e.ActorID, e.PersonID, e.DeviceID, e.RequestID
		if id++; row.ID != id || e.PrevHash != prev || row.Sum(prev) != row.Hash || app.At(e.Time) != row.At {
			t.Fatalf("line %d: %s", id, text)
		}
		prev = row.Hash
	}
	found, err := db.AuditOf(t.Context(), "audit.export", 1)
	if err != nil || len(found) != 1 || found[0].Hash != prev || found[0].ActorKind != app.ActorOperator ||
		found[0].Detail != `{"format":"jsonl"}` {
		t.Errorf("the export's last row isn't that of the export: %+v (%v)", found, err)
	}
	head, err := db.AuditHead(t.Context())
	if err != nil || id != 2101 || head != (store.AuditHead{ID: id, Hash: prev}) {
		t.Errorf("%d rows, head %v (%v)", id, head, err)
	}
}

// The program that the page of the audit shows, run.
func TestExportIsCheckedWithoutThisProgram(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("SKIPPED: there is no python3 to check the export with")
	}
	page, err := fs.ReadFile(static.Docs, "audit.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```python\n")
	recipe, _, found := strings.Cut(rest, "```")
	if !found {
		t.Fatal("the audit's page shows no program")
	}
	db := filled(t, 20)
	c := exec.CommandContext(t.Context(), python, "-X", "utf8", "-c", recipe)
	c.Stdin = strings.NewReader(exported(t, db, audit.JSONLines, audit.Range{}))
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	head, err := db.AuditHead(t.Context())
	if err != nil || string(out) != fmt.Sprintf("21 %s\n", head.Hash) {
		t.Errorf("python says %q, want %v (%v)", out, head, err)
	}
}

func TestExportInCSVIsSafeInSpreadsheets(t *testing.T) {
	db := filled(t, 3)
	all, err := csv.NewReader(strings.NewReader(exported(t, db, audit.CSV, audit.Range{}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	head := []string{"id", "at", "time", "actor_kind", "actor_id", "source", "action", "person_id", "device_id",
		"request_id", "detail", "prev_hash", "hash"}
	if len(all) != 5 || !slices.Equal(all[0], head) {
		t.Fatalf("%q", all)
	}
	got := all[2][:11]
	want := []string{"2", "1795357860000", "2026-11-22T14:31:00.000Z", "acp", "'=cmd|'/c calc'!A0", "'-192.0.2.7",
		"request.refuse", "", "", "",
		`{"reason":"não,\n\"1\" \u003c\u0026\u003e"}`}
	if !slices.Equal(got, want) {
		t.Errorf("row\n%q, want\n%q", got, want)
	}
	for _, row := range all[1:] {
		for _, cell := range row {
			if strings.IndexAny(cell, "=+-@\t\r") == 0 {
				t.Errorf("%q is a formula", cell)
			}
		}
	}
}

func TestExportOfATime(t *testing.T) {
	db := filled(t, 10)
	at := func(minute int) app.Instant {
		return app.At(time.Date(2026, 11, 22, 14, 30+minute, 0, 0, time.UTC))
	}
	ids := func(of audit.Range) []int64 {
		var out []int64
		s := bufio.NewScanner(strings.NewReader(exported(t, db, audit.JSONLines, of)))
		for s.Scan() {
			var row struct{ ID int64 }
			if err := json.Unmarshal(s.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			out = append(out, row.ID)
		}
		return out
	}
	for _, c := range []struct {
		of   audit.Range
		want []int64
	}{
		{audit.Range{Since: at(2), Until: at(5)}, []int64{3, 4, 5}},
		{audit.Range{Until: at(2)}, []int64{1, 2}},
		{audit.Range{Since: at(9), Until: at(10)}, []int64{10}},
		{audit.Range{Since: at(5), Until: at(5)}, nil},
		{audit.Range{Since: at(60)}, nil},
	} {
		if got := ids(c.of); !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.of, got, c.want)
		}
	}
	// A row in the middle of others' numbers that the clock, set back, gave another time.
	db.Clock.Advance(-8 * time.Minute)
	if err := db.Refused(t.Context(), app.System, "set back", nil); err != nil {
		t.Fatal(err)
	}
	if got := ids(audit.Range{Since: at(1), Until: at(3)}); !slices.Equal(got[:3], []int64{2, 3, 16}) {
		t.Errorf("with a clock set back: %v", got)
	}
	db.Clock.Advance(20 * time.Minute)
	if got := ids(audit.Range{Since: at(9), Until: at(10)}); !slices.Equal(got, []int64{10}) {
		t.Errorf("with a clock set back: %v", got)
	}
	if got := ids(audit.Range{Since: at(9)}); slices.Contains(got, 16) || len(got) < 3 {
		t.Errorf("row 16 is of before: %v", got)
	}
	if found, err := db.AuditOf(t.Context(), "audit.export", 100); err != nil || len(found) != 8 {
		t.Errorf("%d exports are in the audit (%v)", len(found), err)
	}
}

func TestExportRefusesWhatItCannot(t *testing.T) {
	db := filled(t, 2)
	if _, err := audit.Export(t.Context(), db.Store, app.Operator, &bytes.Buffer{}, "xml", audit.Range{}); err == nil {
		t.Error("it writes XML")
	}
	full := errors.New("disk full")
	if _, err := audit.Export(t.Context(), db.Store, app.Operator, broken{full}, audit.CSV,
		audit.Range{}); !errors.Is(err, full) {
		t.Errorf("a full disk: %v", err)
	}
	// It counts as an export all the same: who knows how far it got.
	if found, err := db.AuditOf(t.Context(), "audit.export", 9); err != nil || len(found) != 1 {
		t.Errorf("%+v %v", found, err)
	}
}

type broken struct{ err error }

func (b broken) Write([]byte) (int, error) { return 0, b.err }

func TestParseTime(t *testing.T) {
	for in, want := range map[string]time.Time{
		"2026-11-22":                    time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC),
		"2026-11-22T14:30:00Z":          time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC),
		"2026-11-22T14:30:00.250-03:00": time.Date(2026, 11, 22, 17, 30, 0, 250e6, time.UTC),
	} {
		if got, err := audit.ParseTime(in); err != nil || got != app.At(want) {
			t.Errorf("%s: %v (%v)", in, got.Time(), err)
		}
	}
	for _, in := range []string{"", "22.11.2026", "2026-11-22 14:30", "2026-13-01"} {
		if _, err := audit.ParseTime(in); app.KindOf(err) != app.Invalid {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestWordsOfAReport(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	db := filled(t, 6)
	says := func(key ed25519.PublicKey, head store.AuditHead, want ...string) {
		t.Helper()
		rep, err := audit.Verify(t.Context(), db.Reader, key, head)
		if err != nil {
			t.Fatal(err)
		}
		words := audit.Words(rep)
		for _, w := range want {
			if !strings.Contains(words, w) {
				t.Errorf("%q doesn't say %q", words, w)
			}
		}
	}
	head, err := db.AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	says(nil, store.AuditHead{}, "6 rows are whole: 1 to 6 of 2026-11-22 14:35:00 UTC.", "--head")
	says(nil, head, "The head is among them")
	if _, err := db.DropAudit(t.Context(), app.System, db.Now().Add(-3*time.Minute),
		func(m []byte) []byte { return ed25519.Sign(private, m) }); err != nil {
		t.Fatal(err)
	}
	says(public, head, "4 rows are whole: 4 to 7",
		"Rows up to 3, of 2026-11-22 14:32:00 UTC, were dropped by retention on 2026-11-22 14:36:00 UTC",
		"The head is among them")
	says(public, store.AuditHead{ID: 2, Hash: head.Hash}, "The head is of a row that retention dropped")
	says(nil, head, "Not one row is known to be whole",
		"the checkpoint behind row 3 of 2026-11-22 14:32:00.000 UTC isn't signed")
	says(public, store.AuditHead{ID: 99, Hash: head.Hash[1:] + "0"}, "4 rows are whole", "the end was cut off: row 99")
	if _, err := db.DropAudit(t.Context(), app.System, db.Now().Add(time.Minute),
		func(m []byte) []byte { return ed25519.Sign(private, m) }); err != nil {
		t.Fatal(err)
	}
	says(public, store.AuditHead{}, "1 row is whole: 8 of ")
}

func TestWordsOfAnEmptyAudit(t *testing.T) {
	rep, err := audit.Verify(t.Context(), storetest.New(t).Reader, nil, store.AuditHead{})
	if err != nil || audit.Words(rep) != "The audit has no rows.\n" {
		t.Errorf("%q %v", audit.Words(rep), err)
	}
}

func TestHeadIsLoggedEveryHour(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		st, err := store.Open(t.Context(), store.Options{Dir: filepath.Join(dir, "data")})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		var want []string
		add := func() {
			if err := st.Refused(t.Context(), app.System, "x", nil); err != nil {
				t.Fatal(err)
			}
			head, err := st.AuditHead(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, fmt.Sprintf("id=%d hash=%s", head.ID, head.Hash))
		}
		var out bytes.Buffer
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		add()
		log := slog.New(slog.NewTextHandler(&out, nil))
		go func() { ended <- audit.RunHead(ctx, st.Reader, background.New(log), log) }()
		synctest.Wait()
		for range 2 {
			add()
			time.Sleep(audit.HeadEvery) // of the bubble's clock
			synctest.Wait()
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != 3 {
			t.Fatalf("logged %q", lines)
		}
		for i, w := range want {
			if !strings.HasSuffix(lines[i], `msg="audit head" `+w) {
				t.Errorf("logged %q, want %q", lines[i], w)
			}
		}
	})
}
