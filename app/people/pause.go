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
