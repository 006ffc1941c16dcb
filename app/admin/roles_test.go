package admin_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
)

// sources are the package's own files.
func sources(t *testing.T) []*ast.File {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var out []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// permissions are those that the package declares.
func permissions(t *testing.T) []admin.Permission {
	t.Helper()
	var out []admin.Permission
	for _, f := range sources(t) {
		ast.Inspect(f, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Permission" && len(spec.Values) == 1 {
				if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
					v, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					out = append(out, admin.Permission(v))
				}
			}
			return true
		})
	}
	if len(out) < 20 {
		t.Fatalf("only %d permissions found: does the search still work?", len(out))
	}
	return out
}

// Every permission is somebody's, the owner has them all, and what must never
// be a role's isn't.
func TestTable(t *testing.T) {
	for _, p := range permissions(t) {
		if !p.Known() {
			t.Errorf("%s does not stand in the table", p)
		}
		if !p.Allows(app.RoleOwner) {
			t.Errorf("the owner lacks %s", p)
		}
		for _, r := range p.Roles() {
			if !slices.Contains(app.AdminRoles, r) {
				t.Errorf("%s is given to %q, which is no role", p, r)
			}
		}
		changes := !strings.HasPrefix(string(p), "view_") && !strings.HasPrefix(string(p), "export_") &&
			p != admin.UseConsole && p != admin.EndSessions
		if changes && p.Allows(app.RoleAuditor) {
			t.Errorf("the auditor may %s", p)
		}
		if strings.HasPrefix(string(p), "export_") && !p.Dangerous() {
			t.Errorf("%s asks for no passkey", p)
		}
	}
	for _, role := range app.AdminRoles {
		if !admin.UseConsole.Allows(role) || !admin.ViewOverview.Allows(role) || !admin.EndSessions.Allows(role) {
			t.Errorf("%s can't use the console", role)
		}
	}
	for _, row := range []struct {
		role app.AdminRole
		may  []admin.Permission
		not  []admin.Permission
	}{
		{app.RoleOperator,
			[]admin.Permission{admin.EditPeople, admin.InvitePeople, admin.SuspendPeople, admin.RetryRequests,
				admin.CancelRequests},
			[]admin.Permission{admin.ManageAdmins, admin.ChangeSettings, admin.ExportPeople, admin.ViewAudit}},
		{app.RoleHelpDesk,
			[]admin.Permission{admin.ViewPeople, admin.InvitePeople, admin.IssueActivation, admin.ClearPause,
				admin.ViewRequests},
			[]admin.Permission{admin.ViewPersonalData, admin.EditPeople, admin.SuspendPeople, admin.RemovePeople,
				admin.CancelRequests, admin.ViewSettings, admin.ExportAudit, admin.ViewAdmins}},
		{app.RoleAuditor,
			[]admin.Permission{admin.ViewPeople, admin.ViewPersonalData, admin.ViewAudit, admin.ExportAudit,
				admin.ExportPeople, admin.ViewSettings},
			[]admin.Permission{admin.ManageAdmins, admin.InvitePeople, admin.IssueActivation, admin.ClearPause}},
	} {
		for _, p := range row.may {
			if !p.Allows(row.role) {
				t.Errorf("%s lacks %s", row.role, p)
			}
		}
		for _, p := range row.not {
			if p.Allows(row.role) {
				t.Errorf("%s has %s", row.role, p)
			}
		}
	}
	if admin.Permission("").Known() || admin.Permission("").Allows(app.RoleOwner) {
		t.Error("no permission is a permission")
	}
}

// A refusal is recorded: who wanted what.
func TestRefusalsAreRecorded(t *testing.T) {
	w := newWorld(t)
	helen := w.set(t, "helen@northmoor.example", app.RoleHelpDesk)
	_, err := admin.Admit[may.ManageAdmins](t.Context(), w.svc, helen.identity())
	var denied admin.Denied
	if !errors.Is(err, app.ErrForbidden) || !errors.As(err, &denied) || denied.Permission != admin.ManageAdmins {
		t.Errorf("refused with %v", err)
	}
	rows, err := w.AuditOf(t.Context(), "admin.refused", 5)
	if err != nil || len(rows) != 1 || rows[0].ActorID != helen.who.ID ||
		!strings.Contains(rows[0].Detail, `"manage_admins"`) {
		t.Errorf("in the audit: %+v %v", rows, err)
	}
}

