package consent_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/acp"
	"assent/app/consent"
	"assent/store/storetest"
	"assent/web/emulator"
)

// losses are the ways in which an approval loses its standing.
var losses = map[string]func(*world) error{
	"person suspended": func(w *world) error {
		return w.SetPersonState(w.t.Context(), app.Operator, w.alice.ID, app.PersonSuspended)
	},
	"person erased": func(w *world) error { return w.ErasePerson(w.t.Context(), app.Operator, w.alice.ID) },
	"device suspended": func(w *world) error {
		return w.SetDeviceState(w.t.Context(), app.Operator, w.dev.ID, app.DeviceSuspended)
	},
	"device removed": func(w *world) error {
		return w.RemoveDevice(w.t.Context(), app.Operator, w.alice.ID,
			w.dev.ID)
	},
	"device disowned": func(w *world) error {
		return w.DisownDevice(w.t.Context(), app.Operator, w.alice.ID,
			w.dev.ID)
	},
	"passkey ended": func(w *world) error {
		w.Tamper(`UPDATE credentials SET revoked_at = 1 WHERE id = ?`, w.dev.CredentialID)
		return nil
	},
	"passkey ended, and the device has another": func(w *world) error {
		other := w.MustDevice(w.alice)
		w.Tamper(`UPDATE devices SET credential_id = ? WHERE id = ?`, other.CredentialID, w.dev.ID)
		w.Tamper(`UPDATE credentials SET revoked_at = 1 WHERE id = ?`, w.dev.CredentialID)
		return nil
	},
}

// approved is an approval whose first accept met a fault.
func approved(t *testing.T, payment bool, f emulator.Fault) (w *world, s emulator.Session, r app.Request) {
	t.Helper()
	choice := consent.Choice{}
	if payment {
		w, _ = banking(t, acp.LayoutWorkspace, "obuk")
		s, r = w.startConsent(w.acp.AddConsent("uk-domestic-payment", nil), emulator.ByMember, true)
		v := w.view(r.ID)
		choice = pick(v)
	} else {
		w = newWorld(t)
		s, r = w.start("profile")
		choice = consent.Choice{Digest: w.view(r.ID).Digest, Scopes: []string{"profile"}}
	}
	if err := w.approve(r.ID, choice); err != nil {
		t.Fatal(err)
	}
	w.acp.Fail(emulator.Accept, f)
	if out := w.svc.Settle(t.Context(), w.MustLease(app.JobSettle, r.ID)); out.Verdict != app.JobRetry {
		t.Fatalf("the first try: %+v", out)
	}
	return w, s, r
}

// An approval whose first accept got no good answer, and which has lost its
// standing since, is never sent again: it is rejected, and where ACP may hold it
// the request says so.
func TestAnApprovalThatLostItsStandingIsWithdrawn(t *testing.T) {
	before, after := emulator.Fault{
		Status: http.StatusServiceUnavailable,
	}, emulator.Fault{Status: http.StatusServiceUnavailable, After: true}
	for name, lose := range losses {
		for _, c := range []struct {
			name    string
			payment bool
			fault   emulator.Fault
			want    app.Withdrawal
			at      emulator.State
		}{
			{"sign-in that ACP didn't take", false, before, app.Withdrawn, emulator.Rejected},
			{"sign-in that ACP took", false, after, app.ACPHolds, emulator.Approved},
			{"payment that ACP didn't take", true, before, app.Withdrawn, emulator.Rejected},
			{"payment that ACP took", true, after, app.Unclear, emulator.Approved},
		} {
			t.Run(name+", "+c.name, func(t *testing.T) {
				t.Parallel()
				w, s, r := approved(t, c.payment, c.fault)
				if err := lose(w); err != nil {
					t.Fatal(err)
				}
				got := w.settle(r.ID, 5)
				if got.State != app.Cancelled || got.Withdrawal() != c.want || got.Receipt == "" {
					t.Errorf("%s, %q (%s), receipt %q; want cancelled, %q", got.State, got.Withdrawal(),
						got.DeliveryCause, got.Receipt, c.want)
				}
				if name != "person erased" && got.Granted == "" {
					t.Error("what was granted is gone")
				}
				session := w.session(s.ID)
				if session.Calls[emulator.Accept] != 1 || session.State != c.at {
					t.Errorf("ACP was told %d times to accept, and is %s; want once, %s",
						session.Calls[emulator.Accept], session.State, c.at)
				}
				held, unclear, err := w.InDoubt(t.Context())
				if err != nil || (held == 1) != (c.want == app.ACPHolds) || (unclear == 1) != (c.want == app.Unclear) {
					t.Errorf("in doubt: %d held, %d unclear (%v)", held, unclear, err)
				}
				w.retryWithdrawal(r.ID, s.ID)
			})
		}
	}
}

