package slip

import (
	"strconv"
	"time"

	"assent/app/authz"
	"assent/app/i18n"
)

// The boxes of a payment, in order; the facts that aren't here go to the details.
var (
	ukBoxes = []authz.FactName{
		authz.PayeeAccount, authz.PayeeParty, authz.PayeeAddress, authz.PayeeBank, authz.PayeeBankAddress,
		authz.Destination, authz.Reference, authz.Remittance,
		authz.PayOn, authz.FirstPayment, authz.RecurringPayment, authz.Frequency, authz.FinalPayment,
		authz.NumberOfPayments,
		authz.FileTransactions, authz.FileControlSum, authz.FileReference, authz.FileType, authz.FileHash,
		authz.TransferCurrency, authz.ExchangeRate, authz.ChargeBearer, authz.ChargeList, authz.Priority, authz.Purpose,
		authz.ExtendedPurpose,
	}
	brBoxes = []authz.FactName{
		authz.PayeeDocument, authz.Method, authz.LocalInstrument, authz.PayOn, authz.Frequency, authz.Remittance,
		authz.PayeeAccount, authz.PayeeProxy, authz.ChargeList,
	}
)

// payment words a payment: amount and payee first, then who is paid where, and when.
func (x *writer) payment() {
	day, later := x.payDay(x.row.AtOnce)
	if x.row.Country == authz.Brazil {
		x.head(x.brazilian(later))
	} else {
		x.asks()
	}
	when := x.when(day, x.row.AtOnce)
	if x.sh.Kind == authz.UKFilePayment {
		x.file()
	} else {
		x.amount()
	}
	if c := x.consent.CNPJ; c != "" {
		x.Under = append(x.Under, x.w.T("data.company", "cnpj", i18n.CNPJ(c)))
	}
	x.paymentBoxes(day)
	if x.row.Country == authz.Brazil {
		x.choose("choice.pay_branch")
	} else {
		x.choose("choice.pay")
	}
	x.paymentSentence(when)
}

// payDay is the day on which a payment is asked to be made, or else, of one
// that is made at once, expected to be; and whether that is later than today.
func (x *writer) payDay(now bool) (day string, later bool) {
	day = x.fact(authz.PayOn).At
	if day == "" && now {
		day = x.fact(authz.ExpectedExecution).At
	}
	t, ok := x.w.DayOf(day)
	return day, ok && t.After(x.today())
}

