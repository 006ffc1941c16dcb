package push_test

import (
	"encoding/json"
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
		{strings.Repeat("x", 57) + family + " and more", strings.Repeat("x", 57) + "… asks you to sign in. Open to review."},
		{strings.Repeat("x", 58) + "e\u0301e\u0301", strings.Repeat("x", 58) + "… asks you to sign in. Open to review."},
		{strings.Repeat("x", 58) + " and more", strings.Repeat("x", 58) + "… asks you to sign in. Open to review."},
		{"x" + strings.Repeat("\u0301", 1024), "x" + strings.Repeat("\u0301", 58) + "… asks you to sign in. Open to review."},
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
		if _, _, err := db.StartRequest(t.Context(), app.System, in, store.Fatigue{Notices: 5, Window: time.Minute}, true); err != nil {
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
