package page_test

import (
	"time"

	"assent/app"
	"assent/store"
	"assent/web/admin/page"
)

// peoplePages are the pages of the people section in their states.
func peoplePages(f page.Frame) []shown {
	const path = "/admin/people"
	all := page.MayPerson{Edit: true, Invite: true, Code: true, Suspend: true, Remove: true, Clear: true, Devices: true, Test: true, Audit: true}
	list := []page.PersonRow{
		{ID: "p1", Name: "Ada Quill", Identifiers: []string{"ada.quill", "ada@quill.example"}, Standing: app.StandingReady, State: app.PersonActive, Devices: 2},
		{ID: "p2", Name: "Ana Lúcia de Souza Albuquerque Cavalcanti", Identifiers: []string{"ana.lucia.de.souza.albuquerque@northmoor.example", "+55 11 91234-5678", "123.456.789-09"}, Standing: app.StandingBare, State: app.PersonActive, InvitedUntil: now.Add(20 * time.Hour)},
		{ID: "p3", Name: "نور الدين", Identifiers: []string{"nur"}, Standing: app.StandingUnheard, State: app.PersonActive, Devices: 1},
		{ID: "p4", Name: "Zoë de la Cruz", Identifiers: []string{"zoe"}, Standing: app.StandingReady, State: app.PersonActive, Paused: app.PausePayments, Devices: 1},
		{ID: "p5", Name: "Ben Gone", Identifiers: []string{"ben"}, Standing: app.StandingBare, State: app.PersonSuspended},
	}
	ada := page.Person{ID: "p1", Name: "Ada Quill", State: app.PersonActive, Standing: app.StandingReady, Added: now.AddDate(-1, 0, 0), InvitedUntil: now.Add(20 * time.Hour), Lang: "en-GB", Zone: "Europe/London",
		Identifiers: []app.Identifier{{Kind: app.Username, Value: "ada.quill"}, {Kind: app.Email, Value: "ada@quill.example"}, {Kind: app.CPF, Value: "123.456.789-09"}}, Companies: []string{"12345678000195"},
		Devices: []page.PersonDevice{{ID: "d1", Name: "Pixel 9", State: app.DeviceActive, Push: true, Proven: true, Synced: true, Seen: now, Reached: now.Add(-time.Hour), Opened: now.Add(-time.Hour)},
			{ID: "d2", Name: "Ada's iPad with a rather long name that somebody gave it", State: app.DeviceActive, Push: true, Seen: now.AddDate(0, -1, 0), Error: "429 Too Many Requests"}},
		Requests: asked[:2], Accounts: []page.Account{{Name: "Current account", Number: "••3344", Kind: "account"}, {Name: "Savings", Number: "••7788", Why: "Savings accounts can't pay", Joint: true}, {Name: "Oficina", Number: "••1112", Company: "12.345.678/0001-95"}},
		Trail: []page.Event{{At: now, Action: "request.approve", Device: "Pixel 9"}, {At: now.AddDate(0, 0, -1), Action: "device.add", Device: "Pixel 9"}, {At: now.AddDate(-1, 0, 0), Action: "person.add", Actor: app.ActorAdmin}}, May: all, Note: f.Words.T("admin.people.edited_now")}
	masked := page.Person{ID: "p4", Name: "Z••• d••• l••• C•••", State: app.PersonActive, Standing: app.StandingReady, Paused: now.Add(-time.Hour), Pause: app.PausePayments, Added: now, Masked: true, InvitedUntil: now.Add(time.Hour),
		Trail:       []page.Event{{At: now, Action: "invitation.make", Actor: app.ActorAdmin}, {At: now.AddDate(0, 0, -1), Action: "person.add", Actor: app.ActorOperator}},
		Identifiers: []app.Identifier{{Kind: app.Email, Value: "z•••@example.com"}}, May: page.MayPerson{Invite: true, Code: true, Clear: true}, Fault: f.Words.T("admin.people.no_link"), Hand: page.HandColleague}
	return []shown{
		{name: "people", path: path, page: page.People{List: list, Add: true, More: path + "?after=x", Which: store.Everybody}},
		{name: "people-none", path: path, page: page.People{Query: "xyzzy", Which: store.Invited, Gone: true}},
		{name: "people-none-whole", path: path, role: app.RoleHelpDesk, page: page.People{Query: "ada", Whole: true}},
		{name: "people-masked", path: path, role: app.RoleHelpDesk, page: page.People{Whole: true, List: []page.PersonRow{{ID: "p1", Name: "A••• Q•••", Identifiers: []string{"a•••@quill.example", "***.456.789-**", "ad•••l"}, Standing: app.StandingReady, State: app.PersonActive, Devices: 2}}}},
		{name: "person", path: path + "/p1", page: ada},
		{name: "person-added", path: path + "/p7", page: page.Person{ID: "p7", Name: "Nina Novak", State: app.PersonActive, Standing: app.StandingBare, Added: now, Identifiers: []app.Identifier{{Kind: app.Username, Value: "nina.novak"}},
			Trail: []page.Event{{At: now, Action: "person.add", Actor: app.ActorAdmin}}, May: all, Note: f.Words.T("admin.people.added_now")}},
		{name: "person-invited", path: path + "/p2", page: page.Person{ID: "p2", Name: "Ana Lúcia de Souza Albuquerque Cavalcanti", State: app.PersonActive, Standing: app.StandingBare, Added: now, InvitedUntil: now.Add(20 * time.Hour), May: all, Words: "acorn badger", WordFault: f.Words.T("admin.code.fault")}},
		{name: "person-reset", path: path + "/p1", page: page.RemoveDevices{PersonID: "p1", Person: "Ada Quill"}},
		{name: "person-remove-device", path: path + "/p1", page: page.RemoveDevices{PersonID: "p1", Person: "Ada Quill", DeviceID: "d1", Device: "Ada's iPad with a rather long name that somebody gave it"}},
		{name: "person-masked", path: path + "/p4", role: app.RoleHelpDesk, page: masked},
		{name: "person-attacked", path: path + "/p8", page: page.Person{ID: "p8", Name: "Nina Novak", State: app.PersonActive, Standing: app.StandingReady, Added: now, May: all,
			Attacked: now.Add(-2 * time.Minute), Attack: app.AttackFlood}},
		{name: "person-suspended", path: path + "/p5", page: page.Person{ID: "p5", Name: "Ben Gone", State: app.PersonSuspended, Standing: app.StandingBare, Added: now, May: all}},
		{name: "person-erased", path: path + "/p6", page: page.Person{ID: "ZUTU4AP3N45G2Y2HCMR5PR2F2P", Name: f.Words.T("admin.people.erased"), State: app.PersonSuspended, Erased: now, Added: now.AddDate(-2, 0, 0), May: all}},
		{name: "person-new", path: path + "/new", page: page.PersonForm{}},
		{name: "person-edit-fault", path: path + "/p1/edit", page: page.PersonForm{ID: "p1", Name: "Ada Quill", Identifiers: "cpf:123\n", Fault: f.Words.T("admin.people.id_fault_of", "value", "cpf:123")}},
		{name: "person-poses", path: path + "/new", page: page.PersonForm{Name: "Ada Quill", Identifiers: "customer:ada@quill.example\n", Fault: f.Words.T("admin.people.poses_fault",
			"value", "customer:ada@quill.example", "as", f.Words.T("admin.people.poses_email"))}},
		{name: "person-moves", path: path + "/p1/edit", page: page.PersonForm{ID: "p1", Name: "Ada Quill", Identifiers: "email:bob@quill.example\n", Moves: true,
			Fault: f.Words.T("admin.people.moves_fault", "value", "email:bob@quill.example")}},
		{name: "person-moving", path: path + "/p7", page: page.Person{ID: "p7", Name: "Nina Novak", State: app.PersonActive, Standing: app.StandingBare, Added: now, May: all,
			Identifiers: []app.Identifier{{Kind: app.Email, Value: "nina@quill.example"}}, Moving: map[app.Identifier]time.Time{{Kind: app.Email, Value: "nina@quill.example"}: now.Add(70 * time.Hour)}}},
		{name: "people-mistakable", path: path + "/mistakable", page: page.Mistakable{List: []page.MistakableRow{
			{PersonID: "p1", Person: "Ada Quill", Identifier: app.Identifier{Kind: app.Username, Value: "12345678909"}, PosesAs: app.CPF},
			{PersonID: "p2", Person: "Ana Lúcia de Souza Albuquerque Cavalcanti", Identifier: app.Identifier{Kind: app.Customer, Value: "ana.lucia.de.souza.albuquerque@northmoor.example"}, PosesAs: app.Email},
			{PersonID: "p1", Person: "Ada Quill", Identifier: app.Identifier{Kind: app.Username, Value: "12345678909"}, OtherID: "p3", OtherPerson: "نور الدين", Other: app.Identifier{Kind: app.CPF, Value: "123.456.789-09"}},
		}}},
		{name: "people-mistakable-none", path: path + "/mistakable", page: page.Mistakable{}},
		{name: "person-erase", path: path + "/p1/remove", page: page.ErasePerson{ID: "p1", Name: "Ada Quill"}},
		{name: "person-link", path: path + "/p1", page: page.PersonLink{ID: "p1", Name: "Ada Quill", URL: "https://approve.northmoor.example/enrol/jzX0Yq3mB8m1sTq0o5Yw1oHcVJd2mVYkqvJtM0c2C9E", Ends: now.Add(24 * time.Hour), Codes: true, Hand: page.HandColleague}},
		{name: "person-link-alone", path: path + "/p1", page: page.PersonLink{ID: "p1", Name: "Ada Quill", Ends: now.Add(24 * time.Hour), Codes: true, Hand: page.HandAlone,
			URL: "https://approve.northmoor.example/enrol/jzX0Yq3mB8m1sTq0o5Yw1oHcVJd2mVYkqvJtM0c2C9E"}},
		{name: "person-code-alone", path: path + "/p1", page: page.PersonCode{ID: "p1", Name: "Ada Quill", Digits: "4821 7730", Ends: now.Add(15 * time.Minute), Alone: true}},
		{name: "person-letter", path: path + "/p1", page: page.PersonLink{ID: "p1", Name: "Ada Quill", URL: "https://approve.northmoor.example/enrol/jzX0Yq3mB8m1sTq0o5Yw1oHcVJd2mVYkqvJtM0c2C9E", Ends: now.AddDate(0, 0, 30), Codes: true, Letter: true, Dear: "Ada Quill"}},
		{name: "person-letter-masked", path: path + "/p1", role: app.RoleHelpDesk, page: page.PersonLink{ID: "p1", Name: "A••• Q•••", URL: "https://approve.northmoor.example/enrol/jzX0Yq3mB8m1sTq0o5Yw1oHcVJd2mVYkqvJtM0c2C9E", Ends: now.AddDate(0, 0, 30), Codes: true, Letter: true}},
		{name: "person-code", path: path + "/p1", page: page.PersonCode{ID: "p1", Name: "Ada Quill", Digits: "4821 7730", Ends: now.Add(15 * time.Minute)}},
	}
}
