package web_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"assent/app"
	"assent/app/consent"
	"assent/store"
	"assent/store/storetest"
	"assent/web/emulator"
)

// askedBy has a client ask with a message, through the served API.
func (p *person) askedBy(client, message string) app.Request {
	p.t.Helper()
	p.acp.SetService(emulator.Service{URL: p.url, Username: "acp", Password: "a long password"})
	s := p.acp.Begin(emulator.Ask{Hint: p.identifier(), Scopes: []string{"openid", "profile"}, BindingMessage: message})
	payload := p.acp.StartPayload(s.ID)
	payload["client_id"] = client
	if a, err := p.acp.Start(p.t.Context(), payload); err != nil || a.Status != http.StatusOK {
		p.t.Fatalf("start: %d %s %v", a.Status, a.Body, err)
	}
	r, err := p.RequestByLogin(p.t.Context(), "demo", s.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// Somebody who knows a person's name can have a client of their own ask as often
// as they like. That stops neither what the person does with clients that they
// know, nor its notices, nor pushes it out of the inbox.
func TestAStrangersBurstStopsNoKnownClient(t *testing.T) {
	burst := func(client string) func(*person) {
		return func(p *person) {
			for range 6 {
				p.askedBy(client, "Pay at the till")
			}
		}
	}
	report := func(p *person) {
		r := p.askedBy("stranger", "Pay at the till")
		p.form("/requests/"+r.ID+"/report", "")
	}
	always := consent.Protection{MatchCode: []string{"regular"}}
	for _, c := range []struct {
		name    string
		policy  consent.Protection
		attack  []func(*person)
		refused map[string]bool // by client
	}{
		{"a burst", always, []func(*person){burst("stranger")},
			map[string]bool{"stranger": true, "new": true, "shop": false}},
		{"a burst, with the code asked for under attack alone",
			consent.Protection{UnderAttack: []string{"regular"}, RefuseWithoutCode: true},
			[]func(*person){burst("stranger")}, map[string]bool{"stranger": true, "new": true, "shop": false}},
		{"a flood", always, []func(*person){func(p *person) {
			for i := range 14 {
				p.askedBy(fmt.Sprint("stranger ", i), "Pay at the till")
			}
		}}, map[string]bool{"stranger 3": true, "new": true, "shop": false}},
		{"a burst of a known client", always, []func(*person){burst("shop")},
			map[string]bool{"shop": true, "bank": false, "new": true}},
		{"a report", always, []func(*person){report}, map[string]bool{"stranger": true, "shop": true, "bank": true}},
		{"a report, with a burst after it", always, []func(*person){report, burst("stranger")},
			map[string]bool{"shop": true}},
		{"a burst, and approvals of long ago", always,
			[]func(*person){func(p *person) { p.Clock.Advance(app.KnownFor + time.Hour) }, burst("stranger")},
			map[string]bool{"shop": true}},
		{"a burst of an hour ago", always,
			[]func(*person){burst("stranger"), func(p *person) { p.Clock.Advance(app.AttackWindow + time.Minute) }},
			map[string]bool{"new": false, "stranger": false, "shop": false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			ada.enrol()
			for _, client := range []string{"shop", "bank"} {
				ada.approvedWith(ada.askedBy(client, "Pay at the till"))
			}
			s.Clock.Advance(time.Hour)
			s.policy = c.policy
			for _, attack := range c.attack {
				attack(ada)
			}
			for client, refused := range c.refused {
				r := ada.askedBy(client, "Pay at the till")
				if known := client == "shop" && !refused; known && r.Quiet != app.QuietNone {
					t.Errorf("no notice of %s: %s", client, r.Quiet)
				}
				page := ada.get("/requests/" + r.ID).page(t)
				now, err := s.Request(t.Context(), r.ID)
				if err != nil {
					t.Fatal(err)
				}
				if (now.State == app.Cancelled && now.Reason == app.ReasonNoCode) != refused ||
					!refused && now.State != app.Pending {
					t.Errorf("the request of %s is %s (%s), refused should be %v", client, now.State, now.Reason,
						refused)
				}
				if refused || client != "shop" {
					continue
				}
				if message := page.Find(`[data-testid="message"]`).Text(); message == "" {
					t.Error("the message can't be compared")
				}
				ada.approvedWith(r)
			}
		})
	}
}

// However many clients ask at once, and however soon their requests end, what a
// client that the person knows asks stands in the inbox, and so does what was
// notified of the others.
func TestAFloodPushesNothingKnownOutOfTheInbox(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	ask := func(client string, lives time.Duration) app.Request {
		in := storetest.Request(ada.who, s.Now().Add(lives))
		in.ClientID, in.ClientName = client, client
		r, _, err := s.StartRequest(t.Context(), app.System, in, consent.DefaultFatigue, true)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	ada.approvedWith(ada.askedBy("shop", "the blue folder"))
	s.Clock.Advance(time.Hour)
	first := ask("first", time.Hour)
	for i := range store.InboxInAll + 50 {
		ask(fmt.Sprint("stranger ", i), time.Minute)
	}
	for range 3 { // the third is quiet: it is more than the client's share of the notices
		ask("shop", time.Hour)
	}
	waiting, err := s.Inbox(t.Context(), ada.who.ID)
	if err != nil || len(waiting) != store.InboxInAll {
		t.Fatal(len(waiting), err)
	}
	listed := map[string]int{}
	for i, r := range waiting {
		listed[r.ClientID]++
		if i > 0 && r.ExpiresAt < waiting[i-1].ExpiresAt {
			t.Error("the list isn't in the order of the deadlines")
		}
	}
	if listed["shop"] != 3 || listed["first"] != 1 {
		t.Errorf("of the shop that she knows %d of 3 are listed, of %s %d", listed["shop"], first.ClientName,
			listed["first"])
	}
}
