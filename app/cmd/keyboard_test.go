package cmd_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"assent/app/cmd"
	"assent/web/emulator"
)

// tabTo moves the focus by the Tab key alone until it is on the element, which
// must then show it.
func (p *phone) tabTo(id string) {
	p.t.Helper()
	p.until("the page is painted", `performance.getEntriesByName("first-contentful-paint").length > 0`)
	p.until("it works",
		fmt.Sprintf(`[...document.querySelectorAll('[data-testid="%s"]')].some(e => e.checkVisibility() && !e.disabled)`,
			id))
	for range 60 {
		p.do("Tab", chromedp.KeyEvent(kb.Tab))
		if eval[bool](p, fmt.Sprintf(`!!document.activeElement.closest('[data-testid="%s"]')`, id)) {
			if !eval[bool](p,
				`(e => e.matches(":focus-visible") && getComputedStyle(e).outlineStyle !== "none" && parseFloat(getComputedStyle(e).outlineWidth) >= 2)(document.activeElement)`) {
				p.t.Errorf("%s: the focus on %s can't be seen", p.name, id)
			}
			return
		}
	}
	p.t.Fatalf("%s: Tab doesn't lead to %s\n%s", p.name, id, p.page())
}

func (p *phone) press(id string) {
	p.t.Helper()
	p.tabTo(id)
	p.do("Enter", chromedp.KeyEvent(kb.Enter))
}

func TestByKeyboardAlone(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", look{width: 1280, height: 800, lang: "en-GB"})
	ada.open(d.Links[0])
	ada.press("set-up")
	ada.press("make-passkey")
	ada.press("skip")
	ada.see("tab-requests")
	s := ask(t, d, signIn("ada.quill"))
	ada.press("read")
	ada.press("approve")
	ada.says("outcome", "Approved")
	settled(t, d, s, emulator.Approved)
	ada.press("close")
	s = ask(t, d, signIn("ada.quill"))
	ada.press("read")
	ada.press("deny")
	ada.see("outcome")
	settled(t, d, s, emulator.Rejected)
}
