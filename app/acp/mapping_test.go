package acp_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"assent/app"
	"assent/app/acp"
	"assent/app/authz"
)

// line is a fact in one line.
func line(f authz.Fact) string {
	s := string(f.Name) + ":"
	add := func(parts ...string) {
		for _, p := range parts {
			if p != "" {
				s += " " + p
			}
		}
	}
	add(f.Text)
	if f.Money != nil {
		add(f.Money.Amount, f.Money.Currency)
	}
	if f.Account != nil {
		add(account(f.Account))
	}
	add(f.At)
	add(strings.Join(f.List, " | "))
	if sc := f.Schedule; sc != nil {
		add(sc.Frequency, sc.Every, sc.Start, strings.Join(sc.Dates, " | "), sc.DayOfWeek, sc.Note)
		if sc.DayOfMonth != 0 {
			add(fmt.Sprintf("on day %d", sc.DayOfMonth))
		}
		if sc.Quantity != 0 {
			add(fmt.Sprintf("%d times", sc.Quantity))
		}
	}
	if f.Rate != nil {
		add(f.Rate.Unit, f.Rate.Rate, f.Rate.Type, f.Rate.Contract, f.Rate.ValidUntil)
	}
	for _, c := range f.Charges {
		add("["+c.Type, c.Bearer, c.Money.Amount, c.Money.Currency+"]")
	}
	return s
}

func account(a *app.AccountRef) string {
	if a == nil {
		return ""
	}
	return strings.Join(slices.DeleteFunc([]string{a.Scheme, a.Identification, a.SecondaryIdentification, a.ISPB,
		a.Issuer, a.Number, a.AccountType, a.Name},
		func(s string) bool { return s == "" }), " ")
}

func lines(c *authz.Consent) string {
	var out []string
	for _, f := range c.Facts {
		out = append(out, line(f))
	}
	return strings.Join(out, "\n")
}

// consentOf is a sample's consent, as it stands in an answer's member.
func consentOf(t testing.TB, answer []byte, member string) json.RawMessage {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal(answer, &m); err != nil || m[member] == nil {
		t.Fatalf("no %s: %v", member, err)
	}
	return m[member]
}

const (
	ukDebtor  = "UK.OBIE.SortCodeAccountNumber 11280001234567 ROLL/7 Andrea Smith"
	ukPayee   = "payee: ACME Inc\npayee_account: UK.OBIE.SortCodeAccountNumber 08080021325698 0002"
	ukAddress = "payee_address: Accounts | Receivable | 27 Acacia Avenue | Flat 7 | Acacia Lodge | Sparsholt | Wessex | GU31 2ZZ | GB"
	ukCharges = "charges: [UK.OBIE.CHAPSOut BorneByDebtor 25.00 GBP] [UK.OBIE.International Shared 0.50 EUR]"
	ukWhen    = "expected_execution: 2026-11-24T09:00:00Z\nexpected_settlement: 2026-11-25T09:00:00Z"
	ukCutOff  = "cut_off: 2026-11-24T17:00:00Z"
	ukRisk    = "payment_context: EcommerceGoods\nmerchant_category: 5967\nmerchant_customer: 053598653254\n" +
		"delivery_address: 27 Acacia Avenue | Flat 7 | Acacia Lodge | Sparsholt | Wessex | GU31 2ZZ | GB"
	ukIDs     = "instruction_id: ACME412\nend_to_end_id: FRESCO.21302.GFX.20"
	created   = "created_at: 2026-11-23T08:00:00Z"
	ukRef     = "reference: FRESCO-101\nremittance: Internal ops code 5120101"
	intlPayee = "payee: ACME GmbH\npayee_account: UK.OBIE.IBAN DE89370400440532013000"
	intlBank  = "payee_party: ACME Holding\npayee_address: Hauptstr. 1 | Berlin | DE\npayee_bank: Commerzbank UK.OBIE.BICFI COBADEFFXXX\npayee_bank_address: Frankfurt | DE\ndestination_country: DE"
	intlRates = "exchange_rate: GBP 1.23000000000000010 Indicative /tbill/2018/T102994 2026-11-23T20:00:00Z\nrequested_rate: GBP 1.0001 Agreed /tbill/2018/T102993"
	brPayee   = "payee: Marco Antonio de Brito\npayee_document: 58764789000137\npayee_person_type: PESSOA_JURIDICA\npayee_account: 12345678 1774 1234567890 CACC"
	brRest    = "method: PIX\nlocal_instrument: DICT\npayee_proxy: 12345678901\nqr_code: 00020104141234567890123426660014BR.GOV.BCB.PIX\nibge_town_code: 5300108\n" +
		created
	brDebtor = "12345678 1774 94088392 CACC"
	brAmount = "amount: 100000.12 BRL"
)

