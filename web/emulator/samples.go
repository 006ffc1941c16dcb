package emulator

import (
	"encoding/json"
	"strings"
	"time"
)

// sample is a consent that the pages offer: what a client would ask for.
type sample struct {
	id, title   string
	consentType string
	hint        string // whose accounts fit it
	body        string // as the client sends it; {today+N} stands for a date, {today+NT} for a time
}

// request is the sample's body with its dates filled in.
func (s sample) request() map[string]any { return s.requestAt(time.Now()) }

func (s sample) requestAt(now time.Time) map[string]any {
	body := s.body
	for {
		before, rest, found := strings.Cut(body, "{today")
		days, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			break
		}
		layout := time.DateOnly
		days, timed := strings.CutSuffix(days, "T")
		if timed {
			layout = time.RFC3339
		}
		d, err := time.ParseDuration(days + "h")
		if err != nil {
			panic("emulator: sample " + s.id + " has a date that can't be read: " + days)
		}
		body = before + now.UTC().Truncate(time.Second).Add(24*d).Format(layout) + after
	}
	var m map[string]any
	dec := json.NewDecoder(strings.NewReader(body))
	dec.UseNumber()
	if err := dec.Decode(&m); err != nil {
		panic("emulator: sample " + s.id + ": " + err.Error())
	}
	return m
}

func findSample(id string) (sample, bool) {
	for _, s := range samples {
		if s.id == id {
			return s, true
		}
	}
	return sample{}, false
}

// The account numbers of the demo's directory, which some samples name.
const (
	adaCurrent = `{"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "20451411223344", "Name": "Ada Quill"}`
	adaSavings = `{"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "20451455667788", "Name": "Ada Quill"}`
	strangers  = `{"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "30963499887766", "Name": "Somebody Else"}`
	brunos     = `"loggedUser": {"document": {"identification": "12345678909", "rel": "CPF"}}`
	brunoOwn   = `"debtorAccount": {"ispb": "12345678", "issuer": "0001", "number": "1234567890", "accountType": "CACC"}`
	hisCompany = `"businessEntity": {"document": {"identification": "12345678000195", "rel": "CNPJ"}}`
	bakery     = `"creditor": {"name": "Padaria Aurora Ltda", "cpfCnpj": "45678912000155", "personType": "PESSOA_JURIDICA"}`
	friend     = `"creditor": {"name": "Lia Prado", "cpfCnpj": "98765432100", "personType": "PESSOA_NATURAL"}`
	joiner     = `{"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "20325698765432", "Name": "Quill & Daughter, joiners"}`
	pixAccount = `"creditorAccount": {"ispb": "87654321", "issuer": "0412", "number": "5512340", "accountType": "CACC"}`
)

