package slip

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"assent/app/authz"
	"assent/app/i18n"
)

// codes are the values of facts that the standards define, with their words. A
// value that isn't in here is shown as it came.
var codes = map[authz.FactName]map[string]i18n.Key{
	authz.Method: {"PIX": "code.pix"},
	authz.LocalInstrument: { // Open Finance Brasil, localInstrument
		"MANU": "code.manu", "DICT": "code.dict", "QRDN": "code.qrdn", "QRES": "code.qres", "INIC": "code.inic",
	},
	authz.PayeePersonType: {"PESSOA_NATURAL": "code.natural", "PESSOA_JURIDICA": "code.juridica"},
	authz.ChargeBearer:    bearers,
	authz.Priority:        {"Normal": "code.normal", "Urgent": "code.urgent"},
	authz.PaymentContext: { // OBExternalPaymentContext1Code
		"BillPayment":                       "code.bill",
		"EcommerceGoods":                    "code.goods",
		"EcommerceServices":                 "code.services",
		"PartyToParty":                      "code.party",
		"Other":                             "code.something",
		"BillingGoodsAndServicesInAdvance":  "code.advance",
		"BillingGoodsAndServicesInArrears":  "code.arrears",
		"PispPayee":                         "code.pisp_payee",
		"EcommerceMerchantInitiatedPayment": "code.merchant",
		"FaceToFacePointOfSale":             "code.point_of_sale",
		"TransferToSelf":                    "code.self", "TransferToThirdParty": "code.third_party",
	},
}

// bearers say who pays charges (OBChargeBearerType1Code).
var bearers = map[string]i18n.Key{
	"BorneByDebtor":         "code.by_debtor",
	"BorneByCreditor":       "code.by_creditor",
	"Shared":                "code.shared",
	"FollowingServiceLevel": "code.service_level",
}

// chargeTypes are OBExternalPaymentChargeType1Code.
var chargeTypes = map[string]i18n.Key{
	"UK.OBIE.BalanceTransferOut": "code.balance_transfer",
	"UK.OBIE.CHAPSOut":           "code.chaps",
	"UK.OBIE.International":      "code.international",
	"UK.OBIE.MoneyTransferOut":   "code.money_transfer",
}

// instruments are the names of payment schemes (OBExternalLocalInstrument1Code),
// alike in all languages.
var instruments = map[string]string{
	"UK.OBIE.BACS":                      "Bacs",
	"UK.OBIE.CHAPS":                     "CHAPS",
	"UK.OBIE.FPS":                       "Faster Payments",
	"UK.OBIE.SWIFT":                     "SWIFT",
	"UK.OBIE.Link":                      "LINK",
	"UK.OBIE.Paym":                      "Paym",
	"UK.OBIE.SEPACreditTransfer":        "SEPA Credit Transfer",
	"UK.OBIE.SEPAInstantCreditTransfer": "SEPA Instant Credit Transfer",
	"UK.OBIE.Euro1":                     "EURO1", "UK.OBIE.Target2": "TARGET2",
}

// ours are the facts whose text is a code or a figure, in nobody's language.
var ours = []authz.FactName{authz.NumberOfPayments, authz.PayeeDocument, authz.TransferCurrency, authz.FileTransactions,
	authz.FileControlSum, authz.Destination}

// label is what stands over a fact: the country's own term where it has one.
func (x *writer) label(name authz.FactName) string {
	if own := i18n.Key("fact.br." + string(name)); x.sh.Kind.Is(authz.Brazil, authz.Payment) && x.w.Has(own) {
		return x.w.T(own)
	}
	return x.w.T(i18n.Key("fact." + string(name)))
}

// documentLabel says whether a document is a person's or a company's.
func (x *writer) documentLabel(document string) string {
	switch len(document) {
	case 11:
		return x.w.T("account.cpf")
	case 14:
		return x.w.T("account.cnpj")
	}
	return x.label(authz.PayeeDocument)
}

