package page_test

import (
	"fmt"
	"strings"
	"testing"

	"assent/app"
	"assent/app/authz"
	"assent/app/slip"
	"assent/web/device/page"
	"assent/web/view"
)

var (
	plum   = slip.Client{Name: "Plum Books", Host: "plum.example"}
	shoply = slip.Client{Name: "Shoply", Host: "shoply.example"}
	long   = slip.Client{
		Name: "The Worshipful Company of Exceedingly Long Financial Service Names and Partners Limited",
		Host: "a-very-long-subdomain.of-a-very-long-name.financial-services.example",
	}
	arabic = slip.Client{Name: "بنك النور 🌙", Host: "noor.example"}
)

type change func(*slip.Sheet)

// sheet is a request of a kind as it was read from ACP.
func sheet(kind authz.Kind, facts []authz.Fact, changes ...change) *slip.Sheet {
	sh := &slip.Sheet{RequestID: "r1", Ref: "7Q4-KM2", Kind: kind, Message: "K7-PLUM", ServerID: "openbanking",
		Client: slip.Client{
			ID:          "d9de35e3bcb44d96ba5bca98058e993c",
			Name:        "Financroo Ltd",
			Host:        "financroo.example",
			URI:         "https://financroo.example",
			PolicyURI:   "https://financroo.example/privacy",
			TosURI:      "https://financroo.example/terms",
			Description: "Budgets and savings in one place.",
		},
		StartedAt: app.At(started), ExpiresAt: app.At(deadline)}
	if kind != authz.Regular {
		sh.Consent = &authz.Consent{ID: "7290-003", Facts: facts}
	}
	for _, c := range changes {
		c(sh)
	}
	return sh
}

// signIn is a plain request.
func signIn(changes ...change) *slip.Sheet {
	return sheet(authz.Regular, nil, append([]change{func(sh *slip.Sheet) {
		sh.Ref, sh.ServerID, sh.ACR = "K1C-40Z", "ciba-sample", []string{"urn:openbanking:psd2:sca"}
		sh.Scopes = []slip.Scope{scope("openid"), scope("profile"), scope("email"), scope("offline_access")}
	}}, changes...)...)
}

func scope(name string) slip.Scope {
	return slip.Scope{Grant: name, Name: name, Service: "Profile", Optional: name != "openid"}
}

func fact(name authz.FactName, s string) authz.Fact { return authz.Fact{Name: name, Text: s} }

func on(name authz.FactName, s string) authz.Fact { return authz.Fact{Name: name, At: s} }

func money(name authz.FactName, amount, currency string) authz.Fact {
	return authz.Fact{Name: name, Money: &authz.Money{Amount: amount, Currency: currency}}
}

func paid(name authz.FactName, amount, at string) authz.Fact {
	return authz.Fact{Name: name, At: at, Money: &authz.Money{Amount: amount, Currency: "GBP"}}
}

func payTo(name, scheme, id string) []authz.Fact {
	return []authz.Fact{fact(authz.Payee, name),
		{Name: authz.PayeeAccount, Account: &app.AccountRef{Scheme: scheme, Identification: id}}}
}

// The two ways in which most payees' accounts are named.
const (
	sortCode = "UK.OBIE.SortCodeAccountNumber"
	iban     = "UK.OBIE.IBAN"
)

