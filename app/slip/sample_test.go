package slip_test

import (
	"encoding/json"
	"fmt"
	"time"

	"assent/app"
	"assent/app/authz"
	"assent/app/slip"
)

var now = time.Date(2026, 11, 23, 14, 30, 40, 0, time.UTC)

// golden are the sheets whose words are kept in testdata: every kind and
// version with all that it may have and with the least, and odd ones.
var golden = []struct {
	name  string
	sheet *slip.Sheet
}{
	{"regular", regular("K7-PLUM")},
	{"regular-bare",
		edit(regular(""), func(sh *slip.Sheet) { sh.Scopes, sh.Claims, sh.Authorization = sh.Scopes[:1], nil, nil })},
	{"regular-code", edit(regular("K7-PLUM"), func(sh *slip.Sheet) { sh.AskCode = true })},

	{"uk-account-access", uk(authz.UKAccountAccess, authz.Consent{Permissions: ukPermissions, Facts: []authz.Fact{
		at(authz.TransactionsFrom, "2025-11-22T00:00:00Z"), at(authz.TransactionsTo, "2027-02-21T23:59:59Z"),
		at(authz.ExpiresAt, "2027-05-22T08:00:00Z"), created}},
		ticks)},
	{"uk-account-access-least",
		uk(authz.UKAccountAccess,
			authz.Consent{
				Permissions: []string{"ReadAccountsBasic", "ReadTransactionsCredits", "ReadTransactionsBasic"},
			},
			ticks)},
	{"uk-account-access-down", uk(authz.UKAccountAccess, authz.Consent{Permissions: []string{"ReadPAN"}}, nil)},

	{"uk-domestic-payment", uk(authz.UKDomesticPayment, authz.Consent{Debtor: debtor, Facts: []authz.Fact{
		money(authz.Amount, "1234.50", "GBP"), text(authz.Payee, "Ms Ada Quill"),
		account(authz.PayeeAccount, sortCode("20325698765432", "0002")), text(authz.Reference, "INV-7781"),
		text(authz.Remittance, "Internal ops code 5120101"),
		list(authz.PayeeAddress, "27 Acacia Avenue", "Sparsholt", "GU31 2ZZ", "GB"), charges,
		at(authz.ExpectedExecution, "2026-11-24T09:00:00Z"), at(authz.ExpectedSettle, "2026-11-25T00:00:00Z"),
		at(authz.CutOff, "2026-11-24T00:00:00Z"),
		text(authz.PaymentContext, "EcommerceGoods"), text(authz.MerchantCategory, "5967"),
		text(authz.MerchantCustomer, "053598653254"), list(authz.DeliveryAddress, "27 Acacia Avenue", "GB"),
		text(authz.LocalInstrument, "UK.OBIE.FPS"), text(authz.InstructionID, "ACME412"),
		text(authz.EndToEndID, "FRESCO.21302.GFX.20"), created}},
		fixed, func(sh *slip.Sheet) {
			sh.Hints = []slip.Hint{{Kind: slip.FirstPayee},
				{Kind: slip.LargestAmount, Money: &authz.Money{Amount: "99.00", Currency: "GBP"}}}
			sh.Other = map[string]any{
				"domestic_payment_consent": map[string]any{
					"ReadRefundAccount": "Yes",
					"Initiation": map[string]any{
						"SupplementaryData": map[string]any{"Branch": json.Number("12")},
					},
				},
			}
		})},
	{"uk-domestic-payment-least", uk(authz.UKDomesticPayment, authz.Consent{Facts: []authz.Fact{
		money(authz.Amount, "5", "GBP"), text(authz.Payee, "ACME Inc"),
		account(authz.PayeeAccount, app.AccountRef{Scheme: "UK.OBIE.IBAN", Identification: "GB29NWBK60161331926819"})}},
		choice)},
	{"uk-domestic-scheduled-payment", uk(authz.UKDomesticScheduledPayment, authz.Consent{Facts: []authz.Fact{
		money(authz.Amount, "165.88", "GBP"), text(authz.Payee, "ACME Inc"),
		account(authz.PayeeAccount, app.AccountRef{Scheme: "UK.OBIE.Paym", Identification: "+447700900123"}),
		at(authz.PayOn, "2026-12-06T00:00:00+00:00"), text(authz.Reference, "FRESCO-101")}},
		one)},
	{"uk-domestic-standing-order", uk(authz.UKDomesticStandingOrder, authz.Consent{Debtor: debtor, Facts: []authz.Fact{
		text(authz.Payee, "Damien"), account(authz.PayeeAccount, sortCode("08080021325698", "")),
		both(authz.FirstPayment, "6.66", "2026-12-15T06:06:06+00:00"),
		both(authz.RecurringPayment, "7.00", "2027-01-15T06:06:06+00:00"),
		every("IntrvlMnthDay:01:15"), both(authz.FinalPayment, "7.77", "2028-11-15T06:06:06+00:00"),
		text(authz.NumberOfPayments, "24"), text(authz.Reference, "Pocket money"), created}},
		fixed)},
	{"uk-domestic-standing-order-least", uk(authz.UKDomesticStandingOrder, authz.Consent{Facts: []authz.Fact{
		text(authz.Payee, "Damien"), account(authz.PayeeAccount, sortCode("08080021325698", "")),
		both(authz.FirstPayment, "6.66", "2026-12-15T00:00:00+00:00"), every("WkInMnthDay:02:03")}},
		choice)},
	{"uk-domestic-standing-order-unknown", uk(authz.UKDomesticStandingOrder, authz.Consent{Facts: []authz.Fact{
		text(authz.Payee, "Damien"),
		account(authz.PayeeAccount, app.AccountRef{Scheme: "UK.OBIE.SomethingNew", Identification: "X-1"}),
		both(authz.FirstPayment, "6.66", ""), every("EvryFullMoon"), text(authz.NumberOfPayments, "3")}},
		none)},
	{"uk-file-payment", uk(authz.UKFilePayment, authz.Consent{Debtor: debtor, Facts: []authz.Fact{
		text(authz.FileTransactions, "100"), text(authz.FileControlSum, "123456789012345678.90"),
		text(authz.FileReference, "GB2OK238"), text(authz.FileType, "UK.OBIE.pain.001.001.08"),
		text(authz.FileHash, "m5ah/h1UjLvJYMxqAoZmj9dKdjZnsGNm+yMkJp/KuqQ"),
		at(authz.PayOn, "2026-12-06T00:00:00+00:00"), text(authz.Reference, "FRESCO-101"), charges,
		text(authz.LocalInstrument, "UK.OBIE.BACS"), created}},
		fixed)},
	{"uk-file-payment-least",
		uk(authz.UKFilePayment,
			authz.Consent{Facts: []authz.Fact{text(authz.FileType, "T"), text(authz.FileHash, "H")}}, choice)},
	{"uk-international-payment",
		uk(authz.UKInternationalPayment,
			authz.Consent{
				Debtor: debtor,
				Facts: append(international(), text(authz.Priority, "Urgent"), text(authz.Purpose, "CDCD"),
					text(authz.ExtendedPurpose, "Spare parts"),
					charges, at(authz.ExpectedExecution, "2026-11-24T09:00:00Z"),
					text(authz.LocalInstrument, "UK.OBIE.SWIFT"), created),
			}, fixed)},
	{"uk-international-payment-least", uk(authz.UKInternationalPayment, authz.Consent{Facts: []authz.Fact{
		money(authz.Amount, "100000", "JPY"), text(authz.Payee, "N"),
		account(authz.PayeeAccount, app.AccountRef{Identification: "0012345"})}},
		choice)},
	{"uk-international-scheduled-payment",
		uk(authz.UKInternationalScheduledPayment,
			authz.Consent{Facts: append(international(), at(authz.PayOn, "2026-12-06T00:00:00+00:00"))}, choice)},
	{"uk-international-standing-order", uk(authz.UKInternationalStandingOrder, authz.Consent{Facts: []authz.Fact{
		money(authz.Amount, "165.8800", "EUR"), text(authz.TransferCurrency, "USD"), text(authz.Payee, "ACME GmbH"),
		account(authz.PayeeAccount, iban), at(authz.FirstPayment, "2026-12-15T06:06:06+00:00"), every("QtrDay:ENGLISH"),
		at(authz.FinalPayment, "2027-12-15T06:06:06+00:00"), text(authz.ChargeBearer, "Shared"),
		text(authz.Reference, "Rent"), text(authz.Purpose, "RENT")}},
		choice)},

	{"br-data-v1",
		br(authz.BRData,
			authz.Consent{
				Version:     "v1",
				CPF:         "12345678909",
				Permissions: append([]string{"RESOURCES_READ"}, brPermissions...),
				Facts: []authz.Fact{
					at(authz.TransactionsFrom, "2026-01-01T00:00:00Z"),
					at(authz.TransactionsTo, "2026-02-01T23:59:59Z"), at(authz.ExpiresAt, "2027-11-23T08:00:00Z"),
					created},
			}, brTicks)},
	{"br-data-v2",
		br(authz.BRData,
			authz.Consent{
				Version: "v2",
				CPF:     "12345678909",
				CNPJ:    "12ABC34501DE35",
				Permissions: []string{"ACCOUNTS_READ", "ACCOUNTS_TRANSACTIONS_READ", "RESOURCES_READ",
					"PENSION_RISK_READ"},
				Facts: []authz.Fact{at(authz.ExpiresAt, "2027-11-24T00:00:00Z")},
			},
			brTicks)},
	{"br-data-least",
		br(authz.BRData,
			authz.Consent{Version: "v2", Permissions: []string{"LOANS_READ", "FUNDS_READ", "RESOURCES_READ"}}, nil)},

	{"br-payment-v1",
		br(authz.BRPayment,
			authz.Consent{
				Version: "v1",
				CPF:     "12345678909",
				CNPJ:    "22222222222222",
				Debtor:  brDebtor,
				Facts: []authz.Fact{
					money(authz.Amount, "1348.90", "BRL"), text(authz.Payee, "Livraria Bom Tempo Ltda"),
					text(authz.PayeeDocument, "12345678000195"), text(authz.PayeePersonType, "PESSOA_JURIDICA"),
					account(authz.PayeeAccount,
						app.AccountRef{ISPB: "60701190", Issuer: "1774", Number: "1234567890", AccountType: "CACC"}),
					at(authz.PayOn, "2026-11-23"), text(authz.Remittance, "Pedido 20931, 4 livros"),
					text(authz.Method, "PIX"), text(authz.LocalInstrument, "QRDN"),
					text(authz.PayeeProxy, "12345678901"),
					text(authz.QRCode, "00020104141234567890123426660014BR.GOV.BCB.PIX"),
					text(authz.IBGETownCode, "5300108"), text(authz.TransactionID, "txid1"),
					text(authz.EndToEndID, "E9040088820210128000800123873170"), created},
			}, brFixed)},
	{"br-payment-v2", br(authz.BRPayment, authz.Consent{Version: "v2", Facts: []authz.Fact{
		money(authz.Amount, "1348.90", "BRL"), text(authz.Payee, "Marco Antonio de Brito"),
		text(authz.PayeeDocument, "12345678909"), at(authz.PayOn, "2026-12-01"), text(authz.Method, "PIX"),
		text(authz.LocalInstrument, "DICT")}},
		brChoice)},
	{"br-payment-v3-least",
		br(authz.BRPayment,
			authz.Consent{
				Version: "v3",
				Facts: []authz.Fact{money(authz.Amount, "1.00", "BRL"), text(authz.Payee, "N"),
					text(authz.PayeeDocument, "1")},
			},
			brChoice)},
	{"br-payment-v4-daily", series(authz.Schedule{Every: "daily", Start: "2026-12-01", Quantity: 5})},
	{"br-payment-v4-weekly",
		series(authz.Schedule{Every: "weekly", Start: "2026-11-30", DayOfWeek: "SEGUNDA_FEIRA", Quantity: 3})},
	{"br-payment-v4-many",
		series(authz.Schedule{
			Every: "custom",
			Dates: []string{"2027-01-02", "2027-01-09", "2027-02-09", "2027-03-09"},
		})},
	{"br-payment-v4-monthly",
		series(authz.Schedule{Every: "monthly", Start: "2026-12-31", DayOfMonth: 31, Quantity: 6})},
	{"br-payment-v4-custom",
		series(authz.Schedule{
			Every: "custom",
			Dates: []string{"2027-01-02", "2027-01-09", "2027-02-09"},
			Note:  "parcelas do curso",
		})},

	{"odd-names", uk(authz.UKDomesticPayment, authz.Consent{Facts: []authz.Fact{
		money(authz.Amount, "123456789012345678901234567890.123456", "XTS"),
		text(authz.Payee, "شركة النور 🌙 \u202eecila"), account(authz.PayeeAccount, sortCode("20325698765432", "")),
		text(authz.Reference, "tab\there\u0000\u2066 <b>bold</b>")}},
		choice, func(sh *slip.Sheet) {
			sh.Client.Name, sh.Message = "The Worshipful Company of Exceedingly Long Financial Service Names and Partners Limited", "بنك 42"
			sh.Accounts.List[0].Account.Name = "حساب"
			sh.Other = map[string]any{
				"domestic_payment_consent": map[string]any{
					"Charges": "free",
					"Risk":    []any{true, nil, []any{json.Number("1e400")}},
				},
				"login_context": map[string]any{"channel": "branch"},
			}
		})},
	{"odd-empty", uk(authz.UKDomesticPayment, authz.Consent{}, nil)},
}

