package page_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/app/slip"
	"assent/web/device/page"
)

// The figures of a payment stand on its page as they are in its text, the
// amount and the payee whole.
func TestPayment(t *testing.T) {
	doc := open(t, request(english(t), kinds()["uk-payment"]), "en-GB")
	for id, want := range map[string]string{
		"payee": "to Ms Ada Quill", "reference": "Reference INV-7781", "pay_on": "When Today", "message": "“K7-PLUM”",
		"client": "Financroo Ltd", "host": "financroo.example", "deny": "Deny", "approve": "Approve",
		"sentence": "If you approve, Northmoor pays £1,234.50 from Current account ••4567 today.",
		"deadline": "Answer by 14:32 1 min 20 s left",
	} {
		if got := text(testid(doc, id)); got != want {
			t.Errorf("%s says %q, want %q", id, got, want)
		}
	}
	if got := testid(doc, "amount").Text(); got != "£1,234.50" {
		t.Errorf("the amount is %q", got)
	}
	if got := text(testid(doc, "sentence").Find("b").First()); got != "£1,234.50" {
		t.Errorf("the figure that stands out is %q", got)
	}
	var account []string
	testid(doc, "payee_account").Each(func(_ int, s *goquery.Selection) { account = append(account, text(s)) })
	if want := []string{"Sort code 20-32-56 2 0 3 2 5 6",
		"Account number 98765432 9 8 7 6 5 4 3 2"}; !slices.Equal(account, want) {
		t.Errorf("the payee's account reads %q", account)
	}
	if got := text(testid(doc, "payee_account").First().Find("[aria-hidden=true]")); got != "20-32-56" {
		t.Errorf("what is spoken otherwise is hidden from screen readers as %q", got)
	}
	if doc.Find("[name=accounts]").Length() != 0 {
		t.Error("a fixed account is offered as a choice")
	}
}

// An amount may break only after its currency and its thousands, and is set
// smaller the longer it is.
func TestAmount(t *testing.T) {
	for _, row := range []struct{ amount, lang, class, html string }{
		{"1234.50", "en-GB", "amount", "£<wbr/>1,<wbr/>234.50"},
		{"123456.78", "en-GB", "amount", "£<wbr/>123,<wbr/>456.78"},
		{"123456.789", "en-GB", "amount long", "£<wbr/>123,<wbr/>456.789"},
		{"123456789.01", "en-GB", "amount long", "£<wbr/>123,<wbr/>456,<wbr/>789.01"},
		{"123456789.012", "en-GB", "amount longest", "£<wbr/>123,<wbr/>456,<wbr/>789.012"},
		{"1234567.89", "en-GB", "amount long", "£<wbr/>1,<wbr/>234,<wbr/>567.89"},
		{"123456789012.34", "en-GB", "amount longest", "£<wbr/>123,<wbr/>456,<wbr/>789,<wbr/>012.34"},
		{"1348.90", "pt-BR", "amount", "£ <wbr/>1.<wbr/>348,90"},
	} {
		f := frame(t, row.lang, "")
		el := testid(open(t,
			request(f,
				sheet(authz.UKDomesticPayment, facts([]authz.Fact{money(authz.Amount, row.amount, "GBP")}, quill),
					fixed)),
			row.lang),
			"amount")
		html, err := el.Html()
		if err != nil {
			t.Fatal(err)
		}
		html = strings.ReplaceAll(html, "\u00a0", " ")
		if html != row.html || el.AttrOr("class", "") != row.class {
			t.Errorf("%s in %s: %s as %q", row.amount, row.lang, html, el.AttrOr("class", ""))
		}
	}
}

// A right-to-left payee stands apart from the words around it.
func TestRightToLeftPayee(t *testing.T) {
	const name = "شركة النور 🌙"
	el := testid(open(t,
		request(english(t),
			sheet(authz.UKDomesticPayment, facts(invoice[:2], payTo(name, sortCode, "20325698765432")), fixed)),
		"en-GB"),
		"payee")
	if got := el.Find("b bdi").Text(); got != name || el.Text() != "to "+name {
		t.Errorf("the payee is %q in %q", got, el.Text())
	}
}

