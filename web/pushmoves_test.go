package web_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/push/pushtest"
)

// subscribes has the device's cookie tell of a subscription that takes the place
// of an endpoint.
func (p *person) subscribes(sub *pushtest.Subscription, replaces string) answer {
	p.t.Helper()
	return p.json("/push/subscription",
		`{"endpoint":"`+sub.Endpoint+`","keys":{"p256dh":"`+sub.P256DH+`","auth":"`+sub.Auth+`"},"replaces":"`+replaces+
			`"}`)
}

// told sends the notices that wait and gives where each went, and what it says.
func (p *person) told() map[string]string {
	p.t.Helper()
	out := map[string]string{}
	for {
		j, ok, _, err := p.LeaseJob(p.t.Context(), app.JobPush, time.Minute)
		if err != nil {
			p.t.Fatal(err)
		}
		if !ok {
			return out
		}
		if res := p.notify.Send(p.t.Context(), j); res.Verdict != app.JobDone {
			p.t.Fatalf("%+v", res)
		}
		if err := p.JobDone(p.t.Context(), j); err != nil {
			p.t.Fatal(err)
		}
		n := p.push.Wait()
		out[n.Sub.Endpoint] = string(n.Payload)
	}
}

// tablet is another browser of the person's, with a device and notices of its own.
func (p *person) tablet() (*person, *pushtest.Subscription) {
	p.t.Helper()
	other := *p
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	other.http = &http.Client{Jar: jar, CheckRedirect: p.http.CheckRedirect}
	pr := other.begin("/sign-in/passkey", "{}")
	if a := other.json("/sign-in/passkey/"+pr.Ceremony,
		`{"credential":`+p.sign(pr)+`,"standalone":false,"zone":""}`); a.StatusCode != http.StatusOK {
		p.t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	sub := p.push.Subscribe()
	if a := other.subscribes(sub, ""); a.StatusCode != http.StatusNoContent {
		p.t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	return &other, sub
}

// A browser that renews its own subscription alarms no one. Where a cookie has the
// notices go elsewhere without knowing where they went, the person is told: there,
// on their other devices, and on the pages; and the browser takes them back.
func TestNoticesThatAreMovedAreTold(t *testing.T) {
	for _, c := range []struct {
		name   string
		tablet bool
		before string // what the browser says it had: "the last", or nothing
		ended  bool   // its push service had given it up
		moved  bool
		there  bool // a notice went to the former endpoint
	}{
		{"the browser's own rotation", true, "the last", false, false, false},
		{"the browser's own, after its push service gave the last one up", true, "the last", true, false, false},
		{"a cookie alone", true, "", false, true, true},
		{"a cookie alone, of the only device", false, "", false, true, true},
		{"a guess", true, "https://fcm.googleapis.com/guess", false, true, true},
		{"a cookie alone, where they had stopped", true, "", true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			dev := ada.enrol()
			first, next := s.push.Subscribe(), s.push.Subscribe()
			if a := ada.subscribes(first, ""); a.StatusCode != http.StatusNoContent {
				t.Fatalf("%d %s", a.StatusCode, a.body)
			}
			tablet, sub := ada, &pushtest.Subscription{}
			if c.tablet {
				tablet, sub = ada.tablet()
			}
			ada.told()
			if c.ended {
				live, err := s.Subscription(t.Context(), dev.ID)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Pushed(t.Context(), live, app.Job{}, false, true, "410"); err != nil {
					t.Fatal(err)
				}
			}
			s.Clock.Advance(time.Minute)
			if a := ada.subscribes(next,
				strings.ReplaceAll(c.before, "the last", first.Endpoint)); a.StatusCode != http.StatusNoContent {
				t.Fatalf("%d %s", a.StatusCode, a.body)
			}
			told := ada.told()
			if got := strings.Contains(told[first.Endpoint], "last notification here"); got != c.there {
				t.Errorf("where they went before it is said: %v, want %v: %q", got, c.there, told[first.Endpoint])
			}
			if got := strings.Contains(told[sub.Endpoint], "Notifications were moved"); c.tablet && got != c.moved {
				t.Errorf("on the tablet it is said: %v, want %v: %q", got, c.moved, told[sub.Endpoint])
			}
			if n := told[next.Endpoint]; n != "" {
				t.Errorf("whoever moved them is told: %s", n)
			}
			for _, p := range []*person{ada, tablet} {
				if n := p.get("/").page(t).Find(`[data-testid="notice-changed"]`).Length(); (n == 1) != c.moved {
					t.Errorf("the inbox says so %d times", n)
				}
				list := p.get("/devices").page(t).Find(`[data-testid="change"][data-action="push_move"]`)
				if (list.Length() == 1) != c.moved {
					t.Errorf("it stands %d times in the list", list.Length())
				}
			}
			if !c.moved {
				return
			}
			if ended := ada.get("/").page(t).Find("[data-push-ended]").Length(); ended != 1 {
				t.Error("the page doesn't have its browser look after its subscription")
			}
			// The thief goes on from endpoint to endpoint: that was told. The browser
			// opens the app and takes its notices back.
			third := s.push.Subscribe()
			ada.subscribes(third, next.Endpoint)
			if a := ada.subscribes(first, first.Endpoint); a.StatusCode != http.StatusNoContent && !c.ended {
				t.Fatalf("the browser takes them back: %d %s", a.StatusCode, a.body)
			}
			if c.ended {
				return
			}
			if told := ada.told(); len(told) != 0 {
				t.Errorf("taking them back tells %v", told)
			}
			if at, err := s.PushMoved(t.Context(), dev.ID); err != nil || at != 0 {
				t.Errorf("they count as moved still (%v)", err)
			}
			// What the thief had is trusted no more than before.
			ada.subscribes(third, "")
			if told := ada.told(); !strings.Contains(told[first.Endpoint], "last notification here") {
				t.Errorf("the second time nobody is told: %v", told)
			}
		})
	}
}

// What else a device's cookie alone can do to silence a phone, or to pass for
// another one, is told to the person's other devices and stands in their list.
func TestWhatACookieDoesIsTold(t *testing.T) {
	for _, c := range []struct {
		name, action, says string
		do                 func(p *person, dev app.Device) answer
	}{
		{"muting", "client_mute", "An app was muted",
			func(p *person, _ app.Device) answer { return p.form("/clients/mute", "client=Shop") }},
		{"renaming", "device_rename", "A device was renamed", func(p *person, d app.Device) answer {
			return p.form("/devices/"+d.ID+"/name", "name="+url.QueryEscape("Ada's iPhone"))
		}},
		{"going without", "push_choice", "Notifications were turned off",
			func(p *person, _ app.Device) answer { return p.form("/push/skip", "") }},
		{"signing out", "device_sign_out", "A device signed out",
			func(p *person, _ app.Device) answer { return p.form("/sign-out", "") }},
		{"removing itself", "device_remove", "A device was removed",
			func(p *person, d app.Device) answer { return p.form("/devices/"+d.ID+"/remove", "") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			dev := ada.enrol()
			own := s.push.Subscribe()
			ada.subscribes(own, "")
			tablet, sub := ada.tablet()
			ada.asks("Shop")
			ada.told()
			s.Clock.Advance(time.Minute)
			if a := c.do(ada, dev); a.StatusCode != http.StatusSeeOther {
				t.Fatalf("%d %s", a.StatusCode, a.body)
			}
			told, ends := ada.told(), c.name == "signing out" || c.name == "removing itself"
			if !strings.Contains(told[sub.Endpoint], c.says) {
				t.Errorf("the tablet is told %q, want %q", told[sub.Endpoint], c.says)
			}
			if here := told[own.Endpoint]; (here != "") != ends {
				t.Errorf("the device itself is told %q", here)
			}
			if n := tablet.get("/").page(t).Find(`[data-testid="notice-changed"]`).Length(); n != 1 {
				t.Errorf("the tablet's inbox says so %d times", n)
			}
			if n := tablet.get("/devices").page(t).Find(`[data-testid="change"][data-action="` + c.action +
				`"]`).Length(); n != 1 {
				t.Errorf("it stands %d times in the list", n)
			}
			if ends {
				return
			}
			if n := ada.get("/").page(t).Find(`[data-testid="notice-changed"]`).Length(); n != 0 {
				t.Error("the device that did it is told in its own inbox")
			}
			if n := ada.get("/devices").page(t).Find(`[data-testid="change"]`).Length(); n == 0 {
				t.Error("it doesn't stand in the list on the device itself")
			}
		})
	}
}
