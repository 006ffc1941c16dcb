package page

import (
	"net/url"
	"strings"

	"assent/app"
	"assent/app/i18n"
	"assent/store"
)

// MarkedRows are rows of a checked import that the administrator who confirms it should look at.
type MarkedRows struct {
	ID     string           // of the import
	Mark   store.ImportMark // that they all have; empty for any
	Counts map[store.ImportMark]int
	Rows   []store.ImportRow
	After  int // the line of the last, where there are more
}

// ImportRows is a page of them.
type ImportRows struct {
	store.Import
	Marked  MarkedRows
	Further bool   // it is not the first page
	More    string // path of the next page
}

// marks are those that some row has, the gravest first.
func (m MarkedRows) marks() []store.ImportMark {
	var out []store.ImportMark
	for _, mark := range store.ImportMarks {
		if m.Counts[mark] > 0 {
			out = append(out, mark)
		}
	}
	return out
}

func (m MarkedRows) path(mark store.ImportMark) string {
	path := importPath + "/" + m.ID + "/rows"
	if mark != "" {
		path += "?" + url.Values{"mark": {string(mark)}}.Encode()
	}
	return path
}

func markWords(w i18n.Words, mark store.ImportMark) string {
	return w.T(i18n.Key("admin.import.mark." + string(mark)))
}

// IdentifierWords is an identifier with its kind in words.
func IdentifierWords(w i18n.Words, id app.Identifier) string {
	return w.T("admin.import.labelled", "label", w.T(i18n.Key("identifier."+string(id.Kind))), "value",
		i18n.Plain(id.Value))
}

// rowChanges are what a row changes, a sentence each.
func rowChanges(w i18n.Words, r store.ImportRow) []string {
	var out []string
	say := func(label i18n.Key, value string) {
		out = append(out, w.T("admin.import.labelled", "label", w.T(label), "value", value))
	}
	switch r.State {
	case app.PersonActive:
		say("admin.import.row_state", w.T("admin.import.row_active"))
	case app.PersonSuspended:
		say("admin.import.row_state", w.T("admin.import.row_suspended"))
	}
	if r.NewName != "" {
		say("admin.import.row_name", i18n.Plain(r.NewName))
	}
	var ids []string
	for _, id := range r.Identifiers {
		ids = append(ids, IdentifierWords(w, id))
	}
	if len(ids) > 0 {
		label := i18n.Key("admin.import.row_adds")
		if len(r.Marks) == 1 && r.Marks[0] == store.MarkMoves {
			label = "admin.import.row_moves"
		}
		say(label, strings.Join(ids, ", "))
	}
	for _, c := range r.Companies {
		say("admin.import.row_company", i18n.CNPJ(c))
	}
	if r.Account != "" {
		say("admin.import.row_account", i18n.Plain(r.Account))
	}
	return out
}

// FileSize is a number of bytes in words.
func FileSize(w i18n.Words, bytes int64) string {
	return w.T("admin.import.bytes", "bytes", figure64(w, bytes))
}

// ImportTallies are what the check of an import foresees, in words.
func ImportTallies(w i18n.Words, im store.Import) string {
	var out []string
	for _, t := range (Import{Import: im}).tallies(w) {
		out = append(out, w.T("admin.import.labelled", "label", t.words, "value", t.figure))
	}
	return strings.Join(out, "\n")
}
