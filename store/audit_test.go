package store_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"

	"assent/app"
	"assent/migrations"
	"assent/store"
	"assent/store/storetest"
)

var auditKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))

func signAudit(message []byte) []byte { return ed25519.Sign(auditKey, message) }

func verifyAudit(message, signature []byte) bool {
	return ed25519.Verify(auditKey.Public().(ed25519.PublicKey), message, signature)
}

// rawDB opens the database's file beside the store, as somebody with a shell would.
func rawDB(t testing.TB, dir string) *sql.DB {
	t.Helper()
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(dir, store.FileName)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return raw
}

func must(t testing.TB, raw *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := raw.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// disarm drops the triggers, which somebody who can write the file can do.
func disarm(t testing.TB, raw *sql.DB) {
	t.Helper()
	for _, name := range []string{"audit_insert", "audit_update", "audit_delete", "audit_checkpoints_insert",
		"audit_checkpoints_update", "audit_checkpoints_delete"} {
		must(t, raw, "DROP TRIGGER "+name)
	}
}

// audited gives a database whose audit has n rows, a second apart.
func audited(t testing.TB, n int) *storetest.DB {
	t.Helper()
	db := storetest.New(t)
	for i := range n {
		by := app.Actor{Kind: app.ActorACP, ID: "acp", Source: "192.0.2.7"}
		if err := db.Refused(t.Context(), by, fmt.Sprintf("request.refuse_%d", i%3),
			map[string]string{"reason": fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(time.Second)
	}
	return db
}

func verify(t testing.TB, r *store.Reader, head store.AuditHead) store.AuditReport {
	t.Helper()
	rep, err := r.VerifyAudit(t.Context(), head, verifyAudit)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// The hash was computed by another program, from what Sum's comment says.
func TestAuditHashIsAsDescribed(t *testing.T) {
	e := store.AuditEntry{
		ID:        42,
		At:        1795357800123,
		ActorKind: app.ActorDevice,
		ActorID:   "DEV1",
		Source:    "192.0.2.7",
		Action:    "request.deny",
		PersonID:  "P1",
		DeviceID:  "DEV1",
		RequestID: "R1",
		Detail:    `{"reason":"não é meu"}`,
	}
	const want = "b05881350379ca8731d1c6e8deab25f7825af8187bec39307941905a87db08eb"
	if got := e.Sum(strings.Repeat("0", 64)); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
}

func TestAuditIsAChain(t *testing.T) {
	db := audited(t, 3)
	first, last, err := db.AuditRange(t.Context(), 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.AuditRows(t.Context(), first, last, 10)
	if err != nil || len(rows) != 3 {
		t.Fatal(rows, err)
	}
	prev := strings.Repeat("0", 64)
	for i, row := range rows {
		if row.ID != int64(i+1) || row.PrevHash != prev || row.Hash != row.Sum(prev) {
			t.Errorf("row %d: %+v behind %s", i+1, row, prev)
		}
		prev = row.Hash
	}
	rep := verify(t, db.Reader, store.AuditHead{Hash: rows[1].Hash})
	if rep.Finding != nil || rep.Rows != 3 || rep.Head != store.HeadFound ||
		rep.Last != (store.AuditHead{ID: 3, Hash: prev}) || rep.First.ID != 1 {
		t.Errorf("%+v", rep)
	}
	if head, err := db.AuditHead(t.Context()); err != nil || head != rep.Last {
		t.Errorf("head %v (%v), want %v", head, err, rep.Last)
	}
}

// A transaction that is rolled back takes no number, and one with several rows chains them.
func TestAuditNumbersHaveNoGaps(t *testing.T) {
	db := audited(t, 1)
	p := db.MustPerson("alice")
	if _, err := db.AddPerson(t.Context(), app.Operator, "alice",
		[]app.Identifier{{Kind: app.Username, Value: "alice", Norm: "alice"}},
		nil); !errors.Is(err, app.ErrIdentifierTaken) {
		t.Fatal(err)
	}
	db.MustDevice(p)
	db.MustRequest(p)
	db.MustRequest(p)
	db.Clock.Advance(time.Hour)
	if _, err := db.Expire(t.Context()); err != nil { // several rows in one transaction
		t.Fatal(err)
	}
	if rep := verify(t, db.Reader, store.AuditHead{}); rep.Finding != nil || rep.Rows != rep.Last.ID || rep.Rows < 7 {
		t.Errorf("%+v", rep)
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	db := audited(t, 5)
	if _, err := db.DropAudit(t.Context(), app.System, db.Now().Add(-3*time.Second), signAudit); err != nil {
		t.Fatal(err)
	}
	raw := rawDB(t, db.Dir)
	for _, q := range []string{
		`UPDATE audit SET actor_id = 'mallory' WHERE id = 4`,
		`UPDATE audit SET hash = '' WHERE id = 4`,
		`UPDATE OR REPLACE audit SET id = 5 WHERE id = 4`,
		`DELETE FROM audit WHERE id = 4`,
		`DELETE FROM audit`,
		`REPLACE INTO audit SELECT id, 0, actor_kind, actor_id, source, action, person_id, device_id, request_id, detail, prev_hash, hash FROM audit WHERE id = 4`,
		`INSERT INTO audit (id, at, actor_kind, actor_id, source, action, hash, prev_hash) SELECT 1, at, actor_kind, actor_id, source, action, hash, prev_hash FROM audit WHERE id = 4`,
		`INSERT INTO audit (id, at, actor_kind, actor_id, source, action, hash, prev_hash) SELECT 9, at, actor_kind, actor_id, source, action, hash, prev_hash FROM audit WHERE id = 4`,
		`INSERT INTO audit (at, actor_kind, actor_id, source, action) VALUES (0, '', '', '', '')`,
		`UPDATE audit_checkpoints SET id = 4`,
		`DELETE FROM audit_checkpoints`,
		`INSERT INTO audit_checkpoints SELECT 4, hash, row_at, dropped, at, signature FROM audit_checkpoints`,
		`REPLACE INTO audit_checkpoints SELECT id, hash, row_at, 7, at, signature FROM audit_checkpoints`,
	} {
		if _, err := raw.Exec(q); err == nil {
			t.Errorf("%s is allowed", q)
		}
	}
	if rep := verify(t, db.Reader, store.AuditHead{}); rep.Finding != nil || rep.Rows != 4 {
		t.Errorf("%+v %v", rep, rep.Finding)
	}
}

// A row in front of the first, which no chain leads to, isn't passed over.
func TestAuditRowsInFrontAreFound(t *testing.T) {
	db := audited(t, 3)
	raw := rawDB(t, db.Dir)
	disarm(t, raw)
	must(t, raw,
		`INSERT INTO audit (id, at, actor_kind, actor_id, source, action, person_id, device_id, request_id, detail, prev_hash, hash) SELECT -7, at, actor_kind, actor_id, source, 'request.approve', person_id, device_id, request_id, detail, '', '' FROM audit WHERE id = 1`)
	if rep := verify(t, db.Reader, store.AuditHead{}); rep.Finding == nil || rep.Finding.ID != -7 ||
		rep.Finding.Fault != store.AuditAltered {
		t.Errorf("found %+v", rep.Finding)
	}
}

// Who has the file can't make the audit forget itself, nor put rows where
// nobody looks.
func TestAuditThatWasEmptiedIsFound(t *testing.T) {
	for _, c := range []struct {
		name, do string
		drop     bool
		want     store.AuditFinding
	}{
		{"all of it", `DELETE FROM audit`, false, store.AuditFinding{Fault: store.AuditMissing, ID: 1, To: 1}},
		{"all behind a checkpoint", `DELETE FROM audit`, true,
			store.AuditFinding{Fault: store.AuditMissing, ID: 5, To: 5}},
		{"a row before the checkpoint",
			`INSERT INTO audit SELECT 2, at, actor_kind, actor_id, source, action, person_id, device_id, request_id, detail, prev_hash, hash FROM audit WHERE id = 6`,
			true, store.AuditFinding{Fault: store.AuditAltered, ID: 2}},
		{"the row of the checkpoint, altered",
			`INSERT INTO audit SELECT c.id, c.row_at, 'acp', '', '', 'nothing', '', '', '', '', '', c.hash
				FROM audit_checkpoints c`,
			true, store.AuditFinding{Fault: store.AuditAltered, ID: 4}},
		{"what says that it is a chain",
			`UPDATE audit SET hash = '', prev_hash = '', actor_id = 'mallory' WHERE id > 6; DELETE FROM meta
				WHERE key = 'audit chained'`,
			false, store.AuditFinding{Fault: store.AuditAltered, ID: 7}},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := audited(t, 8)
			db.MustPerson("ada")
			if c.drop {
				rows, err := db.AuditRows(t.Context(), 1, 9, 9)
				if err != nil {
					t.Fatal(err)
				}
				if n, err := db.DropAudit(t.Context(), app.System, rows[4].At, signAudit); err != nil || n != 4 {
					t.Fatal(n, err)
				}
			}
			if rep := verify(t, db.Reader, store.AuditHead{}); rep.Finding != nil {
				t.Fatal(rep.Finding)
			}
			db.Tamper(c.do)
			db.Reopen()
			f := verify(t, db.Reader, store.AuditHead{}).Finding
			if f == nil || f.Fault != c.want.Fault || f.ID != c.want.ID || f.To != c.want.To {
				t.Errorf("found %+v, want %+v", f, c.want)
			}
		})
	}
}

func TestAuditTamperingIsFound(t *testing.T) {
	const n = 9
	at := app.At(time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)) // of row 1
	row := func(id int64) app.Instant { return at.Add(time.Duration(id-1) * time.Second) }
	altered := func(id int64) store.AuditFinding {
		return store.AuditFinding{Fault: store.AuditAltered, ID: id, At: row(id)}
	}
	moved := func(id, to int64) store.AuditFinding {
		return store.AuditFinding{Fault: store.AuditReordered, ID: id, To: to, At: row(id)}
	}
	missing := func(from, to int64) store.AuditFinding {
		f := store.AuditFinding{Fault: store.AuditMissing, ID: from, To: to}
		if from > 1 {
			f.At = row(from - 1)
		}
		return f
	}
	const swap = `UPDATE audit SET id = -5 WHERE id = 5; UPDATE audit SET id = 5 WHERE id = 6; UPDATE audit SET id = 6
		WHERE id = -5`
	for _, c := range []struct {
		name string
		do   string
		want store.AuditFinding
	}{
		{"at", `UPDATE audit SET at = at + 1 WHERE id = 5`,
			store.AuditFinding{Fault: store.AuditAltered, ID: 5, At: row(5) + 1}},
		{"actor_kind", `UPDATE audit SET actor_kind = 'operator' WHERE id = 5`, altered(5)},
		{"actor_id", `UPDATE audit SET actor_id = 'mallory' WHERE id = 5`, altered(5)},
		{"source", `UPDATE audit SET source = '' WHERE id = 5`, altered(5)},
		{"action", `UPDATE audit SET action = 'request.approve' WHERE id = 5`, altered(5)},
		{"person_id", `UPDATE audit SET person_id = 'P' WHERE id = 5`, altered(5)},
		{"device_id", `UPDATE audit SET device_id = 'D' WHERE id = 5`, altered(5)},
		{"request_id", `UPDATE audit SET request_id = 'R' WHERE id = 5`, altered(5)},
		{"detail", `UPDATE audit SET detail = '' WHERE id = 5`, altered(5)},
		{"prev_hash", `UPDATE audit SET prev_hash = (SELECT hash FROM audit WHERE id = 3) WHERE id = 5`, altered(5)},
		{"hash", `UPDATE audit SET hash = '' WHERE id = 5`, altered(5)},
		{"text from one column to the next", `UPDATE audit SET actor_id = 'ac', source = 'p192.0.2.7' WHERE id = 5`,
			altered(5)},
		{"id", `UPDATE audit SET id = 77 WHERE id = 5`, moved(5, 77)},
		{"the first row", `UPDATE audit SET source = '' WHERE id = 1`, altered(1)},
		{"the last row", `UPDATE audit SET source = '' WHERE id = 9`, altered(9)},
		{"the first of two", `UPDATE audit SET source = '' WHERE id IN (8, 3)`, altered(3)},
		{"a row deleted", `DELETE FROM audit WHERE id = 5`, missing(5, 5)},
		{"rows deleted", `DELETE FROM audit WHERE id BETWEEN 4 AND 6`, missing(4, 6)},
		{"the first rows deleted", `DELETE FROM audit WHERE id < 3`, missing(1, 2)},
		{"a row deleted and the hole closed",
			`DELETE FROM audit WHERE id = 5; UPDATE audit SET id = id - 1 WHERE id > 5`,
			store.AuditFinding{Fault: store.AuditAltered, ID: 5, At: row(6)}},
		{"two rows swapped", swap, moved(5, 6)},
		{"two rows swapped but for their hashes", swap + `; UPDATE audit SET
			hash = CASE id WHEN 5 THEN (SELECT hash FROM audit WHERE id = 6) ELSE (SELECT hash FROM audit
			WHERE id = 5) END,
			prev_hash = CASE id WHEN 5 THEN (SELECT prev_hash FROM audit WHERE id = 6) ELSE (SELECT prev_hash FROM audit
			WHERE id = 5) END
			WHERE id IN (5, 6)`, moved(5, 6)},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := audited(t, n)
			raw := rawDB(t, db.Dir)
			disarm(t, raw)
			must(t, raw, c.do)
			rep := verify(t, db.Reader, store.AuditHead{})
			if rep.Finding == nil || *rep.Finding != c.want {
				t.Fatalf("found %+v, want %+v", rep.Finding, c.want)
			}
			if rep.Rows != c.want.ID-1 {
				t.Errorf("%d rows are whole before %d", rep.Rows, c.want.ID)
			}
			if says := rep.Finding.Error(); !strings.Contains(says, fmt.Sprint(c.want.ID)) ||
				c.want.At != 0 && !strings.Contains(says, "2026-11-22 14:30:0") {
				t.Errorf("%q doesn't name the row and its time", says)
			}
			// What is written after it doesn't hide it.
			if err := db.Refused(t.Context(), app.Operator, "late", nil); err != nil {
				t.Fatal(err)
			}
			db.Reopen()
			if again := verify(t, db.Reader, store.AuditHead{}); again.Finding == nil || *again.Finding != c.want {
				t.Errorf("later found %+v, want %+v", again.Finding, c.want)
			}
		})
	}
}

// Who alters a row along with its hash is given away by the row behind it.
func TestAuditRowWithANewHashIsFound(t *testing.T) {
	db := audited(t, 9)
	raw := rawDB(t, db.Dir)
	rows, err := db.AuditRows(t.Context(), 5, 5, 1)
	if err != nil {
		t.Fatal(err)
	}
	disarm(t, raw)
	e := rows[0]
	e.ActorID = "mallory"
	must(t, raw, `UPDATE audit SET actor_id = ?, hash = ? WHERE id = 5`, e.ActorID, e.Sum(e.PrevHash))
	if f := verify(t, db.Reader, store.AuditHead{}).Finding; f == nil ||
		*f != (store.AuditFinding{Fault: store.AuditAltered, ID: 5, At: e.At}) {
		t.Errorf("found %+v", f)
	}
}

func TestAuditHeadFindsACutEnd(t *testing.T) {
	db := audited(t, 9)
	head, err := db.AuditHead(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	alone := store.AuditHead{Hash: head.Hash}
	raw := rawDB(t, db.Dir)
	disarm(t, raw)
	must(t, raw, `DELETE FROM audit WHERE id > 7`)
	if rep := verify(t, db.Reader, store.AuditHead{}); rep.Finding != nil || rep.Rows != 7 {
		t.Errorf("without a head: %+v", rep)
	}
	rep := verify(t, db.Reader, head)
	if rep.Finding == nil || *rep.Finding != (store.AuditFinding{Fault: store.AuditCut, ID: 9, At: rep.LastAt}) {
		t.Errorf("with a head: %+v", rep.Finding)
	}
	if f := verify(t, db.Reader, alone).Finding; f == nil || f.Fault != store.AuditCut {
		t.Errorf("with the hash alone: %+v", f)
	}
	// Others take the numbers of those that are gone.
	for range 5 {
		if err := db.Refused(t.Context(), app.Operator, "later", nil); err != nil {
			t.Fatal(err)
		}
	}
	if f := verify(t, db.Reader, head).Finding; f == nil || f.Fault != store.AuditRewritten || f.ID != 9 {
		t.Errorf("written over, with a head: %+v", f)
	}
	if f := verify(t, db.Reader, alone).Finding; f == nil || f.Fault != store.AuditCut {
		t.Errorf("written over, with the hash alone: %+v", f)
	}
}

func TestAuditHeadIsParsed(t *testing.T) {
	hash := strings.Repeat("aB", 32)
	low := strings.ToLower(hash)
	for _, c := range []struct {
		in   string
		want store.AuditHead
		ok   bool
	}{
		{hash, store.AuditHead{Hash: low}, true},
		{" 7:" + low + "\n", store.AuditHead{ID: 7, Hash: low}, true},
		{"", store.AuditHead{}, false},
		{"7:", store.AuditHead{}, false},
		{"7", store.AuditHead{}, false},
		{"0:" + low, store.AuditHead{}, false},
		{"x:" + low, store.AuditHead{}, false},
		{low[2:], store.AuditHead{}, false},
		{"zz" + low[2:], store.AuditHead{}, false},
	} {
		got, err := store.ParseAuditHead(c.in)
		if c.ok != (err == nil) || c.ok && got != c.want || !c.ok && app.KindOf(err) != app.Invalid {
			t.Errorf("%q: %+v, %v", c.in, got, err)
		}
	}
}

// Two processes write at once, each from many places.
func TestAuditOfManyWriters(t *testing.T) {
	db := storetest.New(t)
	beside, err := store.Open(t.Context(), store.Options{Dir: db.Dir})
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	var all sync.WaitGroup
	for i := range 8 {
		st := []*store.Store{db.Store, beside}[i%2]
		all.Go(func() {
			for range 25 {
				if err := st.Refused(context.Background(), app.System, "race", nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if rep := verify(t, db.Reader, store.AuditHead{}); rep.Finding != nil || rep.Rows != 200 {
		t.Errorf("%+v %v", rep, rep.Finding)
	}
}

// before gives a database as it was before there was a chain, with n rows.
func before(t *testing.T, n int) string {
	t.Helper()
	old := fstest.MapFS{}
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if name >= "00009" {
			continue
		}
		b, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		old[name] = &fstest.MapFile{Data: b}
	}
	dir := t.TempDir()
	raw := rawDB(t, dir)
	p, err := goose.NewProvider(goose.DialectSQLite3, raw, old)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	must(t, raw, `WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO audit (at, actor_kind, actor_id, source, action, person_id, detail)
		SELECT 1795357800000 + i, 'acp', 'acp', '', 'request.start', 'P' || (i % 10), '{"i":"' || i || '"}' FROM n`, n)
	return dir
}

func TestAuditFromBeforeTheChain(t *testing.T) {
	const n = 2500 // more than two steps
	dir := before(t, n)
	open := func() *store.Store {
		t.Helper()
		st, err := store.Open(t.Context(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	st := open()
	if err := st.Refused(t.Context(), app.System, "new", nil); err != nil {
		t.Fatal(err)
	}
	rep := verify(t, st.Reader, store.AuditHead{})
	if rep.Finding != nil || rep.Rows != n+1 || rep.First.ID != 1 {
		t.Fatalf("%+v %v", rep, rep.Finding)
	}
	rows, err := st.AuditRows(t.Context(), n, n, 1)
	if err != nil || rows[0].Detail != fmt.Sprintf(`{"i":"%d"}`, n) || rows[0].At != 1795357800000+n {
		t.Errorf("the last old row is %+v (%v)", rows, err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	// Once is once: a row that loses its hash later isn't given another.
	raw := rawDB(t, dir)
	disarm(t, raw)
	must(t, raw, `UPDATE audit SET hash = '', prev_hash = '', source = 'elsewhere' WHERE id >= 2000`)
	st = open()
	defer st.Close()
	if f := verify(t, st.Reader, store.AuditHead{}).Finding; f == nil || f.ID != 2000 || f.Fault != store.AuditAltered {
		t.Errorf("found %+v", f)
	}
}

// The process was killed after the first step.
func TestAuditChainingGoesOn(t *testing.T) {
	dir := before(t, 2500)
	ctx, stop := context.WithCancel(t.Context())
	steps := 0
	_, err := store.Open(ctx, store.Options{Dir: dir, Now: func() time.Time {
		if steps++; steps == 2 {
			stop()
		}
		return time.Now()
	}})
	if err == nil {
		t.Fatal("it opened")
	}
	raw := rawDB(t, dir)
	var done string
	if err := raw.QueryRow(`SELECT value FROM meta WHERE key = 'audit chained'`).Scan(&done); err != nil ||
		done != "1000" {
		t.Fatalf("interrupted at %q (%v)", done, err)
	}
	st, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	if rep := verify(t, st.Reader, store.AuditHead{}); rep.Finding != nil || rep.Rows != 2500 {
		t.Errorf("%+v %v", rep, rep.Finding)
	}
}
