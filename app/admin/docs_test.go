package admin_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"assent/app/admin"
	"assent/static"
)

var permissionRow = regexp.MustCompile("(?m)^\\| [^|]+ \\| `([a-z_]+)` \\| ([a-z, ]+) \\| (yes|no) \\|$")

// The page of the console says of each permission which roles have it and
// whether the passkey is asked for again.
func TestConsolePageSaysWhoMayDoWhat(t *testing.T) {
	page, err := fs.ReadFile(static.Docs, "console.md")
	if err != nil {
		t.Fatal(err)
	}
	said := map[admin.Permission]string{}
	for _, m := range permissionRow.FindAllStringSubmatch(string(page), -1) {
		said[admin.Permission(m[1])] = m[2] + ": " + m[3]
	}
	for _, p := range permissions(t) {
		var roles []string
		for _, r := range p.Roles() {
			roles = append(roles, string(r))
		}
		again := map[bool]string{true: "yes", false: "no"}[p.Dangerous()]
		if want := strings.Join(roles, ", ") + ": " + again; said[p] != want {
			t.Errorf("the page says of %s %q, want %q", p, said[p], want)
		}
		delete(said, p)
	}
	for p := range said {
		t.Errorf("the page names %s, which is no permission", p)
	}
}
