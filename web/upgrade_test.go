package web_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/jmoiron/sqlx"
	"github.com/pressly/goose/v3"

	"assent/app"
	"assent/app/admin"
	"assent/migrations"
	"assent/store"
	"assent/store/storetest"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// oldSchema is the last migration of the version whose database is upgraded here.
const oldSchema = 20

// oldDB is a database that such a version left.
type oldDB struct {
	*sqlx.DB
	t    *testing.T
	now  app.Instant
	rows int // of the audit
	prev string
}

func newOldDB(t *testing.T, dir string, now app.Instant) *oldDB {
	t.Helper()
	old := fstest.MapFS{}
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if n, err := strconv.Atoi(name[:5]); err != nil || n > oldSchema {
			continue
		}
		b, err := fs.ReadFile(migrations.FS, name)
		if err != nil {
			t.Fatal(err)
		}
		old[name] = &fstest.MapFile{Data: b}
	}
	db, err := sqlx.Open("sqlite", "file:"+filepath.Join(dir, store.FileName)+
		"?_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=secure_delete(1)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	p, err := goose.NewProvider(goose.DialectSQLite3, db.DB, old)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return &oldDB{DB: db, t: t, now: now, prev: strings.Repeat("0", 64)}
}

// put inserts rows.
func (o *oldDB) put(table, columns string, rows ...[]any) {
	o.t.Helper()
	marks := "(?" + strings.Repeat(", ?", strings.Count(columns, ",")) + ")"
	for _, row := range rows {
		if _, err := o.Exec(`INSERT INTO `+table+` (`+columns+`) VALUES `+marks, row...); err != nil {
			o.t.Fatalf("%s %v: %v", table, row, err)
		}
	}
}

// audited writes a row of the audit, chained as the documentation says.
func (o *oldDB) audited(actor, id, action, person, device, request, detail string) {
	o.t.Helper()
	o.rows++
	at := strconv.FormatInt(int64(o.now)-1000+int64(o.rows), 10)
	var b strings.Builder
	for _, s := range []string{"assent-audit/1", o.prev, strconv.Itoa(o.rows), at, actor, id, "192.0.2.7",
		action, person, device, request, detail} {
		fmt.Fprintf(&b, "%d:%s,", len(s), s)
	}
	sum := sha256.Sum256([]byte(b.String()))
	hash := hex.EncodeToString(sum[:])
	o.put("audit", `id, at, actor_kind, actor_id, source, action,
		person_id, device_id, request_id, detail, prev_hash, hash`,
		[]any{o.rows, at, actor, id, "192.0.2.7", action, person, device, request, detail, o.prev, hash})
	o.prev = hash
}

// request stores one with what ACP calls its login.
func (o *oldDB) request(id, person string, s emulator.Session, state app.RequestState, delivery app.DeliveryState,
	more ...string) {
	o.t.Helper()
	granted, receipt, device := "", "", ""
	if state == app.Approved {
		granted, receipt = `{"scopes":["openid","profile"]}`, `{"old":"receipt"}`
	}
	decided := o.now.Add(-time.Minute)
	if state == app.Pending {
		decided = 0
	} else if state != app.Expired {
		device = "D-" + person
	}
	expires := o.now.Add(10 * time.Minute)
	if state == app.Expired {
		expires = o.now.Add(-30 * time.Second)
	}
	o.put("requests", `id, ref, connection, tenant_id, server_id, login_id, login_state, user_identifier,
		person_id, kind, client_id,
		client_name, binding_message, scopes, acr, payload, quiet,
		state, granted, receipt, decided_by, created_at, expires_at, decided_at, delivery`,
		[]any{id, "R-" + id, "acp", "demo", "shop", s.ID, s.LoginState, s.Hint, person, "regular", s.Device,
			"Till", s.BindingMessage, `["openid","profile"]`, `[]`, `{}`, 0,
			state, granted, receipt, device, o.now.Add(-2 * time.Minute), expires, decided, delivery})
	if state != app.Pending { // of two that wait at once the code would be asked for
		more = append(more, "client_id = id")
	}
	for _, set := range more {
		if _, err := o.Exec(`UPDATE requests SET `+set+` WHERE id = ?`, id); err != nil {
			o.t.Fatal(err)
		}
	}
	if delivery == app.DeliveryWaiting {
		o.put("jobs",
			"id, kind, state, request_id, lane, run_at, deadline, lease_id, lease_until, attempts, created_at",
			[]any{"J-" + id, "acp.settle", "waiting", id, "acp", o.now.Add(-time.Minute), expires,
				"", 0, 0, o.now.Add(-time.Minute)})
	}
	o.audited("acp", "acp", "request.start", person, "", id, "")
}

