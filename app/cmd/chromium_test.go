package cmd_test

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"assent/app/apptest"
)

var chromium struct {
	once sync.Once
	ctx  context.Context
	stop func()
	err  error
}

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		os.Exit(command())
	}
	code := m.Run()
	if chromium.stop != nil {
		chromium.stop()
	}
	os.Exit(code)
}

// browserContext gives the one Chromium of this test binary.
func browserContext(t testing.TB) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		apptest.NotRun(t, "browser tests: no chromium on this machine (Debian: apt-get install chromium)")
	}
	chromium.once.Do(func() {
		profile, err := os.MkdirTemp("", "assent-chromium-")
		if err != nil {
			chromium.err = err
			return
		}
		alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(),
			chromedp.ExecPath("chromium"), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoSandbox,
			chromedp.DisableGPU, chromedp.NoFirstRun,
			chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true),
			chromedp.Flag("disable-sync", true), chromedp.Flag("lang", "en-GB"), chromedp.UserAgent(userAgent),
			chromedp.ProxyServer("http://127.0.0.1:9"), // stops look-ups; localhost is never proxied
		)
		ctx, cancel := chromedp.NewContext(alloc)
		chromium.ctx = ctx
		chromium.stop = func() {
			cancel()
			stopAlloc()
			os.RemoveAll(profile)
		}
		chromium.err = chromedp.Do(ctx)
	})
	if chromium.err != nil {
		t.Fatalf("chromium does not start: %v", chromium.err)
	}
	return chromium.ctx
}

// phone is a browser of its own: cookies, storage and an authenticator that no
// other phone shares.
type phone struct {
	t    testing.TB
	ctx  context.Context
	name string
	auth webauthn.AuthenticatorID
}

// userAgent is set for the whole browser: what a service worker fetches doesn't
// know the override of a tab.
const userAgent = "Mozilla/5.0 (Linux; Android 15; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36"

// patience is how long a page may take to become what a test waits for.
const patience = 40 * time.Second

type look struct {
	width, height int64
	dark, mobile  bool
	lang          string
}

var portrait = look{width: 390, height: 844, mobile: true, lang: "en-GB"}

func newPhone(t testing.TB, name string, l look, scripts ...string) *phone {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browserContext(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &phone{t: t, ctx: ctx, name: name}
	if err := chromedp.Do(ctx); err != nil { // the first run decides how long the tab lives
		t.Fatal(err)
	}
	p.do("open a tab", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		if _, err := cdp.Call(ctx, tab, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		res, err := cdp.Call(ctx, tab, webauthn.AddVirtualAuthenticator,
			webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
				Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
				HasResidentKey:              true,
				HasUserVerification:         true,
				IsUserVerified:              true,
				AutomaticPresenceSimulation: true,
			}})
		if err != nil {
			return err
		}
		p.auth = res.AuthenticatorID
		for _, s := range scripts {
			if _, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument,
				page.AddScriptToEvaluateOnNewDocumentParams{Source: s}); err != nil {
				return err
			}
		}
		return nil
	}))
	p.dress(l)
	t.Cleanup(func() {
		if t.Failed() {
			p.shot(t.Name() + "-" + name)
		}
	})
	return p
}

// dress sets the size, the colour scheme and the language of what p shows.
func (p *phone) dress(l look) {
	p.t.Helper()
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	p.do("dress", chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err1 := cdp.Call(ctx, tab, emulation.SetDeviceMetricsOverride,
			emulation.SetDeviceMetricsOverrideParams{
				Width:             l.width,
				Height:            l.height,
				DeviceScaleFactor: scale(),
				Mobile:            l.mobile,
			})
		_, err2 := cdp.Call(ctx, tab, emulation.SetEmulatedMedia,
			emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
		_, err3 := cdp.Call(ctx, tab, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
			UserAgent:      userAgent,
			AcceptLanguage: l.lang,
		})
		return errors.Join(err1, err2, err3)
	}))
}

