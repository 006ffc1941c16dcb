// Package acpspec holds bodies against the vendor's Swagger in tests. The
// Swagger isn't part of this project: where it isn't beside the checkout, the
// tests are skipped, saying so.
package acpspec

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/yaml"

	"assent/app/apptest"
)

// Spec is one of the vendor's Swagger files.
type Spec struct{ load func() (*openapi3.T, error) }

// The files.
var (
	System = spec("system") // plain logins
	UK     = spec("obuk")
	Brazil = spec("obbr")
)

func spec(name string) Spec {
	return Spec{sync.OnceValues(func() (*openapi3.T, error) { return load(name) })}
}

// Fits is System.Fits.
func Fits(t testing.TB, definition string, body []byte) {
	t.Helper()
	System.Fits(t, definition, body)
}

// Fits checks that body is a value of the named definition, without members
// that the definition doesn't know.
func (s Spec) Fits(t testing.TB, definition string, body []byte) {
	t.Helper()
	doc := s.here(t)
	schema := doc.Components.Schemas[definition]
	if schema == nil {
		t.Fatalf("the Swagger defines no %s", definition)
	}
	var v any
	if err := json.Unmarshal(body, &v); err != nil {
		t.Errorf("%s: %v", definition, err)
		return
	}
	if err := schema.Value.VisitJSON(v, openapi3.MultiErrors()); err != nil {
		t.Errorf("%s doesn't fit %s: %v", body, definition, err)
	}
}

// Has checks that the Swagger knows a path, its parameters in braces and
// without what the paths stand under, with the method.
func (s Spec) Has(t testing.TB, method, path string) {
	t.Helper()
	if item := s.here(t).Paths.Value(path); item == nil || item.GetOperation(strings.ToUpper(method)) == nil {
		t.Errorf("the Swagger has no %s %s", method, path)
	}
}

func (s Spec) here(t testing.TB) *openapi3.T {
	t.Helper()
	doc, err := s.load()
	if errors.Is(err, fs.ErrNotExist) {
		apptest.Skip(t, "bodies were NOT held against the vendor's Swagger: ../shared/acp-spec is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func load(name string) (*openapi3.T, error) {
	_, here, _, _ := runtime.Caller(0)
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(here), "../../../../shared/acp-spec", name+".yaml"))
	if err != nil {
		return nil, err
	}
	var v2 openapi2.T
	if _, err := yaml.Unmarshal(raw, &v2, yaml.DecodeOpts{}); err != nil {
		return nil, err
	}
	doc, err := openapi2conv.ToV3(&v2)
	if err != nil {
		return nil, err
	}
	// A part of a whole says nothing about the members of the other parts.
	parts := map[string]bool{}
	for _, s := range doc.Components.Schemas {
		for _, part := range s.Value.AllOf {
			parts[part.Ref] = true
		}
	}
	closed := false
	for name, s := range doc.Components.Schemas {
		if len(s.Value.Properties) > 0 && !parts["#/components/schemas/"+name] {
			s.Value.AdditionalProperties.Has = &closed
		}
	}
	return doc, nil
}
