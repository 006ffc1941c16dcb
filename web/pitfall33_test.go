package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"assent/app"
)

// making begins a passkey by the link, and gives what ends it.
func (p *person) making(link string) func() answer {
	p.t.Helper()
	pr := p.begin(link+"/passkey", "{}")
	o, err := virtualwebauthn.ParseAttestationOptions(string(pr.Options))
	if err != nil {
		p.t.Fatal(err)
	}
	made := virtualwebauthn.CreateAttestationResponse(p.rp, p.auth, p.cred, *o)
	return func() answer {
		return p.json(link+"/passkey/"+pr.Ceremony, `{"credential":`+made+`,"standalone":false,"zone":""}`)
	}
}

// Row 33, a link that was phished or forwarded: its code works in the browser
// alone whose words were read out. In the thief's it is a wrong code like any
// other, to the last byte but the tries, and counts as one.
func TestPitfall33LinkPhishedOrForwarded(t *testing.T) {
	s := newSite(t, codes)
	ada := s.person("Ada Quill")
	link := linkFor(ada)
	thief := ada.elsewhere()
	hers, his := ada.words(link), thief.words(link)
	if len(strings.Fields(hers)) != 3 || hers == his || ada.words(link) != hers {
		t.Fatalf("she sees %q, then %q, he %q: want three words that stay, and others in his", hers, ada.words(link),
			his)
	}
	code := codeFor(ada, link)
	right, wrong := thief.typeCode(link, code), thief.typeCode(link, wrongFor(code))
	if right.StatusCode != http.StatusUnprocessableEntity || right.StatusCode != wrong.StatusCode {
		t.Fatalf("her code in his browser: %d, a wrong one: %d", right.StatusCode, wrong.StatusCode)
	}
	if a, b := strings.Replace(string(right.body), "4 tries", "",
		1), strings.Replace(string(wrong.body), "3 tries", "", 1); a != b ||
		!strings.Contains(string(right.body), "4 tries") || !strings.Contains(string(wrong.body), "3 tries") {
		t.Error("he can tell her code from a wrong one, or it costs no try")
	}
	if a := thief.json(link+"/passkey", "{}"); a.StatusCode != http.StatusConflict {
		t.Errorf("a ceremony in his browser: %d", a.StatusCode)
	}
	if rows, err := s.AuditOf(t.Context(), "activation.wrong", 5); err != nil || len(rows) != 2 {
		t.Errorf("the audit has %d wrong tries, want both (%v)", len(rows), err)
	}
	if a := ada.typeCode(link, code); a.StatusCode != http.StatusSeeOther {
		t.Errorf("her code in her browser: %d", a.StatusCode)
	}
	// A browser that brings no cookie, or one that it made up, has words of its own.
	bare := ada.elsewhere()
	code = codeFor(bare, link)
	bare.http.Jar = nil
	if a := bare.typeCode(link, code); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the code without the cookie: %d", a.StatusCode)
	}
}

