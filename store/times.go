package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"assent/app"
)

// ahead is how far in the future a time of ours may lie that is of the past: one
// further ahead was written by a clock that was wrong then, and would make what
// it bounds last for as long as the clock was wrong.
const ahead = 2 * time.Minute

// longestCeremony is longer than any passkey prompt lives.
const longestCeremony = time.Hour

// due is something that time ends, or that a clock which ran ahead wrote (see
// aheads): how rows of it are found, and the statement that ends or mends them for
// good, as compare-and-swap. Both take the parameters of dueTimes; the statement
// changes at most :step rows. before runs first, in the same transaction. topic, if
// any, is announced.
type due struct {
	found, end, before string
	topic              app.Topic
	people             bool // end gives the people whose rows it changed
}

// dues are all that time ends, beside requests (Expire). What is deleted can't
// be asked for again.
var dues = []due{
	{found: `ceremonies WHERE expires_at <= :now OR expires_at > :prompt`,
		end: `DELETE FROM ceremonies WHERE id IN (SELECT id FROM ceremonies WHERE expires_at <= :now
			OR expires_at > :prompt LIMIT :step)`},
	{found: `sessions WHERE expires_at <= :now`,
		end: `DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expires_at <= :now LIMIT :step)`},
	{
		found: `admin_sessions WHERE ended_at = 0 AND confirmed_at <> 0 AND (confirmed_at <= :fresh
			OR confirmed_at > :ahead)`,
		end: `UPDATE admin_sessions SET confirmed_at = 0 WHERE id IN (SELECT id FROM admin_sessions
			WHERE ended_at = 0 AND confirmed_at <> 0 AND (confirmed_at <= :fresh
			OR confirmed_at > :ahead) LIMIT :step)`,
	},
	{
		found: `admin_sessions WHERE ended_at = 0 AND (last_seen_at <= :idle OR created_at <= :lifetime
			OR last_seen_at > :ahead OR created_at > :ahead)`,
		end: `UPDATE admin_sessions SET ended_at = :now WHERE id IN (SELECT id FROM admin_sessions
			WHERE ended_at = 0 AND (last_seen_at <= :idle OR created_at <= :lifetime OR last_seen_at > :ahead
			OR created_at > :ahead) LIMIT :step)`,
	},
	{found: `activation_codes WHERE used_at = 0 AND ended_at = 0 AND (expires_at <= :now OR created_at > :ahead)`,
		end: `UPDATE activation_codes SET ended_at = expires_at WHERE id IN (SELECT id FROM activation_codes
			WHERE used_at = 0 AND ended_at = 0 AND (expires_at <= :now OR created_at > :ahead) LIMIT :step)`},
	{found: `invitations WHERE used_at = 0 AND ended_at = 0 AND expires_at <= :now`,
		end: `UPDATE invitations SET ended_at = expires_at WHERE id IN (SELECT id FROM invitations
			WHERE used_at = 0 AND ended_at = 0 AND expires_at <= :now LIMIT :step) RETURNING person_id`, people: true},
	{found: `invitations WHERE activation <> '' AND activated_until <= :now`,
		end: `UPDATE invitations SET activation = '' WHERE id IN (SELECT id FROM invitations WHERE activation <> ''
			AND activated_until <= :now LIMIT :step)`},
	{found: `admin_links WHERE used_at = 0 AND ended_at = 0 AND expires_at <= :now`,
		end: `UPDATE admin_links SET ended_at = expires_at WHERE id IN (SELECT id FROM admin_links WHERE used_at = 0
			AND ended_at = 0 AND expires_at <= :now LIMIT :step)`},
	{found: `admin_codes WHERE used_at = 0 AND ended_at = 0 AND (expires_at <= :now OR created_at > :ahead)`,
		end: `UPDATE admin_codes SET ended_at = expires_at WHERE id IN (SELECT id FROM admin_codes
			WHERE used_at = 0 AND ended_at = 0 AND (expires_at <= :now OR created_at > :ahead) LIMIT :step)`},
	{found: `admin_links WHERE activation <> '' AND activated_until <= :now`,
		end: `UPDATE admin_links SET activation = '' WHERE id IN (SELECT id FROM admin_links WHERE activation <> ''
			AND activated_until <= :now LIMIT :step)`},
	{found: `mutes WHERE until <= :now`,
		end: `DELETE FROM mutes WHERE (person_id, client_id) IN (SELECT person_id, client_id FROM mutes
			WHERE until <= :now LIMIT :step)`},
	{found: `devices WHERE app_until <> 0 AND app_until <= :now`,
		end: `UPDATE devices SET app_until = 0 WHERE id IN (SELECT id FROM devices WHERE app_until <> 0
			AND app_until <= :now LIMIT :step)`},
	{found: `consent_owners WHERE expires_at <= :now`,
		end: `DELETE FROM consent_owners WHERE (connection, consent_id) IN (SELECT connection, consent_id
			FROM consent_owners
			WHERE expires_at <= :now LIMIT :step)`},
}

