package consent_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"assent/app"
	"assent/app/acp"
	"assent/app/authz"
	"assent/app/consent"
	"assent/app/people"
	"assent/store/storetest"
)

// newer is an adapter that tells a kind which the table of kinds doesn't have.
type newer struct {
	keycloak
	at, later authz.Kind // told at the start, and when asked
}

func (n newer) KindOf(authz.Hint) (authz.Kind, error) { return n.at, nil }

func (n newer) Recognise(context.Context, authz.Hint) (authz.Kind, error) { return n.later, nil }

// A kind that the table doesn't have can't be decided on, wherever it comes from:
// the request is cancelled as one that can't be served.
func TestAKindOutsideTheTableIsCancelled(t *testing.T) {
	for name, n := range map[string]newer{
		"told at the start":    {at: "uk-vrp"},
		"told when asked":      {later: "uk-vrp"},
		"stored by a newer us": {at: authz.UKDomesticPayment},
	} {
		t.Run(name, func(t *testing.T) {
			db := storetest.New(t)
			alice := db.MustPerson("alice")
			dev := db.MustDevice(alice)
			server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			defer server.Close()
			n.callback = server.URL
			svc := consent.New(consent.Config{
				Store:       db.Store,
				Resolver:    people.Directory{Reader: db.Reader},
				Connections: []consent.Connection{{Name: "acp", Server: n}},
				RequestTTL:  time.Minute,
				Fatigue:     consent.DefaultFatigue,
				Log:         slog.New(slog.NewTextHandler(t.Output(), nil)),
			})
			err := svc.Start(t.Context(), app.Actor{Kind: app.ActorACP, ID: "acp"}, "acp",
				consent.Start{TenantID: n.TenantID(), LoginID: "login",
					LoginState:     `{"scope":"openid"}`,
					UserIdentifier: "alice",
					ClientID:       "till",
					ClientName:     "Till",
					Scopes:         []string{"openid"},
					Payload:        "{}"})
			if err != nil {
				t.Fatal(err)
			}
			r, err := db.RequestByLogin(t.Context(), n.TenantID(), "login")
			if err != nil {
				t.Fatal(err)
			}
			if n.at == authz.UKDomesticPayment {
				db.Tamper(`UPDATE requests SET kind = 'uk-vrp' WHERE id = ?`, r.ID)
			}
			if n.at != "uk-vrp" {
				v, err := svc.View(t.Context(), storetest.On(dev), r.ID)
				if err == nil && v.Sheet != nil {
					t.Errorf("it is shown: %+v", v.Sheet)
				}
			}
			if r, err = db.Request(t.Context(), r.ID); err != nil || r.State != app.Cancelled ||
				r.Reason != app.ReasonUnsupported {
				t.Errorf("it is %s for %q (%v)", r.State, r.Reason, err)
			}
		})
	}
}

// While a kind isn't known, a code that the pattern of any profile finds is
// shown nowhere.
func TestCodesOfAKindThatIsNotKnownAreHidden(t *testing.T) {
	w, _ := banking(t, acp.LayoutWorkspace, "obuk")
	p := asksPayments
	p.CodePatterns = map[string]*regexp.Regexp{
		"regular":    regexp.MustCompile(`word (\w+)`),
		"uk-payment": regexp.MustCompile(`PIN=(\w+)`),
	}
	w.protect(p)
	r := w.unread(w.acp.AddConsent("uk-domestic-payment", nil))
	for message, want := range map[string]bool{"PIN=AB": true, "word AB": true, "code 7730": true, "Pay": false} {
		r.BindingMessage = message
		if got := w.mayAskCode(r); got != want {
			t.Errorf("%q may be asked for: %v", message, got)
		}
	}
}
