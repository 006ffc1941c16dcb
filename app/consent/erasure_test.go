package consent_test

import (
	"bytes"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/web/emulator"
)

// bytesHold tells which of the words the files of the database hold, byte by byte.
func (w *world) bytesHold(words ...string) (found []string) {
	w.t.Helper()
	for _, name := range []string{store.FileName, store.FileName + "-wal"} {
		raw, err := os.ReadFile(filepath.Join(w.Dir, name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			w.t.Fatal(err)
		}
		for _, word := range words {
			if bytes.Contains(raw, []byte(word)) {
				found = append(found, word+" in "+name)
			}
		}
	}
	return found
}

// fail has the time of a delivery run out.
func (w *world) fail(id string) {
	w.t.Helper()
	if err := w.svc.SettleFailed(w.t.Context(), w.MustLease(app.JobSettle, id), app.CauseBusy.Late()); err != nil {
		w.t.Fatal(err)
	}
}

// An approval got no good answer of ACP, and its person is erased. It is withdrawn
// as anybody's: what that takes stays until the doubt ends, and no longer.
func TestAnErasedPersonsApprovalIsWithdrawn(t *testing.T) {
	erase := func(w *world) {
		w.t.Helper()
		if err := w.ErasePerson(t.Context(), app.Operator, w.alice.ID); err != nil {
			w.t.Fatal(err)
		}
	}
	doubts := map[string]func(w *world, id string){
		"waits": func(w *world, id string) {
			erase(w)
			w.settle(id, 1) // begins the withdrawal
		},
		"had failed": func(w *world, id string) {
			w.fail(id)
			erase(w)
		},
		"failed as it was withdrawn": func(w *world, id string) {
			if err := losses["device suspended"](w); err != nil {
				w.t.Fatal(err)
			}
			w.settle(id, 2)
			w.fail(id)
			erase(w)
		},
		"fails as it is withdrawn": func(w *world, id string) {
			erase(w)
			w.settle(id, 2)
			w.fail(id)
		},
	}
	ends := map[string]struct {
		end   func(w *world, id string) error
		state app.Withdrawal
	}{
		"ACP answers": {func(w *world, id string) error {
			w.acp.Heal()
			if w.request(id).Delivery == app.DeliveryFailed {
				if err := w.svc.RetryDelivery(t.Context(), app.Operator, id); err != nil {
					return err
				}
			}
			w.settle(id, 5)
			return nil
		}, app.Withdrawn},
		"an administrator deals with it": {func(w *world, id string) error {
			if w.request(id).Delivery == app.DeliveryWaiting {
				w.settle(id, 2)
				w.fail(id)
			}
			return w.svc.Resolve(t.Context(), app.Operator, id)
		}, app.Unclear},
		"retention comes": {func(w *world, id string) error {
			if w.request(id).Delivery == app.DeliveryWaiting {
				w.settle(id, 2)
				w.fail(id)
			}
			w.Clock.Advance(time.Hour)
			_, err := w.EraseSaid(t.Context(), w.Now())
			return errors.Join(err, w.Sweep(t.Context()))
		}, app.Unclear},
	}
	for doubt, begin := range doubts {
		for end, c := range ends {
			for _, payment := range []bool{false, true} {
				kind := "sign-in"
				if payment {
					kind = "payment"
				}
				t.Run(kind+" "+doubt+", "+end, func(t *testing.T) {
					t.Parallel()
					w, s, r := approved(t, payment, emulator.Fault{Status: http.StatusServiceUnavailable})
					down := emulator.Fault{Status: http.StatusServiceUnavailable, Times: -1}
					w.acp.Fail(emulator.Details, down)
					w.acp.Fail(emulator.Reject, down)
					begin(w, r.ID)
					if got := w.request(r.ID); got.WithdrawnAt == 0 || got.LoginState != s.LoginState ||
						got.Granted != "" {
						t.Fatalf("in doubt: %s, %q, login state %q, granted %q", got.State, got.Withdrawal(),
							got.LoginState, got.Granted)
					}
					if err := c.end(w, r.ID); err != nil {
						t.Fatal(err)
					}
					got := w.request(r.ID)
					if got.State != app.Cancelled || got.Withdrawal() != c.state || got.Receipt == "" {
						t.Errorf("%s, %q (%s); want cancelled, %q", got.State, got.Withdrawal(), got.DeliveryCause,
							c.state)
					}
					session := w.session(s.ID)
					if session.Calls[emulator.Accept] != 1 ||
						(session.State == emulator.Rejected) != (c.state == app.Withdrawn) {
						t.Errorf("ACP was told %d times to accept, and is %s", session.Calls[emulator.Accept],
							session.State)
					}
					if found := w.bytesHold(s.LoginState, w.alice.Name, s.Hint, "K7-PLUM"); len(found) > 0 {
						t.Errorf("of the person remains: %q", found)
					}
					if err := w.svc.RetryDelivery(t.Context(), app.Operator, r.ID); !errors.Is(err, app.ErrNotFailed) {
						t.Errorf("a retry without the login's state: %v", err)
					}
				})
			}
		}
	}
}

// What ACP is known not to have of an erased person's approvals isn't told, and
// nothing of it stays.
func TestAnErasedPersonsFailedApprovalLeavesNothing(t *testing.T) {
	w, s, r := approved(t, false, emulator.Fault{Status: http.StatusTooManyRequests})
	w.fail(r.ID)
	if err := w.ErasePerson(t.Context(), app.Operator, w.alice.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.request(r.ID); got.State != app.Approved || got.Delivery != app.DeliveryFailed || got.LoginState != "" {
		t.Errorf("%s, delivery %s, login state %q", got.State, got.Delivery, got.LoginState)
	}
	if found := w.bytesHold(s.LoginState, w.alice.Name); len(found) > 0 {
		t.Errorf("of the person remains: %q", found)
	}
}

// An approval whose login state retention has erased is withdrawn without a call
// that ACP would refuse, and isn't tried again.
func TestWithoutTheLoginsStateACPIsNotCalled(t *testing.T) {
	for name, c := range map[string]struct {
		fault emulator.Fault
		want  app.Withdrawal
	}{
		"ACP may have it": {emulator.Fault{Status: http.StatusServiceUnavailable}, app.Unclear},
		"ACP has it not":  {emulator.Fault{Status: http.StatusTooManyRequests}, app.NotWithdrawn},
	} {
		t.Run(name, func(t *testing.T) {
			w, s, r := approved(t, true, c.fault)
			w.fail(r.ID)
			w.Clock.Advance(time.Hour)
			if _, err := w.EraseSaid(t.Context(), w.Now()); err != nil {
				t.Fatal(err)
			}
			if err := w.svc.RetryDelivery(t.Context(), app.Operator, r.ID); !errors.Is(err, app.ErrNotFailed) {
				t.Errorf("tried again: %v", err)
			}
			if err := w.svc.CancelRequest(t.Context(), app.Operator, r.ID); err != nil {
				t.Fatal(err)
			}
			got := w.settle(r.ID, 3)
			if got.State != app.Cancelled || got.Delivery == app.DeliveryWaiting || got.Withdrawal() != c.want {
				t.Errorf("%s, delivery %s, %q; want %q", got.State, got.Delivery, got.Withdrawal(), c.want)
			}
			if n := w.session(s.ID).Calls[emulator.Reject]; n != 0 {
				t.Errorf("ACP was told %d times to reject, without the login's state", n)
			}
		})
	}
}