func (p *phone) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%s: %s: %v\n%s", p.name, what, err, p.page())
	}
}

// page is what p shows, for a failure's message.
func (p *phone) page() string {
	ctx, cancel := context.WithTimeout(p.ctx, 3*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx,
		chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 1500)`))
	if err != nil {
		return "(no page: " + err.Error() + ")"
	}
	return text
}

// open goes to a page.
func (p *phone) open(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
}

func testid(id string) chromedp.CSS { return chromedp.CSS(`[data-testid="` + id + `"]`) }

// see waits until the element shows.
func (p *phone) see(id string) {
	p.t.Helper()
	p.until("see "+id,
		fmt.Sprintf(`[...document.querySelectorAll('[data-testid="%s"]')].some(e => e.checkVisibility())`, id))
}

// click waits until the element shows, holds still and is on top where it would
// be hit, and clicks it. Where that leads to another page it waits for that one:
// until then the old page may still look as the new one will, and what is
// clicked there is lost.
func (p *phone) click(id string) {
	p.t.Helper()
	p.hit("click "+id, `[data-testid="`+id+`"]`)
}

func (p *phone) hit(what, selector string) {
	p.t.Helper()
	p.hold(what, selector)()
}

// hold presses the mouse on an element; what it gives releases it.
func (p *phone) hold(what, selector string) (release func()) {
	p.t.Helper()
	sel, err := json.Marshal(selector)
	if err != nil {
		p.t.Fatal(err)
	}
	var at []float64
	p.retry(what, func(ctx context.Context) (bool, error) {
		at, err = chromedp.Run(ctx, chromedp.Evaluate[[]float64](fmt.Sprintf(`(async () => {
			const e = [...document.querySelectorAll(%s)].find(e => e.checkVisibility() && !e.disabled);
			// Chromium drops clicks on a page that it hasn't painted yet.
			if (!e || !performance.getEntriesByName("first-contentful-paint").length) return [];
			e.scrollIntoView({block: "center", behavior: "instant"});
			await Promise.all(document.getAnimations().filter(a => a.effect.getComputedTiming().endTime < 5000).map(a => a.finished.catch(() => {})));
			const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
			const top = document.elementFromPoint(x, y);
			if (!e.isConnected || !(e.contains(top) || e.closest("label")?.contains(top))) return [];
			const form = e.type === "submit" && e.form && !e.form.dataset.ceremony && e.form.method !== "dialog";
			const leads = form || e.matches("a[href]:not([href^='#'], [download], [target])");
			document.left = leads;
			return [x, y, leads ? 1 : 0];
		})()`, sel), chromedp.EvalAsValue, awaitPromise))
		return len(at) == 3, err
	})
	mouse := func(kind input.DispatchMouseEventType) {
		p.t.Helper()
		p.do(what, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, input.DispatchMouseEvent,
				input.DispatchMouseEventParams{
					Type:       kind,
					X:          at[0],
					Y:          at[1],
					Button:     input.MouseButtonLeft,
					ClickCount: 1,
				})
			return err
		}))
	}
	mouse(chromedp.MousePressed)
	return func() {
		p.t.Helper()
		mouse(chromedp.MouseReleased)
		if at[2] == 1 {
			p.until(what+" leads to another page", `!document.left`)
		}
	}
}

// text gives the element's visible text, once it shows.
func (p *phone) text(id string) string {
	p.t.Helper()
	p.see(id)
	return strings.Join(strings.Fields(eval[string](p,
		fmt.Sprintf(`[...document.querySelectorAll('[data-testid="%s"]')].find(e => e.checkVisibility())?.innerText ?? ""`,
			id))),
		" ")
}

// says waits until the element's text contains want.
func (p *phone) says(id, want string) {
	p.t.Helper()
	q, err := json.Marshal([]string{`[data-testid="` + id + `"]`, want})
	if err != nil {
		p.t.Fatal(err)
	}
	p.until(fmt.Sprintf("%s says %q", id, want),
		fmt.Sprintf(`(([sel, want]) => [...document.querySelectorAll(sel)].some(e => e.innerText.replace(/\s+/g, " ").includes(want)))(%s)`,
			q))
}

// until waits for a condition written in JavaScript.
func (p *phone) until(what, js string) {
	p.t.Helper()
	p.retry(what, func(ctx context.Context) (bool, error) {
		return chromedp.Run(ctx, chromedp.Evaluate[bool](js, chromedp.EvalAsValue, awaitPromise))
	})
}

// retry asks until the answer is yes. A page that is being left can't be
// asked; the next one can.
func (p *phone) retry(what string, try func(context.Context) (bool, error)) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := try(ctx)
		if ok && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			p.t.Fatalf("%s: %s: not within %v (%v)\n%s", p.name, what, patience, err, p.page())
		case <-tick.C:
		}
	}
}

// eval runs an expression, awaiting a promise.
func eval[T any](p *phone, js string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAsValue, awaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %s: %v", p.name, js, err)
	}
	return v
}

// shot keeps a picture of the page where ASSENT_SCREENSHOTS names a folder.
func (p *phone) shot(name string) {
	dir := os.Getenv("ASSENT_SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Logf("%s: no screenshot: %v", p.name, err)
		return
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, strings.NewReplacer("/", "-", " ", "-").Replace(name)+".png"), png,
		0o644); err != nil {
		p.t.Fatal(err)
	}
}

// axe-core 4.14.1 by Deque Systems, MPL 2.0, as published; the licence stands in its head.
//
//go:embed testdata/axe.min.js.gz
var axeGz []byte

var axeSource = sync.OnceValues(func() (string, error) {
	z, err := gzip.NewReader(bytes.NewReader(axeGz))
	if err != nil {
		return "", err
	}
	b, err := io.ReadAll(z)
	return string(b), err
})

// accessible holds the page against WCAG 2.2 AA with axe-core, and keeps a
// picture of it where pictures are wanted.
func (p *phone) accessible(what string) {
	p.t.Helper()
	p.until("the page is whole",
		`document.readyState === "complete" && performance.getEntriesByName("first-contentful-paint").length > 0`)
	p.shot(p.t.Name() + " " + what)
	if !eval[bool](p, `"axe" in window`) {
		source, err := axeSource()
		if err != nil {
			p.t.Fatal(err)
		}
		eval[bool](p, source+"; true")
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	// What arrives while axe looks, or while it waits for what came before, is
	// still fading in: then it looks again.
	found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => {
			const fading = () => document.getAnimations().filter(a => a.playState === "running" && a.effect.getComputedTiming().endTime < 5000 &&
				a.effect.getKeyframes().some(k => "opacity" in k || "color" in k || "backgroundColor" in k));
			for (let tries = 0; ; tries++) {
				while (fading().length) await Promise.all(fading().map(a => a.finished.catch(() => {})));
				let changed = false;
				const watch = new MutationObserver(() => { changed = true; });
				watch.observe(document, {subtree: true, childList: true});
				const r = await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"]});
				watch.disconnect();
				if (changed && tries < 9) continue;
				return r.violations.map(v => v.id + ": " + v.help + " " + v.nodes.map(n => n.html.slice(0, 160) + " " + n.failureSummary).join(" | ")).join("\n");
			}
		})()`,
		chromedp.EvalAsValue, awaitPromise))
	if err != nil {
		p.t.Fatalf("axe on %s: %v", what, err)
	}
	if found != "" {
		p.t.Errorf("axe on %s:\n%s", what, found)
	}
}

func awaitPromise(p *runtime.EvaluateParams) { p.AwaitPromise = new(true) }

// scale is how fine pages are painted: finely only for pictures, for painting
// is most of what a page costs here.
func scale() float64 {
	if os.Getenv("ASSENT_SCREENSHOTS") != "" {
		return 2
	}
	return 1
}
