package receipt_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"assent/app/receipt"
)

// refused fails unless Verify refuses raw, which was a genuine receipt before
// it was changed, and gives a reason and nothing else.
func refused(t *testing.T, what string, raw []byte, keys ...ed25519.PublicKey) {
	t.Helper()
	said, err := receipt.Verify(raw, keys...)
	if _, ok := errors.AsType[receipt.Reason](err); !ok || !reflect.DeepEqual(said, receipt.Statement{}) {
		t.Errorf("%s: with %d keys it holds (%v) and says\n%s", what, len(keys), err, said)
	}
}

// No byte of a receipt can be another, missing, or one too many. Without a key
// less is checked than with one, so most is tried without.
func TestEveryByte(t *testing.T) {
	a := approve(t, eddsa(t), leastPayment(), "Ana")
	for _, row := range []struct {
		name   string
		step   int // 1: every byte
		change func(i int) []byte
		keys   []ed25519.PublicKey
	}{
		{"^0x01", 1, func(i int) []byte { return put(a.raw, i, a.raw[i]^0x01) }, []ed25519.PublicKey{a.key.Public()}},
		{"^0x20", 1, func(i int) []byte { return put(a.raw, i, a.raw[i]^0x20) }, nil},
		{"^0x80", 1, func(i int) []byte { return put(a.raw, i, a.raw[i]^0x80) }, nil},
		{"'0'", 1, func(i int) []byte { return put(a.raw, i, '0') }, nil},
		{"left out", 3, func(i int) []byte { return slices.Delete(bytes.Clone(a.raw), i, i+1) }, nil},
		{"twice", 10, func(i int) []byte { return slices.Insert(bytes.Clone(a.raw), i, a.raw[i]) }, nil},
		{"behind a space", 10, func(i int) []byte { return slices.Insert(bytes.Clone(a.raw), i, ' ') }, nil},
		{"behind an A", 10, func(i int) []byte { return slices.Insert(bytes.Clone(a.raw), i, 'A') }, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			for i := 0; i < len(a.raw); i += row.step {
				if raw := row.change(i); !bytes.Equal(raw, a.raw) { // a '0' may be one
					refused(t, fmt.Sprintf("byte %d %s", i, row.name), raw, row.keys...)
				}
			}
		})
	}
}

func put(raw []byte, i int, b byte) []byte {
	raw = bytes.Clone(raw)
	raw[i] = b
	return raw
}

// Nothing can be cut off, or stand before or behind it.
func TestEveryLength(t *testing.T) {
	t.Parallel()
	a := approve(t, eddsa(t), leastPayment(), "Ana")
	for n := range a.raw {
		refused(t, fmt.Sprintf("cut off after %d bytes", n), a.raw[:n])
	}
	for _, more := range []string{"\n", "\r\n", " ", "\x00", "}", "{}", "null", "\ufeff", string(a.raw)} {
		refused(t, fmt.Sprintf("%q behind it", more), []byte(string(a.raw)+more), a.key.Public())
		refused(t, fmt.Sprintf("%q before it", more), []byte(more+string(a.raw)), a.key.Public())
	}
}

// At no level can a member be added, removed, renamed or have another value,
// not even by the installation itself: what the passkey signed stays out of
// its reach, and the form of the rest is prescribed.
func TestEveryMember(t *testing.T) {
	t.Parallel()
	a := approve(t, eddsa(t), leastPayment(), "Ana")
	ownWord := []string{"credential.owner.name empty", "credential.owner.name one letter longer",
		"credential.id one letter longer"}
	visited := 0
	each(object(t, a.raw), nil, func(path []string, name string) {
		visited++
		member := strings.Join(append(slices.Clone(path), name), ".")
		for what, change := range map[string]func(in members){
			"with another beside it": func(in members) { in["zz"] = "zz" },
			"removed":                func(in members) { delete(in, name) },
			"null":                   func(in members) { in[name] = nil },
			"a number":               func(in members) { in[name] = 20 },
			"an object":              func(in members) { in[name] = members{} },
			"in a list":              func(in members) { in[name] = []any{in[name]} },
			"empty":                  func(in members) { in[name] = "" },
			"one letter longer":      func(in members) { in[name] = fmt.Sprint(in[name], "A") },
			"in capitals":            func(in members) { in[strings.ToUpper(name)] = in[name]; delete(in, name) },
			"in capitals too":        func(in members) { in[strings.ToUpper(name)] = in[name] },
		} {
			edit := func(m members) { change(at(m, path...)) }
			refused(t, member+" "+what, changed(t, a.raw, edit))
			if strings.HasPrefix(member, "installation") { // sealing writes that anew
				continue
			}
			if slices.Contains(ownWord, member+" "+what) { // nobody else vouches for that
				continue
			}
			refused(t, member+" "+what+", sealed again", resealed(t, a.key, a.raw, edit), a.key.Public())
		}
	})
	if visited < 45 {
		t.Errorf("only %d members were found", visited)
	}
}

