package admin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	adminweb "assent/web/admin"
	"assent/web/admin/guard"
)

// post sends a body to a route, which says that it has so many bytes.
func (v *visitor) post(route guard.Route, body string, length int64) answer {
	v.t.Helper()
	_, path, _ := strings.Cut(route.Pattern, " ")
	path = strings.NewReplacer("{", "", "}", "").Replace(path)
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, path, strings.NewReader(body))
	r.ContentLength = length
	switch route.Body {
	case guard.FormBody:
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case guard.FileBody:
		r.Header.Set("Content-Type", `multipart/form-data; boundary="edge"`)
	case guard.JSONValue:
		r.Header.Set("Content-Type", "application/json")
	}
	if v.cookie != nil {
		r.AddCookie(v.cookie)
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	doc, err := goquery.NewDocumentFromReader(w.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return answer{w.Result(), doc}
}

// Every route that changes something is refused without a session, without its
// permission, with a body over its limit, and without a fresh passkey where it
// wants one. What is dangerous wants one, apart from ending the session in hand.
func TestEveryChangeIsRefused(t *testing.T) {
	s := newSite(t, true)
	visitors := map[app.AdminRole]*visitor{}
	for _, role := range app.AdminRoles {
		visitors[role] = s.visitor(string(role)+"@northmoor.example", role)
	}
	s.Clock.Advance(app.AdminFresh)
	bodies := map[guard.Body]string{
		guard.NoBody:    "",
		guard.FormBody:  "a=b",
		guard.FileBody:  "--edge--",
		guard.JSONValue: "{}",
	}
	changing := 0
	for _, route := range adminweb.Routes() {
		if strings.HasPrefix(route.Pattern, "GET ") {
			if route.Body != guard.NoBody || route.Limit != 0 {
				t.Errorf("%s takes a body: %s", route.Pattern, route.Body)
			}
			continue
		}
		changing++
		body, known := bodies[route.Body]
		if !known || route.Limit <= 0 || route.Quiet || !strings.HasPrefix(route.Pattern, "POST /admin/") {
			t.Errorf("%s takes %q of at most %d bytes, quietly: %v", route.Pattern, route.Body, route.Limit,
				route.Quiet)
			continue
		}
		size := int64(len(body))
		stranger := (&visitor{site: s}).post(route, body, size)
		to := stranger.Header.Get("Location")
		sentAway := stranger.StatusCode == http.StatusSeeOther && strings.HasPrefix(to, "/admin/sign-in")
		if route.Body == guard.JSONValue {
			sentAway = stranger.StatusCode == http.StatusUnauthorized
		}
		if !sentAway {
			t.Errorf("%s as a stranger: %d to %q", route.Pattern, stranger.StatusCode, to)
		}
		for _, role := range app.AdminRoles {
			if route.Permission.Allows(role) {
				continue
			}
			if got := visitors[role].post(route, body, size); got.StatusCode != http.StatusForbidden ||
				!got.has("denied") {
				t.Errorf("%s as %s: %d", route.Pattern, role, got.StatusCode)
			}
		}
		ends := route.Pattern == "POST /admin/sessions/{id}/end"
		if route.Fresh != (route.Permission.Dangerous() && !ends) {
			t.Errorf("%s wants the passkey: %v", route.Pattern, route.Fresh)
		}
		if route.Fresh || ends {
			got := visitors[app.RoleOwner].post(route, body, size)
			if got.StatusCode != http.StatusForbidden || !got.has("confirm") {
				t.Errorf("%s with a passkey of long ago: %d", route.Pattern, got.StatusCode)
			}
			if closes := got.Header.Get("Connection") == "close"; closes != (route.Body == guard.FileBody) {
				t.Errorf("%s reads the rest of what it refuses: %v", route.Pattern, !closes)
			}
		}
		size = route.Limit + 1
		if route.Body != guard.FileBody { // whose length alone is looked at
			body = "a=" + strings.Repeat("b", int(route.Limit)-1)
		}
		got := visitors[app.RoleOwner].again().post(route, body, size)
		if got.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with %d bytes: %d", route.Pattern, size, got.StatusCode)
		}
	}
	if changing < 35 {
		t.Errorf("only %d routes change something: does the search still work?", changing)
	}
	if rows, err := s.AuditOf(t.Context(), "person.", 5); err != nil || len(rows) != 0 {
		t.Errorf("something was changed: %+v %v", rows, err)
	}
}

// Handlers get their proofs from the guard alone: none admits anybody, and none
// looks at the passkey by itself but the one that ends sessions.
func TestProofsComeFromTheGuard(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	forms := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			ast.Inspect(fn, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				of, ok := sel.X.(*ast.Ident)
				if !ok {
					return true
				}
				switch of.Name + "." + sel.Sel.Name {
				case "admin.Admit", "httpx.Form":
					t.Errorf("%s does by itself what the guard does: %s.%s", fn.Name.Name, of.Name, sel.Sel.Name)
				case "admin.Confirmed":
					if fn.Name.Name != "endSession" {
						t.Errorf("%s looks at the passkey by itself", fn.Name.Name)
					}
				case "guard.Form":
					forms++
				}
				return true
			})
		}
	}
	if forms < 30 || !slices.ContainsFunc(adminweb.Routes(), func(r guard.Route) bool { return r.Fresh }) {
		t.Errorf("only %d forms found: does the search still work?", forms)
	}
}
