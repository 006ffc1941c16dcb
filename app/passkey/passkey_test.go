package passkey_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"assent/app"
	"assent/app/apptest"
	"assent/app/passkey"
	"assent/app/receipt"
	"assent/store/storetest"
)

// world is a relying party and a browser with an authenticator.
type world struct {
	*storetest.DB
	svc  *passkey.Service
	rp   virtualwebauthn.RelyingParty
	auth virtualwebauthn.Authenticator
	cred virtualwebauthn.Credential
}

func newWorld(t *testing.T) *world {
	t.Helper()
	public, err := url.Parse("https://assent.example")
	if err != nil {
		t.Fatal(err)
	}
	db := storetest.New(t)
	svc, err := passkey.New(t.Context(), db.Store, public, "Northmoor")
	if err != nil {
		t.Fatal(err)
	}
	return &world{DB: db, svc: svc,
		rp:   virtualwebauthn.RelyingParty{Name: "Northmoor", ID: "assent.example", Origin: "https://assent.example"},
		auth: virtualwebauthn.NewAuthenticator(), cred: apptest.Passkey()}
}

func optionsJSON(t *testing.T, p passkey.Prompt) string {
	t.Helper()
	b, err := json.Marshal(p.Options)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func (w *world) create(t *testing.T, p passkey.Prompt) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAttestationOptions(optionsJSON(t, p))
	if err != nil {
		t.Fatal(err)
	}
	return []byte(virtualwebauthn.CreateAttestationResponse(w.rp, w.auth, w.cred, *o))
}

func (w *world) sign(t *testing.T, p passkey.Prompt) []byte {
	t.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(optionsJSON(t, p))
	if err != nil {
		t.Fatal(err)
	}
	w.cred.Counter++
	return []byte(virtualwebauthn.CreateAssertionResponse(w.rp, w.auth, w.cred, *o))
}

