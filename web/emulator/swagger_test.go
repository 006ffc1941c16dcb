package emulator_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/yaml"

	"assent/web/emulator"
)

// vendorSchema is a definition of the vendor's Swagger of the system API, with unknown members refused.
func vendorSchema(t *testing.T, name string) *openapi3.Schema {
	t.Helper()
	raw, err := os.ReadFile("../../../shared/acp-spec/system.yaml")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the vendor's Swagger (../shared/acp-spec) is not here: answers were NOT checked against it")
	}
	if err != nil {
		t.Fatal(err)
	}
	var old openapi2.T
	if _, err := yaml.Unmarshal(raw, &old, yaml.DecodeOpts{}); err != nil {
		t.Fatal(err)
	}
	doc, err := openapi2conv.ToV3(&old)
	if err != nil {
		t.Fatal(err)
	}
	schema := doc.Components.Schemas[name]
	if schema == nil {
		t.Fatalf("no definition %s", name)
	}
	closed := false
	for _, s := range doc.Components.Schemas {
		if s.Value.Properties != nil {
			s.Value.AdditionalProperties.Has = &closed
		}
	}
	return schema.Value
}

func TestAnswersFitTheVendorsSwagger(t *testing.T) {
	w := newWorld(t)
	s := w.Begin(emulator.Ask{Hint: "ada.quill", Scopes: []string{"openid", "profile", "invoice.7781", "branch:read"}, ACR: []string{"2"}, BindingMessage: "K7-PLUM"})
	w.Edit(s.ID, func(d *emulator.SessionDetails) {
		d.VerifiedClaims = &emulator.VerifiedClaims{IDToken: &emulator.VerifiedClaimSet{Claims: map[string]map[string]any{"birthdate": {"essential": true}}}}
		d.AuthorizationDetails = []map[string]any{{"type": map[string]any{"name": "x"}}}
		d.MaxAge, d.Subject = "1h0m0s", "ada.quill"
	})
	pending := w.api("/scope-grants/"+s.ID, nil)
	accepted := w.accept(s, "openid", "branch:read")
	finished := w.api("/scope-grants/"+s.ID, nil)
	gone := w.accept(s, "openid", "branch:read")
	other := w.Begin(emulator.Ask{Hint: "ada.quill"})
	refused := w.api("/scope-grants/"+other.ID+"/accept", "{}")
	for name, row := range map[string]struct {
		definition string
		got        result
		status     int
	}{
		"details, pending":  {"ScopeGrantSessionResponse", pending, 200},
		"details, finished": {"ScopeGrantSessionResponse", finished, 200},
		"accepted":          {"ScopeGrantAccepted", accepted, 200},
		"rejected":          {"ScopeGrantRejected", w.reject(other), 200},
		"gone":              {"Error", gone, 404},
		"refused":           {"Error", refused, 400},
	} {
		var v any
		if err := json.Unmarshal(row.got.raw, &v); err != nil || row.got.status != row.status {
			t.Errorf("%s: %d %s %v", name, row.got.status, row.got.raw, err)
			continue
		}
		if err := vendorSchema(t, row.definition).VisitJSON(v); err != nil {
			t.Errorf("%s doesn't fit %s: %v", name, row.definition, err)
		}
	}
}
