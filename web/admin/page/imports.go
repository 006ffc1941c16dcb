package page

import (
	"strconv"
	"strings"
	"time"

	"assent/app/i18n"
	"assent/app/importer"
	"assent/store"
	"assent/web/view"
)

// importPath is where the section lies.
const importPath = "/admin/import"

// Imports is the form of an upload, and what was imported before.
type Imports struct {
	List   []store.Import
	Fault  string
	Export bool // the role may take people out
}

// Import is one import.
type Import struct {
	store.Import
	Preview []importer.PreviewRow // while it is checked
	Marked  MarkedRows            // while it is checked; nil counts: not known
	Faults  []importer.LineFaults
	Fault   string // of what was just tried
	Cause   string // why it failed
}

// Going tells whether it changes by itself.
func (p Import) Going() bool {
	return p.State == store.ImportUploaded || p.State == store.ImportRunning
}

func importFile(im store.Import) string {
	if im.File == "" || im.File == "-" {
		return "CSV"
	}
	return im.File
}

var importShapes = map[store.ImportState]view.State{
	store.ImportUploaded: view.Waiting, store.ImportChecked: view.Waiting, store.ImportRunning: view.Waiting,
	store.ImportDone: view.Approved, store.ImportFailed: view.Stuck, store.ImportCancelled: view.Ended,
}

func importState(w i18n.Words, im store.Import) string {
	return w.T(i18n.Key("admin.import.is." + string(im.State)))
}

func importKind(w i18n.Words, im store.Import) string {
	if im.Kind == "" {
		return ""
	}
	return w.T(i18n.Key("admin.import.kind." + string(im.Kind)))
}

// ImportKind is what an import's file holds, in words.
func ImportKind(w i18n.Words, im store.Import) string { return importKind(w, im) }

func (p Import) head(f Frame) Head {
	return Head{
		Up:    Up{Path: importPath, Name: f.Words.T("admin.import.title")},
		Name:  true,
		Title: importFile(p.Import),
		State: importShapes[p.State],
		Lead:  f.Words.T(i18n.Key("admin.import.head." + string(p.State))),
	}
}

// share is how much of it is done, of a thousand.
func (p Import) share() int64 {
	done, all := p.Done, p.Rows
	if p.State == store.ImportUploaded {
		done, all = p.Position, p.Size
	}
	if all <= 0 {
		return 0
	}
	return min(1000, 1000*done/all)
}

func (p Import) progressWords(w i18n.Words) string {
	if p.State == store.ImportUploaded {
		return w.T("admin.import.checking_rows", "rows", figure64(w, p.Rows))
	}
	return w.T("admin.import.running_rows", "done", figure64(w, p.Done), "rows", figure64(w, p.Rows))
}

// tally is a count with its words.
type tally struct {
	id, words, figure string
}

// tallies are what is foreseen until it runs, and then what was done.
func (p Import) tallies(w i18n.Words) []tally {
	counts := []int64{p.Added, p.Changed, p.Unchanged, p.Faulty}
	if p.StartedAt == 0 {
		counts = []int64{p.SeenAdded, p.SeenChanged, p.SeenUnchanged, p.SeenFaulty}
	}
	var out []tally
	for i, what := range []store.What{store.Added, store.Changed, store.Unchanged, store.Faulty} {
		out = append(out, tally{string(what), whatWords(w, what), figure64(w, counts[i])})
	}
	return out
}

func whatWords(w i18n.Words, what store.What) string {
	return w.T(i18n.Key("admin.import.seen." + string(what)))
}

// right are the rows that would be brought in.
func (p Import) right() int64 { return p.SeenAdded + p.SeenChanged + p.SeenUnchanged }

// worth tells whether bringing it in would change anything.
func (p Import) worth() bool { return p.SeenAdded+p.SeenChanged > 0 }

func (p Import) startWords(w i18n.Words) string {
	if p.Kind == store.ImportAccounts {
		return w.T("admin.import.start_accounts")
	}
	n := p.SeenAdded + p.SeenChanged
	return w.N("admin.import.start", int(n), "rows", figure64(w, n))
}

func figure64(w i18n.Words, n int64) string { return w.Decimal(strconv.FormatInt(n, 10)) }

func keptDays() string { return strconv.Itoa(int(importer.Kept / (24 * time.Hour))) }

func listed(values []string) string { return strings.Join(values, ", ") }

// importSample is a file of people.
const importSample = `name,identifiers,companies,state
Ada Quill,username:ada; email:ada@quill.example,,active
Bruno Reis,cpf:123.456.789-09; phone:+55 11 98765-4321,12.345.678/0001-95,`
