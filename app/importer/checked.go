package importer

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"

	"assent/app"
	"assent/app/csvfile"
	"assent/app/i18n"
	"assent/store"
)

// unfitNow is app.ErrImportState for a file that was fit when it was checked.
func unfitNow(err error) error {
	if errors.As(err, new(*unfitError)) {
		return app.ErrImportState.Because(err)
	}
	return err
}

// checkedColumns are those of a checked file, before its own.
var checkedColumns = []string{"line", "result", "error"}

// Checked writes the file of an import as the check read it, before anything is
// brought in: each row with its line, what would be done with it and what is
// wrong with it, and then its cells, none of which is a formula to a spreadsheet.
// The file is the one that was uploaded, or nothing is written.
func (s *Service) Checked(ctx context.Context, im store.Import, to io.Writer, w i18n.Words) (err error) {
	im.Position = 0
	src, err := s.open(im)
	if err != nil {
		return unfitNow(err)
	}
	defer func() { err = errors.Join(err, src.close()) }()
	if err := s.foundAsChecked(im); err != nil {
		return unfitNow(err)
	}
	faults, err := s.openFaults(im)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, faults.Close()) }()
	seen, err := os.Open(s.path(im, seenEnd))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, seen.Close()) }()
	out := csvfile.NewWriter(to)
	out.Write(slices.Concat(checkedColumns, src.columns)...)
	sign := make([]byte, signSize)
	for n := int64(0); ctx.Err() == nil; n++ {
		row, err := src.rows.Next()
		if errors.Is(err, io.EOF) {
			return out.Flush()
		}
		if err != nil {
			return err
		}
		if _, err := seen.ReadAt(sign, n*signSize); err != nil {
			return err
		}
		what, _ := readSign(sign)
		found, err := faults.of(row.Line)
		if err != nil {
			return err
		}
		cells := []string{strconv.Itoa(row.Line), string(what), LineFaults{row.Line, found}.Words(w)}
		for _, cell := range row.Fields {
			cells = append(cells, csvfile.Plain(cell)) // what a program defused isn't defused twice
		}
		out.Write(cells...)
	}
	return ctx.Err()
}
