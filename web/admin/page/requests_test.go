package page_test

import (
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/slip"
	"assent/web/admin/page"
	"assent/web/view"
	"assent/web/view/viewtest"
)

var asked = []page.RequestRow{
	{
		ID:      "r1",
		Ref:     "7Q4-KM2",
		Client:  "Financroo Ltd",
		Person:  "Ada Quill",
		Kind:    "uk-domestic-payment",
		State:   app.Pending,
		Created: now.Add(-40 * time.Second),
		Ends:    now.Add(80 * time.Second),
	},
	{
		ID:       "r2",
		Ref:      "K1C-40Z",
		Client:   "The Worshipful Company of Exceedingly Long Financial Service Names",
		Person:   "Ana Lúcia de Souza Albuquerque Cavalcanti",
		Kind:     "br-data",
		State:    app.Approved,
		Delivery: app.DeliveryDelivered,
		Created:  now.Add(-3 * time.Hour),
	},
	{
		ID:       "r3",
		Ref:      "M3X-9QA",
		Client:   "بنك النور",
		Person:   "نور الدين",
		Kind:     app.KindRegular,
		State:    app.Denied,
		Reason:   app.ReasonReported,
		Delivery: app.DeliveryDelivered,
		Created:  now.AddDate(0, 0, -1),
	},
	{
		ID:       "r4",
		Ref:      "ZZ9-1AB",
		Client:   "Plum Books",
		Person:   "Zoë de la Cruz",
		Kind:     app.KindRegular,
		State:    app.Approved,
		Delivery: app.DeliveryFailed,
		Created:  now.AddDate(0, 0, -2),
	},
	{
		ID:       "r5",
		Ref:      "T3S-T01",
		Client:   "Northmoor",
		Person:   "Ada Quill",
		Kind:     app.KindTest,
		State:    app.Expired,
		Delivery: app.DeliveryNone,
		Created:  now.AddDate(0, 0, -9),
	},
}

var auditRows = []page.AuditRow{
	{
		ID: 9,
		Event: page.Event{
			At:     now,
			Action: "device.add",
			Actor:  app.ActorGuest,
			Source: "192.0.2.7",
			Detail: map[string]string{"platform": "android"},
		},
		PersonID: "p1",
		Person:   "Ada Quill",
	},
	{
		ID: 8,
		Event: page.Event{
			At:     now.Add(-time.Minute),
			Action: "activation.wrong",
			Actor:  app.ActorGuest,
			Source: "2001:db8:85a3::8a2e:370:7334",
			Detail: map[string]string{"left": "4"},
		},
		PersonID: "p1",
		Person:   "Ada Quill",
	},
	{
		ID: 7,
		Event: page.Event{
			At:     now.Add(-time.Hour),
			Action: "admin.refused",
			Actor:  app.ActorAdmin,
			Source: "192.0.2.9",
			Detail: map[string]string{"permission": "suspend_people", "role": "helpdesk"},
		},
		ActorID:   "a3",
		ActorName: "Helen Hart",
	},
	{
		ID: 6,
		Event: page.Event{
			At:     now.AddDate(0, 0, -3),
			Action: "request.approve",
			Actor:  app.ActorDevice,
			Source: "198.51.100.20",
		},
		PersonID:  "ZUTU4AP3N45G2Y2HCMR5PR2F2P",
		RequestID: "r4",
	},
	{
		ID: 5,
		Event: page.Event{
			At:     now.AddDate(0, -3, 0),
			Action: "something.new",
			Actor:  app.ActorSystem,
			Detail: map[string]string{"cause": "a cause that somebody wrote at length, with a comma, and more"},
		},
		ActorID: "assent",
	},
}

var clerks = []page.DayAdmin{{ID: "a3", Name: "Helen Hart", Email: "helen@northmoor.example"},
	{ID: "a1", Name: "Olive Owen", Email: "olive@northmoor.example"}}

