package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// words are those of the browser that the tests try codes in.
const words = "1 2 3"

// invited is somebody with an open link.
type invited struct {
	*storetest.DB
	who app.Person
	inv app.Invitation
}

func invite(t *testing.T) *invited {
	t.Helper()
	db := storetest.New(t)
	p := db.MustPerson("ada")
	inv, err := db.Invite(t.Context(), app.Operator, p.ID, app.NewID(), db.Now().Add(24*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return &invited{DB: db, who: p, inv: inv}
}

func (i *invited) code() string {
	i.T.Helper()
	digits, kept := app.NewActivationCode(words)
	if _, err := i.PutActivationCode(i.T.Context(), app.Operator, i.who.ID, kept, store.Separation{}); err != nil {
		i.T.Fatal(err)
	}
	return digits
}

var guest = app.Actor{Kind: app.ActorGuest, Source: "192.0.2.7"}

func (i *invited) try(digits string) (string, int, error) {
	return i.Activate(context.Background(), guest, i.inv.ID, digits, words)
}

// enrol is what a browser that brings a gets.
func (i *invited) enrol(a app.Activation) error {
	_, err := i.Enrol(i.T.Context(), guest, store.Enrolment{InvitationID: i.inv.ID, Activation: a,
		Credential:  app.Credential{ID: app.NewID(), Record: "{}"},
		Device:      app.Device{PersonID: i.who.ID, SessionKey: app.NewID()},
		BrowserHash: app.NewID()})
	return err
}

// other is a code that digits are not.
func other(digits string) string {
	if digits[0] == '9' {
		return "0" + digits[1:]
	}
	return string(digits[0]+1) + digits[1:]
}

func TestRightCodeActivatesOneBrowser(t *testing.T) {
	i := invite(t)
	digits := i.code()
	if err := i.enrol(app.Activation{}); !errors.Is(err, app.ErrActivation) {
		t.Errorf("without a code: %v, want ErrActivation", err)
	}
	id, _, err := i.try(digits)
	if err != nil || id == "" {
		t.Fatal(id, err)
	}
	if _, _, err := i.try(digits); !errors.Is(err, app.ErrActivationEnded) {
		t.Errorf("the code a second time: %v, want ErrActivationEnded", err)
	}
	i.Reopen()
	for _, a := range []app.Activation{{}, {ID: app.NewID()}} {
		if err := i.enrol(a); !errors.Is(err, app.ErrActivation) {
			t.Errorf("another browser, %+v: %v, want ErrActivation", a, err)
		}
	}
	if err := i.enrol(app.Activation{ID: id}); err != nil {
		t.Errorf("the browser that gave the code: %v", err)
	}
	for action, want := range map[string]int{"activation.make": 1, "activation.done": 1, "activation.wrong": 0} {
		if got, err := i.AuditOf(t.Context(), action, 10); err != nil || len(got) != want {
			t.Errorf("audit has %s %d times, want %d (%v)", action, len(got), want, err)
		}
	}
}

func TestFiveWrongTriesEndACode(t *testing.T) {
	i := invite(t)
	digits := i.code()
	for want := 4; want > 0; want-- {
		if _, left, err := i.try(other(digits)); !errors.Is(err, app.ErrActivationWrong) || left != want {
			t.Fatalf("%d left, %v, want %d and ErrActivationWrong", left, err, want)
		}
		i.Reopen()
	}
	for _, typed := range []string{other(digits), digits} {
		if _, _, err := i.try(typed); !errors.Is(err, app.ErrActivationEnded) {
			t.Errorf("the fifth wrong try, or any after it: %v, want ErrActivationEnded", err)
		}
	}
	wrong, err := i.AuditOf(t.Context(), "activation.wrong", 10)
	if err != nil || len(wrong) != 5 || wrong[0].Detail != `{"left":"0"}` || wrong[0].PersonID != i.who.ID ||
		wrong[0].Source != guest.Source {
		t.Errorf("the audit has %+v (%v), want the five wrong tries, with whose and from where", wrong, err)
	}
	if _, _, err := i.try(i.code()); err != nil {
		t.Errorf("another code after that: %v", err)
	}
}

func TestCodeEnds(t *testing.T) {
	t.Run("after a quarter of an hour", func(t *testing.T) {
		i := invite(t)
		digits := i.code()
		i.Clock.Advance(app.ActivationCodeTTL)
		if _, _, err := i.try(digits); !errors.Is(err, app.ErrActivationLate) {
			t.Errorf("%v, want ErrActivationLate", err)
		}
	})
	t.Run("by a newer one", func(t *testing.T) {
		for _, between := range []time.Duration{0, time.Minute} {
			i := invite(t)
			first := i.code()
			i.Clock.Advance(between)
			second := i.code()
			if _, left, err := i.try(first); !errors.Is(err, app.ErrActivationWrong) || left != 4 {
				t.Errorf("the older of two: %d left, %v, want a wrong try of the newer", left, err)
			}
			if _, _, err := i.try(second); err != nil {
				t.Errorf("the newer of two: %v", err)
			}
		}
	})
	t.Run("with its invitation", func(t *testing.T) {
		i := invite(t)
		digits := i.code()
		newer, err := i.Invite(t.Context(), app.Operator, i.who.ID, app.NewID(), i.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := i.try(digits); !errors.Is(err, app.ErrInvitationEnded) {
			t.Errorf("for the older link: %v, want ErrInvitationEnded", err)
		}
		i.inv = newer
		if _, _, err := i.try(digits); !errors.Is(err, app.ErrActivationEnded) {
			t.Errorf("for the newer link, which has none: %v, want ErrActivationEnded", err)
		}
	})
	t.Run("with its person", func(t *testing.T) {
		i := invite(t)
		digits := i.code()
		if err := i.SetPersonState(t.Context(), app.Operator, i.who.ID, app.PersonSuspended); err != nil {
			t.Fatal(err)
		}
		if _, _, err := i.try(digits); !errors.Is(err, app.ErrInvitationEnded) {
			t.Errorf("%v, want ErrInvitationEnded", err)
		}
	})
}

func TestActivationEnds(t *testing.T) {
	t.Run("after its hour", func(t *testing.T) {
		i := invite(t)
		id, _, err := i.try(i.code())
		if err != nil {
			t.Fatal(err)
		}
		i.Clock.Advance(app.ActivationWindow)
		if err := i.enrol(app.Activation{ID: id}); !errors.Is(err, app.ErrActivation) {
			t.Errorf("%v, want ErrActivation", err)
		}
	})
	t.Run("by that of another browser", func(t *testing.T) {
		i := invite(t)
		first, _, err1 := i.try(i.code())
		second, _, err2 := i.try(i.code())
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if err := i.enrol(app.Activation{ID: first}); !errors.Is(err, app.ErrActivation) {
			t.Errorf("the first browser: %v, want ErrActivation", err)
		}
		if err := i.enrol(app.Activation{ID: second}); err != nil {
			t.Errorf("the second: %v", err)
		}
	})
}

// A link that a device of the person's gave was approved by its passkey.
func TestOwnDevicesLinkNeedsNoCode(t *testing.T) {
	i := invite(t)
	d := i.MustDevice(i.who)
	own, err := i.InviteFrom(t.Context(), storetest.On(d), app.NewID(), false, i.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	i.inv = own
	_, kept := app.NewActivationCode(words)
	if _, err := i.PutActivationCode(t.Context(), app.Operator, i.who.ID, kept,
		store.Separation{}); !errors.Is(err, app.ErrNoInvitation) {
		t.Errorf("a code for it: %v, want ErrNoInvitation", err)
	}
	if err := i.enrol(app.Activation{}); err != nil {
		t.Errorf("without a code: %v", err)
	}
}

// What is swept can't be told from what never was.
func TestSweepForgetsCodes(t *testing.T) {
	db := storetest.New(t)
	i := &invited{DB: db, who: db.MustPerson("ada")}
	var err error
	if i.inv, err = db.InviteByLetter(t.Context(), app.Operator, i.who.ID, app.NewID(),
		db.Now().Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	digits := i.code()
	for _, c := range []struct {
		after time.Duration
		want  error
	}{{23 * time.Hour, app.ErrActivationLate}, {2 * time.Hour, app.ErrActivationEnded}} {
		i.Clock.Advance(c.after)
		if err := i.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := i.try(digits); !errors.Is(err, c.want) {
			t.Errorf("%v later: %v, want %v", c.after, err, c.want)
		}
	}
}

func TestNoCodeWithoutALink(t *testing.T) {
	i := invite(t)
	i.Clock.Advance(24 * time.Hour)
	_, kept := app.NewActivationCode(words)
	if _, err := i.PutActivationCode(t.Context(), app.Operator, i.who.ID, kept,
		store.Separation{}); !errors.Is(err, app.ErrNoInvitation) {
		t.Errorf("%v, want ErrNoInvitation", err)
	}
	if got, err := i.AuditOf(t.Context(), "activation.make", 1); err != nil || len(got) > 0 {
		t.Errorf("the audit has %v (%v)", got, err)
	}
}

// Tries that come at once are counted one by one, and the right code works once.
func TestTriesAtOnce(t *testing.T) {
	i := invite(t)
	digits := i.code()
	const n = 12
	errs := make([]error, n)
	var wg sync.WaitGroup
	for k := range n {
		wg.Go(func() { _, _, errs[k] = i.try(other(digits)) })
	}
	wg.Wait()
	wrong, ended := 0, 0
	for _, err := range errs {
		switch {
		case errors.Is(err, app.ErrActivationWrong):
			wrong++
		case errors.Is(err, app.ErrActivationEnded):
			ended++
		}
	}
	if wrong != 4 || ended != n-4 {
		t.Errorf("%d wrong, %d ended, want 4 and %d", wrong, ended, n-4)
	}
	if got, err := i.AuditOf(t.Context(), "activation.wrong", n); err != nil || len(got) != 5 {
		t.Errorf("%d tries counted, want 5 (%v)", len(got), err)
	}

	digits = i.code()
	var right [2]string
	for k := range right {
		wg.Go(func() { right[k], _, _ = i.try(digits) })
	}
	wg.Wait()
	if (right[0] == "") == (right[1] == "") {
		t.Errorf("the right code from two browsers at once activated %q, want one of them", right)
	}
}

func TestLettersNeedACodeAlways(t *testing.T) {
	db := storetest.New(t)
	i := &invited{DB: db, who: db.MustPerson("ada")}
	var err error
	if i.inv, err = db.InviteByLetter(t.Context(), app.Operator, i.who.ID, app.NewID(),
		db.Now().Add(30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := i.enrol(app.Activation{LinkAlone: true}); !errors.Is(err, app.ErrActivation) {
		t.Errorf("where codes are off: %v, want ErrActivation", err)
	}
	i.Clock.Advance(29 * 24 * time.Hour)
	id, _, err := i.try(i.code())
	if err != nil {
		t.Fatal(err)
	}
	if err := i.enrol(app.Activation{ID: id, LinkAlone: true}); err != nil {
		t.Errorf("with a code: %v", err)
	}
}

// A passkey signs in without the link; it spends the link where that is activated.
func TestSignInSpendsAnActivatedLinkOnly(t *testing.T) {
	i := invite(t)
	d := i.MustDevice(i.who)
	inv, err := i.Invite(t.Context(), app.Operator, i.who.ID, app.NewID(), i.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	i.inv = inv
	in := store.SignIn{
		PersonID:     i.who.ID,
		CredentialID: d.CredentialID,
		Record:       "{}",
		SessionKey:   app.NewID(),
		BrowserHash:  app.NewID(),
		InvitationID: inv.ID,
	}
	if _, err := i.SignIn(t.Context(), guest, in); !errors.Is(err, app.ErrActivation) {
		t.Errorf("not activated: %v, want ErrActivation", err)
	}
	if in.Activation.ID, _, err = i.try(i.code()); err != nil {
		t.Fatal(err)
	}
	if _, err := i.SignIn(t.Context(), guest, in); err != nil {
		t.Errorf("activated: %v", err)
	}
	if err := i.enrol(in.Activation); !errors.Is(err, app.ErrInvitationUsed) {
		t.Errorf("the link after that: %v, want ErrInvitationUsed", err)
	}
}