// A database of a much earlier version, with rows in each state, is opened by
// this one and goes on: nobody is signed out, what waits can be answered, what was
// decided is delivered, the audit is whole, and no row has lost what it refers to.
func TestAnOldDatabaseGoesOn(t *testing.T) {
	began := app.At(time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC))
	em := emulatortest.Start(t, acpOptions(began.Time))

	// Ada's passkey and cookie are real: a browser made them.
	before := newSite(t)
	ada := before.person("Ada Quill")
	dev := ada.enrol()
	from := func(dst any, query string) {
		t.Helper()
		raw, err := sqlx.Open("sqlite", "file:"+filepath.Join(before.Dir, store.FileName))
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		if err := raw.Get(dst, query); err != nil {
			t.Fatal(err)
		}
	}
	var key struct {
		ID, Record string
		Elig       bool `db:"backup_elig"`
		Up         bool `db:"backed_up"`
	}
	var browser string
	var token string
	from(&key, `SELECT id, record, backed_up, backup_elig FROM credentials`)
	from(&browser, `SELECT browser_hash FROM devices`)
	from(&token, `SELECT token FROM sessions WHERE length(data) = (SELECT max(length(data)) FROM sessions)`)

	dir := t.TempDir()
	o := newOldDB(t, dir, began)
	day := func(n int) app.Instant { return began.Add(time.Duration(n) * 24 * time.Hour) }
	adaID := ada.who.ID
	o.put("meta", "key, value",
		[]any{"purpose", "service"},
		[]any{"audit chained", "all"},
		[]any{"ready", ""},
		[]any{"rp id", "localhost"})
	o.put("persons", "id, name, state, created_at, paused_at, erased_at",
		[]any{adaID, "Ada Quill", "active", day(-90), 0, 0},
		[]any{"BRUNO", "Bruno Reis", "suspended", day(-80), 0, 0},
		[]any{"PAULA", "Paula Évora", "active", day(-70), day(-1), 0},
		[]any{"GONE", "", "suspended", day(-60), 0, day(-2)})
	o.put("identifiers", "kind, norm, value, person_id",
		[]any{"username", "ada.quill", "ada.quill", adaID},
		[]any{"username", "bruno", "bruno", "BRUNO"},
		[]any{"cpf", "52998224725", "529.982.247-25", "PAULA"},
		[]any{"username", "52998224725", "52998224725", "BRUNO"}, // one hint, two people
		[]any{"phone", "+442079460000", "+44 20 7946 0000", adaID})
	o.put("companies", "person_id, cnpj", []any{adaID, "12345678000195"})
	o.put("accounts", `person_id, id, kind, name, scheme, identification, secondary_identification,
		ispb, issuer, number, account_type, currency, balance, unpayable`,
		[]any{adaID, "acc-1", "account", "Current account", "", "", "", "", "", "", "", "GBP", "", ""})
	o.put("credentials", "id, person_id, record, backed_up, backup_elig, created_at, revoked_at",
		[]any{key.ID, adaID, key.Record, key.Up, key.Elig, day(-90), 0},
		[]any{"K-BRUNO", "BRUNO", "{}", false, false, day(-80), 0},
		[]any{"K-OLD", adaID, "{}", false, false, day(-89), day(-20)},
		[]any{"K-GONE", "GONE", "", false, false, day(-60), day(-2)})
	o.put("devices", `id, person_id, name, platform, credential_id, state,
		session_key, browser_hash, created_at, last_seen_at, removed_at`,
		[]any{dev.ID, adaID, "Pixel 9", "android", key.ID, "active", dev.SessionKey, browser, day(-90), day(-1), 0},
		[]any{"D-BRUNO", "BRUNO", "iPhone", "ios", "K-BRUNO", "active", "key", "hash", day(-80), day(-1), 0},
		[]any{"D-OLD", adaID, "Laptop", "linux", "K-OLD", "removed", "", "", day(-89), day(-21), day(-20)},
		[]any{"D-GONE", "GONE", "", "android", "K-GONE", "removed", "", "", day(-60), day(-3), day(-2)})
	o.put("subscriptions", "device_id, endpoint, p256dh, auth, created_at, last_opened_at, proven_at",
		[]any{"D-BRUNO", "https://updates.push.services.mozilla.com/x", "p", "a", day(-80), day(-70), day(-70)})
	session, err := scs.GobCodec{}.Encode(day(90).Time(),
		map[string]any{"device": dev.ID, "key": dev.SessionKey, "pushed": int64(day(-1))})
	if err != nil {
		t.Fatal(err)
	}
	o.put("sessions", "token, data, expires_at", []any{token, session, day(90)})
	o.put("invitations", "id, person_id, token_hash, created_at, expires_at, used_at",
		[]any{"INV-1", adaID, "hash-1", day(-90), day(-89), day(-90)},
		[]any{"INV-2", "PAULA", "hash-2", began, day(1), 0})
	o.put("activation_codes", "id, invitation_id, salt, hash, created_at, expires_at",
		[]any{"CODE", "INV-2", "s", "h", began, began.Add(10 * time.Minute)})
	logins := map[string]emulator.Session{}
	for _, id := range []string{"PENDING", "FRESH", "UNSURE", "LOST", "DENIED", "DONE", "EXPIRED", "CANCELLED",
		"FAILED", "ODD", "ERASED"} {
		logins[id] = em.Begin(emulator.Ask{Hint: "ada.quill", BindingMessage: "K7-PLUM",
			Scopes: []string{"openid", "profile"}})
	}
	mine := "decided_by = '" + dev.ID + "'"
	o.request("PENDING", adaID, logins["PENDING"], app.Pending, app.DeliveryNone)
	o.request("FRESH", adaID, logins["FRESH"], app.Approved, app.DeliveryWaiting, mine)
	o.request("UNSURE", adaID, logins["UNSURE"], app.Approved, app.DeliveryWaiting, mine,
		"delivery_unsure = 1, delivery_tries = 1, delivery_cause = 'acp: busy (503)'")
	o.request("LOST", "BRUNO", logins["LOST"], app.Approved, app.DeliveryWaiting)
	o.request("DENIED", adaID, logins["DENIED"], app.Denied, app.DeliveryWaiting, mine, "reason = 'person'")
	o.request("DONE", adaID, logins["DONE"], app.Approved, app.DeliveryDelivered, mine,
		"kind = 'uk-domestic-payment', payee = 'Joiners'")
	o.request("EXPIRED", adaID, logins["EXPIRED"], app.Expired, app.DeliveryNone)
	o.request("CANCELLED", adaID, logins["CANCELLED"], app.Cancelled, app.DeliveryDelivered,
		"reason = 'suspended', decided_by = ''")
	o.request("FAILED", adaID, logins["FAILED"], app.Approved, app.DeliveryFailed, mine,
		"delivery_cause = 'ACP no longer knows the login: it has expired or was finished'")
	o.request("ODD", adaID, logins["ODD"], app.Approved, app.DeliveryUnconfirmed, mine,
		"delivery_cause = 'ACP has closed the login after a try whose answer was lost'")
	o.request("ERASED", "GONE", logins["ERASED"], app.Denied, app.DeliveryDelivered,
		"user_identifier = '', binding_message = '', payload = '', login_state = ''")
	const lease = `UPDATE jobs SET lease_id = 'of a dead process', lease_until = ? WHERE request_id = 'UNSURE'`
	if _, err := o.Exec(lease, began.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	o.put("jobs", `id, kind, state, request_id, device_id, lane, payload,
		run_at, deadline, last_error, created_at, ended_at`,
		[]any{
			"J-DEAD", "push.send", "dead", "DONE", dev.ID, "fcm.googleapis.com", "request", day(-1), day(-1),
			"refused by fcm.googleapis.com (400)", day(-1), day(-1)})
	o.put("reports", "request_id, person_id, client_id, client_name, device_id, created_at",
		[]any{"DENIED", adaID, "till", "Till", dev.ID, day(-1)})
	o.put("mutes", "person_id, client_id, client_name, until", []any{adaID, "spam", "Spam", began.Add(time.Hour)})
	o.put("payments", "request_id, person_id, payee_hash, currency, amount, created_at",
		[]any{"DONE", adaID, "ph", "GBP", "12.00", day(-1)})
	o.put("consent_owners", "connection, consent_id, server_id, kind, cpf, expires_at",
		[]any{"acp", "urn:x:1", "shop", "br-data", "52998224725", day(1)})
	o.put("admins", "id, email, email_norm, name, role, state, created_at",
		[]any{"OLIVE", "Olive@northmoor.example", "olive@northmoor.example", "Olive", "owner", "active", day(-90)},
		[]any{"OSCAR", "oscar@northmoor.example", "oscar@northmoor.example", "Oscar", "operator", "removed", day(-80)})
	o.put("admin_credentials", "id, admin_id, record, backed_up, backup_elig, created_at",
		[]any{"K-OLIVE", "OLIVE", "{}", false, false, day(-90)})
	o.put("admin_sessions", "id, admin_id, credential_id, created_at, last_seen_at, confirmed_at, source, browser",
		[]any{"S-OLIVE", "OLIVE", "K-OLIVE", began.Add(-time.Hour), began.Add(-time.Minute), began.Add(-time.Hour),
			"192.0.2.7", "Firefox"})
	o.put("admin_links", "id, admin_id, token_hash, created_at, expires_at, used_at",
		[]any{"L-OLIVE", "OLIVE", "lh", day(-90), day(-89), day(-90)})
	o.put("choices", "id, name, value, admin_id, at", []any{1, "retention", `{"payloads":30}`, "OLIVE", day(-10)})
	o.put("counters", "span, at, name, label, n", []any{60000, day(-1), "requests", "approved", 3})
	o.put("imports", "id, kind, state, file, size, lang, actor_kind, actor_id, source, created_at, swept_at",
		[]any{"I-1", "people", "done", "people.csv", 10, "en-GB", "admin", "OLIVE", "192.0.2.7", day(-30), day(-20)},
		[]any{"I-2", "people", "checked", "more.csv", 10, "en-GB", "admin", "OLIVE", "192.0.2.7", began.Add(-time.Hour),
			0})
	o.audited("device", dev.ID, "delivery.try", adaID, "", "UNSURE", `{"cause":"acp: busy (503)"}`)
	o.audited("admin", "OLIVE", "admin.sign_in", "", "", "", `{"admin":"OLIVE"}`)
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}

	db := storetest.At(t, dir)
	t.Cleanup(func() { db.Store.Close() })
	s := siteOn(t, db, em)
	ada.site, ada.rp.Origin = s, s.url
	sound(t, db, "as it was opened")
	verdict := func(rows int64) {
		t.Helper()
		rep, err := db.VerifyAudit(t.Context(), store.AuditHead{ID: int64(o.rows), Hash: o.prev}, nil)
		if err != nil || rep.Finding != nil || rep.Head != store.HeadFound || rep.Rows < rows {
			t.Errorf("the audit: %+v (%v)", rep, err)
		}
	}
	verdict(int64(o.rows))

	// Nobody is signed out.
	if got := ada.get("/"); got.StatusCode != http.StatusOK ||
		!strings.Contains(string(got.body), "/requests/PENDING") {
		t.Fatalf("the inbox of a browser that was signed in: %d %s", got.StatusCode, got.Header.Get("Location"))
	}
	if who, err := admin.Check(t.Context(), db.Reader, "S-OLIVE"); err != nil || who.Admin.Role != app.RoleOwner {
		t.Errorf("the administrator's session: %+v, %v", who.Admin, err)
	}
	if got := ada.get("/history").page(t).Find("main").Text(); !strings.Contains(got, "Till") {
		t.Errorf("the history: %s", got)
	}
	for _, id := range []string{"DONE", "FAILED", "ODD", "EXPIRED", "CANCELLED", "DENIED"} {
		if got := ada.get("/requests/" + id); got.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", id, got.StatusCode)
		}
	}

	// What waits is approved, and what was decided reaches ACP.
	seen := seenOn(ada.get("/requests/PENDING").page(t))
	pr := ada.begin("/requests/PENDING/approval", seen+`,"scopes":["profile"]}`)
	signed := `{"credential":` + ada.sign(pr) + `,"standalone":false,"zone":""}`
	if a := ada.json("/requests/PENDING/approval/"+pr.Ceremony, signed); a.StatusCode != http.StatusOK {
		t.Fatalf("approving: %d %s", a.StatusCode, a.body)
	}
	db.Clock.Advance(2 * time.Minute) // past the dead process's lease
	for id, c := range map[string]struct {
		ends app.RequestState
		acp  emulator.State
	}{
		"PENDING": {app.Approved, emulator.Approved}, "FRESH": {app.Approved, emulator.Approved},
		"UNSURE": {app.Approved, emulator.Approved},
		"LOST":   {app.Cancelled, emulator.Rejected}, "DENIED": {app.Denied, emulator.Rejected},
	} {
		s.svc.Settle(t.Context(), s.MustLease(app.JobSettle, id))
		r, err := s.Request(t.Context(), id)
		at, _ := em.Session(logins[id].ID)
		if err != nil || r.State != c.ends || r.Delivery != app.DeliveryDelivered || at.State != c.acp {
			t.Errorf("%s is %s, %s (%s), at ACP %s (%v)", id, r.State, r.Delivery, r.DeliveryCause, at.State, err)
		}
	}
	for id, want := range map[string]app.Cause{"FAILED": app.CauseLoginGone, "ODD": app.CauseLoginClosed} {
		if r, err := s.Request(t.Context(), id); err != nil || r.DeliveryCause != want {
			t.Errorf("%s: cause %q (%v), want %q", id, r.DeliveryCause, err, want)
		}
	}

	// New requests come in, people are found, and what two people are named by names no person.
	if _, r := ada.asked(); r.State != app.Pending || r.PersonID != adaID {
		t.Errorf("a new request is %s", r.State)
	}
	if got := s.verified("52998224725"); !strings.Contains(got, `{"valid":false}`) {
		t.Errorf("a hint that means two people: %s", got)
	}
	if found, _, err := db.FindPeople(t.Context(), "evora", store.Everybody, "", 10); err != nil || len(found) != 1 {
		t.Errorf("found %+v (%v)", found, err)
	}
	if accounts, err := db.Accounts(t.Context(), adaID); err != nil || len(accounts) != 1 {
		t.Errorf("accounts: %+v (%v)", accounts, err)
	}

	// All of it can be erased.
	if err := db.ErasePerson(t.Context(), app.Operator, adaID); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		var err error
		if more, err = db.EndMore(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Expire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	sound(t, db, "after its use")
	verdict(int64(o.rows) + 10)
}

