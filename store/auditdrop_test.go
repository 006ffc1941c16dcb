package store_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

func TestAuditIsVerifiedBehindWhatWasDropped(t *testing.T) {
	db := storetest.New(t)
	ctx := t.Context()
	for range 25 { // more than two steps of deleting
		if err := store.AuditMany(ctx, db.Store, 100); err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(time.Second)
	}
	rows, err := db.AuditRows(ctx, 1, 2500, 2500)
	if err != nil {
		t.Fatal(err)
	}
	drop := func(before app.Instant, want int64) {
		t.Helper()
		if n, err := db.DropAudit(ctx, app.System, before, signAudit); err != nil || n != want {
			t.Fatalf("dropped %d (%v), want %d", n, err, want)
		}
	}
	check := func(first, last int64, head store.AuditHead, verdict store.AuditHeadVerdict) {
		t.Helper()
		rep := verify(t, db.Reader, head)
		if rep.Finding != nil || rep.First.ID != first || rep.Last.ID != last || rep.Rows != last-first+1 ||
			rep.Head != verdict {
			t.Errorf("%+v %v, want %d to %d, head %s", rep, rep.Finding, first, last, verdict)
		}
		if from, to, err := db.AuditRange(ctx, 0, 0); err != nil || from != first || to != last {
			t.Errorf("there are %d to %d (%v), want %d to %d", from, to, err, first, last)
		}
	}
	drop(0, 0)
	drop(rows[0].At, 0)
	check(1, 2500, store.AuditHead{}, store.HeadNotAsked)
	drop(rows[2200].At, 2200)
	check(2201, 2501, store.AuditHead{}, store.HeadNotAsked)
	found, err := db.AuditOf(ctx, "audit.drop", 9)
	if want := `{"before":"` + rows[2200].At.Time().Format(time.RFC3339) +
		`","rows":"2200","through":"2200"}`; err != nil ||
		len(found) != 1 || found[0].Detail != want || found[0].ActorID != "assent" {
		t.Errorf("the audit of it: %+v (%v), want %s", found, err, want)
	}
	drop(rows[2200].At, 0)
	drop(rows[2300].At, 100)
	check(2301, 2502, store.AuditHead{ID: 2400, Hash: rows[2399].Hash}, store.HeadFound)
	check(2301, 2502, store.AuditHead{ID: 2200, Hash: rows[2199].Hash}, store.HeadDropped)
	check(2301, 2502, store.AuditHead{ID: 2300, Hash: rows[2299].Hash}, store.HeadDropped)
	check(2301, 2502, store.AuditHead{Hash: rows[2199].Hash}, store.HeadDropped) // of an older checkpoint
	for name, c := range map[string]struct {
		head store.AuditHead
		want store.AuditFault
	}{
		"other hash at the checkpoint": {store.AuditHead{ID: 2300, Hash: rows[1].Hash}, store.AuditRewritten},
		"unknown hash":                 {store.AuditHead{Hash: rows[1].Hash}, store.AuditCut},
	} {
		if f := verify(t, db.Reader, c.head).Finding; f == nil || f.Fault != c.want {
			t.Errorf("%s: found %+v, want %s", name, f, c.want)
		}
	}
	// Everything may go; what tells so remains, and the numbers go on.
	drop(db.Now().Add(time.Hour), 202)
	check(2503, 2503, store.AuditHead{}, store.HeadNotAsked)
	if err := db.Refused(ctx, app.Operator, "after", nil); err != nil {
		t.Fatal(err)
	}
	db.Reopen()
	check(2503, 2504, store.AuditHead{}, store.HeadNotAsked)
}

// Times that a clock was set back to don't take rows behind them along.
func TestAuditDropsOnlyAPrefix(t *testing.T) {
	db := audited(t, 5)
	late := db.Now()
	db.Clock.Advance(-time.Hour)
	if err := db.Refused(t.Context(), app.System, "set back", nil); err != nil {
		t.Fatal(err)
	}
	if n, err := db.DropAudit(t.Context(), app.System, late.Add(-2*time.Second), signAudit); err != nil || n != 3 {
		t.Errorf("dropped %d (%v), want 3", n, err)
	}
	if found, err := db.AuditOf(t.Context(), "set back", 1); err != nil || len(found) != 1 {
		t.Errorf("%v %v", found, err)
	}
	if rep := verify(t, db.Reader, store.AuditHead{}); rep.Finding != nil || rep.Rows != 4 {
		t.Errorf("%+v", rep)
	}
}