var (
	debtor = &app.AccountRef{
		Scheme:                  "UK.OBIE.SortCodeAccountNumber",
		Identification:          "20325698764567",
		SecondaryIdentification: "ROLL/7",
		Name:                    "Andrea Smith",
	}
	brDebtor = &app.AccountRef{ISPB: "12345678", Issuer: "0412", Number: "567890", AccountType: "CACC"}
	iban     = app.AccountRef{Scheme: "UK.OBIE.IBAN", Identification: "DE89370400440532013000"}
	created  = at(authz.CreatedAt, "2026-11-23T08:00:00Z")
	charges  = authz.Fact{Name: authz.ChargeList, Charges: []authz.Charge{
		{Bearer: "BorneByDebtor", Type: "UK.OBIE.CHAPSOut", Money: authz.Money{Amount: "25.00", Currency: "GBP"}},
		{Bearer: "Shared", Type: "Stamp", Money: authz.Money{Amount: "0.50", Currency: "EUR"}}}}
	ukPermissions = []string{"ReadAccountsBasic", "ReadAccountsDetail", "ReadBalances", "ReadPAN",
		"ReadBeneficiariesBasic", "ReadBeneficiariesDetail", "ReadDirectDebits", "ReadStandingOrdersBasic",
		"ReadStandingOrdersDetail",
		"ReadScheduledPaymentsBasic", "ReadScheduledPaymentsDetail", "ReadTransactionsBasic", "ReadTransactionsDetail",
		"ReadTransactionsCredits", "ReadTransactionsDebits", "ReadStatementsBasic", "ReadStatementsDetail",
		"ReadProducts", "ReadOffers", "ReadParty", "ReadPartyPSU", "ReadSomethingNew"}
	brPermissions = permissions()
)