// Which accounts a page offers, of which kind of field, and which are chosen.
func TestChoice(t *testing.T) {
	for _, row := range []struct {
		name    string
		sheet   *slip.Sheet
		rows    []string
		approve bool
	}{
		{"several to pay from", sheet(authz.UKDomesticPayment, invoice, from(several...)),
			[]string{"radio acc-1", "radio acc-2", "radio acc-3 disabled"}, true},
		{"one of them can pay", sheet(authz.BRPayment, pix, from(conta, salario)),
			[]string{"radio conta-1 checked", "radio conta-2 disabled"}, true},
		{"only one", sheet(authz.UKDomesticPayment, invoice, from(joint)), []string{"hidden acc-2"}, true},
		{"fixed", sheet(authz.UKDomesticPayment, invoice, fixed), nil, true},
		{"none can pay", sheet(authz.UKDomesticPayment, invoice, from(savings)), []string{"radio acc-3 disabled"},
			false},
		{"none", sheet(authz.UKDomesticPayment, invoice, from()), nil, false},
		{"to share, in the UK", sheet(authz.UKAccountAccess, window, allUK, of(sharing...)),
			[]string{"checkbox acc-1", "checkbox acc-2", "checkbox acc-3"}, true},
		{"to share, in Brazil", sheet(authz.BRData, window, accountsBR, of(conta, visa)),
			[]string{"checkbox conta-1 checked", "checkbox cartao-1 checked"}, true},
		{"data without accounts", sheet(authz.BRData, window, permissions("LOANS_READ")), nil, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			doc := open(t, request(english(t), row.sheet), "en-GB")
			var got []string
			doc.Find("input[name=accounts]").Each(func(_ int, el *goquery.Selection) {
				line := el.AttrOr("type", "") + " " + el.AttrOr("value", "")
				for _, is := range []string{"checked", "disabled"} {
					if _, ok := el.Attr(is); ok {
						line += " " + is
					}
				}
				if el.AttrOr("form", "") != "approve" {
					line += " of no form"
				}
				got = append(got, line)
			})
			if !slices.Equal(got, row.rows) {
				t.Errorf("offers %q, want %q", got, row.rows)
			}
			if (testid(doc, "approve").Length() == 1) != row.approve ||
				(testid(doc, "obstacle").Length() == 0) != row.approve {
				t.Errorf("%d approve, %q", testid(doc, "approve").Length(), text(testid(doc, "obstacle")))
			}
			if testid(doc, "deny").Length() != 1 {
				t.Error("it can't be denied")
			}
			if open := doc.Find("input[type=radio]:not([disabled]), input[type=checkbox][name=accounts]"); open.Length() > 0 &&
				open.Closest("fieldset[form=approve][data-need]").Length() != 1 {
				t.Error("nothing says that one has to be chosen")
			}
		})
	}
	doc := open(t, request(english(t), sheet(authz.UKDomesticPayment, invoice, from(several...))), "en-GB")
	if got := text(testid(doc,
		"account").Last()); got != "Savings 20-32-56 ••2093 sort code 2 0 3 2 5 6, account ending in 2 0 9 3 Withdrawals need 30 days’ notice." {
		t.Errorf("the account that can't pay reads %q", got)
	}
	for name, rows := range map[string]change{"accounts": of(conta, visa), "no accounts": of()} {
		if got := text(testid(open(t, request(english(t), sheet(authz.BRData, window, accountsBR, rows)), "en-GB"),
			"choice-note")); !strings.HasPrefix(got,
			"What you take out later") {
			t.Errorf("with %s: notes %q", name, got)
		}
	}
	counted := testid(open(t, request(english(t), kinds()["br-data"]), "en-GB"), "ticked")
	if text(counted) != "2 of 2 ticked" || counted.AttrOr("data-ticked", "") != "{n} of 2 ticked" {
		t.Errorf("counts %q, %q", text(counted), counted.AttrOr("data-ticked", ""))
	}
}

// While the accounts can't be had the page keeps asking, and offers no approval.
func TestAccountsUnavailable(t *testing.T) {
	for name, sh := range map[string]*slip.Sheet{
		"payment": sheet(authz.UKDomesticPayment, invoice),
		"data":    sheet(authz.UKAccountAccess, window, allUK),
	} {
		doc := open(t, request(english(t), sh, func(p *page.Request) { p.AccountsUnavailable = true }), "en-GB")
		if got := text(testid(doc,
			"accounts-unavailable")); got != "We can’t read your accounts right now. Nothing has been approved; we keep trying." {
			t.Errorf("%s: says %q", name, got)
		}
		if testid(doc, "approve").Length() != 0 || testid(doc, "deny").Length() != 1 ||
			doc.Find("main").AttrOr("data-every", "") != "5000" {
			t.Errorf("%s: %d approve, %d deny, again every %q ms", name, testid(doc, "approve").Length(),
				testid(doc, "deny").Length(), doc.Find("main").AttrOr("data-every", ""))
		}
	}
}

