package admin_test

import (
	"net/http"
	"testing"
	"time"

	"assent/app"
)

// An owner whose links of administrators need no other owner's code doesn't get
// another hand by taking the passkeys of those who could have been it: who had
// them counts for 72 hours.
func TestTheOtherHandIsNotRelinkedAway(t *testing.T) {
	for name, takes := range map[string]func(olive, helen *visitor) *visitor{
		"a new link":  func(olive, helen *visitor) *visitor { return olive.relinks(helen) },
		"another one": func(olive, helen *visitor) *visitor { return olive.relinks(olive.relinks(helen)) },
		"demoted, then a new link": func(olive, helen *visitor) *visitor {
			olive.role(helen, app.RoleAuditor)
			helen = olive.relinks(helen)
			olive.role(helen, app.RoleHelpDesk)
			return helen.again()
		},
		"a new link, then suspended and let in": func(olive, helen *visitor) *visitor {
			helen = olive.relinks(helen)
			olive.state(helen, app.AdminSuspended)
			olive.state(helen, app.AdminActive)
			return helen.again()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, true)
			ada := s.MustPerson("ada")
			olive := s.visitor("olive@northmoor.example", app.RoleOwner)
			helen := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
			s.Clock.Advance(100 * time.Hour)
			olive = olive.again()
			sock := takes(olive, helen)
			olive.invites(ada.ID, "link")
			if got := sock.code(ada.ID); got != http.StatusForbidden {
				t.Errorf("the code of her link, with the passkey that she took: %d", got)
			}
			sock.invites(ada.ID, "link")
			if got := olive.code(ada.ID); got != http.StatusForbidden {
				t.Errorf("her code, of the link that she made with it: %d", got)
			}
			bob := s.visitor("bob@northmoor.example", app.RoleOperator)
			if got := bob.code(ada.ID); got != http.StatusOK {
				t.Errorf("another colleague: %d", got)
			}
			olive = olive.later(app.HandMemory + time.Minute)
			olive.invites(ada.ID, "link")
			if got := sock.again().code(ada.ID); got != http.StatusOK {
				t.Errorf("after 72 hours: %d", got)
			}
		})
	}
}
