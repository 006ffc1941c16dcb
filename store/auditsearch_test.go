package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// sought gives a database whose audit has all kinds of rows, some at the same
// time and some written after the clock was set back.
func sought(t *testing.T) (*storetest.DB, []store.AuditEntry) {
	t.Helper()
	db := storetest.New(t)
	for _, name := range []string{"alice", "bob"} {
		p := db.MustPerson(name)
		for i := range 4 {
			d := db.MustDevice(p)
			db.Clock.Advance(time.Second)
			db.MustRequest(p)
			r := db.MustRequest(p)
			if i == 2 {
				db.Clock.Advance(-5 * time.Second)
			}
			if err := db.Shown(t.Context(), storetest.On(d), r.ID, "{}", "1", ""); err != nil {
				t.Fatal(err)
			}
			if err := db.Refused(t.Context(), app.Actor{Kind: app.ActorACP, ID: "acp"}, "request.refuse",
				nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	rows, err := db.AuditRows(t.Context(), 1, 1000, 1000)
	if err != nil || len(rows) < 30 {
		t.Fatal(len(rows), err)
	}
	return db, rows
}

// filters are all combinations of what there is and what there isn't.
func filters(rows []store.AuditEntry) []store.AuditFilter {
	one := func(get func(store.AuditEntry) string) string {
		for _, e := range rows[len(rows)/2:] {
			if get(e) != "" {
				return get(e)
			}
		}
		return ""
	}
	at := rows[len(rows)/2].At
	var out []store.AuditFilter
	for _, person := range []string{"", one(func(e store.AuditEntry) string { return e.PersonID })} {
		for _, request := range []string{"", one(func(e store.AuditEntry) string { return e.RequestID })} {
			for _, actor := range []string{"", one(func(e store.AuditEntry) string { return e.DeviceID }), "cli", "acp",
				"nobody"} {
				for _, action := range []string{"", "request.", "request.open", "d", "%"} {
					for _, times := range [][2]app.Instant{{}, {at, 0}, {at - 2000, at + 2000}} {
						out = append(out,
							store.AuditFilter{
								PersonID:  person,
								RequestID: request,
								ActorID:   actor,
								Action:    action,
								Since:     times[0],
								Until:     times[1],
							})
					}
				}
			}
		}
	}
	return out
}

func TestAuditPagesHoldWhatFits(t *testing.T) {
	db, rows := sought(t)
	hits := 0
	for _, f := range filters(rows) {
		var want []int64
		sorted := slices.Clone(rows)
		slices.SortFunc(sorted, func(a, b store.AuditEntry) int {
			if a.At != b.At {
				return int(b.At - a.At)
			}
			return int(b.ID - a.ID)
		})
		for _, e := range sorted {
			if (f.PersonID == "" || e.PersonID == f.PersonID) && (f.RequestID == "" || e.RequestID == f.RequestID) &&
				(f.ActorID == "" || e.ActorID == f.ActorID) && strings.HasPrefix(e.Action, f.Action) &&
				e.At >= f.Since && (f.Until == 0 || e.At < f.Until) {
				want = append(want, e.ID)
			}
		}
		limit := 1 + rand.IntN(7)
		var got []int64
		var after store.AuditCursor
		for {
			page, err := db.AuditPage(t.Context(), f, after, limit)
			if err != nil {
				t.Fatalf("%+v: %v", f, err)
			}
			for _, e := range page {
				if e != rows[e.ID-1] {
					t.Errorf("%+v: read as %+v, is %+v", f, e, rows[e.ID-1])
				}
				got = append(got, e.ID)
				after = e.Cursor()
			}
			if len(page) < limit {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v, %d a page:\n%v, want\n%v", f, limit, got, want)
		}
		hits += len(got)
	}
	if hits < 250 {
		t.Errorf("only %d hits: the filters hardly find anything", hits)
	}
}

func TestAuditSearchesUseAnIndex(t *testing.T) {
	db, rows := sought(t)
	for _, f := range filters(rows) {
		for _, after := range []store.AuditCursor{{}, rows[9].Cursor()} {
			plan, err := store.AuditPlan(t.Context(), db.Reader, f, after)
			if err != nil {
				t.Fatalf("%+v: %v", f, err)
			}
			whole := strings.Join(plan, "\n")
			searches := 0
			for i, step := range plan {
				if strings.Contains(step, "SCAN audit") {
					t.Errorf("%+v scans:\n%s", f, whole)
				}
				if strings.HasPrefix(step, "SEARCH audit USING ") {
					searches++
				}
				// Merging the pages of several actions sorts those pages, which is little.
				if strings.Contains(step, "TEMP B-TREE FOR ORDER BY") &&
					!strings.HasPrefix(plan[i-1], "SCAN (subquery") {
					t.Errorf("%+v sorts:\n%s", f, whole)
				}
			}
			if searches == 0 {
				t.Errorf("%+v doesn't search the audit by an index:\n%s", f, whole)
			}
		}
	}
}

func TestAuditRangeOfATime(t *testing.T) {
	db, rows := sought(t)
	at := rows[len(rows)/2].At
	for _, f := range []store.AuditFilter{{}, {Since: at}, {Until: at}, {Since: at - 2000, Until: at + 2000},
		{Since: at, Until: at}} {
		first, last, err := db.AuditRange(t.Context(), f.Since, f.Until)
		if err != nil {
			t.Fatal(err)
		}
		var wantFirst, wantLast int64
		for _, e := range rows {
			if e.At >= f.Since && (f.Until == 0 || e.At < f.Until) {
				if wantFirst == 0 {
					wantFirst = e.ID
				}
				wantLast = e.ID
			}
		}
		if first != wantFirst || last != wantLast {
			t.Errorf("%d to %d: %d to %d, want %d to %d", f.Since, f.Until, first, last, wantFirst, wantLast)
		}
	}
}

// What a row of the audit costs: alone, and in a batch where the disk doesn't
// cover everything else.
func BenchmarkAudit(b *testing.B) {
	for _, rows := range []int{1, 1000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			db := storetest.New(b)
			for b.Loop() {
				if err := store.AuditMany(b.Context(), db.Store, rows); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*rows), "µs/row")
		})
	}
}

func BenchmarkVerifyAudit(b *testing.B) {
	const n = 100_000
	db := storetest.New(b)
	if err := store.AuditMany(b.Context(), db.Store, n); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if rep := verify(b, db.Reader, store.AuditHead{}); rep.Rows != n || rep.Finding != nil {
			b.Fatal(rep)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*n), "µs/row")
}
