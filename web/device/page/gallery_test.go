package page_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/app/slip"
	"assent/web/device/page"
	"assent/web/view"
	"assent/web/view/viewtest"
)

// paged is any page of the device.
type paged interface {
	Page(view.Frame) templ.Component
}

// shown is one page in one state.
type shown struct {
	name    string
	page    paged
	guest   bool // nobody is signed in
	offline bool
}

var (
	now      = time.Date(2026, 11, 22, 14, 30, 40, 0, time.UTC)
	started  = now.Add(-40 * time.Second)
	deadline = now.Add(80 * time.Second)
)

var pixel = page.Device{
	ID:       "d1",
	Name:     "Pixel 9",
	Platform: "android",
	This:     true,
	State:    app.DeviceActive,
	Created:  now.AddDate(0, -6, -19),
	LastSeen: now,
	Passkey: page.Passkey{
		Synced:   true,
		Created:  time.Date(2026, 5, 3, 9, 0, 0, 0, time.UTC),
		LastUsed: now.Add(-5 * time.Hour),
	},
	Push: page.Push{
		State:       page.PushWorking,
		Since:       now.AddDate(0, -2, 0),
		LastReached: time.Date(2026, 11, 22, 9, 12, 0, 0, time.UTC),
		LastOpened:  now.AddDate(0, 0, -1),
	},
}

func device(change func(*page.Device)) page.Device {
	d := pixel
	change(&d)
	return d
}

