package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/app/consent"
	"assent/store/storetest"
	"assent/web/emulator"
)

// asks starts a request of a client for the person.
func (p *person) asks(client string) app.Request {
	p.t.Helper()
	in := storetest.Request(p.who, p.Now().Add(time.Hour))
	in.ClientID, in.ClientName = client, client
	r, _, err := p.StartRequest(p.t.Context(), app.System, in, consent.DefaultFatigue, true)
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

func wordsOf(doc *goquery.Document, id string) string {
	return strings.Join(strings.Fields(doc.Find(`[data-testid="`+id+`"]`).Text()), " ")
}

// What came without a notice lies in the inbox, counted, with the reason: on one
// slip of its client, or on one of all clients of a flood; its own page says why
// too. One press denies what is on a slip.
func TestInboxSaysWhyThereWasNoNotice(t *testing.T) {
	for _, c := range []struct {
		name  string
		do    func(p *person) app.Request
		cause app.Quiet
		slip  string // on the inbox, empty where it is listed by itself
		page  string
	}{
		{"after a no", func(p *person) app.Request {
			r := p.asks("Shop")
			p.Clock.Advance(time.Second)
			p.form("/requests/"+r.ID+"/deny", "")
			p.Clock.Advance(time.Second)
			return p.asks("Shop")
		}, app.QuietBackOff,
			"One request from Shop waits. You said no to it, so we notify you of its requests again from",
			"You said no to Shop, so we didn’t notify you of this."},
		{"after a report", func(p *person) app.Request {
			r := p.asks("Shop")
			p.Clock.Advance(time.Second)
			p.form("/requests/"+r.ID+"/report", "")
			p.asks("Shop")
			return p.asks("Shop")
		}, app.QuietBackOff, "Two requests from Shop wait. You said no to it", "You said no to Shop"},
		{"when the wait is over", func(p *person) app.Request {
			r := p.asks("Shop")
			p.Clock.Advance(time.Second)
			p.form("/requests/"+r.ID+"/deny", "")
			r = p.asks("Shop")
			p.Clock.Advance(time.Minute)
			return r
		}, app.QuietBackOff, "One request from Shop waits. You had just said no to it", "You had just said no to Shop"},
		{"a burst", func(p *person) (r app.Request) {
			for range 6 {
				r = p.asks("Shop")
			}
			return r
		}, app.QuietBurst, "Shop asked 6 times in 1 minute. We put them together", "Shop asked too often"},
		{"muted", func(p *person) app.Request {
			p.asks("Shop")
			p.form("/clients/mute", "client=Shop")
			p.asks("Shop")
			return p.asks("Shop")
		}, app.QuietMuted, "Three requests from Shop wait. You muted it", "You muted Shop"},
		{"a flood", func(p *person) (r app.Request) {
			for i := range 14 {
				r = p.asks(fmt.Sprint("Shop ", i))
			}
			return r
		}, app.QuietFlood, "Four requests came while many apps asked at once", "Many apps asked you at once"},
		{"notified", func(p *person) app.Request { return p.asks("Shop") }, app.QuietNone, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			ada := newSite(t).person("Ada Quill")
			ada.enrol()
			ada.acp.Fail(emulator.Details, emulator.Fault{Times: -1, Status: 503}) // it knows none of these
			r := c.do(ada)
			if r.Quiet != c.cause {
				t.Errorf("it is %q", r.Quiet)
			}
			inbox := ada.get("/").page(t)
			if said := wordsOf(inbox, "burst"); !strings.HasPrefix(said, c.slip) || (said == "") != (c.slip == "") {
				t.Errorf("the slip says %q, want %q", said, c.slip)
			}
			if said := wordsOf(ada.get("/requests/"+r.ID).page(t), "notice-quiet"); !strings.HasPrefix(said, c.page) ||
				(said == "") != (c.page == "") {
				t.Errorf("its page says %q, want %q", said, c.page)
			}
			if c.slip == "" {
				return
			}
			if n := inbox.Find(`[data-testid="burst"] a[href="/requests/` + r.ID + `"]`).Length(); n == 0 {
				t.Error("it isn't on the slip")
			}
			form := url.Values{}
			for _, in := range inbox.Find(`form[action="/bursts/deny"] input[name="client"]`).EachIter() {
				form.Add("client", in.AttrOr("value", ""))
			}
			ada.form("/bursts/deny", form.Encode())
			if got, err := ada.Request(t.Context(), r.ID); err != nil || got.State != app.Denied {
				t.Errorf("after Deny all it is %s, %v", got.State, err)
			}
			after := ada.get("/").page(t)
			if after.Find(`[data-testid="burst"]`).Length() != 0 {
				t.Errorf("the slip is still there: %s", wordsOf(after, "burst"))
			}
			if left := after.Find(`[data-testid="slip"]`).Length(); (c.cause == app.QuietFlood) != (left == 10) {
				t.Errorf("%d others wait", left)
			}
		})
	}
}
