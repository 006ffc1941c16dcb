package push_test

import (
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/i18n"
	"assent/app/push"
	"assent/app/push/pushtest"
	"assent/store"
	"assent/store/storetest"
)

// A lock screen shows a notice without its page's care: the client's name must
// not break out of the sentence, nor be so long that the notice is lost.
func TestNoticeNamesTheClientInPlainWords(t *testing.T) {
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	const bomb, family = "\U0001F4A3", "\U0001F468\u200d\U0001F469\u200d\U0001F467" // the latter is one picture
	for _, c := range []struct{ name, want string }{
		{"Financroo", "Financroo asks you to sign in. Open to review."},
		{"Shop\n\n\nYour  account\tis blocked", "Shop Your account is blocked asks you to sign in. Open to review."},
		{"\u202eknaB ruoY\u2066\u0007", "knaB ruoY asks you to sign in. Open to review."},
		{"", words.Match("en-GB", "").T("client.unnamed") + " asks you to sign in. Open to review."},
		{"\u202e \u2066", words.Match("en-GB", "").T("client.unnamed") + " asks you to sign in. Open to review."},
		{strings.Repeat(bomb, 1024), strings.Repeat(bomb, 59) + "… asks you to sign in. Open to review."},
		{strings.Repeat("<", 1024), strings.Repeat("<", 59) + "… asks you to sign in. Open to review."},
		{strings.Repeat("x", 57) + family + " and more",
			strings.Repeat("x", 57) + "… asks you to sign in. Open to review."},
		{strings.Repeat("x", 58) + "e\u0301e\u0301",
			strings.Repeat("x", 58) + "… asks you to sign in. Open to review."},
		{strings.Repeat("x", 58) + " and more", strings.Repeat("x", 58) + "… asks you to sign in. Open to review."},
		{"x" + strings.Repeat("\u0301", 1024),
			"x" + strings.Repeat("\u0301", 58) + "… asks you to sign in. Open to review."},
		{strings.Repeat("x", 60), strings.Repeat("x", 60) + " asks you to sign in. Open to review."},
	} {
		db, ps := storetest.New(t), pushtest.Start(t)
		sender := newSender(t)
		svc := push.NewService(db.Store, sender, push.Hosts{AllowLoopback: true}, words, slog.New(slog.DiscardHandler))
		ada := db.MustPerson("ada")
		d := db.MustDevice(ada)
		if err := svc.Subscribe(t.Context(), storetest.On(d), to(ps.Subscribe())); err != nil {
			t.Fatal(err)
		}
		in := storetest.Request(ada, db.Now().Add(time.Minute))
		in.ClientName = c.name
		if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 5, Window: time.Minute},
			true); err != nil {
			t.Fatal(err)
		}
		j, ok, _, err := db.LeaseJob(t.Context(), app.JobPush, time.Minute)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if out := svc.Send(t.Context(), j); out.Verdict != app.JobDone {
			t.Errorf("%.30q: the notice is lost: %+v", c.name, out)
			continue
		}
		var m push.Message
		if err := json.Unmarshal(ps.Wait().Payload, &m); err != nil || m.Body != c.want {
			t.Errorf("%.30q: %q, want %q (%v)", c.name, m.Body, c.want, err)
		}
	}
}

// Each notice in both languages: what it says, what it counts, and nothing of
// whom or how much it is about.
func TestNotices(t *testing.T) {
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	for lang, say := range map[string]map[string]string{
		"en-GB": {
			"request":  "Financroo asks you to sign in",
			"consent":  "Financroo asks you to agree",
			"trial":    "sends you a test",
			"answered": "You answered Financroo on another device",
			"closed":   "no longer open",
			"test":     "say that you saw it",
		},
		"pt-BR": {
			"request":  "Financroo",
			"consent":  "pede a sua concordância",
			"trial":    "envia um teste",
			"answered": "em outro aparelho",
			"closed":   "não está mais aberto",
			"test":     "dizer que o viu",
		},
	} {
		db, ps := storetest.New(t), pushtest.Start(t)
		svc := push.NewService(db.Store, newSender(t), push.Hosts{AllowLoopback: true}, words,
			slog.New(slog.DiscardHandler))
		ada := db.MustPerson("ada")
		d, other := db.MustDevice(ada), db.MustDevice(ada)
		if err := db.SetPreferences(t.Context(), app.Operator, ada.ID, lang, ""); err != nil {
			t.Fatal(err)
		}
		if err := svc.Subscribe(t.Context(), storetest.On(d), to(ps.Subscribe())); err != nil {
			t.Fatal(err)
		}
		next := func(id string, kind app.Notice, body string, waiting int) {
			t.Helper()
			j, ok, _, err := db.LeaseJob(t.Context(), app.JobPush, time.Minute)
			if err != nil || !ok {
				t.Fatalf("%s: no job for %s (%v)", lang, kind, err)
			}
			if out := svc.Send(t.Context(), j); out.Verdict != app.JobDone {
				t.Fatalf("%s: %s: %+v", lang, kind, out)
			}
			if err := db.JobDone(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			got := ps.Wait()
			var m push.Message
			if err := json.Unmarshal(got.Payload, &m); err != nil {
				t.Fatal(err)
			}
			if m.ID != id || m.Kind != kind || m.Lang != lang || m.Waiting != waiting ||
				!strings.Contains(m.Body, body) {
				t.Errorf("%s: %+v, want %s %s, %q, %d waiting", lang, m, kind, id, body, waiting)
			}
			if quiet := got.Urgency == "normal"; quiet != (kind == app.NoticeHandled) {
				t.Errorf("%s: %s with urgency %s", lang, kind, got.Urgency)
			}
		}
		start := func(kind string) app.Request {
			t.Helper()
			in := storetest.Request(ada, db.Now().Add(10*time.Minute))
			in.Kind, in.ClientID = kind, app.NewID() // after a no the same client's notices wait
			r, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 50, Window: time.Minute},
				true)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		first := start(app.KindRegular)
		next(first.ID, app.NoticeRequest, say["request"], 1)
		second := start("uk-domestic-payment")
		next(second.ID, app.NoticeRequest, say["consent"], 2)
		trial, err := db.StartTest(t.Context(), app.Operator, d.ID, "Northmoor", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		next(trial.ID, app.NoticeRequest, say["trial"], 3)
		if err := db.Deny(t.Context(), storetest.On(other), first.ID, app.ReasonPerson); err != nil {
			t.Fatal(err)
		}
		next(first.ID, app.NoticeHandled, say["answered"], 2)
		if err := db.Cancel(t.Context(), app.System, second.ID, app.ReasonGone, false); err != nil {
			t.Fatal(err)
		}
		next(second.ID, app.NoticeHandled, say["closed"], 1)
		if err := svc.Test(t.Context(), storetest.On(d)); err != nil {
			t.Fatal(err)
		}
		next(push.NoticeTest, app.NoticeTest, say["test"], 1)
		// Answered on the device itself, while its notice was on the way.
		late := start(app.KindRegular)
		j, ok, _, err := db.LeaseJob(t.Context(), app.JobPush, time.Minute)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		sub, err := db.Subscription(t.Context(), d.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Deny(t.Context(), storetest.On(d), late.ID, app.ReasonPerson),
			db.Pushed(t.Context(), sub, j, true, false, "201"), db.JobDone(t.Context(), j)); err != nil {
			t.Fatal(err)
		}
		next(late.ID, app.NoticeHandled, say["closed"], 1)
	}
}
