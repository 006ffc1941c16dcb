package cmd_test

import (
	"strings"
	"testing"

	"assent/app"
	"assent/app/browsertest"
	"assent/app/cmd"
	"assent/web/emulator"
)

// Everything between a start at ACP and the person's answer, with a browser's
// own push: it subscribes, is notified, the notification is clicked, and the
// request is approved. Then the push service forgets everybody, and the browser
// repairs that by itself.
func TestFirefoxIsNotified(t *testing.T) {
	t.Parallel()
	push := browsertest.StartPushService(t)
	desktop := browsertest.StartDesktop(t)
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	f := browsertest.StartFirefox(t, push, desktop)
	f.Open(d.Links[0])
	for _, id := range []string{"set-up", "make-passkey", "allow"} {
		f.Click(string(testid(id)))
	}
	desktop.Click(desktop.Wait("say that you saw it"))
	f.Until("the first notification is proof", `document.querySelector('[data-testid="push-works"]')`)
	f.Click(string(testid("go-on")))
	f.Until("the inbox is open", `document.querySelector('[data-testid="empty"]')`)
	s := ask(t, d, signIn("ada.quill"))
	n := desktop.Wait("joiners")
	r, err := d.Store.RequestByLogin(t.Context(), s.Details.TenantID, s.ID)
	if err != nil {
		t.Fatal(err)
	}
	desktop.Click(n)
	f.Until("the click leads to the request", `location.pathname === "/requests/`+r.ID+`"`)
	f.Click(string(testid("approve")))
	f.Until("it is approved", `document.querySelector('[data-testid="seal"]')`)
	settled(t, d, s, emulator.Approved)

	p, err := d.Store.FindPerson(t.Context(), []app.Identifier{{Kind: app.Username, Norm: "ada.quill"}})
	if err != nil {
		t.Fatal(err)
	}
	endpoint := func() string {
		t.Helper()
		subs, err := d.Store.Subscriptions(t.Context(), p.ID)
		if err != nil || len(subs) != 1 {
			t.Fatal(subs, err)
		}
		return subs[0].Endpoint
	}
	was := endpoint()
	push.Forget()
	f.Until("the browser subscribes again",
		`await navigator.serviceWorker.ready.then(r => r.pushManager.getSubscription()).then(s => s && s.endpoint !== "`+
			was+`")`)
	for endpoint() == was {
		f.Until("the product hears of it", `new Promise(r => requestAnimationFrame(() => r(true)))`)
	}
	s = ask(t, d, signIn("ada.quill"))
	desktop.Wait("asks you to sign in")
	// What is answered on another device takes the notification's place.
	other := newPhone(t, "other", portrait)
	other.enrol(d.Invite(t, "ada.quill"))
	other.click("read")
	other.click("deny")
	other.see("outcome")
	settled(t, d, s, emulator.Rejected)
	desktop.Wait("on another device")
	for _, n := range desktop.Shown() {
		if strings.Contains(n.Body, "asks you to sign in") {
			t.Errorf("the request is still shown: %+v", n)
		}
	}
}
