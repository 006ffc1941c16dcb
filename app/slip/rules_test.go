package slip_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/app/slip"
)

func words(t testing.TB, sh *slip.Sheet, lang string) string {
	t.Helper()
	b, err := json.Marshal(sh.Text(reader(t, lang)))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestProfiles(t *testing.T) {
	for kind, want := range map[authz.Kind]string{
		authz.Regular:                      "regular",
		"":                                 "unknown",
		"uk-vrp":                           "unknown",
		authz.UKAccountAccess:              "uk-accounts",
		authz.BRData:                       "br-data",
		authz.BRPayment:                    "br-payment",
		authz.UKDomesticPayment:            "uk-payment",
		authz.UKFilePayment:                "uk-payment",
		authz.UKInternationalStandingOrder: "uk-payment",
	} {
		p := slip.ProfileOf(kind)
		if p.Name != want {
			t.Errorf("%s has the profile %s, want %s", kind, p.Name, want)
		}
		brazil := strings.HasPrefix(p.Name, "br-")
		if p.Message == (p.Name == "br-data") || p.AllTicked != (p.Name == "br-data") || p.Links == brazil ||
			(p.Lang == "pt-BR") != brazil || (p.Zone == "America/Sao_Paulo") != brazil {
			t.Errorf("%s: %+v", kind, p)
		}
		if p.MatchCode && !p.Message {
			t.Errorf("%s asks for the code of a message that it doesn't show", p.Name)
		}
		if p.Approve == "" || p.Deny == "" || p.Approve == p.Deny {
			t.Errorf("%s: its answers are %q and %q", p.Name, p.Approve, p.Deny)
		}
	}
}

// What a profile rules out stands on no page of it, and accounts start as it says.
func TestProfilesAreKept(t *testing.T) {
	for _, g := range golden {
		p := slip.ProfileOf(g.sheet.Kind)
		x := g.sheet.Text(reader(t, p.Lang))
		if shown := x.Message != nil || x.Code != ""; shown != (p.Message && g.sheet.Message != "") {
			t.Errorf("%s: message shown: %v", g.name, shown)
		}
		if len(x.Links) > 0 && !p.Links {
			t.Errorf("%s has links: %v", g.name, x.Links)
		}
		for _, l := range x.Links {
			if !strings.HasPrefix(l.URL, "https://") {
				t.Errorf("%s leads to %s", g.name, l.URL)
			}
		}
		if x.Choice == nil {
			continue
		}
		for i, a := range x.Choice.Accounts {
			if a.Ticked != (p.AllTicked && g.sheet.Accounts.List[i].Usable) {
				t.Errorf("%s: %s starts ticked: %v", g.name, a.Name, a.Ticked)
			}
			if (a.Why == "") != g.sheet.Accounts.List[i].Usable {
				t.Errorf("%s: %s doesn't say why it can't be chosen, or does though it can: %q", g.name, a.Name, a.Why)
			}
		}
	}
}

// The account in the boxes is the payee's, whichever account pays.
func TestPayeeAccountIsThePayees(t *testing.T) {
	for _, kind := range []authz.Kind{authz.UKDomesticPayment, authz.UKDomesticScheduledPayment,
		authz.UKDomesticStandingOrder, authz.UKInternationalPayment, authz.UKInternationalScheduledPayment,
		authz.UKInternationalStandingOrder} {
		sh := uk(kind,
			authz.Consent{
				Debtor: &app.AccountRef{Scheme: "UK.OBIE.SortCodeAccountNumber", Identification: "11111122222222"},
				Facts: []authz.Fact{
					money(authz.Amount, "1.00", "GBP"), text(authz.Payee, "P"),
					account(authz.PayeeAccount, sortCode("33333344444444", ""))},
			}, fixed)
		var shown []string
		for _, b := range sh.Text(reader(t, "en-GB")).Boxes {
			if b.Of == string(authz.PayeeAccount) {
				shown = append(shown, b.Label+" "+b.Value+" {"+b.Spoken+"}")
			}
		}
		want := []string{"Sort code 33-33-33 {3 3 3 3 3 3}", "Account number 44444444 {4 4 4 4 4 4 4 4}"}
		if !slices.Equal(shown, want) {
			t.Errorf("%s: payee's account %v, want %v", kind, shown, want)
		}
	}
	sh := br(authz.BRPayment, authz.Consent{Debtor: brDebtor, Facts: []authz.Fact{
		money(authz.Amount, "1.00", "BRL"),
		account(authz.PayeeAccount, app.AccountRef{ISPB: "18236120", Issuer: "0001", Number: "77777"})}},
		brFixed)
	got := ""
	for _, b := range sh.Text(reader(t, "pt-BR")).Boxes {
		if b.Of == string(authz.PayeeAccount) {
			got += b.Value + "; "
		}
	}
	if got != "Nubank (ISPB 18236120); 0001; 7777-7; " {
		t.Errorf("payee's account in Brazil: %s", got)
	}
}

// An amount is in the consent's own currency, and the largest text is what is
// paid each time.
func TestTheLargestText(t *testing.T) {
	first, recurring := both(authz.FirstPayment, "6.66", ""), both(authz.RecurringPayment, "7.00", "")
	for _, row := range []struct {
		kind                    authz.Kind
		facts                   []authz.Fact
		amount, headline, payee string
	}{
		{authz.UKDomesticPayment, []authz.Fact{money(authz.Amount, "10.00", "CHF")}, "CHF 10.00", "", ""},
		{authz.UKDomesticPayment, []authz.Fact{money(authz.Amount, "10", "gbp"), text(authz.Payee, "X")}, "gbp 10", "",
			"to X"},
		{authz.BRPayment, []authz.Fact{money(authz.Amount, "10.00", "USD")}, "US$10.00", "", ""},
		{authz.UKDomesticStandingOrder, []authz.Fact{first, every("EvryDay")}, "£6.66", "", ""},
		{authz.UKDomesticStandingOrder, []authz.Fact{first, recurring, every("EvryDay")}, "£7.00", "", ""},
		{authz.UKFilePayment, []authz.Fact{text(authz.FileControlSum, "1000.5"), text(authz.FileTransactions, "1")},
			"1,000.5", "", "in 1 payment"},
		{authz.UKFilePayment, []authz.Fact{text(authz.FileTransactions, "1200")}, "", "a file of 1,200 payments", ""},
		{authz.UKFilePayment, nil, "", "a file of payments", ""},
		{authz.UKDomesticPayment, nil, "", "an amount that it doesn’t say", ""},
	} {
		x := uk(row.kind, authz.Consent{Facts: row.facts}).Text(reader(t, "en-GB"))
		if x.Amount != row.amount || x.Headline != row.headline || x.Payee != row.payee {
			t.Errorf("%s %v: %q, %q, %q", row.kind, row.facts, x.Amount, x.Headline, x.Payee)
		}
	}
}

func TestPermissions(t *testing.T) {
	for _, row := range []struct {
		kind        authz.Kind
		permissions []string
		want, never []string
	}{
		{authz.UKAccountAccess, []string{"ReadStatementsBasic", "ReadStatementsDetail"},
			[]string{"Details of information contained in your statement"},
			[]string{`"Information contained in your statement"`}},
		{authz.UKAccountAccess, []string{"ReadStatementsBasic"}, []string{`"Information contained in your statement"`},
			nil},
		{authz.UKAccountAccess, []string{"ReadTheFuture", "ReadPAN", "ReadTheFuture"},
			[]string{`"label":"Other","items":[{"title":"ReadTheFuture"}]`, "account details and other data"}, nil},
		{authz.BRData, []string{"RESOURCES_READ", "ACCOUNTS_READ", "ACCOUNTS_TRANSACTIONS_READ"},
			[]string{`"Statements"`}, []string{"RESOURCES_READ", `"Balances"`}},
		{authz.BRData, []string{"ACCOUNTS_READ"}, []string{`"About each of them"`}, []string{`"Balances"`}},
		{authz.BRData, []string{"PENSION_RISK_READ"}, []string{`"label":"Other"`, "PENSION_RISK_READ"}, nil},
		{authz.BRData, []string{"EXCHANGES_READ"}, []string{"foreign exchange) is shared automatically"}, nil},
		{authz.BRData, []string{"CUSTOMERS_PERSONAL_IDENTIFICATIONS_READ"}, nil,
			[]string{"automatically", "Of which accounts"}},
	} {
		got := words(t, uk(row.kind, authz.Consent{Permissions: row.permissions}), "en-GB")
		for _, s := range row.want {
			if !strings.Contains(got, s) {
				t.Errorf("%v: nothing says %s\n%s", row.permissions, s, got)
			}
		}
		for _, s := range row.never {
			if strings.Contains(got, s) {
				t.Errorf("%v: it says %s", row.permissions, s)
			}
		}
	}
	for _, g := range golden {
		for _, lang := range i18n.Tags {
			if strings.Contains(words(t, g.sheet, lang), "RESOURCES_READ") {
				t.Errorf("%s shows RESOURCES_READ", g.name)
			}
		}
	}
}

// Whatever changes in a sheet changes what is read: nothing of it is left out.
// The exceptions mean nothing to a person.
func TestNothingIsLeftOut(t *testing.T) {
	silent := regexp.MustCompile(`^(request|consent\.version|implicit\.\d+|client\.(uri|policy_uri|tos_uri)|scopes\.\d+\.(grant|name|service)|` +
		`accounts\.list\.\d+\.account\.(scheme|ispb|account_type|kind|currency|balance)|consent\.debtor\.(scheme|ispb|account_type))$`)
	checked := 0
	for _, g := range golden {
		b, err := json.Marshal(g.sheet)
		if err != nil {
			t.Fatal(err)
		}
		before := words(t, g.sheet, "en-GB")
		for _, path := range leaves("", decode(t, b)) {
			hidden := path == "message" && (g.sheet.AskCode || !slip.ProfileOf(g.sheet.Kind).Message)
			if hidden || silent.MatchString(path) {
				continue
			}
			tree := decode(t, b)
			alter(tree, strings.Split(path, "."))
			changed, err := json.Marshal(tree)
			if err != nil {
				t.Fatal(err)
			}
			var sh slip.Sheet
			if err := json.Unmarshal(changed, &sh); err != nil {
				continue // it can't be altered so
			}
			checked++
			if words(t, &sh, "en-GB") == before {
				t.Errorf("%s: %s may change without anybody seeing it", g.name, path)
			}
		}
	}
	if checked < 400 {
		t.Errorf("only %d values were altered", checked)
	}
}

func decode(t testing.TB, b []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// leaves are the paths of a tree's texts and numbers.
func leaves(at string, v any) []string {
	join := func(name string) string { return strings.TrimPrefix(at+"."+name, ".") }
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			out = append(out, leaves(join(name), e)...)
		}
	case []any:
		for i, e := range v {
			out = append(out, leaves(join(strconv.Itoa(i)), e)...)
		}
	case string:
		if v != "" {
			return []string{at}
		}
	case json.Number:
		if v != "0" {
			return []string{at}
		}
	}
	return out
}

