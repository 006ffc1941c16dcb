package importer

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"assent/app"
	"assent/app/csvfile"
	"assent/app/i18n"
	"assent/app/people"
	"assent/store"
)

// Columns are those of a file of people; the first two are needed.
var Columns = []string{"name", "identifiers", "companies", "state"}

// Fault is what is wrong with a row, or with the file.
type Fault struct {
	Code  string `json:"c"`           // names the words
	Value string `json:"v,omitempty"` // that they are about
	Field string `json:"f,omitempty"` // of an account; the code is of package accounts then
}

// Words tells a fault in a sentence.
func (f Fault) Words(w i18n.Words) string {
	if f.Field != "" {
		return f.Field + ": " + w.T(i18n.Key("admin.import.account_fault."+f.Code), "value", f.Value)
	}
	return w.T(i18n.Key("admin.import.fault."+f.Code), "value", f.Value)
}

// LineFaults are what is wrong with one row.
type LineFaults struct {
	Line   int     `json:"l"`
	Faults []Fault `json:"f"`
}

// Words tells them in sentences.
func (l LineFaults) Words(w i18n.Words) string {
	var out []string
	for _, f := range l.Faults {
		out = append(out, f.Words(w))
	}
	return strings.Join(out, " ")
}

// FaultsOf reads the faults that an import holds.
func FaultsOf(im store.Import) ([]LineFaults, error) {
	if im.Faults == "" {
		return nil, nil
	}
	var out []LineFaults
	return out, json.Unmarshal([]byte(im.Faults), &out)
}

// CauseOf reads why an import failed; ok is false where it didn't.
func CauseOf(im store.Import) (f Fault, ok bool) {
	if im.Cause == "" {
		return f, false
	}
	if err := json.Unmarshal([]byte(im.Cause), &f); err != nil {
		return Fault{Code: "internal"}, true
	}
	return f, true
}

// longestShown is how much of a value its fault repeats, in characters.
const longestShown = 60

func fault(code, value string) Fault {
	if r := []rune(strings.ToValidUTF8(value, "\ufffd")); len(r) > longestShown {
		value = string(r[:longestShown]) + "…"
	} else {
		value = string(r)
	}
	return Fault{Code: code, Value: value}
}

// person reads a row of a file of people.
func person(columns, fields []string) (p store.PersonRecord, faults []Fault) {
	cell := map[string]string{}
	for i, name := range columns {
		v := fields[i]
		if !utf8.ValidString(v) {
			return p, []Fault{fault("not_utf8", name)}
		}
		if strings.ContainsFunc(v, unprintable) {
			return p, []Fault{fault("control", name)}
		}
		cell[name] = csvfile.Plain(v)
	}
	var err error
	if p.Name, err = people.Name(cell["name"]); err != nil {
		faults = append(faults, fault("name", ""))
	}
	for _, text := range split(cell["identifiers"]) {
		kind, value, ok := strings.Cut(text, ":")
		if !ok || !slices.Contains(app.IdentifierKinds, app.IdentifierKind(kind)) {
			faults = append(faults, fault("no_kind", text))
			continue
		}
		id, err := people.Parse(kind + ":" + strings.TrimSpace(value))
		if err != nil {
			faults = append(faults, fault("identifier", text))
			continue
		}
		if !slices.ContainsFunc(p.Identifiers,
			func(o app.Identifier) bool { return o.Kind == id.Kind && o.Norm == id.Norm }) {
			p.Identifiers = append(p.Identifiers, id)
		}
	}
	if len(p.Identifiers) == 0 &&
		!slices.ContainsFunc(faults, func(f Fault) bool { return f.Code == "no_kind" || f.Code == "identifier" }) {
		faults = append(faults, fault("no_identifiers", ""))
	}
	for _, text := range split(cell["companies"]) {
		c, err := people.Company(text)
		if err != nil {
			faults = append(faults, fault("company", text))
		} else if !slices.Contains(p.Companies, c) {
			p.Companies = append(p.Companies, c)
		}
	}
	switch p.State = app.PersonState(strings.ToLower(strings.TrimSpace(cell["state"]))); p.State {
	case "", app.PersonActive, app.PersonSuspended:
	default:
		faults = append(faults, fault("state", cell["state"]))
	}
	return p, faults
}

// unprintable tells control characters but for the space that a cell may have.
func unprintable(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }

// escaped stands for a semicolon of a value while a cell is taken apart.
const escaped = "\x00"

// split takes a list apart.
func split(cell string) []string {
	text := strings.ReplaceAll(cell, `\;`, escaped)
	parts := strings.Split(text, ";")
	if len(parts) == 1 && text == cell {
		parts = strings.Fields(text)
	}
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(strings.ReplaceAll(p, escaped, ";")); p != "" {
			out = append(out, p)
		}
	}
	return out
}

// join writes a list so that split takes it apart again.
func join(list []string) string {
	var b strings.Builder
	for i, v := range list {
		if i > 0 {
			b.WriteString("; ")
		}
		v = strings.ReplaceAll(v, ";", `\;`)
		b.WriteString(v)
		if strings.HasSuffix(v, `\`) {
			b.WriteByte(' ') // or it would belong to the semicolon
		}
	}
	if len(list) == 1 && strings.ContainsFunc(list[0], unicode.IsSpace) {
		b.WriteByte(';')
	}
	return b.String()
}
