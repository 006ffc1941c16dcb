package emulator_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"assent/web/emulator"
)

func TestCredentialsForTheService(t *testing.T) {
	for name, row := range map[string]struct {
		service emulator.Service
		want    func(*http.Request) bool
	}{
		"basic": {emulator.Service{Username: "acp", Password: "open sesame"}, func(r *http.Request) bool {
			user, password, given := r.BasicAuth()
			return given && user == "acp" && password == "open sesame"
		}},
		"key in a header": {emulator.Service{APIKey: "k3y", APIKeyName: "X-Key", APIKeyIn: "header"},
			func(r *http.Request) bool {
				return r.Header.Get("X-Key") == "k3y" && r.Header.Get("Authorization") == "" && r.URL.RawQuery == ""
			}},
		"key in the query": {emulator.Service{APIKey: "k3y", APIKeyName: "key", APIKeyIn: "query"},
			func(r *http.Request) bool {
				return r.URL.Query().Get("key") == "k3y" && r.Header.Get("Authorization") == ""
			}},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if !row.want(r) || r.Header.Get("Content-Type") != "application/json" || r.Method != http.MethodPost {
					t.Errorf("%s %s with %v", r.Method, r.URL, r.Header)
				}
				answer(w, 200, map[string]any{"valid": true})
			}))
			defer server.Close()
			w := newWorld(t)
			row.service.URL = server.URL + "/"
			w.SetService(row.service)
			if a, err := w.Verify(t.Context(), "ada.quill"); err != nil || a.Status != 200 ||
				!strings.Contains(string(a.Body), `"valid":true`) {
				t.Errorf("verify: %d %s %v", a.Status, a.Body, err)
			}
			w.contractKept()
		})
	}
}

func TestStartSendsWhatATestMakesOfIt(t *testing.T) {
	w := newWorld(t)
	s := w.Begin(emulator.Ask{
		Hint:   "ada.quill",
		Scopes: []string{"openid", "never:heard"},
		ACR:    []string{"a", "b"},
		Device: "stranger",
	})
	payload := w.StartPayload(s.ID)
	payload["state"], payload["scopes"] = payload["login_state"], "openid never:heard"
	delete(payload, "login_state")
	delete(payload, "requested_scopes")
	if a, err := w.Start(t.Context(), payload); err != nil || a.Status != 200 {
		t.Fatalf("start: %d %s %v", a.Status, a.Body, err)
	}
	sent := <-w.service.starts
	_, kept := sent["login_state"]
	if sent["state"] != s.LoginState || sent["scopes"] != "openid never:heard" || kept ||
		sent["client_id"] != "stranger" || len(sent["acr_values"].([]any)) != 2 {
		t.Errorf("sent %v", sent)
	}
	if w.StartPayload(s.ID)["login_state"] != s.LoginState {
		t.Error("changing one payload changed the next")
	}
	w.contractKept()
}

func TestAnswersBesideTheContractAreLogged(t *testing.T) {
	for name, row := range map[string]struct {
		contentType, body string
		status            int
		want              string
	}{
		"not JSON":          {"text/plain", `{"valid": true}`, 200, "not application/json"},
		"no object":         {"application/json", `true`, 200, "not 200 with an object"},
		"another success":   {"application/json", `{"valid": true}`, 201, "not 200 with an object"},
		"a foreign error":   {"application/json", `{"message": "no"}`, 400, "not ACP's Error"},
		"another code":      {"application/json", `{"status_code": 500, "error": "x"}`, 400, "not ACP's Error"},
		"the right failure": {"application/json", `{"status_code": 400, "error": "invalid_request"}`, 400, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", row.contentType)
				w.WriteHeader(row.status)
				_, _ = w.Write([]byte(row.body))
			}))
			defer server.Close()
			w := newWorld(t)
			w.SetService(emulator.Service{URL: server.URL})
			if _, err := w.Verify(t.Context(), "ada.quill"); err != nil {
				t.Fatal(err)
			}
			m := w.Mismatches()
			if (row.want == "") != (len(m) == 0) || (len(m) > 0 && !strings.Contains(m[0].Text, row.want)) {
				t.Errorf("mismatches %v, want %q", m, row.want)
			}
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]emulator.Options{
		"no URL":            {},
		"a URL with a path": {URL: "http://localhost:8090/acp"},
		"a reserved name":   {URL: "http://localhost:8090", Tenant: "sales"},
		"a tenant with /":   {URL: "http://localhost:8090", Tenant: "a/b"},
		"no ping endpoint": {
			URL:     "http://localhost:8090",
			Devices: []emulator.Device{{ID: "x", Secret: "y", Delivery: emulator.Ping}},
		},
		"no device secret":  {URL: "http://localhost:8090", Devices: []emulator.Device{{ID: "x"}}},
		"an unknown vanity": {URL: "http://localhost:8090", Vanity: "both"},
	} {
		if _, err := emulator.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