// boxes word a fact, whichever values it has.
func (x *writer) boxes(f authz.Fact) []Box {
	label, name := x.label(f.Name), string(f.Name)
	var out []Box
	if f.Account != nil {
		if f.Name == authz.PayeeBank {
			out = append(out, x.bank(f))
			f.Text = ""
		} else {
			out = append(out, x.account(label, *f.Account)...)
		}
	}
	b := Box{Label: label}
	values := []string{}
	add := func(s string) {
		if s != "" {
			values = append(values, s)
		}
	}
	if f.Text != "" {
		text, foreign := x.text(f.Name, f.Text)
		add(text)
		b.Foreign = foreign
		switch f.Name {
		case authz.FileHash:
			if b.Spoken = i18n.Apart(text); strings.Contains(text, "…") {
				b.More = x.w.T("fact.file_hash_more")
			}
		case authz.PayeeDocument:
			b.Label, b.Spoken = x.documentLabel(f.Text), i18n.Apart(text)
		}
	}
	if f.List != nil {
		add(i18n.Plain(strings.Join(f.List, ", ")))
		b.Foreign = true
	}
	amount, at := x.money(f.Money), x.at(f.Name, f.At)
	switch {
	case amount == "" || at == "":
		add(cmp.Or(amount, at))
	case f.Name == authz.RecurringPayment:
		add(x.w.T("pay.starting", "amount", amount, "date", at))
	default:
		add(x.w.T("pay.on", "amount", amount, "date", at))
	}
	if f.Schedule != nil {
		frequency, known := x.schedule(*f.Schedule)
		add(capital(frequency))
		b.More, b.Foreign = x.inAll(*f.Schedule), b.Foreign || !known
	}
	if f.Rate != nil {
		value, more := x.rate(*f.Rate, f.Name)
		add(value)
		b.More = more
	}
	if b.Value = strings.Join(values, ", "); b.Value != "" {
		out = append(out, b)
	}
	if f.Schedule != nil {
		if note := i18n.Plain(f.Schedule.Note); note != "" {
			out = append(out, Box{Label: x.w.T("schedule.note"), Value: note, Wide: true, Foreign: true})
		}
	}
	for _, c := range f.Charges {
		out = append(out, x.charge(label, c))
	}
	for i := range out {
		out[i].Of = name
		out[i].Wide = out[i].Wide || len([]rune(out[i].Value)) > 16 || out[i].More != ""
	}
	return out
}

// text words the text of a fact.
func (x *writer) text(name authz.FactName, s string) (text string, foreign bool) {
	if words, known := x.code(name, s); known {
		return capital(words), false
	}
	plain := i18n.Plain(s)
	switch name {
	case authz.LocalInstrument:
		if known, ok := instruments[s]; ok {
			return known, false
		}
	case authz.NumberOfPayments, authz.FileTransactions, authz.FileControlSum:
		return x.w.Decimal(s), false
	case authz.PayeeDocument:
		return i18n.Document(s), false
	case authz.PayeeProxy: // a Pix key may be a CPF or a CNPJ
		if i18n.Digits(s) && (len(s) == 11 || len(s) == 14) {
			return i18n.Document(s), false
		}
	case authz.Destination:
		return x.country(plain), false
	case authz.FileHash:
		return shortened(plain), false
	}
	return plain, !slices.Contains(ours, name)
}

// code words a value that a standard defines, to stand inside a line.
func (x *writer) code(name authz.FactName, s string) (words string, known bool) {
	key, known := codes[name][s]
	if !known {
		return i18n.Plain(s), false
	}
	return x.w.T(key), true
}

// hashShown is how much of a file's hash stands at each end of what is shown.
const hashShown = 8

// shortened is a hash that is too long to be compared by eye.
func shortened(s string) string {
	r := []rune(s)
	if len(r) <= 2*hashShown+1 {
		return s
	}
	return string(r[:hashShown]) + "…" + string(r[len(r)-hashShown:])
}

// country is a country's name and its code (ISO 3166-1).
func (x *writer) country(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil || !region.IsCountry() {
		return code
	}
	name := display.Regions(language.Make(x.w.Tag())).Name(region)
	if name == "" || name == code {
		return code
	}
	return name + " (" + code + ")"
}

