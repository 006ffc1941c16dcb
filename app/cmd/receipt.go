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
	"assent/app/config"
	"assent/app/passkey"
	"assent/app/receipt"
	"assent/store"
)

type receiptCommands struct {
	Export receiptExportCommand `cmd:"" help:"Write the receipt of an approval to standard output, as it is and without another byte."`
	Key    receiptKeyCommand    `cmd:"" help:"Print the installation's public key, by which others verify its receipts."`
	Verify receiptVerifyCommand `cmd:"" help:"Say what a receipt proves, or why it doesn't. Needs no database and no network."`
}

type receiptExportCommand struct {
	Request string `arg:"" help:"The request: its id, or its reference such as 7Q4-KM2."`
}

// Run implements the command.
func (c receiptExportCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	return withStore(ctx, s, func(st *store.Store) error {
		found, err := st.RequestsNamed(ctx, c.Request)
		switch {
		case err != nil:
			return err
		case len(found) == 0:
			return app.ErrUnknownRequest
		case len(found) > 1:
			var ids []string
			for _, r := range found {
				ids = append(ids, r.ID+" of "+r.CreatedAt.Time().Format("2 January 2006 15:04 UTC"))
			}
			return fmt.Errorf("%d requests have this reference; name one by its id: %s", len(found),
				strings.Join(ids, ", "))
		case found[0].Receipt == "":
			return fmt.Errorf("there is no receipt: the request is %s, and only an approval has one", found[0].State)
		}
		if err := st.Exported(ctx, operator(), "receipt.export", found[0]); err != nil {
			return err
		}
		_, err = io.WriteString(p.Stdout, found[0].Receipt)
		return err
	})
}

type receiptKeyCommand struct{}

// Run implements the command.
func (receiptKeyCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	return withStore(ctx, s, func(st *store.Store) error {
		key, err := passkey.ReceiptKey(ctx, st)
		if err != nil {
			return err
		}
		_, err = io.WriteString(p.Stdout, receipt.PublicPEM(key.Public()))
		return err
	})
}

type receiptVerifyCommand struct {
	File string   `arg:"" help:"The receipt; - reads standard input."`
	Key  []string `placeholder:"PUB" sep:"none" help:"File with the public key that the installation gave by another way (assent receipt key), or the key itself. May be given several times."`
}

// longestReceipt is how much is read of a file that calls itself one, in bytes.
const longestReceipt = 2 << 20

// Run implements the command. Whatever is wrong with the receipt is the error.
func (c receiptVerifyCommand) Run(p Process) error {
	var keys []ed25519.PublicKey
	for _, text := range c.Key {
		if b, err := os.ReadFile(text); err == nil {
			text = string(b)
		} else if !errors.Is(err, os.ErrNotExist) && !strings.HasPrefix(text, "-----") {
			return err
		}
		key, err := receipt.ParsePublicKey(text)
		if err != nil {
			return fmt.Errorf("--key: %w", err)
		}
		keys = append(keys, key)
	}
	in, err := p.input(c.File)
	if err != nil {
		return err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, longestReceipt))
	if err != nil {
		return err
	}
	said, err := receipt.Verify(raw, keys...)
	if err != nil {
		return fmt.Errorf("this is not a genuine receipt: %w", err)
	}
	_, err = io.WriteString(p.Stdout, said.String())
	return err
}

// withStore runs do on the store of the data folder, beside a running service.
func withStore(ctx context.Context, s *config.Settings, do func(*store.Store) error) error {
	cfg, err := s.Store()
	if err != nil {
		return err
	}
	st, err := store.Open(ctx, store.Options{Dir: cfg.DataDir, IdentifierWait: cfg.IdentifierWait})
	if err != nil {
		return err
	}
	return errors.Join(do(st), st.Close())
}
