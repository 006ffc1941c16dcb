package consent

import (
	"context"
	"time"

	"assent/app"
)

// CancelRequest ends a waiting request for an administrator, and has ACP told.
func (s *Service) CancelRequest(ctx context.Context, by app.Actor, id string) error {
	return s.store.Cancel(ctx, by, id, app.ReasonOperator, true)
}

// RetryDelivery has a delivery that failed tried again.
func (s *Service) RetryDelivery(ctx context.Context, by app.Actor, id string) error {
	return s.store.RetryDelivery(ctx, by, id)
}

// testLives is how long a test waits for its answer.
const testLives = 5 * time.Minute

// StartTest asks one device of a person for an answer that nobody outside
// hears of. It is marked as a test, and from is who sends it.
func (s *Service) StartTest(ctx context.Context, by app.Actor, deviceID, from string) (app.Request, error) {
	return s.store.StartTest(ctx, by, deviceID, from, testLives)
}
