package receipt_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/receipt"
)

func TestCompose(t *testing.T) {
	nonces := map[string]bool{}
	for range 8 {
		d, err := receipt.Compose(ukPayment())
		if err != nil {
			t.Fatal(err)
		}
		nonce := object(t, d.Bytes())["nonce"].(string)
		if b, err := base64.RawURLEncoding.DecodeString(nonce); err != nil || len(b) != 32 {
			t.Errorf("the nonce is %s: %v", nonce, err)
		}
		nonces[nonce] = true
		if sum := sha256.Sum256(d.Bytes()); !bytes.Equal(d.Challenge(), sum[:]) {
			t.Errorf("the challenge is %x", d.Challenge())
		}
		kept, err := receipt.ParseDocument(bytes.Clone(d.Bytes()))
		if err != nil || !bytes.Equal(kept.Challenge(), d.Challenge()) || !bytes.Equal(kept.Bytes(), d.Bytes()) ||
			!reflect.DeepEqual(kept.Content(), d.Content()) {
			t.Errorf("when it was kept it is %s, %v", kept.Bytes(), err)
		}
	}
	if len(nonces) != 8 {
		t.Errorf("8 documents have %d nonces", len(nonces))
	}
}

// Everything that was put in is in the document, and nothing else.
func TestComposeKeepsAll(t *testing.T) {
	c := brPayment()
	c.Granted = receipt.Grant{Scopes: []string{"b", "a"}, Claims: nil} // in their order
	d, err := receipt.Compose(c)
	if err != nil {
		t.Fatal(err)
	}
	m := object(t, d.Bytes())
	delete(m, "nonce")
	want := members{
		"version":        receipt.DocumentVersion,
		"request":        members{"id": c.Request.ID, "ref": c.Request.Ref},
		"client":         members{"id": c.Client.ID, "name": c.Client.Name},
		"kind":           c.Kind,
		"details_digest": c.Details,
		"shown":          object(t, c.Shown),
		"deadline":       "2026-11-23T14:32:00.000Z",
		"granted": members{
			"scopes":          []any{"b", "a"},
			"claims":          []any{},
			"verified_claims": []any{},
			"accounts":        []any{},
		},
		"person": members{"id": c.Person.ID},
		"device": members{"id": c.Device.ID, "name": c.Device.Name},
		"site":   members{"rp_id": c.Site.RPID, "origin": c.Site.Origin},
	}
	if !reflect.DeepEqual(m, want) {
		t.Errorf("the document has\n%v\nand not\n%v", m, want)
	}
	if c.Granted.Claims != nil {
		t.Error("composing changed the caller's lists")
	}
	got := d.Content().Granted
	if got.Claims == nil || got.VerifiedClaims == nil || got.Accounts == nil {
		t.Errorf("lists that were nil are %#v", got)
	}
}

