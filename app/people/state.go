package people

import (
	"context"

	"assent/app"
)

// Clear lets requests reach a person again whose report had paused them.
func (s *Service) Clear(ctx context.Context, by app.Actor, identifier string) error {
	p, err := s.Named(ctx, identifier)
	if err != nil {
		return err
	}
	return s.store.Clear(ctx, by, p.ID)
}

// ClearPerson is Clear for a person by their id.
func (s *Service) ClearPerson(ctx context.Context, by app.Actor, personID string) error {
	return s.store.Clear(ctx, by, personID)
}

// SetState suspends a person or lets them in again.
func (s *Service) SetState(ctx context.Context, by app.Actor, personID string, state app.PersonState) error {
	return s.store.SetPersonState(ctx, by, personID, state)
}

// Erase forgets a person; see store.ErasePerson for what stays.
func (s *Service) Erase(ctx context.Context, by app.Actor, personID string) error {
	return s.store.ErasePerson(ctx, by, personID)
}

// Withdraw ends the links of a person that nobody used.
func (s *Service) Withdraw(ctx context.Context, by app.Actor, personID string) error {
	return s.store.EndInvitations(ctx, by, personID)
}

// RemoveDeviceOf ends a device of a person for somebody else than them.
func (s *Service) RemoveDeviceOf(ctx context.Context, by app.Actor, personID, deviceID string) error {
	return s.store.RemoveDevice(ctx, by, personID, deviceID)
}

// RemoveDevicesOf ends all devices of a person.
func (s *Service) RemoveDevicesOf(ctx context.Context, by app.Actor, personID string) error {
	return s.store.RemoveDevices(ctx, by, personID)
}