// The words are those of the person's language, and the clerk may type them as
// they are in either.
func TestWordsOfEitherLanguage(t *testing.T) {
	s := newSite(t, codes)
	ada := s.person("Ada Quill")
	link := linkFor(ada)
	english := ada.words(link)
	inv, err := s.OpenInvitation(t.Context(), ada.who.ID)
	if err != nil {
		t.Fatal(err)
	}
	var cookie string
	at, err := url.Parse(s.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range ada.http.Jar.Cookies(at) {
		if c.Name == "assent-enrolment" {
			cookie = c.Value
		}
	}
	words := s.people.Words(inv, cookie)
	if strings.Join(words.In("en-GB"), " ") != english {
		t.Fatalf("the page shows %q, the cookie's words are %v", english, words.In("en-GB"))
	}
	for _, tag := range []string{"en-GB", "pt-BR"} {
		_, _, digits, err := s.people.ActivationCode(t.Context(), app.Operator, ada.identifier(),
			strings.Join(words.In(tag), " "))
		if err != nil {
			t.Fatal(err)
		}
		if a := ada.typeCode(link, digits); a.StatusCode != http.StatusSeeOther {
			t.Errorf("a code made with the words in %s: %d", tag, a.StatusCode)
		}
	}
}

// Before a code works the person's other devices are told, and each can stop
// the device that is coming: the link, its code, what was activated, and the
// passkey that is being made.
func TestOtherDevicesAreToldAndCanStop(t *testing.T) {
	for name, after := range map[string]func(laptop *person, link, code string) (finish func() answer){
		"before the code is typed": func(laptop *person, link, code string) func() answer {
			return func() answer { return laptop.typeCode(link, code) }
		},
		"once it was typed": func(laptop *person, link, code string) func() answer {
			laptop.typeCode(link, code)
			return func() answer { return laptop.json(link+"/passkey", "{}") }
		},
		"while the passkey is made": func(laptop *person, link, code string) func() answer {
			laptop.typeCode(link, code)
			return laptop.making(link)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, codes)
			ada := s.person("Ada Quill")
			first := linkFor(ada)
			ada.typeCode(first, codeFor(ada, first))
			ada.setUp(first)
			sub := s.push.Subscribe()
			if a := ada.json("/push/subscription",
				`{"endpoint":"`+sub.Endpoint+`","keys":{"p256dh":"`+sub.P256DH+`","auth":"`+sub.Auth+
					`"}}`); a.StatusCode != http.StatusNoContent {
				t.Fatalf("subscribing: %d %s", a.StatusCode, a.body)
			}
			link := linkFor(ada)
			if ada.get("/devices").page(t).Find(`[data-testid="coming"]`).Length() != 0 {
				t.Error("a link without a code is already a device that is coming")
			}
			laptop := ada.elsewhere()
			code := codeFor(laptop, link)
			var told int
			for {
				j, ok, _, err := s.LeaseJob(t.Context(), app.JobPush, time.Minute)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					break
				}
				if app.Notice(j.Payload) == app.NoticeDeviceComing {
					told++
					if out := s.notify.Send(t.Context(), j); out.Verdict != app.JobDone {
						t.Errorf("the notice: %+v", out)
					}
				}
			}
			if told != 1 {
				t.Fatalf("%d notices are on their way once the code was made, want one to the phone", told)
			}
			if got := string(s.push.Wait().Payload); !strings.Contains(got, "about to answer") ||
				strings.Contains(got, "Ada") {
				t.Errorf("the phone shows %s", got)
			}
			if ada.get("/").page(t).Find(`[data-testid="notice-device-coming"]`).Length() != 1 {
				t.Error("the inbox says nothing of it")
			}
			finish := after(laptop, link, code)
			stop, ok := ada.get("/devices").page(t).Find(`[data-testid="coming"] form`).Attr("action")
			if !ok {
				t.Fatal("there is nothing to stop")
			}
			if a := s.person("Eve").form(stop, ""); a.Header.Get("Location") != "/sign-in" {
				t.Errorf("a stranger stops it: %d", a.StatusCode)
			}
			eve := s.person("Eve Moss")
			eves := linkFor(eve)
			eve.typeCode(eves, codeFor(eve, eves))
			eve.setUp(eves)
			if a := eve.form(stop, ""); a.Header.Get("Location") != "/devices" {
				t.Errorf("another person stops it: %d to %q", a.StatusCode, a.Header.Get("Location"))
			}
			if a := ada.form(stop, ""); a.Header.Get("Location") != "/devices?stopped" {
				t.Fatalf("stopping: %d %s", a.StatusCode, a.body)
			}
			if a := finish(); a.StatusCode != http.StatusGone {
				t.Errorf("going on after it was stopped: %d %s", a.StatusCode, a.body)
			}
			if doc := ada.get("/devices?stopped").page(t); doc.Find(`[data-testid="coming"]`).Length() != 0 ||
				doc.Find(`[data-testid="notice-stopped"]`).Length() != 1 {
				t.Errorf("after it was stopped: %s", doc.Find("main").Text())
			}
			if rows, err := s.AuditOf(t.Context(), "invitation.stop", 5); err != nil || len(rows) != 1 ||
				rows[0].PersonID != ada.who.ID || rows[0].DeviceID == "" {
				t.Errorf("in the audit: %+v (%v)", rows, err)
			}
			if devices, err := s.Devices(t.Context(), ada.who.ID); err != nil || len(devices) != 1 {
				t.Errorf("%d devices (%v)", len(devices), err)
			}
		})
	}
}