// retryWithdrawal checks that no retry of a withdrawal, nor any other run of the
// outbox, makes an approval of it.
func (w *world) retryWithdrawal(id, session string) {
	w.t.Helper()
	if err := w.svc.RetryDelivery(w.t.Context(), app.Operator, id); err != nil && !errors.Is(err, app.ErrNotFailed) {
		w.t.Fatal(err)
	}
	w.settle(id, 5)
	if n := w.session(session).Calls[emulator.Accept]; n != 1 {
		w.t.Errorf("after a retry ACP was told %d times to accept", n)
	}
}

// ACP is down until there is no time left: what it may hold isn't said to be
// cancelled, and the retry goes on with the withdrawal.
func TestAWithdrawalThatFailsIsGoneOnWith(t *testing.T) {
	w, s, r := approved(t, true, emulator.Fault{Status: http.StatusServiceUnavailable})
	if err := losses["person suspended"](w); err != nil {
		t.Fatal(err)
	}
	w.acp.Fail(emulator.Reject, emulator.Fault{Status: http.StatusServiceUnavailable, Times: -1})
	// The time of the accept is over before anything looks again.
	if err := w.svc.SettleFailed(t.Context(), w.MustLease(app.JobSettle, r.ID), app.CauseBusy.Late()); err != nil {
		t.Fatal(err)
	}
	if got := w.request(r.ID); got.Withdrawal() != app.Withdrawing {
		t.Fatalf("%s, %q; want that it is being withdrawn", got.State, got.Withdrawal())
	}
	w.settle(r.ID, 2)
	if err := w.svc.SettleFailed(t.Context(), w.MustLease(app.JobSettle, r.ID), app.CauseBusy.Late()); err != nil {
		t.Fatal(err)
	}
	if got := w.request(r.ID); got.Withdrawal() != app.Unclear || got.Delivery != app.DeliveryFailed {
		t.Errorf("%q, delivery %s; want unclear, failed", got.Withdrawal(), got.Delivery)
	}
	w.acp.Heal()
	if err := w.svc.RetryDelivery(t.Context(), app.Operator, r.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.settle(r.ID, 5); got.Withdrawal() != app.Withdrawn {
		t.Errorf("after the retry %q (%s), want withdrawn", got.Withdrawal(), got.DeliveryCause)
	}
	if session := w.session(s.ID); session.State != emulator.Rejected || session.Calls[emulator.Accept] != 1 {
		t.Errorf("ACP is %s, told %d times to accept", session.State, session.Calls[emulator.Accept])
	}
}

// A pause by the person's own report leaves what they approved before.
func TestAReportLeavesEarlierApprovals(t *testing.T) {
	w, s, r := approved(t, false, emulator.Fault{Status: http.StatusServiceUnavailable})
	w.protect(consent.Protection{ReportPauses: app.PauseAll})
	_, other := w.start()
	if err := w.svc.Report(t.Context(), storetest.On(w.dev), other.ID); err != nil {
		t.Fatal(err)
	}
	if p, err := w.Person(t.Context(), w.alice.ID); err != nil || p.PausedAt == 0 {
		t.Fatalf("the report paused nothing (%v)", err)
	}
	if got := w.settle(r.ID, 5); got.State != app.Approved || got.Delivery != app.DeliveryDelivered ||
		w.session(s.ID).Accepted == nil {
		t.Errorf("%s, delivery %s", got.State, got.Delivery)
	}
}

// An administrator cancels an approval that isn't delivered: before any try may
// have taken effect, after one, and after the tries have ended.
func TestAnAdministratorCancelsAnApproval(t *testing.T) {
	for name, c := range map[string]struct {
		fault emulator.Fault
		fail  bool
		want  app.Withdrawal
	}{
		"that never reached ACP": {emulator.Fault{Status: http.StatusTooManyRequests}, false, app.NotWithdrawn},
		"after an unsure try":    {emulator.Fault{Status: http.StatusServiceUnavailable}, false, app.Withdrawn},
		"that ACP took":          {emulator.Fault{Drop: true, After: true}, false, app.ACPHolds},
		"that has failed":        {emulator.Fault{Status: http.StatusServiceUnavailable}, true, app.Withdrawn},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, s, r := approved(t, false, c.fault)
			if c.fail {
				if err := w.svc.SettleFailed(t.Context(), w.MustLease(app.JobSettle, r.ID),
					app.CauseBusy.Late()); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.svc.CancelRequest(t.Context(), app.Operator, r.ID); err != nil {
				t.Fatal(err)
			}
			got := w.settle(r.ID, 5)
			if got.State != app.Cancelled || got.Reason != app.ReasonOperator || got.Withdrawal() != c.want {
				t.Errorf("%s (%s), %q; want %q", got.State, got.Reason, got.Withdrawal(), c.want)
			}
			if n := w.session(s.ID).Calls[emulator.Accept]; n != 1 {
				t.Errorf("ACP was told %d times to accept", n)
			}
			if err := w.svc.CancelRequest(t.Context(), app.Operator, r.ID); !errors.Is(err, app.ErrNotPending) {
				t.Errorf("cancelled twice: %v", err)
			}
		})
	}
}

