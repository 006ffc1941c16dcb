package consent_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/acp"
	"assent/app/consent"
	"assent/app/jobs"
	"assent/app/people"
	"assent/store/storetest"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// world is the use case between a real database and the ACP stand-in.
type world struct {
	*storetest.DB
	t      *testing.T
	acp    *emulator.Emulator
	config consent.Config
	svc    *consent.Service
	alice  app.Person
	dev    app.Device
	log    bytes.Buffer
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db := storetest.New(t)
	em := emulatortest.Start(t,
		emulator.Options{Now: db.Clock.Now, Client: emulator.Client{ID: "assent", Secret: "s3cret with spaces"}})
	w := &world{DB: db, t: t, acp: em}
	w.build()
	w.alice = db.MustPerson("alice")
	w.dev = db.MustDevice(w.alice)
	t.Cleanup(func() {
		for _, m := range em.Mismatches() {
			t.Errorf("departure from the contract: %s", m)
		}
	})
	return w
}

// build makes the use case on the store as it is open now.
func (w *world) build() {
	w.t.Helper()
	client, err := acp.New(acp.Config{
		Issuer:       w.acp.Issuer(),
		ClientID:     "assent",
		ClientSecret: "s3cret with spaces",
		AuthMethod:   acp.SecretBasic,
		HTTP:         &http.Client{Timeout: 2 * time.Second},
		Now:          w.Clock.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.config = consent.Config{Store: w.Store, Resolver: people.Directory{Reader: w.Reader}, RequestTTL: 2 * time.Minute,
		Connections: []consent.Connection{{
			Name:       "acp",
			Server:     client,
			Workspaces: map[string]string{"shop": "regular"},
		}},
		Fatigue: consent.DefaultFatigue, Log: slog.New(slog.NewTextHandler(io.MultiWriter(w.t.Output(), &w.log), nil))}
	w.svc = consent.New(w.config)
}

// protect makes p the policy.
func (w *world) protect(p consent.Protection) {
	w.config.Protection = func() consent.Protection { return p }
	w.svc = consent.New(w.config)
}

// start begins a login at ACP and takes it in.
func (w *world) start(scopes ...string) (emulator.Session, app.Request) {
	w.t.Helper()
	s := w.acp.Begin(emulator.Ask{
		Hint:           "alice",
		Scopes:         append([]string{"openid"}, scopes...),
		BindingMessage: "K7-PLUM",
	})
	if err := w.svc.Start(w.t.Context(), acpActor, "acp", input(s)); err != nil {
		w.t.Fatal(err)
	}
	r, err := w.RequestByLogin(w.t.Context(), "demo", s.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return s, r
}

var acpActor = app.Actor{Kind: app.ActorACP, ID: "acp"}

func input(s emulator.Session) consent.Start {
	return consent.Start{
		TenantID:       "demo",
		ServerID:       "shop",
		LoginID:        s.ID,
		LoginState:     s.LoginState,
		UserIdentifier: s.Hint,
		ClientID:       s.Device,
		ClientName:     s.Details.ClientInfo.Name,
		BindingMessage: s.BindingMessage,
		Scopes:         s.Scopes,
		ExpiresAt:      s.ExpiresAt,
		Payload:        "{}",
	}
}

func (w *world) view(id string) consent.View {
	w.t.Helper()
	v, err := w.svc.View(w.t.Context(), storetest.On(w.dev), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return v
}

func (w *world) approve(id string, c consent.Choice) error {
	return w.svc.Approve(w.t.Context(), storetest.On(w.dev), id, c, signed(w.dev.CredentialID))
}

// signed is a signature of the passkey, which is all that this package asks of one.
type signed string

func (s signed) CredentialID() string                   { return string(s) }
func (s signed) Receipt(at app.Instant) (string, error) { return fmt.Sprintf("receipt of %d", at), nil }

// settle runs the delivery job as the worker would, up to n times, and gives the request.
func (w *world) settle(id string, n int) app.Request {
	w.t.Helper()
	for range n {
		if w.request(id).Delivery != app.DeliveryWaiting {
			break
		}
		w.svc.Settle(w.t.Context(), w.MustLease(app.JobSettle, id))
	}
	return w.request(id)
}

func (w *world) request(id string) app.Request {
	w.t.Helper()
	r, err := w.Request(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) session(id string) emulator.Session {
	w.t.Helper()
	s, ok := w.acp.Session(id)
	if !ok {
		w.t.Fatalf("no session %s", id)
	}
	return s
}

func TestApproveGrantsWhatWasLeftTicked(t *testing.T) {
	w := newWorld(t)
	s, r := w.start("profile", "email", "invoice.7781", "branch:read", "transfers:read")
	w.acp.Edit(s.ID, func(d *emulator.SessionDetails) { d.AllowedScopes["transfers:read"] = false })
	v := w.view(r.ID)
	var shown []string
	for _, sc := range v.Sheet.Scopes {
		shown = append(shown, sc.Grant)
	}
	if want := []string{"openid", "profile", "email", "invoice.7781"}; !slices.Equal(shown, want) {
		t.Errorf("shown %v, want %v: neither implicit nor disallowed ones", shown, want)
	}
	if v.Sheet.Client.Host != "quill.example" || v.Sheet.Message != "K7-PLUM" ||
		!slices.Contains(v.Sheet.Claims, "birthdate") {
		t.Errorf("sheet %+v", v.Sheet)
	}
	if err := w.approve(r.ID,
		consent.Choice{
			Digest: v.Digest,
			Scopes: []string{"email", "invoice.7781", "transfers:read", "admin"},
		}); err != nil {
		t.Fatal(err)
	}
	got := w.settle(r.ID, 1)
	if got.State != app.Approved || got.Delivery != app.DeliveryDelivered {
		t.Errorf("%s, %s (%s)", got.State, got.Delivery, got.DeliveryCause)
	}
	body := w.session(s.ID).Accepted
	if body == nil {
		t.Fatal("ACP has no accept")
	}
	slices.Sort(body.GrantedScopes)
	if want := []string{"branch:read", "email", "invoice.7781", "openid"}; !slices.Equal(body.GrantedScopes, want) {
		t.Errorf("granted %v, want %v", body.GrantedScopes, want)
	}
}

func TestDenyNeedsNoACP(t *testing.T) {
	w := newWorld(t)
	s, r := w.start()
	w.acp.Fail(emulator.Details, emulator.Fault{Status: 503, Times: -1})
	w.acp.Fail(emulator.Reject, emulator.Fault{Status: 503, Times: 2})
	if v := w.view(r.ID); !v.Unreachable || v.Sheet != nil {
		t.Errorf("view while ACP is down: %+v", v)
	}
	if err := w.svc.Deny(t.Context(), storetest.On(w.dev), r.ID); err != nil {
		t.Fatal(err)
	}
	w.acp.Heal()
	w.acp.Fail(emulator.Reject, emulator.Fault{Status: 503, Times: 2})
	got := w.settle(r.ID, 5)
	body := w.session(s.ID).Rejected
	if got.Delivery != app.DeliveryDelivered || got.DeliveryTries != 3 || body == nil ||
		body.Error != "access_denied" || body.ErrorCause != "denied_by_user" {
		t.Errorf("%s after %d tries, body %+v", got.Delivery, got.DeliveryTries, body)
	}
	if err := w.svc.Deny(t.Context(), storetest.On(w.dev), r.ID); !errors.Is(err, app.ErrNotPending) {
		t.Errorf("denying twice: %v", err)
	}
}

func TestApprovalIsHeldAgainstWhatWasSeen(t *testing.T) {
	w := newWorld(t)
	s, r := w.start("profile")
	v := w.view(r.ID)
	choice := consent.Choice{Digest: v.Digest, Scopes: []string{"profile"}}
	for _, c := range []struct {
		name string
		do   func()
		want error
	}{
		{"never shown", func() { choice.Digest = "unseen" }, app.ErrChanged},
		{"client renamed meanwhile", func() {
			choice.Digest = v.Digest
			w.acp.Edit(s.ID, func(d *emulator.SessionDetails) { d.ClientInfo.Name = "Somebody else" })
		}, app.ErrChanged},
		{"ACP gives no answer", func() { w.acp.Fail(emulator.Details, emulator.Fault{Drop: true, Times: -1}) },
			app.ErrACPUnreachable},
	} {
		c.do()
		if err := w.approve(r.ID, choice); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if got := w.request(r.ID); got.State != app.Pending || got.Granted != "" {
			t.Errorf("%s: something was stored: %s %q", c.name, got.State, got.Granted)
		}
	}
	w.acp.Heal()
	again := w.view(r.ID)
	if again.Digest == v.Digest || again.Sheet.Client.Name != "Somebody else" {
		t.Errorf("the page doesn't show the change: %+v", again.Sheet.Client)
	}
	if err := w.approve(r.ID, consent.Choice{Digest: again.Digest, Scopes: []string{"profile"}}); err != nil {
		t.Errorf("approving what is shown now: %v", err)
	}
}

// The details change at ACP, and another device of the person shows them, while
// what was seen before is being approved: that stays what is approved, or nothing.
func TestWhatAnotherDeviceSeesIsNotApproved(t *testing.T) {
	w := newWorld(t)
	s, r := w.start("profile")
	seen := w.view(r.ID).Digest
	changed := false
	w.over(func(q *http.Request) (*http.Response, error) {
		if !changed && strings.HasSuffix(q.URL.Path, s.ID) {
			changed = true
			w.acp.Edit(s.ID, func(d *emulator.SessionDetails) { d.ClientInfo.Name = "Somebody else" })
			if now := w.view(r.ID).Digest; now == seen {
				t.Error("the other device was shown no change")
			}
		}
		return http.DefaultTransport.RoundTrip(q)
	})
	if err := w.approve(r.ID,
		consent.Choice{Digest: seen, Scopes: []string{"profile"}}); !errors.Is(err, app.ErrChanged) {
		t.Errorf("approved: %v, want that it changed", err)
	}
	if got := w.request(r.ID); !changed || got.State != app.Pending || got.Granted != "" {
		t.Errorf("changed %v: %s, granted %q", changed, got.State, got.Granted)
	}
}

// A host is shown in ASCII: two that look alike in their own letters don't.
func TestHostsThatLookAlike(t *testing.T) {
	for uri, want := range map[string]string{
		"https://quill.example/shop":   "quill.example",
		"https://quill.example:8443":   "quill.example",
		"https://quіll.example":        "xn--qull-m9d.example", // with a Cyrillic і
		"https://xn--qull-m9d.example": "xn--qull-m9d.example",
		"https://pão.example":          "xn--po-sia.example",
		"https://127.0.0.1/":           "127.0.0.1",
		"https://[::1]/":               "::1",
		"https://under_score.example/": "under_score.example",
		"not a URI":                    "",
	} {
		w := newWorld(t)
		s, r := w.start()
		w.acp.Edit(s.ID, func(d *emulator.SessionDetails) { d.ClientInfo.URI = uri })
		if got := w.view(r.ID).Sheet.Client.Host; got != want {
			t.Errorf("%s is shown as %q, want %q", uri, got, want)
		}
	}
}

func TestWhatACPSaysEndsARequest(t *testing.T) {
	for _, c := range []struct {
		name   string
		edit   func(*world, emulator.Session)
		reason app.Reason
		reject bool
	}{
		{"login gone", func(w *world, s emulator.Session) { w.acp.Forget(s.ID) }, app.ReasonGone, false},
		{"settled elsewhere", func(w *world, s emulator.Session) {
			w.acp.Edit(s.ID,
				func(d *emulator.SessionDetails) { d.Extra = map[string]any{"scope_grant_approved": true} })
		}, app.ReasonSettledByACP, false},
		{"for another known person", func(w *world, s emulator.Session) {
			w.MustPerson("mallory")
			w.acp.Edit(s.ID, func(d *emulator.SessionDetails) { d.Subject = "mallory" })
		}, app.ReasonOtherPerson, true},
		{"nothing may be granted", func(w *world, s emulator.Session) {
			w.acp.Edit(s.ID, func(d *emulator.SessionDetails) { d.AllowedScopes = map[string]bool{"openid": false} })
		}, app.ReasonNoScopes, true},
		{"a scope that isn't what it looks like", func(w *world, s emulator.Session) {
			w.acp.Edit(s.ID, func(d *emulator.SessionDetails) {
				d.RequestedScopes[0].RequestedName, d.RequestedScopes[0].Name = "read\u200b.all", "read\u200b.all"
				d.AllowedScopes["read\u200b.all"] = true
			})
		}, app.ReasonUnreadable, true},
		{"a claim that nothing can sign", func(w *world, s emulator.Session) {
			w.acp.Edit(s.ID, func(d *emulator.SessionDetails) { d.ClaimsToConsent = []string{"name\ufffe"} })
		}, app.ReasonUnreadable, true},
		{"for a subject that nobody has", func(w *world, s emulator.Session) {
			w.acp.Edit(s.ID, func(d *emulator.SessionDetails) { d.Subject = "opaque" })
		}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			s, r := w.start()
			c.edit(w, s)
			v := w.view(r.ID)
			if nobody := strings.Contains(w.log.String(),
				"a subject that fits no person"); nobody != (c.name == "for a subject that nobody has") {
				t.Errorf("the log tells of a subject that nobody has: %v", nobody)
			}
			if strings.Contains(w.log.String(), "opaque") {
				t.Error("the log names ACP's subject")
			}
			if v.Request.Reason != c.reason || (v.Sheet == nil) != (c.reason != "") {
				t.Errorf("reason %q, sheet %v; want %q", v.Request.Reason, v.Sheet != nil, c.reason)
			}
			if c.reject {
				if got := w.settle(r.ID, 1); got.Delivery != app.DeliveryDelivered || w.session(s.ID).Rejected == nil {
					t.Errorf("ACP was not told: %s (%s)", got.Delivery, got.DeliveryCause)
				}
			} else if v.Request.Delivery != app.DeliveryNone {
				t.Errorf("delivery %s, want none", v.Request.Delivery)
			}
		})
	}
}

// Which kinds a login hint can be says nothing of what ACP's subject is: it is read
// as every kind, and means another person also where no hint could.
func TestSubjectOfAnotherKindThanHints(t *testing.T) {
	for _, c := range []struct {
		subject string
		kinds   []app.IdentifierKind
		reason  app.Reason
	}{
		{"sub-of-mallory", []app.IdentifierKind{app.Username}, app.ReasonOtherPerson},
		{"m@bank.example", []app.IdentifierKind{app.Username}, app.ReasonOtherPerson},
		{"12345678909", []app.IdentifierKind{app.Username, app.Email}, app.ReasonOtherPerson},
		{"mallory", []app.IdentifierKind{app.Username}, app.ReasonOtherPerson},
		{"alice", []app.IdentifierKind{app.Username}, app.ReasonNone},
		{"opaque", []app.IdentifierKind{app.Username}, app.ReasonNone},
	} {
		w := newWorld(t)
		w.config.Resolver = people.Directory{Reader: w.Reader, Hints: map[string][]app.IdentifierKind{"acp": c.kinds}}
		w.svc = consent.New(w.config)
		if _, err := people.New(w.Store).Add(t.Context(), app.Operator, "Mallory",
			[]string{"mallory", "subject:sub-of-mallory", "m@bank.example", "cpf:123.456.789-09"}, nil); err != nil {
			t.Fatal(err)
		}
		s, r := w.start()
		w.acp.Edit(s.ID, func(d *emulator.SessionDetails) { d.Subject = c.subject })
		v := w.view(r.ID)
		if v.Request.Reason != c.reason || (v.Sheet == nil) != (c.reason != "") {
			t.Errorf("%s, hints are %s: reason %q, sheet %v; want %q", c.subject, c.kinds, v.Request.Reason,
				v.Sheet != nil, c.reason)
		}
		if c.reason == "" {
			continue
		}
		if err := w.approve(r.ID, consent.Choice{Digest: v.Digest}); !errors.Is(err, app.ErrNotPending) {
			t.Errorf("%s: approved with %v", c.subject, err)
		}
		if w.settle(r.ID, 3); w.session(s.ID).State != emulator.Rejected {
			t.Errorf("%s: at ACP it is %s", c.subject, w.session(s.ID).State)
		}
	}
}

func TestSettleConverges(t *testing.T) {
	for _, c := range []struct {
		name   string
		faults map[emulator.Endpoint]emulator.Fault
		before func(*world, emulator.Session)
		want   app.DeliveryState
		tries  int
		took   bool // ACP holds the approval
	}{
		{name: "plain", want: app.DeliveryDelivered, tries: 1, took: true},
		{
			name:   "500 before it takes effect",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.Accept: {Status: 500}},
			want:   app.DeliveryDelivered,
			tries:  2,
			took:   true,
		},
		{
			name:   "500 after it took effect",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.Accept: {Status: 500, After: true}},
			want:   app.DeliveryDelivered,
			tries:  2,
			took:   true,
		},
		{
			name:   "cut before",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.Accept: {Drop: true}},
			want:   app.DeliveryDelivered,
			tries:  2,
			took:   true,
		},
		{
			name:   "cut after",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.Accept: {Drop: true, After: true}},
			want:   app.DeliveryDelivered,
			tries:  2,
			took:   true,
		},
		{
			name:   "hangs after",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.Accept: {Hang: true, After: true}},
			want:   app.DeliveryDelivered,
			tries:  2,
			took:   true,
		},
		{
			name:   "cut after, and the session is forgotten at once",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.Accept: {Drop: true, After: true}},
			before: func(w *world, _ emulator.Session) { w.acp.ForgetFinished(true) },
			want:   app.DeliveryUnconfirmed,
			tries:  2,
			took:   true,
		},
		{
			name: "cut after, and asking fails once",
			faults: map[emulator.Endpoint]emulator.Fault{
				emulator.Accept:  {Drop: true, After: true},
				emulator.Details: {Status: 502},
			},
			want:  app.DeliveryDelivered,
			tries: 3,
			took:  true,
		},
		{
			name:   "token refused once",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.Accept: {Status: 401}},
			want:   app.DeliveryDelivered,
			tries:  1,
			took:   true,
		},
		{
			name:   "no token at first",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.SystemToken: {Status: 503}},
			before: func(w *world, _ emulator.Session) { w.Clock.Advance(time.Hour) },
			want:   app.DeliveryFailed,
			tries:  2,
		},
		{
			name:   "busy",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.Accept: {Status: 429, RetryAfter: 3 * time.Second}},
			want:   app.DeliveryDelivered,
			tries:  2,
			took:   true,
		},
		{
			name:   "login expired",
			before: func(w *world, s emulator.Session) { w.acp.Expire(s.ID) },
			want:   app.DeliveryFailed,
			tries:  1,
		},
		{
			name:   "refused",
			faults: map[emulator.Endpoint]emulator.Fault{emulator.Accept: {Status: 422}},
			want:   app.DeliveryFailed,
			tries:  1,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s, r := w.start("profile")
			v := w.view(r.ID)
			if err := w.approve(r.ID, consent.Choice{Digest: v.Digest, Scopes: []string{"profile"}}); err != nil {
				t.Fatal(err)
			}
			if c.before != nil {
				c.before(w, s)
			}
			for at, f := range c.faults {
				w.acp.Fail(at, f)
			}
			got := w.settle(r.ID, 5)
			if got.Delivery != c.want || got.DeliveryTries != c.tries || (w.session(s.ID).Accepted != nil) != c.took {
				t.Errorf("%s after %d tries (%s), taken %v; want %s after %d, %v", got.Delivery, got.DeliveryTries,
					got.DeliveryCause,
					w.session(s.ID).Accepted != nil, c.want, c.tries, c.took)
			}
			if (got.Delivery == app.DeliveryDelivered) != (got.DeliveryCause == "") {
				t.Errorf("%s with cause %q", got.Delivery, got.DeliveryCause)
			}
		})
	}
}

