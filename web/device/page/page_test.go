package page_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"

	"assent/app"
	"assent/app/slip"
	"assent/web/device/page"
	"assent/web/view"
)

// english is the frame of most tests.
func english(t *testing.T) view.Frame { return frame(t, "en-GB", "") }

func open(t *testing.T, p paged, lang string) *goquery.Document {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(render(t, frame(t, lang, ""),
		shown{name: "page", page: p})))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func testid(doc *goquery.Document, id string) *goquery.Selection {
	return doc.Find(`[data-testid="` + id + `"]`)
}

// text is what a selection says, with a space between one element and the next.
func text(s *goquery.Selection) string {
	var words []string
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			words = append(words, strings.Fields(n.Data)...)
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	for _, n := range s.Nodes {
		walk(n)
	}
	return strings.Join(words, " ")
}

// The two answers are drawn alike: same classes, same size, nothing that makes
// one the easier.
func TestAnswersAreAlike(t *testing.T) {
	doc := open(t, request(english(t), signIn()), "en-GB")
	deny, approve := testid(doc, "deny"), testid(doc, "approve")
	if deny.Length() != 1 || approve.Length() != 1 {
		t.Fatalf("%d deny, %d approve", deny.Length(), approve.Length())
	}
	if deny.AttrOr("class", "") != approve.AttrOr("class", "") ||
		deny.Children().Length() != approve.Children().Length() {
		t.Errorf("deny is %q, approve %q", deny.AttrOr("class", ""), approve.AttrOr("class", ""))
	}
	if got := deny.Closest("form").AttrOr("action", ""); got != "/requests/r1/deny" {
		t.Errorf("deny posts to %q", got)
	}
	form := approve.Closest("form")
	if form.AttrOr("data-ceremony", "") != "get" || form.AttrOr("action", "") != "/requests/r1/approval" ||
		form.AttrOr("data-lists", "") != "scopes claims verified_claims accounts" {
		t.Errorf("the approval's form: %v", form.Nodes[0].Attr)
	}
	if got := form.Find("input[name=seen]").AttrOr("value", ""); got != strings.Repeat("ab", 32) {
		t.Errorf("seen is %q", got)
	}
	if doc.Find("#"+form.AttrOr("data-alert", "none")+"[role=alert]").Length() != 1 {
		t.Error("no place for what goes wrong")
	}
}

// Nothing can be approved unseen, and a refusal needs no details.
func TestUnreachable(t *testing.T) {
	doc := open(t, request(english(t), signIn(), unreachable(english(t), "Sign-in")), "en-GB")
	if testid(doc, "approve").Length() != 0 || testid(doc, "scope").Length() != 0 ||
		testid(doc, "sentence").Length() != 0 {
		t.Error("a page without details offers an approval")
	}
	if testid(doc, "deny").Length() != 1 || testid(doc, "report").Length() != 1 {
		t.Error("it must still be possible to refuse")
	}
	if got := doc.Find("main").AttrOr("data-every", ""); got != "5000" {
		t.Errorf("asks again every %q ms", got)
	}
	if got := text(testid(doc,
		"unreachable")); got != "We can’t load the details right now. Nothing has been approved; we keep trying." {
		t.Errorf("says %q", got)
	}
}

func TestMessage(t *testing.T) {
	for _, row := range []struct {
		name, message, class, shown string
	}{
		{"short", "K7-PLUM", "message short", "K7-PLUM"},
		{"eight characters", "ÉÉÉÉÉÉÉÉ", "message short", "ÉÉÉÉÉÉÉÉ"},
		{"middle", "K7-PLUM-9", "message", "K7-PLUM-9"},
		{"long", "Approve demo login at the branch", "message long", "Approve demo login at the branch"},
		{"markup and marks", "<b>\u202eK7</b>", "message", "<b>K7</b>"},
		{"only marks", "\u202e\u0007", "", ""},
		{"folded", strings.Repeat("word ", 20), "message long",
			strings.TrimSpace(strings.Repeat("word ", 13)) + " … The rest of the message " +
				strings.TrimSpace(strings.Repeat("word ", 7))},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := testid(open(t, request(english(t), signIn(func(sh *slip.Sheet) { sh.Message = row.message })),
				"en-GB"),
				"message")
			if m.AttrOr("class", "") != row.class || text(m) != row.shown {
				t.Errorf("%q, %q", m.AttrOr("class", ""), text(m))
			}
		})
	}
}

