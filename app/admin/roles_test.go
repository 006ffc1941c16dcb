package admin_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assent/app"
	"assent/app/admin"
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
		changes := !strings.HasPrefix(string(p), "view_") && !strings.HasPrefix(string(p), "export_") && p != admin.UseConsole && p != admin.EndSessions
		if changes && p.Allows(app.RoleAuditor) {
			t.Errorf("the auditor may %s", p)
		}
		if strings.HasPrefix(string(p), "export_") && !p.Dangerous() {
			t.Errorf("%s asks for no passkey", p)
		}
	}
	for _, row := range []struct {
		role app.AdminRole
		may  []admin.Permission
		not  []admin.Permission
	}{
		{app.RoleOperator, []admin.Permission{admin.EditPeople, admin.InvitePeople, admin.SuspendPeople, admin.RetryRequests, admin.CancelRequests},
			[]admin.Permission{admin.ManageAdmins, admin.ChangeSettings, admin.ExportPeople, admin.ViewAudit}},
		{app.RoleHelpDesk, []admin.Permission{admin.ViewPeople, admin.InvitePeople, admin.IssueActivation, admin.ClearPause, admin.ViewRequests},
			[]admin.Permission{admin.ViewPersonalData, admin.EditPeople, admin.SuspendPeople, admin.RemovePeople, admin.CancelRequests, admin.ViewSettings, admin.ExportAudit, admin.ViewAdmins}},
		{app.RoleAuditor, []admin.Permission{admin.ViewPeople, admin.ViewPersonalData, admin.ViewAudit, admin.ExportAudit, admin.ExportPeople, admin.ViewSettings},
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
	_, err := w.svc.AddAdmin(t.Context(), helen.identity(), "x@northmoor.example", "", app.RoleOwner)
	var denied admin.Denied
	if !errors.Is(err, app.ErrForbidden) || !errors.As(err, &denied) || denied.Permission != admin.ManageAdmins {
		t.Errorf("refused with %v", err)
	}
	rows, err := w.AuditOf(t.Context(), "admin.refused", 5)
	if err != nil || len(rows) != 1 || rows[0].ActorID != helen.who.ID || !strings.Contains(rows[0].Detail, `"manage_admins"`) {
		t.Errorf("in the audit: %+v %v", rows, err)
	}
}

// Every method of Service that acts for an Identity asks the table before
// anything else.
func TestEveryUseCaseAsksFirst(t *testing.T) {
	asked := 0
	for _, f := range sources(t) {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv == nil || !fn.Name.IsExported() || !acts(fn) {
				continue
			}
			star, ok := fn.Recv.List[0].Type.(*ast.StarExpr)
			if !ok || star.X.(*ast.Ident).Name != "Service" {
				continue
			}
			asked++
			calls := false
			ast.Inspect(fn.Body.List[0], func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "may" {
					calls = true
				}
				return true
			})
			if !calls {
				t.Errorf("Service.%s does something before it asks whether who may", fn.Name.Name)
			}
		}
	}
	if asked < 8 {
		t.Errorf("only %d use cases found: does the search still work?", asked)
	}
}

func acts(fn *ast.FuncDecl) bool {
	return slices.ContainsFunc(fn.Type.Params.List, func(p *ast.Field) bool {
		id, ok := p.Type.(*ast.Ident)
		return ok && id.Name == "Identity"
	})
}
