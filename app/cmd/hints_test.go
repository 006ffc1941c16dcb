package cmd_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"assent/app"
)

// A phone number that ACP alone knows is nobody's customer number where the
// connection sends phone numbers.
func TestServeReadsHintsAsTheConnectionLists(t *testing.T) {
	t.Setenv("ASSENT_ACP_HINTS", "phone,cpf")
	data := t.TempDir()
	must(t, "user", "add", "--data-dir="+data, "--name=Ada", "--id=customer:02079461111", "--id=cpf:123.456.789-09")
	addr := serve(t, data)
	for hint, want := range map[string]int{"02079461111": http.StatusNotFound, "123.456.789-09": http.StatusOK} {
		body := fmt.Sprintf(`{"login_id": %q, "login_state": "s", "user_identifier": %q, "client_info": {"client_id": "till"}, "requested_scopes": []}`,
			app.NewID(), hint)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/authentication/start",
			strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("acp", "correct horse battery")
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("a start for %s: %d, want %d", hint, res.StatusCode, want)
		}
	}
	// The command line reads all kinds.
	if out := must(t, "user", "invite", "--data-dir="+data, "02079461111"); !strings.Contains(out, "/enrol/") {
		t.Errorf("invite printed %q", out)
	}
}
