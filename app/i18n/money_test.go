package i18n_test

import (
	"testing"
	"time"

	"assent/app/i18n"
)

func TestMoney(t *testing.T) {
	en, pt := words(t, "en-GB"), words(t, "pt-BR")
	for _, row := range []struct{ amount, currency, en, pt string }{
		{"1234.56", "GBP", "£1,234.56", "£ 1.234,56"},
		{"1234.56", "BRL", "R$1,234.56", "R$ 1.234,56"},
		{"0.5", "USD", "US$0.5", "US$ 0,5"},
		{"100000", "JPY", "JP¥100,000", "JP¥ 100.000"},
		{"999", "CHF", "CHF 999", "CHF 999"},
		{"165.8800", "EUR", "€165.8800", "€ 165,8800"}, // no digit is dropped
		{"9007199254740993.10", "GBP", "£9,007,199,254,740,993.10", "£ 9.007.199.254.740.993,10"},
		// More digits than decimal libraries keep (39), and more than the currency has.
		{"1234567890123456789012345678901234567890.123456789", "GBP",
			"£1,234,567,890,123,456,789,012,345,678,901,234,567,890.123456789",
			"£ 1.234.567.890.123.456.789.012.345.678.901.234.567.890,123456789"},
		{"100000.5", "JPY", "JP¥100,000.5", "JP¥ 100.000,5"},
		{"-0.00", "GBP", "-£0.00", "-£ 0,00"},
		{"NaN", "GBP", "£NaN", "£ NaN"},
		{"000100.00", "GBP", "£000,100.00", "£ 000.100,00"},
		{"-5.00", "GBP", "-£5.00", "-£ 5,00"},
		{"1", "gbp", "gbp 1", "gbp 1"},
		{"12", "", "12", "12"},
		{"", "GBP", "GBP", "GBP"},
		// What isn't a decimal is shown as it is.
		{"1e3", "GBP", "£1e3", "£ 1e3"},
		{"1,5", "GBP", "£1,5", "£ 1,5"},
		{"\u0661\u0662", "GBP", "£\u0661\u0662", "£ \u0661\u0662"},
		{"5\u202e0", "G\u0000BP", "£50", "£ 50"},
	} {
		plain := func(s string) string { // isolates aside
			return i18n.Plain(s)
		}
		if got := plain(en.Money(row.amount, row.currency)); got != row.en {
			t.Errorf("%s %s: %q, want %q", row.amount, row.currency, got, row.en)
		}
		if got := plain(pt.Money(row.amount, row.currency)); got != row.pt {
			t.Errorf("%s %s: %q, want %q", row.amount, row.currency, got, row.pt)
		}
	}
}

func TestStamp(t *testing.T) {
	zone := func(name string) *time.Location {
		l, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	london, sao, delhi := words(t,
		"en-GB").In(zone("Europe/London")), words(t,
		"pt-BR").In(zone("America/Sao_Paulo")), words(t, "en-GB").In(zone("Asia/Kolkata"))
	for _, row := range []struct{ got, want string }{
		{london.Stamp("2027-01-03"), "3 January 2027"},
		{sao.Stamp("2027-01-03"), "03/01/2027"}, // a date is one everywhere
		{sao.Stamp("2027-01-03T00:00:00Z"), "03/01/2027"},
		{sao.Stamp("2027-01-03T23:59:59+01:00"), "03/01/2027"},
		{sao.Stamp("2027-01-03T01:30:00Z"), "02/01/2027, 22h30 UTC-3"},
		{london.Stamp("2027-07-03T12:00:00Z"), "3 July 2027, 13:00 BST"},
		{london.Stamp("2027-01-03T12:00:00Z"), "3 January 2027, 12:00 GMT"},
		{delhi.Stamp("2027-01-03T12:00:00Z"), "3 January 2027, 17:30 IST"},
		{words(t, "en-GB").In(time.FixedZone("", 5*3600+45*60)).Stamp("2027-01-03T12:00:00Z"),
			"3 January 2027, 17:45 UTC+5:45"},
		{words(t, "en-GB").In(zone("Asia/Dubai")).Stamp("2027-01-03T12:00:00Z"), "3 January 2027, 16:00 UTC+4"},
		{words(t, "en-GB").Stamp("2027-01-03T12:00:00Z"), "3 January 2027, 12:00 UTC"},
		{london.Stamp("soon\u202e"), "soon"},
		{london.Stamp("2027-13-45"), "2027-13-45"},
	} {
		if row.got != row.want {
			t.Errorf("%q, want %q", row.got, row.want)
		}
	}
	if day, ok := sao.DayOf("2027-01-03T01:30:00Z"); !ok || sao.ShortDay(day) != "02/01/2027" ||
		sao.LongDay(day) != "02/01/2027" {
		t.Errorf("the day of an instant is %v, %v", day, ok)
	}
	if _, ok := sao.DayOf(""); ok {
		t.Error("no time has a day")
	}
}

func TestNumbersOfAccountsAndPeople(t *testing.T) {
	code, number, ok := i18n.SortCode("20-32-56 98765432")
	if code != "20-32-56" || number != "98765432" || !ok {
		t.Errorf("%q, %q, %v", code, number, ok)
	}
	if _, _, ok := i18n.SortCode("2032569876543"); ok {
		t.Error("thirteen digits are no sort code and account number")
	}
	for got, want := range map[string]string{
		i18n.Fours("de89370400440532013000"): "DE89 3704 0044 0532 0130 00",
		i18n.Fours("GB29 NWBK 6016-1331"):    "GB29 NWBK 6016 1331",
		i18n.CPF("123.456.789-09"):           "***.456.789-**",
		i18n.CPF("1234"):                     "1234",
		i18n.CNPJ("12345678000195"):          "12.345.678/0001-95",
		i18n.CNPJ("12abc34501de35"):          "12.ABC.345/01DE-35",
		i18n.CNPJ("12ABC34501DEXX"):          "12ABC34501DEXX",
		i18n.Document("12345678909"):         "***.456.789-**",
		i18n.CheckDigit("567890"):            "56789-0",
		i18n.CheckDigit("1234-x"):            "1234-X",
		i18n.CheckDigit("7"):                 "7",
		i18n.Apart("20-32-56"):               "2 0 3 2 5 6",
		i18n.Ending("20325698764567"):        "••4567",
		i18n.Ending("123"):                   "••23",
		i18n.Ending(""):                      "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	en, pt := words(t, "en-GB"), words(t, "pt-BR")
	if got := en.List([]string{"a", "b", "c"}) + en.List([]string{"a"}) + en.List(nil) +
		pt.List([]string{"a", "b"}); got != "a, b and ca"+"a e b" {
		t.Errorf("lists read %q", got)
	}
	if got := en.Entry("schedule.ordinals", 1) + en.Entry("schedule.ordinals", 9) +
		en.Entry("schedule.ordinals", -1); got != "second" {
		t.Errorf("entries read %q", got)
	}
	if en.Version() == pt.Version() || en.Version() == "" {
		t.Errorf("the versions of the words are %q and %q", en.Version(), pt.Version())
	}
}
