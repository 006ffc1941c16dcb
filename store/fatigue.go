package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"assent/app"
)

// Limit is how many notices are sent in a window.
type Limit struct {
	Notices int
	Window  time.Duration
}

// Fatigue limits the notices that a person gets. Requests beyond the limits are
// stored and shown without a notice.
type Fatigue struct {
	Notices int // of one client, in Window
	Window  time.Duration

	// Person limits all clients together; empty is no limit. Known limits, apart
	// from Person, the clients of which the person approved a request within
	// KnownFor. They count towards Person once Known is used up. One client takes
	// at most a quarter of each limit, and at least one notice.
	Person   []Limit
	Known    []Limit
	KnownFor time.Duration
}

// share is how many notices of the limit one client may take.
func (l Limit) share() int { return max(1, l.Notices/4) }

// The limits that a notice counts towards.
const (
	poolPerson = "person"
	poolKnown  = "reserve"
)

// backOffWaits are how long a client's notices wait after the first denial, the
// second and so on. The last one stays.
var backOffWaits = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour,
	4 * time.Hour,
	8 * time.Hour, 16 * time.Hour, 24 * time.Hour}

// backOffKept is how long denials count that no approval followed.
const backOffKept = 400 * 24 * time.Hour

// backOffWait is how long the notices of a client wait after that many denials.
func backOffWait(steps int) time.Duration {
	return backOffWaits[max(1, min(steps, len(backOffWaits)))-1]
}

// limitNotice decides whether a request that is about to be stored is notified,
// and why it isn't. A burst or a flood marks the person as under attack.
func (t *tx) limitNotice(ctx context.Context, r *app.Request, f Fatigue) error {
	if r.State != app.Pending {
		return nil
	}
	var err error
	if r.Quiet, err = t.quietCause(ctx, *r, f); err != nil {
		return err
	}
	attack := r.Quiet.Attack()
	byClient := attack // its own requests are the attack, whatever other clients send
	if r.Quiet == app.QuietNone {
		if r.NoticePool, r.Quiet, err = t.pool(ctx, *r, f); err != nil {
			return err
		}
		if r.Quiet.Attack() {
			if byClient, err = t.attacks(ctx, *r, f); err != nil {
				return err
			}
		}
		attack = r.Quiet == app.QuietFlood || byClient
	}
	if !attack {
		return nil
	}
	if byClient {
		if err := t.attacker(ctx, r.PersonID, r.ClientID); err != nil {
			return err
		}
	}
	return t.attacked(ctx, r.PersonID, app.Attack(r.Quiet))
}

// quietCause tells why one client's request is kept quiet, apart from what other
// clients send. Whoever goes on asking often while their notices wait is a burst.
func (t *tx) quietCause(ctx context.Context, r app.Request, f Fatigue) (app.Quiet, error) {
	muted, err := t.muted(ctx, r.PersonID, r.ClientID)
	if err != nil || muted {
		return app.QuietMuted, err
	}
	since := t.now.Add(-f.Window)
	var notified int
	if err := t.GetContext(ctx, &notified, `SELECT count(*) FROM (SELECT 1 FROM requests
		WHERE person_id = ? AND client_id = ? AND created_at > ? AND notice_pool <> '' LIMIT ?) AS notified`,
		r.PersonID, r.ClientID, since, f.Notices); err != nil {
		return "", err
	}
	if notified >= f.Notices {
		return app.QuietBurst, nil
	}
	until, err := t.backOff(ctx, r.PersonID, r.ClientID)
	if err != nil || until <= t.now {
		return app.QuietNone, err
	}
	var quiet int
	if err := t.GetContext(ctx, &quiet, `SELECT count(*) FROM (SELECT 1 FROM requests
		WHERE person_id = ? AND client_id = ? AND created_at > ? AND quiet_cause <> '' LIMIT ?) AS quiet`,
		r.PersonID, r.ClientID, since, f.Notices); err != nil {
		return "", err
	}
	if notified+quiet >= f.Notices {
		return app.QuietBurst, nil
	}
	return app.QuietBackOff, nil
}

