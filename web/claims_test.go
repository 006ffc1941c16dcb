package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/app/receipt"
	"assent/web/emulator"
)

// tick is a tick box of a request's page.
type tick struct{ list, value string }

func ticksOn(doc *goquery.Document) (out []tick) {
	doc.Find(`[data-testid="scope"] input[type=checkbox]`).Each(func(_ int, box *goquery.Selection) {
		out = append(out, tick{box.AttrOr("name", ""), box.AttrOr("value", "")})
	})
	return out
}

// approvedWith approves with all ticks of the page but those, as its script does.
func (p *person) approvedWith(r app.Request, unticked ...string) {
	p.t.Helper()
	doc := p.get("/requests/" + r.ID).page(p.t)
	lists := map[string][]string{}
	for _, name := range strings.Fields(doc.Find(`form[data-ceremony]`).AttrOr("data-lists", "")) {
		lists[name] = []string{}
	}
	for _, k := range ticksOn(doc) {
		if !slices.Contains(unticked, k.value) {
			lists[k.list] = append(lists[k.list], `"`+k.value+`"`)
		}
	}
	body := seenOn(doc)
	for name, values := range lists {
		body += `,"` + name + `":[` + strings.Join(values, ",") + `]`
	}
	pr := p.begin("/requests/"+r.ID+"/approval", body+"}")
	a := p.json("/requests/"+r.ID+"/approval/"+pr.Ceremony, `{"credential":`+p.sign(pr)+`}`)
	if a.StatusCode != http.StatusOK {
		p.t.Fatalf("approving: %d %s", a.StatusCode, a.body)
	}
	if out := p.svc.Settle(p.t.Context(), p.MustLease(app.JobSettle, r.ID)); out.Verdict != app.JobDone {
		p.t.Fatal(out)
	}
}