func permissions() []string {
	out := []string{"CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ", "CUSTOMERS_PERSONAL_ADITTIONALINFO_READ",
		"CUSTOMERS_BUSINESS_IDENTIFICATIONS_READ", "CUSTOMERS_BUSINESS_ADITTIONALINFO_READ",
		"ACCOUNTS_READ", "ACCOUNTS_BALANCES_READ", "ACCOUNTS_OVERDRAFT_LIMITS_READ", "ACCOUNTS_TRANSACTIONS_READ",
		"CREDIT_CARDS_ACCOUNTS_READ", "CREDIT_CARDS_ACCOUNTS_LIMITS_READ", "CREDIT_CARDS_ACCOUNTS_TRANSACTIONS_READ",
		"CREDIT_CARDS_ACCOUNTS_BILLS_READ", "CREDIT_CARDS_ACCOUNTS_BILLS_TRANSACTIONS_READ", "BANK_FIXED_INCOMES_READ",
		"CREDIT_FIXED_INCOMES_READ", "FUNDS_READ", "VARIABLE_INCOMES_READ", "TREASURE_TITLES_READ", "EXCHANGES_READ"}
	for _, product := range []string{"LOANS", "FINANCINGS", "UNARRANGED_ACCOUNTS_OVERDRAFT", "INVOICE_FINANCINGS"} {
		for _, part := range []string{"", "_WARRANTIES", "_SCHEDULED_INSTALMENTS", "_PAYMENTS"} {
			out = append(out, product+part+"_READ")
		}
	}
	return out
}