// gallery is every page in every state.
func gallery(f view.Frame) []shown {
	all := kinds()
	pay := all["uk-payment"].Text(reader(f))
	waiting := []page.Waiting{
		{ID: "r1", Text: signIn().Text(reader(f)), Started: started, Deadline: deadline},
		{ID: "r2", Text: bare(f, plum, "5RB-W8N", ""), Started: started, Deadline: now.Add(17 * time.Minute)},
		{ID: "r3", Text: bare(f, arabic, "2HD-9TV", "مرحبا 42"), Started: started, Deadline: now.Add(26 * time.Hour)},
	}
	mixed := []page.Waiting{
		{ID: "r4", Text: pay, Started: started, Deadline: deadline},
		{
			ID: "r5",
			Text: sheet(authz.UKDomesticPayment,
				facts([]authz.Fact{money(authz.Amount, "95.00", "GBP")},
					payTo("Mr Finn Quill", sortCode, "20325612345678")),
				fixed).Text(reader(f)),
			Started:  started,
			Deadline: now.Add(9 * time.Minute),
		},
		{
			ID:       "r6",
			Text:     all["br-data"].Text(reader(f)),
			Started:  started,
			Deadline: now.Add(23 * time.Hour),
			First:    true,
		},
	}
	out := []shown{
		{name: "request", page: request(f, signIn())},
		{
			name: "request-bare",
			page: request(f, signIn(func(sh *slip.Sheet) { sh.Message = ""; sh.Scopes = sh.Scopes[:1] })),
		},
		{name: "request-middle", page: request(f, signIn(func(sh *slip.Sheet) { sh.Message = "Approve demo login" }))},
		{name: "request-code", page: request(f, signIn(func(sh *slip.Sheet) { sh.AskCode = true }))},
		{
			name: "request-two-codes",
			page: request(f, signIn(func(sh *slip.Sheet) { sh.AskCode = true }), another(f, "")),
		},
		{
			name: "request-two-alike",
			page: request(f, signIn(func(sh *slip.Sheet) { sh.Message = "Approve demo login" }),
				another(f, "Approve demo login"), func(p *page.Request) { p.Alike = true }),
		},
		{name: "request-long", page: request(f, signIn(client(long), func(sh *slip.Sheet) {
			sh.Message = "Please compare: window 4, Ms Quill, the blue folder, order INV-7781 of last Tuesday, and the word PLUM at the end"
			sh.Claims, sh.VerifiedClaims = []string{"name", "birthdate", "phone_number",
				"loyalty_level"}, []string{"given_name", "family_name"}
			sh.Authorization = []map[string]any{{
				"type":             "payment_initiation",
				"instructedAmount": map[string]any{"currency": "EUR", "amount": "123.50"},
				"creditorName":     "Merchant A",
				"actions":          []any{"initiate", "status"},
				"priority":         2.0,
			}}
			sh.Scopes = append(sh.Scopes,
				slip.Scope{
					Grant:       "transfers:read.42",
					Name:        "transfers:read.*",
					DisplayName: "See your transfers",
					Description: "Amounts, dates and payees of the last 90 days",
					Service:     "Northmoor Transfers",
					Params:      []string{"42"},
					Optional:    true,
				},
				slip.Scope{Grant: "x", Name: "x", Service: "Northmoor Transfers", Optional: true})
			sh.Other = map[string]any{"login_context": map[string]any{"channel": "branch"}}
		}), func(p *page.Request) { p.Deadline = now.Add(20 * time.Second) })},
		{
			name: "request-rtl",
			page: request(f, signIn(client(arabic), func(sh *slip.Sheet) { sh.Message = "\u202eمرحبا\u0000 42" })),
		},
		{name: "request-changed", page: request(f, signIn(), func(p *page.Request) {
			p.Changed = true
			p.Fault = f.Words.Error("changed")
		})},
		{name: "request-unreachable", page: request(f, signIn(), unreachable(f, f.Words.T("request.kind_sign_in")))},
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		out = append(out, shown{name: "request-" + name, page: request(f, all[name])},
			shown{name: "approved-" + name, page: outcome(f, chose(all[name]))},
			shown{
				name: "denied-" + name,
				page: outcome(f, all[name], func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonPerson }),
			})
	}
	down := func(p *page.Request) { p.AccountsUnavailable, p.Seen = true, "" }
	without := func(sh *slip.Sheet) { sh.Accounts = nil }
	odd := func(amount string, to []authz.Fact, changes ...change) *slip.Sheet {
		return sheet(authz.UKDomesticPayment,
			facts([]authz.Fact{money(authz.Amount, amount, "GBP"), fact(authz.Reference, "INV-7781")}, to),
			append([]change{from(several...)}, changes...)...)
	}
	worshipful := payTo("The Worshipful Company of Exceedingly Long Payee Names, Sons, Daughters and Grandchildren of Northmoor-upon-Sea",
		sortCode, "20325698765432")
	return append(out, []shown{
		{
			name: "payment-changed",
			page: request(f, all["uk-payment"],
				func(p *page.Request) { p.Changed = true; p.Fault = f.Words.Error("account_choice") }),
		},
		{
			name: "payment-cooling",
			page: request(f, all["uk-payment"], func(p *page.Request) { p.CoolingUntil = now.Add(20 * time.Hour) }),
		},
		{name: "test", page: request(f, sheet(authz.Test, nil, client(slip.Client{Name: "Northmoor"})))},
		{
			name: "test-approved",
			page: outcome(f, sheet(authz.Test, nil, client(slip.Client{Name: "Northmoor"})),
				func(p *page.Outcome) { p.Test, p.Delivery = true, app.DeliveryNone }),
		},
		{name: "payment-two", page: request(f, all["uk-payment"], func(p *page.Request) {
			p.Others = []page.Waiting{{
				ID:      "r2",
				Text:    odd("120.00", quill, func(sh *slip.Sheet) { sh.Ref = "M3X-9QA" }).Text(reader(f)),
				Started: started.Add(-3 * time.Minute),
			}}
		})},
		{
			name: "payment-unreachable",
			page: request(f, all["uk-payment"], unreachable(f, f.Words.T("request.kind_unknown"))),
		},
		{
			name: "payment-several",
			page: request(f, sheet(authz.UKDomesticPayment, invoice, from(several...), func(sh *slip.Sheet) {
				sh.Hints = []slip.Hint{{Kind: slip.FirstPayee},
					{Kind: slip.LargestAmount, Money: &authz.Money{Amount: "99.00", Currency: "GBP"}}}
			})),
		},
		{
			name: "payment-code",
			page: request(f,
				sheet(authz.UKDomesticPayment, invoice, fixed, func(sh *slip.Sheet) { sh.AskCode = true })),
		},
		{name: "payment-none-payable", page: request(f, sheet(authz.UKDomesticPayment, invoice, from(savings)))},
		{name: "payment-no-account", page: request(f, sheet(authz.UKDomesticPayment, invoice, from()))},
		{name: "payment-accounts-down", page: request(f, sheet(authz.UKDomesticPayment, invoice, without), down)},
		{name: "payment-no-amount", page: request(f, sheet(authz.UKDomesticPayment, quill, fixed))},
		{name: "payment-long-amount", page: request(f, odd("123456789.01", quill))},
		{name: "payment-longest-amount", page: request(f, odd("123456789012345678.90", worshipful, client(long)))},
		{name: "payment-long-names", page: request(f, odd("1234.50", worshipful, client(long)))},
		{
			name: "payment-three-lines",
			page: request(f,
				odd("123456789.01",
					payTo("The Worshipful Company of Payee Names, Sons and Daughters", sortCode, "20325698765432"),
					client(slip.Client{
						Name: "Worshipful Financial Services of Northmoor Ltd",
						Host: "worshipful.example",
					}))),
		},
		{
			name: "payment-rtl",
			page: request(f,
				odd("1234.50", payTo("شركة النور للتجارة 🌙", sortCode, "20325698765432"), client(arabic),
					func(sh *slip.Sheet) { sh.Message = "بنك 42" })),
		},
		{name: "data-accounts-down", page: request(f, sheet(authz.UKAccountAccess, window, allUK), down)},
		{name: "data-none", page: request(f, sheet(authz.BRData, window, accountsBR, of()))},
		{
			name: "data-without-accounts",
			page: request(f, sheet(authz.BRData, window, permissions("LOANS_READ", "FUNDS_READ"))),
		},
		{
			name: "data-company",
			page: request(f,
				sheet(authz.BRData, window, accountsBR, of(conta),
					func(sh *slip.Sheet) { sh.Consent.CNPJ = "12ABC34501DE35" })),
		},
		{name: "approved", page: outcome(f, signIn(), func(p *page.Outcome) { p.Fresh = true })},
		{
			name: "approved-waiting",
			page: outcome(f, signIn(),
				func(p *page.Outcome) { p.Delivery = app.DeliveryWaiting; p.Digest = "0011223344" }),
		},
		{
			name: "approved-unconfirmed",
			page: outcome(f, signIn(),
				func(p *page.Outcome) { p.Delivery = app.DeliveryUnconfirmed; p.Digest = "ff80f1c0" }),
		},
		{
			name: "approved-failed",
			page: outcome(f, signIn(), func(p *page.Outcome) { p.Delivery = app.DeliveryFailed }),
		},
		{
			name: "approved-elsewhere",
			page: outcome(f, signIn(func(sh *slip.Sheet) { sh.Claims = []string{"birthdate"} }),
				func(p *page.Outcome) { p.Here = false }),
		},
		{
			name: "approved-some",
			page: outcome(f,
				signIn(func(sh *slip.Sheet) { sh.Claims = []string{"name", "email", "loyalty_level"} }).Split(
					slip.Answer{Scopes: []string{"openid", "profile"}, Claims: []string{"name", "loyalty_level"}})),
		},
		{
			name: "payment-unconfirmed",
			page: outcome(f, all["uk-payment"], func(p *page.Outcome) { p.Delivery = app.DeliveryUnconfirmed }),
		},
		{
			name: "payment-failed",
			page: outcome(f, all["uk-payment"], func(p *page.Outcome) { p.Delivery = app.DeliveryFailed }),
		},
		{
			name: "approved-failed-in-doubt",
			page: outcome(f, all["uk-payment"],
				func(p *page.Outcome) { p.Delivery, p.Unsure = app.DeliveryFailed, true }),
		},
		{name: "withdrawing", page: outcome(f, signIn(), withdrawn(app.ReasonSuspended, app.Withdrawing))},
		{name: "withdrawn", page: outcome(f, signIn(), withdrawn(app.ReasonOperator, app.Withdrawn))},
		{name: "withdrawn-in-doubt", page: outcome(f, signIn(), withdrawn(app.ReasonDeviceLost, app.ACPHolds))},
		{
			name: "payment-withdrawn-in-doubt",
			page: outcome(f, chose(all["uk-payment"]), withdrawn(app.ReasonDeviceLost, app.Unclear)),
		},
		{
			name: "data-withdrawn-in-doubt",
			page: outcome(f, all["br-data"], withdrawn(app.ReasonSuspended, app.Unclear)),
		},
		{
			name: "denied",
			page: outcome(f, signIn(), func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonPerson }),
		},
		{
			name: "reported",
			page: outcome(f, signIn(), func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonReported }),
		},
		{
			name: "denied-elsewhere",
			page: outcome(f, signIn(),
				func(p *page.Outcome) { p.State, p.Reason, p.Here = app.Denied, app.ReasonPerson, false }),
		},
		{
			name: "denied-code",
			page: outcome(f, signIn(), func(p *page.Outcome) { p.State, p.Reason = app.Denied, app.ReasonCode }),
		},
		{name: "expired", page: outcome(f, signIn(), func(p *page.Outcome) { p.State, p.Device = app.Expired, "" })},
		{
			name: "payment-expired",
			page: outcome(f, all["uk-payment"], func(p *page.Outcome) { p.State, p.Device = app.Expired, "" }),
		},
		{name: "cancelled", page: outcome(f, signIn(), cancelled(app.ReasonDeviceLost))},
		{
			name: "cancelled-unsupported",
			page: outcome(f, signIn(func(sh *slip.Sheet) { sh.Message = "" }), cancelled(app.ReasonUnsupported)),
		},
		{name: "cancelled-other-person", page: outcome(f, all["uk-data"], cancelled(app.ReasonOtherPerson))},
		{name: "cancelled-not-owner", page: outcome(f, all["br-data"], cancelled(app.ReasonNotOwner))},
		{name: "cancelled-other-company", page: outcome(f, all["br-data"], cancelled(app.ReasonOtherCompany))},
		{name: "cancelled-consent-state", page: outcome(f, all["uk-payment"], cancelled(app.ReasonConsentState))},
		{
			name: "cancelled-debtor-not-theirs",
			page: outcome(f, all["uk-payment"], cancelled(app.ReasonDebtorNotTheirs)),
		},
		{name: "cancelled-debtor-cannot-pay", page: outcome(f, all["br-pix"], cancelled(app.ReasonDebtorCannotPay))},
		{name: "cancelled-no-account", page: outcome(f, all["uk-payment"], cancelled(app.ReasonNoAccount))},
		{name: "cancelled-paused", page: outcome(f, signIn(), cancelled(app.ReasonPaused))},
		{name: "cancelled-no-code", page: outcome(f, all["uk-payment"], cancelled(app.ReasonNoCode))},
		{name: "cancelled-unreadable", page: outcome(f, all["uk-payment"], cancelled(app.ReasonUnreadable))},
		{name: "inbox-mixed", page: page.Inbox{Waiting: mixed}},
		{name: "inbox-payments", page: page.Inbox{Waiting: mixed[:2]}},
		{name: "inbox", page: page.Inbox{Waiting: waiting[:2]}},
		{
			name: "inbox-names",
			page: page.Inbox{
				Waiting: waiting[:1],
				Names: []page.NameNews{{Change: app.IdentifierLost, Kind: app.Email, At: now.Add(-2 * time.Hour)},
					{
						Change: app.IdentifierGained,
						Kind:   app.CPF,
						At:     now.Add(-2 * time.Hour),
						Until:  now.Add(70 * time.Hour),
					},
					{Change: app.IdentifierAdded, Kind: app.Customer, At: now.Add(-26 * time.Hour)}},
			},
		},
		{
			name: "inbox-changed",
			page: page.Inbox{
				Waiting: waiting[:1],
				Names: []page.NameNews{{Change: app.IdentifierReplaced, Kind: app.Phone, At: now.Add(-2 * time.Minute)},
					{Change: app.CompanyAdded, At: now.Add(-2 * time.Hour)},
					{Change: app.CompanyRemoved, At: now.Add(-3 * time.Hour)},
					{Change: app.IdentifierRemoved, Kind: app.Email, At: now.Add(-26 * time.Hour)}},
			},
		},
		{
			name: "inbox-full",
			page: page.Inbox{
				Waiting: waiting,
				PushOff: true,
				Coming:  true,
				Added:   &page.Added{ID: "d2", Name: "iPad", At: now.Add(-2 * time.Hour)},
			},
		},
		{name: "inbox-quiet", page: page.Inbox{Waiting: waiting[:1], Bursts: []page.Burst{
			{
				Cause:   app.QuietBackOff,
				Clients: []string{"c1"},
				Name:    "Financroo Ltd",
				Times:   1,
				Until:   now.Add(4 * time.Minute),
				Waiting: waiting[1:2],
			},
			{
				Cause:   app.QuietBackOff,
				Clients: []string{"c2"},
				Name:    "Northmoor call centre",
				Times:   7,
				Waiting: waiting[:2],
			},
			{
				Cause:   app.QuietBurst,
				Clients: []string{"c3"},
				Name:    "Quill & Daughter",
				Times:   12,
				First:   app.At(now.Add(-3 * time.Minute)),
				Last:    app.At(now),
				Waiting: waiting[:2],
			},
			{
				Cause:   app.QuietMuted,
				Clients: []string{"c4"},
				Name:    "Rowan",
				Times:   3,
				Muted:   true,
				Waiting: waiting[:2],
			},
			{Cause: app.QuietFlood, Clients: []string{"c5", "c6"}, Name: "Shop", Times: 290, Waiting: waiting[:2]}}}},
		{name: "inbox-empty", page: page.Inbox{}},
		{name: "inbox-payments-paused", page: page.Inbox{Waiting: waiting[:1], Paused: app.PausePayments}},
		{name: "inbox-paused", page: page.Inbox{Paused: app.PauseAll}},
		{name: "history", page: page.History{Older: "/history?after=x", Entries: []page.Entry{
			{ID: "r0", Text: bare(f, plum, "", ""), State: app.Pending, At: deadline},
			{ID: "r1", Text: pay, State: app.Approved, At: now, Device: "Pixel 9", Delivery: app.DeliveryDelivered},
			{
				ID:     "r2",
				Text:   bare(f, shoply, "", ""),
				State:  app.Denied,
				Reason: app.ReasonReported,
				At:     now.Add(-time.Hour),
				Device: "Pixel 9",
			},
			{
				ID:     "r3",
				Text:   bare(f, signIn().Client, "", ""),
				State:  app.Denied,
				Reason: app.ReasonPerson,
				At:     now.AddDate(0, 0, -1),
				Device: "Ada's iPad",
			},
			{ID: "r4", Text: bare(f, arabic, "", ""), State: app.Expired, At: now.AddDate(0, 0, -6)},
			{
				ID:       "r5",
				Text:     bare(f, long, "", ""),
				State:    app.Approved,
				Delivery: app.DeliveryFailed,
				At:       now.AddDate(-1, 0, 0),
				Device:   "Pixel 9",
			},
			{
				ID:       "r6",
				Text:     all["uk-data"].Text(reader(f)),
				State:    app.Approved,
				Delivery: app.DeliveryUnconfirmed,
				At:       now.AddDate(0, -3, 0),
			},
			{
				ID:     "r8",
				Text:   pay,
				State:  app.Cancelled,
				Reason: app.ReasonSuspended,
				Taken:  app.Withdrawing,
				At:     now,
				Device: "Pixel 9",
			},
			{
				ID:     "r9",
				Text:   pay,
				State:  app.Cancelled,
				Reason: app.ReasonDeviceLost,
				Taken:  app.Unclear,
				At:     now,
				Device: "Pixel 9",
			},
			{
				ID:     "r10",
				Text:   pay,
				State:  app.Cancelled,
				Reason: app.ReasonOperator,
				Taken:  app.Withdrawn,
				At:     now,
				Device: "Pixel 9",
			},
			{
				ID:     "r7",
				Text:   bare(f, plum, "", ""),
				State:  app.Cancelled,
				Reason: app.ReasonGone,
				At:     now.AddDate(0, -5, 0),
			},
		}}},
		{name: "history-empty", page: page.History{}},
		{name: "devices-changes", page: page.Devices{List: []page.Device{pixel}, Changes: changed(now)}},
		{name: "inbox-moved", page: page.Inbox{Waiting: waiting[:1], Changed: &changed(now)[0]}},
		{name: "devices-coming", page: page.Devices{Stopped: true, List: []page.Device{pixel}, Coming: []page.Coming{
			{ID: "i1", Until: now.Add(12 * time.Minute)},
			{
				ID:    "i2",
				From:  "Ada's iPad with a rather long name that somebody gave it",
				Until: now.Add(9 * time.Minute),
			},
			{ID: "i3", From: "Pixel 9", Here: true, Until: now.Add(9 * time.Minute)},
		}}},
		{name: "devices", page: page.Devices{List: []page.Device{
			pixel,
			device(func(d *page.Device) {
				d.ID, d.Name, d.Platform, d.This, d.LastSeen, d.Push = "d2", "Ada's iPad", "ipad", false, now.AddDate(0,
					0, -9), page.Push{State: page.PushSkipped}
			}),
			device(func(d *page.Device) {
				d.ID, d.Name, d.Platform, d.This, d.State = "d3", "Firefox on Windows", "windows", false, app.DeviceSuspended
			}),
		}}},
		{name: "device", page: pixel},
		{
			name: "device-no-push",
			page: device(func(d *page.Device) { d.Push = page.Push{State: page.PushLost}; d.Saved = true }),
		},
		{name: "device-sibling", page: device(func(d *page.Device) {
			d.Name, d.Platform, d.This, d.Passkey.Gone, d.Push.State = "Ada's iPad", "ipad", false, true, page.PushNever
		})},
		{name: "device-unfit", page: device(func(d *page.Device) { d.Passkey.Unfit = true })},
		{name: "again", page: page.SetUpAgain{}},
		{name: "again-by-other", page: page.SetUpAgain{Other: true}},
		{name: "inbox-passkeys", page: page.Inbox{Unfit: true, Synced: now.Add(-time.Hour)}},
		{
			name: "device-fault",
			page: device(func(d *page.Device) {
				d.Fault, d.Typed = f.Words.T("device.name_fault"), strings.Repeat("long ",
					14)
			}),
		},
		{name: "device-remove", page: page.RemoveDevice{ID: "d1", Name: "Pixel 9", This: true, Sole: true}},
		{
			name: "device-remove-sibling",
			page: page.RemoveDevice{ID: "d2", Name: "Ada's iPad", Shared: true, Unknown: true},
		},
		{name: "device-remove-shared", page: page.RemoveDevice{ID: "d1", Name: "Pixel 9", This: true, Shared: true}},
		{name: "link-device", page: page.LinkDevice{ID: "d1"}},
		{
			name: "link-code",
			page: page.DeviceLink{
				URL:      "https://approve.northmoor.example/enrol/jzX0Yq3mB8m1sTq0o5Yw1oHcVJd2mVYkqvJtM0c2C9E",
				Started:  now,
				Ends:     now.Add(10 * time.Minute),
				Replaces: true,
			},
		},
		{name: "settings", page: page.Settings{Lang: f.Words.Tag(), Zone: "Europe/London", Saved: true}},
		{
			name: "settings-fault",
			page: page.Settings{
				Lang:      f.Words.Tag(),
				Theme:     "dark",
				Zone:      "Mars/Olympus",
				ZoneFault: f.Words.T("settings.zone_fault"),
			},
		},
		{
			name:  "enrol-welcome",
			guest: true,
			page: page.EnrolWelcome{
				Token:  "t0k3n",
				Name:   "A••• Q•••",
				Device: "Pixel 9",
				Ends:   now.Add(23 * time.Hour),
				Identifiers: []page.Identifier{
					{Kind: app.Username, Value: "adaquill"}, {Kind: app.Email, Value: "ada@quill.example"},
					{Kind: app.Phone, Value: "+44 7700 900123"}, {Kind: app.CPF, Value: "123.456.789-09"}},
			},
		},
		{
			name:  "enrol-code",
			guest: true,
			page:  page.EnrolCode{Token: "t0k3n", Words: []string{"nightingale", "acorn", "watermelon"}},
		},
		{
			name:  "enrol-code-unreadable",
			guest: true,
			page: page.EnrolCode{
				Token: "t0k3n",
				Words: []string{"nightingale", "acorn", "watermelon"},
				Fault: page.CodeUnreadable,
				Typed: "4821 77",
			},
		},
		{
			name:  "enrol-code-wrong",
			guest: true,
			page: page.EnrolCode{
				Token: "t0k3n",
				Words: []string{"nightingale", "acorn", "watermelon"},
				Fault: page.CodeWrong,
				Left:  4,
			},
		},
		{
			name:  "enrol-code-last",
			guest: true,
			page: page.EnrolCode{
				Token: "t0k3n",
				Words: []string{"nightingale", "acorn", "watermelon"},
				Fault: page.CodeWrong,
				Left:  1,
			},
		},
		{
			name:  "enrol-code-late",
			guest: true,
			page: page.EnrolCode{
				Token: "t0k3n",
				Words: []string{"nightingale", "acorn", "watermelon"},
				Fault: page.CodeLate,
			},
		},
		{
			name:  "enrol-code-ended",
			guest: true,
			page: page.EnrolCode{
				Token: "t0k3n",
				Words: []string{"nightingale", "acorn", "watermelon"},
				Fault: page.CodeEnded,
			},
		},
		{name: "enrol-passkey", guest: true, page: page.EnrolPasskey{Token: "t0k3n", Ends: now.Add(20 * time.Minute)}},
		{name: "push-try", page: page.TryPush{Setup: true, Again: true}},
		{name: "push-works", page: page.TryPush{Works: true}},
		{
			name: "device-untried",
			page: device(func(d *page.Device) { d.Push.State, d.Push.LastOpened, d.Sent = page.PushUntried, time.Time{}, true }),
		},
		{name: "enrol-notifications", page: page.Notifications{Setup: true}},
		{name: "enrol-notifications-ios", page: page.Notifications{Setup: true, IOS: true, AppOnly: true}},
		{name: "notifications", page: page.Notifications{}},
		{name: "link-used", guest: true, page: page.LinkEnded{Why: page.LinkUsed}},
		{name: "link-expired", guest: true, page: page.LinkEnded{Why: page.LinkExpired}},
		{name: "link-unknown", guest: true, page: page.LinkEnded{Why: page.LinkUnknown}},
		{name: "sign-in", guest: true, page: page.SignIn{}},
		{name: "sign-in-notice", guest: true, page: page.SignIn{Invite: "t0k3n", Notice: f.Words.Error("signed_out")}},
		{name: "problem-internal", page: page.ProblemOf(f, app.Internal, "", "b3c0ffee1234")},
		{name: "problem-not-found", page: page.ProblemOf(f, app.NotFound, "", "")},
		{name: "problem-not-yours", page: page.ProblemOf(f, app.NotFound, app.ErrUnknownRequest.Code, "")},
		{name: "problem-suspended", guest: true, page: page.ProblemOf(f, app.Forbidden, app.ErrSuspended.Code, "")},
		{name: "problem-signed-out", guest: true, page: page.ProblemOf(f, app.Unauthorized, app.ErrSignedOut.Code, "")},
		{name: "problem-unavailable", page: page.ProblemOf(f, app.Unavailable, app.ErrACPUnreachable.Code, "")},
		{name: "problem-refused", page: page.ProblemOf(f, app.Conflict, app.ErrNotPending.Code, "")},
		{name: "offline", guest: true, offline: true, page: page.Offline(f)},
	}...)
}

