package settings_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"assent/app"
	"assent/app/background"
	"assent/app/config"
	"assent/app/passkey"
	"assent/app/settings"
	"assent/store"
	"assent/store/storetest"
)

const day = 24 * time.Hour

// Each kind of record is kept for its own days, and no longer; what waits is
// left, whatever its age; the audit says how much was erased, and stays whole.
func TestRetention(t *testing.T) {
	db := storetest.New(t)
	s := open(t, db, nil, config.Protection{})
	key, err := passkey.ReceiptKey(t.Context(), db.Store)
	if err != nil {
		t.Fatal(err)
	}
	ada := db.MustPerson("ada")
	dev := db.MustDevice(ada)
	approved, denied, stuck := db.MustRequest(ada), db.MustRequest(ada), db.MustRequest(ada)
	for _, r := range []app.Request{approved, denied, stuck} {
		if err := db.Shown(t.Context(), storetest.On(dev), r.ID, `{"Ref":"x"}`, "digest", "Ms Quill"); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Approve(t.Context(), storetest.On(dev), approved.ID,
		app.Approval{Digest: "digest", Granted: "{}", Receipt: "proof", CredentialID: dev.CredentialID, At: db.Now(),
			Payment: &app.Payment{PayeeHash: "h", Currency: "GBP", Amount: "1.00"}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Deny(t.Context(), storetest.On(dev), denied.ID, app.ReasonReported); err != nil {
		t.Fatal(err)
	}
	if err := db.Deny(t.Context(), storetest.On(dev), stuck.ID, app.ReasonPerson); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{approved.ID, denied.ID} { // ACP was never told of the third
		r, err := db.Request(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Delivered(t.Context(), r, app.DeliveryDelivered, ""); err != nil {
			t.Fatal(err)
		}
	}
	keep := settings.Retention{Payloads: 10, Requests: 40, Receipts: 400, Audit: 500, Counters: 31, Deliveries: 20}
	if err := s.ChooseRetention(t.Context(), owner, keep, 0); err != nil {
		t.Fatal(err)
	}
	retain := func() store.RetentionRun {
		t.Helper()
		run, err := s.Retain(t.Context(), key.Sign)
		if err != nil {
			t.Fatal(err)
		}
		return run
	}
	at := func(id string) app.Request {
		t.Helper()
		r, err := db.Request(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	gone := func(id string) bool {
		_, err := db.Request(t.Context(), id)
		return errors.Is(err, app.ErrUnknownRequest)
	}
	if run := retain(); run.Erased["payloads"]+run.Erased["requests"]+run.Erased["receipts"]+run.Erased["audit"] != 0 {
		t.Errorf("at once: %v", run.Erased)
	}
	if rows, err := db.AuditOf(t.Context(), "setting.retention", 9); err != nil || len(rows) != 0 {
		t.Errorf("a run that erased nothing is in the audit: %v %v", rows, err)
	}

	db.Clock.Advance(10*day + time.Second)
	if run := retain(); run.Erased["payloads"] != 2 {
		t.Errorf("after ten days: %v", run.Erased)
	}
	if r := at(approved.ID); r.Payload != "" || r.Details != "" || r.LoginState != "" || r.UserIdentifier != "" ||
		r.Receipt != "proof" || r.ClientName == "" {
		t.Errorf("after ten days: %+v", r)
	}
	if r := at(stuck.ID); r.Payload == "" || r.Details == "" {
		t.Error("a delivery that waits has lost what it needs")
	}

	db.Clock.Advance(30 * day)
	if run := retain(); run.Erased["requests"] != 1 || run.Erased["counters"] == 0 || !gone(denied.ID) ||
		gone(approved.ID) || gone(stuck.ID) {
		t.Errorf("after forty days: %v", run.Erased)
	}

	db.Clock.Advance(360 * day)
	if run := retain(); run.Erased["receipts"] != 1 || run.Erased["requests"] != 1 || !gone(approved.ID) ||
		gone(stuck.ID) {
		t.Errorf("after four hundred days: %v", run.Erased)
	}

	db.Clock.Advance(100 * day)
	run := retain()
	if run.Erased["audit"] == 0 {
		t.Errorf("after five hundred days: %v", run.Erased)
	}
	report, err := db.VerifyAudit(t.Context(), store.AuditHead{},
		func(message, signature []byte) bool { return string(key.Sign(message)) == string(signature) })
	if err != nil || report.Finding != nil {
		t.Errorf("the audit isn't whole: %+v %v", report.Finding, err)
	}
	rows, err := db.AuditOf(t.Context(), "setting.retention", 9)
	if err != nil || len(rows) == 0 || rows[0].ActorKind != app.System.Kind {
		t.Errorf("the audit of it: %+v %v", rows, err)
	}
	last, ok, err := db.LastRetention(t.Context())
	if err != nil || !ok || last.Erased["audit"] != run.Erased["audit"] || last.At != db.Now() {
		t.Errorf("the last run: %+v %v %v", last, ok, err)
	}
}

// More than fits into one transaction goes in several.
func TestRetentionGoesInBatches(t *testing.T) {
	db := storetest.New(t)
	s := open(t, db, nil, config.Protection{})
	ada := db.MustPerson("ada")
	const many = 1203
	for range many {
		if _, _, err := db.StartRequest(t.Context(), app.System, storetest.Request(ada, db.Now().Add(time.Minute)),
			store.Fatigue{Notices: 1, Window: time.Minute}, true); err != nil {
			t.Fatal(err)
		}
	}
	db.Clock.Advance(time.Hour)
	for {
		next, err := db.Expire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if next == 0 {
			break
		}
	}
	db.Clock.Advance(800 * day)
	run, err := s.Retain(t.Context(), func([]byte) []byte { return []byte("signed") })
	if err != nil || run.Erased["payloads"] != many || run.Erased["requests"] != many {
		t.Errorf("%v %v", run.Erased, err)
	}
}

// running runs retention on a clock that moves with sleep, and only leaps
// otherwise. ran tells whether it ran within the last hour.
func running(t *testing.T,
	first func(*storetest.DB, *settings.Service)) (db *storetest.DB, sleep func(time.Duration), ran func() bool) {
	t.Helper()
	db = storetest.New(t)
	s := open(t, db, nil, config.Protection{})
	first(db, s)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { s.RunRetention(ctx, unsigned); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
	sleep = func(d time.Duration) {
		synctest.Wait()
		db.Clock.Advance(d)
		time.Sleep(d) // of the bubble's clock
		synctest.Wait()
	}
	ran = func() bool {
		t.Helper()
		synctest.Wait()
		last, _, err := db.LastRetention(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return db.Now().Sub(last.At) < time.Hour
	}
	return db, sleep, ran
}

func unsigned([]byte) []byte { return nil }

// It runs at the start and then every day, and ends with its context.
func TestRetentionRunsDaily(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, sleep, ran := running(t, func(*storetest.DB, *settings.Service) {})
		if !ran() {
			t.Error("it didn't run at the start")
		}
		sleep(23 * time.Hour)
		if ran() {
			t.Error("it ran again within the day")
		}
		sleep(time.Hour)
		if !ran() {
			t.Error("it didn't run on the next day")
		}
	})
}

// A clock that leapt erases nothing before somebody could set it right, be it
// while the service was away or while it runs.
func TestRetentionDoubtsTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, sleep, ran := running(t, func(db *storetest.DB, s *settings.Service) {
			if _, err := s.Retain(t.Context(), unsigned); err != nil {
				t.Fatal(err)
			}
			db.Clock.Advance(400 * day)
		})
		for _, leap := range []string{"at the start", "while it runs"} {
			if ran() {
				t.Errorf("%s: it ran at once", leap)
			}
			sleep(5 * time.Hour)
			if ran() {
				t.Errorf("%s: it ran soon", leap)
			}
			sleep(time.Hour)
			if !ran() {
				t.Errorf("%s: it doesn't run at all", leap)
			}
			db.Clock.Advance(400 * day)
			sleep(day)
		}
	})
}

// Where nobody knows when it last ran, it erases nothing, and neither ends nor
// ends the service.
func TestRetentionTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, sleep, ran := running(t, func(db *storetest.DB, s *settings.Service) {
			if _, err := s.Retain(t.Context(), unsigned); err != nil {
				t.Fatal(err)
			}
			db.Tamper(`UPDATE meta SET value = '!' || value WHERE key = 'retention'`)
			db.Clock.Advance(2 * time.Hour)
		})
		sleep(time.Second)
		db.Tamper(`UPDATE meta SET value = substr(value, 2) WHERE key = 'retention'`)
		if ran() {
			t.Error("it ran without knowing when it last did")
		}
		sleep(time.Minute)
		if !ran() {
			t.Error("it didn't try again")
		}
	})
}

// A panic while one kind of record is erased keeps neither the others nor the next
// run, and the overview can tell.
func TestRetentionSurvivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := storetest.New(t)
		watch := background.New(nil)
		db.MustPerson("ada") // is in the audit
		s, err := settings.New(t.Context(),
			settings.Config{Store: db.Store, Watch: watch, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		db.Clock.Advance(4000 * day)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		signed := 0
		go func() {
			defer close(ended)
			s.RunRetention(ctx, func([]byte) []byte {
				if signed++; signed == 1 {
					panic("while it signs")
				}
				return nil
			})
		}()
		failing := func(when string, want ...background.Name) {
			t.Helper()
			synctest.Wait()
			if got := watch.Failing(); !slices.Equal(got, want) {
				t.Errorf("%s fail %v, want %v", when, got, want)
			}
		}
		failing("after the first run", background.Retention)
		last, ok, err := db.LastRetention(t.Context())
		if err != nil || !ok || !slices.Equal(last.Failed, []string{"audit"}) {
			t.Errorf("the run: %+v %v %v, want that of the audit to have failed alone", last, ok, err)
		}
		time.Sleep(day)
		db.Clock.Advance(day)
		failing("after the next")
		cancel()
		<-ended
	})
}