func text(name authz.FactName, s string) authz.Fact { return authz.Fact{Name: name, Text: s} }
func at(name authz.FactName, s string) authz.Fact   { return authz.Fact{Name: name, At: s} }
func list(name authz.FactName, lines ...string) authz.Fact {
	return authz.Fact{Name: name, List: lines}
}
func money(name authz.FactName, amount, currency string) authz.Fact {
	return authz.Fact{Name: name, Money: &authz.Money{Amount: amount, Currency: currency}}
}
func both(name authz.FactName, amount, at string) authz.Fact {
	return authz.Fact{Name: name, Money: &authz.Money{Amount: amount, Currency: "GBP"}, At: at}
}
func account(name authz.FactName, ref app.AccountRef) authz.Fact {
	return authz.Fact{Name: name, Account: &ref}
}
func every(code string) authz.Fact {
	return authz.Fact{Name: authz.Frequency, Schedule: &authz.Schedule{Frequency: code}}
}
func sortCode(id, roll string) app.AccountRef {
	return app.AccountRef{Scheme: "UK.OBIE.SortCodeAccountNumber", Identification: id, SecondaryIdentification: roll}
}

func international() []authz.Fact {
	return []authz.Fact{
		money(authz.Amount, "165.8800", "EUR"), text(authz.TransferCurrency, "USD"), text(authz.Payee, "ACME GmbH"),
		account(authz.PayeeAccount, iban),
		{
			Name: authz.ExchangeRate,
			Rate: &authz.Rate{
				Unit:       "GBP",
				Rate:       "1.23000000000000010",
				Type:       "Indicative",
				Contract:   "/tbill/2018/T102994",
				ValidUntil: "2026-11-23T20:00:00Z",
			},
		},
		{
			Name: authz.RequestedRate,
			Rate: &authz.Rate{Unit: "GBP", Rate: "1.0001", Type: "Agreed", Contract: "/tbill/2018/T102993"},
		},
		text(authz.ChargeBearer, "BorneByDebtor"), text(authz.PayeeParty, "ACME Holding"),
		list(authz.PayeeAddress, "Hauptstr. 1", "Berlin", "DE"),
		{
			Name:    authz.PayeeBank,
			Text:    "Commerzbank",
			Account: &app.AccountRef{Scheme: "UK.OBIE.BICFI", Identification: "COBADEFFXXX"},
		},
		list(authz.PayeeBankAddress, "Frankfurt", "DE"), text(authz.Destination, "DE"),
		text(authz.Reference, "FRESCO-101"),
	}
}

