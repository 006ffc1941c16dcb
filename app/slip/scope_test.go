package slip

import (
	"strings"
	"testing"

	"assent/app/authz"
	"assent/app/i18n"
)

// What is granted is what is said: the words for a scope's name don't cover a
// dynamic form of it, and a name that looks like nothing isn't one.
func TestWordsCoverWhatIsGranted(t *testing.T) {
	catalogue, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		scope Scope
		never string // words that would mislead
	}{
		{"a dynamic form of profile", Scope{Name: "profile", Grant: "payments.send.10000.to.mallory", Optional: true},
			"picture"},
		{"a dynamic form of openid", Scope{Name: "openid", Grant: "admin.everything"}, "That it’s you"},
		{"a dynamic form with ACP's words", Scope{Name: "payments.*", DisplayName: "Payments", Grant: "payments.99999"},
			""},
		{"a display name that looks like nothing", Scope{Name: "x.y", DisplayName: "\u200b\u3164\u2800", Grant: "x.y"},
			""},
	} {
		sh := &Sheet{Kind: authz.Regular, Scopes: []Scope{{Name: "openid", Grant: "openid"}, c.scope}}
		text := sh.Text(Reader{Words: catalogue.Match("en-GB", "")})
		var shown []string
		for _, g := range text.Groups {
			for _, it := range g.Items {
				shown = append(shown, it.Title+" "+it.More)
			}
		}
		all := strings.Join(shown, "\n")
		if !strings.Contains(all, c.scope.Grant) || c.never != "" && strings.Contains(all, c.never) {
			t.Errorf("%s: %q is granted, and shown is %q", c.name, c.scope.Grant, all)
		}
	}
}

func TestAuthorizationWithoutAReadableType(t *testing.T) {
	catalogue, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	sh := &Sheet{Kind: authz.Regular, Authorization: []map[string]any{{"type": map[string]any{"amount": "5000"}}}}
	text := sh.Text(Reader{Words: catalogue.Match("en-GB", "")})
	if len(text.Groups) != 1 || len(text.Groups[0].Items) != 1 || text.Groups[0].Items[0].More != "5000" {
		t.Errorf("shown: %+v", text.Groups)
	}
}
