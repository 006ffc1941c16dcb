package importer

import (
	"bufio"
	"context"
	"encoding/csv"
	"io"

	"assent/app"
	"assent/app/audit"
	"assent/store"
)

// exportPage is how many people are read at a time: a slow reader of the export
// then holds no state of the database.
const exportPage = 1000

// Export writes everybody as a file that can be brought in again, and tells how
// many they are. That somebody exports is recorded first, so that no export
// escapes it.
func Export(ctx context.Context, st *store.Store, by app.Actor, to io.Writer) (n int, err error) {
	if err := st.PeopleExported(ctx, by); err != nil {
		return 0, err
	}
	buffer := bufio.NewWriter(to)
	w := csv.NewWriter(buffer)
	if err := w.Write(Columns); err != nil {
		return 0, err
	}
	after := ""
	for {
		page, err := st.ExportPeople(ctx, after, exportPage)
		if err != nil {
			return n, err
		}
		for _, p := range page {
			ids := make([]string, len(p.Identifiers))
			for i, id := range p.Identifiers {
				ids[i] = string(id.Kind) + ":" + id.Value
			}
			if err := w.Write([]string{audit.Cell(p.Name), audit.Cell(join(ids)), audit.Cell(join(p.Companies)), string(p.State)}); err != nil {
				return n, err
			}
			after = p.ID
			n++
		}
		w.Flush()
		if err := w.Error(); err != nil {
			return n, err
		}
		if len(page) < exportPage {
			return n, buffer.Flush()
		}
	}
}