// attacks tells whether a client whose share of the notices is used up asked as
// often as one client, or all together, may in a window.
func (t *tx) attacks(ctx context.Context, r app.Request, f Fatigue) (bool, error) {
	for _, l := range append([]Limit{{Notices: f.Notices, Window: f.Window}}, f.Person...) {
		var asked int
		if err := t.GetContext(ctx, &asked, `SELECT (SELECT count(*) FROM (SELECT 1 FROM requests
				WHERE person_id = ? AND client_id = ? AND created_at > ? AND notice_pool <> '' LIMIT ?) AS notified)
			+ (SELECT count(*) FROM (SELECT 1 FROM requests
				WHERE person_id = ? AND client_id = ? AND created_at > ? AND quiet_cause <> '' LIMIT ?) AS quiet)`,
			r.PersonID, r.ClientID, t.now.Add(-l.Window), l.Notices, r.PersonID, r.ClientID, t.now.Add(-l.Window),
			l.Notices); err != nil {
			return false, err
		}
		if asked >= l.Notices {
			return true, nil
		}
	}
	return false, nil
}

// knows tells whether a person approved a request of a client after some time and
// up to now: its parameters are the person, the client and the two times.
const knows = `EXISTS (SELECT 1 FROM requests WHERE person_id = ? AND client_id = ? AND state = 'approved'
	AND decided_at > ? AND decided_at <= ?)`

// pool gives the limit that leaves room for one more notice of the client, or why
// none does: all clients together used it up, or this one its share.
func (t *tx) pool(ctx context.Context, r app.Request, f Fatigue) (string, app.Quiet, error) {
	if len(f.Known) > 0 {
		var known bool
		if err := t.GetContext(ctx, &known, `SELECT `+knows, r.PersonID, r.ClientID, t.now.Add(-f.KnownFor),
			t.now); err != nil {
			return "", app.QuietNone, err
		}
		if known {
			if full, err := t.full(ctx, r, poolKnown, f.Known); err != nil || full == app.QuietNone {
				return poolKnown, full, err
			}
		}
	}
	full, err := t.full(ctx, r, poolPerson, f.Person)
	if err != nil || full != app.QuietNone {
		return "", full, err
	}
	return poolPerson, app.QuietNone, nil
}

// full tells why a pool has no room for one more notice of a client: the notices
// of all reach one of its limits, or those of the client its share of one.
func (t *tx) full(ctx context.Context, r app.Request, pool string, limits []Limit) (app.Quiet, error) {
	why := app.QuietNone
	for _, l := range limits {
		var sent, own int
		if err := t.GetContext(ctx, &sent, `SELECT count(*) FROM (SELECT 1 FROM requests
			WHERE person_id = ? AND notice_pool = ? AND notice_pool <> '' AND created_at > ? LIMIT ?) AS sent`,
			r.PersonID, pool, t.now.Add(-l.Window), l.Notices); err != nil {
			return "", err
		}
		if sent >= l.Notices {
			return app.QuietFlood, nil
		}
		if err := t.GetContext(ctx, &own, `SELECT count(*) FROM requests
			WHERE person_id = ? AND client_id = ? AND notice_pool = ? AND notice_pool <> '' AND created_at > ?`,
			r.PersonID, r.ClientID, pool, t.now.Add(-l.Window)); err != nil {
			return "", err
		}
		if own >= l.share() {
			why = app.QuietBurst
		}
	}
	return why, nil
}

// backOff gives until when a client's notices to a person wait; zero where the
// person didn't say no to it since they last approved a request of it.
func (t *tx) backOff(ctx context.Context, personID, clientID string) (app.Instant, error) {
	var b backOffRow
	err := t.GetContext(ctx, &b,
		`SELECT client_id, steps, denied_at FROM backoffs WHERE person_id = ? AND client_id = ?`, personID, clientID)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return b.until(), err
}

type backOffRow struct {
	ClientID string      `db:"client_id"`
	Steps    int         `db:"steps"`
	DeniedAt app.Instant `db:"denied_at"`
}

func (b backOffRow) until() app.Instant { return b.DeniedAt.Add(backOffWait(b.Steps)) }

// startBackOff makes the client of a request wait that its person just denied or
// reported. A request that was waiting already at the denial before counts with
// that one. A wrong code and a test make nothing wait.
func (t *tx) startBackOff(ctx context.Context, r app.Request) error {
	if r.Kind == app.KindTest || r.Reason != app.ReasonPerson && r.Reason != app.ReasonReported {
		return nil
	}
	return t.exec(ctx, `INSERT INTO backoffs (person_id, client_id, steps, denied_at) VALUES (?, ?, 1, ?)
		ON CONFLICT (person_id, client_id) DO UPDATE SET denied_at = excluded.denied_at,
		steps = CASE WHEN ? > backoffs.denied_at
		AND backoffs.steps < ? THEN backoffs.steps + 1 ELSE backoffs.steps END`,
		r.PersonID, r.ClientID, t.now, r.CreatedAt, len(backOffWaits))
}