// sheet is what all requests have.
func sheet(kind authz.Kind) *slip.Sheet {
	return &slip.Sheet{RequestID: "r1", Ref: "7Q4-KM2", Kind: kind, Message: "K7-PLUM", ServerID: "openbanking",
		Client: slip.Client{
			ID:          "d9de35e3bcb44d96ba5bca98058e993c",
			Name:        "Financroo Ltd",
			Description: "Budgets and savings in one place.",
			URI:         "https://financroo.example",
			Host:        "financroo.example",
			PolicyURI:   "https://financroo.example/privacy",
			TosURI:      "javascript:alert(1)",
		},
		StartedAt: app.At(now.Add(-40 * time.Second)), ExpiresAt: app.At(now.Add(80 * time.Second))}
}

func edit(sh *slip.Sheet, change ...func(*slip.Sheet)) *slip.Sheet {
	for _, c := range change {
		if c != nil {
			c(sh)
		}
	}
	return sh
}

func regular(message string) *slip.Sheet {
	sh := sheet(authz.Regular)
	sh.Message, sh.Implicit, sh.ACR = message, []string{"never_shown"}, []string{"urn:openbanking:psd2:sca"}
	sh.Scopes = []slip.Scope{{Grant: "openid", Name: "openid"},
		{Grant: "profile", Name: "profile", Service: "Profile", Optional: true},
		{Grant: "offline_access", Name: "offline_access", Optional: true},
		{
			Grant:       "transfers:read.42",
			Name:        "transfers:read.*",
			DisplayName: "See your transfers",
			Description: "Amounts, dates and payees of the last 90 days",
			Service:     "Northmoor Transfers",
			Params:      []string{"42"},
			Optional:    true,
		}}
	sh.Claims, sh.VerifiedClaims = []string{"birthdate", "loyalty_level"}, []string{"given_name"}
	sh.Authorization = []map[string]any{{
		"type":             "payment_initiation",
		"instructedAmount": map[string]any{"currency": "EUR", "amount": "123.50"},
		"actions":          []any{"initiate", "status"},
	}}
	sh.Other = map[string]any{"login_context": map[string]any{"channel": "branch"}}
	return sh
}

