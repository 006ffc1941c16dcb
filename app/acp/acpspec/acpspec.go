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
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/yaml"

	"assent/app/apptest"
)

// Fits checks that body is a value of the named definition of the system API,
// without members that the definition doesn't know.
func Fits(t testing.TB, definition string, body []byte) {
	t.Helper()
	doc, err := system()
	if errors.Is(err, fs.ErrNotExist) {
		apptest.Skip(t, "bodies were NOT held against the vendor's Swagger: ../shared/acp-spec is not here")
	}
	if err != nil {
		t.Fatal(err)
	}
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

var system = sync.OnceValues(func() (*openapi3.T, error) {
	_, here, _, _ := runtime.Caller(0)
	raw, err := os.ReadFile(filepath.Join(filepath.Dir(here), "../../../../shared/acp-spec/system.yaml"))
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
	closed := false
	for _, s := range doc.Components.Schemas {
		if s.Value.Properties != nil {
			s.Value.AdditionalProperties.Has = &closed
		}
	}
	return doc, nil
})