// What each kind's consent says when it says everything.
var full = map[string]struct {
	facts  []string
	debtor string
	left   map[string]any // beside what all UK payments leave
}{
	"uk-account-access": {
		facts: []string{"transactions_from: 2025-11-23T00:00:00Z\ntransactions_to: 2027-02-21T00:00:00Z\nexpires_at: 2027-02-21T08:00:00Z",
			created},
	},
	"uk-domestic-payment": {
		[]string{"amount: 165.88 GBP", ukPayee, ukRef, ukAddress, ukCharges, ukWhen, ukCutOff, ukRisk,
			"local_instrument: UK.OBIE.FPS", ukIDs, created},
		ukDebtor,
		map[string]any{"ReadRefundAccount": "Yes"},
	},
	"uk-domestic-scheduled-payment": {
		[]string{"amount: 165.88 GBP", ukPayee, "pay_on: 2026-12-06T00:00:00+00:00", ukRef, ukAddress, ukCharges,
			ukWhen, ukCutOff, ukRisk, "local_instrument: UK.OBIE.FPS", ukIDs, created},
		ukDebtor,
		map[string]any{"ReadRefundAccount": "Yes"},
	},
	"uk-domestic-standing-order": {
		[]string{ukPayee,
			"first_payment: 6.66 GBP 2026-12-15T06:06:06+00:00\nrecurring_payment: 7.00 GBP 2027-01-15T06:06:06+00:00\nfrequency: IntrvlMnthDay:01:15\nfinal_payment: 7.77 GBP 2028-11-15T06:06:06+00:00\nnumber_of_payments: 24",
			"reference: Pocket money for Damien", ukCharges, ukCutOff, ukRisk, created}, ukDebtor,
		map[string]any{"ReadRefundAccount": "Yes"},
	},
	"uk-file-payment": {
		[]string{"file_transactions: 100\nfile_control_sum: 123456789012345678.90\nfile_reference: GB2OK238\nfile_type: UK.OBIE.pain.001.001.08\nfile_hash: m5ah/h1UjLvJYMxqAoZmj9dKdjZnsGNm+yMkJp/KuqQ\npay_on: 2026-12-06T00:00:00+00:00",
			ukRef, ukCharges, ukCutOff, "local_instrument: UK.OBIE.BACS", created}, ukDebtor, nil,
	},
	"uk-international-payment": {
		[]string{"amount: 165.8800 EUR\ntransfer_currency: USD", intlPayee, intlRates, "charge_bearer: Shared",
			intlBank, ukRef, "priority: Urgent\npurpose: CDCD\nextended_purpose: Spare parts",
			ukCharges, ukWhen, ukCutOff, ukRisk, "local_instrument: UK.OBIE.SWIFT", ukIDs, created}, ukDebtor,
		map[string]any{"ReadRefundAccount": "Yes"},
	},
	"uk-international-scheduled-payment": {
		[]string{"amount: 165.8800 EUR\ntransfer_currency: USD", intlPayee, "pay_on: 2026-12-06T00:00:00+00:00",
			intlRates, "charge_bearer: Shared", intlBank, ukRef,
			"priority: Urgent\npurpose: CDCD\nextended_purpose: Spare parts",
			ukCharges, ukWhen, ukCutOff, ukRisk, "local_instrument: UK.OBIE.SWIFT", ukIDs, created}, ukDebtor,
		map[string]any{"ReadRefundAccount": "Yes"},
	},
	"uk-international-standing-order": {
		[]string{"amount: 165.8800 EUR\ntransfer_currency: USD", intlPayee,
			"first_payment: 2026-12-15T06:06:06+00:00\nfrequency: EvryWorkgDay\nfinal_payment: 2027-12-15T06:06:06+00:00\nnumber_of_payments: 12",
			"charge_bearer: Shared", intlBank, "reference: Rent\npurpose: CDCD\nextended_purpose: Spare parts",
			ukCharges, ukCutOff, ukRisk, created},
		ukDebtor,
		map[string]any{"ReadRefundAccount": "Yes"},
	},
	"br-data-v1": {
		facts: []string{"transactions_from: 2026-01-01T00:00:00Z\ntransactions_to: 2026-02-01T23:59:59Z\nexpires_at: 2027-11-23T08:00:00Z",
			created},
	},
	"br-data-v2": {
		facts: []string{"expires_at: 2027-11-23T08:00:00Z", created},
		left: map[string]any{
			"extensions": []any{map[string]any{
				"expiration_time": "2028-01-01T00:00:00Z",
				"logged_user":     "x",
				"request_time":    "2026-11-23T08:00:00Z",
			}},
		},
	},
	"br-payment-v1": {[]string{brAmount, brPayee, "pay_on: 2026-11-23", brRest}, brDebtor, nil},
	"br-payment-v2": {[]string{brAmount, brPayee, "pay_on: 2026-12-01", brRest}, brDebtor, nil},
	"br-payment-v3": {[]string{brAmount, brPayee, "pay_on: 2026-11-23", brRest}, brDebtor, nil},
	"br-payment-v4": {[]string{brAmount, brPayee, "frequency: monthly 2026-12-31 on day 31 6 times", brRest}, brDebtor,
		nil},
}