// alter changes the value at a path to another of its sort.
func alter(v any, path []string) any {
	switch v := v.(type) {
	case map[string]any:
		v[path[0]] = alter(v[path[0]], path[1:])
		return v
	case []any:
		i, _ := strconv.Atoi(path[0])
		v[i] = alter(v[i], path[1:])
		return v
	case json.Number:
		n, _ := strconv.Atoi(v.String())
		return json.Number(strconv.Itoa(n + 86_400_000))
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t.AddDate(1, 0, 0).Format(time.RFC3339)
		}
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			return t.AddDate(1, 0, 0).Format(time.DateOnly)
		}
		if strings.Trim(v, "0123456789.") == "" {
			return "9" + v
		}
		return v + "x"
	}
	return v
}

// Every field of a consent has words over it, in both languages.
func TestEveryFactHasALabel(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "../authz/consent.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, _ := v.Type.(*ast.Ident); name == nil || name.Name != "FactName" {
			return true
		}
		for _, e := range v.Values {
			lit, _ := e.(*ast.BasicLit)
			name, _ := strconv.Unquote(lit.Value)
			found++
			for _, lang := range i18n.Tags {
				if !reader(t, lang).Words.Has(i18n.Key("fact." + name)) {
					t.Errorf("%s: fact.%s is missing", lang, name)
				}
			}
		}
		return true
	})
	if found < 40 {
		t.Errorf("only %d names of facts were found", found)
	}
}

