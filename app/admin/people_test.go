package admin_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/app/people"
	"assent/store"
)

// peopleCases are the use cases of people, each on a person p with a device d,
// with the permission that it is meant to ask for.
var peopleCases = []struct {
	name string
	asks admin.Permission
	do   func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, d app.Device) error
}{
	{"find", admin.ViewPeople,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, _ app.Device) error {
			by, err := admin.Admit[may.ViewPeople](ctx, s, who)
			if err != nil {
				return err
			}
			found, _, err := s.FindPeople(ctx, by, p.Name, store.Everybody, "", 10)
			if err == nil && (len(found) != 1 || found[0].ID != p.ID) {
				return errors.New("they aren't found")
			}
			return err
		}},
	{"add", admin.EditPeople,
		func(ctx context.Context, s *admin.Service, who admin.Identity, _ app.Person, _ app.Device) error {
			by, err := confirmed[may.EditPeople](ctx, s, who)
			if err != nil {
				return err
			}
			_, err = s.AddPerson(ctx, by, "New", []string{"new." + app.NewID()}, nil)
			return err
		}},
	{"edit", admin.EditPeople,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, _ app.Device) error {
			by, err := confirmed[may.EditPeople](ctx, s, who)
			if err != nil {
				return err
			}
			return s.EditPerson(ctx, by, p.ID, "Other", []string{p.Name}, nil)
		}},
	{"invite", admin.InvitePeople,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, _ app.Device) error {
			by, err := confirmed[may.InvitePeople](ctx, s, who)
			if err != nil {
				return err
			}
			_, _, err = s.InvitePerson(ctx, by, p.ID, time.Hour, true)
			return err
		}},
	{"withdraw", admin.InvitePeople,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, _ app.Device) error {
			by, err := confirmed[may.InvitePeople](ctx, s, who)
			if err != nil {
				return err
			}
			return s.WithdrawInvitations(ctx, by, p.ID)
		}},
	{"code", admin.IssueActivation,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, _ app.Device) error {
			by, err := confirmed[may.IssueActivation](ctx, s, who)
			if err != nil {
				return err
			}
			_, _, err = s.ActivationCode(ctx, by, p.ID, "acorn badger cabin")
			return err
		}},
	{"clear", admin.ClearPause,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, _ app.Device) error {
			by, err := confirmed[may.ClearPause](ctx, s, who)
			if err != nil {
				return err
			}
			return s.ClearPause(ctx, by, p.ID)
		}},
	{"suspend", admin.SuspendPeople,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, _ app.Device) error {
			by, err := confirmed[may.SuspendPeople](ctx, s, who)
			if err != nil {
				return err
			}
			return s.SetPersonState(ctx, by, p.ID, app.PersonSuspended)
		}},
	{"remove a device", admin.ResetDevices,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, d app.Device) error {
			by, err := confirmed[may.ResetDevices](ctx, s, who)
			if err != nil {
				return err
			}
			return s.RemoveDevice(ctx, by, p.ID, d.ID)
		}},
	{"reset devices", admin.ResetDevices,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, _ app.Device) error {
			by, err := confirmed[may.ResetDevices](ctx, s, who)
			if err != nil {
				return err
			}
			return s.ResetDevices(ctx, by, p.ID)
		}},
	{"erase", admin.RemovePeople,
		func(ctx context.Context, s *admin.Service, who admin.Identity, p app.Person, _ app.Device) error {
			by, err := confirmed[may.RemovePeople](ctx, s, who)
			if err != nil {
				return err
			}
			return s.ErasePerson(ctx, by, p.ID)
		}},
}

// Each use case of people is open to the roles that the table gives its
// permission to, and to no other; a dangerous one wants the passkey again, and
// whoever is refused has changed nothing.
func TestPeopleForEveryRole(t *testing.T) {
	w := newWorld(t)
	w.svc = admin.New(w.Store, w.passkeys, admin.Uses{People: people.New(w.Store)})
	for _, role := range app.AdminRoles {
		b := w.set(t, string(role)+"@northmoor.example", role)
		for _, c := range peopleCases {
			who := b.identity()
			p := w.MustPerson("p." + strings.ToLower(app.NewID()))
			d := w.MustDevice(p)
			if _, err := w.Invite(t.Context(), app.Operator, p.ID, app.NewID(), w.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if err := w.Pause(t.Context(), app.Operator, p.ID); err != nil {
				t.Fatal(err)
			}
			before := w.personRows(t, p.ID)
			err := c.do(t.Context(), w.svc, who, p, d)
			if !c.asks.Allows(role) {
				var denied admin.Denied
				if !errors.As(err, &denied) || denied.Permission != c.asks {
					t.Errorf("%s as %s: %v, want it denied for %s", c.name, role, err, c.asks)
				}
				if after := w.personRows(t, p.ID); after != before {
					t.Errorf("%s as %s was denied, and left %d rows in the audit", c.name, role, after-before)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s as %s: %v", c.name, role, err)
			}
		}
		w.Clock.Advance(app.AdminFresh)
		who := b.identity()
		for _, c := range peopleCases {
			p := w.MustPerson("p." + strings.ToLower(app.NewID()))
			if !c.asks.Allows(role) || !c.asks.Dangerous() {
				continue
			}
			if err := c.do(t.Context(), w.svc, who, p, app.Device{}); !errors.Is(err, app.ErrUnconfirmed) {
				t.Errorf("%s as %s, the passkey long ago: %v, want ErrUnconfirmed", c.name, role, err)
			}
		}
	}
}

// personRows counts what the audit says of a person.
func (w *world) personRows(t *testing.T, id string) int {
	t.Helper()
	rows, err := w.AuditPage(t.Context(), store.AuditFilter{PersonID: id}, store.AuditCursor{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	return len(rows)
}

// Who sees personal data masked can't find out by its beginnings what is
// masked; who sees it finds people by those.
func TestMaskedRolesFindByWholeIdentifiers(t *testing.T) {
	w := newWorld(t)
	w.svc = admin.New(w.Store, w.passkeys, admin.Uses{People: people.New(w.Store)})
	p, err := people.New(w.Store).Add(t.Context(), app.Operator, "Ada Quill",
		[]string{"ada.quill", "cpf:123.456.789-09", "phone:+44 20 7946 0018"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range app.AdminRoles {
		who := granted[may.ViewPeople](w.set(t, string(role)+"@northmoor.example", role))
		full := admin.ViewPersonalData.Allows(role)
		for text, want := range map[string]bool{
			"": true, " ADA.quill ": true, "12345678909": true, "+442079460018": true, "(unknown)": false,
			"ada.q": full, "123456": full, "ada": full, "Quill": full,
		} {
			found, next, err := w.svc.FindPeople(t.Context(), who, text, store.Everybody, "", 10)
			if err != nil || next != "" || (len(found) == 1 && found[0].ID == p.ID) != want {
				t.Errorf("%q as %s: %d found (%v), want them: %v", text, role, len(found), err, want)
			}
		}
	}
	if admin.EditPeople.Allows(app.RoleHelpDesk) {
		t.Error("who sees personal data masked may open the form that holds it")
	}
}
