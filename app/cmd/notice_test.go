package cmd_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"assent/app"
	"assent/app/cmd"
	"assent/app/push"
	"assent/app/push/pushtest"
	"assent/web/emulator"
)

// badged records what the pages write on the app's icon.
const badged = `navigator.setAppBadge = async (n) => sessionStorage.setItem("badge", n); navigator.clearAppBadge = async () => sessionStorage.setItem("badge", 0);`

// allowing sets the phone up by a link, with notifications that it tries out.
func (p *phone) allowing(d *cmd.Demo, link string, service *pushtest.Service) {
	p.t.Helper()
	p.permit(d.URL, "notifications")
	p.open(link)
	for _, id := range []string{"set-up", "make-passkey", "allow"} {
		p.click(id)
	}
	p.see("push-try")
	for {
		if _, m := read(p.t, service); m.Kind == app.NoticeTest {
			p.open(d.URL + "/notice/" + m.ID)
			break
		}
	}
	p.see("push-works")
	p.click("go-on")
	p.see("tab-requests")
}

// read takes the next notice that the push service got.
func read(t testing.TB, service *pushtest.Service) (pushtest.Received, push.Message) {
	t.Helper()
	got := service.Wait()
	var m push.Message
	if err := json.Unmarshal(got.Payload, &m); err != nil {
		t.Fatal(err)
	}
	return got, m
}

// shown delivers a push message and waits until the worker has shown it. Nobody
// asks for notices while one is being shown: Chromium then may show none.
func (p *phone) shown(origin string, got pushtest.Received, id string) {
	p.t.Helper()
	eval[bool](p,
		`(window.arrived = "", navigator.serviceWorker.addEventListener("message", e => { window.arrived ||= e.data?.arrived; }), true)`)
	p.deliver(origin, got.Payload)
	p.until("the worker says that it shows", fmt.Sprintf(`window.arrived === %q`, id))
}

// notices are what the phone shows, as JSON of body, tag and whether it is silent.
const notices = `navigator.serviceWorker.ready.then(r => r.getNotifications()).then(all => all.map(n => n.body + "|" + n.tag + "|" + n.silent).join("\n"))`

// Each device is told of a request; what is answered on one takes the notice's
// place on the other, silently. The page of a request that is over takes its
// notice down and corrects the number on the app's icon.
func TestWhatIsAnsweredElsewhereIsHandledHere(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	service := pushtest.Start(t)
	pixelSub, laptopSub := service.Subscribe(), service.Subscribe()
	pixel := newPhone(t, "pixel", portrait, shim(pixelSub), badged)
	pixel.allowing(d, d.Links[0], service)
	laptop := newPhone(t, "laptop", look{width: 1280, height: 800, lang: "en-GB"}, shim(laptopSub), badged)
	laptop.allowing(d, d.Invite(t, "ada.quill"), service)

	first := ask(t, d, signIn("ada.quill"))
	r, err := d.Store.RequestByLogin(t.Context(), first.Details.TenantID, first.ID)
	if err != nil {
		t.Fatal(err)
	}
	asked := map[*pushtest.Subscription]pushtest.Received{}
	for len(asked) < 2 {
		if got, m := read(t, service); m.ID == r.ID {
			if m.Kind != app.NoticeRequest || m.Waiting != 1 {
				t.Errorf("a notice of the request: %+v", m)
			}
			asked[got.Sub] = got
		}
	}
	pixel.open(d.URL + "/settings") // a page that isn't about the request
	pixel.see("tab-settings")
	pixel.shown(d.URL, asked[pixelSub], r.ID)
	laptop.shown(d.URL, asked[laptopSub], r.ID)
	if got := eval[string](pixel, notices); !strings.HasSuffix(got, "|"+r.ID+"|false") || strings.Contains(got, "\n") {
		t.Errorf("shown when asked: %q", got)
	}
	laptop.until("the number is on the icon", `sessionStorage.getItem("badge") === "1"`)

	laptop.open(d.URL + "/requests/" + r.ID)
	laptop.click("deny")
	laptop.see("outcome")
	laptop.until("the number is off the icon", `sessionStorage.getItem("badge") === "0"`)
	laptop.until("the notice is taken down where it was answered", notices+`.then(s => s === "")`)
	settled(t, d, first, emulator.Rejected)

	got, m := read(t, service)
	if got.Sub != pixelSub || m.ID != r.ID || m.Kind != app.NoticeHandled || m.Waiting != 0 {
		t.Errorf("after the answer: %+v to the other: %v", m, got.Sub == pixelSub)
	}
	pixel.shown(d.URL, got, r.ID)
	if now, want := eval[string](pixel, notices), m.Body+"|"+r.ID+"|true"; now != want {
		t.Errorf("shown after the answer: %q, want %q", now, want)
	}
	pixel.open(d.URL + "/requests/" + r.ID)
	pixel.says("outcome", "Denied")
	pixel.until("the notice is taken down", notices+`.then(s => s === "")`)
	if n := service.Waiting(); n != 0 {
		t.Errorf("%d more notices", n)
	}
}

