package cmd

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"assent/app"
	"assent/app/audit"
	"assent/app/config"
	"assent/app/receipt"
	"assent/store"
)

type auditCommands struct {
	Verify auditVerifyCommand `cmd:"" help:"Find the first row of the audit that was altered, is missing or was moved."`
	Head   auditHeadCommand   `cmd:"" help:"Print the number and the hash of the newest row, to keep elsewhere and verify with later."`
	Export auditExportCommand `cmd:"" help:"Write the audit to standard output."`
}

type auditVerifyCommand struct {
	Head         string `placeholder:"HASH" help:"A head that was taken down before, as HASH or ID:HASH: finds an end that was cut off, and an audit that was written anew."`
	AllowDropped bool   `help:"Take it for whole although the head's row was dropped by retention: whether it was the same row can't be told any more."`
	Key          string `placeholder:"FILE" help:"The public key that checkpoints must be signed with (PEM), as kept elsewhere; else the one of the database."`
}

// Run implements the command. A finding is the error.
func (c auditVerifyCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	var head store.AuditHead
	if c.Head != "" {
		var err error
		if head, err = store.ParseAuditHead(c.Head); err != nil {
			return fmt.Errorf("--head: %w", err)
		}
	}
	return looking(ctx, s, func(r *store.Reader) error {
		key, err := c.key(ctx, r)
		if err != nil {
			return err
		}
		found, err := audit.Verify(ctx, r, key, head)
		if err != nil {
			return err
		}
		if found.Head == store.HeadDropped && !c.AllowDropped {
			return errors.New("the head can't be verified: its row was dropped by retention. Take a newer one; or, if it is older than rows of the audit are kept, say --allow-dropped. " +
				strings.TrimSpace(strings.ReplaceAll(audit.Words(found), "\n", " ")))
		}
		if found.Finding != nil {
			return errors.New("the audit is not whole. " +
				strings.TrimSpace(strings.ReplaceAll(audit.Words(found), "\n", " ")))
		}
		_, err = io.WriteString(p.Stdout, audit.Words(found))
		return err
	})
}

// looking opens the database as it is, to read only.
func looking(ctx context.Context, s *config.Settings, do func(*store.Reader) error) error {
	cfg, err := s.Store()
	if err != nil {
		return err
	}
	r, err := store.Look(ctx, cfg.DataDir)
	if err != nil {
		return err
	}
	return errors.Join(do(r), r.Close())
}

func (c auditVerifyCommand) key(ctx context.Context, r *store.Reader) (ed25519.PublicKey, error) {
	if c.Key != "" {
		b, err := os.ReadFile(c.Key)
		if err != nil {
			return nil, err
		}
		key, err := receipt.ParsePublicKey(string(b))
		if err != nil {
			return nil, fmt.Errorf("--key: %w", err)
		}
		return key, nil
	}
	text, err := r.KeptReceiptKey(ctx)
	if err != nil || text == "" { // then nothing was signed either
		return nil, err
	}
	key, err := receipt.ParseKey(text)
	if err != nil {
		return nil, err
	}
	return key.Public(), nil
}

type auditHeadCommand struct{}

// Run implements the command. It prints what verify takes as --head.
func (auditHeadCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	return looking(ctx, s, func(r *store.Reader) error {
		head, err := r.AuditHead(ctx)
		if err != nil {
			return err
		}
		if head.ID == 0 {
			return errors.New("the audit has no rows")
		}
		_, err = fmt.Fprintln(p.Stdout, head)
		return err
	})
}

type auditExportCommand struct {
	Format string `default:"csv" enum:"csv,jsonl" placeholder:"FORMAT" help:"csv for spreadsheets, jsonl to check the hashes with."`
	Since  string `placeholder:"TIME" help:"From this day or time on (2026-11-22, or 2026-11-22T14:30:00Z)."`
	Until  string `placeholder:"TIME" help:"Before this day or time."`
}

// Run implements the command. How many rows there are goes to stderr.
func (c auditExportCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	var of audit.Range
	for _, limit := range []struct {
		flag, text string
		at         *app.Instant
	}{{"--since", c.Since, &of.Since}, {"--until", c.Until, &of.Until}} {
		if limit.text == "" {
			continue
		}
		at, err := audit.ParseTime(limit.text)
		if err != nil {
			return fmt.Errorf("%s: %w", limit.flag, err)
		}
		*limit.at = at
	}
	return withStore(ctx, s, func(st *store.Store) error {
		n, err := audit.Export(ctx, st, operator(), p.Stdout, audit.Format(c.Format), of)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.Stderr, "%d rows\n", n)
		return err
	})
}
