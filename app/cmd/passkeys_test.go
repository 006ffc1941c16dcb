package cmd_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"assent/app/cmd"
	"assent/web/emulator"
)

// helpers are what turns passkeys into JSON and back, in browsers that have it.
const helpers = `[[PublicKeyCredential, "parseCreationOptionsFromJSON"], [PublicKeyCredential, "parseRequestOptionsFromJSON"],
	[PublicKeyCredential.prototype, "toJSON"]]`

// A browser without the JSON helpers of WebAuthn, and one whose helpers an
// extension broke, enrol, sign in, approve and serve the console as others do.
func TestBrowsersWithoutTheJSONHelpers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, script string }{
		{"missing", `for (const [at, name] of ` + helpers + `) delete at[name];`},
		{"throwing",
			`for (const [at, name] of ` + helpers +
				`) at[name] = () => { throw new TypeError("Illegal invocation"); };`},
		{"of something else",
			`for (const [at, name] of ` + helpers + `) at[name] = () => name === "toJSON" ? {} : undefined;`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := cmd.StartDemo(t, t.TempDir())
			honest(t, d)
			ada := newPhone(t, "ada", portrait, c.script)
			ada.enrol(d.Links[0])
			ada.open(d.URL + "/settings")
			ada.click("sign-out")
			ada.click("sign-in")
			ada.see("empty")
			s := ask(t, d, signIn("ada.quill"))
			ada.click("read")
			ada.click("approve")
			ada.says("outcome", "Approved")
			settled(t, d, s, emulator.Approved)

			olive := newPhone(t, "olive", desk, c.script)
			olive.open(d.Owner)
			olive.click("make-passkey")
			olive.click("section-admins")
			olive.see("add")
			olive.click("sign-out")
			olive.click("sign-in")
			olive.says("role", "Owner")
		})
	}
}

// holds tells how many passkeys the phone's authenticator has.
func (p *phone) holds() int {
	p.t.Helper()
	n := 0
	p.do("read passkeys", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		res, err := cdp.Call(ctx, tab, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: p.auth})
		if err == nil {
			n = len(res.Credentials)
		}
		return err
	}))
	return n
}

// losing makes the network lose requests: those that it matches by path never
// arrive, or their answers don't.
const losing = `(() => {
	const real = fetch;
	window.lost = { requests: null, answers: null };
	window.fetch = async (path, how) => {
		if (lost.requests?.test(path)) throw new TypeError("Failed to fetch");
		const answer = await real(path, how);
		if (lost.answers?.test(path)) throw new TypeError("Failed to fetch");
		return answer;
	};
})()`

// What the browser made and the server never learned of is said, and given up
// only where the server says that it doesn't know it.
func TestAPasskeyThatNeverReachedTheServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, lost string
		says       string
		kept       int
		devices    int
	}{
		{"nor did it arrive", `lost.requests = /passkey\/./`, "it never reached us", 0, 0},
		{"nobody answers", `lost.requests = /passkey\/.|known/`, "couldn’t find out whether it reached us", 1, 0},
		{"the answer is lost", `lost.answers = /passkey\/./`, "has arrived", 1, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := cmd.StartDemo(t, t.TempDir())
			ada := newPhone(t, "ada", portrait, losing)
			ada.open(d.Links[0])
			ada.click("set-up")
			ada.see("make-passkey")
			eval[bool](ada, c.lost+"; true")
			ada.click("make-passkey")
			ada.says("alert", c.says)
			ada.accessible("a passkey that may be lost")
			if n := ada.holds(); n != c.kept {
				t.Errorf("the phone holds %d passkeys, want %d", n, c.kept)
			}
			people, err := d.Store.People(t.Context(), "", "", 10)
			if err != nil || people[0].Devices != c.devices {
				t.Errorf("%+v %v, want %d devices", people, err, c.devices)
			}
			if c.kept == 0 {
				eval[bool](ada, `lost.requests = null; true`)
				ada.click("make-passkey")
				ada.see("skip") // the link was not spent
				return
			}
			ada.click("use-existing")
			ada.click("sign-in")
			if c.devices == 1 {
				ada.see("skip")
				return
			}
			ada.says("alert", "isn’t known here") // the server says so now
			if n := ada.holds(); n != 0 {
				t.Errorf("the phone holds %d passkeys that the server doesn't know", n)
			}
		})
	}
}

// A person's passkey isn't known to the console's sign-in, nor an
// administrator's to people's, yet neither browser forgets it: it works on the
// same site.
func TestPasskeysOfTheOtherSurfaceAreKept(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	olive := owner(t, d)
	olive.open(d.URL)
	olive.click("sign-in")
	olive.says("alert", "isn’t known here")
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	ada.open(d.URL + "/admin/")
	ada.click("sign-in")
	ada.says("alert", "isn’t one of an administrator")
	for _, p := range []*phone{ada, olive} {
		if n := p.holds(); n != 1 {
			t.Errorf("%s holds %d passkeys", p.name, n)
		}
	}
	asks := func(path, id string) string {
		return eval[string](ada,
			fmt.Sprintf(`fetch(%q, {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({id: %q})}).then(
			async r => r.status + " " + (await r.text()).trim())`, path, id))
	}
	people, err := d.Store.People(t.Context(), "", "", 10)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := d.Store.Credentials(t.Context(), people[0].ID)
	if err != nil || len(keys) != 1 {
		t.Fatalf("%d passkeys, %v", len(keys), err)
	}
	for _, path := range []string{"/passkeys/known", "/admin/passkeys/known"} {
		for id, want := range map[string]string{
			keys[0].ID:                `200 {"known":true}`,
			"AAAAAAAAAAAAAAAAAAAAAA":  `200 {"known":false}`,
			"":                        `400 `,
			strings.Repeat("A", 2000): `400 `,
		} {
			if got := asks(path, id); !strings.HasPrefix(got, want) {
				t.Errorf("%s says of %.30q: %s, want %s", path, id, got, want)
			}
		}
	}
}
