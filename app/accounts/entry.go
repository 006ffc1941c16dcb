package accounts

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"assent/app"
)

// entry is an account as the bank writes it, in the file and from its
// endpoint: the names are the same, every value is text.
type entry struct {
	ID                      string `json:"id"`
	Kind                    string `json:"kind"`
	Name                    string `json:"name"`
	Scheme                  string `json:"scheme"`
	Identification          string `json:"identification"`
	SecondaryIdentification string `json:"secondary_identification"`
	ISPB                    string `json:"ispb"`
	Issuer                  string `json:"issuer"`
	Number                  string `json:"number"`
	AccountType             string `json:"account_type"`
	Currency                string `json:"currency"`
	Balance                 string `json:"balance"`
	Payable                 string `json:"payable"`
	Company                 string `json:"company"`
	Joint                   string `json:"joint"`
}

// limit is how many characters a field may have, and whether it must have any.
type limit struct {
	name     string
	value    *string
	most     int
	required bool
}

func (e *entry) limits() []limit {
	return []limit{
		{"id", &e.ID, 128, true}, {"kind", &e.Kind, 10, true}, {"name", &e.Name, 350, true},
		{"scheme", &e.Scheme, 128, false}, {"identification", &e.Identification, 256, false},
		{"secondary_identification", &e.SecondaryIdentification, 34, false},
		{"ispb", &e.ISPB, 8, false}, {"issuer", &e.Issuer, 16, false}, {"number", &e.Number, 34, false},
		{"account_type", &e.AccountType, 40, false},
		{"currency", &e.Currency, 3, false}, {"balance", &e.Balance, 26, false}, {"payable", &e.Payable, 200, true},
		{"company", &e.Company, 20, false}, {"joint", &e.Joint, 5, false},
	}
}

// decimal is a balance: OBIE's amounts, and a sign for what is overdrawn.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,5})?$`)

// brazilian are the types of account that Open Finance Brasil knows (EnumAccountType).
var brazilian = []string{"CACC", "SLRY", "SVGS", "TRAN"}

// account checks e and gives the account that it describes, or all that is
// wrong with it, each a field and what it should be. These end in logs, so no
// number of an account and no balance is repeated.
func (e entry) account() (app.Account, []Fault) {
	var faults []Fault
	wrong := func(field, code, value string) {
		faults = append(faults, Fault{Field: field, Code: code, Value: value})
	}
	for _, f := range e.limits() {
		*f.value = strings.TrimSpace(*f.value)
		switch v := *f.value; {
		case !utf8.ValidString(v):
			wrong(f.name, "not_utf8", "")
		case strings.ContainsFunc(v, unprintable):
			wrong(f.name, "control", "")
		case utf8.RuneCountInString(v) > f.most:
			wrong(f.name, "long", strconv.Itoa(f.most))
		case v == "" && f.required:
			wrong(f.name, "missing", "")
		}
	}
	if len(faults) > 0 {
		return app.Account{}, faults // the rest would be said of values that are wrong anyway
	}
	a := app.Account{
		ID:       e.ID,
		Kind:     app.AccountKind(e.Kind),
		Currency: e.Currency,
		Balance:  e.Balance,
		AccountRef: app.AccountRef{
			Name:                    e.Name,
			Scheme:                  e.Scheme,
			Identification:          e.Identification,
			SecondaryIdentification: e.SecondaryIdentification,
			ISPB:                    e.ISPB, Issuer: e.Issuer, Number: e.Number, AccountType: e.AccountType},
	}
	if !slices.Contains(app.AccountKinds, a.Kind) {
		wrong("kind", "kind", e.Kind)
	}
	identification(a, wrong)
	number(a, wrong)
	if a.Identification == "" && a.Number == "" {
		wrong("identification", "nothing", "")
	}
	if a.Currency != "" && (len(a.Currency) != 3 || strings.Trim(a.Currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		wrong("currency", "currency", a.Currency)
	}
	if a.Balance != "" {
		if !decimal.MatchString(a.Balance) {
			wrong("balance", "decimal", "")
		}
		if a.Currency == "" {
			wrong("currency", "needed", "balance")
		}
	}
	if e.Company != "" {
		company, err := app.ParseCNPJ(e.Company)
		if err != nil {
			wrong("company", "cnpj", e.Company)
		}
		a.Company = company
	}
	switch strings.ToLower(e.Joint) {
	case "", "no":
	case "yes":
		a.Joint = true
	default:
		wrong("joint", "joint", e.Joint)
	}
	switch said := strings.ToLower(e.Payable); {
	case said == "yes":
	case slices.Contains(answers, said):
		wrong("payable", "payable", e.Payable)
	default:
		a.Unpayable = e.Payable
	}
	return a, faults
}

// Fault is what is wrong with a field of an account.
type Fault struct {
	Field string
	Code  string // one of FaultCodes
	Value string // that the words are about; no number of an account, and no balance
}

var faultWords = map[string]string{
	"not_utf8":  "is not UTF-8",
	"control":   "has control characters",
	"long":      "has more than %s characters",
	"missing":   "is missing",
	"needed":    "is missing, and the %s means nothing without",
	"kind":      "%q is not account or card",
	"nothing":   "nothing identifies the account: give scheme and identification, or ispb, issuer and number",
	"currency":  "%q is not three capital letters of ISO 4217",
	"decimal":   "is not a decimal such as 1234.56",
	"payable":   "%q is neither yes nor a reason that people could be shown",
	"sort_code": "is not a sort code of 6 and an account number of 8 digits",
	"iban":      "is not an IBAN, or its check digits are wrong",
	"pan":       "is not a card number of 12 to 19 digits, masked by * or not",
	"card":      "is not a card number, masked by * or not",
	"ispb":      "%q is not 8 digits",
	"number":    "is not an account number of 1 to 20 digits",
	"type":      "%q is not one of " + strings.Join(brazilian, ", "),
	"no_branch": "is missing: only an account of type %s has no branch",
	"branch":    "is not a branch of 1 to 4 digits",
	"cnpj":      "%q is not a company's number (CNPJ)",
	"joint":     "%q is neither yes nor no",
	"acts":      "the person doesn't act for %s: add the company to them first",
	"person":    "is longer than an identifier can be, or not UTF-8",
}

// FaultCodes are what can be wrong with a field.
func FaultCodes() []string { return slices.Sorted(maps.Keys(faultWords)) }

// String tells the fault in English, for a terminal and a log.
func (f Fault) String() string {
	words := faultWords[f.Code]
	if strings.Contains(words, "%") {
		words = fmt.Sprintf(words, f.Value)
	}
	return f.Field + ": " + words
}

func texts(faults []Fault) []string {
	var out []string
	for _, f := range faults {
		out = append(out, f.String())
	}
	return out
}

// answers look like an answer to "payable?" rather than the reason against it.
var answers = []string{"no", "n", "y", "true", "false", "0", "1", "sim", "não", "nao", "s"}

// unprintable tells control characters, and those that would turn the text
// around them when it is shown (Unicode bidirectional overrides and isolates).
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\u2028' ||
		r == '\u2029'
}

