package consent

import (
	"context"
	"errors"
	"time"

	"assent/app"
)

// CancelRequest ends a request for an administrator, and has ACP told: one that
// waits for its person, or an approval that ACP isn't known to have. That one is
// withdrawn where ACP may have it.
func (s *Service) CancelRequest(ctx context.Context, by app.Actor, id string) error {
	err := s.store.Cancel(ctx, by, id, app.ReasonOperator, true)
	if errors.Is(err, app.ErrNotPending) {
		return s.store.Withdraw(ctx, by, id, app.ReasonOperator)
	}
	return err
}

// Resolve records that what ACP holds, or may hold, of an approval that was
// withdrawn is dealt with.
func (s *Service) Resolve(ctx context.Context, by app.Actor, id string) error {
	return s.store.Resolve(ctx, by, id)
}

// RetryDelivery has a delivery that failed tried again.
func (s *Service) RetryDelivery(ctx context.Context, by app.Actor, id string) error {
	return s.store.RetryDelivery(ctx, by, id)
}

// testLives is how long a test waits for its answer.
const testLives = 5 * time.Minute

// StartTest asks one device of a person for an answer that nobody outside
// hears of. It is marked as a test, and from is who sends it. One waits on a
// device at a time (app.ErrTestOpen), and by may send 10 an hour (app.ErrManyTests).
func (s *Service) StartTest(ctx context.Context, by app.Actor, deviceID, from string) (app.Request, error) {
	return s.store.StartTest(ctx, by, deviceID, from, testLives)
}
