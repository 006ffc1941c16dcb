package browsertest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app/apptest"
)

// Firefox is a running Firefox with an empty profile and an authenticator of
// its own.
type Firefox struct {
	t   testing.TB
	m   *marionette
	log *bytes.Buffer
}

// prefs keep Firefox from looking for anything outside, and allow what a test
// without people needs.
var prefs = map[string]any{
	"marionette.port":                            0,
	"dom.serviceWorkers.testing.enabled":         true,
	"permissions.default.desktop-notification":   1, // allowed
	"security.webauth.webauthn_enable_softtoken": true, "security.webauth.webauthn_enable_usbtoken": false,
	"network.proxy.type":              1,
	"network.proxy.http":              "127.0.0.1",
	"network.proxy.http_port":         9,
	"network.proxy.ssl":               "127.0.0.1",
	"network.proxy.ssl_port":          9,
	"network.dns.native-is-localhost": true, "services.settings.server": "data:,#remote-settings-dummy/v1",
	"app.normandy.enabled":                       false,
	"browser.shell.checkDefaultBrowser":          false,
	"datareporting.policy.dataSubmissionEnabled": false,
	"intl.accept_languages":                      "en-GB",
}

// StartFirefox runs Firefox for the length of a test, with that push service
// and on that desktop.
func StartFirefox(t testing.TB, push *PushService, desktop *Desktop) *Firefox {
	t.Helper()
	path, err := exec.LookPath("firefox-esr")
	if err != nil {
		if path, err = exec.LookPath("firefox"); err != nil {
			apptest.NotRun(t, "Firefox tests: no firefox on this machine (Debian: apt-get install firefox-esr)")
		}
	}
	profile := t.TempDir()
	js, err := userJS(prefs, push.prefs())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(profile, "user.js"), []byte(js), 0o600); err != nil {
		t.Fatal(err)
	}
	f := &Firefox{t: t, log: &bytes.Buffer{}}
	cmd := exec.Command(path, "--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile",
		profile, "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+profile, "MOZ_REMOTE_SETTINGS_DEVTOOLS=1", "MOZ_CRASHREPORTER_DISABLE=1",
		"DBUS_SESSION_BUS_ADDRESS="+desktop.Address)
	cmd.Stdout, cmd.Stderr = f.log, f.log
	cmd.WaitDelay = time.Second // its processes may keep the log open when it has ended
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		if f.m != nil {
			f.m.quit()
		}
		select {
		case <-ended:
		case <-time.After(patience):
			cmd.Process.Kill()
			<-ended
		}
	})
	conn, err := dial(filepath.Join(profile, "MarionetteActivePort"), ended)
	if err != nil {
		t.Fatalf("Firefox doesn't start: %v\n%s", err, f.log)
	}
	if f.m, err = newMarionette(conn); err != nil {
		t.Fatal(err)
	}
	f.call("WebDriver:NewSession", map[string]any{"capabilities": map[string]any{}}, nil)
	f.call("WebDriver:SetTimeouts",
		map[string]any{"script": patience.Milliseconds(), "pageLoad": patience.Milliseconds(), "implicit": 0}, nil)
	f.call("WebAuthn:AddVirtualAuthenticator", map[string]any{"protocol": "ctap2", "transport": "internal",
		"hasResidentKey": true, "hasUserVerification": true, "isUserConsenting": true, "isUserVerified": true}, nil)
	return f
}

// dial connects to the port that Firefox writes into its profile.
func dial(file string, ended <-chan error) (net.Conn, error) {
	late := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if port, err := os.ReadFile(file); err == nil && len(port) > 0 {
			if conn, err := net.Dial("tcp", "127.0.0.1:"+strings.TrimSpace(string(port))); err == nil {
				return conn, nil
			}
		}
		select {
		case err := <-ended:
			return nil, fmt.Errorf("it ended: %w", err)
		case <-late:
			return nil, fmt.Errorf("it opened no port within %s", patience)
		case <-tick.C:
		}
	}
}

func (f *Firefox) call(command string, params, into any) {
	f.t.Helper()
	if err := f.m.call(command, params, into); err != nil {
		f.t.Fatalf("%s: %v", command, err)
	}
}

// Open goes to a page and waits until it has loaded.
func (f *Firefox) Open(url string) {
	f.t.Helper()
	f.call("WebDriver:Navigate", map[string]any{"url": url}, nil)
}

// Eval runs a function's body in the page, with await, and reads into what it
// returns.
func (f *Firefox) Eval(body string, into any) {
	f.t.Helper()
	if err := f.eval(body, into); err != nil {
		f.t.Fatalf("%v in\n%s", err, body)
	}
}

func (f *Firefox) eval(body string, into any) error {
	script := `const done = arguments[arguments.length - 1];
		(async () => { ` + body + ` })().then(value => done({value}), error => done({error: String(error)}))`
	var answer struct {
		Value struct {
			Value json.RawMessage `json:"value"`
			Error string          `json:"error"`
		} `json:"value"`
	}
	if err := f.m.call("WebDriver:ExecuteAsyncScript", map[string]any{"script": script, "args": []any{}},
		&answer); err != nil {
		return err
	}
	if answer.Value.Error != "" {
		return fmt.Errorf("the page says %s", answer.Value.Error)
	}
	if into == nil || len(answer.Value.Value) == 0 {
		return nil
	}
	return json.Unmarshal(answer.Value.Value, into)
}

// Until waits until an expression holds in the page, whichever page is open by then.
func (f *Firefox) Until(what, expression string) {
	f.t.Helper()
	late := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var err error
	for range tick.C {
		holds := false
		if err = f.eval("return !!("+expression+")", &holds); err == nil && holds {
			return
		}
		if time.Now().After(late) {
			var page string
			_ = f.eval("return location.href + '\\n' + document.body.innerText", &page)
			f.t.Fatalf("%s: not within %s (%v)\n%s", what, patience, err, page)
		}
	}
}

// Click clicks, as a person does, on the first element that a selector finds.
func (f *Firefox) Click(selector string) {
	f.t.Helper()
	f.Until(selector+" is there",
		fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.checkVisibility() && !e.disabled)`, selector))
	var found struct {
		Value map[string]string `json:"value"`
	}
	f.call("WebDriver:FindElement", map[string]any{"using": "css selector", "value": selector}, &found)
	for id := range maps.Values(found.Value) {
		f.call("WebDriver:ElementClick", map[string]any{"id": id}, nil)
	}
}

// FollowTo waits for a tab that wasn't there when act began, and goes to it.
func (f *Firefox) FollowTo(act func()) {
	f.t.Helper()
	before := f.tabs()
	act()
	late := time.Now().Add(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		for _, handle := range f.tabs() {
			if !slices.Contains(before, handle) {
				f.call("WebDriver:SwitchToWindow", map[string]any{"handle": handle, "focus": true}, nil)
				return
			}
		}
		if time.Now().After(late) {
			f.t.Fatalf("no new tab within %s", patience)
		}
	}
}

func (f *Firefox) tabs() (handles []string) {
	f.t.Helper()
	f.call("WebDriver:GetWindowHandles", map[string]any{}, &handles)
	return handles
}
