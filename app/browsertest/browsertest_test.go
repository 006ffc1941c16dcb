package browsertest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	webpush "github.com/SherClockHolmes/webpush-go"

	"assent/app/browsertest"
)

const page = `<!doctype html><title>start</title><button id="go">go</button><p id="said"></p><script>
document.querySelector("#go").addEventListener("click", async () => {
	try {
		await Notification.requestPermission();
		await navigator.serviceWorker.register("/sw.js");
		const registration = await navigator.serviceWorker.ready;
		window.sub = (await registration.pushManager.subscribe({userVisibleOnly: true, applicationServerKey: "%s"})).toJSON();
		document.title = "subscribed";
	} catch (error) {
		document.title = String(error);
	}
});
</script>`

const worker = `
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(self.registration.showNotification(event.data.text(), {tag: "t"})));
self.addEventListener("notificationclick", (event) => {
	event.notification.close();
	event.waitUntil(self.clients.openWindow("/opened"));
});`

// The harness itself: what a server pushes reaches a real Firefox, and a click
// on what it shows opens a page.
func TestARoundTrip(t *testing.T) {
	private, public, err := webpush.GenerateVAPIDKeys()
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/sw.js":
			w.Header().Set("Content-Type", "text/javascript")
			io.WriteString(w, worker)
		case "/opened":
			io.WriteString(w, "<title>opened</title>")
		default:
			fmt.Fprintf(w, page, public)
		}
	}))
	defer srv.Close()
	push := browsertest.StartPushService(t)
	desktop := browsertest.StartDesktop(t)
	f := browsertest.StartFirefox(t, push, desktop)
	f.Open(srv.URL)
	f.Click("#go")
	f.Until("it is subscribed", `document.title === "subscribed"`)
	var sub webpush.Subscription
	f.Eval("return window.sub", &sub)
	if push.Subscriptions() != 1 {
		t.Errorf("%d subscriptions", push.Subscriptions())
	}
	send := func(text string) int {
		t.Helper()
		res, err := webpush.SendNotificationWithContext(t.Context(), []byte(text), &sub,
			&webpush.Options{
				Subscriber:      "https://assent.example",
				VAPIDPublicKey:  public,
				VAPIDPrivateKey: private,
				TTL:             60,
			})
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	push.Answer(http.StatusTooManyRequests)
	if status := send("refused"); status != http.StatusTooManyRequests {
		t.Errorf("told to refuse it answers %d", status)
	}
	if status := send("hello from the server"); status != http.StatusCreated {
		t.Fatalf("the push service answers %d", status)
	}
	n := desktop.Wait("hello from the server")
	f.FollowTo(func() { desktop.Click(n) })
	f.Until("the click opens a page", `document.title === "opened"`)
	push.Forget()
	if status := send("lost"); status != http.StatusGone {
		t.Errorf("what it forgot is answered %d", status)
	}
}