func (w *world) invitation(t *testing.T, p app.Person) app.Invitation {
	t.Helper()
	inv, err := w.Invite(t.Context(), app.Operator, p.ID, app.NewID(), w.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func (w *world) enrol(t *testing.T, p app.Person) app.Device {
	t.Helper()
	inv := w.invitation(t, p)
	prompt, err := w.svc.BeginEnrol(t.Context(), inv, app.Activation{LinkAlone: true})
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.svc.FinishEnrol(t.Context(), app.Actor{Kind: app.ActorGuest}, inv, prompt.Ceremony, w.create(t, prompt),
		browser())
	if err != nil {
		t.Fatal(err)
	}
	w.auth.Options.UserHandle = []byte(p.ID)
	w.auth.AddCredential(w.cred)
	return d
}

func browser() passkey.Browser {
	return passkey.Browser{
		Name:       "Chrome on Android",
		Platform:   "android",
		SessionKey: app.NewID(),
		Hash:       app.NewID(),
		Activation: app.Activation{LinkAlone: true},
	}
}

type about struct{ Digest string }

func TestEnrolSignInApprove(t *testing.T) {
	w := newWorld(t)
	alice := w.MustPerson("alice")
	d := w.enrol(t, alice)

	prompt, err := w.svc.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	again, err := w.svc.FinishSignIn(t.Context(), app.Actor{Kind: app.ActorGuest}, prompt.Ceremony, w.sign(t, prompt),
		browser())
	if err != nil || again.PersonID != alice.ID || again.CredentialID != d.CredentialID {
		t.Fatalf("signed in as %+v, %v", again, err)
	}

	prompt, err = w.svc.BeginApproval(t.Context(), d, content("request-1", w.Now()), about{"digest"})
	if err != nil {
		t.Fatal(err)
	}
	var got about
	sig, err := w.svc.FinishApproval(t.Context(), d, "request-1", prompt.Ceremony, w.sign(t, prompt), &got)
	if err != nil || got.Digest != "digest" || sig.CredentialID() != d.CredentialID {
		t.Fatalf("approval with %s about %+v, %v", sig.CredentialID(), got, err)
	}
	key, err := passkey.ReceiptKey(t.Context(), w.Store)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := sig.Receipt(w.Now())
	if err != nil {
		t.Fatal(err)
	}
	said, err := receipt.Verify([]byte(sealed), key.Public())
	if err != nil || !said.Trusted {
		t.Fatalf("the receipt: %v", err)
	}
	if said.Request.ID != "request-1" || said.Owner != (receipt.Owner{ID: alice.ID, Name: alice.Name}) ||
		said.Device.ID != d.ID ||
		said.Site.RPID != "assent.example" ||
		string(said.Shown) != `{"lang":"en-GB","verb":"asks <you> to sign in","version":"1"}` {
		t.Errorf("the receipt says %+v, shown %s", said, said.Shown)
	}
}

// content is what is approved, with a character that JSON may escape.
func content(request string, now app.Instant) receipt.Content {
	return receipt.Content{
		Request:  receipt.Request{ID: request, Ref: "7Q4-KM2"},
		Client:   receipt.Client{ID: "shop", Name: "Shop"},
		Kind:     app.KindRegular,
		Details:  strings.Repeat("ab", 32),
		Shown:    []byte(`{"version":"1","lang":"en-GB","verb":"asks <you> to sign in"}`),
		Granted:  receipt.Grant{Scopes: []string{"openid"}},
		Deadline: receipt.Time(now.Add(time.Minute)),
	}
}

func TestAnotherRPID(t *testing.T) {
	w := newWorld(t)
	moved, err := url.Parse("https://new.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := passkey.New(t.Context(), w.Store, moved, "Northmoor"); err != nil {
		t.Errorf("with no passkeys to lose: %v", err)
	}
	back, err := url.Parse("https://assent.example:8443") // a port is no part of the RP id
	if err != nil {
		t.Fatal(err)
	}
	if _, err := passkey.New(t.Context(), w.Store, back, "Northmoor"); err != nil {
		t.Fatal(err)
	}
	w.enrol(t, w.MustPerson("alice"))
	_, err = passkey.New(t.Context(), w.Store, moved, "Northmoor")
	if err == nil || !strings.Contains(err.Error(), "1 passkeys of 1 people were made for assent.example") {
		t.Errorf("with a passkey: %v", err)
	}
	if _, err := passkey.New(t.Context(), w.Store, back, "Northmoor"); err != nil {
		t.Errorf("back again: %v", err)
	}
}

func TestApprovalIsForOneRequestOneDeviceOnce(t *testing.T) {
	w := newWorld(t)
	d := w.enrol(t, w.MustPerson("alice"))
	other := d
	other.ID = "another"
	for _, c := range []struct {
		name    string
		device  app.Device
		request string
	}{{"another request", d, "request-2"}, {"another device", other, "request-1"}} {
		prompt, err := w.svc.BeginApproval(t.Context(), d, content("request-1", w.Now()), about{})
		if err != nil {
			t.Fatal(err)
		}
		response := w.sign(t, prompt)
		if _, err := w.svc.FinishApproval(t.Context(), c.device, c.request, prompt.Ceremony, response,
			&about{}); !errors.Is(err, app.ErrCeremony) {
			t.Errorf("%s: %v, want ErrCeremony", c.name, err)
		}
		if _, err := w.svc.FinishApproval(t.Context(), d, "request-1", prompt.Ceremony, response,
			&about{}); !errors.Is(err, app.ErrCeremony) {
			t.Errorf("%s, then the right one with the same challenge: %v, want ErrCeremony", c.name, err)
		}
	}
}

func TestRefusedAssertions(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*world)
		want  error
	}{
		{"user not verified", func(w *world) { w.auth.Options.UserNotVerified = true }, app.ErrPasskey},
		{"another origin", func(w *world) { w.rp.Origin = "https://evil.example" }, app.ErrPasskey},
		{"another RP id", func(w *world) { w.rp.ID = "evil.example" }, app.ErrPasskey},
		{"counter goes backwards", func(w *world) { w.cred.Counter = 0 }, app.ErrPasskey},
		{"another key", func(w *world) {
			id := w.cred.ID
			w.cred = apptest.Passkey()
			w.cred.ID = id
		}, app.ErrPasskey},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.cred.Counter = 7
			d := w.enrol(t, w.MustPerson("alice"))
			c.spoil(w)
			prompt, err := w.svc.BeginApproval(t.Context(), d, content("r", w.Now()), about{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.svc.FinishApproval(t.Context(), d, "r", prompt.Ceremony, w.sign(t, prompt),
				&about{}); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestEnrolExcludesPasskeysAndSpendsNothingOnFailure(t *testing.T) {
	w := newWorld(t)
	alice := w.MustPerson("alice")
	d := w.enrol(t, alice)
	inv := w.invitation(t, alice)
	prompt, err := w.svc.BeginEnrol(t.Context(), inv, app.Activation{LinkAlone: true})
	if err != nil {
		t.Fatal(err)
	}
	o, err := virtualwebauthn.ParseAttestationOptions(optionsJSON(t, prompt))
	if err != nil {
		t.Fatal(err)
	}
	if len(o.ExcludeCredentials) != 1 || !w.cred.IsExcludedForAttestation(*o) {
		t.Errorf("excluded %v, want the passkey %s", o.ExcludeCredentials, d.CredentialID)
	}
	if _, err := w.svc.FinishEnrol(t.Context(), app.Actor{}, inv, prompt.Ceremony, []byte(`{"id":"x"}`),
		browser()); !errors.Is(err, app.ErrPasskey) {
		t.Errorf("nonsense as a credential: %v, want ErrPasskey", err)
	}
	if err := w.SetPersonState(t.Context(), app.Operator, alice.ID, app.PersonSuspended); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.BeginEnrol(t.Context(), inv,
		app.Activation{LinkAlone: true}); !errors.Is(err, app.ErrSuspended) {
		t.Errorf("a suspended person enrols: %v, want ErrSuspended", err)
	}
	if err := w.SetPersonState(t.Context(), app.Operator, alice.ID, app.PersonActive); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.BeginEnrol(t.Context(), inv, app.Activation{LinkAlone: true}); err != nil {
		t.Errorf("the invitation was spent by a failure: %v", err)
	}
	w.Clock.Advance(2 * time.Hour)
	if _, err := w.svc.BeginEnrol(t.Context(), inv,
		app.Activation{LinkAlone: true}); !errors.Is(err, app.ErrInvitationEnded) {
		t.Errorf("past its time: %v, want ErrInvitationEnded", err)
	}
}

func TestRemovedPasskeyNeitherSignsInNorApproves(t *testing.T) {
	w := newWorld(t)
	alice := w.MustPerson("alice")
	d := w.enrol(t, alice)
	prompt, err := w.svc.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.RemoveDevice(t.Context(), app.Operator, alice.ID, d.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.FinishSignIn(t.Context(), app.Actor{}, prompt.Ceremony, w.sign(t, prompt),
		browser()); !errors.Is(err, app.ErrUnknownPasskey) {
		t.Errorf("sign-in: %v, want ErrUnknownPasskey", err)
	}
	if _, err := w.svc.BeginApproval(t.Context(), d, content("r", w.Now()),
		about{}); !errors.Is(err, app.ErrUnknownPasskey) {
		t.Errorf("approval: %v, want ErrUnknownPasskey", err)
	}
}
