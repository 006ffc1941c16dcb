package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"assent/app"
	"assent/app/config"
	"assent/app/i18n"
	"assent/app/importer"
	"assent/app/people"
	"assent/store"
)

// importsDir is where the files of imports lie, in the data directory.
const importsDir = "imports"

type userImportCommand struct {
	File   string `arg:"" help:"CSV in UTF-8; its first line names the columns: name and identifiers, and any of companies, state. Identifiers are KIND:VALUE with semicolons between. A file of accounts does too. - reads standard input."`
	DryRun bool   `help:"Only tell what would be done."`
	Result string `placeholder:"FILE" help:"Write down what was done with each row, as CSV."`
}

// Run implements the command. Counts and faults go to stderr. Rows with faults
// are left out, and make it fail when the others are in.
func (c userImportCommand) Run(ctx context.Context, p Process, s *config.Settings) (err error) {
	cfg, err := s.Store()
	if err != nil {
		return err
	}
	in, err := p.input(c.File)
	if err != nil {
		return err
	}
	defer in.Close()
	catalogue, err := i18n.New()
	if err != nil {
		return err
	}
	words := catalogue.Match("en-GB", "")
	return withPeople(ctx, cfg, func(st *store.Store, people *people.Service) error {
		svc := importer.New(importer.Config{
			Store:  st,
			People: people,
			Words:  catalogue,
			Dir:    filepath.Join(cfg.DataDir, importsDir),
			Log:    logger(io.Discard, cfg),
		})
		im, err := svc.UploadHere(ctx, operator(), c.File, "en-GB", in)
		if err != nil {
			return err
		}
		if im, err = svc.Work(ctx, im.ID); err != nil {
			return err
		}
		if f, ok := importer.CauseOf(im); ok {
			return app.ErrMalformed.In("file").Because(errors.New(f.Words(words)))
		}
		faults, err := importer.FaultsOf(im)
		if err != nil {
			return err
		}
		for _, f := range faults {
			fmt.Fprintf(p.Stderr, "line %d: %s\n", f.Line, f.Words(words))
		}
		if more := im.SeenFaulty - int64(len(faults)); more > 0 {
			fmt.Fprintf(p.Stderr, "and %d other rows\n", more)
		}
		if c.DryRun || im.SeenFaulty == im.Rows {
			if err := svc.Cancel(ctx, operator(), im.ID); err != nil {
				return err
			}
			return told(p.Stderr, "would be ", im.SeenAdded, im.SeenChanged, im.SeenUnchanged, im.SeenFaulty)
		}
		if _, err := svc.Start(ctx, operator(), im.ID, im.Digest); err != nil {
			return err
		}
		if im, err = svc.Work(ctx, im.ID); err != nil {
			return err
		}
		if f, ok := importer.CauseOf(im); ok {
			return errors.New(f.Words(words))
		}
		return errors.Join(c.keep(ctx, svc, im), told(p.Stderr, "", im.Added, im.Changed, im.Unchanged, im.Faulty))
	})
}

// told tells counts; rows that were left out are an error.
func told(w io.Writer, would string, added, changed, unchanged, faulty int64) error {
	said := fmt.Sprintf("%d %sadded, %d changed, %d unchanged", added, would, changed, unchanged)
	if faulty > 0 {
		said += fmt.Sprintf(", %d left out", faulty)
	} else if added+changed == 0 {
		said += ": nothing had to be changed"
	}
	if _, err := fmt.Fprintln(w, said); err != nil {
		return err
	}
	if faulty > 0 {
		return fmt.Errorf("%d of the rows have faults", faulty)
	}
	return nil
}

// keep writes the result where it is wanted.
func (c userImportCommand) keep(ctx context.Context, svc *importer.Service, im store.Import) (err error) {
	if c.Result == "" {
		return nil
	}
	from, _, err := svc.Result(ctx, im.ID)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(c.Result, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Close())
}

type userExportCommand struct{}

// Run implements the command. How many people there are goes to stderr.
func (userExportCommand) Run(ctx context.Context, p Process, s *config.Settings) error {
	return withStore(ctx, s, func(st *store.Store) error {
		n, err := importer.Export(ctx, st, operator(), p.Stdout)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.Stderr, "%d people\n", n)
		return err
	})
}