// An accept is under way while its approval is withdrawn. What ACP answers to it
// doesn't pass for an answer to the rejection.
func TestAnAcceptUnderWayWhileItsApprovalIsWithdrawn(t *testing.T) {
	for name, c := range map[string]struct {
		fault  emulator.Fault
		unsure bool // what the row says meanwhile
		want   app.Withdrawal
	}{
		"taken":                           {emulator.Fault{}, true, app.ACPHolds},
		"taken, where no try seemed sent": {emulator.Fault{}, false, app.ACPHolds},
		"not taken": {emulator.Fault{Status: http.StatusNotFound},
			true, app.Withdrawing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			_, r := w.start("profile")
			if err := w.approve(r.ID,
				consent.Choice{Digest: w.view(r.ID).Digest, Scopes: []string{"profile"}}); err != nil {
				t.Fatal(err)
			}
			if c.fault.Status != 0 {
				w.acp.Fail(emulator.Accept, c.fault)
			}
			w.over(func(q *http.Request) (*http.Response, error) {
				res, err := http.DefaultTransport.RoundTrip(q)
				if strings.HasSuffix(q.URL.Path, "/accept") {
					w.Tamper(`UPDATE requests SET delivery_unsure = ? WHERE id = ?`, c.unsure, r.ID)
					if err := w.svc.CancelRequest(t.Context(), app.Operator, r.ID); err != nil {
						t.Error(err)
					}
				}
				return res, err
			})
			w.svc.Settle(t.Context(), w.MustLease(app.JobSettle, r.ID))
			if got := w.request(r.ID); got.State != app.Cancelled || got.Withdrawal() != c.want ||
				got.DeliveryUnsure != c.unsure {
				t.Errorf("%s, %q, unsure %v; want %q", got.State, got.Withdrawal(), got.DeliveryUnsure, c.want)
			}
			held, _, err := w.InDoubt(t.Context())
			if err != nil || (held == 1) != (c.want == app.ACPHolds) {
				t.Errorf("ACP is said to hold %d (%v)", held, err)
			}
		})
	}
}