func TestEveryFieldOfEveryKind(t *testing.T) {
	for _, s := range samples {
		t.Run(s.file, func(t *testing.T) {
			want, ok := full[s.file]
			if !ok {
				t.Fatal("nothing is said of this sample")
			}
			c, left, err := acp.ReadConsent(s.member, consentOf(t, sample(t, s.file), s.member))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := lines(c), strings.Join(want.facts, "\n"); got != want {
				t.Errorf("read\n%s\n\nwanted\n%s", got, want)
			}
			if got := account(c.Debtor); got != want.debtor {
				t.Errorf("debtor %q, want %q", got, want.debtor)
			}
			if want.left == nil {
				want.left = map[string]any{}
			}
			if want.debtor == ukDebtor {
				want.left["Authorisation"] = map[string]any{
					"AuthorisationType":  "Any",
					"CompletionDateTime": "2026-11-30T10:00:00Z",
				}
				want.left["Debtor"] = map[string]any{"Name": "Ms A Smith"}
				if strings.HasPrefix(s.file, "uk-domestic-") && s.file != "uk-domestic-standing-order" {
					want.left["Initiation"] = map[string]any{"SupplementaryData": map[string]any{"Branch": "12"}}
				}
			}
			if !reflect.DeepEqual(left, want.left) {
				t.Errorf("left %v, want %v", left, want.left)
			}
			if c.ID == "" || !strings.HasPrefix(strings.ToLower(c.Status), "awaiting") {
				t.Errorf("id %q, status %q", c.ID, c.Status)
			}
		})
	}
}

