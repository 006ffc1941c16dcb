package cmd

import (
	"context"
	"errors"
	"fmt"

	"assent/app"
	"assent/app/config"
	"assent/app/people"
	"assent/store"
)

type clearCommand struct {
	ID string `arg:"" help:"Any identifier of the person, as ACP would call them or as KIND:VALUE."`
}

// Run implements the command.
func (c clearCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Store()
	if err != nil {
		return err
	}
	return withPeople(ctx, cfg, func(_ *store.Store, svc *people.Service) error {
		err := svc.Clear(ctx, operator(), c.ID)
		if errors.Is(err, app.ErrAlreadyCompleted) {
			return errors.New("their requests are not paused")
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.Stdout, "Requests reach them again.")
		return err
	})
}