// Every key in the tables of this package is one of the catalogue's.
func TestEveryKeyExists(t *testing.T) {
	shape := regexp.MustCompile(`^(request|details|hint|kind|ask|pay|sentence|choice|account|rate|schedule|data|done|uk|br|code|fact|claim|scope|outcome|client|deadline)(\.[a-z0-9_]+)+$`)
	w := reader(t, "en-GB").Words
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if s, err := strconv.Unquote(lit.Value); err == nil && shape.MatchString(s) {
				found++
				if !w.Has(i18n.Key(s)) {
					t.Errorf("%s: %q doesn't exist", e.Name(), s)
				}
			}
			return true
		})
	}
	if found < 250 {
		t.Errorf("only %d keys were found", found)
	}
}

func TestFrequencies(t *testing.T) {
	for code, want := range map[string][2]string{
		"EvryDay":           {"Every day", "Todo dia"},
		"EvryWorkgDay":      {"Every working day", "Todo dia útil"},
		"IntrvlDay:02":      {"Every 2 days", "A cada 2 dias"},
		"IntrvlDay:31":      {"Every 31 days", "A cada 31 dias"},
		"IntrvlWkDay:01:03": {"Every week, on Wednesdays", "Toda semana, às quartas-feiras"},
		"IntrvlWkDay:09:07": {"Every 9 weeks, on Sundays", "A cada 9 semanas, aos domingos"},
		"WkInMnthDay:02:03": {"Every month, on Wednesday of the second week",
			"Todo mês, na quarta-feira da segunda semana"},
		"WkInMnthDay:05:06":    {"Every month, on Saturday of the fifth week", "Todo mês, no sábado da quinta semana"},
		"IntrvlMnthDay:01:15":  {"Every month, on day 15", "Todo mês, no dia 15"},
		"IntrvlMnthDay:06:-01": {"Every 6 months, on the last day", "A cada 6 meses, no último dia"},
		"IntrvlMnthDay:24:-05": {"Every 24 months, on the last day but four",
			"A cada 24 meses, no quinto dia a contar do fim"},
		"QtrDay:ENGLISH": {"Every quarter, on 25 March, 24 June, 29 September and 25 December",
			"A cada trimestre, em 25 de março, 24 de junho, 29 de setembro e 25 de dezembro"},
		"QtrDay:SCOTTISH": {"Every quarter, on 2 February, 15 May, 1 August and 11 November",
			"A cada trimestre, em 2 de fevereiro, 15 de maio, 1º de agosto e 11 de novembro"},
		"QtrDay:RECEIVED": {"Every quarter, on 20 March, 19 June, 24 September and 20 December",
			"A cada trimestre, em 20 de março, 19 de junho, 24 de setembro e 20 de dezembro"},
		// What isn't in the standard isn't guessed at.
		"IntrvlMnthDay:07:15": {"By the schedule IntrvlMnthDay:07:15", "Conforme o código IntrvlMnthDay:07:15"},
		"IntrvlWkDay:1:3":     {"By the schedule IntrvlWkDay:1:3", "Conforme o código IntrvlWkDay:1:3"},
		"QtrDay:french":       {"By the schedule QtrDay:french", "Conforme o código QtrDay:french"},
		"EvryDay ":            {"By the schedule EvryDay", "Conforme o código EvryDay"},
	} {
		for i, lang := range i18n.Tags {
			got := ""
			for _, b := range uk(authz.UKDomesticStandingOrder,
				authz.Consent{Facts: []authz.Fact{every(code)}}).Text(reader(t,
				lang)).Boxes {
				if b.Of == string(authz.Frequency) {
					got = b.Value
				}
			}
			if got != want[i] {
				t.Errorf("%s in %s: %q, want %q", code, lang, got, want[i])
			}
		}
	}
}

