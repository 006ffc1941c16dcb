package web_test

import (
	"net/http"
	"testing"
	"time"

	"assent/app"
	"assent/web/emulator"
)

// A clock that leaps a day ahead and back again changes nothing for whoever
// asks or answers.
func TestADayAheadAndBackLeavesStartsServed(t *testing.T) {
	for _, leaps := range [][]time.Duration{{24 * time.Hour, -24 * time.Hour}, {-24 * time.Hour, 24 * time.Hour}} {
		s := newSite(t)
		ada := s.person("Ada Quill")
		ada.enrol()
		_, waits := ada.askedOf(emulator.Ask{Device: "shop-ping", BindingMessage: "K7-PLUM"})
		for _, leap := range append([]time.Duration{0}, leaps...) {
			s.Clock.Leap(leap)
			if _, err := s.Expire(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.EndDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, r := ada.asked()
			if r.State != app.Pending || r.ExpiresAt.Sub(s.Now()) < time.Minute {
				t.Errorf("after a leap of %v a start is %s (%s) and has %v to live", leap, r.State, r.Reason,
					r.ExpiresAt.Sub(s.Now()))
			}
			if now, err := s.Request(t.Context(), waits.ID); err != nil || now.State != app.Pending {
				t.Errorf("after a leap of %v what waited is %s (%v)", leap, now.State, err)
			}
			if a := ada.get("/"); a.StatusCode != http.StatusOK {
				t.Errorf("after a leap of %v the session: %d", leap, a.StatusCode)
			}
			seen := seenOn(ada.get("/requests/" + r.ID).page(t))
			pr := ada.begin("/requests/"+r.ID+"/approval", seen+`,"scopes":["profile"]}`)
			if a := ada.json("/requests/"+r.ID+"/approval/"+pr.Ceremony,
				`{"credential":`+ada.sign(pr)+`,"standalone":false,"zone":""}`); a.StatusCode != http.StatusOK {
				t.Errorf("after a leap of %v an approval: %d %s", leap, a.StatusCode, a.body)
			}
		}
	}
}

// A session that has ended stays so under a clock that goes back, also for who
// starts the service again.
func TestAnHourBackLeavesASessionEnded(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	s.Clock.Advance(180*24*time.Hour - time.Minute)
	s.Tamper(`UPDATE sessions SET expires_at = ?`, s.Now().Add(time.Minute)) // as of one that isn't used
	s.Clock.Advance(2 * time.Minute)
	for _, leap := range []time.Duration{0, -time.Hour} {
		s.Clock.Leap(leap)
		if a := ada.get("/"); a.StatusCode != http.StatusSeeOther {
			t.Errorf("after a leap of %v: %d", leap, a.StatusCode)
		}
	}
}