// A crash between the checkpoint and the last step leaves rows that count for
// nothing and go with the next run.
func TestAuditDropIsFinishedLater(t *testing.T) {
	db := audited(t, 9)
	rows, err := db.AuditRows(t.Context(), 1, 9, 9)
	if err != nil {
		t.Fatal(err)
	}
	c := store.AuditDropped{ID: 5, Hash: rows[4].Hash, RowAt: rows[4].At, Dropped: 5, At: db.Now()}
	raw := rawDB(t, db.Dir)
	must(t, raw, `INSERT INTO audit_checkpoints (id, hash, row_at, dropped, at, signature) VALUES (?, ?, ?, ?, ?, ?)`,
		c.ID, c.Hash, c.RowAt, c.Dropped, c.At, base64.RawURLEncoding.EncodeToString(signAudit(c.Message())))
	must(t, raw, `DELETE FROM audit WHERE id <= 2`)
	if rep := verify(t, db.Reader, store.AuditHead{}); rep.Finding != nil || rep.First.ID != 6 || rep.Rows != 4 {
		t.Errorf("%+v %v", rep, rep.Finding)
	}
	if n, err := db.DropAudit(t.Context(), app.System, rows[0].At, signAudit); err != nil || n != 0 {
		t.Errorf("%d %v", n, err)
	}
	if first, _, err := db.AuditRange(t.Context(), 0, 0); err != nil || first != 6 {
		t.Errorf("the first is %d (%v), want 6", first, err)
	}
}

func TestAuditCheckpointsAreNotForged(t *testing.T) {
	other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	for _, c := range []struct{ name, do string }{
		{"another key", `UPDATE audit_checkpoints SET signature = ?`},
		{"another row",
			`UPDATE audit_checkpoints SET id = 6, hash = (SELECT hash FROM audit WHERE id = 6); DELETE FROM audit
				WHERE id <= 6`},
		{"another time", `UPDATE audit_checkpoints SET row_at = row_at + 1`},
		{"another number of rows", `UPDATE audit_checkpoints SET dropped = 7`},
		{"no signature", `UPDATE audit_checkpoints SET signature = ''`},
		{"a second one",
			`INSERT INTO audit_checkpoints SELECT 7, (SELECT hash FROM audit
				WHERE id = 7), row_at, dropped, at, signature FROM audit_checkpoints; DELETE FROM audit WHERE id <= 7`},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := audited(t, 9)
			if _, err := db.DropAudit(t.Context(), app.System, db.Now().Add(-5*time.Second), signAudit); err != nil {
				t.Fatal(err)
			}
			head, err := db.AuditHead(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			raw := rawDB(t, db.Dir)
			disarm(t, raw)
			var args []any
			if c.name == "another key" {
				var id, rowAt, dropped, at int64
				var hash string
				if err := raw.QueryRow(`SELECT id, hash, row_at, dropped, at FROM audit_checkpoints`).Scan(&id, &hash,
					&rowAt, &dropped, &at); err != nil {
					t.Fatal(err)
				}
				m := store.AuditDropped{
					ID:      id,
					Hash:    hash,
					RowAt:   app.Instant(rowAt),
					Dropped: dropped,
					At:      app.Instant(at),
				}.Message()
				args = append(args, base64.RawURLEncoding.EncodeToString(ed25519.Sign(other, m)))
			}
			must(t, raw, c.do, args...)
			rep := verify(t, db.Reader, head)
			if rep.Finding == nil || rep.Finding.Fault != store.AuditCheckpoint || rep.Rows != 0 {
				t.Errorf("%+v %v", rep, rep.Finding)
			}
			// A later run doesn't vouch for it.
			var f *store.AuditFinding
			if n, err := db.DropAudit(t.Context(), app.System, db.Now(), signAudit); !errors.As(err, &f) ||
				f.Fault != store.AuditCheckpoint || n != 0 {
				t.Errorf("dropped %d more: %v", n, err)
			}
		})
	}
	t.Run("taken away", func(t *testing.T) {
		db := audited(t, 9)
		if _, err := db.DropAudit(t.Context(), app.System, db.Now().Add(-5*time.Second), signAudit); err != nil {
			t.Fatal(err)
		}
		raw := rawDB(t, db.Dir)
		disarm(t, raw)
		must(t, raw, `DELETE FROM audit_checkpoints`)
		if f := verify(t, db.Reader, store.AuditHead{}).Finding; f == nil ||
			*f != (store.AuditFinding{Fault: store.AuditMissing, ID: 1, To: 4}) {
			t.Errorf("found %+v", f)
		}
	})
}

func TestAuditThatIsNotWholeIsNotDropped(t *testing.T) {
	db := audited(t, 9)
	raw := rawDB(t, db.Dir)
	disarm(t, raw)
	must(t, raw, `UPDATE audit SET source = '' WHERE id = 4`)
	var f *store.AuditFinding
	if n, err := db.DropAudit(t.Context(), app.System, db.Now(), signAudit); !errors.As(err, &f) ||
		f.Fault != store.AuditAltered || f.ID != 4 || n != 0 {
		t.Errorf("dropped %d: %v", n, err)
	}
	if first, last, err := db.AuditRange(t.Context(), 0, 0); err != nil || first != 1 || last != 9 {
		t.Errorf("%d to %d are left (%v)", first, last, err)
	}
}