func TestScopesInWords(t *testing.T) {
	p := request(english(t), signIn(func(sh *slip.Sheet) {
		sh.Scopes = []slip.Scope{
			scope("openid"), scope("email"), scope("offline_access"),
			{
				Grant:       "transfers:read.42",
				Name:        "transfers:read.*",
				DisplayName: "See transfers",
				Description: "Of 90 days",
				Service:     "Transfers",
				Params:      []string{"42"},
				Optional:    true,
			},
			{Grant: "must", Name: "must", Service: "Transfers"},
		}
		sh.Claims, sh.VerifiedClaims = []string{"birthdate", "loyalty_level"}, []string{"given_name"}
	}))
	doc := open(t, p, "en-GB")
	var got []string
	testid(doc, "scope").Each(func(_ int, s *goquery.Selection) {
		box := s.Find("input[type=checkbox]")
		line := text(s)
		if box.Length() == 1 {
			_, ticked := box.Attr("checked")
			line += " [" + box.AttrOr("name", "") + "=" + box.AttrOr("value", "") + " of " + box.AttrOr("form", "") +
				"]"
			if !ticked {
				line += " unticked"
			}
		}
		got = append(got, line)
	})
	want := []string{
		"Your e-mail address And whether it has been checked [scopes=email of approve]",
		"Access while you are away Also when you aren’t using it [scopes=offline_access of approve]",
		"See transfers Of 90 days (42) [scopes=transfers:read.42 of approve]",
		"must",
	}
	want = slices.Insert(want, 2, "Date of birth [claims=birthdate of approve]",
		"loyalty_level [claims=loyalty_level of approve]",
		"First name Checked data [verified_claims=given_name of approve]")
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	all := text(doc.Find("main"))
	for _, s := range []string{"It will get, from Transfers", "Part of every sign-in That it’s you"} {
		if !strings.Contains(all, s) {
			t.Errorf("the page does not say %q", s)
		}
	}
	alone := open(t, request(frame(t, "pt-BR", ""), signIn(func(sh *slip.Sheet) { sh.Scopes = sh.Scopes[:1] })),
		"pt-BR")
	if got := text(testid(alone, "scope")); got != "A confirmação de que é você O próprio acesso" {
		t.Errorf("a bare sign-in says %q", got)
	}
}

// What nobody has words for is shown by its own names and never dropped, and
// only secure addresses lead anywhere.
func TestUnknownFields(t *testing.T) {
	doc := open(t, request(english(t), signIn(func(sh *slip.Sheet) {
		sh.Authorization = []map[string]any{{
			"type":   "payment_initiation",
			"amount": map[string]any{"currency": "EUR", "value": "123.50"},
		}}
		sh.Other = map[string]any{"login_context": map[string]any{"channel": "branch"}}
		sh.Client.PolicyURI, sh.Client.TosURI = "javascript:alert(1)", "http://plain.example"
	})), "en-GB")
	if got, want := text(testid(doc,
		"group").Last()), "It also asks for: payment_initiation amount › currency EUR amount › value 123.50"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if more := text(doc.Find("#more")); !strings.Contains(more, "login context › channel branch") {
		t.Errorf("details: %s", more)
	}
	var links []string
	doc.Find("#more a").Each(func(_ int, a *goquery.Selection) { links = append(links, a.AttrOr("href", "")) })
	if strings.Join(links, " ") != "https://financroo.example" {
		t.Errorf("links to %q", links)
	}
}

// Each way in which a request can end says what it means for the person.
func TestOutcomes(t *testing.T) {
	for _, row := range []struct {
		name               string
		change             func(*page.Outcome)
		title, says, notes string
		seal               bool
	}{
		{"approved here", func(p *page.Outcome) {}, "Approved", "Go back to Financroo Ltd.",
			"Signed with your passkey on this phone. History shows what becomes of it.", true},
		{"approved elsewhere", func(p *page.Outcome) { p.Here = false }, "Approved", "Go back to Financroo Ltd.",
			"You answered this on your Pixel 9 at 14:30.", true},
		{"being told", func(p *page.Outcome) { p.Delivery = app.DeliveryWaiting }, "Approved", "Go back to",
			"We’re telling Financroo Ltd; this can take a moment.", true},
		{"unconfirmed", func(p *page.Outcome) { p.Delivery = app.DeliveryUnconfirmed }, "Approved", "Go back to",
			"Very likely you are signed in", true},
		{"could not be told", func(p *page.Outcome) { p.Delivery = app.DeliveryFailed }, "Approved",
			"couldn’t be told in time. You are not signed in there.", "start it again at Financroo Ltd", true},
		{"denied", func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonPerson }, "Denied",
			"Nothing was approved.", "nothing more to do", false},
		{"denied, not told", func(p *page.Outcome) {
			p.State, p.Reason, p.Delivery = app.Denied, app.ReasonPerson, app.DeliveryFailed
		}, "Denied", "Nothing was approved.", "nothing more to do", false},
		{"reported", func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonReported },
			"Denied and reported", "Nothing was approved. Thank you", "call Northmoor", false},
		{"expired", func(p *page.Outcome) { p.State, p.Device = app.Expired, "" }, "Too late",
			"This request ended at 14:30. Nothing was approved.", "start it again", false},
		{"late on arrival", func(p *page.Outcome) { p.State, p.Reason, p.Device = app.Cancelled, app.ReasonLate, "" },
			"Too late", "This request ended at 14:30.", "start it again", false},
		{"device lost", func(p *page.Outcome) { p.State, p.Reason = app.Cancelled, app.ReasonDeviceLost },
			"This request has ended",
			"The device that approved it was removed before Financroo Ltd was told. Nothing was approved.",
			"start it again", false},
		{"a reason of tomorrow", func(p *page.Outcome) { p.State, p.Reason = app.Cancelled, "something_new" },
			"This request has ended", "Nothing was approved.", "start it again", false},
		{"the code was wrong", func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonCode }, "Denied",
			"The code you typed isn’t the one", "start it again", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			doc := open(t, outcome(english(t), signIn(), row.change), "en-GB")
			if got := text(testid(doc, "outcome")); got != row.title {
				t.Errorf("title %q", got)
			}
			if got := text(testid(doc, "outcome-text")); !strings.Contains(got, row.says) {
				t.Errorf("says %q", got)
			}
			if got := text(testid(doc, "note")); !strings.Contains(got, row.notes) {
				t.Errorf("notes %q", got)
			}
			if (testid(doc, "seal").Length() == 1) != row.seal {
				t.Errorf("%d seals", testid(doc, "seal").Length())
			}
			if !row.seal && doc.Find(".ring").Length() != 1 {
				t.Error("nothing stands in the seal's place")
			}
		})
	}
}

