package store_test

import (
	"testing"
	"time"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// lead is how far the clock of these tests ran ahead.
const lead = 24 * time.Hour

// underAClockAhead does something under a clock that runs ahead by lead, and
// goes on with the right one in a new process. By then nothing is mended.
func underAClockAhead(db *storetest.DB, do func()) {
	db.T.Helper()
	db.Clock.Leap(lead)
	db.Reopen()
	do()
	db.Clock.Leap(-lead)
	db.Reopen()
}

func endDue(t *testing.T, db *storetest.DB) {
	t.Helper()
	if err := db.EndDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func none(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func count(t *testing.T, db *storetest.DB, from string, args ...any) (n int) {
	t.Helper()
	peek(t, db, &n, `SELECT count(*) FROM `+from, args...)
	return n
}

func approve(t *testing.T, db *storetest.DB, r app.Request, dev app.Device, pays *app.Payment) {
	t.Helper()
	none(t, db.Shown(t.Context(), storetest.On(dev), r.ID, "{}", "seen", ""))
	none(t,
		db.Approve(t.Context(), storetest.On(dev), r.ID, app.Approval{Digest: "seen", Granted: "{}", Receipt: "proof",
			At: db.Now(), CredentialID: dev.CredentialID, Payment: pays}))
}

// A suspension that is lifted again takes back what was approved before it, and
// only that, whichever of them was under a clock that ran ahead.
func TestASuspensionTakesBackWhatWasApprovedBeforeItUnderAnyClock(t *testing.T) {
	for name, suspend := range map[string]func(*storetest.DB, app.Person, app.Device){
		"nothing": func(*storetest.DB, app.Person, app.Device) {},
		"person": func(db *storetest.DB, p app.Person, _ app.Device) {
			none(t, db.SetPersonState(t.Context(), app.Operator, p.ID, app.PersonSuspended))
			none(t, db.SetPersonState(t.Context(), app.Operator, p.ID, app.PersonActive))
		},
		"device": func(db *storetest.DB, _ app.Person, d app.Device) {
			none(t, db.SetDeviceState(t.Context(), app.Operator, d.ID, app.DeviceSuspended))
			none(t, db.SetDeviceState(t.Context(), app.Operator, d.ID, app.DeviceActive))
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := storetest.New(t)
			alice := db.MustPerson("alice")
			dev := db.MustDevice(alice)
			db.MustDevice(alice) // one is left while the other is suspended
			stands := func(r app.Request, want bool) {
				t.Helper()
				got, ok, err := db.BeginDelivery(t.Context(), r.ID)
				if err != nil || !ok || (got.State == app.Approved) != want {
					t.Errorf("%s (%s), to be told %v, %v; approved is %v", got.State, got.Reason, ok, err, want)
				}
			}
			var before app.Request
			underAClockAhead(db, func() {
				before = db.MustRequest(alice)
				approve(t, db, before, dev, nil)
			})
			endDue(t, db)
			db.Clock.Advance(time.Minute)
			suspend(db, alice, dev)
			db.Clock.Advance(time.Minute)
			stands(before, name == "nothing")

			underAClockAhead(db, func() { suspend(db, alice, dev) })
			endDue(t, db)
			db.Clock.Advance(time.Minute)
			after := db.MustRequest(alice)
			approve(t, db, after, dev, nil)
			stands(after, true)
		})
	}
}

// What a clock that ran ahead wrote as past is past once the clock is right.
func TestTimesOfAClockAheadBecomeNow(t *testing.T) {
	db := storetest.New(t)
	alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
	dev, other := db.MustDevice(alice), db.MustDevice(bob)
	var late app.Device
	underAClockAhead(db, func() {
		none(t, db.Deny(t.Context(), storetest.On(dev), db.MustRequest(alice).ID, app.ReasonReported))
		late = db.MustDevice(alice)
		if _, err := db.EditPerson(t.Context(), app.Operator, bob.ID, "bob", nil, nil); err != nil {
			t.Fatal(err)
		}
		none(t, db.SetPersonState(t.Context(), app.Operator, bob.ID, app.PersonSuspended))
		none(t, db.SetDeviceState(t.Context(), app.Operator, other.ID, app.DeviceSuspended))
		db.Tamper(`UPDATE devices SET approver_since = created_at WHERE id = ?`, late.ID)
		db.Tamper(`INSERT INTO attackers (person_id, client_id, at) VALUES (?, 'till', ?)`, alice.ID, db.Now())
		db.Tamper(`INSERT INTO endings (person_id, one_client, client_id, upto, state, reason, actor_kind, actor_id, source, at, retry_at)
			VALUES (?, 0, '', 0, 'cancelled', 'paused', 'system', '', '', ?, ?)`, alice.ID, db.Now(), db.Now())
		db.Tamper(`INSERT INTO credentials (id, person_id, record, backed_up, backup_elig, created_at)
			VALUES ('alone', ?, '{}', 0, 0, ?)`, alice.ID, db.Now())
	})
	times := []string{"backoffs WHERE denied_at", "persons WHERE attacked_at", "attackers WHERE at",
		"persons WHERE suspended_at",
		"devices WHERE suspended_at", "released_identifiers WHERE released_at", "endings WHERE at",
		"endings WHERE retry_at",
		"devices WHERE created_at", "devices WHERE approver_since", "credentials WHERE id = 'alone' AND created_at",
		"credentials WHERE created_at"}
	for _, of := range times {
		if count(t, db, of+` > ?`, db.Now()) == 0 {
			t.Errorf("no %s is ahead", of)
		}
	}
	endDue(t, db)
	for _, of := range times {
		if n := count(t, db, of+` > ?`, db.Now()); n != 0 {
			t.Errorf("%d %s still ahead", n, of)
		}
	}
	now := db.Now()
	until, err := db.BackOffs(t.Context(), alice.ID)
	if err != nil || until["till"] != now.Add(time.Minute) {
		t.Errorf("the client's notices wait until %v (%v)", until["till"].Time(), err)
	}
	db.Clock.Advance(app.AttackWindow + time.Minute)
	if yes, err := db.Attacked(t.Context(), alice.ID, db.Now().Add(-app.AttackWindow)); yes || err != nil {
		t.Errorf("under attack for longer than an attack counts (%v)", err)
	}
}

// A new device waits for as long as any does, also where a clock that ran ahead
// made it, and its passkey counts as made with it.
func TestADeviceOfAClockAheadIsAsNewAsItsPasskey(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	var made []app.Device
	underAClockAhead(db, func() {
		for range 130 { // more than a step
			made = append(made, db.MustDevice(alice))
		}
	})
	db.Tamper(`CREATE TRIGGER apart BEFORE UPDATE OF created_at ON devices
		WHEN NEW.created_at <> (SELECT created_at FROM credentials WHERE id = NEW.credential_id)
		BEGIN SELECT RAISE(ABORT, 'the device and its passkey are apart'); END`)
	endDue(t, db)
	for _, d := range made {
		got, err := db.Device(t.Context(), d.ID)
		none(t, err)
		key, err := db.Credential(t.Context(), d.CredentialID)
		none(t, err)
		if got.CreatedAt != key.CreatedAt || got.CreatedAt != db.Now() {
			t.Fatalf("the device is of %s, its passkey of %s", got.CreatedAt.Time(), key.CreatedAt.Time())
		}
	}
}

// What lasts does so no longer than it may, whatever the clock was that began it.
func TestEndsOfAClockAheadAreNoFurtherOffThanTheyMay(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	owner, err := db.AddAdmin(t.Context(), app.Operator,
		app.Admin{Email: "o@b.example", EmailNorm: "o@b.example", Name: "O", Role: app.RoleOwner},
		"link", db.Now().Add(time.Hour), store.Separation{})
	none(t, err)
	_, err = db.Invite(t.Context(), app.Operator, alice.ID, "token", db.Now().Add(72*time.Hour))
	none(t, err)
	underAClockAhead(db, func() {
		none(t, db.Mute(t.Context(), storetest.On(dev), "noisy", "Noisy", db.Now().Add(store.MuteTime)))
		none(t,
			db.Sessions().CommitCtx(t.Context(), "token", []byte("x"),
				db.Now().Add(store.SessionTime+24*time.Hour).Time()))
		none(t,
			db.KeepConsentOwner(t.Context(),
				app.ConsentOwner{Connection: "acp", ConsentID: "c", ServerID: "s", Kind: "k",
					CPF: "1", ExpiresAt: db.Now().Add(400 * 24 * time.Hour)}))
		_, err := db.Propose(t.Context(), app.Actor{Kind: app.ActorAdmin, ID: owner.ID},
			app.Proposal{Area: "settings", Action: "x", Subject: "y"})
		none(t, err)
		db.Tamper(`UPDATE devices SET app_until = ? WHERE id = ?`, db.Now().Add(store.AppWindow), dev.ID)
		db.Tamper(`UPDATE invitations SET activation = 'a', activated_until = ? WHERE used_at = 0`,
			db.Now().Add(app.ActivationWindow))
		db.Tamper(`UPDATE admin_links SET activation = 'a', activated_until = ?`, db.Now().Add(app.ActivationWindow))
		db.Tamper(`INSERT INTO imports (id, state, file, size, lang, actor_kind, actor_id, source, created_at, lease, leased_until)
			VALUES ('i', 'uploaded', 'f', 1, 'en-GB', 'operator', '', '', 1, 'gone', ?)`, db.Now().Add(store.LeaseTime))
	})
	now := db.Now()
	ends := map[string]app.Instant{
		"mutes WHERE until":                                now.Add(store.MuteTime),
		"devices WHERE app_until":                          now.Add(store.AppWindow),
		"invitations WHERE activated_until":                now.Add(app.ActivationWindow),
		"admin_links WHERE activated_until":                now.Add(app.ActivationWindow),
		"consent_owners WHERE expires_at":                  now.Add(400 * 24 * time.Hour),
		"sessions WHERE expires_at":                        now.Add(store.SessionTime + 24*time.Hour),
		"imports WHERE leased_until":                       now,
		"proposals WHERE state = 'waiting' AND expires_at": now.Add(app.ProposalTTL),
	}
	for of, most := range ends {
		if count(t, db, of+` > ?`, most) == 0 {
			t.Errorf("no %s is further off", of)
		}
	}
	endDue(t, db)
	for of, most := range ends {
		if n := count(t, db, of+` > ?`, most); n != 0 {
			t.Errorf("%d %s further off than may be", n, of)
		}
	}
	if m, err := db.Mutes(t.Context(), alice.ID); err != nil || len(m) != 1 || m[0].Until != now.Add(store.MuteTime) {
		t.Errorf("muted: %v (%v)", m, err)
	}
	if _, ok, err := db.LeaseImport(t.Context(), "next", store.LeaseTime); !ok || err != nil {
		t.Errorf("the import is not free: %v", err)
	}
}

// What can't be stored as ended keeps nothing else from it.
func TestOneThatCantBeEndedStopsNothingElse(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	none(t,
		db.PutCeremony(t.Context(),
			store.Ceremony{ID: "c", Purpose: "approve", Session: "{}", ExpiresAt: db.Now().Add(time.Minute)}))
	none(t, db.Mute(t.Context(), storetest.On(dev), "noisy", "Noisy", db.Now().Add(time.Minute)))
	underAClockAhead(db, func() {
		none(t, db.Deny(t.Context(), storetest.On(dev), db.MustRequest(alice).ID, app.ReasonReported))
	})
	db.Clock.Advance(time.Hour)
	db.Tamper(`CREATE TRIGGER full BEFORE DELETE ON ceremonies BEGIN SELECT RAISE(ABORT, 'no room'); END`)
	if err := db.EndDue(t.Context()); err == nil {
		t.Error("that the prompt can't be ended isn't told")
	}
	if n := count(t, db, `mutes`) + count(t, db, `persons WHERE attacked_at > ?`, db.Now()); n != 0 {
		t.Errorf("%d of the others were left", n)
	}
	db.Tamper(`DROP TRIGGER full`)
	endDue(t, db)
	if n := count(t, db, `ceremonies`); n != 0 {
		t.Error("the prompt is left")
	}
}

// What is counted as of the last while isn't of a time that is still to come.
func TestWhatIsStillToComeIsNotOfTheLastWhile(t *testing.T) {
	db := storetest.New(t)
	alice := db.MustPerson("alice")
	dev := db.MustDevice(alice)
	refused := func() {
		t.Helper()
		none(t,
			db.PasskeyRefused(t.Context(), app.System,
				store.PasskeyRefusal{PersonID: alice.ID, Detail: map[string]string{"purpose": "sign-in"}}))
	}
	pays := app.Payment{PayeeHash: "p", Currency: "BRL", Amount: "10.00"}
	underAClockAhead(db, func() {
		refused()
		none(t, db.NoticeOpened(t.Context(), storetest.On(dev), ""))
		approve(t, db, db.MustRequest(alice), dev, &pays)
		none(t, db.Seen(t.Context(), dev))
	})
	endDue(t, db)
	refused()
	if n := count(t, db, `audit WHERE action = 'passkey.refuse' AND at = ?`, db.Now()); n != 1 {
		t.Errorf("%d refusals are recorded", n)
	}
	none(t, db.NoticeOpened(t.Context(), storetest.On(dev), ""))
	if n := count(t, db, `audit WHERE action = 'push.opened' AND at = ?`, db.Now()); n != 1 {
		t.Errorf("%d opened notices are recorded", n)
	}
	if paid, err := db.Paid(t.Context(), alice.ID, pays, 90*24*time.Hour); err != nil || len(paid.Amounts) != 0 {
		t.Errorf("compared with %v (%v)", paid.Amounts, err)
	}
	d, err := db.Device(t.Context(), dev.ID)
	none(t, err)
	none(t, db.Seen(t.Context(), d))
	if d, err = db.Device(t.Context(), dev.ID); err != nil || d.LastSeenAt != db.Now() {
		t.Errorf("seen last at %s (%v)", d.LastSeenAt.Time(), err)
	}
	db.Tamper(`UPDATE persons SET attacked_at = ?, attack = 'burst' WHERE id = ?`, db.Now(), alice.ID)
	since := db.Now().Add(-app.AttackWindow)
	if u, err := db.UnderAttack(t.Context(), alice.ID, "till", since, db.Now().Add(-app.KnownFor)); err != nil ||
		!u.Client {
		t.Errorf("a client is known by an approval that is to come (%v)", err)
	}
}

// What was begun under a clock that ran ahead lasts as long as it would have
// under the right one, from now on.
func TestWhatAClockAheadBeganLastsAsLong(t *testing.T) {
	db := storetest.New(t)
	alice, bob := db.MustPerson("alice"), db.MustPerson("bob")
	dev := db.MustDevice(alice)
	var denied, open app.Request
	underAClockAhead(db, func() {
		denied, open = db.MustRequest(alice), db.MustRequest(alice)
		none(t, db.Deny(t.Context(), storetest.On(dev), denied.ID, app.ReasonPerson))
		_, err := db.Invite(t.Context(), app.Operator, alice.ID, "token", db.Now().Add(time.Hour))
		none(t, err)
		_, err = db.AddAdmin(t.Context(), app.Operator,
			app.Admin{Email: "o@b.example", EmailNorm: "o@b.example", Name: "O", Role: app.RoleOwner},
			"link", db.Now().Add(time.Hour), store.Separation{})
		none(t, err)
		db.Tamper(`INSERT INTO identifier_moves (id, kind, from_person, to_person, moved_at, ends_at)
			VALUES ('m', 'cpf', ?, ?, ?, ?)`,
			bob.ID, alice.ID, db.Now(), db.Now().Add(72*time.Hour))
	})
	db.Clock.Advance(time.Minute)
	endDue(t, db)
	now := db.Now()
	j, ok, _, err := db.LeaseJob(t.Context(), app.JobSettle, time.Second)
	if err != nil || !ok || j.RequestID != denied.ID || j.Deadline != now.Add(10*time.Minute) {
		t.Errorf("the delivery: %+v, due %v (%v)", j, ok, err)
	}
	if got := state(t, db, open.ID); got.CreatedAt != now || got.ExpiresAt != now.Add(10*time.Minute) {
		t.Errorf("the request is of %s, until %s", got.CreatedAt.Time(), got.ExpiresAt.Time())
	}
	if inv, err := db.Invitation(t.Context(), "token"); err != nil || inv.ExpiresAt != now.Add(time.Hour) {
		t.Errorf("the link: %+v (%v)", inv, err)
	}
	if n := count(t, db, `persons WHERE invited_until > ?`, now.Add(time.Hour)); n != 0 {
		t.Error("the list of people has the link last longer")
	}
	if l, err := db.AdminLink(t.Context(), "link"); err != nil || l.ExpiresAt != now.Add(time.Hour) {
		t.Errorf("the administrator's link: %+v (%v)", l, err)
	}
	if n := count(t, db, `identifier_moves WHERE ends_at = ?`, now.Add(72*time.Hour)); n != 1 {
		t.Error("the move waits for longer")
	}
}
