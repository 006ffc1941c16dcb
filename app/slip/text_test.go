package slip_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"assent/app/i18n"
	"assent/app/slip"
)

var catalogue = sync.OnceValues(i18n.New)

// reader reads in a language, at home.
func reader(t testing.TB, lang string) slip.Reader {
	t.Helper()
	c, err := catalogue()
	if err != nil {
		t.Fatal(err)
	}
	w := c.Match(lang, "")
	zone, institution, owner := "Europe/London", "Northmoor", "Andrea Smith"
	if lang == "pt-BR" {
		zone, institution, owner = "America/Sao_Paulo", "Banco Ribeira", "Ana Souza"
	}
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	here := w.T("here.on_phone")
	return slip.Reader{Words: w.In(z), Institution: institution, Owner: owner, Here: here, Now: now}
}

// Every kind reads as it did when somebody last read it whole and found it
// right. ASSENT_UPDATE=1 writes the files anew: read them again then.
func TestGolden(t *testing.T) {
	for _, g := range golden {
		for _, lang := range i18n.Tags {
			r := reader(t, lang)
			got := page(g.sheet.Text(r)) + "\n" + done(granted(g.sheet).Done(r))
			file := filepath.Join("testdata", g.name+"."+lang+".txt")
			if os.Getenv("ASSENT_UPDATE") != "" {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				continue
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s reads otherwise than before:\n%s", file, difference(string(want), got))
			}
		}
	}
}

// granted is a sheet with the accounts that somebody chose.
func granted(sh *slip.Sheet) *slip.Sheet {
	if sh.Accounts == nil || sh.Accounts.Many || len(sh.Accounts.List) < 2 {
		return sh
	}
	copied, accounts := *sh, *sh.Accounts
	accounts.List = accounts.List[:1]
	copied.Accounts = &accounts
	return &copied
}

// difference are the lines that only one of two texts has.
func difference(want, got string) string {
	var out strings.Builder
	only := func(mark string, in, notIn string) {
		has := map[string]bool{}
		for _, l := range strings.Split(notIn, "\n") {
			has[l] = true
		}
		for _, l := range strings.Split(in, "\n") {
			if !has[l] {
				out.WriteString(mark + l + "\n")
			}
		}
	}
	only("- ", want, got)
	only("+ ", got, want)
	return out.String()
}

// page is a text as one reads it down the page.
func page(x slip.Text) string {
	var b strings.Builder
	line := func(parts ...string) {
		if s := strings.TrimRight(strings.Join(parts, ""), " "); s != "" {
			b.WriteString(s + "\n")
		}
	}
	box := func(indent string, v slip.Box) {
		mark := ""
		if v.Foreign {
			mark = " [foreign]"
		}
		line(indent, v.Label, ": ", v.Value, mark)
		if v.More != "" {
			line(indent, "    ", v.More)
		}
	}
	line(x.Kind, " | ", x.Ref, " | ", x.Institution, " | ", x.Owner)
	line(x.Requester.Name, " (", x.Requester.Host, ")")
	line(x.Verb)
	if x.Amount != "" {
		line("## ", x.Amount)
	}
	if x.Headline != "" {
		line("# ", x.Headline)
	}
	line(x.Payee)
	for _, u := range x.Under {
		line("(", u, ")")
	}
	if x.Message != nil {
		line(x.Message.Label, " “", x.Message.Text, "”")
	}
	if x.Code != "" {
		line(x.Code, ": ____")
	}
	for _, n := range x.Notices {
		line("! ", n)
	}
	for _, v := range x.Boxes {
		box("", v)
	}
	for _, g := range x.Groups {
		fold := ""
		if g.Folded {
			fold = "> "
		}
		line(fold, g.Label)
		for _, it := range g.Items {
			mark := ""
			if it.Grant != "" {
				mark = "[x] "
			}
			line("  ", mark, it.Title)
			if it.More != "" {
				line("      ", it.More)
			}
			for _, l := range it.Lines {
				line("      ", l)
			}
		}
	}
	if c := x.Choice; c != nil {
		line(c.Label)
		for _, a := range c.Accounts {
			mark := "( ) "
			switch {
			case c.Fixed:
				mark = "    "
			case a.Ticked:
				mark = "[x] "
			case c.Many:
				mark = "[ ] "
			}
			line("  ", mark, a.Name, "  ", a.Number, "  {", a.Spoken, "} ", a.Balance)
			if a.Joint != "" {
				line("      ", a.Joint)
			}
			if a.Why != "" {
				line("      ", a.Why)
			}
		}
		line("  ", c.Note)
		line("  ", c.Missing)
	}
	line("More:")
	for _, v := range x.Details {
		box("  ", v)
	}
	for _, l := range x.Links {
		line("  ", l.Label, " → ", l.URL)
	}
	line("=> ", x.Sentence, "  {", strings.Join(x.Figures, " | "), "}")
	line(x.Deadline, "  [", x.Deny, "] [", x.Approve, "]")
	return b.String()
}

// done is what is read after the decision.
func done(d slip.Done) string {
	var b strings.Builder
	b.WriteString("After: " + d.Line + "\n")
	for _, v := range d.Boxes {
		b.WriteString("  " + v.Label + ": " + strings.ReplaceAll(v.Value, "\n", " / ") + "\n")
	}
	b.WriteString("  " + d.Manage + "\n  lost: " + d.Unconfirmed + "\n  failed: " + d.Failed + "\n")
	return b.String()
}