// What somebody must look at is dealt with once, and a payment that was
// withdrawn is no habit, unless ACP holds it.
func TestWithdrawnPaymentsAreNoHabit(t *testing.T) {
	w, _, r := approved(t, true, emulator.Fault{Status: http.StatusServiceUnavailable, After: true})
	paid := func() int {
		t.Helper()
		p, err := w.Paid(t.Context(), w.alice.ID, app.Payment{Currency: "GBP"}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return len(p.Amounts)
	}
	if n := paid(); n != 1 {
		t.Fatalf("%d payments were approved, want one", n)
	}
	if err := losses["device suspended"](w); err != nil {
		t.Fatal(err)
	}
	if got := w.settle(r.ID, 5); got.Withdrawal() != app.Unclear {
		t.Fatalf("%q", got.Withdrawal())
	}
	if n := paid(); n != 0 {
		t.Errorf("a withdrawn payment counts as a habit")
	}
	for _, want := range []error{nil, app.ErrNotInDoubt} {
		if err := w.svc.Resolve(t.Context(), app.Operator, r.ID); !errors.Is(err, want) {
			t.Errorf("dealt with: %v, want %v", err, want)
		}
	}
	if _, unclear, err := w.InDoubt(t.Context()); err != nil || unclear != 0 {
		t.Errorf("%d are in doubt (%v)", unclear, err)
	}
}

// wire is what the calls to ACP go over.
type wire func(*http.Request) (*http.Response, error)

func (f wire) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// over has the calls to ACP go over f.
func (w *world) over(f wire) {
	w.t.Helper()
	client, err := acp.New(acp.Config{
		Issuer:       w.acp.Issuer(),
		ClientID:     "assent",
		ClientSecret: "s3cret with spaces",
		AuthMethod:   acp.SecretBasic,
		HTTP:         &http.Client{Timeout: 2 * time.Second, Transport: f},
		Now:          w.Clock.Now,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.config.Connections[0].Server = client
	w.svc = consent.New(w.config)
}

// An approval loses its standing after the try began, while ACP is asked what it
// holds or of what kind the login is: it isn't sent.
func TestAnApprovalLosesItsStandingWhileACPIsAsked(t *testing.T) {
	for name, lose := range losses {
		for what, c := range map[string]struct {
			unsure bool
			want   app.Withdrawal
		}{
			"what it holds":       {true, app.Withdrawn},
			"of the login's kind": {false, app.NotWithdrawn},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				var w *world
				var s emulator.Session
				var r app.Request
				accepts := 0
				if c.unsure {
					accepts = 1
					w, s, r = approved(t, false, emulator.Fault{Status: http.StatusServiceUnavailable})
				} else {
					w, _ = banking(t, acp.LayoutWorkspace, "obuk")
					s, r = w.startConsent(w.acp.AddConsent("uk-domestic-payment", nil), emulator.ByMember, true)
					if err := w.approve(r.ID, pick(w.view(r.ID))); err != nil {
						t.Fatal(err)
					}
					w.Tamper(`UPDATE requests SET kind = '' WHERE id = ?`, r.ID)
				}
				lost := false
				w.over(func(q *http.Request) (*http.Response, error) {
					if !lost && q.Method == http.MethodGet && !strings.Contains(q.URL.Path, ".well-known") {
						lost = true
						if err := lose(w); err != nil {
							t.Error(err)
						}
					}
					return http.DefaultTransport.RoundTrip(q)
				})
				got := w.settle(r.ID, 5)
				if !lost || got.State != app.Cancelled || got.Withdrawal() != c.want ||
					got.Delivery != app.DeliveryDelivered {
					t.Errorf("lost %v: %s, %q, delivery %s; want cancelled, %q, delivered", lost, got.State,
						got.Withdrawal(), got.Delivery, c.want)
				}
				if session := w.session(s.ID); session.Calls[emulator.Accept] != accepts ||
					session.State != emulator.Rejected {
					t.Errorf("ACP was told %d times to accept, and is %s; want %d, rejected",
						session.Calls[emulator.Accept], session.State, accepts)
				}
			})
		}
	}
}

// A person or device that was suspended is let in again before the next try: what
// was approved before stays lost, also by a retry, and what is approved after is
// sent.
func TestWhatWasApprovedBeforeASuspensionStaysLost(t *testing.T) {
	for name, set := range map[string]func(*world, bool) error{
		"person": func(w *world, in bool) error {
			state := app.PersonSuspended
			if in {
				state = app.PersonActive
			}
			return w.SetPersonState(t.Context(), app.Operator, w.alice.ID, state)
		},
		"device": func(w *world, in bool) error {
			state := app.DeviceSuspended
			if in {
				state = app.DeviceActive
			}
			return w.SetDeviceState(t.Context(), app.Operator, w.dev.ID, state)
		},
	} {
		for _, failed := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, delivery failed: %v", name, failed), func(t *testing.T) {
				w, s, r := approved(t, false, emulator.Fault{Status: http.StatusServiceUnavailable})
				if failed {
					if err := w.svc.SettleFailed(t.Context(), w.MustLease(app.JobSettle, r.ID),
						app.CauseBusy.Late()); err != nil {
						t.Fatal(err)
					}
				}
				for _, in := range []bool{false, true} {
					if err := set(w, in); err != nil {
						t.Fatal(err)
					}
				}
				w.Clock.Advance(time.Second)
				if failed {
					if err := w.svc.RetryDelivery(t.Context(), app.Operator, r.ID); err != nil {
						t.Fatal(err)
					}
				}
				if got := w.settle(r.ID, 5); got.State != app.Cancelled || got.Withdrawal() != app.Withdrawn {
					t.Errorf("%s, %q; want cancelled, withdrawn", got.State, got.Withdrawal())
				}
				if session := w.session(s.ID); session.Calls[emulator.Accept] != 1 ||
					session.State != emulator.Rejected {
					t.Errorf("ACP was told %d times to accept, and is %s", session.Calls[emulator.Accept],
						session.State)
				}
				later, next := w.start("profile")
				if err := w.approve(next.ID,
					consent.Choice{Digest: w.view(next.ID).Digest, Scopes: []string{"profile"}}); err != nil {
					t.Fatal(err)
				}
				if got := w.settle(next.ID, 5); got.Delivery != app.DeliveryDelivered ||
					w.session(later.ID).State != emulator.Approved {
					t.Errorf("what was approved after: %s, delivery %s", got.State, got.Delivery)
				}
			})
		}
	}
}