func (x *writer) money(m *authz.Money) string {
	if m == nil {
		return ""
	}
	return x.w.Money(m.Amount, m.Currency)
}

// days are the facts that are a day, whatever clock time comes with it (OBIE:
// the date on which the debtor's account is to be debited).
var days = []authz.FactName{authz.PayOn, authz.FirstPayment, authz.RecurringPayment, authz.FinalPayment}

// clocked are the facts whose time of day counts, even at midnight.
var clocked = []authz.FactName{authz.ExpiresAt, authz.CutOff, authz.CreatedAt}

// at words a time of a fact.
func (x *writer) at(name authz.FactName, at string) string {
	if at == "" {
		return ""
	}
	switch {
	case slices.Contains(clocked, name):
		return x.instant(at)
	case slices.Contains(days, name):
		return x.day(at)
	}
	return x.w.Stamp(at)
}

// day words the day of a payment.
func (x *writer) day(at string) string {
	if day, ok := x.w.DayOf(at); ok {
		return x.w.LongDay(day)
	}
	return x.w.Stamp(at)
}

// rate words an exchange rate: the figure, and what it is worth.
func (x *writer) rate(r authz.Rate, name authz.FactName) (value, more string) {
	w := x.w
	unit, figure, contract := i18n.Plain(r.Unit), w.Decimal(r.Rate), i18n.Plain(r.Contract)
	switch {
	case figure != "" && unit != "":
		value = w.T("rate.value", "rate", figure, "unit", unit)
	case figure != "":
		value = figure
	case unit != "":
		value = w.T("rate.for", "unit", unit)
	}
	var parts []string
	switch r.Type {
	case "":
	case "Indicative":
		parts = append(parts, w.T("rate.indicative"))
	case "Actual":
		parts = append(parts, w.T("rate.actual"))
	case "Agreed":
		parts = append(parts, w.T("rate.agreed"))
	default:
		parts = append(parts, i18n.Plain(r.Type))
	}
	if contract != "" {
		parts = append(parts, w.T("rate.contract", "contract", contract))
	}
	if r.ValidUntil != "" {
		parts = append(parts, w.T("rate.valid", "time", x.instant(r.ValidUntil)))
	}
	if r.Type == "Indicative" && name == authz.ExchangeRate {
		x.Notices = append(x.Notices, w.T("rate.notice"))
	}
	more = capital(strings.Join(parts, "; "))
	if value == "" {
		return more, ""
	}
	return value, more
}

// instant words a time of day that counts.
func (x *writer) instant(at string) string {
	if t, ok := instant(at); ok {
		return x.w.Instant(t)
	}
	return x.w.Stamp(at)
}

// charge words one charge: what, what for, and who pays it.
func (x *writer) charge(label string, c authz.Charge) Box {
	var parts []string
	if key, ok := chargeTypes[c.Type]; ok {
		parts = append(parts, x.w.T(key))
	} else if s := i18n.Plain(c.Type); s != "" {
		parts = append(parts, s)
	}
	if key, ok := bearers[c.Bearer]; ok {
		parts = append(parts, x.w.T(key))
	} else if s := i18n.Plain(c.Bearer); s != "" {
		parts = append(parts, s)
	}
	return Box{
		Label: label,
		Value: cmp.Or(x.money(&c.Money), "–"),
		More:  capital(strings.Join(parts, "; ")),
		Wide:  true,
	}
}

// bank names the payee's bank and what it is known by.
func (x *writer) bank(f authz.Fact) Box {
	id := i18n.Plain(f.Account.Identification)
	if scheme := schemeName(f.Account.Scheme); scheme != "" && id != "" {
		id = scheme + " " + id
	}
	parts := slices.DeleteFunc([]string{i18n.Plain(f.Text), id, i18n.Plain(f.Account.SecondaryIdentification),
		i18n.Plain(f.Account.Name)},
		func(s string) bool { return s == "" })
	return Box{Label: x.label(f.Name), Value: strings.Join(parts, ", "), Foreign: true, Wide: true}
}