func frame(t *testing.T, lang, theme string) view.Frame {
	t.Helper()
	cat, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return view.Frame{
		Words:       cat.Match(lang, ""),
		Institution: "Northmoor",
		Owner:       "Ada Quill",
		Theme:       theme,
		Now:         now,
		VAPIDKey:    "BKey",
		SignedIn:    true,
		PushOn:      true,
		Here:        view.Phone,
	}
}

func render(t *testing.T, f view.Frame, s shown) []byte {
	t.Helper()
	if s.guest {
		f.Owner, f.SignedIn, f.VAPIDKey = "", false, ""
	}
	var b bytes.Buffer
	if err := s.page.Page(f).Render(t.Context(), &b); err != nil {
		t.Fatalf("%s: %v", s.name, err)
	}
	return b.Bytes()
}

// Every page renders in both languages and is well made.
func TestGallery(t *testing.T) {
	for _, lang := range i18n.Tags {
		t.Run(lang, func(t *testing.T) {
			f := frame(t, lang, "")
			for _, s := range gallery(f) {
				viewtest.Page(t, s.name, lang, render(t, f, s))
			}
		})
	}
}

// changed are changes of every kind, the newest first.
func changed(now time.Time) []page.Change {
	return []page.Change{
		{Action: "push_move", Device: "Pixel 9", By: "Pixel 9", At: now.Add(-4 * time.Minute)},
		{Action: "client_mute", Device: "Pixel 9", By: "Pixel 9", Client: "Shoply", At: now.Add(-50 * time.Minute)},
		{
			Action: "device_rename",
			Device: "Ada's iPad with a rather long name that somebody gave it",
			By:     "Pixel 9",
			At:     now.Add(-26 * time.Hour),
		},
		{Action: "push_choice", Device: "Firefox on Windows", By: "Firefox on Windows", At: now.AddDate(0, 0, -3)},
		{Action: "device_sign_out", At: now.AddDate(0, 0, -20)},
		{Action: "device_remove", Device: "Pixel 6", At: now.AddDate(0, 0, -21)},
	}
}

// another is a second request of the same requester with that message.
func another(f view.Frame, message string) func(*page.Request) {
	return func(p *page.Request) {
		p.Others = []page.Waiting{{
			ID:       "r2",
			Text:     bare(f, slip.Client{Name: p.Text.Requester.Name}, "M3X-9QA", message),
			Started:  started.Add(-3 * time.Minute),
			Deadline: deadline,
		}}
	}
}
