package web_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// auditRows is how many rows the audit has.
func (p *person) auditRows() int64 {
	p.t.Helper()
	head, err := p.AuditHead(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return head.ID
}

// What a device's cookie alone can change writes only where it changes something,
// and a bounded number of rows an hour: a stolen one can't fill the audit.
func TestADevicesChangesAreFewRows(t *testing.T) {
	const tries = 50
	for _, c := range []struct {
		name string
		same func(p *person) answer
		vary func(p *person, i int) answer
		rows int64 // of an hour of changes, at most
	}{
		{"settings", func(p *person) answer { return p.form("/settings", "lang=en-GB&theme=&zone=America/Sao_Paulo") },
			func(p *person, i int) answer {
				return p.form("/settings",
					fmt.Sprintf("lang=%s&theme=%s&zone=America/Sao_Paulo", []string{"en-GB", "pt-BR"}[i%2],
						[]string{"light", "dark"}[i%2]))
			}, 1},
		{"a name", func(p *person) answer { return p.renames("Phone") },
			func(p *person, i int) answer { return p.renames(fmt.Sprint("Phone ", i)) }, 30},
		{"going without notifications", func(p *person) answer { return p.form("/push/skip", "") }, nil, 0},
		{"unmuting what isn't muted", func(p *person) answer { return p.form("/clients/unmute", "client=anything") },
			func(p *person, i int) answer { return p.form("/clients/unmute", fmt.Sprint("client=", i)) }, 0},
		{"muting", nil, func(p *person, i int) answer {
			p.form("/clients/unmute", "client=shop")
			return p.form("/clients/mute", "client=shop")
		}, 60},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			ada.enrol()
			ada.asks("shop")
			if c.same != nil {
				c.same(ada)
				s.Clock.Advance(time.Hour + time.Second) // past the bounds of an hour
				before := ada.auditRows()
				for range tries {
					if a := c.same(ada); a.StatusCode != http.StatusSeeOther {
						t.Fatalf("the same again: %d %s", a.StatusCode, a.body)
					}
				}
				if n := ada.auditRows() - before; n != 0 {
					t.Errorf("the same again is %d rows", n)
				}
			}
			if c.vary == nil {
				return
			}
			before := ada.auditRows()
			for i := range tries {
				if a := c.vary(ada, i); a.StatusCode != http.StatusSeeOther &&
					a.StatusCode != http.StatusTooManyRequests {
					t.Fatalf("change %d: %d %s", i, a.StatusCode, a.body)
				}
			}
			if n := ada.auditRows() - before; n > c.rows {
				t.Errorf("%d changes are %d rows, want at most %d", tries, n, c.rows)
			}
			s.Clock.Advance(time.Hour + time.Second)
			if a := c.vary(ada, tries+1); a.StatusCode != http.StatusSeeOther {
				t.Errorf("an hour later: %d %s", a.StatusCode, a.body)
			}
			if c.name != "settings" {
				return
			}
			p, err := s.Person(t.Context(), ada.who.ID)
			devices, err2 := s.Devices(t.Context(), ada.who.ID)
			if err != nil || err2 != nil || p.Lang != "pt-BR" || devices[0].Theme != "dark" {
				t.Errorf("what was chosen last doesn't hold: %q %q (%v %v)", p.Lang, devices[0].Theme, err, err2)
			}
			stranger := s.person("Mallory")
			before = ada.auditRows()
			for i := range tries {
				stranger.form("/settings", fmt.Sprintf("lang=pt-BR&zone=%d", i))
			}
			if n := ada.auditRows() - before; n > 1 {
				t.Errorf("a stranger's settings are %d rows", n)
			}
		})
	}
}

// renames gives the person's only device a name.
func (p *person) renames(name string) answer {
	p.t.Helper()
	devices, err := p.Devices(p.t.Context(), p.who.ID)
	if err != nil || len(devices) == 0 {
		p.t.Fatal(devices, err)
	}
	return p.form("/devices/"+devices[0].ID+"/name", "name="+name)
}
