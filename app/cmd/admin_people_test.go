package cmd_test

import (
	"testing"

	"assent/app/cmd"
	"assent/web/emulator"
)

// From the first owner to the first enrolled person, and on to one who is
// suspended while a request waits: it can no longer be approved, and ACP hears
// that it was rejected. Let in again, she is left without her device.
func TestFromTheFirstOwnerToASuspendedPerson(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	olive := owner(t, d)
	olive.click("section-people")
	olive.says("person", "Ada Quill")
	olive.click("add")
	olive.see("save")
	olive.accessible("the form of a person")
	olive.fill("#name", "Nina Novak")
	olive.fill("#identifiers", "nina.novak")
	olive.click("save")
	olive.says("saved", "Send them a link")
	olive.click("invitelink")
	olive.see("qr")
	link := olive.text("link")
	olive.accessible("a link for a person")
	nina := newPhone(t, "nina", portrait)
	nina.enrol(link)
	olive.open(d.URL + "/admin/people?q=nov")
	olive.says("person", "Can sign") // without notifications
	olive.hit("her row", `[data-testid="person"] a`)
	olive.says("device", "Chrome on Android")
	olive.accessible("a person")

	s := ask(t, d, signIn("nina.novak"))
	nina.click("read")
	nina.see("approve")
	olive.click("statesuspended")
	olive.says("saved", "What waited was rejected")
	settled(t, d, s, emulator.Rejected)
	nina.until("she is told", `!document.querySelector('[data-testid="approve"]')`)
	nina.open(d.URL)
	nina.until("she can't go on", `!document.querySelector('[data-testid="read"]')`)
	nina.accessible("suspended")

	olive.click("stateactive")
	olive.says("saved", "They can answer requests again")
	olive.click("reset")
	olive.accessible("before all devices are removed")
	olive.click("remove-now")
	olive.says("saved", "All devices were removed")
	olive.until("no device is left", `!document.querySelector('[data-testid="device"], [data-testid="reset"]')`)
	nina.open(d.URL)
	nina.see("sign-in")
}