func identification(a app.Account, wrong func(field, code, value string)) {
	id := Canonical(a.AccountRef).Identification
	switch {
	case a.Scheme == "" && a.Identification == "":
	case a.Scheme == "":
		wrong("scheme", "needed", "identification")
		return
	case a.Identification == "":
		wrong("identification", "needed", "scheme")
		return
	}
	switch scheme(a.Scheme) {
	case sortCode:
		if len(id) != 14 || !digits(id) {
			wrong("identification", "sort_code", "")
		}
	case iban:
		if !validIBAN(id) {
			wrong("identification", "iban", "")
		}
	case pan:
		if len(id) < 12 || len(id) > 19 || !digits(unmask(id)) {
			wrong("identification", "pan", "")
		}
	}
	if a.SecondaryIdentification != "" && a.Identification == "" {
		wrong("identification", "needed", "secondary_identification")
	}
}

func unmask(s string) string { return strings.NewReplacer("*", "", "X", "", "x", "").Replace(s) }

func number(a app.Account, wrong func(field, code, value string)) {
	c := Canonical(a.AccountRef)
	if a.ISPB == "" {
		switch {
		case a.Kind == app.AccountCard && a.Number != "" && !digits(unmask(strip(a.Number))):
			wrong("number", "card", "")
		case a.Kind != app.AccountCard && a.Number != "":
			wrong("ispb", "needed", "number")
		}
		if a.Issuer != "" {
			wrong("ispb", "needed", "issuer")
		}
		return
	}
	if len(a.ISPB) != 8 || !digits(a.ISPB) {
		wrong("ispb", "ispb", a.ISPB)
	}
	if len(c.Number) > 20 || !digits(c.Number) {
		wrong("number", "number", "")
	}
	if !slices.Contains(brazilian, a.AccountType) {
		wrong("account_type", "type", a.AccountType)
	}
	switch {
	case a.Issuer == "" && a.AccountType == branchless:
	case a.Issuer == "":
		wrong("issuer", "no_branch", branchless)
	case len(c.Issuer) > 4 || !digits(c.Issuer):
		wrong("issuer", "branch", "")
	}
}
