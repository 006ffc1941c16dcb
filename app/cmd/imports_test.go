package cmd_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// layers are our packages from the bottom up; a package imports only from
// layers below its own. Test helpers (…test) may use what they test.
var layers = [][]string{
	{"assent/app", "assent/app/clock", "assent/app/background", "assent/migrations", "assent/static",
		"assent/app/fold", "assent/app/admin/may"},
	{"assent/app/identifier", "assent/app/authz", "assent/store/sqlite"},
	{"assent/store", "assent/app/outbound", "assent/app/i18n", "assent/app/live", "assent/app/config",
		"assent/app/csvfile", "assent/app/spoken", "assent/app/docs"},
	{"assent/app/acp", "assent/app/accounts"},
	{"assent/app/slip", "assent/app/receipt"},
	{"assent/app/consent", "assent/app/people", "assent/app/passkey", "assent/app/push", "assent/app/login",
		"assent/app/jobs", "assent/app/audit", "assent/app/health", "assent/app/settings"},
	{"assent/app/importer", "assent/app/acp/condition"},
	{"assent/app/admin", "assent/web/view"},
	{"assent/web/httpx", "assent/web/device/page", "assent/web/admin/page"},
	{"assent/web/admin/guard"},
	{"assent/web/acp", "assent/web/device", "assent/web/admin", "assent/web/emulator"},
	{"assent/web"},
	{"assent/app/cmd", "assent/app/guards"},
	{"assent"},
}

// knowACP may use the adapter of ACP: its own surface, and the wiring.
var knowACP = []string{"assent/app/acp/condition", "assent/web/acp", "assent/app/cmd"}

// The arrows of the package map point down; nothing imports upward or sideways.
func TestImportsPointDown(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`,
		"assent/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	layer := func(pkg string) int {
		return slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, pkg) })
	}
	page, err := os.ReadFile("../../static/docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	drawn := map[string]int{} // the line of the map that shows a package
	_, rest, _ := strings.Cut(string(page), "## The packages")
	_, rest, _ = strings.Cut(rest, "```\n")
	picture, _, _ := strings.Cut(rest, "```\n")
	for i, line := range strings.Split(picture, "\n") {
		for _, name := range strings.Fields(line) {
			if layer("assent/"+name) < 0 {
				break // the line's packages end here, and words follow
			}
			drawn[name] = i
		}
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if strings.HasSuffix(f[0], "test") || strings.HasSuffix(f[0], "/acpspec") {
			continue
		}
		own := layer(f[0])
		if own < 0 {
			t.Errorf("%s has no place in the package map", f[0])
			continue
		}
		name := strings.TrimPrefix(f[0], "assent/")
		place, shown := drawn[name]
		if !shown && name != "assent" && !strings.HasSuffix(name, "/page") {
			t.Errorf("architecture.md doesn't show %s", name)
		}
		for _, imp := range f[1:] {
			if strings.HasPrefix(imp, "assent") && layer(imp) >= own {
				t.Errorf("%s imports %s, which is not below it", f[0], imp)
			}
			if below, ok := drawn[strings.TrimPrefix(imp, "assent/")]; ok && shown && below < place {
				t.Errorf("architecture.md draws %s above %s, which imports it", imp, f[0])
			}
			if imp == "assent/app/acp" && !slices.Contains(knowACP, f[0]) {
				t.Errorf("%s imports the adapter of ACP; what it needs of a server is in consent and health", f[0])
			}
			if f[0] == "assent/web/emulator" && strings.HasPrefix(imp, "assent/") && imp != "assent/static" {
				t.Errorf("the emulator stands in for another product and imports %s", imp)
			}
		}
	}
}
