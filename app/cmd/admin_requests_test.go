package cmd_test

import (
	"strings"
	"testing"

	"assent/app"
	"assent/app/cmd"
	"assent/web/emulator"
)

// owner signs the demo's owner in to the console.
func owner(t *testing.T, d *cmd.Demo) *phone {
	t.Helper()
	olive := newPhone(t, "olive", desk)
	olive.open(d.Owner)
	olive.click("make-passkey")
	olive.says("role", "Owner")
	return olive
}

// A delivery that ACP refuses is traced with its cause, tried again from the
// console, and arrives; the list says so by itself.
func TestAFailedDeliveryIsTracedAndRetried(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	olive := owner(t, d)
	olive.click("section-requests")
	olive.see("none")
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	s := ask(t, d, signIn("ada.quill"))
	olive.says("request", "Waiting")
	olive.accessible("the list of requests")
	d.Emulator.Fail(emulator.Accept, emulator.Fault{Status: 422})
	ada.click("read")
	ada.click("approve")
	ada.see("outcome")
	olive.says("request", "ACP not told")
	olive.hit("the request", `[data-testid="request"] a`)
	olive.says("trace", "Approved with the passkey")
	olive.says("trace", "ACP could not be told")
	olive.says("saw", "Quill & Daughter, joiners")
	olive.accessible("the trace of a failed delivery")
	for _, clipboard := range []string{"clipboard-write", "clipboard-read"} {
		olive.permit(d.URL, clipboard)
	}
	olive.click("copy-trace")
	olive.says("copy-trace", "Copied")
	if text := eval[string](olive,
		`navigator.clipboard.readText()`); !strings.Contains(text, "ACP could not be told") ||
		!strings.Contains(text, "Quill & Daughter") {
		t.Errorf("the copied trace is %q", text)
	}
	olive.click("retry")
	olive.says("delivery", "ACP was told")
	settled(t, d, s, emulator.Approved)
	olive.says("trace", "An administrator has ACP told again")
}

// A test reaches the person's device, is marked as one, and ACP hears nothing.
func TestATestFromTheConsole(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	p, err := d.Store.FindPerson(t.Context(), []app.Identifier{{Kind: app.Username, Norm: "ada.quill"}})
	if err != nil {
		t.Fatal(err)
	}
	devices, err := d.Store.Devices(t.Context(), p.ID)
	if err != nil || len(devices) != 1 {
		t.Fatal(devices, err)
	}
	olive := owner(t, d)
	if got := eval[string](olive,
		`fetch("/admin/devices/`+devices[0].ID+
			`/test", {method: "POST", headers: {"Content-Type": "application/x-www-form-urlencoded"}}).then(r => r.url)`); !strings.Contains(got,
		"/admin/requests/") {
		t.Fatalf("the test leads to %s", got)
	}
	ada.click("read")
	ada.says("sentence", "only a test")
	ada.accessible("a test")
	ada.click("approve")
	ada.says("outcome-text", "The test worked")
	ada.accessible("an answered test")
	if n := len(d.Emulator.Sessions()); n != 0 {
		t.Errorf("ACP has %d sessions", n)
	}
}