var samples = []sample{
	{"uk-accounts", "Account data, for six months", string(UKAccountAccess), "ada.quill",
		`{"Data": {"Permissions": ["ReadAccountsDetail", "ReadAccountsBasic", "ReadBalances",
		"ReadTransactionsDetail", "ReadTransactionsCredits", "ReadTransactionsDebits", "ReadDirectDebits", "ReadStandingOrdersDetail"],
		"ExpirationDateTime": "{today+180T}", "TransactionFromDateTime": "{today-365T}", "TransactionToDateTime": "{today+180T}"}, "Risk": {}}`},
	{"uk-accounts-all", "Account data, ongoing, with a permission nobody knows", string(UKAccountAccess), "ada.quill",
		`{"Data": {"Permissions": ["ReadAccountsDetail", "ReadBalances", "ReadPAN",
		"ReadBeneficiariesDetail", "ReadScheduledPaymentsBasic", "ReadStatementsDetail", "ReadProducts", "ReadOffers", "ReadParty", "ReadPartyPSU", "ReadSomethingNew"]}, "Risk": {}}`},
	{"uk-pay", "A payment", string(UKDomesticPayment), "ada.quill",
		`{"Data": {"Initiation": {"InstructionIdentification": "ACME412", "EndToEndIdentification": "INV-7781",
		"InstructedAmount": {"Amount": "1234.50", "Currency": "GBP"}, "CreditorAccount": ` + joiner +
			`, "RemittanceInformation": {"Reference": "INV-7781", "Unstructured": "Standing desk"}}},
		"Risk": {"PaymentContextCode": "EcommerceGoods", "MerchantCategoryCode": "5712", "DeliveryAddress": {"StreetName": "Acacia Avenue", "BuildingNumber": "27", "TownName": "Leeds", "PostCode": "LS1 4AP", "Country": "GB"}}}`},
	{"uk-pay-fixed", "A payment from Ada's current account, with a charge", string(UKDomesticPayment), "ada.quill",
		`{"Data": {"Initiation": {"InstructionIdentification": "ACME413", "EndToEndIdentification": "RENT-11",
		"InstructedAmount": {"Amount": "850.00", "Currency": "GBP"}, "DebtorAccount": ` + adaCurrent +
			`, "CreditorAccount": {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "Rowan Lettings", "SecondaryIdentification": "0002"}, "RemittanceInformation": {"Reference": "RENT NOV"}}},
		"Risk": {"PaymentContextCode": "BillPayment"}, "Bank": {"Charges": [{"ChargeBearer": "BorneByDebtor", "Type": "UK.OBIE.CHAPSOut", "Amount": {"Amount": "25.00", "Currency": "GBP"}}], "ExpectedExecutionDateTime": "{today+1T}", "CutOffDateTime": "{today+1T}"}}`},
	{"uk-pay-strange", "A payment from an account that isn't hers", string(UKDomesticPayment), "ada.quill",
		`{"Data": {"Initiation": {"InstructionIdentification": "X1", "EndToEndIdentification": "X1",
		"InstructedAmount": {"Amount": "99.00", "Currency": "GBP"}, "DebtorAccount": ` + strangers +
			`, "CreditorAccount": ` + joiner + `}}, "Risk": {}}`},
	{"uk-pay-savings", "A payment from her savings, which can't pay", string(UKDomesticPayment), "ada.quill",
		`{"Data": {"Initiation": {"InstructionIdentification": "X2", "EndToEndIdentification": "X2",
		"InstructedAmount": {"Amount": "99.00", "Currency": "GBP"}, "DebtorAccount": ` + adaSavings +
			`, "CreditorAccount": ` + joiner + `}}, "Risk": {}}`},
	{"uk-pay-odd", "A long amount to a payee who writes from right to left", string(UKDomesticPayment), "ada.quill",
		`{"Data": {"Initiation": {"InstructionIdentification": "X3", "EndToEndIdentification": "X3",
		"InstructedAmount": {"Amount": "123456789012.50", "Currency": "GBP"}, "CreditorAccount": {"SchemeName": "UK.OBIE.IBAN", "Identification": "GB29NWBK60161331926819", "Name": "شركة النور للتجارة 🌙 المحدودة"}, "RemittanceInformation": {"Reference": "<b>not bold</b>"}}}, "Risk": {}}`},
	{"uk-later", "A payment on a day to come", string(UKDomesticScheduledPayment), "ada.quill",
		`{"Data": {"Permission": "Create", "Initiation": {"InstructionIdentification": "ACME414", "EndToEndIdentification": "TAX-26",
		"RequestedExecutionDateTime": "{today+14T}", "InstructedAmount": {"Amount": "412.07", "Currency": "GBP"}, "CreditorAccount": {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "20114770297611", "Name": "City of Leeds"}, "RemittanceInformation": {"Reference": "CT 4401"}}}, "Risk": {"PaymentContextCode": "BillPayment"}}`},
	{"uk-standing", "A standing order, monthly", string(UKDomesticStandingOrder), "ada.quill",
		standing("IntrvlMnthDay:01:15", `, "NumberOfPayments": "24"`)},
	{"uk-standing-weekly", "A standing order, every other Wednesday until cancelled", string(UKDomesticStandingOrder),
		"ada.quill", standing("IntrvlWkDay:02:03", "")},
	{"uk-standing-quarter", "A standing order on the English quarter days", string(UKDomesticStandingOrder),
		"ada.quill",
		standing("QtrDay:ENGLISH",
			`, "FinalPaymentDateTime": "{today+730T}", "FinalPaymentAmount": {"Amount": "7.77", "Currency": "GBP"}`)},
	{"uk-file", "A file of a hundred payments", string(UKFilePayment), "ada.quill",
		`{"Data": {"Initiation": {"FileType": "UK.OBIE.pain.001.001.08", "FileHash": "m5ah/h1UjLvJYMxqAoZmj9dKdjZnsGNm+yMkJp/KuqQ=", "FileReference": "WAGES-11",
		"NumberOfTransactions": "100", "ControlSum": 48210.75, "RequestedExecutionDateTime": "{today+3T}", "RemittanceInformation": {"Reference": "Wages"}}}}`},
	{"uk-abroad", "An international payment at an indicative rate", string(UKInternationalPayment), "ada.quill",
		abroad("",
			`, "Bank": {"ExchangeRateInformation": {"UnitCurrency": "GBP", "ExchangeRate": 1.1734, "RateType": "Indicative", "ExpirationDateTime": "{today+1T}"},
		"Charges": [{"ChargeBearer": "Shared", "Type": "UK.OBIE.SWIFT", "Amount": {"Amount": "12.00", "Currency": "GBP"}}], "CutOffDateTime": "{today+1T}"}`)},
	{"uk-abroad-later", "An international payment on a day to come", string(UKInternationalScheduledPayment),
		"ada.quill",
		abroad(`"RequestedExecutionDateTime": "{today+30T}", `,
			`, "Bank": {"ExchangeRateInformation": {"UnitCurrency": "GBP", "ExchangeRate": 1.18, "RateType": "Agreed", "ContractIdentification": "FX-4471", "ExpirationDateTime": "{today+30T}"}}`)},
	{"uk-abroad-standing", "An international standing order", string(UKInternationalStandingOrder), "ada.quill",
		`{"Data": {"Permission": "Create", "Initiation": {"Frequency": "EvryWorkgDay", "FirstPaymentDateTime": "{today+5T}", "FinalPaymentDateTime": "{today+60T}", "Purpose": "PENS",
		"CurrencyOfTransfer": "EUR", "DestinationCountryCode": "DE", "InstructedAmount": {"Amount": "20.00", "Currency": "EUR"}, "CreditorAgent": {"SchemeName": "UK.OBIE.BICFI", "Identification": "COBADEFFXXX", "Name": "Commerzbank"},
		"CreditorAccount": {"SchemeName": "UK.OBIE.IBAN", "Identification": "DE89370400440532013000", "Name": "Anna Sommer"}}}, "Risk": {}}`},
	{"uk-vrp", "Variable recurring payments (ACP has no page for them)", "uk-vrp", "ada.quill",
		`{"Data": {"ControlParameters": {"MaximumIndividualAmount": {"Amount": "100.00", "Currency": "GBP"}}, "Initiation": {"CreditorAccount": ` +
			joiner + `}}, "Risk": {}}`},

	{"br-data", "Dados, por doze meses (v2)", "br-data-v2", "bruno.reis",
		`{"data": {` + brunos +
			`, "permissions": ["ACCOUNTS_READ", "ACCOUNTS_BALANCES_READ", "ACCOUNTS_OVERDRAFT_LIMITS_READ", "ACCOUNTS_TRANSACTIONS_READ",
		"CREDIT_CARDS_ACCOUNTS_READ", "CREDIT_CARDS_ACCOUNTS_LIMITS_READ", "CREDIT_CARDS_ACCOUNTS_BILLS_READ", "CREDIT_CARDS_ACCOUNTS_BILLS_TRANSACTIONS_READ", "CREDIT_CARDS_ACCOUNTS_TRANSACTIONS_READ",
		"CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ", "RESOURCES_READ"], "expirationDateTime": "{today+365T}"}}`},
	{"br-data-v1", "Dados cadastrais e crédito, sem contas (v1)", "br-data-v1", "bruno.reis",
		`{"data": {` + brunos +
			`, "permissions": ["CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ", "CUSTOMERS_PERSONAL_ADITTIONALINFO_READ", "LOANS_READ", "LOANS_PAYMENTS_READ", "FUNDS_READ", "RESOURCES_READ"],
		"expirationDateTime": "{today+180T}", "transactionFromDateTime": "{today-90T}", "transactionToDateTime": "{today+0T}"}}`},
	{"br-data-company", "Dados da empresa, sem prazo (v2)", "br-data-v2", "bruno.reis",
		`{"data": {` + brunos + `, ` + hisCompany +
			`, "permissions": ["CUSTOMERS_BUSINESS_IDENTIFICATIONS_READ", "ACCOUNTS_READ", "ACCOUNTS_BALANCES_READ", "RESOURCES_READ"]}}`},
	{"br-data-other", "Dados de outra pessoa (v2)", "br-data-v2", "bruno.reis",
		`{"data": {"loggedUser": {"document": {"identification": "98765432100", "rel": "CPF"}}, "permissions": ["ACCOUNTS_READ", "RESOURCES_READ"]}}`},
	{"br-pix", "Pix à padaria (v1)", "br-payment-v1", "bruno.reis",
		`{"data": {` + brunos + `, ` + bakery +
			`, "payment": {"type": "PIX", "date": "{today+0}", "currency": "BRL", "amount": "48.90",
		"details": {"localInstrument": "DICT", "proxy": "padaria@aurora.example", ` + pixAccount + `}}}}`},
	{"br-pix-qr", "Pix por QR Code, da conta corrente (v2)", "br-payment-v2", "bruno.reis",
		`{"data": {` + brunos + `, ` + bakery + `, ` + brunoOwn +
			`, "payment": {"type": "PIX", "date": "{today+0}", "currency": "BRL", "amount": "1348.90",
		"details": {"localInstrument": "QRDN", "qrCode": "00020104141234567890123426660014BR.GOV.BCB.PIX", "proxy": "padaria@aurora.example", ` +
			pixAccount + `}}}}`},
	{"br-pix-later", "Pix agendado (v3)", "br-payment-v3", "bruno.reis",
		`{"data": {` + brunos + `, ` + friend +
			`, "payment": {"type": "PIX", "schedule": {"single": {"date": "{today+10}"}}, "currency": "BRL", "amount": "200.00",
		"details": {"localInstrument": "DICT", "proxy": "+5511988887777", ` + pixAccount + `}}}}`},
	{"br-pix-daily", "Pix diário (v4)", "br-payment-v4", "bruno.reis",
		pix4(`{"daily": {"startDate": "{today+1}", "quantity": 10}}`)},
	{"br-pix-weekly", "Pix semanal (v4)", "br-payment-v4", "bruno.reis",
		pix4(`{"weekly": {"dayOfWeek": "SEGUNDA_FEIRA", "startDate": "{today+1}", "quantity": 8}}`)},
	{"br-pix-monthly", "Pix mensal (v4)", "br-payment-v4", "bruno.reis",
		pix4(`{"monthly": {"dayOfMonth": 31, "startDate": "{today+1}", "quantity": 6}}`)},
	{"br-pix-custom", "Pix em datas escolhidas (v4)", "br-payment-v4", "bruno.reis",
		pix4(`{"custom": {"dates": ["{today+3}", "{today+9}", "{today+40}"], "additionalInformation": "parcelas do curso"}}`)},
	{"br-automatic", "Pix Automático (o ACP não tem página para ele)", "br-recurring-v1", "bruno.reis",
		`{"data": {` + brunos + `, "creditors": [{"name": "Padaria Aurora Ltda"}], "recurringConfiguration": {}}}`},
}

