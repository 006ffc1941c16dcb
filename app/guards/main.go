// Command guards breaks each security guard of guards.toml, one at a time, and
// runs the test that should notice. It fails where none turns red, and where a
// guard can no longer be found.
//
// The source stays as it is: the broken file is laid over it for one run of
// go test (go build -overlay). Run it by make mutate; names of guards as
// arguments run those alone.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pelletier/go-toml/v2"
	"golang.org/x/sync/errgroup"
)

//go:embed guards.toml
var table []byte

// Guard is one guard and how to break it.
type Guard struct {
	Name    string   `toml:"name"`    // as the security page names it
	Holds   string   `toml:"holds"`   // what is so as long as it stands, a sentence
	File    string   `toml:"file"`    // from the module's root
	Old     string   `toml:"old"`     // stands once in the file
	New     string   `toml:"new"`     // in its place breaks the guard
	Package string   `toml:"package"` // whose tests should notice, from the module's root
	Tests   []string `toml:"tests"`   // those that do
}

func guards() ([]Guard, error) {
	var t struct {
		Guards []Guard `toml:"guard"`
	}
	d := toml.NewDecoder(bytes.NewReader(table)).DisallowUnknownFields()
	return t.Guards, d.Decode(&t)
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "guards:", err)
		os.Exit(1)
	}
}

// run breaks the named guards, or all, from the module's root.
func run(ctx context.Context, out io.Writer, names []string) error {
	all, err := guards()
	if err != nil {
		return err
	}
	if len(names) > 0 {
		all = slices.DeleteFunc(all, func(g Guard) bool { return !slices.Contains(names, g.Name) })
	}
	if len(all) == 0 {
		return errors.New("no guard has such a name")
	}
	var (
		mu     sync.Mutex
		silent []string
	)
	began := time.Now()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(max(1, runtime.NumCPU()))
	for _, guard := range all {
		g.Go(func() error {
			from := time.Now()
			verdict := guard.broken(ctx)
			mu.Lock()
			defer mu.Unlock()
			if verdict != nil {
				silent = append(silent, guard.Name)
				fmt.Fprintf(out, "FAIL  %-40s %v\n", guard.Name, verdict)
			} else {
				fmt.Fprintf(out, "ok    %-40s %s, %.1fs\n", guard.Name, strings.Join(guard.Tests, " "),
					time.Since(from).Seconds())
			}
			return ctx.Err()
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	fmt.Fprintf(out, "%d guards broken, %d noticed, %s\n", len(all), len(all)-len(silent),
		time.Since(began).Round(time.Second))
	if len(silent) > 0 {
		slices.Sort(silent)
		return fmt.Errorf("no test noticed: %s", strings.Join(silent, ", "))
	}
	return nil
}

// broken breaks the guard and gives why no test is known to have noticed, or nil.
func (g Guard) broken(ctx context.Context) error {
	source, err := os.ReadFile(g.File)
	if err != nil {
		return err
	}
	if n := bytes.Count(source, []byte(g.Old)); n != 1 {
		return fmt.Errorf("what it breaks stands %d times in %s, not once", n, g.File)
	}
	dir, err := os.MkdirTemp("", "guard-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	overlay, err := g.overlay(dir, bytes.Replace(source, []byte(g.Old), []byte(g.New), 1))
	if err != nil {
		return err
	}
	said, err := exec.CommandContext(ctx, "go", "test", "-count=1", "-vet=off", "-ldflags=-s -w", "-overlay="+overlay,
		"-run=^("+strings.Join(g.Tests, "|")+")$", "./"+g.Package).CombinedOutput()
	var failed *exec.ExitError
	switch {
	case err == nil && bytes.Contains(said, []byte("no tests to run")):
		return fmt.Errorf("%s has no test %s", g.Package, strings.Join(g.Tests, " or "))
	case err == nil:
		return fmt.Errorf("%s stayed green", strings.Join(g.Tests, " and "))
	case !errors.As(err, &failed):
		return err
	case !bytes.Contains(said, []byte("--- FAIL")) && !bytes.Contains(said, []byte("panic: ")):
		return fmt.Errorf("the tests could not run:\n%s", said)
	}
	return nil
}

// overlay writes the broken file and what go test needs to see it in place of
// the source.
func (g Guard) overlay(dir string, broken []byte) (string, error) {
	at, err := filepath.Abs(g.File)
	if err != nil {
		return "", err
	}
	file, index := filepath.Join(dir, filepath.Base(g.File)), filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(file, broken, 0o600); err != nil {
		return "", err
	}
	b, err := json.Marshal(map[string]any{"Replace": map[string]string{at: file}})
	if err != nil {
		return "", err
	}
	return index, os.WriteFile(index, b, 0o600)
}
