package slip_test

import (
	"strings"
	"testing"

	"assent/app/authz"
	"assent/app/slip"
)

// What was signed says what was left out: by the lists of its ticks, and of a
// text that was signed before claims had ticks, by its scopes.
func TestAnsweredMarksWhatWasLeftOut(t *testing.T) {
	sh := regular("K7-PLUM")
	text := sh.Text(reader(t, "en-GB"))
	answer := slip.Answer{
		Scopes:         []string{"openid", "profile", "transfers:read.42"},
		Claims:         []string{"birthdate"},
		VerifiedClaims: []string{"given_name"},
		Accounts:       []string{"acc-2"},
	}
	marked := func(x slip.Text) string {
		var out []string
		for _, g := range x.Groups {
			for _, it := range g.Items {
				if it.LeftOut {
					out = append(out, it.Title)
				}
			}
		}
		if x.Choice != nil {
			for _, a := range x.Choice.Accounts {
				if a.LeftOut {
					out = append(out, a.Name)
				}
			}
		}
		return strings.Join(out, ", ")
	}
	if got := marked(text.Answered(answer)); got != "Access while you are away, loyalty_level" {
		t.Errorf("left out: %q", got)
	}
	if got := marked(text); got != "" {
		t.Errorf("the text itself was marked: %q", got)
	}
	for i, g := range text.Groups { // as it was signed before
		for j := range g.Items {
			text.Groups[i].Items[j].List = ""
		}
		text.Groups[i].Items = text.Groups[i].Items[:min(2, len(g.Items))]
	}
	if got := marked(text.Answered(answer)); got != "Access while you are away" {
		t.Errorf("left out of an earlier text: %q", got)
	}
	shared := uk(authz.UKAccountAccess, authz.Consent{Permissions: []string{"ReadPAN"}}, ticks)
	if got := marked(shared.Text(reader(t, "en-GB")).Answered(answer)); got != "Current account" {
		t.Errorf("accounts left out: %q", got)
	}
}