func TestRetryAfterIsHeeded(t *testing.T) {
	w := newWorld(t)
	_, r := w.start()
	if err := w.svc.Deny(t.Context(), storetest.On(w.dev), r.ID); err != nil {
		t.Fatal(err)
	}
	w.acp.Fail(emulator.Reject, emulator.Fault{Status: 429, RetryAfter: 7 * time.Second})
	if out := w.svc.Settle(t.Context(), w.MustLease(app.JobSettle, r.ID)); out.Verdict != app.JobRetry ||
		out.After != 7*time.Second {
		t.Errorf("outcome %+v, want a retry after 7 s", out)
	}
}

// A crash after ACP was told and before that was written down must not tell it twice.
func TestCrashDuringDelivery(t *testing.T) {
	w := newWorld(t)
	s, r := w.start()
	v := w.view(r.ID)
	if err := w.approve(r.ID, consent.Choice{Digest: v.Digest}); err != nil {
		t.Fatal(err)
	}
	w.acp.Fail(emulator.Accept, emulator.Fault{Drop: true, After: true})
	if _, _, err := w.BeginDelivery(t.Context(), r.ID); err != nil { // the try that died
		t.Fatal(err)
	}
	w.svc.Settle(t.Context(), w.MustLease(app.JobSettle, r.ID))
	w.Reopen()
	calls := w.session(s.ID).Calls[emulator.Accept]
	if calls != 1 {
		t.Errorf("ACP was told %d times", calls)
	}
	if got := w.request(r.ID); got.Delivery != app.DeliveryWaiting || !got.DeliveryUnsure {
		t.Errorf("after the crash: %s, unsure %v", got.Delivery, got.DeliveryUnsure)
	}
}