func TestPermissionsAndDocuments(t *testing.T) {
	for file, want := range map[string]authz.Consent{
		"uk-account-access": {
			Permissions: []string{"ReadAccountsDetail", "ReadBalances", "ReadTransactionsDetail", "ReadSomethingNew"},
		},
		"br-data-v1": {
			Permissions: []string{"ACCOUNTS_READ", "ACCOUNTS_BALANCES_READ", "CREDIT_CARDS_ACCOUNTS_READ",
				"RESOURCES_READ"},
			CNPJ: "11111111111111",
		},
		"br-data-v2": {
			Permissions: []string{"ACCOUNTS_READ", "ACCOUNTS_BALANCES_READ", "CREDIT_CARDS_ACCOUNTS_READ",
				"RESOURCES_READ"},
			CNPJ: "11111111111111",
		},
		"br-payment-v1": {CPF: "11111111111", CNPJ: "22222222222222"},
		"br-payment-v4": {CPF: "11111111111", CNPJ: "22222222222222"},
	} {
		for _, s := range samples {
			if s.file != file {
				continue
			}
			c, _, err := acp.ReadConsent(s.member, consentOf(t, sample(t, file), s.member))
			if err != nil || !slices.Equal(c.Permissions, want.Permissions) || c.CPF != want.CPF ||
				c.CNPJ != want.CNPJ {
				t.Errorf("%s: %+v, %v", file, c, err)
			}
		}
	}
}

// What only has what ACP must say is read as well: nothing is made up for the rest.
func TestLeastOfEveryKind(t *testing.T) {
	creditor := `"CreditorAccount":{"SchemeName":"UK.OBIE.IBAN","Identification":"GB1","Name":"N"}`
	amount := `"InstructedAmount":{"Amount":"1.00","Currency":"GBP"}`
	payee := "payee: N\npayee_account: UK.OBIE.IBAN GB1"
	for member, c := range map[string]struct{ consent, want string }{
		"account_access_consent": {`{"Permissions":["ReadPAN"]}`, ""},
		"domestic_payment_consent": {`{"Initiation":{` + creditor + `,` + amount + `}}`,
			"amount: 1.00 GBP\n" + payee},
		"domestic_scheduled_payment_consent": {`{"Initiation":{` + creditor + `,` + amount +
			`,"RequestedExecutionDateTime":"2027-01-02T00:00:00Z"}}`,
			"amount: 1.00 GBP\n" + payee + "\npay_on: 2027-01-02T00:00:00Z"},
		"domestic_standing_order_consent": {`{"Initiation":{` + creditor +
			`,"FirstPaymentAmount":{"Amount":"1","Currency":"GBP"},"Frequency":"EvryDay"}}`,
			payee + "\nfirst_payment: 1 GBP\nfrequency: EvryDay"},
		"file_payment_consent": {`{"Initiation":{"FileType":"T","FileHash":"H"}}`,
			"file_type: T\nfile_hash: H"},
		"international_payment_consent": {`{"Initiation":{` + creditor + `,` + amount + `,"Creditor":{"Name":"N"}}}`,
			"amount: 1.00 GBP\n" + payee},
		"international_standing_order_consent": {`{"Initiation":{` + creditor + `,` + amount +
			`,"Frequency":"QtrDay:ENGLISH"}}`,
			"amount: 1.00 GBP\n" + payee + "\nfrequency: QtrDay:ENGLISH"},
		"customer_data_access_consent": {`{"permissions":["LOANS_READ"],"expirationDateTime":"0001-01-01T00:00:00.000Z"}`,
			""},
		"customer_payment_consent_v3": {`{"payment":{"amount":"1.00","currency":"BRL"},"creditor":{"name":"N","cpfCnpj":"123.456.789-09"}}`,
			"amount: 1.00 BRL\npayee: N\npayee_document: 12345678909"},
		"international_scheduled_payment_consent": {`{"Initiation":{` + creditor + `,` + amount +
			`,"RequestedExecutionDateTime":"2027-01-02"}}`,
			"amount: 1.00 GBP\n" + payee + "\npay_on: 2027-01-02"},
	} {
		got, left, err := acp.ReadConsent(member, []byte(c.consent))
		if err != nil || lines(got) != c.want || got.Debtor != nil || len(left) > 0 {
			t.Errorf("%s: %v\n%s\ndebtor %v, left %v; wanted\n%s", member, err, lines(got), got.Debtor, left, c.want)
		}
	}
}

