package passkey_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"assent/app/passkey"
)

func TestMetadataIsTakenOnlyFromItsService(t *testing.T) {
	s := newService(t, "mds.fidoalliance.org")
	model := entry(nameA, newAuthority(t, "Maker").cert)
	good := s.blob("2026-12-01", model)
	parts := strings.Split(string(good), ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString(bytes.Replace(text, []byte("FIDO_CERTIFIED_L1"),
		[]byte("FIDO_CERTIFIED_L3"), 1))
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + parts[1] + "."
	header, err := json.Marshal(map[string]any{"alg": "ES256"})
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := newService(t, "www.example.com")
	elsewhere.authority = s.authority // another customer of the same authority
	elsewhere.signer = s.issue(elsewhere.signer, elsewhere.key)
	for _, c := range []struct {
		name string
		blob []byte
		says string // nothing: it is fine
	}{
		{"as published", good, ""},
		{"with a line end, as editors leave", append(good, '\r', '\n'), ""},
		{"of another authority", newService(t, "mds.fidoalliance.org").blob("2026-12-01", model), "unknown authority"},
		{"of another customer of the authority", elsewhere.blob("2026-12-01", model), "not mds.fidoalliance.org"},
		{"changed", []byte(parts[0] + "." + forged + "." + parts[2]), "its signature"},
		{"cut off", good[:len(good)/2], "no signed token"},
		{"empty", nil, "no signed token"},
		{"the page about it", []byte("<!doctype html><title>Metadata</title>"), "no signed token"},
		{"not signed", []byte(unsigned), "no signed token"},
		{"signed by nobody known",
			[]byte(base64.RawURLEncoding.EncodeToString(header) + "." + parts[1] + "." + parts[2]), "its signer"},
		{"no JSON", s.sign([]byte("entries")), "its content"},
		{"without a date", s.blob("", model), "its content"},
		{"of nothing", s.blob("2026-12-01"), "names no authenticator"},
		{"of one entry that can't be read", s.blob("2026-12-01", map[string]any{"aaguid": nameA}),
			"names no authenticator"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := passkey.ParseMetadata(c.blob, s.cert)
			if (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want %q", err, c.says)
			}
			if err == nil && (m.Number != 7 || !m.NextUpdate.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))) {
				t.Errorf("number %d, next %v", m.Number, m.NextUpdate)
			}
		})
	}
}

func TestMetadataFileSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	own := filepath.Join(dir, "blob.jwt")
	if err := os.WriteFile(own,
		newService(t, "mds.fidoalliance.org").blob("2099-01-01", entry(nameA, newAuthority(t, "Maker").cert)),
		0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ file, says string }{
		{own, "unknown authority"}, // not FIDO's
		{own, "Download https://mds.fidoalliance.org/ again"},
		{own, own},
		{filepath.Join(dir, "none.jwt"), "none.jwt"},
		{dir, "is not a file"},
	} {
		if _, err := passkey.ReadMetadata(c.file); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", c.file, err, c.says)
		}
	}
}

func TestWarningsOfThePolicy(t *testing.T) {
	s := newService(t, "mds.fidoalliance.org")
	model := entry(nameA, newAuthority(t, "Maker").cert)
	for _, c := range []struct {
		name   string
		next   string
		models []string
		says   []string
	}{
		{"current, all known", "2026-11-23", []string{nameA}, nil},
		{"due today", "2026-11-22", nil, nil}, // the clock is at 22 November
		{"overdue", "2026-11-20", nil, []string{"out of date", "next_update=2026-11-20", "number=7"}},
		{"a model unheard of", "2026-11-23", []string{nameA, nameB}, []string{"nobody can enrol", "aaguid=" + nameB}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, err := passkey.ParseMetadata(s.blob(c.next, model), s.cert)
			if err != nil {
				t.Fatal(err)
			}
			public, err := url.Parse("https://assent.example")
			if err != nil {
				t.Fatal(err)
			}
			var log bytes.Buffer
			_, err = passkey.New(t.Context(), newWorld(t).Store, public, "Northmoor",
				passkey.WithLog(slog.New(slog.NewTextHandler(&log, nil))),
				passkey.WithPolicy(passkey.Policy{Metadata: m, Models: c.models}))
			if err != nil {
				t.Fatal(err)
			}
			if len(c.says) == 0 && log.Len() > 0 || strings.Contains(log.String(), nameA) {
				t.Errorf("the log says %s", &log)
			}
			for _, w := range c.says {
				if !strings.Contains(log.String(), w) || !strings.Contains(log.String(), "level=WARN") {
					t.Errorf("the log says %s, want %q", &log, w)
				}
			}
		})
	}
}