// A worker that stood still, and whose job another one has by now, doesn't call ACP.
func TestALostLeaseCallsNobody(t *testing.T) {
	for _, unsure := range []bool{false, true} {
		w := newWorld(t)
		s, r := w.start()
		v := w.view(r.ID)
		if err := w.approve(r.ID, consent.Choice{Digest: v.Digest}); err != nil {
			t.Fatal(err)
		}
		if unsure { // it would ask first
			if _, _, err := w.BeginDelivery(t.Context(), r.ID); err != nil {
				t.Fatal(err)
			}
		}
		slow := w.MustLease(app.JobSettle, r.ID)
		w.Clock.Advance(2 * time.Hour)
		if _, ok, _, err := w.LeaseJob(t.Context(), app.JobSettle, time.Minute); err != nil || !ok {
			t.Fatal(ok, err)
		}
		details := w.acp.Calls(emulator.Details)
		if out := w.svc.Settle(t.Context(), slow); out.Verdict != app.JobRetry {
			t.Errorf("unsure %v: verdict %v", unsure, out.Verdict)
		}
		if n := w.session(s.ID).Calls[emulator.Accept] + w.acp.Calls(emulator.Details) - details; n != 0 {
			t.Errorf("unsure %v: ACP was called %d times", unsure, n)
		}
	}
}

