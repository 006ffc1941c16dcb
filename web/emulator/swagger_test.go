package emulator_test

import (
	"testing"

	"assent/app/acp/acpspec"
	"assent/web/emulator"
)

func TestAnswersFitTheVendorsSwagger(t *testing.T) {
	w := newWorld(t)
	s := w.Begin(emulator.Ask{
		Hint:           "ada.quill",
		Scopes:         []string{"openid", "profile", "invoice.7781", "branch:read"},
		ACR:            []string{"2"},
		BindingMessage: "K7-PLUM",
	})
	w.Edit(s.ID, func(d *emulator.SessionDetails) {
		d.VerifiedClaims = &emulator.VerifiedClaims{
			IDToken: &emulator.VerifiedClaimSet{Claims: map[string]map[string]any{"birthdate": {"essential": true}}},
		}
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
		if row.got.status != row.status {
			t.Errorf("%s: %d %s", name, row.got.status, row.got.raw)
			continue
		}
		acpspec.Fits(t, row.definition, row.got.raw)
	}
}
