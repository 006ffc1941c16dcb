package consent

import (
	"context"
	"time"
)

// endingsPause bounds how long steps wait that another process left (the
// command line), or that failed.
const endingsPause = 2 * time.Second

// KickEndings makes RunEndings look for steps at once. It never blocks.
func (s *Service) KickEndings() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// RunEndings takes the steps of what was ended at once and was too much for one
// transaction (a pause, a suspension, a denial of all, an erasure), until ctx
// ends. Between two steps others get the one writer. What a process that died
// left is taken up by the next.
func (s *Service) RunEndings(ctx context.Context) error {
	for ctx.Err() == nil {
		more, err := s.store.EndMore(ctx)
		switch {
		case err != nil && ctx.Err() == nil:
			s.log.ErrorContext(ctx, "what was ended at once can't go on; it is tried again", "err", err)
		case more:
			continue
		}
		timer := time.NewTimer(endingsPause)
		select {
		case <-ctx.Done():
		case <-s.kick:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}
