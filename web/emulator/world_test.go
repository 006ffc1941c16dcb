package emulator_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// world is an emulator, a small authentication service behind it, and a clock.
type world struct {
	*emulator.Emulator
	t       *testing.T
	clock   *clock
	service *service
	secret  string
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// service answers ACP's two calls; everyone but "nobody" is known.
type service struct {
	*httptest.Server
	starts chan map[string]any

	mu       sync.Mutex
	failures int // starts still to be answered 503
	verify   int // status of user/verify, 200 by default
}

func newService(t *testing.T) *service {
	s := &service{starts: make(chan map[string]any, 20)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /user/verify", func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			UserIdentifier string `json:"user_identifier"`
		}
		s.mu.Lock()
		status := s.verify
		s.mu.Unlock()
		user, password, _ := r.BasicAuth()
		switch err := json.NewDecoder(r.Body).Decode(&in); {
		case user != "acp" || password != "open sesame" || err != nil:
			answer(w, 401, map[string]any{"status_code": 401, "error": "unauthorized"})
		case status != 0:
			answer(w, status, map[string]any{"status_code": status, "error": "unavailable"})
		default:
			answer(w, 200, map[string]any{"valid": in.UserIdentifier != "nobody"})
		}
	})
	mux.HandleFunc("POST /authentication/start", func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			answer(w, 400, map[string]any{"status_code": 400, "error": "invalid_request"})
			return
		}
		s.mu.Lock()
		fail := s.failures > 0
		s.failures--
		s.mu.Unlock()
		if fail {
			answer(w, 503, map[string]any{"status_code": 503, "error": "unavailable"})
			return
		}
		answer(w, 200, map[string]any{})
		s.starts <- in
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func newWorld(t *testing.T, change ...func(*emulator.Options)) *world {
	t.Helper()
	w := &world{
		t:       t,
		clock:   &clock{now: time.Date(2026, 11, 23, 14, 30, 0, 0, time.UTC)},
		service: newService(t),
		secret:  "se:cr+et %",
	}
	o := emulator.Options{
		Service: emulator.Service{URL: w.service.URL, Username: "acp", Password: "open sesame"},
		Client:  emulator.Client{ID: "assent", Secret: w.secret},
		People:  []emulator.Person{{Name: "Ada Quill", Hint: "ada.quill", Note: "has a phone"}},
		Backoff: time.Millisecond, Now: w.clock.Now,
	}
	for _, f := range change {
		f(&o)
	}
	w.Emulator = emulatortest.Start(t, o)
	return w
}

type result struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any
}

func (w *world) do(req *http.Request) result {
	w.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatalf("%s %s: %v", req.Method, req.URL, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	out := result{status: res.StatusCode, header: res.Header, raw: raw}
	_ = json.Unmarshal(raw, &out.body)
	return out
}

func (w *world) request(method, target, contentType, body string) *http.Request {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	return req
}

// form posts a form with the device's credentials.
func (w *world) form(d emulator.Device, target string, form url.Values) result {
	w.t.Helper()
	req := w.request("POST", target, "application/x-www-form-urlencoded", form.Encode())
	req.SetBasicAuth(url.QueryEscape(d.ID), url.QueryEscape(d.Secret))
	return w.do(req)
}

func (w *world) till() emulator.Device { return w.ScreenDevice(emulator.Shop, emulator.Poll) }

func (w *world) backchannel(d emulator.Device, form url.Values) result {
	w.t.Helper()
	return w.form(d, w.WorkspaceIssuer()+"/oauth2/backchannel/authentication", form)
}

func (w *world) poll(d emulator.Device, id string) result {
	w.t.Helper()
	return w.form(d, w.WorkspaceIssuer()+"/oauth2/token", url.Values{
		"grant_type": {"urn:openid:params:grant-type:ciba"}, "auth_req_id": {id},
	})
}

// token is a fresh token for the system API.
func (w *world) token() string {
	w.t.Helper()
	req := w.request("POST", w.Issuer()+"/oauth2/token", "application/x-www-form-urlencoded",
		"grant_type=client_credentials")
	req.SetBasicAuth("assent", url.QueryEscape(w.secret))
	got := w.do(req)
	token, _ := got.body["access_token"].(string)
	if got.status != 200 || token == "" {
		w.t.Fatalf("token: %d %s", got.status, got.raw)
	}
	return token
}

// api calls the system API with a fresh token; body nil is a GET.
func (w *world) api(path string, body any) result {
	w.t.Helper()
	req := w.request("GET", w.APIURL()+path, "", "")
	if body != nil {
		raw, isRaw := body.(string)
		if !isRaw {
			raw = string(mustJSON(w.t, body))
		}
		req = w.request("POST", w.APIURL()+path, "application/json", raw)
	}
	req.Header.Set("Authorization", "Bearer "+w.token())
	return w.do(req)
}

func jsonInto(raw []byte, v any) error { return json.Unmarshal(raw, v) }

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (w *world) accept(s emulator.Session, scopes ...string) result {
	w.t.Helper()
	return w.api("/scope-grants/"+s.ID+"/accept",
		map[string]any{"id": s.ID, "login_state": s.LoginState, "granted_scopes": scopes})
}

func (w *world) reject(s emulator.Session) result {
	w.t.Helper()
	return w.api("/scope-grants/"+s.ID+"/reject", map[string]any{
		"id": s.ID, "login_state": s.LoginState, "error": "access_denied", "error_cause": "Rejected by the user.",
		"error_description": "The user rejected authentication.", "status_code": 403,
	})
}

// contractKept fails the test when the emulator saw a departure from the contract.
func (w *world) contractKept() {
	w.t.Helper()
	for _, m := range w.Mismatches() {
		w.t.Errorf("mismatch: %s", m)
	}
}
