package store

import (
	"context"
	"slices"
	"strconv"

	"github.com/jmoiron/sqlx"

	"assent/app"
)

// identityChange is what a change added to a person's identifiers and companies
// and removed from them, as far as nothing else tells the person.
type identityChange struct {
	Added, Removed                   []app.IdentifierKind // one an identifier
	CompaniesAdded, CompaniesRemoved int
}

// notice is what the person's devices are told; empty for no change.
func (c identityChange) notice() app.Notice {
	switch others := len(c.Removed) + c.CompaniesAdded + c.CompaniesRemoved; {
	case others > 0:
		return app.NoticeIdentityChanged
	case len(c.Added) > 0:
		return app.NoticeIdentifierAdded
	}
	return ""
}

// entries are the audit rows of the change. One identifier that takes the place
// of another of its kind is one row.
func (c identityChange) entries(personID string) []entry {
	var out []entry
	add := func(change app.IdentityChange, name, value string) {
		out = append(out, entry{action: string(change), person: personID, detail: map[string]string{name: value}})
	}
	removed := slices.Clone(c.Removed)
	for _, kind := range c.Added {
		change := app.IdentifierAdded
		if i := slices.Index(removed, kind); i >= 0 {
			change, removed = app.IdentifierReplaced, slices.Delete(removed, i, i+1)
		}
		add(change, "kind", string(kind))
	}
	for _, kind := range removed {
		add(app.IdentifierRemoved, "kind", string(kind))
	}
	if c.CompaniesAdded > 0 {
		add(app.CompanyAdded, "count", strconv.Itoa(c.CompaniesAdded))
	}
	if c.CompaniesRemoved > 0 {
		add(app.CompanyRemoved, "count", strconv.Itoa(c.CompaniesRemoved))
	}
	return out
}

// tellIdentity tells a person who has devices what changed of their identifiers
// and companies: in their inbox, and by one notice a device however much it is.
func (t *tx) tellIdentity(ctx context.Context, by app.Actor, personID string, c identityChange) error {
	notice := c.notice()
	if notice == "" {
		return nil
	}
	with, err := t.store.devicesOf(ctx, t, []string{personID})
	if err != nil || !with[personID] {
		return err
	}
	if err := t.ringOfIdentity(ctx, personID, notice); err != nil {
		return err
	}
	t.announce(app.Event{Topic: app.TopicDevice, PersonID: personID})
	return t.auditAll(ctx, by, c.entries(personID))
}

// devicesOf tells which people have an active device.
func (r *Reader) devicesOf(ctx context.Context, q sqlx.QueryerContext, people []string) (map[string]bool, error) {
	var have []string
	err := selectJSON(ctx, q, &have, `SELECT j.value FROM json_each(?) j
		WHERE EXISTS (SELECT 1 FROM devices d WHERE d.person_id = j.value AND d.state = 'active')`, people)
	out := make(map[string]bool, len(have))
	for _, id := range have {
		out[id] = true
	}
	return out, err
}

// graver are the notices about identifiers that a notice takes the place of,
// where one of them wasn't sent yet.
var graver = map[app.Notice][]app.Notice{
	app.NoticeIdentifierAdded: {},
	app.NoticeIdentityChanged: {app.NoticeIdentifierAdded},
	app.NoticeIdentifierLost:  {app.NoticeIdentifierAdded, app.NoticeIdentityChanged},
}

// ringOfIdentity sends the person's devices a notice about their identifiers. A
// device for which such a notice waits still is rung once, by the graver one.
func (t *tx) ringOfIdentity(ctx context.Context, personID string, n app.Notice) error {
	const waits = `kind = 'push.send' AND state = 'waiting' AND lease_until <= :now AND deadline > :now
		AND payload IN ('identifier_added', 'identity_changed', 'identifier_lost')`
	with := map[string]any{"person": personID, "now": t.now, "until": t.now.Add(noticeFor), "notice": n}
	for _, less := range graver[n] {
		with["less"] = less
		if _, err := t.NamedExecContext(ctx, `UPDATE jobs SET payload = :notice, deadline = :until
			WHERE device_id IN (SELECT id FROM devices WHERE person_id = :person) AND payload = :less AND `+waits,
			with); err != nil {
			return err
		}
	}
	var devices []struct {
		ID       string `db:"id"`
		Endpoint string `db:"endpoint"`
	}
	query, args, err := t.BindNamed(`SELECT d.id, s.endpoint FROM devices d JOIN subscriptions s ON s.device_id = d.id
		AND s.ended_at = 0
		WHERE d.person_id = :person AND d.state = 'active' AND NOT EXISTS (SELECT 1 FROM jobs WHERE device_id = d.id AND `+waits+`)`, with)
	if err != nil {
		return err
	}
	if err := t.SelectContext(ctx, &devices, query, args...); err != nil {
		return err
	}
	for _, d := range devices {
		if err := t.addJob(ctx,
			app.Job{
				Kind:     app.JobPush,
				DeviceID: d.ID,
				Lane:     host(d.Endpoint),
				Payload:  string(n),
				Deadline: t.now.Add(noticeFor),
			}); err != nil {
			return err
		}
	}
	return nil
}

// IdentityNews is a change of a person's identifiers or companies.
type IdentityNews struct {
	Change app.IdentityChange `db:"action"`
	Kind   app.IdentifierKind `db:"kind"` // empty for a company
	At     app.Instant        `db:"at"`
	Until  app.Instant        `db:"until"` // it names nobody until then; 0 where it does already
}

// IdentityNews gives what a person should know since then, the newest first: of
// each kind of change and of identifier the newest, so that none is hidden by
// many others.
func (r *Reader) IdentityNews(ctx context.Context, personID string, since app.Instant) ([]IdentityNews, error) {
	var out []IdentityNews
	err := r.r.SelectContext(ctx, &out, `SELECT a.action, coalesce(a.detail ->> 'kind', '') AS kind, a.at,
			CASE WHEN m.ended_at = 0 AND m.ends_at > ? THEN m.ends_at ELSE 0 END AS until
		FROM audit a LEFT JOIN identifier_moves m ON m.id = a.detail ->> 'move'
		WHERE a.id IN (SELECT max(id) FROM audit WHERE person_id = ? AND at > ?
		AND action IN ('identifier.add', 'identifier.remove',
			'identifier.change', 'identifier.move_from', 'identifier.move_to', 'company.add', 'company.remove')
			GROUP BY action, detail ->> 'kind') ORDER BY a.id DESC`, r.Now(), personID, since)
	return out, err
}