// The clusters of data are at hand folded, with what is in each.
func TestData(t *testing.T) {
	doc := open(t,
		request(english(t),
			sheet(authz.UKAccountAccess, window, permissions("ReadAccountsDetail", "ReadBalances", "ReadDirectDebits"),
				of(sharing...))),
		"en-GB")
	var got []string
	testid(doc, "cluster").Each(func(_ int, s *goquery.Selection) { got = append(got, text(s)) })
	if want := []string{"Your Account Details Your account name, number and sort-code Your account balance",
		"Your Regular Payments Your Direct Debits"}; !slices.Equal(got, want) {
		t.Errorf("clusters %q", got)
	}
	if got := text(testid(doc, "headline")); got != "account details and payments" {
		t.Errorf("headline %q", got)
	}
	if s := testid(doc, "sentence"); s.Length() != 1 || s.Closest(".thing").Length() != 1 ||
		!strings.Contains(text(s), "until 22 May 2027") {
		t.Errorf("the sentence does not stand under the headline: %q", text(s))
	}
	// In Brazil the groupings of each category are in sight, their details folded.
	first := testid(open(t, request(frame(t, "pt-BR", ""), kinds()["br-data"]), "pt-BR"), "groupings").Eq(1)
	if got := text(first); got != "Saldos, Limites e Extratos" || first.Closest("summary").Length() != 1 {
		t.Errorf("groupings %q", got)
	}
	if doc := open(t, request(english(t), kinds()["br-data"]), "en-GB"); doc.Find("#more a").Length() != 0 {
		t.Error("a link to terms on a Brazilian confirmation")
	}
}

// A code is typed, not compared, where the text says so.
func TestCode(t *testing.T) {
	for name, sh := range map[string]*slip.Sheet{"sign-in": signIn(), "payment": kinds()["uk-payment"]} {
		sh.AskCode = true
		doc := open(t, request(english(t), sh), "en-GB")
		field := testid(doc, "code")
		if field.AttrOr("name", "") != "code" || field.AttrOr("form", "") != "approve" ||
			field.AttrOr("data-need", "") == "" {
			t.Errorf("%s: the field is %v", name, field.Nodes)
		}
		if body := text(doc.Find("main")); strings.Contains(body, "K7-PLUM") {
			t.Errorf("%s: the page shows the code that is to be typed: %s", name, body)
		}
	}
}

// What became of every kind: what was asked, in the past, and what was given.
func TestOutcomeOfEveryKind(t *testing.T) {
	for name, sh := range kinds() {
		for _, lang := range i18n.Tags {
			f := frame(t, lang, "")
			doc := open(t, outcome(f, chose(sh)), lang)
			verb := text(doc.Find(".thing .verb"))
			if verb == "" || verb == sh.Text(reader(f)).Verb {
				t.Errorf("%s in %s: afterwards it still %q", name, lang, verb)
			}
			for _, b := range chose(sh).Done(reader(f)).Boxes {
				if !strings.Contains(text(doc.Find("article")), strings.Join(strings.Fields(b.Value), " ")) {
					t.Errorf("%s in %s: does not say %s: %s", name, lang, b.Label, b.Value)
				}
			}
			if got := text(testid(doc, "note").Last()); got != chose(sh).Done(reader(f)).Manage {
				t.Errorf("%s in %s: ends with %q", name, lang, got)
			}
			if testid(doc, "seal").Length() != 1 || doc.Find("form").Length() != 0 {
				t.Errorf("%s in %s: %d seals, %d forms", name, lang, testid(doc, "seal").Length(),
					doc.Find("form").Length())
			}
			denied := open(t,
				outcome(f, sh, func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonPerson }), lang)
			if denied.Find(".boxes").Length() != 0 || testid(denied, "ring-denied").Length() != 1 {
				t.Errorf("%s in %s, denied: shows what was granted", name, lang)
			}
		}
	}
}

// Each cause of a cancelled request says why, and what to do about it.
func TestReasons(t *testing.T) {
	for _, row := range []struct {
		reason     app.Reason
		says, next string
		veiled     bool
	}{
		{app.ReasonConsentState, "no longer waits for an answer", "start it again at Financroo Ltd", false},
		{app.ReasonNotOwner, "another CPF than yours", "with your own CPF", true},
		{app.ReasonOtherCompany, "a company that you don’t act for here", "ask Northmoor to add you", true},
		{app.ReasonOtherPerson, "meant for someone else", "nothing more to do", true},
		{app.ReasonDebtorNotTheirs, "isn’t one of yours", "choose another account there", false},
		{app.ReasonDebtorCannotPay, "can’t make this payment", "choose another account there", false},
		{app.ReasonNoAccount, "no account that it could be about", "ask Northmoor", false},
		{app.ReasonUnsupported, "can’t be shown here yet", "ask Northmoor", false},
		{app.ReasonPaused, "requests like this one are paused", "call Northmoor", false},
		{app.ReasonUnreadable, "couldn’t be read without doubt", "start it again", false},
	} {
		p := outcome(english(t), kinds()["uk-payment"], cancelled(row.reason))
		doc := open(t, p, "en-GB")
		if got := text(testid(doc, "outcome-text")); !strings.Contains(got, row.says) ||
			!strings.Contains(got, "Nothing was approved") {
			t.Errorf("%s: says %q", row.reason, got)
		}
		if got := text(testid(doc, "note")); !strings.Contains(got, row.next) {
			t.Errorf("%s: next %q", row.reason, got)
		}
		if html := render(t, english(t),
			shown{name: "outcome", page: p}); bytes.Contains(html, []byte("1,<wbr>234.50")) == row.veiled ||
			bytes.Contains(html, []byte("Ada Quill</bdi></b>")) == row.veiled {
			t.Errorf("%s: whether the payment is shown is wrong", row.reason)
		}
	}
}

