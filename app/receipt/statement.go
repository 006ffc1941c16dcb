package receipt

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Statement is what a verified receipt says.
type Statement struct {
	Content
	DecidedAt Time
	Owner     Owner
	Passkey   Signer
	KeyID     string // fingerprint of the key that sealed it
	// Trusted tells whether that is a key that the caller trusts. If not, the
	// file only agrees with itself.
	Trusted bool
	Digest  string // of the file: SHA-256 in hexadecimal
}

// Signer is the passkey that signed. The flags are what it said of itself in
// this signature; no attestation backs them here.
type Signer struct {
	ID             string // base64url
	AAGUID         string
	Since          Time
	BackupEligible bool // it may be synced between devices
	BackedUp       bool // it is
}

func (p parts) statement(trusted bool) Statement {
	c := p.Credential
	return Statement{
		Content: p.document.Content(), DecidedAt: p.DecidedAt, Owner: c.Owner,
		Passkey: Signer{
			ID:             c.ID,
			AAGUID:         c.AAGUID,
			Since:          c.Since,
			BackupEligible: c.BackupEligible,
			BackedUp:       c.BackedUp,
		},
		KeyID: p.Installation.KeyID, Trusted: trusted, Digest: hex.EncodeToString(p.digest[:]),
	}
}

// String says it in plain words, for an operator's terminal: every word that
// was shown, what was granted, what this proves and what it doesn't. Control
// and formatting characters are written out.
func (s Statement) String() string {
	var w statementWriter
	w.line(0, "%s approved request %s of %s on %s.", or(s.Owner.Name, s.Owner.ID), or(s.Request.Ref, s.Request.ID),
		or(s.Client.Name, s.Client.ID), clock(s.DecidedAt))
	if s.Trusted {
		w.line(0, "The receipt is genuine: nothing in it has been changed, and a key that you gave sealed it.")
	} else {
		w.line(0,
			"The file agrees with itself. That is all: no key was given, and a forger's file would agree with itself too.")
	}
	w.shown(s.Content)
	w.granted(s)
	w.section("How it was signed")
	w.line(1, "person: %s (%s)", or(s.Owner.Name, "without a name"), s.Owner.ID)
	w.line(1, "passkey: %s, theirs since %s", s.Passkey.ID, clock(s.Passkey.Since))
	w.line(1, "authenticator model (AAGUID): %s", s.Passkey.AAGUID)
	w.line(1, "user verification (fingerprint, face, PIN or the like): done")
	w.line(1, "may be synced to other devices: %s; was synced: %s", yes(s.Passkey.BackupEligible),
		yes(s.Passkey.BackedUp))
	w.line(1, "device: %s (%s)", or(s.Device.Name, "without a name"), s.Device.ID)
	w.line(1, "site: %s, relying party %s", s.Site.Origin, s.Site.RPID)
	w.line(1, "request id: %s; kind: %s; client id: %s", s.Request.ID, s.Kind, or(s.Client.ID, "none"))
	w.line(1, "details digest (SHA-256): %s", s.Details)
	w.line(1, "to be answered before: %s", clock(s.Deadline))
	w.line(1, "sealed by the installation with the key: %s", s.KeyID)
	w.line(1, "digest of this file (SHA-256): %s", s.Digest)
	w.claims(s)
	return w.String()
}

type statementWriter struct{ strings.Builder }

// line writes one line; whatever is put into it can't begin another.
func (w *statementWriter) line(indent int, format string, args ...any) {
	w.WriteString(strings.Repeat("  ", indent) + visible(fmt.Sprintf(format, args...)) + "\n")
}

func (w *statementWriter) section(format string, args ...any) {
	w.WriteString("\n")
	w.line(0, format, args...)
}

// shown writes all that was shown, whatever members it has.
func (w *statementWriter) shown(c Content) {
	w.section("What was shown (language %s, version of the words %s)", c.shown("lang"), c.shown("version"))
	d := json.NewDecoder(bytes.NewReader(c.Shown))
	d.UseNumber()
	var members map[string]any
	if err := d.Decode(&members); err != nil {
		return // it was read before
	}
	delete(members, "lang")
	delete(members, "version")
	w.members(1, members)
}