func standing(frequency, end string) string {
	return `{"Data": {"Permission": "Create", "Initiation": {"Frequency": "` + frequency +
		`", "Reference": "Pocket money", "FirstPaymentDateTime": "{today+20T}", "FirstPaymentAmount": {"Amount": "6.66", "Currency": "GBP"},
		"RecurringPaymentDateTime": "{today+50T}", "RecurringPaymentAmount": {"Amount": "7.00", "Currency": "GBP"}` +
		end + `, "DebtorAccount": ` + adaCurrent + `,
		"CreditorAccount": {"SchemeName": "UK.OBIE.SortCodeAccountNumber", "Identification": "08080021325698", "Name": "Damien Quill"}}}, "Risk": {}}`
}

func abroad(when, bank string) string {
	return `{"Data": {"Permission": "Create", "Initiation": {` + when +
		`"InstructionIdentification": "ACME415", "EndToEndIdentification": "FRESCO-101", "InstructionPriority": "Normal", "Purpose": "SUPP", "ExtendedPurpose": "Spare parts",
		"ChargeBearer": "Shared", "CurrencyOfTransfer": "EUR", "DestinationCountryCode": "DE", "InstructedAmount": {"Amount": "165.88", "Currency": "EUR"},
		"Creditor": {"Name": "Werkzeug Sommer GmbH", "PostalAddress": {"StreetName": "Hauptstrasse", "BuildingNumber": "1", "TownName": "Berlin", "Country": "DE"}},
		"CreditorAgent": {"SchemeName": "UK.OBIE.BICFI", "Identification": "COBADEFFXXX", "Name": "Commerzbank"},
		"CreditorAccount": {"SchemeName": "UK.OBIE.IBAN", "Identification": "DE89370400440532013000", "Name": "Werkzeug Sommer GmbH"}, "RemittanceInformation": {"Reference": "FRESCO-101"}}}, "Risk": {}` +
		bank + `}`
}

func pix4(schedule string) string {
	return `{"data": {` + brunos + `, ` + friend + `, "payment": {"type": "PIX", "schedule": ` + schedule +
		`, "currency": "BRL", "amount": "150.00", "details": {"localInstrument": "MANU", ` + pixAccount + `}}}}`
}

// sampleGroup are the samples of one country, for the pages.
type sampleGroup struct {
	label   string
	samples []sample
}

func sampleGroups() []sampleGroup {
	groups := []sampleGroup{{label: "United Kingdom, asks Ada Quill"}, {label: "Brasil, pergunta a Bruno Reis"}}
	for _, s := range samples {
		if t, _ := consentType(s.consentType); t.Brazil {
			groups[1].samples = append(groups[1].samples, s)
		} else {
			groups[0].samples = append(groups[0].samples, s)
		}
	}
	return groups
}

func wayLabel(w Way) string {
	switch w {
	case ByScope:
		return "a scope, consent:… (Brazil)"
	case ByHint:
		return "its id in place of the person (Brazil)"
	}
	return "openbanking_intent_id"
}
