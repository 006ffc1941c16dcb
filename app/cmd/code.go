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

type codeCommand struct {
	ID    string `arg:"" help:"Any identifier of the person, as ACP would call them or as KIND:VALUE."`
	Words string `required:"" placeholder:"\"W W W\"" help:"The three words that the person reads out from the page of their link: the code works in that browser alone."`
}

// Run implements the command. The code alone goes to stdout; whose it is and
// how long it is good for goes to stderr.
func (c codeCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Code()
	if err != nil {
		return err
	}
	return withPeople(ctx, cfg, func(_ *store.Store, svc *people.Service) error {
		who, code, digits, err := svc.ActivationCode(ctx, operator(), c.ID, c.Words)
		if errors.Is(err, app.ErrNoInvitation) {
			return fmt.Errorf("%s has no open link that a code could activate; make one with: assent user invite %s",
				who.Name, c.ID)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(p.Stderr,
			"For %s, until %s; %d tries. Read it to them while they have their link open: it works in the browser that shows these words, and ends any code before it.\n",
			who.Name, code.ExpiresAt.Time().Local().Format("15:04:05 MST"), app.ActivationCodeTries)
		if !cfg.ActivationCode {
			fmt.Fprintln(p.Stderr,
				"Activation codes are off here (ASSENT_ACTIVATION_CODE=false): unless it came in a letter, the link works without.")
		}
		_, err = fmt.Fprintln(p.Stdout, app.SpaceActivationCode(digits))
		return err
	})
}
