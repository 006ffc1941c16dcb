package admin

import (
	"context"
	"time"

	"assent/app"
	"assent/app/admin/may"
	"assent/app/people"
	"assent/store"
)

// FindPeople finds people, or lists them; see people.Search. Who sees personal
// data masked finds by whole identifiers alone: by beginnings, what is masked
// could be guessed letter by letter.
func (s *Service) FindPeople(
	ctx context.Context,
	who Grant[may.ViewPeople],
	text string,
	which store.Which,
	after string,
	limit int,
) ([]store.Found, string, error) {
	who.check()
	if text != "" && !who.May(ViewPersonalData) {
		found, err := s.uses.People.Lookup(ctx, text, which)
		return found, "", err
	}
	return s.uses.People.Search(ctx, text, which, after, limit)
}

// AddPerson adds a person; see people.Add for the forms. What is a move needs to
// be among allow, and the passkey a short while ago, as all editing does.
func (s *Service) AddPerson(
	ctx context.Context,
	who Fresh[may.EditPeople],
	name string,
	ids, companies []string,
	allow ...store.Allow,
) (app.Person, error) {
	by := who.actor()
	_, parsed, _, err := people.Read(name, ids, companies)
	if err == nil {
		err = s.store.CheckMoves(ctx, "", parsed, allow)
	}
	if err != nil {
		return app.Person{}, err
	}
	if err := s.second(ctx, by, ActionAddPerson, "",
		PersonEdit{Name: name, Identifiers: ids, Companies: companies, Allow: allow}); err != nil {
		return app.Person{}, err
	}
	return s.uses.People.Add(ctx, by, name, ids, companies, allow...)
}

// EditPerson brings a person to what is said; see AddPerson.
func (s *Service) EditPerson(
	ctx context.Context,
	who Fresh[may.EditPeople],
	personID, name string,
	ids, companies []string,
	allow ...store.Allow,
) error {
	by := who.actor()
	_, parsed, _, err := people.Read(name, ids, companies)
	if err == nil {
		err = s.store.CheckMoves(ctx, personID, parsed, allow)
	}
	if err != nil {
		return err
	}
	base, err := s.baseOf(ctx, personID)
	if err != nil {
		return err
	}
	if err := s.second(ctx, by, ActionEditPerson, personID,
		PersonEdit{Name: name, Identifiers: ids, Companies: companies, Base: base, Allow: allow}); err != nil {
		return err
	}
	_, err = s.uses.People.Edit(ctx, by, personID, name, ids, companies, allow...)
	return err
}

// SetPersonState suspends a person, which cancels what waits for them, or lets
// them in again.
func (s *Service) SetPersonState(
	ctx context.Context,
	who Fresh[may.SuspendPeople],
	personID string,
	state app.PersonState,
) error {
	by := who.actor()
	if state != app.PersonActive && state != app.PersonSuspended {
		return app.ErrMalformed.In("state")
	}
	return s.uses.People.SetState(ctx, by, personID, state)
}

// ErasePerson forgets a person.
func (s *Service) ErasePerson(ctx context.Context, who Fresh[may.RemovePeople], personID string) error {
	by := who.actor()
	if _, err := s.store.Person(ctx, personID); err != nil {
		return err
	}
	if err := s.second(ctx, by, ActionErasePerson, personID, nil); err != nil {
		return err
	}
	return s.uses.People.Erase(ctx, by, personID)
}

// InvitePerson makes a link for a person; one for a letter lives longer.
func (s *Service) InvitePerson(
	ctx context.Context,
	who Fresh[may.InvitePeople],
	personID string,
	ttl time.Duration,
	letter bool,
) (token string, ends app.Instant, err error) {
	by := who.actor()
	p, err := s.store.Person(ctx, personID)
	if err == nil && p.State != app.PersonActive {
		err = app.ErrSuspended
	}
	if err != nil {
		return "", 0, err
	}
	if err := s.second(ctx, by, ActionInvite, personID, Invitation{letter}); err != nil {
		return "", 0, err
	}
	return s.uses.People.InvitePerson(ctx, by, personID, ttl, letter, s.separation(IssueActivation))
}

// WithdrawInvitations ends a person's links that nobody used.
func (s *Service) WithdrawInvitations(ctx context.Context, who Fresh[may.InvitePeople], personID string) error {
	by := who.actor()
	return s.uses.People.Withdraw(ctx, by, personID)
}

// ActivationCode makes a code to be read out to a person, for the browser that
// shows the words which they said. Who made the link is app.ErrOwnLink, and who
// is related to them app.ErrRelatedLink, where another can make its code.
func (s *Service) ActivationCode(
	ctx context.Context,
	who Fresh[may.IssueActivation],
	personID, said string,
) (digits string, ends app.Instant, err error) {
	by := who.actor()
	return s.uses.People.CodePerson(ctx, by, personID, said, s.separation(IssueActivation))
}

// ClearPause lets requests reach a person again whose report paused them.
func (s *Service) ClearPause(ctx context.Context, who Fresh[may.ClearPause], personID string) error {
	by := who.actor()
	return s.uses.People.ClearPerson(ctx, by, personID)
}

// RemoveDevice ends a device of a person's.
func (s *Service) RemoveDevice(ctx context.Context, who Fresh[may.ResetDevices], personID, deviceID string) error {
	by := who.actor()
	return s.uses.People.RemoveDeviceOf(ctx, by, personID, deviceID)
}

// ResetDevices ends all devices of a person's: they begin anew with a link.
func (s *Service) ResetDevices(ctx context.Context, who Fresh[may.ResetDevices], personID string) error {
	by := who.actor()
	return s.uses.People.RemoveDevicesOf(ctx, by, personID)
}
