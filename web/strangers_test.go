package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"assent/store"
)

// Strangers write no permanent rows: however often they are refused, and by
// whichever surface, the first of an hour is in the audit and the others are
// counted. Their prompts are bounded.
func TestStrangersWriteNoPermanentRows(t *testing.T) {
	for _, c := range []struct {
		name string
		try  func(p *person, i int) answer
		at   string // in the audit
		want int    // status of the first
	}{
		{"a wrong password of ACP's", func(p *person, i int) answer { return p.json("/user/verify", "{}") },
			`"at":"api","why":"invalid_credentials"`, http.StatusUnauthorized},
		{"no such link", func(p *person, i int) answer { return p.get(fmt.Sprint("/enrol/guess-", i)) },
			`"at":"device","why":"invitation_unknown"`, http.StatusNotFound},
		{"a passkey by no such link",
			func(p *person, i int) answer { return p.json(fmt.Sprint("/enrol/guess-", i, "/passkey"), "{}") },
			`"at":"device","why":"invitation_unknown"`, http.StatusNotFound},
		{"no such prompt",
			func(p *person, i int) answer { return p.json("/sign-in/passkey/none", `{"credential":{}}`) },
			`"at":"device","why":"ceremony_ended"`, http.StatusConflict},
		{"no such set-up link", func(p *person, i int) answer { return p.get(fmt.Sprint("/admin/set-up/guess-", i)) },
			`"at":"console","why":"invitation_unknown"`, http.StatusNotFound},
		{"no such prompt of the console",
			func(p *person, i int) answer { return p.json("/admin/sign-in/passkey/none", `{"credential":{}}`) },
			`"at":"console","why":"ceremony_ended"`, http.StatusConflict},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			stranger := s.person("Ada Quill")
			audit := func() []string {
				t.Helper()
				rows, err := s.AuditOf(t.Context(), "stranger.refuse", 1000)
				if err != nil {
					t.Fatal(err)
				}
				var out []string
				for _, row := range rows {
					out = append(out, row.Detail)
				}
				return out
			}
			head, err := s.AuditHead(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			const tries = 25
			for i := range tries {
				a := c.try(stranger, i)
				if i == 0 && a.StatusCode != c.want {
					t.Errorf("it is answered %d %s", a.StatusCode, a.body)
				}
				s.Clock.Advance(1100 * time.Millisecond)
			}
			rows := audit()
			// one code, and one of too many tries
			if len(rows) == 0 || !strings.Contains(rows[len(rows)-1], c.at) || len(rows) > 2 {
				t.Errorf("in the audit: %q, want %s", rows, c.at)
			}
			if now, err := s.AuditHead(t.Context()); err != nil || now.ID-head.ID != int64(len(rows)) {
				t.Errorf("%d rows were written, %d of refusals (%v)", now.ID-head.ID, len(rows), err)
			}
			series, err := s.Counted(t.Context(), store.LastDay, time.UTC)
			if n := series.N(store.CountStrangers); err != nil || n != tries {
				t.Errorf("%d were counted, want %d (%v)", n, tries, err)
			}
			s.Clock.Advance(time.Hour)
			c.try(stranger, tries)
			if again := audit(); len(again) != len(rows)+1 {
				t.Errorf("in the next hour there are %d rows, want %d", len(again), len(rows)+1)
			}
		})
	}
}