// Amounts and rates keep every digit, whether they come as text or as numbers.
func TestDigitsAreKept(t *testing.T) {
	c, left, err := acp.ReadConsent("international_payment_consent",
		[]byte(`{"Initiation":{"CreditorAccount":{"Identification":"1","Name":"N"},
		"InstructedAmount":{"Amount":9007199254740993.10,"Currency":"GBP"}},
		"ExchangeRateInformation":{"UnitCurrency":"GBP","ExchangeRate":"0.10000000000000000000001","RateType":"Actual"}}`))
	want := "amount: 9007199254740993.10 GBP\npayee: N\npayee_account: 1\nexchange_rate: GBP 0.10000000000000000000001 Actual"
	if err != nil || lines(c) != want || len(left) > 0 {
		t.Errorf("%v\n%s\nleft %v", err, lines(c), left)
	}
}

func TestBrazilianSchedules(t *testing.T) {
	for schedule, want := range map[string]string{
		`{"single":{"date":"2027-01-02"}}`:                                                           "pay_on: 2027-01-02",
		`{"daily":{"startDate":"2027-01-02","quantity":10}}`:                                         "frequency: daily 2027-01-02 10 times",
		`{"weekly":{"dayOfWeek":"SEGUNDA_FEIRA","startDate":"2027-01-04","quantity":"3"}}`:           "frequency: weekly 2027-01-04 SEGUNDA_FEIRA 3 times",
		`{"monthly":{"dayOfMonth":1,"startDate":"2027-02-01","quantity":60},"daily":{},"x":null}`:    "frequency: monthly 2027-02-01 on day 1 60 times",
		`{"custom":{"dates":["2027-01-02","2027-01-09","2027-01-09"],"additionalInformation":"ok"}}`: "frequency: custom 2027-01-02 | 2027-01-09 | 2027-01-09 ok",
		`{}`: "",
		// Half a schedule is another one: nobody can decide over these.
		`{"daily":{"startDate":"2027-01-02","quantity":"many"}}`:            "unreadable",
		`{"daily":{"startDate":"2027-01-02","quantity":2,"every":"other"}}`: "unreadable",
		`{"custom":{"dates":["2027-01-02",7]}}`:                             "unreadable",
		`{"yearly":{"startDate":"2027-01-02"}}`:                             "unreadable",
		`{"single":{"date":"soon"}}`:                                        "unreadable",
		`"daily"`:                                                           "unreadable",
	} {
		c, left, err := acp.ReadConsent("customer_payment_consent_v4",
			[]byte(`{"payment":{"amount":"1.00","currency":"BRL","schedule":`+schedule+
				`},"creditor":{"name":"N","cpfCnpj":"1"}}`))
		got := strings.TrimPrefix(strings.TrimPrefix(lines(c), "amount: 1.00 BRL\npayee: N\npayee_document: 1"), "\n")
		if err != nil {
			got = "unreadable"
			if len(left) == 0 {
				t.Errorf("%s: nothing is left of it", schedule)
			}
		}
		if got != want {
			t.Errorf("%s: %q, %v, want %q", schedule, got, err, want)
		}
	}
}

