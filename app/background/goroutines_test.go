package background_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// unkept are the files whose goroutines need no keeping, and why.
var unkept = map[string]string{
	"app/cmd/listen.go":          "shutting down servers, once, while the process ends",
	"app/cmd/demo.go":            "servers of the demo, and the service, which keeps its own",
	"app/guards/main.go":         "a tool of developers that ends with its run",
	"app/browsertest/firefox.go": "a tool of the tests",
	"web/emulator/background.go": "of the pretend ACP, which is no part of the service",

	"web/emulator/emulatortest/emulatortest.go": "a tool of the tests",
}

// A panic in a goroutine that no handler of HTTP recovers would end the process,
// and every request with it: each of the program's goes through this package.
func TestEveryGoroutineIsKept(t *testing.T) {
	root := filepath.Join("..", "..")
	seen := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.HasSuffix(path, "_templ.go") {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if unkept[filepath.ToSlash(name)] != "" {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, src, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			var call *ast.CallExpr
			switch n := n.(type) {
			case *ast.GoStmt:
				call = n.Call
			case *ast.CallExpr:
				f, ok := n.Fun.(*ast.SelectorExpr)
				if !ok || f.Sel.Name != "Go" && f.Sel.Name != "AfterFunc" {
					return true
				}
				call = n
			default:
				return true
			}
			seen++
			if at := files.Position(call.Pos()); !keeps(call) {
				t.Errorf("%s:%d: a goroutine that background.Try or Watch.Keep doesn't guard", name, at.Line)
			}
			return true
		})
		return nil
	})
	if err != nil || seen < 8 {
		t.Errorf("%d goroutines were found (%v)", seen, err)
	}
}

// keeps tells whether what a goroutine runs is guarded, or is a single call that
// can't panic: the context's cancel function, or a server's serve.
func keeps(call *ast.CallExpr) (kept bool) {
	ast.Inspect(call, func(n ast.Node) bool {
		if f, ok := n.(*ast.SelectorExpr); ok {
			switch f.Sel.Name {
			case "Try", "Keep", "Round", "serve", "shutdown":
				kept = true
			}
		}
		if f, ok := n.(*ast.Ident); ok && f.Name == "lose" {
			kept = true
		}
		return !kept
	})
	return kept
}