// dayRows are what an administrator looked at and did.
var dayRows = []page.DayRow{
	{
		AuditRow: page.AuditRow{
			ID:       14,
			Event:    page.Event{At: now, Action: "person.clear", Actor: app.ActorAdmin, Source: "192.0.2.9"},
			ActorID:  "a3",
			PersonID: "p1",
			Person:   "Ada Quill",
		},
	},
	{
		AuditRow: page.AuditRow{
			ID: 13,
			Event: page.Event{
				At:     now.Add(-time.Minute),
				Action: "look.request",
				Actor:  app.ActorAdmin,
				Source: "192.0.2.9",
			},
			ActorID:   "a3",
			PersonID:  "p1",
			Person:    "Ada Quill",
			RequestID: "r4",
		},
		Times: 2,
	},
	{
		AuditRow: page.AuditRow{
			ID: 12,
			Event: page.Event{
				At:     now.Add(-2 * time.Minute),
				Action: "look.person",
				Actor:  app.ActorAdmin,
				Source: "192.0.2.9",
			},
			ActorID:  "a3",
			PersonID: "p1",
			Person:   "Ada Quill",
		},
		Times: 38,
	},
	{
		AuditRow: page.AuditRow{
			ID: 11,
			Event: page.Event{
				At:     now.Add(-3 * time.Minute),
				Action: "look.search",
				Actor:  app.ActorAdmin,
				Source: "192.0.2.9",
				Detail: map[string]string{"hash": "0123456789abcdef0123456789abcdef", "hits": "50+"},
			},
			ActorID: "a3",
		},
		Times: 2,
	},
	{
		AuditRow: page.AuditRow{
			ID: 10,
			Event: page.Event{
				At:     now.Add(-4 * time.Minute),
				Action: "look.list",
				Actor:  app.ActorAdmin,
				Source: "192.0.2.9",
				Detail: map[string]string{"list": "people"},
			},
			ActorID: "a3",
		},
		Times: 1,
	},
	{
		AuditRow: page.AuditRow{
			ID: 9,
			Event: page.Event{
				At:     now.Add(-5 * time.Minute),
				Action: "admin.sign_in",
				Actor:  app.ActorAdmin,
				Source: "192.0.2.9",
				Detail: map[string]string{"admin": "a3"},
			},
			ActorID: "a3",
		},
	},
}

// step is a step of a trace, so many milliseconds after its beginning.
func step(ms int, action, device string, detail map[string]string) page.Event {
	return page.Event{
		At:     now.Add(time.Duration(ms+118) * time.Millisecond),
		Action: action,
		Device: device,
		Detail: detail,
	}
}

