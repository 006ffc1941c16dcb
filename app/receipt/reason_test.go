package receipt_test

import (
	"crypto/ed25519"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

	"assent/app"
	"assent/app/receipt"
)

// Each reason is given for what it says, with the detail that helps, and none
// is there that nothing can reach.
func TestReasons(t *testing.T) {
	a := approve(t, es256(t), ukPayment(), "Andrea Smith")
	b := approve(t, es256(t), ukPayment(), "Andrea Smith") // another prompt, installation and passkey
	edit := func(change func(members)) []byte { return changed(t, a.raw, change) }
	again := func(change func(members)) []byte { return resealed(t, a.key, a.raw, change) }
	replace := func(old, new string) []byte {
		if !strings.Contains(string(a.raw), old) {
			t.Fatalf("the receipt has no %s", old)
		}
		return []byte(strings.Replace(string(a.raw), old, new, 1))
	}
	data := func(old, new string) func(*prompt) {
		return func(p *prompt) { p.clientData = []byte(strings.Replace(string(p.clientData), old, new, 1)) }
	}
	flags := func(f byte) func(*prompt) { return func(p *prompt) { p.flags = f } }
	cose := func(key any) []byte {
		raw, err := webauthncbor.Marshal(key)
		if err != nil {
			t.Fatal(err)
		}
		return again(func(m members) { at(m, "credential")["public_key"] = text(raw) })
	}
	head := func(kind webauthncose.COSEKeyType, alg webauthncose.COSEAlgorithmIdentifier) webauthncose.PublicKeyData {
		return webauthncose.PublicKeyData{KeyType: int64(kind), Algorithm: int64(alg)}
	}
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }

	reached := map[string]bool{}
	for _, row := range []struct {
		name   string
		raw    []byte
		keys   []ed25519.PublicKey // none: the right one
		reason receipt.Reason
		detail string
	}{
		{name: "nothing", raw: nil, reason: receipt.ErrSize, detail: "empty"},
		{
			name:   "a byte too much",
			raw:    []byte(`"` + strings.Repeat("a", 1<<20-1) + `"`),
			reason: receipt.ErrSize,
			detail: "1048577 bytes",
		},
		{name: "a picture", raw: []byte("GIF89a"), reason: receipt.ErrNotJSON, detail: "after 1 bytes"},
		{name: "cut off", raw: a.raw[:len(a.raw)-1], reason: receipt.ErrNotJSON, detail: "unexpected end"},
		{name: "two of them", raw: []byte(string(a.raw) + string(a.raw)), reason: receipt.ErrNotJSON},
		{name: "Latin-1", raw: replace("é", "\xe9"), reason: receipt.ErrText, detail: "invalid UTF-8 at byte"},
		{name: "half a character", raw: replace("é", `\ud83d`), reason: receipt.ErrText, detail: "surrogate"},
		{
			name:   "half a character in a name",
			raw:    replace(`"deny":`, `"\udcdaeny":`),
			reason: receipt.ErrText,
			detail: "surrogate",
		},
		{
			name:   "a noncharacter",
			raw:    replace("é", "\uffff"),
			reason: receipt.ErrText,
			detail: "document.shown.boxes[1].value holds the noncharacter U+FFFF",
		},
		{
			name:   "a noncharacter beyond the first plane",
			raw:    replace("é", "\U0010fffe"),
			reason: receipt.ErrText,
			detail: "U+10FFFE",
		},
		{
			name:   "a noncharacter in a name",
			raw:    replace(`"deny":`, `"de\ufdd0ny":`),
			reason: receipt.ErrText,
			detail: "U+FDD0",
		},
		{
			name:   "a member twice",
			raw:    replace(`"amount":`, `"amount":"£1","amount":`),
			reason: receipt.ErrRepeated,
			detail: "document.shown.amount",
		},
		{
			name:   "a fraction",
			raw:    replace(`"words":41`, `"words":41.5`),
			reason: receipt.ErrNumber,
			detail: "document.shown.words is 41.5",
		},
		{
			name:   "a number that a double doesn't hold",
			raw:    replace(`"words":41`, `"words":9007199254740993`),
			reason: receipt.ErrNumber,
		},
		{
			name:   "one level too many",
			raw:    replace(`"words":41`, `"words":`+deep(63)),
			reason: receipt.ErrDepth,
			detail: "64 levels",
		},
		{name: "as deep as the stack", raw: []byte(deep(9000)), reason: receipt.ErrDepth},
		{
			name:   "a line break at the end",
			raw:    append([]byte(string(a.raw)), '\n'),
			reason: receipt.ErrNotCanonical,
			detail: "at byte " + strconv.Itoa(len(a.raw)),
		},
		{
			name:   "a byte order mark",
			raw:    append([]byte("\ufeff"), a.raw...),
			reason: receipt.ErrNotCanonical,
			detail: "byte order mark",
		},
		{
			name:   "a later format",
			raw:    edit(func(m members) { m["version"], m["more"] = "assent-receipt/2", true }),
			reason: receipt.ErrVersion,
			detail: `"assent-receipt/2" is not assent-receipt/1`,
		},
		{
			name:   "a document of a later format",
			raw:    again(func(m members) { at(m, "document")["version"] = "assent-approval/2" }),
			reason: receipt.ErrVersion,
			detail: `"assent-approval/2"`,
		},
		{name: "no version", raw: again(func(m members) { m["version"] = "" }), reason: receipt.ErrVersion},
		{
			name:   "no format at all",
			raw:    []byte(`{}`),
			reason: receipt.ErrMembers,
			detail: "authenticator_data is missing",
		},
		{
			name:   "a member more",
			raw:    edit(func(m members) { at(m, "document", "client")["logo"] = "" }),
			reason: receipt.ErrMembers,
			detail: "document.client.logo is not one of them",
		},
		{
			name:   "a member less",
			raw:    edit(func(m members) { delete(at(m, "credential", "owner"), "name") }),
			reason: receipt.ErrMembers,
			detail: "credential.owner.name is missing",
		},
		{
			name:   "a member in capitals",
			raw:    edit(func(m members) { m["Signature"] = m["signature"]; delete(m, "signature") }),
			reason: receipt.ErrMembers,
			detail: "Signature is not one of them",
		},
		{name: "a list", raw: []byte(`[]`), reason: receipt.ErrValue, detail: "the whole is a array"},
		{name: "null", raw: []byte(`null`), reason: receipt.ErrValue},
		{
			name:   "no list",
			raw:    edit(func(m members) { at(m, "document", "granted")["scopes"] = nil }),
			reason: receipt.ErrValue,
			detail: "document.granted",
		},
		{
			name:   "text for a truth",
			raw:    edit(func(m members) { at(m, "credential")["backed_up"] = "true" }),
			reason: receipt.ErrValue,
			detail: "credential.backed_up is a string",
		},
		{
			name:   "a short nonce",
			raw:    edit(func(m members) { at(m, "document")["nonce"] = text(make([]byte, 31)) }),
			reason: receipt.ErrValue,
			detail: "document.nonce has 31 bytes",
		},
		{name: "a digest in capitals", raw: edit(func(m members) {
			at(m, "document")["details_digest"] = strings.ToUpper(at(m, "document")["details_digest"].(string))
		}), reason: receipt.ErrValue, detail: "details_digest"},
		{
			name:   "no language",
			raw:    edit(func(m members) { delete(at(m, "document", "shown"), "lang") }),
			reason: receipt.ErrValue,
			detail: "document.shown",
		},
		{
			name:   "no kind",
			raw:    edit(func(m members) { at(m, "document")["kind"] = "" }),
			reason: receipt.ErrValue,
			detail: "document.kind is empty",
		},
		{
			name:   "no deadline",
			raw:    edit(func(m members) { at(m, "document")["deadline"] = "0001-01-01T00:00:00.000Z" }),
			reason: receipt.ErrValue,
			detail: "document.deadline is missing",
		},
		{
			name:   "no time",
			raw:    edit(func(m members) { m["decided_at"] = "0001-01-01T00:00:00.000Z" }),
			reason: receipt.ErrValue,
			detail: "decided_at is missing",
		},
		{
			name:   "a day that isn't",
			raw:    edit(func(m members) { m["decided_at"] = "2026-02-29T00:00:00.000Z" }),
			reason: receipt.ErrValue,
			detail: "2026-02-29",
		},
		{
			name:   "the epoch, which means never",
			raw:    edit(func(m members) { at(m, "credential")["since"] = "1970-01-01T00:00:00.000Z" }),
			reason: receipt.ErrValue,
			detail: "1970",
		},
		{
			name:   "no seal",
			raw:    edit(func(m members) { delete(at(m, "installation"), "signature") }),
			reason: receipt.ErrValue,
			detail: "installation.signature is empty",
		},
		{
			name:   "half a seal",
			raw:    edit(func(m members) { at(m, "installation")["signature"] = text(make([]byte, 32)) }),
			reason: receipt.ErrValue,
			detail: "not an Ed25519 signature",
		},
		{
			name:   "half a key",
			raw:    edit(func(m members) { at(m, "installation")["public_key"] = text(make([]byte, 16)) }),
			reason: receipt.ErrValue,
			detail: "not an Ed25519 key",
		},
		{
			name:   "another's fingerprint",
			raw:    edit(func(m members) { at(m, "installation")["key_id"] = receipt.Fingerprint(b.key.Public()) }),
			reason: receipt.ErrValue,
			detail: "key_id",
		},
		{
			name:   "a short AAGUID",
			raw:    again(func(m members) { at(m, "credential")["aaguid"] = "fbfc3007" }),
			reason: receipt.ErrValue,
			detail: "aaguid",
		},
		{
			name:   "authenticator data that is cut off",
			raw:    again(func(m members) { m["authenticator_data"] = text(make([]byte, 36)) }),
			reason: receipt.ErrValue,
			detail: "authenticator_data",
		},
		{
			name:   "a key that is no COSE_Key",
			raw:    again(func(m members) { at(m, "credential")["public_key"] = text([]byte{0xff}) }),
			reason: receipt.ErrValue,
			detail: "credential.public_key",
		},
		{
			name:   "a key for an algorithm of long ago",
			raw:    cose(webauthncose.RSAPublicKeyData{PublicKeyData: head(webauthncose.RSAKey, webauthncose.AlgRS1)}),
			reason: receipt.ErrValue,
			detail: "algorithm -65535",
		},
		{
			name: "a key that costs minutes",
			raw: cose(webauthncose.RSAPublicKeyData{
				PublicKeyData: head(webauthncose.RSAKey, webauthncose.AlgRS256),
				Modulus:       make([]byte, 4096),
				Exponent:      []byte{3},
			}),
			reason: receipt.ErrValue,
			detail: "more than 2048",
		},
		{
			name: "a point that is on no curve",
			raw: cose(webauthncose.EC2PublicKeyData{
				PublicKeyData: head(webauthncose.EllipticKey, webauthncose.AlgES256),
				Curve:         1,
				XCoord:        make([]byte, 32),
				YCoord:        make([]byte, 32),
			}),
			reason: receipt.ErrValue,
			detail: "credential.public_key",
		},

		{
			name:   "another passkey's key",
			raw:    again(func(m members) { at(m, "credential")["public_key"] = text(b.passkey.cose(t)) }),
			reason: receipt.ErrSignature,
		},
		{
			name:   "a key of another kind",
			raw:    again(func(m members) { at(m, "credential")["public_key"] = text(eddsa(t).cose(t)) }),
			reason: receipt.ErrSignature,
		},
		{
			name:   "another's signature",
			raw:    again(func(m members) { m["signature"] = object(t, b.raw)["signature"] }),
			reason: receipt.ErrSignature,
		},
		{name: "authenticator data that says more", raw: again(func(m members) {
			m["authenticator_data"] = object(t, a.resigned(t, flags(userPresent)))["authenticator_data"]
		}), reason: receipt.ErrSignature},
		{
			name:   "client data with a member twice",
			raw:    a.resigned(t, data(`{`, `{"challenge":"AAAA",`)),
			reason: receipt.ErrClientData,
			detail: "Duplicate",
		},
		{
			name:   "client data with a member in capitals",
			raw:    a.resigned(t, data(`"crossOrigin"`, `"Challenge":"AAAA","crossOrigin"`)),
			reason: receipt.ErrClientData,
			detail: `a member "Challenge"`,
		},
		{
			name:   "client data that folds to a member",
			raw:    a.resigned(t, data(`"crossOrigin"`, `"cro\u017f\u017fOrigin"`)),
			reason: receipt.ErrClientData,
			detail: "a member",
		},
		{
			name:   "client data that is text",
			raw:    a.resigned(t, func(p *prompt) { p.clientData = []byte(`"webauthn.get"`) }),
			reason: receipt.ErrClientData,
		},
		{
			name:   "client data that isn't JSON",
			raw:    a.resigned(t, func(p *prompt) { p.clientData = []byte("webauthn.get") }),
			reason: receipt.ErrClientData,
		},
		{name: "client data of another type", raw: a.resigned(t, data(`false`, `"no"`)), reason: receipt.ErrClientData},
		{
			name:   "a passkey's enrolment",
			raw:    a.resigned(t, data(`webauthn.get`, `webauthn.create`)),
			reason: receipt.ErrNotApproval,
			detail: "webauthn.create",
		},
		{name: "another amount", raw: replace("£1,234.50", "£9,234.50"), reason: receipt.ErrChanged},
		{
			name:   "another account granted",
			raw:    edit(func(m members) { at(m, "document", "granted")["accounts"] = []any{"acc-0001", "acc-0002"} }),
			reason: receipt.ErrChanged,
		},
		{
			name:   "another amount, sealed by the installation",
			raw:    again(func(m members) { at(m, "document", "shown")["amount"] = "£9,234.50" }),
			reason: receipt.ErrOtherDocument,
		},
		{
			name:   "another amount, sealed by a forger",
			raw:    resealed(t, b.key, a.raw, func(m members) { at(m, "document", "shown")["amount"] = "£9,234.50" }),
			reason: receipt.ErrOtherDocument,
		},
		{
			name:   "another genuine document",
			raw:    edit(func(m members) { m["document"] = object(t, b.raw)["document"] }),
			reason: receipt.ErrChanged,
		},
		{
			name:   "another genuine document, sealed by the installation",
			raw:    again(func(m members) { m["document"] = object(t, b.raw)["document"] }),
			reason: receipt.ErrOtherDocument,
		},
		{
			name:   "an answer to another prompt",
			raw:    a.resigned(t, func(p *prompt) { p.clientData = answer(b.document).clientData }),
			reason: receipt.ErrOtherDocument,
		},
		{name: "no challenge", raw: a.resigned(t, data(`"challenge"`, `"no"`)), reason: receipt.ErrOtherDocument},
		{
			name:   "another site",
			raw:    a.resigned(t, data("northmoor", "n0rthmoor")),
			reason: receipt.ErrOrigin,
			detail: "https://assent.n0rthmoor.example instead of https://assent.northmoor.example",
		},
		{
			name:   "the same site on another port",
			raw:    a.resigned(t, data(`.example"`, `.example:8443"`)),
			reason: receipt.ErrOrigin,
		},
		{name: "the same site without TLS", raw: a.resigned(t, data(`https:`, `http:`)), reason: receipt.ErrOrigin},
		{
			name:   "within a page of another",
			raw:    a.resigned(t, data(`false`, `true`)),
			reason: receipt.ErrOrigin,
			detail: "inside a page",
		},
		{
			name:   "within a page of another, by its name",
			raw:    a.resigned(t, data(`false`, `false,"topOrigin":"https://evil.example"`)),
			reason: receipt.ErrOrigin,
			detail: "inside a page",
		},
		{
			name:   "another relying party",
			raw:    a.resigned(t, func(p *prompt) { p.rpID = "example" }),
			reason: receipt.ErrRelyingParty,
			detail: "assent.northmoor.example",
		},
		{name: "nobody there", raw: a.resigned(t, flags(userVerified)), reason: receipt.ErrNotPresent},
		{
			name:   "anybody there",
			raw:    a.resigned(t, flags(userPresent|backupEligible|backedUp)),
			reason: receipt.ErrNotVerified,
		},
		{
			name:   "synced without being able to",
			raw:    a.resigned(t, flags(userPresent|userVerified|backedUp)),
			reason: receipt.ErrFlags,
			detail: "it can't be",
		},
		{
			name:   "verified, and said not to be",
			raw:    again(func(m members) { at(m, "credential")["user_verified"] = false }),
			reason: receipt.ErrFlags,
			detail: "user_verified",
		},
		{
			name:   "may be synced, and said not to",
			raw:    again(func(m members) { at(m, "credential")["backup_eligible"] = false }),
			reason: receipt.ErrFlags,
			detail: "backup_eligible",
		},
		{
			name:   "synced, and said not to be",
			raw:    again(func(m members) { at(m, "credential")["backed_up"] = false }),
			reason: receipt.ErrFlags,
			detail: "backed_up",
		},
		{
			name:   "somebody else's passkey",
			raw:    again(func(m members) { at(m, "credential", "owner")["id"] = "person-bob" }),
			reason: receipt.ErrOwner,
		},
		{
			name:   "at the deadline",
			raw:    again(func(m members) { m["decided_at"] = at(m, "document")["deadline"] }),
			reason: receipt.ErrLate,
			detail: "there was time until 2026-11-23T14:32:00.000Z",
		},

		{
			name:   "another time",
			raw:    replace(`"decided_at":"2026-11-23T14:30:41.318Z"`, `"decided_at":"2026-11-23T14:30:40.318Z"`),
			reason: receipt.ErrSealChanged,
		},
		{
			name:   "another owner's name",
			raw:    replace(`"name":"Andrea Smith"}`, `"name":"Andrew Smith"}`),
			reason: receipt.ErrSealChanged,
		},
		{name: "another's seal", raw: edit(func(m members) {
			at(m, "installation")["signature"] = at(object(t, b.raw), "installation")["signature"]
		}), reason: receipt.ErrSealChanged},
		{name: "another's key without its seal", raw: edit(func(m members) {
			at(m,
				"installation")["key_id"], at(m,
				"installation")["public_key"] = receipt.Fingerprint(b.key.Public()), receipt.PublicText(b.key.Public())
		}), reason: receipt.ErrSealChanged},
		{
			name:   "sealed by another",
			raw:    resealed(t, b.key, a.raw, func(members) {}),
			reason: receipt.ErrOtherKey,
			detail: receipt.Fingerprint(b.key.Public()),
		},
		{
			name:   "sealed by another, with another time",
			raw:    resealed(t, b.key, a.raw, func(m members) { m["decided_at"] = "2026-11-23T14:30:40.318Z" }),
			reason: receipt.ErrOtherKey,
		},
		{name: "another's genuine receipt", raw: b.raw, reason: receipt.ErrOtherKey},
		{
			name:   "half of the key to verify with",
			raw:    a.raw,
			keys:   []ed25519.PublicKey{a.key.Public()[:16]},
			reason: receipt.ErrKey,
			detail: "16 bytes",
		},
		{
			name:   "one of the keys is none",
			raw:    a.raw,
			keys:   []ed25519.PublicKey{a.key.Public(), nil},
			reason: receipt.ErrKey,
			detail: "0 bytes",
		},
	} {
		reached[string(row.reason)] = true
		keys := row.keys
		if keys == nil {
			keys = []ed25519.PublicKey{a.key.Public()}
		}
		said, err := receipt.Verify(row.raw, keys...)
		if !errors.Is(err, row.reason) || !strings.Contains(err.Error(), row.detail) {
			t.Errorf("%s is refused with %q, not with %q and %q", row.name, err, row.reason, row.detail)
		}
		if said.DecidedAt != 0 || said.Digest != "" {
			t.Errorf("%s is refused, and still says %+v", row.name, said)
		}
	}
	for name, reason := range declared(t) {
		if !reached[reason] {
			t.Errorf("no case reaches %s", name)
		}
	}
}