// Data requests of Brazil come first when the app is opened by hand, in words;
// two of one requester are told apart by what they are about.
func TestPile(t *testing.T) {
	f := english(t)
	all := kinds()
	doc := open(t, page.Inbox{Waiting: []page.Waiting{
		{ID: "r1", Text: all["uk-payment"].Text(reader(f)), Started: started, Deadline: deadline},
		{ID: "r2", Text: all["uk-scheduled"].Text(reader(f)), Started: started, Deadline: deadline.AddDate(0, 0, 1)},
		{
			ID:       "r3",
			Text:     all["br-data"].Text(reader(f)),
			Started:  started,
			Deadline: deadline.AddDate(0, 0, 1),
			First:    true,
		},
	}}, "en-GB")
	slips := testid(doc, "slip")
	var ids []string
	slips.Each(func(_ int, s *goquery.Selection) { ids = append(ids, s.AttrOr("data-id", "")) })
	if !slices.Equal(ids, []string{"r3", "r1", "r2"}) {
		t.Errorf("in the order %v", ids)
	}
	if got := text(testid(doc, "first")); got != "This one is waiting for you: read it first." ||
		testid(doc, "first").Closest("[data-id=r3]").Length() != 1 {
		t.Errorf("marked by %q", got)
	}
	if got := text(testid(doc, "headline")); !strings.HasPrefix(got, "registration data, accounts") {
		t.Errorf("headline %q", got)
	}
	for i, want := range map[int]string{
		1: "asks you to pay £1,234.50 to Ms Ada Quill",
		2: "asks you to schedule a payment of £1,234.50 to Ms Ada Quill",
	} {
		if got := text(slips.Eq(i).Find(".what")); got != want {
			t.Errorf("slip %d reads %q", i, got)
		}
	}
}

// History says what each was about, except of what wasn't the person's.
func TestHistory(t *testing.T) {
	f := english(t)
	pay := kinds()["uk-payment"].Text(reader(f))
	doc := open(t, page.History{Entries: []page.Entry{
		{ID: "a", Text: pay, State: app.Approved, At: now, Device: "Pixel 9", Delivery: app.DeliveryDelivered},
		{ID: "b", Text: pay, State: app.Cancelled, Reason: app.ReasonNotOwner, At: now},
		{ID: "c", Text: bare(f, plum, "", ""), State: app.Denied, At: now},
	}}, "en-GB")
	for id, want := range map[string]string{
		"row-a": "Financroo Ltd £1,234.50 to Ms Ada Quill Payment, approved today 14:30 on Pixel 9",
		"row-b": "Financroo Ltd Payment, ended today 14:30",
		"row-c": "Plum Books Sign-in, denied today 14:30",
	} {
		if got := text(testid(doc, id)); got != want {
			t.Errorf("%s reads %q, want %q", id, got, want)
		}
	}
}

// A joint account says so on its row, also where there is nothing to choose.
func TestJointAccountsSaySo(t *testing.T) {
	for lang, says := range map[string]string{"en-GB": "joint account", "pt-BR": "conta conjunta"} {
		f := frame(t, lang, "")
		for name, sh := range map[string]*slip.Sheet{
			"several": sheet(authz.UKDomesticPayment, invoice, from(several...)),
			"one":     sheet(authz.UKDomesticPayment, invoice, from(joint)),
			"share":   sheet(authz.UKAccountAccess, window, allUK, of(sharing...)),
		} {
			rows := testid(open(t, request(f, sh), lang), "joint")
			if rows.Length() != 1 || text(rows) != says ||
				!strings.Contains(text(rows.Closest(`[data-testid="account"]`)), "Household") {
				t.Errorf("%s, %s: %d rows say %q", lang, name, rows.Length(), text(rows))
			}
		}
	}
}
