package cmd_test

import (
	"context"
	"debug/elf"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/cmd"
	"assent/store"
)

// run runs a command line and gives what it wrote.
func run(t *testing.T, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs strings.Builder
	err = cmd.Run(t.Context(), cmd.Process{Args: args, Stdout: &out, Stderr: &errs})
	return out.String(), errs.String(), err
}

func must(t *testing.T, args ...string) string {
	t.Helper()
	out, errs, err := run(t, args...)
	if err != nil {
		t.Fatalf("assent %s: %v\n%s", strings.Join(args, " "), err, errs)
	}
	return out
}

func TestUserCommands(t *testing.T) {
	dir := "--data-dir=" + t.TempDir()
	must(t, "user", "add", dir, "--name=Ada Quill", "--id=ada.quill", "--id=Ada@Example.com", "--id=cpf:123.456.789-09",
		"--company=12.345.678/0001-95")
	link := must(t, "user", "invite", dir, "--public-url=http://localhost:9", "ADA@example.com")
	if !regexp.MustCompile(`^http://localhost:9/enrol/[A-Za-z0-9_-]{43}\n$`).MatchString(link) {
		t.Errorf("invite printed %q, want the link alone", link)
	}
	list := must(t, "user", "list", dir)
	if !strings.Contains(list, "Ada Quill") || !strings.Contains(list, "cpf:123.456.789-09") ||
		!strings.Contains(list, "active") {
		t.Errorf("list:\n%s", list)
	}
	for _, c := range []struct {
		says string
		args []string
	}{
		{"another person has this identifier", []string{"user", "add", dir, "--name=X", "--id=ADA.QUILL"}},
		{"not a cpf", []string{"user", "add", dir, "--name=X", "--id=cpf:1"}},
		{"no such person", []string{"user", "invite", dir, "nobody"}},
		{"missing flags", []string{"user", "add", dir, "--name=X"}},
		{"unknown flag", []string{"serve", "--colour"}},
	} {
		if _, _, err := run(t, c.args...); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v: %v, want %q", c.args, err, c.says)
		}
	}
}

// What was another person's until lately is given on the command line only when
// that is said, and names no person at first; an import leaves it out.
func TestUserAddMoves(t *testing.T) {
	data := t.TempDir()
	dir := "--data-dir=" + data
	must(t, "user", "add", dir, "--name=Ada", "--id=ada", "--id=ada@bank.example")
	st, err := store.Open(t.Context(), store.Options{Dir: data})
	if err != nil {
		t.Fatal(err)
	}
	ada, err := st.FindPerson(t.Context(), []app.Identifier{{Kind: app.Username, Norm: "ada"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.ErasePerson(t.Context(), app.Operator, ada.ID); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := run(t, "user", "add", dir, "--name=Bob", "--id=Ada@bank.example"); err == nil ||
		!strings.Contains(err.Error(), "until lately") || !strings.Contains(err.Error(), "--move") {
		t.Errorf("without --move: %v", err)
	}
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte("name,identifiers\nBob,email:ada@bank.example;\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, errs, err := run(t, "user", "import", dir, path); err == nil ||
		!strings.Contains(errs, "line 2: “email:ada@bank.example” was somebody else’s until lately") {
		t.Errorf("the import: %q %v", errs, err)
	}
	must(t, "user", "add", dir, "--name=Bob", "--id=bob", "--id=ada@bank.example", "--move")
	if _, _, err := run(t, "user", "invite", dir, "ada@bank.example"); err == nil ||
		!strings.Contains(err.Error(), "no such person") {
		t.Errorf("it names somebody at once: %v", err)
	}
	if list := must(t, "user", "list", dir); !strings.Contains(list, "email:ada@bank.example") {
		t.Errorf("it isn't listed:\n%s", list)
	}
	if audit := must(t, "audit", "export", dir, "--format=jsonl"); !strings.Contains(audit, "identifier.move_to") ||
		!strings.Contains(audit, "identifier.move_from") {
		t.Error("the audit doesn't have the move")
	}
}

func TestServeTellsAllFaultsAtOnce(t *testing.T) {
	_, _, err := run(t, "serve", "--data-dir="+t.TempDir(), "--public-url=http://approve.example")
	for _, says := range []string{"ASSENT_PUBLIC_URL", "ASSENT_PUSH_SUBJECT", "ASSENT_API_USERNAME",
		"ASSENT_ACP_ISSUER", "ASSENT_ACP_CLIENT_ID"} {
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v\ndoesn't say %s", err, says)
		}
	}
}

var complete = []string{"--api-username=acp", "--api-password=correct horse battery",
	"--acp-issuer=http://127.0.0.1:9/bank/system",
	"--acp-client-id=assent", "--acp-client-secret=s", "--log-level=error"}

func TestDemoAndServeKeepApart(t *testing.T) {
	t.Parallel()
	soon, stop := context.WithTimeout(t.Context(), 10*time.Second) // what starts at all must not run on
	defer stop()
	try := func(args ...string) error {
		var out strings.Builder
		return cmd.Run(soon, cmd.Process{Args: args, Stdout: &out, Stderr: &out})
	}
	demo, service := t.TempDir(), t.TempDir()
	t.Run("a demo", func(t *testing.T) { cmd.StartDemo(t, demo) })
	if err := try(append([]string{"serve", "--listen=127.0.0.1:0", "--data-dir=" + demo},
		complete...)...); err == nil ||
		!strings.Contains(err.Error(), "other of serve and demo") {
		t.Errorf("serve on the demo's data: %v", err)
	}
	must(t, "user", "add", "--data-dir="+service, "--name=Ada", "--id=ada")
	t.Run("a service", func(t *testing.T) { serve(t, service) })
	if err := try("demo", "--demo-dir="+service, "--demo-port=0", "--pretend-port=0"); err == nil ||
		!strings.Contains(err.Error(), "other of serve and demo") {
		t.Errorf("demo on the service's data: %v", err)
	}
}

// serve runs the service until the test ends, and gives its address.
func serve(t *testing.T, dir string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- cmd.Run(ctx,
			cmd.Process{
				Args: append([]string{"serve", "--listen=" + addr,
					"--public-url=http://localhost:" + addr[strings.LastIndex(addr, ":")+1:], "--data-dir=" + dir},
					complete...),
				Stdout: t.Output(),
				Stderr: t.Output(),
			})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve ended with %v", err)
		}
	})
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range tick.C {
		select {
		case err := <-ended:
			t.Fatalf("serve: %v", err)
		default:
		}
		if res, err := http.Get("http://" + addr + "/readyz"); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				break
			}
		}
	}
	return addr
}

