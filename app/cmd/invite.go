package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"

	"github.com/mattn/go-isatty"
	"github.com/mdp/qrterminal/v3"

	"assent/app/config"
	"assent/app/people"
	"assent/store"
)

type inviteCommand struct {
	ID     string `arg:"" help:"Any identifier of the person, as ACP would call them or as KIND:VALUE."`
	Letter bool   `help:"The link goes into a letter: it works for 30 days, and needs an activation code always."`
}

// Run implements the command. The link alone goes to stdout, so that a script
// can take it; its QR code goes to a terminal, for a phone to read.
func (c inviteCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Invite()
	if err != nil {
		return err
	}
	if c.Letter && !cfg.ActivationCode {
		return errors.New("a letter can be read by others, so its link needs an activation code: set ASSENT_ACTIVATION_CODE=true, for the service too")
	}
	return withPeople(ctx, cfg, func(_ *store.Store, svc *people.Service) error {
		var token string
		if c.Letter {
			_, token, err = svc.InviteByLetter(ctx, operator(), c.ID)
		} else {
			_, token, err = svc.Invite(ctx, operator(), c.ID, cfg.InviteTTL)
		}
		if err != nil {
			return err
		}
		link := inviteLink(cfg.PublicURL, token)
		if f, ok := p.Stderr.(*os.File); ok && isatty.IsTerminal(f.Fd()) && cfg.PublicURL.Hostname() != "localhost" {
			qrterminal.GenerateHalfBlock(link, qrterminal.M, p.Stderr)
		}
		_, err = fmt.Fprintln(p.Stdout, link)
		return err
	})
}

func inviteLink(public *url.URL, token string) string { return public.String() + "/enrol/" + token }