func TestComposeRefuses(t *testing.T) {
	shown := func(text string) func(*receipt.Content) {
		return func(c *receipt.Content) {
			c.Shown = []byte(`{"version":"1","lang":"en-GB",` + text + `}`)
		}
	}
	for _, row := range []struct {
		name   string
		change func(*receipt.Content)
		reason receipt.Reason
	}{
		{"a client's name that isn't UTF-8", func(c *receipt.Content) { c.Client.Name = "Caf\xe9" }, receipt.ErrText},
		{"a device's name with an encoded surrogate", func(c *receipt.Content) { c.Device.Name = "\xed\xa0\x80" },
			receipt.ErrText},
		{"a scope that isn't UTF-8", func(c *receipt.Content) { c.Granted.Scopes = []string{"openid", "\xff"} },
			receipt.ErrText},
		{"an account that isn't UTF-8", func(c *receipt.Content) { c.Granted.Accounts = []string{"\xc3"} },
			receipt.ErrText},
		{"a noncharacter in a name", func(c *receipt.Content) { c.Client.Name = "\ufffe" }, receipt.ErrText},
		{"words that aren't UTF-8", shown("\"a\":\"\xff\""), receipt.ErrText},
		{"words with half a character", shown(`"a":"\ud800"`), receipt.ErrText},
		{"words with the other half", shown(`"a":"\udc00 x"`), receipt.ErrText},
		{"words with two halves in the wrong order", shown(`"a":"\udc00\ud800"`), receipt.ErrText},
		{"a name with half a character", shown(`"\ud800":""`), receipt.ErrText},
		{"words with a noncharacter", shown(`"a":"\ufdd0"`), receipt.ErrText},
		{"words with a fraction", shown(`"a":0.5`), receipt.ErrNumber},
		{"words with a member twice", shown(`"a":"1","a":"2"`), receipt.ErrRepeated},
		{"words with a member twice, once escaped", shown(`"a":"1","\u0061":"1"`), receipt.ErrRepeated},
		{"words without a language", func(c *receipt.Content) { c.Shown = []byte(`{"version":"1"}`) },
			receipt.ErrValue},
		{"words without a version", func(c *receipt.Content) { c.Shown = []byte(`{"lang":"en-GB"}`) },
			receipt.ErrValue},
		{"words whose version is a number",
			func(c *receipt.Content) { c.Shown = []byte(`{"lang":"en-GB","version":1}`) }, receipt.ErrValue},
		{"words that are a list", func(c *receipt.Content) { c.Shown = []byte(`["version","lang"]`) },
			receipt.ErrValue},
		{"words that aren't JSON", func(c *receipt.Content) { c.Shown = []byte(`{`) }, receipt.ErrValue},
		{"no words", func(c *receipt.Content) { c.Shown = nil }, receipt.ErrValue},
		{"too many words", shown(`"a":"` + strings.Repeat("a", 1<<20) + `"`), receipt.ErrSize},
		{"words nested too deeply", shown(`"a":` + strings.Repeat("[", 64) + strings.Repeat("]", 64)),
			receipt.ErrDepth},
		{"no request", func(c *receipt.Content) { c.Request.ID = "" }, receipt.ErrValue},
		{"no kind", func(c *receipt.Content) { c.Kind = "" }, receipt.ErrValue},
		{"no person", func(c *receipt.Content) { c.Person.ID = "" }, receipt.ErrValue},
		{"no device", func(c *receipt.Content) { c.Device.ID = "" }, receipt.ErrValue},
		{"no relying party", func(c *receipt.Content) { c.Site.RPID = "" }, receipt.ErrValue},
		{"no origin", func(c *receipt.Content) { c.Site.Origin = "" }, receipt.ErrValue},
		{"no deadline", func(c *receipt.Content) { c.Deadline = 0 }, receipt.ErrValue},
		{"a deadline of five digits", func(c *receipt.Content) {
			c.Deadline = receipt.Time(app.At(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)))
		}, receipt.ErrValue},
		{"a digest that isn't one", func(c *receipt.Content) { c.Details = "digest" }, receipt.ErrValue},
		{"a digest of another hash", func(c *receipt.Content) { c.Details = strings.Repeat("ab", 20) },
			receipt.ErrValue},
		{"a digest in capitals", func(c *receipt.Content) { c.Details = strings.Repeat("AB", 32) }, receipt.ErrValue},
	} {
		c := ukPayment()
		row.change(&c)
		if d, err := receipt.Compose(c); !errors.Is(err, row.reason) {
			t.Errorf("%s gives %s, %v", row.name, d.Bytes(), err)
		}
	}
}

// A document that was kept is exactly what was composed, or nothing.
func TestParseDocumentRefuses(t *testing.T) {
	d, err := receipt.Compose(ukPayment())
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name   string
		raw    []byte
		reason receipt.Reason
	}{
		{"nothing", nil, receipt.ErrSize},
		{"a line break", append(bytes.Clone(d.Bytes()), '\n'), receipt.ErrNotCanonical},
		{"a member more", changed(t, d.Bytes(), func(m members) { m["zz"] = "" }), receipt.ErrMembers},
		{"a member less", changed(t, d.Bytes(), func(m members) { delete(m, "client") }), receipt.ErrMembers},
		{"null for a list", changed(t, d.Bytes(), func(m members) { at(m, "granted")["claims"] = nil }),
			receipt.ErrValue},
		{"null in a list", changed(t, d.Bytes(), func(m members) { at(m, "granted")["claims"] = []any{nil} }),
			receipt.ErrValue},
		{"another format", changed(t, d.Bytes(), func(m members) { m["version"] = "assent-approval/2" }),
			receipt.ErrVersion},
		{"a receipt", approve(t, es256(t), ukPayment(), "").raw, receipt.ErrVersion},
		{"a nonce that is too long", changed(t, d.Bytes(), func(m members) { m["nonce"] = text(make([]byte, 33)) }),
			receipt.ErrValue},
		{"a padded nonce", changed(t, d.Bytes(), func(m members) { m["nonce"] = m["nonce"].(string) + "=" }),
			receipt.ErrValue},
		{"a nonce of two lines", changed(t, d.Bytes(), func(m members) { m["nonce"] = m["nonce"].(string) + "\n" }),
			receipt.ErrValue},
	} {
		if _, err := receipt.ParseDocument(row.raw); !errors.Is(err, row.reason) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
}
