package admin_test

import (
	"reflect"
	"testing"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/store"
)

// A proof that Admit didn't make, which the compiler can't forbid, does nothing.
func TestAnEmptyProofPanics(t *testing.T) {
	w := newWorld(t)
	for name, use := range map[string]func(){
		"a change": func() {
			w.svc.EndSession(t.Context(), admin.Fresh[may.EndSessions]{}, "id")
		},
		"a page": func() {
			w.svc.VerifyAudit(t.Context(), admin.Grant[may.ViewAudit]{}, store.AuditHead{})
		},
		"another proof": func() {
			admin.Also[may.UseConsole](t.Context(), admin.Grant[may.ViewPeople]{})
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s was done", name)
				}
			}()
			use()
		}()
	}
}

// Only administrators have what the table gives their role; a caller of another
// kind has none of it yet.
func TestOtherKindsOfCallersAreRefused(t *testing.T) {
	w := newWorld(t)
	who := w.set(t, "olive@northmoor.example", app.RoleOwner).identity()
	if _, err := admin.Admit[may.ViewPeople](t.Context(), w.svc, who); err != nil {
		t.Fatal(err)
	}
	who.Kind = admin.Administrator + 1
	if _, err := admin.Admit[may.ViewPeople](t.Context(), w.svc, who); app.KindOf(err) != app.Forbidden {
		t.Errorf("another kind: %v", err)
	}
}

// No proof converts to one of another permission or of a fresh passkey.
func TestProofsDontConvert(t *testing.T) {
	from := reflect.TypeFor[admin.Grant[may.RemovePeople]]()
	for _, to := range []reflect.Type{
		reflect.TypeFor[admin.Grant[may.ViewPeople]](),
		reflect.TypeFor[admin.Fresh[may.RemovePeople]](),
		reflect.TypeFor[admin.Fresh[may.EditPeople]](),
	} {
		if from.ConvertibleTo(to) {
			t.Errorf("%s converts to %s", from, to)
		}
	}
}