// endBackOff lets a client notify again whose request its person approved.
func (t *tx) endBackOff(ctx context.Context, r app.Request) error {
	return t.exec(ctx, `DELETE FROM backoffs WHERE person_id = ? AND client_id = ?`, r.PersonID, r.ClientID)
}

// BackOffs gives the clients whose notices to a person wait after a denial, and
// until when.
func (r *Reader) BackOffs(ctx context.Context, personID string) (map[string]app.Instant, error) {
	now := r.Now()
	var rows []backOffRow
	if err := r.r.SelectContext(ctx, &rows,
		`SELECT client_id, steps, denied_at FROM backoffs WHERE person_id = ? AND denied_at > ?`,
		personID, now.Add(-backOffWaits[len(backOffWaits)-1])); err != nil {
		return nil, err
	}
	out := map[string]app.Instant{}
	for _, b := range rows {
		if until := b.until(); until > now {
			out[b.ClientID] = until
		}
	}
	return out, nil
}

// attacked marks a person as under attack from now on.
func (t *tx) attacked(ctx context.Context, personID string, how app.Attack) error {
	return t.exec(ctx, `UPDATE persons SET attacked_at = ?, attack = ? WHERE id = ?`, t.now, how, personID)
}

// attacker marks a client as one whose own requests are an attack on a person.
func (t *tx) attacker(ctx context.Context, personID, clientID string) error {
	return t.exec(ctx, `INSERT INTO attackers (person_id, client_id, at) VALUES (?, ?, ?)
		ON CONFLICT (person_id, client_id) DO UPDATE SET at = excluded.at`, personID, clientID, t.now)
}

// UnderAttack tells what an attack on a person means for one client.
type UnderAttack struct {
	Person bool `db:"person"` // the person is under attack
	// Client tells whether the client may be part of it: after the person's own
	// report any client may; after a burst or a flood those whose requests it was,
	// and those of which the person approved nothing lately. Other clients aren't
	// to suffer for it, or anybody who knows the person's name could stop what they
	// do with their own shop or bank.
	Client bool `db:"client"`
}

// UnderAttack tells what attacks on a person after since mean for a client. The
// person knows the clients of which they approved a request after known.
func (r *Reader) UnderAttack(ctx context.Context, personID, clientID string,
	since, known app.Instant) (UnderAttack, error) {
	var out UnderAttack
	err := r.r.GetContext(ctx, &out, `SELECT attacked AS person, attacked AND (reported OR attacker OR NOT known) AS client FROM (SELECT
			EXISTS (SELECT 1 FROM persons WHERE id = ? AND attacked_at > ?) AS attacked,
			EXISTS (SELECT 1 FROM reports WHERE person_id = ? AND created_at > ?) AS reported,
			EXISTS (SELECT 1 FROM attackers WHERE person_id = ? AND client_id = ? AND at > ?) AS attacker,
			`+knows+` AS known) AS signs`,
		personID, since, personID, since, personID, clientID, since, personID, clientID, known, r.Now())
	return out, err
}

// Attacked tells whether a person was under attack since then: they reported a
// request, or requests came so often that their notices were stopped.
func (r *Reader) Attacked(ctx context.Context, personID string, since app.Instant) (yes bool, err error) {
	err = r.r.GetContext(ctx, &yes, `SELECT EXISTS (SELECT 1 FROM persons WHERE id = ? AND attacked_at > ?)`, personID,
		since)
	return yes, err
}

// LastAttack gives the last sign of an attack on a person, and when it was; zero
// where there never was one.
func (r *Reader) LastAttack(ctx context.Context, personID string) (how app.Attack, at app.Instant, err error) {
	var row struct {
		Attack     app.Attack  `db:"attack"`
		AttackedAt app.Instant `db:"attacked_at"`
	}
	err = r.r.GetContext(ctx, &row, `SELECT attack, attacked_at FROM persons WHERE id = ?`, personID)
	return row.Attack, row.AttackedAt, orElse(err, app.ErrUnknownPerson)
}

// AttackedCount is how many people were under attack since then.
func (r *Reader) AttackedCount(ctx context.Context, since app.Instant) (n int, err error) {
	err = r.r.GetContext(ctx, &n,
		`SELECT count(*) FROM persons WHERE attacked_at > 0 AND attacked_at > ? AND erased_at = 0`, since)
	return n, err
}
