package admin

import (
	"context"

	"assent/app"
	"assent/app/admin/may"
)

// CancelRequest ends a request that waits for its person, or takes back an
// approval that isn't delivered; ACP is told that it was rejected.
func (s *Service) CancelRequest(ctx context.Context, who Fresh[may.CancelRequests], id string) error {
	by := who.actor()
	return s.uses.Consent.CancelRequest(ctx, by, id)
}

// RetryDelivery has ACP told once more what became of a request, where that
// has failed.
func (s *Service) RetryDelivery(ctx context.Context, who Grant[may.RetryRequests], id string) error {
	by := who.actor()
	return s.uses.Consent.RetryDelivery(ctx, by, id)
}

// Resolve records that what ACP holds, or may hold, of an approval that was
// withdrawn is dealt with.
func (s *Service) Resolve(ctx context.Context, who Fresh[may.CancelRequests], id string) error {
	by := who.actor()
	return s.uses.Consent.Resolve(ctx, by, id)
}

// TestDevice sends a test to a device of a person's; from is who sends it, in
// the person's eyes. It rings, so it asks for the passkey, and how many there
// may be is limited: see consent.StartTest.
func (s *Service) TestDevice(
	ctx context.Context,
	who Fresh[may.TestRequests],
	deviceID, from string,
) (app.Request, error) {
	by := who.actor()
	return s.uses.Consent.StartTest(ctx, by, deviceID, from)
}

// Receipt gives the proof of an approval, and records that it was taken.
func (s *Service) Receipt(ctx context.Context, who Fresh[may.ExportRequests], id string) (app.Request, error) {
	by := who.actor()
	r, err := s.store.Request(ctx, id)
	if err != nil {
		return r, err
	}
	if r.Receipt == "" {
		return r, app.ErrUnknownRequest
	}
	return r, s.store.Exported(ctx, by, "receipt.export", r)
}