func TestMasked(t *testing.T) {
	for _, row := range []struct {
		kind        app.IdentifierKind
		value, want string
	}{
		{app.Email, "ada@quill.example", "a•••@quill.example"},
		{app.Email, "@", "•••"},
		{app.CPF, "123.456.789-09", "***.456.789-**"},
		{app.CPF, "12345678909", "***.456.789-**"},
		{app.CPF, "123", "•••3"},
		{app.Username, "adaquill", "ad•••l"},
		{app.Username, "ada", "•••a"},
		{app.Phone, "+44 7700 900123", "•••0123"},
		{app.Customer, "ü1", "•••"},
		{app.Subject, "248289761001", "•••1001"},
	} {
		if got := (page.Identifier{Kind: row.kind, Value: row.value}).Masked(); got != row.want {
			t.Errorf("%s %q is shown as %q, want %q", row.kind, row.value, got, row.want)
		}
	}
}

// The countdown goes by the server's clock, whatever the browser's says.
func TestCountdown(t *testing.T) {
	d := testid(open(t, request(frame(t, "pt-BR", ""), signIn()), "pt-BR"), "deadline")
	if text(d) != "Responda até 14h32 faltam 1 min 20 s" {
		t.Errorf("says %q", text(d))
	}
	if d.AttrOr("data-now", "") != "1795357840000" || d.AttrOr("data-at", "") != "1795357920000" ||
		d.AttrOr("data-from", "") != "1795357800000" {
		t.Errorf("now %s, at %s, from %s", d.AttrOr("data-now", ""), d.AttrOr("data-at", ""), d.AttrOr("data-from", ""))
	}
}

// The inbox opens one slip and offers no approval.
func TestInbox(t *testing.T) {
	f := english(t)
	p := page.Inbox{Waiting: []page.Waiting{
		{
			ID:       "r1",
			Text:     bare(f, slip.Client{Name: "Financroo Ltd"}, "K1C-40Z", "K7-PLUM"),
			Started:  started,
			Deadline: deadline,
		},
		{ID: "r2", Text: bare(f, plum, "", ""), Started: started, Deadline: now.Add(17 * time.Minute)},
	}}
	doc := open(t, p, "en-GB")
	if testid(doc, "approve").Length() != 0 || testid(doc, "deny").Length() != 0 || testid(doc, "read").Length() != 1 {
		t.Error("one decision a screen, and not on this one")
	}
	if got := text(testid(doc, "inbox-title")); got != "Two requests wait for you" {
		t.Errorf("title %q", got)
	}
	if got := text(testid(doc, "slip").Last()); got != "P Plum Books by 14:47 asks you to sign in" {
		t.Errorf("the second slip reads %q", got)
	}
	if doc.Find("[data-push-lost][hidden]").Length() != 1 {
		t.Error("the strip for lost notifications isn't at hand")
	}
}

// What a stranger gets of a request is the same whether it exists or not, and
// the offline page says nothing of anybody.
func TestProblems(t *testing.T) {
	f := frame(t, "en-GB", "")
	foreign := open(t, page.ProblemOf(f, app.NotFound, app.ErrUnknownRequest.Code, "ref"), "en-GB")
	if got := text(testid(foreign,
		"problem")); got != "This request isn’t for you Or there is no such request. Nothing was approved." {
		t.Errorf("says %q", got)
	}
	fault := open(t, page.ProblemOf(f, app.Internal, "", "b3c0ffee1234"), "en-GB")
	if got := text(testid(fault, "reference")); got != "b3c0ffee1234" {
		t.Errorf("reference %q", got)
	}
	if testid(fault, "retry").Length() != 1 {
		t.Error("a fault of ours offers no second try")
	}
	refused := open(t, page.ProblemOf(f, app.Conflict, app.ErrInvitationUsed.Code, ""), "en-GB")
	if got := text(testid(refused, "problem")); !strings.Contains(got, "This link was used already.") {
		t.Errorf("says %q", got)
	}
	offline := render(t, f, shown{name: "offline", page: page.Offline(f), guest: true})
	if bytes.Contains(offline, []byte("Ada Quill")) || bytes.Contains(offline, []byte("data-live")) {
		t.Error("the page that is kept for offline use is personal")
	}
}
