package passkey_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"

	"assent/app"
	"assent/app/passkey"
)

// under is a world whose relying party has this policy and writes this log.
func under(t *testing.T, p passkey.Policy) (*world, *bytes.Buffer) {
	t.Helper()
	w := newWorld(t)
	public, err := url.Parse("https://assent.example")
	if err != nil {
		t.Fatal(err)
	}
	log := &bytes.Buffer{}
	w.svc, err = passkey.New(t.Context(), w.Store, public, "Northmoor", passkey.WithPolicy(p),
		passkey.WithLog(slog.New(slog.NewTextHandler(log, nil))))
	if err != nil {
		t.Fatal(err)
	}
	return w, log
}

// refusals are the causes in the audit, newest first, and what else it says.
func (w *world) refusals(t *testing.T) (causes []string, details []map[string]string, people []string) {
	t.Helper()
	rows, err := w.AuditOf(t.Context(), "passkey.refuse", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		var d map[string]string
		if err := json.Unmarshal([]byte(row.Detail), &d); err != nil {
			t.Fatal(err)
		}
		causes, details, people = append(causes, d["cause"]), append(details, d), append(people, row.PersonID)
	}
	return causes, details, people
}

var (
	modelA = [16]byte{0xaa, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	modelB = [16]byte{0xbb, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
)

const (
	nameA = "aa010203-0405-0607-0809-0a0b0c0d0e0f"
	nameB = "bb010203-0405-0607-0809-0a0b0c0d0e0f"
)

func TestPolicyOnNewPasskeys(t *testing.T) {
	maker, stranger := newAuthority(t, "Maker"), newAuthority(t, "Stranger")
	byMaker := func(t *testing.T, w *world, response []byte) []byte { return packed(t, response, maker, w.auth.Aaguid) }
	byStranger := func(t *testing.T, w *world, response []byte) []byte {
		return packed(t, response, stranger, w.auth.Aaguid)
	}
	byNobody := func(t *testing.T, _ *world, response []byte) []byte { return none(t, response) }
	byItself := func(_ *testing.T, _ *world, response []byte) []byte { return response }
	forAnother := func(t *testing.T, _ *world, response []byte) []byte { return packed(t, response, maker, modelB) }
	broken := func(t *testing.T, _ *world, response []byte) []byte {
		return statement(t, response, "tpm", func(_ []byte, own map[string]any) map[string]any { return own })
	}
	asU2F := func(t *testing.T, w *world, response []byte) []byte { return u2f(t, response, maker, w.cred) }
	synced := func(w *world) { w.auth.Options.BackupEligible = true }
	unverified := func(w *world) { w.auth.Options.UserNotVerified = true }
	zero := func(w *world) { w.auth.Aaguid = [16]byte{} }

	bound := passkey.Policy{DeviceBound: true}
	known := metadata(t, entry(nameA, maker.cert), entry(nameB, maker.cert))
	attested := passkey.Policy{Metadata: known}
	listed := passkey.Policy{DeviceBound: true, Metadata: known, Models: []string{nameA}}
	other := passkey.Policy{Metadata: known, Models: []string{nameB}}
	withdrawn := func(status string) passkey.Policy {
		return passkey.Policy{Metadata: metadata(t, entry(nameA, maker.cert, status))}
	}
	for _, c := range []struct {
		name   string
		policy passkey.Policy
		with   func(*world)
		attest func(*testing.T, *world, []byte) []byte
		want   error
		cause  string
	}{
		{"any: synced", passkey.Policy{}, synced, byNobody, nil, ""},
		{"any: attested by a stranger", passkey.Policy{}, nil, byStranger, nil, ""},
		{"any: nobody verified", passkey.Policy{}, unverified, byNobody, app.ErrPasskey, "verification_error"},
		{"device-bound: on one device", bound, nil, byNobody, nil, ""},
		{"device-bound: synced", bound, synced, byNobody, app.ErrPasskeySynced, "synced"},
		{"device-bound: nobody verified", bound, unverified, byNobody, app.ErrPasskey, "verification_error"},
		{"attested by the maker", attested, nil, byMaker, nil, ""},
		{"attested by nobody", attested, nil, byNobody, app.ErrPasskeyModel, "unattested"},
		{"attested by itself", attested, nil, byItself, app.ErrPasskeyModel, "self_attested"},
		{"attested by a stranger", attested, nil, byStranger, app.ErrPasskeyModel, "untrusted_attestation"},
		{"attested for another model", attested, nil, forAnother, app.ErrPasskey, "invalid_attestation"},
		{"attested: a broken statement", attested, nil, broken, app.ErrPasskey, "invalid_attestation"},
		{"attested: as a second factor", attested, zero, asU2F, app.ErrPasskeyModel, "attestation_format"},
		{"attested: nobody verified", attested, unverified, byMaker, app.ErrPasskey, "verification_error"},
		{"attested: a model unheard of", passkey.Policy{Metadata: metadata(t, entry(nameB, maker.cert))}, nil, byMaker,
			app.ErrPasskeyModel, "unknown_model"},
		{"attested: no model", attested, zero, byMaker, app.ErrPasskeyModel, "unknown_model"},
		{"attested: a model that was revoked", withdrawn("REVOKED"), nil, byMaker, app.ErrPasskeyModel,
			"withdrawn_model"},
		{"attested: one whose keys leak", withdrawn("USER_KEY_REMOTE_COMPROMISE"), nil, byMaker, app.ErrPasskeyModel,
			"withdrawn_model"},
		{"attested: one whose maker's key leaked", withdrawn("ATTESTATION_KEY_COMPROMISE"), nil, byMaker,
			app.ErrPasskeyModel, "withdrawn_model"},
		{"attested: one that lets anybody by", withdrawn("USER_VERIFICATION_BYPASS"), nil, byMaker, app.ErrPasskeyModel,
			"withdrawn_model"},
		{"attested: one that has an update", withdrawn("UPDATE_AVAILABLE"), nil, byMaker, nil, ""},
		{"listed", listed, nil, byMaker, nil, ""},
		{"listed, but synced", listed, synced, byMaker, app.ErrPasskeySynced, "synced"},
		{"listed, as it says", listed, nil, byItself, app.ErrPasskeyModel, "self_attested"},
		{"not listed", other, nil, byMaker, app.ErrPasskeyModel, "unlisted_model"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, log := under(t, c.policy)
			w.auth.Aaguid = modelA
			if c.with != nil {
				c.with(w)
			}
			alice := w.MustPerson("alice")
			inv := w.invitation(t, alice)
			prompt, err := w.svc.BeginEnrol(t.Context(), inv, app.Activation{LinkAlone: true})
			if err != nil {
				t.Fatal(err)
			}
			_, err = w.svc.FinishEnrol(t.Context(), app.Actor{Kind: app.ActorGuest}, inv, prompt.Ceremony,
				c.attest(t, w, w.create(t, prompt)), browser())
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			credentials, failed := w.Credentials(t.Context(), alice.ID)
			if failed != nil {
				t.Fatal(failed)
			}
			causes, details, people := w.refusals(t)
			if c.want == nil {
				if len(credentials) != 1 || len(causes) != 0 || log.Len() != 0 {
					t.Errorf("%d passkeys; refused for %v; log %s", len(credentials), causes, log)
				}
				return
			}
			if len(credentials) != 0 || len(causes) != 1 || causes[0] != c.cause || people[0] != alice.ID {
				t.Fatalf("%d passkeys; refused for %v of %v, want %s of %s", len(credentials), causes, people, c.cause,
					alice.ID)
			}
			aaguid := fmt.Sprintf("%x", w.auth.Aaguid)
			if got := strings.ReplaceAll(details[0]["aaguid"], "-", ""); got != aaguid ||
				details[0]["purpose"] != "enrol" {
				t.Errorf("the audit says %v", details[0])
			}
			if line := log.String(); !strings.Contains(line, "level=WARN") ||
				!strings.Contains(line, "cause="+c.cause) || !strings.Contains(line, "aaguid="+details[0]["aaguid"]) {
				t.Errorf("the log says %s", line)
			}
			if _, err := w.svc.BeginEnrol(t.Context(), inv, app.Activation{LinkAlone: true}); err != nil {
				t.Errorf("the invitation was spent: %v", err)
			}
		})
	}
}

// What is accepted is asked for, with the person verified in any case; and no
// kind of authenticator is shut out.
func TestPromptAsksForWhatThePolicyAccepts(t *testing.T) {
	known := metadata(t, entry(nameA, newAuthority(t, "Maker").cert))
	for _, c := range []struct {
		name        string
		policy      passkey.Policy
		attestation string
		hints       string
	}{
		{"any", passkey.Policy{}, "none", "[]"},
		{"device-bound", passkey.Policy{DeviceBound: true}, "none", "[security-key client-device]"},
		{"attested", passkey.Policy{DeviceBound: true, Metadata: known}, "direct", "[security-key client-device]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := under(t, c.policy)
			prompt, err := w.svc.BeginEnrol(t.Context(), w.invitation(t, w.MustPerson("alice")),
				app.Activation{LinkAlone: true})
			if err != nil {
				t.Fatal(err)
			}
			var o struct {
				PublicKey struct {
					Attestation string
					Hints       []string
					Selection   struct{ AuthenticatorAttachment, UserVerification, ResidentKey string } `json:"authenticatorSelection"`
				}
			}
			if err := json.Unmarshal([]byte(optionsJSON(t, prompt)), &o); err != nil {
				t.Fatal(err)
			}
			k := o.PublicKey
			if k.Attestation != c.attestation || fmt.Sprint(k.Hints) != c.hints ||
				k.Selection.AuthenticatorAttachment != "" ||
				k.Selection.UserVerification != "required" || k.Selection.ResidentKey != "required" {
				t.Errorf("the prompt asks for %+v", k)
			}
		})
	}
}

func TestPolicyThatRestsOnClaims(t *testing.T) {
	w := newWorld(t)
	public, err := url.Parse("https://assent.example")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := passkey.New(t.Context(), w.Store, public, "Northmoor",
		passkey.WithPolicy(passkey.Policy{Models: []string{nameA}})); err == nil {
		t.Error("models without metadata were taken")
	}
}

// Passkeys from before a policy go on working: people aren't locked out.
func TestPolicyIsOnNewPasskeysOnly(t *testing.T) {
	w := newWorld(t)
	w.auth.Options.BackupEligible = true
	w.enrol(t, w.MustPerson("alice"))
	public, err := url.Parse("https://assent.example")
	if err != nil {
		t.Fatal(err)
	}
	if w.svc, err = passkey.New(t.Context(), w.Store, public, "Northmoor",
		passkey.WithPolicy(passkey.Policy{DeviceBound: true})); err != nil {
		t.Fatal(err)
	}
	prompt, err := w.svc.BeginSignIn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.svc.FinishSignIn(t.Context(), app.Actor{Kind: app.ActorGuest}, prompt.Ceremony, w.sign(t, prompt),
		browser()); err != nil {
		t.Errorf("a synced passkey from before: %v", err)
	}
}