// each calls visit for every member at every level of objects.
func each(m members, path []string, visit func(path []string, name string)) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		visit(path, name)
		if inner, ok := m[name].(members); ok {
			each(inner, append(slices.Clip(path), name), visit)
		}
	}
}

// The same JSON in another spelling is another file.
func TestEverySpelling(t *testing.T) {
	t.Parallel()
	a := approve(t, es256(t), ukPayment(), "Andrea Smith")
	for _, row := range []struct {
		name, old, new string
		reason         receipt.Reason
	}{
		{"members in another order", `"amount":"£1,234.50","approve":"Approve"`,
			`"approve":"Approve","amount":"£1,234.50"`, receipt.ErrNotCanonical},
		{"whitespace after a colon", `"version":"assent-receipt/1"`, `"version": "assent-receipt/1"`,
			receipt.ErrNotCanonical},
		{"whitespace in front", `{"authenticator_data"`, "{\n\"authenticator_data\"", receipt.ErrNotCanonical},
		{"a tab behind a comma", `,"document":{`, ",\t\"document\":{", receipt.ErrNotCanonical},
		{"an escaped letter", `"deny":"Deny"`, `"deny":"\u0044eny"`, receipt.ErrNotCanonical},
		{"an escaped letter in a name", `"deny":"Deny"`, `"den\u0079":"Deny"`, receipt.ErrNotCanonical},
		{"an escaped sign of money", `£1,234.50"`, `\u00a31,234.50"`, receipt.ErrNotCanonical},
		{"an escaped less-than", `<Books>`, `\u003cBooks>`, receipt.ErrNotCanonical},
		{"an escaped slash", `https://`, `https:\/\/`, receipt.ErrNotCanonical},
		{"another composition of a letter", `"Café`, "\"Cafe\u0301", receipt.ErrChanged},
		{"a fraction", `"words":41`, `"words":41.0`, receipt.ErrNumber},
		{"an exponent", `"words":41`, `"words":41e0`, receipt.ErrNumber},
		{"minus nought", `"words":41`, `"words":-0`, receipt.ErrNumber},
		{"another number", `"words":41`, `"words":42`, receipt.ErrChanged},
		{"a leading nought", `"words":41`, `"words":041`, receipt.ErrNotJSON},
		{"the same member twice", `"deny":"Deny"`, `"deny":"Deny","deny":"Deny"`, receipt.ErrRepeated},
		{"a member twice, the first another", `"amount":"£`, `"amount":"£9","amount":"£`, receipt.ErrRepeated},
		{"a member twice, once escaped", `"deny":"Deny"`, `"den\u0079":"Approve","deny":"Deny"`, receipt.ErrRepeated},
		{"a whole document twice", `"document":{`, `"document":{},"document":{`, receipt.ErrRepeated},
		{"a padded signature", `","version":"assent-receipt/1"`, `=","version":"assent-receipt/1"`, receipt.ErrValue},
		{"a comment", `"document":{`, `/**/"document":{`, receipt.ErrNotJSON},
		{"a comma too many", `"deny":"Deny"`, `"deny":"Deny",`, receipt.ErrNotJSON},
		{"a time with another zone", `"decided_at":"2026-11-23T14:30:41.318Z"`,
			`"decided_at":"2026-11-23T14:30:41.318+00:00"`, receipt.ErrValue},
		{"a time without milliseconds", `"since":"2026-03-02T09:15:04.120Z"`, `"since":"2026-03-02T09:15:04.12Z"`,
			receipt.ErrValue},
		{"an AAGUID in capitals", `"aaguid":"fbfc`, `"aaguid":"FBFC`, receipt.ErrValue},
	} {
		t.Run(row.name, func(t *testing.T) {
			raw := bytes.Replace(a.raw, []byte(row.old), []byte(row.new), 1)
			refused(t, row.name, raw)
			if _, err := receipt.Verify(raw, a.key.Public()); !errors.Is(err, row.reason) {
				t.Errorf("it is refused with %q, not for %q", err, row.reason)
			}
		})
	}
}

// The last character of base64url has bits that nothing decodes: they must be
// nought, or a receipt would have several spellings.
func TestUnusedBits(t *testing.T) {
	t.Parallel()
	const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	a := approve(t, es256(t), ukPayment(), "Andrea Smith")
	for _, path := range [][]string{{"authenticator_data"}, {"document", "nonce"}, {"credential", "id"},
		{"installation", "public_key"}, {"installation", "signature"}} {
		raw := changed(t, a.raw, func(m members) {
			in, name := at(m, path[:len(path)-1]...), path[len(path)-1]
			s := in[name].(string)
			i := strings.IndexByte(digits, s[len(s)-1])
			in[name] = s[:len(s)-1] + digits[i+1:i+2]
		})
		refused(t, strings.Join(path, "."), raw, a.key.Public())
		if _, err := receipt.Verify(raw); !errors.Is(err, receipt.ErrValue) ||
			!strings.Contains(err.Error(), "not base64url") {
			t.Errorf("%s is refused with %q", strings.Join(path, "."), err)
		}
	}
}
