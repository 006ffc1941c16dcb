package consent_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/authz"
	"assent/app/consent"
	"assent/app/people"
	"assent/store/storetest"
)

// keycloak is an authorization server with another protocol than ACP's, as
// Keycloak's HTTP authentication channel has it: one call comes in with a bearer
// token, which the answer carries back. There is no verify, and no details: what
// the call said is all there is. It stands for any second server.
type keycloak struct {
	callback string // where the answer goes
}

// asked is the call that comes in, and what the adapter keeps of it as the
// login's state.
type asked struct {
	Bearer    string `json:"bearer,omitempty"`
	LoginHint string `json:"login_hint"`
	Scope     string `json:"scope"`
	Client    string `json:"client"`
	Message   string `json:"binding_message"`
}

func (a asked) state() string {
	b, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// inbound is the adapter's surface: what the server calls.
func (k keycloak) inbound(svc *consent.Service) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in asked
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, "malformed", http.StatusBadRequest)
			return
		}
		bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		in.Bearer = bearer
		err := svc.Start(r.Context(), app.Actor{Kind: app.ActorACP, ID: "keycloak"}, "keycloak", consent.Start{
			TenantID:       k.TenantID(),
			LoginID:        app.NewID(),
			LoginState:     in.state(),
			UserIdentifier: in.LoginHint,
			ClientID:       in.Client,
			ClientName:     in.Client, BindingMessage: in.Message, Scopes: strings.Fields(in.Scope), Payload: "{}",
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusCreated)
	})
}

func (keycloak) TenantID() string     { return "realm" }
func (keycloak) Ahead() time.Duration { return 0 }

func (keycloak) KindOf(authz.Hint) (authz.Kind, error) { return authz.Regular, nil }

func (keycloak) Recognise(context.Context, authz.Hint) (authz.Kind, error) { return authz.Regular, nil }

func (keycloak) ConsentOwner(context.Context, string, string) (authz.ConsentOwner, error) {
	return authz.ConsentOwner{}, &authz.Error{Outcome: authz.NotFound}
}

func (keycloak) Details(_ context.Context, l authz.Login) (*authz.Details, error) {
	var in asked
	if err := json.Unmarshal([]byte(l.State), &in); err != nil {
		return nil, &authz.Error{Outcome: authz.Unreadable, Cause: err}
	}
	d := &authz.Details{ClientID: in.Client, Client: authz.ClientInfo{Name: in.Client}}
	for name := range strings.FieldsSeq(in.Scope) {
		d.Scopes = append(d.Scopes, authz.Scope{Name: name, DisplayName: name, Allowed: true})
	}
	return d, nil
}

func (k keycloak) Accept(ctx context.Context, l authz.Login, _ authz.Grant) error {
	return k.answer(ctx, l, "SUCCEED")
}

func (k keycloak) Reject(ctx context.Context, l authz.Login, r authz.Rejection) error {
	if r.Why == authz.ByPerson {
		return k.answer(ctx, l, "CANCELLED")
	}
	return k.answer(ctx, l, "UNAUTHORIZED")
}

func (k keycloak) answer(ctx context.Context, l authz.Login, status string) error {
	var in asked
	if err := json.Unmarshal([]byte(l.State), &in); err != nil {
		return &authz.Error{Outcome: authz.Refused, Cause: err}
	}
	body, err := json.Marshal(map[string]string{"status": status})
	if err != nil {
		return &authz.Error{Outcome: authz.Refused, Cause: err}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.callback, bytes.NewReader(body))
	if err != nil {
		return &authz.Error{Outcome: authz.Refused, Cause: err}
	}
	req.Header.Set("Authorization", "Bearer "+in.Bearer)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return &authz.Error{Outcome: authz.Unknown, MayHaveTakenEffect: true, Cause: err}
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return &authz.Error{Outcome: authz.Busy, Status: res.StatusCode, MayHaveTakenEffect: res.StatusCode >= 500}
	}
	return nil
}

// A second authorization server is an adapter and a surface: the use case serves
// it as it is.
func TestASecondAuthorizationServer(t *testing.T) {
	for _, decision := range []string{"SUCCEED", "CANCELLED"} {
		t.Run(decision, func(t *testing.T) {
			db := storetest.New(t)
			alice := db.MustPerson("alice")
			dev := db.MustDevice(alice)
			var heard []string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var in struct{ Status string }
				if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
					t.Error(err)
				}
				heard = append(heard, r.Header.Get("Authorization")+" "+in.Status)
			}))
			defer server.Close()
			second := keycloak{callback: server.URL}
			svc := consent.New(consent.Config{
				Store:       db.Store,
				Resolver:    people.Directory{Reader: db.Reader},
				Connections: []consent.Connection{{Name: "keycloak", Server: second}},
				RequestTTL:  time.Minute,
				Fatigue:     consent.DefaultFatigue,
				Log:         slog.New(slog.NewTextHandler(t.Output(), nil)),
			})
			surface := httptest.NewServer(second.inbound(svc))
			defer surface.Close()

			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, surface.URL,
				strings.NewReader(`{"login_hint": "alice", "scope": "openid email", "client": "till", "binding_message": "K7-PLUM"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer one-use")
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusCreated {
				t.Fatal(res.Status)
			}

			waiting, err := db.Inbox(t.Context(), alice.ID)
			if err != nil || len(waiting) != 1 {
				t.Fatal(waiting, err)
			}
			id := waiting[0].ID
			v, err := svc.View(t.Context(), storetest.On(dev), id)
			if err != nil || v.Sheet == nil || v.Sheet.Message != "K7-PLUM" {
				t.Fatalf("%+v, %v", v, err)
			}
			if decision == "SUCCEED" {
				err = svc.Approve(t.Context(), storetest.On(dev), id,
					consent.Choice{Digest: v.Digest, Scopes: []string{"email"}}, signed(dev.CredentialID))
			} else {
				err = svc.Deny(t.Context(), storetest.On(dev), id)
			}
			if err != nil {
				t.Fatal(err)
			}
			svc.Settle(t.Context(), db.MustLease(app.JobSettle, id))
			if got, err := db.Request(t.Context(), id); err != nil || got.Delivery != app.DeliveryDelivered {
				t.Errorf("%+v, %v", got, err)
			}
			if len(heard) != 1 || heard[0] != "Bearer one-use "+decision {
				t.Errorf("the server heard %q", heard)
			}
		})
	}
}