// declared is every reason that the package has.
func declared(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, name := range spec.Names {
			text, err := strconv.Unquote(spec.Values[i].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			reasons[name.Name] = text
		}
		return false
	})
	if len(reasons) < 20 {
		t.Fatalf("only %d reasons were found", len(reasons))
	}
	return reasons
}

// What wouldn't hold isn't sealed.
func TestSealRefuses(t *testing.T) {
	c := ukPayment()
	key, err := receipt.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	d, err := receipt.Compose(c)
	if err != nil {
		t.Fatal(err)
	}
	passkey := es256(t)
	good := passkey.sign(t, answer(d))
	owner := receipt.Owner{ID: c.Person.ID, Name: "Andrea Smith"}
	type parts struct {
		assertion receipt.Assertion
		passkey   receipt.Passkey
		document  receipt.Document
		at        app.Instant
	}
	for _, row := range []struct {
		name   string
		change func(*parts)
		reason receipt.Reason
	}{
		{"no assertion", func(p *parts) { p.assertion = receipt.Assertion{} }, receipt.ErrValue},
		{"no document", func(p *parts) { p.document = receipt.Document{} }, receipt.ErrVersion},
		{"no passkey", func(p *parts) { p.passkey = receipt.Passkey{} }, receipt.ErrValue},
		{"another's passkey", func(p *parts) { p.passkey.Owner.ID = "person-bob" }, receipt.ErrOwner},
		{"a name that isn't Unicode", func(p *parts) { p.passkey.Owner.Name = "Andr\xe9" }, receipt.ErrText},
		{"a changed signature", func(p *parts) { p.assertion.Signature = []byte("no") }, receipt.ErrSignature},
		{"the deadline", func(p *parts) { p.at = app.At(c.Deadline.Time()) }, receipt.ErrLate},
		{"no time", func(p *parts) { p.at = 0 }, receipt.ErrValue},
	} {
		p := parts{good, passkey.passkey(t, owner), d, decided}
		row.change(&p)
		if raw, err := key.Seal(p.document, p.assertion, p.passkey, p.at); !errors.Is(err, row.reason) || raw != nil {
			t.Errorf("%s: sealed %s, %v", row.name, raw, err)
		}
	}
	if _, err := key.Seal(d, good, passkey.passkey(t, owner), decided); err != nil {
		t.Errorf("nothing wrong: %v", err)
	}
}