// requestPages are the pages of the requests section in their states.
func requestPages(f page.Frame) []shown {
	const path = "/admin/requests"
	const digest = "9f2c71d0aa5df4aa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08c55ad01"
	consented := &slip.Text{
		Lang:      "pt-BR",
		Kind:      "Compartilhamento",
		Requester: slip.Requester{Name: "Fintech Ribeira", Host: "ribeira.example"},
		Verb:      "quer ver",
		Headline:  "seus dados de cadastro, contas e cartões",
		Under:     []string{"em nome de Padaria São João Ltda"},
		Sentence:  "Ao aprovar, você permite a consulta até 22/05/2027.",
		Groups: []slip.Group{{
			Label: "Dados cadastrais",
			Items: []slip.Item{{Title: "Cadastro PF", Lines: []string{"Nome, CPF e endereço"}},
				{Title: "Qualificação", LeftOut: true}},
		},
			{Label: "Contas", Items: []slip.Item{{Title: "Saldos e limites"}}}},
		Choice: &slip.Choice{
			Label: "Contas",
			Many:  true,
			Accounts: []slip.Account{{Name: "Conta-corrente", Number: "0001 56789-0"},
				{Name: "Poupança", Number: "0001 99887-1", LeftOut: true}},
		},
		Details: []slip.Box{{Label: "Id do consentimento", Value: "urn:banco:C1DD33123456789012345678901234"}},
	}
	signIn := &slip.Text{
		Lang:      "en-GB",
		Kind:      "Sign-in",
		Requester: slip.Requester{Name: "بنك النور"},
		Verb:      "asks you to sign in and shows you",
		Message:   &slip.Message{Label: "Check it", Text: "K7-PLUM"},
		Sentence:  "If you approve, you are signed in where you see this message, not on this phone.",
	}
	saw := &slip.Text{
		Lang:      "en-GB",
		Requester: slip.Requester{Name: "Financroo Ltd", Host: "financroo.example"},
		Verb:      "asks you to pay",
		Amount:    "£1,234.50",
		Payee:     "to Ms Ada Quill",
		Message:   &slip.Message{Label: "A message from the requester", Text: "K7-PLUM"},
		Boxes: []slip.Box{{Label: "Sort code", Value: "20-32-56"}, {Label: "Account number", Value: "98765432"},
			{Label: "Reference", Value: "INV-7781"}},
		Choice: &slip.Choice{
			Label:    "Paid from",
			Accounts: []slip.Account{{Name: "Current account", Number: "20-45-14 ••3344"}},
		},
		Sentence: "If you approve, Northmoor pays £1,234.50 today.",
	}
	trail := []page.Event{step(0, "request.start", "", nil),
		step(787, "push.accepted", "Pixel 9", map[string]string{"answer": "sent by fcm.googleapis.com (201)"}),
		step(1_204, "push.refused", "Ada's iPad",
			map[string]string{"answer": "retry by web.push.apple.com (429): the push service asks to wait for 30 s"}),
		step(21_604, "push.opened", "Pixel 9", nil), step(21_950, "request.open", "Pixel 9", nil),
		step(41_238, "request.approve", "Pixel 9", nil),
		step(41_272, "delivery.try", "", map[string]string{"cause": "acp_busy_503"}),
		step(105_400, "delivery.failed", "", map[string]string{"cause": "login_gone"}),
		step(86_400_000, "delivery.retry", "", nil)}
	failed := asked[3]
	failed.Ends = failed.Created.Add(2 * time.Minute)
	one := page.OneRequest{
		RequestRow: failed,
		PersonID:   "p1",
		Connection: "acp",
		Server:     "shop",
		ClientID:   "d9de35e3bcb44d96ba5bca98058e993c",
		Login:      "0193a5c2-11aa-7bbb-8ccc-0123456789ab",
		Cause:      app.CauseLoginGone,
		Unsure:     true,
		Said:       "not_found, the login of ada@example.com has ended",
		Tries:      2,
		Saw:        saw,
		Signed:     true,
		Digest:     digest,
		Decided:    now.Add(41 * time.Second),
		Trail:      trail,
		Receipt:    true,
		Retry:      true,
	}
	waiting := page.OneRequest{
		RequestRow: asked[0],
		PersonID:   "p1",
		Connection: "acp",
		Server:     "openbanking",
		ClientID:   "till",
		Login:      "x",
		Trail:      trail[:2],
		Cancel:     true,
		Note:       f.Words.T("admin.requests.sent_now"),
	}
	masked := page.OneRequest{
		RequestRow: asked[1],
		PersonID:   "p1",
		Connection: "acp",
		Masked:     true,
		Trail:      append(trail[:6:6], step(41_276, "delivery.delivered", "", nil)),
		Fault:      f.Words.Error(app.ErrNotPending.Code),
	}
	masked.Person = view.MaskName("Ana Lúcia Souza")
	approved := page.OneRequest{
		RequestRow: asked[1],
		PersonID:   "p1",
		Connection: "acp",
		Server:     "openbanking",
		ClientID:   "till",
		Login:      "x",
		Saw:        consented,
		Signed:     true,
		Digest:     digest,
		Decided:    now.Add(41 * time.Second),
		Receipt:    true,
		Trail: []page.Event{step(0, "request.start", "", nil),
			step(45, "request.recognise", "", map[string]string{"kind": "br-data"}),
			step(843, "push.accepted", "Pixel 9", map[string]string{"answer": "sent by fcm.googleapis.com (201)"}),
			step(21_289, "push.opened", "Pixel 9", nil), step(21_420, "request.open", "Pixel 9", nil),
			step(41_238, "request.approve", "Pixel 9", nil), step(41_276, "delivery.delivered", "", nil)},
	}
	denied := page.OneRequest{
		RequestRow: asked[2],
		PersonID:   "p1",
		Connection: "acp",
		Saw:        signIn,
		Decided:    now.Add(71 * time.Second),
		Trail: []page.Event{step(0, "request.start", "", nil), step(64_000, "request.open", "iPhone", nil),
			step(71_050, "request.deny", "iPhone", map[string]string{"reason": "reported"}),
			step(71_090, "delivery.delivered", "", nil)},
	}
	expired := page.OneRequest{
		RequestRow: asked[4],
		PersonID:   "p1",
		Trail: []page.Event{step(0, "request.test", "Pixel 9", nil),
			step(640, "push.accepted", "Pixel 9", map[string]string{"answer": "sent by fcm.googleapis.com (201)"}),
			step(120_000, "request.expire", "", nil)},
	}
	taken := func(r page.RequestRow, as app.Withdrawal, steps ...page.Event) page.OneRequest {
		r.State, r.Reason, r.Withdrawal = app.Cancelled, app.ReasonSuspended, as
		return page.OneRequest{
			RequestRow: r,
			PersonID:   "p1",
			Connection: "acp",
			Server:     "openbanking",
			Login:      "0193a5c2-11aa-7bbb-8ccc-0123456789ab",
			Consent:    "cns-77 1/x",
			Saw:        saw,
			Signed:     true,
			Digest:     digest,
			Decided:    now,
			Resolve:    as.InDoubt(),
			Retry:      as == app.Unclear,
			Trail: append(append(trail[:7:7],
				step(50_000, "request.withdraw", "", map[string]string{"reason": "suspended"})),
				steps...),
		}
	}
	held := taken(asked[3], app.ACPHolds,
		step(50_090, "delivery.held", "", map[string]string{"cause": "opposite_decision"}))
	dealt := taken(asked[3], app.ACPHolds, step(50_090, "delivery.held", "", nil),
		step(90_090, "delivery.resolve", "", nil))
	dealt.Resolve, dealt.Resolved = false, true
	return []shown{
		{name: "request-withdrawing", path: path + "/r1", page: taken(asked[0], app.Withdrawing)},
		{
			name: "request-withdrawn",
			path: path + "/r1",
			page: taken(asked[0], app.Withdrawn, step(50_090, "delivery.withdrawn", "", nil)),
		},
		{
			name: "request-unclear",
			path: path + "/r1",
			page: taken(asked[0], app.Unclear,
				step(50_090, "delivery.unclear", "", map[string]string{"cause": "login_closed"})),
		},
		{name: "request-held", path: path + "/r4", page: held},
		{name: "request-dealt-with", path: path + "/r4", page: dealt},
		{name: "request-withdraw", path: path + "/r4/cancel", page: page.Withdraw{RequestRow: asked[3]}},
		{
			name: "request-withdraw-unsure",
			path: path + "/r1/cancel",
			page: page.Withdraw{RequestRow: asked[0], Unsure: true},
		},
		{
			name: "requests-in-doubt",
			path: path,
			page: page.Requests{InDoubt: true, List: []page.RequestRow{held.RequestRow}},
		},
		{name: "request-approved", path: path + "/r2", page: approved},
		{name: "request-denied", path: path + "/r3", page: denied},
		{name: "request-expired", path: path + "/r5", page: expired},
		{name: "requests", path: path, page: page.Requests{List: asked, Older: path + "?after=x"}},
		{name: "requests-ending", path: path, page: page.Requests{State: app.Denied, List: asked[2:3], Ending: true}},
		{name: "requests-none", path: path, page: page.Requests{Delivery: app.DeliveryFailed, Client: "till"}},
		{name: "request-failed", path: path + "/r4", page: one},
		{name: "request-waiting", path: path + "/r1", page: waiting},
		{
			name: "audit",
			path: "/admin/audit",
			page: page.Audit{List: auditRows, Export: true, Action: "device.", Older: "/admin/audit?after=x"},
		},
		{
			name: "audit-none",
			path: "/admin/audit",
			page: page.Audit{Since: "tomorrow", Fault: f.Words.T("admin.audit.bad_time"), Person: "p"},
		},
		{
			name: "audit-chain",
			path: "/admin/audit/chain",
			page: page.Chain{
				Rows:      48213,
				Head:      "48213:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
				HeadFound: true,
				Asked:     "48000:9f86",
			},
		},
		{
			name: "audit-broken",
			path: "/admin/audit/chain",
			page: page.Chain{
				Rows:    1201,
				Head:    "1201:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
				Finding: "row 1202 of 2026-11-20 11:02:07.120 UTC was altered: its hash doesn't fit",
			},
		},
		{
			name: "day",
			path: "/admin/audit/day",
			page: page.Day{
				Admins:   clerks,
				Admin:    "a3",
				Name:     "Helen Hart",
				Day:      "2026-11-20",
				SignIns:  1,
				Looks:    41,
				Searches: 2,
				Changes:  1,
				List:     dayRows,
				Older:    "/admin/audit/day?after=x",
			},
		},
		{name: "day-choose", path: "/admin/audit/day", page: page.Day{Admins: clerks, Day: "2026-11-20"}},
		{
			name: "day-none",
			path: "/admin/audit/day",
			page: page.Day{Admins: clerks, Admin: "a3", Name: "Helen Hart", Day: "2026-11-20"},
		},
		{
			name: "day-fault",
			path: "/admin/audit/day",
			page: page.Day{Admins: clerks, Day: "yesterday", Fault: f.Words.T("admin.audit.bad_time")},
		},
		{name: "request-masked", path: path + "/r2", role: app.RoleHelpDesk, page: masked},
	}
}

// What was left out of an approval stands as that beside what was given.
func TestTheTraceSaysWhatWasLeftOut(t *testing.T) {
	f := frame(t, "en-GB")
	for _, s := range requestPages(f) {
		if s.name != "request-approved" {
			continue
		}
		doc := viewtest.Page(t, s.name, "en-GB", render(t, f, s))
		if got := doc.Find(`[data-testid="left-out"]`).Parent().Text(); !strings.HasPrefix(strings.TrimSpace(got),
			"Qualificação") ||
			doc.Find(`[data-testid="left-out"]`).Length() != 1 {
			t.Errorf("left out: %q", got)
		}
		if got := doc.Find(`[data-testid="saw"]`).Text(); !strings.Contains(got, "Poupança 0001 99887-1 · left out") ||
			strings.Contains(got, "56789-0 · left out") {
			t.Errorf("the accounts: %s", got)
		}
	}
}