// A crash between the decision and its delivery: the next start's worker finds it.
func TestDecisionSurvivesACrash(t *testing.T) {
	w := newWorld(t)
	s, r := w.start("profile")
	v := w.view(r.ID)
	if err := w.approve(r.ID, consent.Choice{Digest: v.Digest, Scopes: []string{"profile"}}); err != nil {
		t.Fatal(err)
	}
	w.Reopen()
	w.build()
	if got := w.request(r.ID); got.State != app.Approved || got.Delivery != app.DeliveryWaiting {
		t.Fatalf("after the crash: %s, %s", got.State, got.Delivery)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	worker := jobs.New(w.Store, nil, slog.New(slog.DiscardHandler), map[app.JobKind]jobs.Handler{
		app.JobSettle: {Run: w.svc.Settle, Expired: w.svc.SettleFailed, Workers: 2, Timeout: time.Minute}})
	go func() { ended <- worker.Run(ctx) }()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		if w.request(r.ID).Delivery != app.DeliveryWaiting {
			break
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	got, session := w.request(r.ID), w.session(s.ID)
	if got.Delivery != app.DeliveryDelivered || session.Accepted == nil || session.Calls[emulator.Accept] != 1 {
		t.Errorf("%s, told %d times", got.Delivery, session.Calls[emulator.Accept])
	}
	if waiting, dead, err := w.Outbox(t.Context()); err != nil || waiting+dead != 0 {
		t.Errorf("%d waiting and %d dead jobs are left (%v)", waiting, dead, err)
	}
}

func TestStart(t *testing.T) {
	for _, c := range []struct {
		name     string
		edit     func(*world, *consent.Start)
		want     error
		state    app.RequestState
		reason   app.Reason
		delivery app.DeliveryState
	}{
		{"plain", func(*world, *consent.Start) {}, nil, app.Pending, "", app.DeliveryNone},
		{"tenant and workspace missing", func(_ *world, in *consent.Start) { in.TenantID, in.ServerID = "", "" }, nil,
			app.Pending, "", app.DeliveryNone},
		{"another tenant", func(_ *world, in *consent.Start) { in.TenantID = "other" }, app.ErrWrongTenant, "", "", ""},
		{"another workspace", func(_ *world, in *consent.Start) { in.ServerID = "../admin" }, app.ErrWrongWorkspace, "",
			"", ""},
		{"unknown person", func(_ *world, in *consent.Start) { in.UserIdentifier = "nobody" }, app.ErrUnknownPerson, "",
			"", ""},
		{"suspended person", func(w *world, _ *consent.Start) {
			w.must(w.SetPersonState(w.t.Context(), app.Operator, w.alice.ID, app.PersonSuspended))
		}, app.ErrUnknownPerson, "", "", ""},
		{"last device gone", func(w *world, _ *consent.Start) {
			w.must(w.RemoveDevice(w.t.Context(), app.Operator, w.alice.ID, w.dev.ID))
		}, nil, app.Cancelled, app.ReasonNoDevice, app.DeliveryWaiting},
		{"late", func(w *world, in *consent.Start) { in.ExpiresAt = w.Now().Time().Add(-time.Second) }, nil,
			app.Cancelled, app.ReasonLate, app.DeliveryWaiting},
		{"a consent of a kind to be asked for", func(_ *world, in *consent.Start) { in.IntentID = "urn:bank:C1" }, nil,
			app.Pending, app.ReasonNone, app.DeliveryNone},
		{"recurring payments of Brazil",
			func(_ *world, in *consent.Start) { in.Scopes = []string{"openid", "recurring-consent:urn:bank:C1"} }, nil,
			app.Cancelled, app.ReasonUnsupported, app.DeliveryNone},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			s := w.acp.Begin(emulator.Ask{Hint: "alice"})
			in := input(s)
			c.edit(w, &in)
			err := w.svc.Start(t.Context(), acpActor, "acp", in)
			if !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			r, err := w.RequestByLogin(t.Context(), "demo", in.LoginID)
			if c.want != nil {
				if !errors.Is(err, app.ErrUnknownRequest) {
					t.Errorf("a refused start was stored: %+v %v", r, err)
				}
				return
			}
			if err != nil || r.State != c.state || r.Reason != c.reason || r.Delivery != c.delivery {
				t.Errorf("%s (%s), delivery %s, %v; want %s (%s), %s", r.State, r.Reason, r.Delivery, err, c.state,
					c.reason, c.delivery)
			}
			// The same again is taken, whatever has become of it, and means nothing.
			if err := w.svc.Start(t.Context(), acpActor, "acp", in); err != nil {
				t.Errorf("the same again: %v", err)
			}
			in.LoginState = "another"
			if err := w.svc.Start(t.Context(), acpActor, "acp", in); !errors.Is(err, app.ErrLoginConflict) {
				t.Errorf("another state: %v, want ErrLoginConflict", err)
			}
		})
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func TestRefusedTenantIsAudited(t *testing.T) {
	w := newWorld(t)
	in := input(w.acp.Begin(emulator.Ask{Hint: "alice"}))
	in.TenantID = "other"
	if err := w.svc.Start(t.Context(), acpActor, "acp", in); !errors.Is(err, app.ErrWrongTenant) {
		t.Fatal(err)
	}
	rows, err := w.AuditOf(t.Context(), "request.refuse", 10)
	if err != nil || len(rows) != 1 || rows[0].ActorID != "acp" {
		t.Errorf("audit %+v, %v", rows, err)
	}
}

func TestVerify(t *testing.T) {
	w := newWorld(t)
	w.MustPerson("bob") // has no device
	svc := people.New(w.Store)
	for _, ids := range [][]string{{"customer:42"}, {"phone:00042"}} {
		p, err := svc.Add(t.Context(), app.Operator, "Twin", ids, nil)
		if err != nil {
			t.Fatal(err)
		}
		// As it could stand in a database of before such were refused.
		w.Tamper(`INSERT INTO identifiers (kind, norm, value, person_id) VALUES ('username', '42', '42', ?)
			ON CONFLICT DO UPDATE SET person_id = excluded.person_id`,
			p.ID)
	}
	check := func(identifier string, want bool) {
		t.Helper()
		if got, err := w.svc.Verify(t.Context(), app.System, "acp", "", identifier); err != nil || got != want {
			t.Errorf("%s: %v, %v; want %v", identifier, got, err, want)
		}
	}
	check("alice", true)
	check("ALICE", true)
	check("bob", false)
	check("nobody", false)
	check("42", false)
	w.must(w.SetDeviceState(t.Context(), app.Operator, w.dev.ID, app.DeviceSuspended))
	check("alice", false)
	w.must(w.SetDeviceState(t.Context(), app.Operator, w.dev.ID, app.DeviceActive))
	check("alice", true)
	w.must(w.SetPersonState(t.Context(), app.Operator, w.alice.ID, app.PersonSuspended))
	check("alice", false)
}

func TestAnothersRequestIsUnknown(t *testing.T) {
	w := newWorld(t)
	_, r := w.start()
	mallory := storetest.On(w.MustDevice(w.MustPerson("mallory")))
	if _, err := w.svc.View(t.Context(), mallory, r.ID); !errors.Is(err, app.ErrUnknownRequest) {
		t.Errorf("view: %v", err)
	}
	if err := w.svc.Deny(t.Context(), mallory, r.ID); !errors.Is(err, app.ErrUnknownRequest) {
		t.Errorf("deny: %v", err)
	}
	if got := w.request(r.ID); got.State != app.Pending {
		t.Errorf("it is %s", got.State)
	}
}