// What isn't of its type stays aside as it came, and costs nothing else.
func TestWrongTypesStayAside(t *testing.T) {
	c, left, err := acp.ReadConsent("domestic_payment_consent",
		[]byte(`{"ConsentId":7,"Status":"","Charges":[{"Type":"T","ChargeBearer":"B"},5,{"Amount":{"Amount":"2.00","Currency":"GBP"},"Type":1}],
		"CutOffDateTime":"tomorrow","ExpectedExecutionDateTime":{},"PaymentContextCode":["x"],"DeliveryAddress":{"AddressLine":"one line","TownName":"Bath","Extra":true},
		"CreationDateTime":null,"New":{"a":[0.10]},
		"Initiation":{"InstructedAmount":{"Amount":"1.00","Currency":"GBP","Precision":2},"CreditorAccount":{"Identification":"1","Name":"N","SchemeName":false},
			"RemittanceInformation":"thanks","EndToEndIdentification":" ","DebtorAccount":{"Identification":"","Name":""}}}`))
	want := "amount: 1.00 GBP\npayee: N\npayee_account: 1\ncharges: [ 2.00 GBP]\ndelivery_address: Bath"
	if err != nil || lines(c) != strings.ReplaceAll(want, "[ ", "[ ") || c.Debtor != nil {
		t.Errorf("%v\n%s\ndebtor %v", err, lines(c), c.Debtor)
	}
	aside := map[string]any{
		"ConsentId": json.Number("7"), "CutOffDateTime": "tomorrow", "PaymentContextCode": []any{"x"},
		"Charges": []any{map[string]any{"Type": "T", "ChargeBearer": "B"}, json.Number("5"),
			map[string]any{"Type": json.Number("1")}},
		"DeliveryAddress": map[string]any{"AddressLine": "one line", "Extra": true},
		"New":             map[string]any{"a": []any{json.Number("0.10")}},
		"Initiation": map[string]any{
			"InstructedAmount":      map[string]any{"Precision": json.Number("2")},
			"CreditorAccount":       map[string]any{"SchemeName": false},
			"RemittanceInformation": "thanks",
		},
	}
	if !reflect.DeepEqual(left, aside) {
		t.Errorf("left   %v\nwanted %v", left, aside)
	}
}

// Nobody can decide over a consent of which what matters can't be read.
func TestWhatMattersMustBeReadable(t *testing.T) {
	for _, c := range []struct{ member, consent string }{
		{"account_access_consent", `{"Permissions":[]}`},
		{"account_access_consent", `{"Permissions":"ReadPAN"}`},
		{"customer_data_access_consent_v2", `{"permissions":[7]}`},
		{"domestic_payment_consent", `{"Initiation":[]}`},
		{"domestic_payment_consent",
			`{"Initiation":{"CreditorAccount":{"Identification":"1","Name":"N"},"InstructedAmount":{"Amount":"1,00","Currency":"GBP"}}}`},
		{"domestic_payment_consent",
			`{"Initiation":{"CreditorAccount":{"Identification":"1","Name":"N"},"InstructedAmount":{"Amount":1e3,"Currency":"GBP"}}}`},
		{"domestic_payment_consent",
			`{"Initiation":{"CreditorAccount":{"Identification":"1","Name":"N"},"InstructedAmount":{"Amount":"1.00"}}}`},
		{"domestic_payment_consent",
			`{"Initiation":{"DebtorAccount":{"Identification":"1","Name":"N"},"InstructedAmount":{"Amount":"1.00","Currency":"GBP"}}}`},
		{"domestic_payment_consent",
			`{"Initiation":{"CreditorAccount":{"Identification":"1","Name":"N"},"DebtorAccount":{"Name":"M"},"InstructedAmount":{"Amount":"1.00","Currency":"GBP"}}}`},
		{"domestic_payment_consent",
			`{"Initiation":{"CreditorAccount":{"Identification":"1","Name":"N"},"DebtorAccount":"mine","InstructedAmount":{"Amount":"1.00","Currency":"GBP"}}}`},
		{"domestic_standing_order_consent",
			`{"Initiation":{"CreditorAccount":{"Identification":"1","Name":"N"},"FirstPaymentDateTime":"2027-01-02","Frequency":"EvryDay"}}`},
		{"file_payment_consent", `{"Initiation":{"FileType":"T"}}`},
		{"customer_payment_consent", `{"payment":{"amount":"1.00","currency":"BRL"},"creditor":{"name":"N"}}`},
		{"customer_payment_consent",
			`{"payment":{"amount":"1.00","currency":"BRL"},"creditor":{"name":"N","cpfCnpj":"1"},"debtorAccount":{"number":"1"}}`},
	} {
		if got, _, err := acp.ReadConsent(c.member, []byte(c.consent)); err == nil {
			t.Errorf("%s: read %s", c.consent, lines(got))
		}
	}
}