func facts(lists ...[]authz.Fact) []authz.Fact {
	var out []authz.Fact
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

var (
	quill         = payTo("Ms Ada Quill", sortCode, "20325698765432")
	invoice       = facts([]authz.Fact{money(authz.Amount, "1234.50", "GBP"), fact(authz.Reference, "INV-7781")}, quill)
	international = facts([]authz.Fact{money(authz.Amount, "165.88", "EUR"), fact(authz.TransferCurrency, "USD"),
		fact(authz.Reference, "FRESCO-101"), fact(authz.Destination, "DE"),
		{
			Name: authz.ExchangeRate,
			Rate: &authz.Rate{
				Unit:       "GBP",
				Rate:       "1.1694",
				Type:       "Indicative",
				Contract:   "FX-20931",
				ValidUntil: "2026-11-22T20:00:00Z",
			},
		},
		{
			Name:    authz.PayeeBank,
			Text:    "Commerzbank",
			Account: &app.AccountRef{Scheme: "UK.OBIE.BICFI", Identification: "COBADEFFXXX"},
		},
		{Name: authz.PayeeAddress, List: []string{"Hauptstr. 1", "Berlin", "DE"}}, fact(authz.ChargeBearer, "Shared"),
		fact(authz.Priority, "Urgent"), fact(authz.ExtendedPurpose, "Spare parts"),
		{
			Name: authz.ChargeList,
			Charges: []authz.Charge{{
				Bearer: "BorneByDebtor",
				Type:   "UK.OBIE.CHAPSOut",
				Money:  authz.Money{Amount: "25.00", Currency: "GBP"},
			}},
		}},
		payTo("ACME GmbH", iban, "DE89370400440532013000"))
	pix = []authz.Fact{money(authz.Amount, "1348.90", "BRL"), fact(authz.Payee, "Livraria Bom Tempo Ltda"),
		fact(authz.PayeeDocument, "12345678000195"), fact(authz.PayeePersonType, "PESSOA_JURIDICA"),
		on(authz.PayOn, "2026-11-22"), fact(authz.Remittance, "Pedido 20931, 4 livros"), fact(authz.Method, "PIX"),
		fact(authz.LocalInstrument, "QRDN")}
	window = []authz.Fact{on(authz.TransactionsFrom, "2025-11-22T00:00:00Z"),
		on(authz.ExpiresAt, "2027-05-22T08:00:00Z")}
)

func permissions(codes ...string) change {
	return func(sh *slip.Sheet) { sh.Consent.Permissions = codes }
}

var allUK = permissions("ReadAccountsDetail", "ReadBalances", "ReadPAN", "ReadBeneficiariesDetail", "ReadDirectDebits",
	"ReadTransactionsDetail", "ReadTransactionsCredits",
	"ReadStatementsDetail", "ReadProducts", "ReadParty", "ReadSomethingNew")

var accountsBR = permissions("CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ", "ACCOUNTS_READ", "ACCOUNTS_BALANCES_READ",
	"ACCOUNTS_OVERDRAFT_LIMITS_READ", "ACCOUNTS_TRANSACTIONS_READ",
	"CREDIT_CARDS_ACCOUNTS_READ", "CREDIT_CARDS_ACCOUNTS_BILLS_READ", "LOANS_READ", "LOANS_PAYMENTS_READ", "FUNDS_READ",
	"RESOURCES_READ")

func ukRow(n int, name, number, why string) slip.AccountRow {
	return slip.AccountRow{
		Usable: why == "",
		Account: app.Account{
			ID:         fmt.Sprintf("acc-%d", n),
			Kind:       app.AccountBank,
			Currency:   "GBP",
			Balance:    "1020.30",
			Unpayable:  why,
			AccountRef: app.AccountRef{Scheme: sortCode, Identification: "203256" + number, Name: name},
		},
	}
}

// jointly makes an account one that others hold too.
func jointly(row slip.AccountRow) slip.AccountRow {
	row.Account.Joint = true
	return row
}

func brRow(n int, name, number, why string) slip.AccountRow {
	return slip.AccountRow{
		Usable: why == "",
		Account: app.Account{ID: fmt.Sprintf("conta-%d", n), Kind: app.AccountBank, Currency: "BRL", Unpayable: why,
			AccountRef: app.AccountRef{
				ISPB:        "12345678",
				Issuer:      "0412",
				Number:      number,
				AccountType: "CACC",
				Name:        name,
			}},
	}
}

// from lists the accounts that a payment may be made from.
func from(rows ...slip.AccountRow) change {
	return func(sh *slip.Sheet) { sh.Accounts = &slip.Accounts{List: rows} }
}

// of lists the accounts whose data may be shared.
func of(rows ...slip.AccountRow) change {
	return func(sh *slip.Sheet) { sh.Accounts = &slip.Accounts{Many: true, List: rows} }
}

func fixed(sh *slip.Sheet) {
	sh.Accounts = &slip.Accounts{Fixed: true, List: []slip.AccountRow{current}}
}

var (
	current = ukRow(1, "Current account", "98764567", "")
	joint   = jointly(ukRow(2, "Household", "98768810", ""))
	savings = ukRow(3, "Savings", "98762093", "Withdrawals need 30 days’ notice.")
	conta   = brRow(1, "Conta corrente", "567890", "")
	salario = brRow(2, "Conta salário", "771203", "Esta conta só recebe: não faz Pix.")
	visa    = slip.AccountRow{
		Usable: true,
		Account: app.Account{
			ID:         "cartao-1",
			Kind:       app.AccountCard,
			AccountRef: app.AccountRef{Scheme: "PAN", Identification: "************1234", Name: "Visa Gold"},
		},
	}
	several = []slip.AccountRow{current, joint, savings}
	sharing = []slip.AccountRow{current, joint, ukRow(3, "Savings", "98762093", "")}
)

func client(c slip.Client) change { return func(sh *slip.Sheet) { sh.Client = c } }

// kinds is a sheet of every kind with what most of them have.
func kinds() map[string]*slip.Sheet {
	standing := facts([]authz.Fact{paid(authz.FirstPayment, "6.66", "2026-12-15T06:06:06Z"),
		paid(authz.RecurringPayment, "7.00", "2027-01-15T06:06:06Z"),
		{Name: authz.Frequency, Schedule: &authz.Schedule{Frequency: "IntrvlMnthDay:01:15"}},
		paid(authz.FinalPayment, "7.77", "2028-11-15T06:06:06Z"), fact(authz.NumberOfPayments, "24"),
		fact(authz.Reference, "Pocket money")},
		payTo("Damien", sortCode, "08080021325698"))
	return map[string]*slip.Sheet{
		"uk-data":    sheet(authz.UKAccountAccess, window, allUK, of(sharing...)),
		"uk-payment": sheet(authz.UKDomesticPayment, invoice, fixed),
		"uk-scheduled": sheet(authz.UKDomesticScheduledPayment,
			facts(invoice, []authz.Fact{on(authz.PayOn, "2026-12-06T00:00:00Z")}), from(current, joint)),
		"uk-standing": sheet(authz.UKDomesticStandingOrder, standing, fixed),
		"uk-file": sheet(authz.UKFilePayment,
			[]authz.Fact{fact(authz.FileTransactions, "100"), fact(authz.FileControlSum, "345678.90"),
				fact(authz.FileReference, "GB2OK238"), fact(authz.FileType, "UK.OBIE.pain.001.001.08"),
				fact(authz.FileHash, "m5ah/h1UjLvJYMxqAoZmj9dKdjZnsGNm+yMkJp/KuqQ"),
				on(authz.PayOn, "2026-12-06T00:00:00Z"), fact(authz.Reference, "FRESCO-101")},
			fixed),
		"uk-international": sheet(authz.UKInternationalPayment, international, fixed),
		"uk-international-scheduled": sheet(authz.UKInternationalScheduledPayment,
			facts(international, []authz.Fact{on(authz.PayOn, "2026-12-06T00:00:00Z")}), from(several...)),
		"uk-international-standing": sheet(authz.UKInternationalStandingOrder,
			facts([]authz.Fact{money(authz.Amount, "165.88", "EUR"), fact(authz.TransferCurrency, "USD"),
				on(authz.FirstPayment, "2026-12-15T06:06:06Z"),
				{Name: authz.Frequency, Schedule: &authz.Schedule{Frequency: "QtrDay:ENGLISH"}},
				on(authz.FinalPayment, "2027-12-15T06:06:06Z"), fact(authz.ChargeBearer, "Shared"),
				fact(authz.Purpose, "RENT")},
				payTo("ACME GmbH", iban, "DE89370400440532013000")),
			from(current)),
		"br-data": sheet(authz.BRData, window, accountsBR, of(conta, visa)),
		"br-pix":  sheet(authz.BRPayment, pix, from(conta, salario)),
		"br-pix-series": sheet(authz.BRPayment,
			facts(pix[:4], pix[6:],
				[]authz.Fact{{
					Name:     authz.Frequency,
					Schedule: &authz.Schedule{Every: "monthly", Start: "2026-12-31", DayOfMonth: 31, Quantity: 6},
				}}),
			from(conta, brRow(2, "Conta poupança", "771203", ""))),
	}
}

// The gallery has a page of every kind.
func TestEveryKindHasAPage(t *testing.T) {
	shown := map[authz.Kind]bool{authz.Regular: true, authz.Test: true} // pages of their own
	for _, sh := range kinds() {
		shown[sh.Kind] = true
	}
	for _, r := range authz.Kinds() {
		if !shown[r.Kind] {
			t.Errorf("the gallery has no page of %s", r.Kind)
		}
	}
}

// reader reads in the words of a page.
func reader(f view.Frame) slip.Reader {
	return slip.Reader{Words: f.Words, Institution: f.Institution, Owner: f.Owner, Here: f.Here.On(f.Words), Now: f.Now}
}

// bare is what is known of a request that nobody read yet.
func bare(f view.Frame, c slip.Client, ref, message string) slip.Text {
	sh := &slip.Sheet{Ref: ref, Kind: authz.Regular, Client: c, Message: message, ExpiresAt: app.At(deadline)}
	return sh.Text(reader(f))
}

func request(f view.Frame, sh *slip.Sheet, changes ...func(*page.Request)) page.Request {
	p := page.Request{
		ID:       "r1",
		Text:     sh.Text(reader(f)),
		Started:  started,
		Deadline: deadline,
		Seen:     strings.Repeat("ab", 32),
	}
	for _, c := range changes {
		c(&p)
	}
	return p
}

func unreachable(f view.Frame, kind string) func(*page.Request) {
	return func(p *page.Request) {
		t := p.Text
		p.Unreachable, p.Seen = true, ""
		p.Text = slip.Text{
			Kind:      kind,
			Ref:       t.Ref,
			Requester: slip.Requester{Name: t.Requester.Name},
			Message:   t.Message,
			Verb:      t.Verb,
			Deadline:  t.Deadline,
			Approve:   t.Approve,
			Deny:      t.Deny,
		}
		if t.Amount != "" || t.Headline != "" {
			p.Text.Verb = f.Words.T("request.asks_something")
		}
	}
}

// outcome is what became of a request.
func outcome(f view.Frame, sh *slip.Sheet, changes ...func(*page.Outcome)) page.Outcome {
	p := page.Outcome{
		ID:       "r1",
		Text:     sh.Text(reader(f)),
		Done:     sh.Done(reader(f)),
		State:    app.Approved,
		At:       now,
		Device:   "Pixel 9",
		Here:     true,
		Receipt:  true,
		Delivery: app.DeliveryDelivered,
		Digest:   "9f2c71d04ab8",
	}
	for _, c := range changes {
		c(&p)
	}
	return p
}

func cancelled(why app.Reason) func(*page.Outcome) {
	return func(p *page.Outcome) { p.State, p.Reason, p.Device = app.Cancelled, why, "" }
}

// withdrawn is an approval that was taken back.
func withdrawn(why app.Reason, as app.Withdrawal) func(*page.Outcome) {
	return func(p *page.Outcome) { p.State, p.Reason, p.Taken = app.Cancelled, why, as }
}

// chose is a sheet with the accounts that somebody chose of it.
func chose(sh *slip.Sheet) *slip.Sheet {
	copied := *sh
	if sh.Accounts != nil && !sh.Accounts.Many {
		accounts := *sh.Accounts
		accounts.List = accounts.List[:1]
		copied.Accounts = &accounts
	}
	return &copied
}