// openToAll are the methods of Service that need no permission: of those who
// aren't signed in yet, and what tells nothing of anybody.
var openToAll = []string{
	"Activate", "Activated", "BeginSetUp", "BeginSignIn", "Connections",
	"FinishSetUp", "FinishSignIn", "Interrupted", "KnowsPasskey", "Link", "Words",
}

// Every other method of Service takes the proof of a permission, of a passkey too
// where the permission is dangerous, and looks at it before anything else.
func TestEveryUseCaseTakesAProof(t *testing.T) {
	asked := 0
	for _, f := range sources(t) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() {
				continue
			}
			star, ok := fn.Recv.List[0].Type.(*ast.StarExpr)
			if !ok || star.X.(*ast.Ident).Name != "Service" || slices.Contains(openToAll, fn.Name.Name) {
				continue
			}
			asked++
			proof, permission := proofOf(fn)
			if proof == "Caller" { // what is looked at tells the permission
				if !calls(fn.Body.List[0], "s", "may") {
					t.Errorf("Service.%s does something before it asks whether who may", fn.Name.Name)
				}
				continue
			}
			i := slices.IndexFunc(may.All,
				func(p may.Permission) bool { return reflect.TypeOf(p).Name() == permission })
			if i < 0 {
				t.Errorf("Service.%s takes no proof of a permission", fn.Name.Name)
				continue
			}
			want := "Grant"
			if admin.Permission(may.All[i].Name()).Dangerous() {
				want = "Fresh"
			}
			if proof != want {
				t.Errorf("Service.%s takes a %s of %s, want a %s", fn.Name.Name, proof, permission, want)
			}
			looks := func(method string) bool { return calls(fn.Body.List[0], "who", method) }
			if !looks("actor") && !looks("check") && !looks("Identity") {
				t.Errorf("Service.%s does something before it looks at the proof", fn.Name.Name)
			}
		}
	}
	if asked < 40 {
		t.Errorf("only %d use cases found: does the search still work?", asked)
	}
}

// proofOf is the sort of proof that a use case takes as who, and of what.
func proofOf(fn *ast.FuncDecl) (proof, permission string) {
	for _, p := range fn.Type.Params.List {
		if len(p.Names) != 1 || p.Names[0].Name != "who" {
			continue
		}
		switch typ := p.Type.(type) {
		case *ast.Ident:
			return typ.Name, ""
		case *ast.IndexExpr:
			of, ok := typ.Index.(*ast.SelectorExpr)
			if generic, is := typ.X.(*ast.Ident); ok && is {
				return generic.Name, of.Sel.Name
			}
		}
	}
	return "", ""
}

// calls tells whether a statement calls a method of a variable.
func calls(in ast.Stmt, variable, method string) (found bool) {
	ast.Inspect(in, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == method {
			of, ok := sel.X.(*ast.Ident)
			found = found || ok && of.Name == variable
		}
		return true
	})
	return found
}

// The types of permissions are those of the table, and each asks for the passkey
// where the table says so.
func TestPermissionTypesAreTheTables(t *testing.T) {
	var names []admin.Permission
	for _, p := range may.All {
		name := admin.Permission(p.Name())
		names = append(names, name)
		if _, dangerous := p.(may.Dangerous); dangerous != name.Dangerous() {
			t.Errorf("the type of %s is dangerous: %v, the table says %v", name, dangerous, name.Dangerous())
		}
		if got := strings.ToLower(reflect.TypeOf(p).Name()); got != strings.ReplaceAll(p.Name(), "_", "") {
			t.Errorf("the type of %s is called %s", name, got)
		}
	}
	want := permissions(t)
	slices.Sort(names)
	slices.Sort(want)
	if !slices.Equal(names, want) {
		t.Errorf("the types are of %v, want %v", names, want)
	}
}
