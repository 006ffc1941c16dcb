package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// serviceTimeout bounds each call to the authentication service.
const serviceTimeout = 10 * time.Second

// Answer is what the authentication service answered.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Payload is the body of authentication/start, with the members and the order of the one recorded from a live tenant.
// It is a map so that a test can change, add and remove members.
type Payload map[string]any

// StartPayload is what Start sends for a session; nil when there is no such session.
func (e *Emulator) StartPayload(login string) Payload {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, found := e.sessions[login]
	if !found {
		return nil
	}
	var acr any // null when the client asked for none, as recorded
	if len(s.ACR) > 0 {
		acr = s.ACR
	}
	p := Payload{
		"acr_values": acr, "binding_message": s.BindingMessage, "client_id": s.Device,
		"client_info": map[string]any{"client_name": s.clientName},
		"expires_at":  s.ExpiresAt.UTC().Format(time.RFC3339), "login_id": s.ID, "login_state": s.LoginState,
		"requested_scopes": slices.Clone(s.Scopes),
		"server_id":        e.opts.Workspace,
		"tenant_id":        e.opts.Tenant,
		"user_identifier":  s.Hint,
	}
	if s.consent != nil && s.way == ByMember {
		p["openbanking_intent_id"] = s.consent.ID
	}
	if s.consent != nil && s.typed {
		p["consent_type"] = s.consent.Type.PayloadType
	}
	return p
}

// Verify asks the service whether it can authenticate the person, once.
func (e *Emulator) Verify(ctx context.Context, identifier string) (Answer, error) {
	return e.verify(ctx, "", identifier)
}

// Start sends payload, usually a StartPayload, to the service once and answers what came back.
func (e *Emulator) Start(ctx context.Context, payload any) (Answer, error) {
	return e.start(ctx, "", payload)
}

func (e *Emulator) verify(ctx context.Context, correlation, identifier string) (Answer, error) {
	body := map[string]string{"user_identifier": identifier}
	if strings.HasPrefix(identifier, "urn:") { // a consent is looked up in a workspace
		body["server_id"] = e.opts.Workspace
	}
	return e.callService(ctx, correlation, "/user/verify", body)
}

func (e *Emulator) start(ctx context.Context, correlation string, payload any) (Answer, error) {
	return e.callService(ctx, correlation, "/authentication/start", payload)
}

// verified reads the answer of user/verify as ACP does: anything but a plain true or false aborts the flow.
func (e *Emulator) verified(ctx context.Context, correlation, identifier string) (bool, error) {
	a, err := e.verify(ctx, correlation, identifier)
	if err != nil {
		return false, err
	}
	if a.Status != http.StatusOK {
		return false, fmt.Errorf("user/verify answered %d", a.Status)
	}
	var body struct {
		Valid *bool `json:"valid"`
	}
	if err := json.Unmarshal(a.Body, &body); err != nil || body.Valid == nil {
		e.mismatch("user/verify", "", "the answer has no boolean valid")
		return false, errors.New("user/verify answered without valid")
	}
	return *body.Valid, nil
}

// deliverStart repeats authentication/start until the service answers 2xx, at most until the session ends.
func (e *Emulator) deliverStart(ctx context.Context, login string) {
	pending := func() bool {
		s, found := e.Session(login)
		return found && s.State == Pending
	}
	e.work.retry(ctx, e.opts.Backoff, pending, func(ctx context.Context) bool {
		a, err := e.start(ctx, e.correlationOf(login), e.StartPayload(login))
		e.mu.Lock()
		if s := e.sessions[login]; s != nil {
			s.Starts = append(s.Starts, a.Status)
		}
		e.mu.Unlock()
		return err == nil && a.Status/100 == 2
	})
}

func (e *Emulator) correlationOf(login string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.sessions[login]; s != nil {
		return s.correlation
	}
	return ""
}

// callService posts JSON to the service with the credentials it is configured with.
func (e *Emulator) callService(ctx context.Context, correlation, path string, payload any) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, serviceTimeout)
	defer cancel()
	service := e.currentService()
	body, err := json.Marshal(payload)
	if err != nil {
		return Answer{}, err
	}
	target := strings.TrimSuffix(service.URL, "/") + path
	if service.APIKey != "" && service.APIKeyIn == "query" {
		target += "?" + url.Values{service.APIKeyName: {service.APIKey}}.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	switch {
	case service.APIKey == "":
		req.SetBasicAuth(service.Username, service.Password)
	case service.APIKeyIn != "query":
		req.Header.Set(service.APIKeyName, service.APIKey)
	}
	x := e.book.begin(correlation, laneACP, laneService, req, body, e.now(), service.APIKeyName)
	a, err := e.exchange(req)
	e.book.end(x, a.Status, a.Header, a.Body, e.now())
	if err == nil {
		e.checkServiceAnswer(Endpoint(strings.TrimPrefix(path, "/")), a)
	}
	return a, err
}

// exchange makes one call and reads its whole, bounded answer.
func (e *Emulator) exchange(req *http.Request) (Answer, error) {
	res, err := e.opts.HTTP.Do(req)
	if err != nil {
		return Answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, bodyLimit))
	if err != nil {
		return Answer{}, err
	}
	return Answer{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// checkServiceAnswer holds an answer against the contract's two shapes.
func (e *Emulator) checkServiceAnswer(at Endpoint, a Answer) {
	mt, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil || mt != "application/json" {
		e.mismatch(at, "",
			fmt.Sprintf("status %d comes as %q, not application/json", a.Status, a.Header.Get("Content-Type")))
		return
	}
	if a.Status/100 == 2 {
		if a.Status != http.StatusOK || json.Unmarshal(a.Body, &map[string]any{}) != nil {
			e.mismatch(at, "", fmt.Sprintf("success is status %d with %q, not 200 with an object", a.Status, a.Body))
		}
		return
	}
	var failure apiError
	if json.Unmarshal(a.Body, &failure) != nil || failure.StatusCode != a.Status || failure.Error == "" {
		e.mismatch(at, "", fmt.Sprintf("status %d has a body that is not ACP's Error: %.200q", a.Status, a.Body))
	}
}