// sound checks that a database is whole, that its rows refer to what there is,
// and that its computed values are right.
func sound(t *testing.T, db *storetest.DB, when string) {
	t.Helper()
	if wrong, err := db.Miscounts(t.Context()); err != nil || len(wrong) > 0 {
		t.Errorf("%s: computed values are wrong: %v (%v)", when, wrong, err)
	}
	raw, err := sqlx.Open("sqlite", "file:"+filepath.Join(db.Dir, store.FileName)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var whole []string
	if err := raw.Select(&whole, `PRAGMA integrity_check`); err != nil || len(whole) != 1 || whole[0] != "ok" {
		t.Errorf("%s: integrity: %q (%v)", when, whole, err)
	}
	rows, err := raw.Queryx(`PRAGMA foreign_key_check`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row, err := rows.SliceScan()
		t.Errorf("%s: a row refers to nothing: %v (%v)", when, row, err)
	}
	for what, query := range map[string]string{
		"jobs of no request": `SELECT count(*) FROM jobs WHERE request_id <> ''
			AND request_id NOT IN (SELECT id FROM requests)`,
		"decisions that no job tells": `SELECT count(*) FROM requests WHERE delivery = 'waiting'
			AND id NOT IN (SELECT request_id FROM jobs WHERE kind = 'acp.settle')`,
		"sessions of no administrator": `SELECT count(*) FROM admin_sessions WHERE admin_id NOT IN (SELECT id
			FROM admins)`,
		"rows of the audit without a hash": `SELECT count(*) FROM audit WHERE length(hash) <> 64`,
	} {
		var n int
		if err := raw.Get(&n, query); err != nil || n != 0 {
			t.Errorf("%s: %d %s (%v)", when, n, what, err)
		}
	}
}
