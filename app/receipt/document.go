package receipt

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"assent/app"
)

// DocumentVersion names the format of a document.
const DocumentVersion = "assent-approval/1"

const nonceSize = 32 // bytes

// Content is what a person approves: what they were shown and what it grants.
// It is built from the server's own data, never from the browser's. ACP's
// login id and state have no place in it: they are secrets of the login.
type Content struct {
	Request Request `json:"request"`
	Client  Client  `json:"client"`
	Kind    string  `json:"kind"`
	// Details is the SHA-256, in hexadecimal, of the machine-readable details
	// that the words were made of: it ties the signature to ACP's data too.
	Details string `json:"details_digest"`
	// Shown is every word that the page drew: an object that has, whatever
	// else, the text members "version" (of the words) and "lang" (BCP 47).
	Shown    json.RawMessage `json:"shown"`
	Granted  Grant           `json:"granted"`
	Deadline Time            `json:"deadline"`
	Person   Person          `json:"person"`
	Device   Device          `json:"device"`
	Site     Site            `json:"site"`
}

// Request is the request that is answered.
type Request struct {
	ID  string `json:"id"`
	Ref string `json:"ref"` // as people quote it
}

// Client is who asks.
type Client struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Grant is what the approval grants.
type Grant struct {
	Scopes         []string `json:"scopes"`
	Claims         []string `json:"claims"`
	VerifiedClaims []string `json:"verified_claims"`
	Accounts       []string `json:"accounts"` // ids of the account directory
}

// Person is who is asked.
type Person struct {
	ID string `json:"id"`
}

// Device is what they are asked on.
type Device struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Site is where the passkey may sign (WebAuthn).
type Site struct {
	RPID   string `json:"rp_id"`
	Origin string `json:"origin"`
}

// Time is an instant to the millisecond, written as RFC 3339 in UTC.
type Time app.Instant

const timeLayout = "2006-01-02T15:04:05.000Z"

// Time gives t in UTC.
func (t Time) Time() time.Time { return app.Instant(t).Time() }

// String gives t as a document has it.
func (t Time) String() string { return t.Time().Format(timeLayout) }

// MarshalText implements encoding.TextMarshaler.
func (t Time) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText takes the one spelling of an instant.
func (t *Time) UnmarshalText(text []byte) error {
	at, err := time.Parse(timeLayout, string(text))
	*t = Time(app.At(at))
	if err != nil || t.String() != string(text) {
		return fmt.Errorf("%q is not a time such as 2026-03-01T14:32:05.120Z", clip(string(text)))
	}
	return nil
}

// Document is a content with a fresh nonce, in canonical form.
type Document struct {
	fields document
	raw    []byte
}

type document struct {
	Version string `json:"version"`
	Nonce   string `json:"nonce"`
	Content
}

// Compose makes the document of c, for one prompt.
func Compose(c Content) (Document, error) {
	for _, list := range []*[]string{&c.Granted.Scopes, &c.Granted.Claims, &c.Granted.VerifiedClaims,
		&c.Granted.Accounts} {
		*list = append([]string{}, *list...)
	}
	if err := c.unicode(); err != nil {
		return Document{}, err
	}
	nonce := make([]byte, nonceSize)
	rand.Read(nonce)
	raw, err := encode(document{DocumentVersion, base64.RawURLEncoding.EncodeToString(nonce), c})
	if err != nil {
		return Document{}, err
	}
	return ParseDocument(raw)
}

// unicode refuses text that encoding would silently replace.
func (c Content) unicode() error {
	texts := []string{c.Request.ID, c.Request.Ref, c.Client.ID, c.Client.Name, c.Kind, c.Details, c.Person.ID,
		c.Device.ID, c.Device.Name, c.Site.RPID, c.Site.Origin}
	for _, list := range [][]string{c.Granted.Scopes, c.Granted.Claims, c.Granted.VerifiedClaims, c.Granted.Accounts} {
		texts = append(texts, list...)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) {
			return ErrText.with("%q", clip(s))
		}
	}
	return nil
}

// ParseDocument reads what Bytes gave.
func ParseDocument(raw []byte) (Document, error) {
	d := Document{raw: bytes.Clone(raw)}
	if err := known(raw, DocumentVersion); err != nil {
		return Document{}, err
	}
	if err := decode(raw, &d.fields); err != nil {
		return Document{}, err
	}
	return d, d.fields.check()
}

// known tells whether raw says that it is of the version that is wanted. It
// leaves everything else that may be wrong with it to others.
func known(raw []byte, version string) error {
	var head map[string]json.RawMessage
	var is string
	if json.Unmarshal(raw, &head) != nil || json.Unmarshal(head["version"], &is) != nil || is == version {
		return nil
	}
	return ErrVersion.with("%q is not %s", clip(is), version)
}

// check tells what the format doesn't allow in values of the right kind.
func (d document) check() error {
	if d.Version != DocumentVersion {
		return ErrVersion.with("%q is not %s", clip(d.Version), DocumentVersion)
	}
	nonce, err := unbase64("document.nonce", d.Nonce)
	if err != nil {
		return err
	}
	if len(nonce) != nonceSize {
		return ErrValue.with("document.nonce has %d bytes, not %d", len(nonce), nonceSize)
	}
	if digest, err := hex.DecodeString(d.Details); err != nil || len(digest) != sha256.Size ||
		hex.EncodeToString(digest) != d.Details {
		return ErrValue.with("document.details_digest is not a SHA-256 in hexadecimal")
	}
	if d.shown("version") == "" || d.shown("lang") == "" {
		return ErrValue.with("document.shown does not say its version and language")
	}
	for _, needed := range []struct{ name, value string }{
		{"request.id", d.Request.ID}, {"kind", d.Kind}, {"person.id", d.Person.ID}, {"device.id", d.Device.ID},
		{"site.rp_id", d.Site.RPID}, {"site.origin", d.Site.Origin},
	} {
		if needed.value == "" {
			return ErrValue.with("document.%s is empty", needed.name)
		}
	}
	if g := d.Granted; g.Scopes == nil || g.Claims == nil || g.VerifiedClaims == nil || g.Accounts == nil {
		return ErrValue.with("document.granted has null for a list")
	}
	if d.Deadline == 0 {
		return ErrValue.with("document.deadline is missing")
	}
	return nil
}

// shown is a text member of what was shown, or empty.
func (c Content) shown(name string) (s string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(c.Shown, &members) != nil || json.Unmarshal(members[name], &s) != nil {
		return ""
	}
	return s
}

// Content is what d says.
func (d Document) Content() Content { return d.fields.Content }

// Bytes is d in canonical form, to be kept until the prompt is answered.
func (d Document) Bytes() []byte { return d.raw }

// Challenge is the WebAuthn challenge that makes an assertion a signature over
// d: the SHA-256 of its canonical form.
func (d Document) Challenge() []byte {
	sum := sha256.Sum256(d.raw)
	return sum[:]
}

// unbase64 reads base64url without padding, in its one spelling.
func unbase64(name, s string) ([]byte, error) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || base64.RawURLEncoding.EncodeToString(b) != s {
		return nil, ErrValue.with("%s is not base64url without padding", name)
	}
	if len(b) == 0 {
		return nil, ErrValue.with("%s is empty", name)
	}
	return b, nil
}