// The payments of a schedule are counted and added up, digit for digit.
func TestSchedulesAreCounted(t *testing.T) {
	for _, row := range []struct {
		schedule  authz.Schedule
		amount    string
		box, more string
	}{
		{authz.Schedule{Every: "daily", Start: "2027-01-02", Quantity: 1}, "10.00", "Todo dia, a partir de 02/01/2027",
			"1 pagamento"},
		{authz.Schedule{Every: "weekly", Start: "2027-01-04", DayOfWeek: "SABADO", Quantity: 60}, "0.01",
			"Toda semana, aos sábados, a partir de 04/01/2027", "60 pagamentos, R$ 0,60 ao todo"},
		{authz.Schedule{Every: "weekly", DayOfWeek: "FERIADO"}, "1", "Toda semana, FERIADO", ""},
		{authz.Schedule{Every: "monthly", Start: "2027-01-31", DayOfMonth: 31, Quantity: 3}, "333333333333333333333.33",
			"Todo mês, no dia 31, a partir de 31/01/2027", "3 pagamentos, R$ 999.999.999.999.999.999.999,99 ao todo"},
		{authz.Schedule{Every: "custom", Dates: []string{"2027-01-02", "2027-01-09", "2027-01-09"}}, "7",
			"Em 02/01/2027, 09/01/2027 e 09/01/2027", "3 pagamentos, R$ 21 ao todo"},
		{authz.Schedule{Every: "yearly", Start: "2027-01-02", Quantity: 2}, "x", "Yearly, a partir de 02/01/2027",
			"2 pagamentos"},
	} {
		for _, b := range br(authz.BRPayment,
			authz.Consent{
				Facts: []authz.Fact{money(authz.Amount, row.amount, "BRL"),
					{Name: authz.Frequency, Schedule: &row.schedule}},
			}).Text(reader(t,
			"pt-BR")).Boxes {
			if b.Of == string(authz.Frequency) && (b.Value != row.box || b.More != row.more) {
				t.Errorf("%+v: %q, %q", row.schedule, b.Value, b.More)
			}
		}
	}
}

