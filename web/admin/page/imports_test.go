package page_test

import (
	"time"

	"assent/app"
	"assent/app/importer"
	"assent/store"
	"assent/web/admin/page"
)

// importPages are the pages of the import section in their states.
func importPages(f page.Frame) []shown {
	const path = "/admin/import"
	base := store.Import{ID: "i1", File: "people-2026-11.csv", Size: 48_000_000, CreatedAt: app.At(now.Add(-time.Hour))}
	with := func(change func(*store.Import)) store.Import {
		im := base
		change(&im)
		return im
	}
	checked := with(func(im *store.Import) {
		im.State, im.Kind, im.Rows, im.States = store.ImportChecked, store.ImportPeople, 1_000_000, 12
		im.SeenAdded, im.SeenChanged, im.SeenUnchanged, im.SeenFaulty = 990_000, 1_200, 8_737, 63
	})
	running := checked
	running.State, running.StartedAt, running.Done, running.Added, running.Faulty = store.ImportRunning, app.At(now), 412_500, 412_460, 40
	done := running
	done.State, done.Done, done.Added, done.Changed, done.Unchanged, done.Faulty, done.Result, done.EndedAt = store.ImportDone, 1_000_000, 990_000, 1_200, 8_737, 63, 70_000_000, app.At(now)
	cancelled := running
	cancelled.State, cancelled.Result, cancelled.EndedAt = store.ImportCancelled, 9, app.At(now)
	failed := with(func(im *store.Import) {
		im.State, im.File = store.ImportFailed, "Ana Lúcia de Souza Albuquerque Cavalcanti - clientes.csv"
	})
	checking := with(func(im *store.Import) { im.State, im.Position, im.Rows = store.ImportUploaded, 12_000_000, 250_000 })
	nothing := with(func(im *store.Import) {
		im.State, im.Kind, im.Rows, im.SeenFaulty = store.ImportChecked, store.ImportPeople, 2, 2
	})
	same := with(func(im *store.Import) {
		im.State, im.Kind, im.Rows, im.SeenUnchanged = store.ImportChecked, store.ImportPeople, 2, 2
	})
	checked.Digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	marked := page.MarkedRows{
		ID:    "i1",
		After: 212,
		Counts: map[store.ImportMark]int{store.MarkReactivates: 1, store.MarkIdentifiers: 812, store.MarkCompanies: 3,
			store.MarkNames: 40, store.MarkSuspends: 11, store.MarkMoves: 2, store.MarkAccounts: 1},
		Rows: []store.ImportRow{
			{
				Line:     3,
				Marks:    []store.ImportMark{store.MarkReactivates, store.MarkIdentifiers},
				PersonID: "c1",
				Name:     "Carol Nolan",
				State:    app.PersonActive,
				Identifiers: []app.Identifier{{Kind: app.Email, Value: "carol@nolan.example"},
					{Kind: app.Phone, Value: "+44 20 7946 0018"}},
			},
			{
				Line:      17,
				Marks:     []store.ImportMark{store.MarkCompanies, store.MarkNames},
				PersonID:  "c2",
				Name:      "Ana Lúcia de Souza Albuquerque Cavalcanti",
				NewName:   "Ana Lúcia Cavalcanti",
				Companies: []string{"12345678000195"},
			},
			{
				Line:     90,
				Marks:    []store.ImportMark{store.MarkSuspends},
				PersonID: "c3",
				Name:     "نور الدين",
				State:    app.PersonSuspended,
			},
			{
				Line:        212,
				Marks:       []store.ImportMark{store.MarkMoves},
				Name:        "Mallory",
				Identifiers: []app.Identifier{{Kind: app.CPF, Value: "123.456.789-09"}},
			}},
	}
	narrowed := marked
	narrowed.Mark, narrowed.Rows = store.MarkMoves, marked.Rows[3:]
	accounts := with(func(im *store.Import) {
		im.State, im.Kind, im.Rows, im.SeenAdded, im.SeenFaulty = store.ImportChecked, store.ImportAccounts, 2, 1, 1
	})
	swept := done
	swept.SweptAt = app.At(now)
	preview := []importer.PreviewRow{
		{
			Line:        2,
			Name:        "Ada Quill",
			Identifiers: []string{"username:ada", "email:ada@quill.example"},
			What:        store.Added,
		},
		{
			Line:        3,
			Name:        "Ana Lúcia de Souza Albuquerque Cavalcanti",
			Identifiers: []string{"email:ana.lucia.de.souza.albuquerque@northmoor.example", "cpf:123.456.789-09"},
			Companies:   []string{"12345678000195"},
			State:       "active",
			What:        store.Changed,
		},
		{Line: 4, Name: "نور الدين", Identifiers: []string{"customer:N-4"}, What: store.Unchanged},
		{Line: 5, Name: "", What: store.Faulty, Faults: []importer.Fault{{Code: "name"}}},
	}
	faults := []importer.LineFaults{{
		Line:   5,
		Faults: []importer.Fault{{Code: "name"}, {Code: "no_kind", Value: "c@c.example"}},
	},
		{Line: 12, Faults: []importer.Fault{{Code: "twice_people", Value: "3"}}}}
	return []shown{
		{
			name: "imports",
			path: path,
			page: page.Imports{Export: true, List: []store.Import{running, checked, failed, done, cancelled, checking}},
		},
		{
			name: "imports-none",
			path: path,
			role: app.RoleOperator,
			page: page.Imports{Fault: f.Words.T("admin.import.too_large", "most", "512")},
		},
		{name: "import-checking", path: path + "/i1", page: page.Import{Import: checking}},
		{
			name: "import-checked",
			path: path + "/i1",
			page: page.Import{Import: checked, Preview: preview, Faults: faults, Marked: marked},
		},
		{
			name: "import-rows",
			path: path + "/i1",
			page: page.ImportRows{Import: checked, Marked: marked, More: path + "/i1/rows?after=x"},
		},
		{
			name: "import-rows-further",
			path: path + "/i1",
			page: page.ImportRows{Import: checked, Marked: narrowed, Further: true},
		},
		{
			name: "import-rows-none",
			path: path + "/i1",
			page: page.ImportRows{Import: checked, Marked: page.MarkedRows{ID: "i1"}},
		},
		{
			name: "import-nothing",
			path: path + "/i1",
			page: page.Import{Import: nothing, Preview: preview[3:], Faults: faults},
		},
		{
			name: "import-same",
			path: path + "/i1",
			page: page.Import{
				Import:  same,
				Preview: preview[2:3],
				Marked:  page.MarkedRows{ID: "i1", Counts: map[store.ImportMark]int{}},
			},
		},
		{
			name: "import-accounts",
			path: path + "/i1",
			page: page.Import{
				Import: accounts,
				Preview: []importer.PreviewRow{{
					Line:    2,
					Name:    "username:ada",
					Account: "Everyday",
					Kind:    "account",
					What:    store.Added,
				}},
				Faults: []importer.LineFaults{{
					Line:   3,
					Faults: []importer.Fault{{Field: "identification", Code: "iban"}},
				}},
			},
		},
		{name: "import-running", path: path + "/i1", page: page.Import{Import: running, Faults: faults}},
		{name: "import-done", path: path + "/i1", page: page.Import{Import: done, Faults: faults}},
		{name: "import-swept", path: path + "/i1", page: page.Import{Import: swept}},
		{
			name: "import-cancelled",
			path: path + "/i1",
			page: page.Import{Import: cancelled, Fault: f.Words.Error(app.ErrImportState.Code)},
		},
		{
			name: "import-failed",
			path: path + "/i1",
			page: page.Import{
				Import: failed,
				Cause:  importer.Fault{Code: "column_missing", Value: "identifiers"}.Words(f.Words),
			},
		},
	}
}
