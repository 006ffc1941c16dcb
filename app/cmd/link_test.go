package cmd_test

import (
	"testing"

	"assent/app/cmd"
)

// A new phone takes the place of the old one by a code on the old one's screen.
func TestANewPhoneReplacesTheOld(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	old := newPhone(t, "old", portrait)
	old.enrol(d.Links[0])
	old.open(d.URL + "/devices")
	old.click("add-device")
	old.click("replace")
	old.accessible("adding a device")
	old.click("make-link")
	old.see("qr")
	old.accessible("the code for another device")
	fresh := newPhone(t, "new", look{width: 390, height: 844, mobile: true, lang: "pt-BR"})
	fresh.enrol(old.text("link"))
	old.until("the old phone is signed out", `location.pathname === "/sign-in"`)
	ask(t, d, signIn("ada.quill"))
	fresh.click("read")
	fresh.see("approve")
}
