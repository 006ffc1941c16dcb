package consent_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/consent"
	"assent/app/jobs"
	"assent/store"
	"assent/store/storetest"
	"assent/web/emulator"
)

// What ACP may write beside a refusal, and what must be nowhere but with the request.
var (
	personal = []string{"zebedee@quux49.example", "529.982.247-25", "52998224725"}
	gossip   = map[string]any{
		"status_code": 422,
		"error":       "invalid_user zebedee@quux49.example",
		"error_code":  "cpf_529.982.247-25",
		"cause":       "subject 52998224725 is blocked",
	}
)

// dump gives all rows of a table.
func (w *world) dump(table string) string {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.Dir, store.FileName))
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT * FROM ` + table)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		w.t.Fatal(err)
	}
	var out strings.Builder
	for rows.Next() {
		cells, into := make([]any, len(names)), make([]any, len(names))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			w.t.Fatal(err)
		}
		fmt.Fprintln(&out, cells...)
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out.String()
}

// work runs the outbox's worker until a request is no longer to be delivered.
func (w *world) work(id string) app.Request {
	w.t.Helper()
	ctx, stop := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer stop()
	log := slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	worker := jobs.New(w.Store, nil, log,
		map[app.JobKind]jobs.Handler{
			app.JobSettle: {Run: w.svc.Settle, Expired: w.svc.SettleFailed, Workers: 1, Timeout: 30 * time.Second},
		})
	ended := make(chan error)
	go func() { ended <- worker.Run(ctx) }()
	for w.request(id).Delivery == app.DeliveryWaiting && ctx.Err() == nil {
		w.Clock.Advance(20 * time.Second)
		worker.Kick()
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	if err := <-ended; err != nil {
		w.t.Fatal(err)
	}
	return w.request(id)
}

// ACP's words about a refusal are kept with the request, cut, and go with it.
// Audit, outbox and log have a code.
func TestACPsWordsStayWithTheRequest(t *testing.T) {
	for status, want := range map[int]app.Cause{
		422: "acp_refused_422",
		503: "late_acp_busy_503",
		403: "late_acp_credentials_403",
	} {
		t.Run(string(want), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, r := w.start()
			w.acp.Fail(emulator.Details, emulator.Fault{Status: 500, Body: gossip})
			if v := w.view(r.ID); !v.Unreachable {
				t.Fatal("ACP failed, and there are details")
			}
			if got := w.request(r.ID); !strings.Contains(got.Said, personal[0]) {
				t.Errorf("of the failed reading is kept %q", got.Said)
			}
			w.acp.Fail(emulator.Accept, emulator.Fault{Status: status, Times: -1, Body: gossip})
			v := w.view(r.ID)
			if err := w.approve(r.ID, consent.Choice{Digest: v.Digest}); err != nil {
				t.Fatal(err)
			}
			w.acp.Fail(emulator.Details, emulator.Fault{Status: status, Times: -1, Body: gossip})
			got := w.work(r.ID)
			if got.Delivery != app.DeliveryFailed || got.DeliveryCause != want {
				t.Errorf("delivery %s, cause %q; want failed, %q", got.Delivery, got.DeliveryCause, want)
			}
			for _, word := range personal {
				if !strings.Contains(got.Said, word) {
					t.Errorf("%q isn't kept with the request: %q", word, got.Said)
				}
				for _, place := range []struct{ name, text string }{{"audit", w.dump("audit")},
					{"outbox", w.dump("jobs")}, {"log", w.log.String()}} {
					if strings.Contains(place.text, word) {
						t.Errorf("%q is in the %s", word, place.name)
					}
				}
			}
			if err := w.ErasePerson(t.Context(), app.Operator, w.alice.ID); err != nil {
				t.Fatal(err)
			}
			late := got
			late.Said = "words that came after the erasure, of " + personal[0]
			if err := w.KeepSaid(t.Context(), r.ID, late.Said); err != nil {
				t.Fatal(err)
			}
			if err := w.DeliveryTried(t.Context(), late, false, app.CauseBusy); err != nil {
				t.Fatal(err)
			}
			if err := w.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{store.FileName, store.FileName + "-wal"} {
				raw, err := os.ReadFile(filepath.Join(w.Dir, name))
				if err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				for _, word := range personal {
					if strings.Contains(string(raw), word) {
						t.Errorf("after erasure %s holds %q", name, word)
					}
				}
			}
		})
	}
}

// Retention takes ACP's words with the request's payload, also where they came
// after the payload was gone.
func TestRetentionTakesACPsWords(t *testing.T) {
	w := newWorld(t)
	_, r := w.start()
	if err := w.svc.Deny(t.Context(), storetest.On(w.dev), r.ID); err != nil {
		t.Fatal(err)
	}
	w.acp.Fail(emulator.Reject, emulator.Fault{Status: 422, Body: gossip})
	if got := w.settle(r.ID, 1); got.Said == "" || len(got.Said) > 500 {
		t.Fatalf("kept: %q", got.Said)
	}
	w.Clock.Advance(48 * time.Hour)
	for range 2 {
		if _, err := w.EraseSaid(t.Context(), w.Now()); err != nil {
			t.Fatal(err)
		}
		if got := w.request(r.ID); got.Said != "" || got.Payload != "" {
			t.Errorf("after retention: %q, %q", got.Said, got.Payload)
		}
		if err := w.KeepSaid(t.Context(), r.ID, "more"); err != nil {
			t.Fatal(err)
		}
	}
}
