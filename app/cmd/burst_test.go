package cmd_test

import (
	"testing"

	"assent/app/cmd"
	"assent/web/emulator"
)

// A client that asks again and again is one calm slip, which one press denies;
// another client's request stays apart, and muting is taken back as easily.
func TestBurst(t *testing.T) {
	t.Parallel()
	d := cmd.StartDemo(t, t.TempDir())
	honest(t, d)
	ada := newPhone(t, "ada", portrait)
	ada.enrol(d.Links[0])
	var noisy []emulator.Session
	for range 7 {
		noisy = append(noisy, ask(t, d, signIn("ada.quill")))
	}
	other := signIn("ada.quill")
	other.Device = string(emulator.CallCentre) + "-" + string(emulator.Poll)
	apart := ask(t, d, other)
	ada.open(d.URL)
	ada.says("burst", "Quill & Daughter, joiners asked 7 times in 1 minute")
	ada.says("client", "Northmoor call centre")
	ada.accessible("a burst")
	ada.click("mute")
	ada.says("muted", "is muted until")
	ada.accessible("a burst of a muted client")
	ada.click("deny-all")
	ada.until("the burst is gone", `!document.querySelector('[data-testid="burst"]')`)
	for _, s := range noisy {
		settled(t, d, s, emulator.Rejected)
	}
	if now, _ := d.Emulator.Session(apart.ID); now.State != emulator.Pending {
		t.Errorf("the other client's is %s", now.State)
	}
	ada.click("unmute")
	ada.until("it isn't muted", `!document.querySelector('[data-testid="muted"]')`)
	ada.click("read")
	ada.click("approve")
	ada.says("outcome", "Approved")
	settled(t, d, apart, emulator.Approved)

	// The history finds what somebody remembers of it.
	rows := `document.querySelectorAll('main [data-testid^="row-"]').length`
	for query, want := range map[string]int{
		"":                       8,
		"q=call+CENTRE":          1,
		"state=denied":           7,
		"q=quill&state=approved": 0,
		"q=%25":                  0,
	} {
		ada.open(d.URL + "/history?" + query)
		ada.see("search")
		if got := eval[int](ada, rows); got != want {
			t.Errorf("history?%s lists %d, want %d", query, got, want)
		}
	}
	ada.open(d.URL + "/history?q=nobody+like+that")
	ada.see("none-found")
	ada.accessible("a search without result")
	ada.open(d.URL + "/history?state=approved")
	ada.accessible("a search")
}
