package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"assent/app/acp/condition"
	"assent/app/clock"
	"assent/app/config"
	"assent/app/health"
	"assent/app/i18n"
)

type acpCommands struct {
	Test acpTestCommand `cmd:"" help:"Ask ACP for everything that the service needs, changing nothing, and say what to do about what doesn't work."`
}

type acpTestCommand struct {
	Name string `arg:"" optional:"" help:"The connection; without a name all of them, one after the other."`
}

// examining is how long trying out a connection may take.
const examining = 20 * time.Second

// Run implements the command. What doesn't work is the error.
func (c acpTestCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	cfg, err := s.Serve()
	if err != nil {
		return err
	}
	catalogue, err := i18n.New()
	if err != nil {
		return err
	}
	words, bad, tried := catalogue.Match("en-GB", ""), 0, 0
	for _, conn := range cfg.Connections {
		if c.Name != "" && conn.Name != c.Name {
			continue
		}
		tried++
		client, err := acpClient(conn, logger(p.Stderr, cfg), clock.New(clock.Config{}))
		if err != nil {
			return fmt.Errorf("connection %s: %w", conn.Name, err)
		}
		limited, cancel := context.WithTimeout(ctx, examining)
		found := condition.Of{Name: conn.Name, Client: client}.Examine(limited)
		cancel()
		if err := ctx.Err(); err != nil {
			return err
		}
		w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintf(w, "%s (%s)\n", conn.Name, conn.Issuer)
		for _, f := range found {
			if f.State == health.Bad {
				bad++
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", strings.ToUpper(string(f.State)), f.Of.In(words), f.Says.In(words))
			if f.Do.Key != "" {
				fmt.Fprintf(w, "\t\t%s\n", f.Do.In(words))
			}
			if f.Detail != "" {
				fmt.Fprintf(w, "\t\t%s\n", f.Detail)
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	switch {
	case tried == 0:
		return fmt.Errorf("there is no connection %q", c.Name)
	case bad > 0:
		return errors.New(words.N("admin.settings.acp.bad", bad, "count", bad))
	}
	return nil
}