// The first accept times out on its way, and arrives after ACP has said that it
// holds nothing and has turned another accept away. The doubt stays until ACP's
// word settles it: what ACP took isn't called cancelled.
func TestAnAcceptThatArrivesLateKeepsItsDoubt(t *testing.T) {
	for name, end := range map[string]func(*world, string) error{
		"the person is suspended": func(w *world, _ string) error { return losses["person suspended"](w) },
		"an administrator cancels": func(w *world, id string) error {
			return w.svc.CancelRequest(w.t.Context(), app.Operator, id)
		},
	} {
		for what, refusal := range map[string]emulator.Fault{
			"busy":        {Status: http.StatusTooManyRequests},
			"credentials": {Status: http.StatusUnauthorized, Times: -1},
		} {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				s, r := w.start("profile")
				if err := w.approve(r.ID,
					consent.Choice{Digest: w.view(r.ID).Digest, Scopes: []string{"profile"}}); err != nil {
					t.Fatal(err)
				}
				var late *http.Request
				var body []byte
				w.over(func(q *http.Request) (*http.Response, error) {
					if late == nil && strings.HasSuffix(q.URL.Path, "/accept") {
						var err error
						if body, err = io.ReadAll(q.Body); err != nil {
							return nil, err
						}
						late = q.Clone(t.Context())
						return nil, errors.New("timeout awaiting response")
					}
					return http.DefaultTransport.RoundTrip(q)
				})
				w.settle(r.ID, 1)
				w.acp.Fail(emulator.Accept, refusal)
				if got := w.settle(r.ID, 1); !got.DeliveryUnsure {
					t.Error("the second try cleared the doubt of the first")
				}
				w.acp.Heal()
				late.Body = io.NopCloser(bytes.NewReader(body))
				res, err := http.DefaultTransport.RoundTrip(late)
				if err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(res.Body.Close(), end(w, r.ID)); err != nil {
					t.Fatal(err)
				}
				if got := w.settle(r.ID, 5); got.State != app.Cancelled || got.Withdrawal() != app.ACPHolds ||
					w.session(s.ID).State != emulator.Approved {
					t.Errorf("%s, %q (%s); ACP is %s", got.State, got.Withdrawal(), got.DeliveryCause,
						w.session(s.ID).State)
				}
			})
		}
	}
}