// inOrder is the order in which people read the members of what was shown;
// others follow by name.
var inOrder = []string{
	"kind", "ref", "institution", "owner", "requester", "verb", "amount", "payee", "headline", "under", "message",
	"code", "notices", "boxes", "groups", "choice", "details", "links", "sentence", "deadline", "approve", "deny",
	"label", "title", "name", "value", "text", "more", "number", "host", "url", "items", "accounts", "lines",
}

func (w *statementWriter) members(indent int, members map[string]any) {
	rank := func(name string) int {
		if i := slices.Index(inOrder, name); i >= 0 {
			return i
		}
		return len(inOrder)
	}
	names := slices.SortedFunc(maps.Keys(members), func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	for _, name := range names {
		w.value(indent, name+":", members[name])
	}
}

// value writes one value behind its lead, a name or a dash.
func (w *statementWriter) value(indent int, lead string, v any) {
	switch v := v.(type) {
	case map[string]any:
		if v["left_out"] == true {
			lead += " (left out)"
			v = maps.Clone(v)
			delete(v, "left_out")
		}
		label, ok1 := v["label"].(string)
		value, ok2 := v["value"].(string)
		if ok1 && ok2 {
			w.line(indent, "%s %s: %s", lead, label, value)
			v = maps.Clone(v)
			delete(v, "label")
			delete(v, "value")
		} else {
			w.line(indent, "%s", lead)
		}
		w.members(indent+1, v)
	case []any:
		w.line(indent, "%s", lead)
		for _, item := range v {
			w.value(indent+1, "-", item)
		}
	case bool:
		w.line(indent, "%s %s", lead, yes(v))
	case nil:
		w.line(indent, "%s nothing", lead)
	default:
		w.line(indent, "%s %v", lead, v)
	}
}

func (w *statementWriter) granted(s Statement) {
	w.section("What was granted to %s", or(s.Client.Name, s.Client.ID))
	any := false
	for _, list := range []struct {
		name  string
		items []string
	}{{"scopes", s.Granted.Scopes}, {"claims", s.Granted.Claims}, {"verified claims", s.Granted.VerifiedClaims},
		{"accounts", s.Granted.Accounts}} {
		if len(list.items) > 0 {
			any = true
			w.line(1, "%s: %s", list.name, strings.Join(list.items, ", "))
		}
	}
	if !any {
		w.line(1, "nothing beyond the request itself")
	}
}

func (w *statementWriter) claims(s Statement) {
	w.section("What this proves")
	w.line(1,
		"- The holder of this passkey signed exactly what was shown and granted, as it stands above. A changed amount, payee or word, and the signature would not fit.")
	w.line(1, "- The passkey verified whoever used it, and signed for %s and no other site.", s.Site.RPID)
	if s.Trusted {
		w.line(1,
			"- The installation says that the passkey is this person's, since when, and when it was signed. The times are of its clock.")
	}
	w.section("What it does not claim")
	if !s.Trusted {
		w.line(1,
			"- Which installation made it, whose passkey it is, or when. Get the installation's public key by another way and verify with it.")
	}
	w.line(1, "- That the person read or understood what was shown, or wasn't deceived or pressed into it.")
	w.line(1,
		"- That the device's display was honest: one in somebody else's power can show one thing and sign another.")
	switch {
	case s.Passkey.BackupEligible:
		w.line(1, "- That one certain device was held: a passkey that may be synced is not possession of one device.")
	default:
		w.line(1,
			"- That the passkey can't leave its device: it says so of itself, and nothing in the receipt attests it.")
	}
	w.line(1, "- What became of it: whether the answer was delivered, or a payment made.")
}

func clock(t Time) string { return t.Time().Format("2 January 2006 at 15:04:05 UTC") }

func or(s, other string) string {
	if strings.TrimSpace(visible(s)) == "" {
		return other
	}
	return s
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