func TestServeHealthAndHosts(t *testing.T) {
	dir := t.TempDir()
	addr := serve(t, dir)
	if out := must(t, "healthcheck", "--listen="+addr); out != "ready\n" {
		t.Errorf("healthcheck printed %q", out)
	}
	if _, _, err := run(t, "healthcheck", "--listen=127.0.0.1:9"); err == nil {
		t.Error("a healthcheck of nothing succeeds")
	}
	// User commands work while it runs.
	must(t, "user", "add", "--data-dir="+dir, "--name=Ada", "--id=ada")
	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for path, want := range map[string]int{
		"/":                     307,
		"/sign-in":              307,
		"/healthz":              200,
		"/readyz":               200,
		"/openapi.json":         200,
		"/user/verify":          405,
		"/authentication/start": 405,
	} {
		res, err := plain.Get("http://" + addr + path) // an address, not the public host
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s by address: %d, want %d", path, res.StatusCode, want)
		}
	}
	res, err := plain.Get("http://localhost:" + addr[strings.LastIndex(addr, ":")+1:] + "/sign-in")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if csp := res.Header.Get("Content-Security-Policy"); res.StatusCode != 200 ||
		!strings.Contains(csp, "script-src 'self'") || strings.Contains(csp, "unsafe") ||
		res.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d, CSP %q", res.StatusCode, csp)
	}
}

func TestHelpNamesEverySetting(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"user", "add", "--help"}} {
		out := must(t, args...)
		for _, w := range []string{"ASSENT_PUBLIC_URL", "ASSENT_ACP_WORKSPACES", "ASSENT_API_PASSWORD_NEXT_FILE",
			"Default: 127.0.0.1:8080", "Default: 24h"} {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), w) {
				t.Errorf("%v doesn't say %s", args, w)
			}
		}
	}
	if out := must(t, "version"); strings.TrimSpace(out) == "" {
		t.Error("no version")
	}
}

// The release is one static binary under 30 MiB.
func TestReleaseBinary(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks at an ELF file")
	}
	bin := filepath.Join(t.TempDir(), "assent")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", bin, "assent")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	info, err := os.Stat(bin)
	if err != nil || info.Size() > 40<<20 {
		t.Errorf("%d bytes (%v), want at most 40 MiB", info.Size(), err)
	}
	f, err := elf.Open(bin)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if libs, err := f.ImportedLibraries(); err != nil || len(libs) > 0 || f.Section(".interp") != nil {
		t.Errorf("not static: %v %v", libs, err)
	}
	out, err := exec.CommandContext(t.Context(), bin, "version").Output()
	if err != nil || len(out) == 0 {
		t.Errorf("version: %q, %v", out, err)
	}
}