// Pitfall 24: a notice has no buttons, also where what is pushed names some.
func TestPitfall24NoticesHaveNoButtons(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	service := pushtest.Start(t)
	ada := newPhone(t, "ada", portrait, shim(service.Subscribe()))
	ada.allowing(d, d.Links[0], service)
	ask(t, d, signIn("ada.quill"))
	got, m := read(t, service)
	var named map[string]any
	if err := json.Unmarshal(got.Payload, &named); err != nil {
		t.Fatal(err)
	}
	named["actions"] = []map[string]string{{"action": "approve", "title": "Approve"}}
	var err error
	if got.Payload, err = json.Marshal(named); err != nil {
		t.Fatal(err)
	}
	ada.shown(d.URL, got, m.ID)
	const buttons = `navigator.serviceWorker.ready.then(r => r.getNotifications())
		.then(all => all.map(n => n.tag + "|" + JSON.stringify(n.actions)).join("\n"))`
	if shown, want := eval[string](ada, buttons), m.ID+"|[]"; shown != want {
		t.Errorf("shown: %q, want %q", shown, want)
	}
}

// A push service may end a subscription of which the browser goes on to think
// that it is good: the app, when it is opened, makes another.
func TestEndedSubscriptionIsRenewed(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	service := pushtest.Start(t)
	old, next := service.Subscribe(), service.Subscribe()
	// The browser subscribes anew only once the old subscription is given up.
	renewing := fmt.Sprintf(`(() => {
		const all = [%s, %s].map(([endpoint, p256dh, auth]) => ({ endpoint, keys: { p256dh, auth } }));
		const at = () => Number(localStorage.getItem("given-up") ?? 0);
		const fake = () => ({ endpoint: all[at()].endpoint, options: {}, toJSON: () => all[at()], unsubscribe: async () => { localStorage.setItem("given-up", at() + 1); localStorage.removeItem("on"); return true; } });
		PushManager.prototype.subscribe = async () => { localStorage.setItem("on", 1); return fake(); };
		PushManager.prototype.getSubscription = async () => localStorage.getItem("on") ? fake() : null;
	})()`, triple(old), triple(next))
	ada := newPhone(t, "ada", portrait, renewing)
	ada.allowing(d, d.Links[0], service)
	p, err := d.Store.FindPerson(t.Context(), []app.Identifier{{Kind: app.Username, Norm: "ada.quill"}})
	if err != nil {
		t.Fatal(err)
	}

	service.Forget(old)
	ask(t, d, signIn("ada.quill"))
	for ended := false; !ended; {
		subs, err := d.Store.Subscriptions(t.Context(), p.ID)
		if err != nil || len(subs) != 1 {
			t.Fatal(subs, err)
		}
		ended = subs[0].EndedAt != 0
		ada.until("a moment passes", `new Promise(r => requestAnimationFrame(() => r(true)))`)
	}
	ada.open(d.URL)
	ada.until("the subscription is given up for another",
		`localStorage.getItem("given-up") === "1" && !!localStorage.getItem("on")`)
	ada.until("the inbox says no more that it can't notify",
		`[...document.querySelectorAll('[data-testid="notice-push-off"]')].every(n => n.closest("[hidden]"))`)
	if s := eval[string](ada, `sessionStorage.getItem("push-synced")`); !strings.Contains(s, next.Endpoint) {
		t.Errorf("stored is %s, want %s", s, next.Endpoint)
	}
	ask(t, d, signIn("ada.quill"))
	if got, m := read(t, service); got.Sub != next || m.Kind != app.NoticeRequest {
		t.Errorf("%+v came by the new subscription: %v", m, got.Sub == next)
	}
}

// triple is a subscription as a script takes it.
func triple(s *pushtest.Subscription) string {
	b, _ := json.Marshal([]string{s.Endpoint, s.P256DH, s.Auth})
	return string(b)
}