// A day is today's or another one by the person's calendar.
func TestWhen(t *testing.T) {
	midnight := time.Date(2026, 11, 24, 1, 0, 0, 0, time.UTC) // 22:00 of the 23rd in São Paulo
	for _, row := range []struct{ day, want string }{
		{"2026-11-23", "paga R$ 1,00 hoje."}, {"2026-11-24", "paga R$ 1,00 em 24/11/2026."},
		{"2026-11-22", "paga R$ 1,00 em 22/11/2026."}, {"", "paga R$ 1,00 hoje."}, {"soon", "paga R$ 1,00 em soon."},
	} {
		r := reader(t, "pt-BR")
		r.Now = midnight
		x := br(authz.BRPayment,
			authz.Consent{Facts: []authz.Fact{money(authz.Amount, "1.00", "BRL"), at(authz.PayOn, row.day)}}).Text(r)
		if !strings.HasSuffix(x.Sentence, row.want) {
			t.Errorf("%q: %s", row.day, x.Sentence)
		}
	}
}

// What stands out in a sentence is part of it.
func TestFiguresAreInTheSentence(t *testing.T) {
	for _, g := range golden {
		for _, lang := range i18n.Tags {
			x := g.sheet.Text(reader(t, lang))
			if x.Sentence == "" || x.Deadline == "" || x.Kind == "" || x.Verb == "" || x.Title == "" ||
				x.Version == "" {
				t.Errorf("%s: something is missing: %+v", g.name, x)
			}
			for _, f := range x.Figures {
				if !strings.Contains(x.Sentence, f) {
					t.Errorf("%s: %q isn't in %q", g.name, f, x.Sentence)
				}
			}
			if !strings.Contains(x.Payee, x.PayeeRaw) {
				t.Errorf("%s: %q isn't in %q", g.name, x.PayeeRaw, x.Payee)
			}
		}
	}
	if a, b := regular("").Text(reader(t, "en-GB")).Version, regular("").Text(reader(t, "pt-BR")).Version; a == b ||
		len(a) < 8 {
		t.Errorf("the versions of the words are %q and %q", a, b)
	}
}

// The code that is to be typed stands nowhere.
func TestTheCodeIsNotShown(t *testing.T) {
	for _, kind := range []authz.Kind{authz.Regular, authz.UKDomesticPayment, authz.UKAccountAccess, authz.BRPayment} {
		sh := uk(kind, authz.Consent{})
		sh.AskCode = true
		x := sh.Text(reader(t, "en-GB"))
		if x.Code == "" || strings.Contains(fmt.Sprintf("%+v", x), "PLUM") {
			t.Errorf("%s: %+v", kind, x)
		}
	}
}

// Accounts are needed as consent asks for them.
func TestNeedsAccounts(t *testing.T) {
	for want, sheets := range map[bool][]*slip.Sheet{
		true: {uk(authz.UKAccountAccess, authz.Consent{}), uk(authz.UKFilePayment, authz.Consent{}),
			br(authz.BRPayment, authz.Consent{}), sheet(authz.BRPayment),
			br(authz.BRData, authz.Consent{Permissions: []string{"CREDIT_CARDS_ACCOUNTS_READ"}}),
			br(authz.BRData, authz.Consent{Permissions: []string{"ACCOUNTS_SOMETHING_NEW"}})},
		false: {regular(""), sheet(""), sheet(authz.BRData),
			br(authz.BRData, authz.Consent{Permissions: []string{"LOANS_READ"}})},
	} {
		for i, sh := range sheets {
			if sh.NeedsAccounts() != want {
				t.Errorf("%v %d: %s", want, i, sh.Kind)
			}
			if choice := sh.Text(reader(t, "en-GB")).Choice; (choice != nil) != want {
				t.Errorf("%s offers %v", sh.Kind, choice)
			}
		}
	}
}