// today is the person's calendar day, as DayOf gives it.
func (x *writer) today() time.Time {
	y, m, d := x.r.Now.In(x.w.Zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// when says on which day a payment is made, to stand inside a sentence.
func (x *writer) when(day string, now bool) string {
	t, ok := x.w.DayOf(day)
	switch {
	case ok && t.Equal(x.today()), day == "" && now && x.fact(authz.Frequency).Schedule == nil:
		return x.w.T("pay.when_today")
	case day != "":
		return x.w.T("pay.when_on", "date", x.day(day))
	}
	return ""
}

// brazilian names a Brazilian payment: with Pix or not, now or later, once or
// several times.
func (x *writer) brazilian(later bool) (kind, verb i18n.Key) {
	pix := x.fact(authz.Method).Text == "PIX"
	series := x.fact(authz.Frequency).Schedule != nil
	switch {
	case pix && (later || series):
		kind = "kind.pix_scheduled"
	case pix:
		kind = "kind.pix"
	case later || series:
		kind = "kind.scheduled"
	default:
		kind = "kind.payment"
	}
	switch {
	case series:
		return kind, "ask.series"
	case later:
		return kind, "ask.schedule"
	}
	return kind, "ask.pay"
}

// amount sets the largest text: what is paid each time, and to whom.
func (x *writer) amount() {
	switch m := x.each(); {
	case m == nil:
		x.Headline = x.w.T("pay.no_amount")
	default:
		x.Amount = x.money(m)
		if x.fact(authz.Amount).Money != nil {
			x.take(authz.Amount)
		}
	}
	if name := i18n.Plain(x.fact(authz.Payee).Text); name != "" {
		x.take(authz.Payee)
		x.Payee, x.PayeeRaw = x.w.T("pay.to", "payee", name), name
	}
}

// each is what is paid at once, or each time: of a standing order, what recurs.
func (x *writer) each() *authz.Money {
	for _, name := range []authz.FactName{authz.Amount, authz.RecurringPayment, authz.FirstPayment} {
		if m := x.fact(name).Money; m != nil {
			return m
		}
	}
	return nil
}

// file sets the largest text of a file of payments: its total, or that it is one.
func (x *writer) file() {
	payments := x.w.T("pay.file_some")
	count, counted := x.take(authz.FileTransactions)
	if counted {
		payments = x.payments(count.Text)
	}
	sum := x.fact(authz.FileControlSum).Text
	if sum == "" {
		x.Headline = x.w.T("pay.file", "payments", payments)
		return
	}
	x.take(authz.FileControlSum)
	x.Verb = x.w.T("ask.file")
	x.Amount = x.w.Decimal(sum)
	if counted {
		x.Payee, x.PayeeRaw = x.w.T("pay.file_in", "payments", payments), payments
	}
	x.Notices = append(x.Notices, x.w.T("pay.file_sum"))
}

// payments counts payments of which the number came as text.
func (x *writer) payments(count string) string {
	n, err := strconv.Atoi(count)
	if err != nil {
		n = 2
	}
	return x.w.N("pay.payments", n, "count", x.w.Decimal(count))
}

func (x *writer) paymentBoxes(day string) {
	list := ukBoxes
	if x.row.Country == authz.Brazil {
		list = brBoxes
	}
	for _, name := range list {
		for f, ok := x.take(name); ok; f, ok = x.take(name) {
			if name == authz.Method {
				x.Boxes = append(x.Boxes, x.method(f.Text))
			} else {
				x.Boxes = append(x.Boxes, x.boxes(f)...)
			}
		}
		switch {
		case name == authz.PayOn && x.row.AtOnce && x.fact(authz.PayOn).At == "" &&
			x.fact(authz.Frequency).Schedule == nil:
			b := Box{Label: x.label(authz.PayOn), Value: x.w.T("pay.today"), Of: string(authz.PayOn)}
			if t, ok := x.w.DayOf(day); ok && !t.Equal(x.today()) {
				b.Value, b.More = x.w.LongDay(t), x.w.T("pay.expected")
			}
			x.Boxes = append(x.Boxes, b)
		case name == authz.NumberOfPayments && x.endless():
			x.Boxes = append(x.Boxes, Box{Label: x.w.T("pay.until"), Value: x.w.T("pay.cancelled"), Of: "until"})
		}
	}
}

// method joins how a Brazilian payment is made with how its data were given: "Pix, QR dinâmico".
func (x *writer) method(text string) Box {
	method, known := x.code(authz.Method, text)
	if f := x.fact(authz.LocalInstrument); f.Text != "" {
		x.take(authz.LocalInstrument)
		instrument, also := x.code(authz.LocalInstrument, f.Text)
		method, known = method+", "+instrument, known && also
	}
	return Box{Label: x.label(authz.Method), Value: method, Foreign: !known, Of: string(authz.Method)}
}

// endless tells whether a standing order goes on until it is cancelled.
func (x *writer) endless() bool {
	return x.fact(authz.Frequency).Schedule != nil && x.fact(authz.FinalPayment).At == "" &&
		x.fact(authz.NumberOfPayments).Text == "" && x.row.Country == authz.UK
}

// spelt is how many dates a sentence has room for.
const spelt = 3

func (x *writer) paymentSentence(when string) {
	w := x.w
	from, chosen, account := x.from()
	if x.sh.Kind == authz.UKFilePayment {
		x.say(w.T("sentence.file", "institution", x.Institution, "from", from, "when", when, "chosen", chosen), account,
			when)
		return
	}
	amount := x.Amount
	if amount == "" {
		x.say(w.T("sentence.no_amount"))
		return
	}
	s := x.fact(authz.Frequency).Schedule
	if s == nil {
		x.say(w.T("sentence.pay", "institution", x.Institution, "amount", amount, "from", from, "when", when, "chosen",
			chosen),
			amount, account)
		return
	}
	frequency, _ := x.schedule(*s)
	paid, until, last := amount, "", x.fact(authz.FinalPayment)
	if first := x.fact(authz.FirstPayment).Money; first != nil && x.money(first) != amount {
		paid = w.T("pay.first_then", "first", x.money(first), "amount", amount)
	}
	switch {
	case last.At != "" && last.Money != nil && x.money(last.Money) != amount:
		until = w.T("pay.until_last", "amount", x.money(last.Money), "date", x.day(last.At))
	case last.At != "":
		until = w.T("pay.until_date", "date", x.day(last.At))
	case x.fact(authz.NumberOfPayments).Text != "":
		until = w.T("pay.until_count", "payments", x.payments(x.fact(authz.NumberOfPayments).Text))
	case occurrences(*s) > 0:
		until = w.T("pay.until_count", "payments", x.payments(strconv.Itoa(occurrences(*s))))
	case x.endless():
		until = w.T("pay.until_cancelled")
	}
	if s.Every == "custom" && len(s.Dates) > spelt {
		frequency, until = w.T("schedule.listed", "n", len(s.Dates)), ""
	}
	x.say(w.T("sentence.series", "institution", x.Institution, "amount", paid, "from", from, "frequency", frequency,
		"until", until, "chosen", chosen),
		paid, account)
}