// What is unticked is withheld: neither the scope nor its claims reach ACP, and
// outcome and receipt don't say that they were given.
func TestUntickingWithholds(t *testing.T) {
	verified := &emulator.VerifiedClaims{
		UserInfo: &emulator.VerifiedClaimSet{Claims: map[string]map[string]any{"birthdate": nil, "given_name": nil}},
	}
	for _, c := range []struct {
		name     string
		edit     func(*emulator.SessionDetails)
		ticks    []tick
		unticked []string

		scopes, claims, verified string // that ACP must get; "none" for an empty list
		given, left              string // that the outcome says
	}{
		{name: "all", edit: func(*emulator.SessionDetails) {},
			ticks:  []tick{{"scopes", "profile"}, {"scopes", "email"}, {"scopes", "phone"}},
			scopes: "openid profile email phone", claims: "name birthdate email phone_number",
			given: "That it’s you\nYour name and profile · Full name, date of birth\nYour e-mail address\nYour phone number"},
		{name: "e-mail and phone unticked", edit: func(*emulator.SessionDetails) {},
			ticks:    []tick{{"scopes", "profile"}, {"scopes", "email"}, {"scopes", "phone"}},
			unticked: []string{"email", "phone"}, scopes: "openid profile", claims: "name birthdate",
			given: "That it’s you\nYour name and profile · Full name, date of birth",
			left:  "Your e-mail address\nYour phone number"},
		{name: "all unticked", edit: func(*emulator.SessionDetails) {},
			ticks:    []tick{{"scopes", "profile"}, {"scopes", "email"}, {"scopes", "phone"}},
			unticked: []string{"profile", "email", "phone"}, scopes: "openid", claims: "none",
			given: "That it’s you",
			left:  "Your name and profile · Full name, date of birth\nYour e-mail address\nYour phone number"},
		{name: "claims by themselves", edit: func(d *emulator.SessionDetails) {
			d.ClaimsToConsent = append(d.ClaimsToConsent, "address", "loyalty_level")
			d.VerifiedClaims = verified
		},
			ticks: []tick{{"scopes", "profile"}, {"scopes", "email"}, {"scopes", "phone"}, {"claims", "address"},
				{"claims", "loyalty_level"},
				{"verified_claims", "birthdate"}, {"verified_claims", "given_name"}},
			unticked: []string{"email", "phone", "address", "birthdate"},
			scopes:   "openid profile",
			claims:   "name birthdate loyalty_level",
			verified: "given_name",
			given:    "That it’s you\nYour name and profile · Full name, date of birth\nloyalty_level\nFirst name · Checked data",
			left:     "Your e-mail address\nYour phone number\nPostal address\nDate of birth · Checked data"},
		{
			name:   "a scope that ACP allows to nobody",
			edit:   func(d *emulator.SessionDetails) { d.AllowedScopes["email"] = false },
			ticks:  []tick{{"scopes", "profile"}, {"scopes", "phone"}},
			scopes: "openid profile phone",
			claims: "name birthdate phone_number",
			given:  "That it’s you\nYour name and profile · Full name, date of birth\nYour phone number",
		},
		{name: "a scope that is granted unasked", edit: func(d *emulator.SessionDetails) {
			for i, s := range d.RequestedScopes {
				d.RequestedScopes[i].ImplicitGrant = s.Name == "email"
			}
		},
			ticks:    []tick{{"scopes", "profile"}, {"scopes", "phone"}},
			unticked: []string{"phone"}, scopes: "email openid profile", claims: "name birthdate email",
			given: "That it’s you\nYour name and profile · Full name, date of birth\nE-mail address",
			left:  "Your phone number"},
		{name: "no claims named", edit: func(d *emulator.SessionDetails) { d.ClaimsToConsent = nil },
			ticks:    []tick{{"scopes", "profile"}, {"scopes", "email"}, {"scopes", "phone"}},
			unticked: []string{"email"}, scopes: "openid profile phone",
			given: "That it’s you\nYour name and profile\nYour phone number", left: "Your e-mail address"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			ada.enrol()
			s.acp.SetService(emulator.Service{URL: s.url, Username: "acp", Password: "a long password"})
			session := s.acp.Begin(emulator.Ask{
				Hint:   ada.identifier(),
				Scopes: []string{"openid", "profile", "email", "phone"},
			})
			s.acp.Edit(session.ID, c.edit)
			if a, err := s.acp.Start(t.Context(), s.acp.StartPayload(session.ID)); err != nil ||
				a.Status != http.StatusOK {
				t.Fatalf("start: %d %v", a.Status, err)
			}
			r, err := s.RequestByLogin(t.Context(), "demo", session.ID)
			if err != nil {
				t.Fatal(err)
			}
			if got := ticksOn(ada.get("/requests/" + r.ID).page(t)); !slices.Equal(got, c.ticks) {
				t.Errorf("ticks %v, want %v", got, c.ticks)
			}
			ada.approvedWith(r, c.unticked...)

			got, _ := s.acp.Session(session.ID)
			if got.Accepted == nil {
				t.Fatal("ACP has no accept")
			}
			for _, list := range []struct {
				name, want string
				is         []string
			}{{"scopes", c.scopes, got.Accepted.GrantedScopes}, {"claims", c.claims, got.Accepted.GrantedClaims},
				{"verified claims", c.verified, got.Accepted.GrantedVerifiedClaims}} {
				is := strings.Join(list.is, " ")
				if list.is != nil && len(list.is) == 0 {
					is = "none"
				}
				if is != list.want {
					t.Errorf("ACP got the %s %q, want %q", list.name, is, list.want)
				}
			}

			boxes := map[string]string{}
			ada.get("/requests/" + r.ID).page(t).Find("dt").Each(func(_ int, dt *goquery.Selection) {
				lines := strings.FieldsFunc(dt.NextFiltered("dd").Text(), func(r rune) bool { return r == '\n' })
				boxes[strings.TrimSpace(dt.Text())] = strings.TrimSpace(strings.Join(lines, "\n"))
			})
			if boxes["It gets"] != c.given || boxes["Not shared"] != c.left {
				t.Errorf("the outcome says: %q", boxes)
			}

			said, err := receipt.Verify(ada.get("/requests/" + r.ID + "/receipt").body)
			if err != nil {
				t.Fatal(err)
			}
			if is := strings.Join(said.Granted.Claims, " "); is != strings.TrimPrefix(c.claims, "none") {
				t.Errorf("the receipt grants the claims %q", is)
			}
			if is := strings.Join(said.Granted.VerifiedClaims, " "); is != c.verified {
				t.Errorf("the receipt grants the verified claims %q", is)
			}
			if n := strings.Count(string(said.Shown), `"left_out":true`); n != len(c.unticked) {
				t.Errorf("the receipt says of %d things that they were left out, want %d: %s", n, len(c.unticked),
					said.Shown)
			}
			if n := strings.Count(said.String(), "(left out)"); n != len(c.unticked) {
				t.Errorf("in words it says so of %d, want %d:\n%s", n, len(c.unticked), said)
			}
		})
	}
}

// The browser can't add to what it was offered, nor bring back what it didn't tick.
func TestOnlyOfferedClaimsAreGranted(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	session, r := ada.asked(func(d *emulator.SessionDetails) { d.ClaimsToConsent = []string{"name", "cpf"} })
	seen := seenOn(ada.get("/requests/" + r.ID).page(t))
	pr := ada.begin("/requests/"+r.ID+"/approval",
		seen+`,"scopes":[],"claims":["name","email","sub"],"verified_claims":["name"]}`)
	if a := ada.json("/requests/"+r.ID+"/approval/"+pr.Ceremony,
		`{"credential":`+ada.sign(pr)+`}`); a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.body)
	}
	if out := s.svc.Settle(t.Context(), s.MustLease(app.JobSettle, r.ID)); out.Verdict != app.JobDone {
		t.Fatal(out)
	}
	got, _ := s.acp.Session(session.ID)
	if b := got.Accepted; b == nil || len(b.GrantedClaims) != 0 || b.GrantedClaims == nil ||
		b.GrantedVerifiedClaims != nil || strings.Join(b.GrantedScopes, " ") != "openid" {
		t.Errorf("ACP got %+v", b)
	}
}
