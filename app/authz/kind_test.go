package authz_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"assent/app"
	"assent/app/authz"
)

// Every kind that has a name has one whole row.
func TestEveryKindHasARow(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "kind.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	named := []authz.Kind{authz.Regular, authz.Test} // whose values are of package app
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		value, ok := spec.Values[0].(*ast.BasicLit)
		if typ, is := spec.Type.(*ast.Ident); !ok || !is || typ.Name != "Kind" {
			return true
		}
		name, err := strconv.Unquote(value.Value)
		if err != nil {
			t.Fatal(err)
		}
		named = append(named, authz.Kind(name))
		return true
	})
	rows := map[authz.Kind]int{}
	for _, r := range authz.Kinds() {
		rows[r.Kind]++
	}
	for _, kind := range named {
		if rows[kind] != 1 {
			t.Errorf("%s has %d rows", kind, rows[kind])
		}
		delete(rows, kind)
	}
	for kind := range rows {
		t.Errorf("%s has a row and no name", kind)
	}
	for _, r := range authz.Kinds() {
		t.Run(string(r.Kind), func(t *testing.T) {
			if r.Subject == "" || !r.Kind.Known() {
				t.Error("it has no subject")
			}
			if banking := r.Subject == authz.Data ||
				r.Subject == authz.Payment; banking != (r.Country != authz.NoCountry) {
				t.Errorf("its subject is %s, its country %q", r.Subject, r.Country)
			}
			if r.Kind.Pays() != (r.Subject == authz.Payment) {
				t.Errorf("it pays: %v", r.Kind.Pays())
			}
			if r.Profile.Name == "" || r.Profile.Lang == "" || r.Profile.Zone == "" ||
				r.Profile.MatchCode != (r.Profile.Words != "") {
				t.Errorf("its profile is %+v", r.Profile)
			}
			w := r.Words
			if w.Name == "" || w.Verb == "" || w.List == "" || w.Chart == "" ||
				(w.Calls == "") != (r.Subject == authz.Trial) {
				t.Errorf("its words are %+v", w)
			}
		})
	}
}

// What the table doesn't have is unknown, and nothing else.
func TestOtherKindsAreUnknown(t *testing.T) {
	for _, kind := range []authz.Kind{app.KindUnknown, "uk-vrp", "uk-", "br-data-v9", "payment"} {
		r := kind.Row()
		if kind.Known() || kind.Pays() || r.Kind != kind || r.Subject != "" || r.Country != authz.NoCountry ||
			r.Profile.Name != "unknown" ||
			r.Words != authz.Kind("").Row().Words {
			t.Errorf("%q is %+v", kind, r)
		}
	}
}