func uk(kind authz.Kind, c authz.Consent, change ...func(*slip.Sheet)) *slip.Sheet {
	sh := sheet(kind)
	c.ID = "7290-003"
	sh.Consent = &c
	sh.Scopes = []slip.Scope{{Grant: "openid", Name: "openid"}, {Grant: "payments", Name: "payments"}}
	return edit(sh, change...)
}

func br(kind authz.Kind, c authz.Consent, change ...func(*slip.Sheet)) *slip.Sheet {
	sh := sheet(kind)
	c.ID = "urn:bancoex:C1DD33123"
	sh.Consent = &c
	return edit(sh, change...)
}

func series(s authz.Schedule) *slip.Sheet {
	return br(authz.BRPayment, authz.Consent{Version: "v4", CPF: "12345678909", Facts: []authz.Fact{
		money(authz.Amount, "100000.12", "BRL"), text(authz.Payee, "Marco Antonio de Brito"),
		text(authz.PayeeDocument, "12345678909"), {Name: authz.Frequency, Schedule: &s}, text(authz.Method, "PIX"),
		text(authz.LocalInstrument, "MANU")}},
		brChoice)
}

func ukAccount(n int, name, number string) app.Account {
	return app.Account{
		ID:       fmt.Sprintf("acc-%d", n),
		Kind:     app.AccountBank,
		Currency: "GBP",
		Balance:  "1020.30",
		AccountRef: app.AccountRef{
			Scheme:         "UK.OBIE.SortCodeAccountNumber",
			Identification: "203256" + number,
			Name:           name,
		},
	}
}

func brAccount(n int, name, number string) app.Account {
	return app.Account{
		ID:         fmt.Sprintf("conta-%d", n),
		Kind:       app.AccountBank,
		Currency:   "BRL",
		AccountRef: app.AccountRef{ISPB: "12345678", Issuer: "0412", Number: number, AccountType: "CACC", Name: name},
	}
}

func joint(a app.Account) app.Account {
	a.Joint = true
	return a
}

func ticks(sh *slip.Sheet) {
	sh.Accounts = &slip.Accounts{
		Many: true,
		List: []slip.AccountRow{{Account: ukAccount(1, "Current account", "98764567"), Usable: true},
			{Account: ukAccount(2, "Savings", "98762093"), Usable: true}},
	}
}

func choice(sh *slip.Sheet) {
	saving := ukAccount(2, "Fixed saver", "98762093")
	saving.Unpayable = "Withdrawals need notice."
	sh.Accounts = &slip.Accounts{
		List: []slip.AccountRow{{Account: ukAccount(1, "Current account", "98764567"), Usable: true},
			{Account: joint(ukAccount(3, "", "98768810")), Usable: true}, {Account: saving}},
	}
}

func one(sh *slip.Sheet) { choice(sh); sh.Accounts.List = sh.Accounts.List[:1] }

func none(sh *slip.Sheet) { choice(sh); sh.Accounts.List = sh.Accounts.List[2:] }

func fixed(sh *slip.Sheet) { one(sh); sh.Accounts.Fixed = true }

func brTicks(sh *slip.Sheet) {
	card := app.Account{
		ID:         "cartao-1",
		Kind:       app.AccountCard,
		AccountRef: app.AccountRef{Scheme: "PAN", Identification: "************1234", Name: "Visa Gold"},
	}
	sh.Accounts = &slip.Accounts{
		Many: true,
		List: []slip.AccountRow{{Account: joint(brAccount(1, "Conta corrente", "567890")), Usable: true},
			{Account: card, Usable: true}},
	}
}

func brChoice(sh *slip.Sheet) {
	sh.Accounts = &slip.Accounts{
		List: []slip.AccountRow{{Account: brAccount(1, "Conta corrente", "567890"), Usable: true},
			{Account: brAccount(2, "Conta salário", "771203")}},
	}
}

func brFixed(sh *slip.Sheet) {
	brChoice(sh)
	sh.Accounts.Fixed, sh.Accounts.List = true, sh.Accounts.List[:1]
}
