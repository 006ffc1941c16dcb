package importer

import (
	"context"
	"io"

	"assent/app"
	"assent/app/csvfile"
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
	w := csvfile.NewWriter(to)
	w.Write(Columns...)
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
			w.Write(p.Name, join(ids), join(p.Companies), string(p.State))
			after = p.ID
			n++
		}
		if err := w.Flush(); err != nil || len(page) < exportPage {
			return n, err
		}
	}
}
