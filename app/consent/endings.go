package consent

import (
	"context"
	"time"

	"assent/app/background"
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
// left is taken up by the next. An ending whose step fails is put aside for a
// while: others go on.
func (s *Service) RunEndings(ctx context.Context) error {
	for ctx.Err() == nil {
		var more bool
		err := s.watch.Round(ctx, background.Endings, func() (err error) {
			more, err = s.endMore(ctx)
			return err
		})
		if err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "what was ended at once can't go on; it is tried again", "err", err)
			more = false
		}
		if more {
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

// endMore takes the next step. Where none is left to be taken now, more is false.
func (s *Service) endMore(ctx context.Context) (more bool, err error) {
	id, ok, err := s.store.NextEnding(ctx)
	if err != nil || !ok {
		return false, err
	}
	failed := background.Try(ctx, s.log.With("ending", id), "a step of an ending", func() error {
		return s.store.EndStep(ctx, id)
	})
	if failed == nil || ctx.Err() != nil || s.store.IsBusy(failed) {
		return true, failed
	}
	s.log.ErrorContext(ctx, "a step of an ending failed; the ending is put aside for a while", "ending", id, "err",
		failed)
	return true, s.store.PutEndingAside(ctx, id)
}