// dueProposals are ended by sweepProposals, with a row of the audit each.
const dueProposals = `state IN ('waiting', 'confirmed') AND (expires_at <= :now OR expires_at > :proposal)`

// allDues are dues and aheads.
var allDues = slices.Concat(dues, aheads)

// anyDue tells of each of allDues, and of proposals last, whether there is any.
var anyDue = func() string {
	found := make([]string, len(allDues))
	for i, d := range allDues {
		found[i] = `EXISTS (SELECT 1 FROM ` + d.found + `)`
	}
	return `SELECT ` + strings.Join(append(found, `EXISTS (SELECT 1 FROM proposals WHERE `+dueProposals+`)`), `, `)
}()

func dueTimes(now app.Instant) map[string]any {
	return map[string]any{
		"now":       now,
		"prompt":    now.Add(longestCeremony),
		"ahead":     now.Add(ahead),
		"idle":      now.Add(-app.AdminIdle),
		"lifetime":  now.Add(-app.AdminLifetime),
		"fresh":     now.Add(-app.AdminFresh),
		"proposal":  now.Add(app.ProposalTTL + ahead),
		"session":   now.Add(SessionTime + 24*time.Hour),
		"mute":      now.Add(MuteTime),
		"app":       now.Add(AppWindow),
		"activated": now.Add(app.ActivationWindow),
		"owner":     now.Add(ownerTime),
		"retry":     now.Add(asideMost + ahead),
		"lease":     now.Add(LeaseTime + ahead),
		"slack":     ahead.Milliseconds(),
		"step":      step,
	}
}

// EndDue stores as ended what time has ended: sessions of devices and of the
// console, how fresh a passkey's confirmation is, passkey prompts, links, their
// codes and activations, mutes, proposals of administrators. It mends what a clock
// wrote that ran ahead. It runs every second, and so a clock that goes
// back, in this process or before the next, revives nothing. Each kind is taken a
// few rows at a time, in transactions of its own: one that fails keeps none of the
// others back, and its error is returned when all the others are done.
func (s *Store) EndDue(ctx context.Context) error {
	query, args, err := s.r.BindNamed(anyDue, dueTimes(s.Now()))
	if err != nil {
		return err
	}
	some, err := s.r.QueryRowxContext(ctx, query, args...).SliceScan()
	if err != nil {
		return err
	}
	var failed error
	for i, d := range allDues {
		if some[i] != int64(0) {
			failed = errors.Join(failed, s.endDue(ctx, d))
		}
	}
	if some[len(allDues)] != int64(0) {
		failed = errors.Join(failed, s.write(ctx, func(t *tx) error { return t.sweepProposals(ctx) }))
	}
	return failed
}

func (s *Store) endDue(ctx context.Context, d due) error {
	for {
		var n int64
		if err := s.write(ctx, func(t *tx) error {
			if d.before != "" {
				if _, err := t.NamedExecContext(ctx, d.before, dueTimes(t.now)); err != nil {
					return err
				}
			}
			var err error
			if n, err = t.endDue(ctx, d); err != nil {
				return err
			}
			if d.topic != "" && n > 0 {
				t.announce(app.Event{Topic: d.topic})
			}
			return nil
		}); err != nil || n < step {
			return err
		}
	}
}

// endDue runs the statement of d, and tells how many rows it changed.
func (t *tx) endDue(ctx context.Context, d due) (int64, error) {
	query, args, err := t.BindNamed(d.end, dueTimes(t.now))
	if err != nil {
		return 0, err
	}
	if !d.people {
		return t.affect(ctx, query, args...)
	}
	return t.touching(ctx, query, args...)
}

// ClockSet makes due at once what was put off by a clock that has been set
// back since: jobs would wait for as long as it was wrong.
func (s *Store) ClockSet(ctx context.Context) error {
	for {
		var n int64
		if err := s.write(ctx, func(t *tx) (err error) {
			t.announce(app.Event{Topic: app.TopicJob})
			n, err = t.affect(ctx,
				`UPDATE jobs SET run_at = min(run_at, ?), begin_by = min(begin_by, ?), lease_until = CASE WHEN lease_until > ? THEN 0 ELSE lease_until END
				WHERE id IN (SELECT id FROM jobs WHERE state = 'waiting' AND (run_at > ? OR lease_until > ?) LIMIT ?)`,
				t.now, t.now.Add(urgent), t.now.Add(ahead), t.now, t.now.Add(ahead), step)
			return err
		}); err != nil || n < step {
			return err
		}
	}
}
