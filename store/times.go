package store

import (
	"context"
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

// due is something that time ends: how rows of it are found, and the statement
// that ends them for good, as compare-and-swap. Both take the parameters of
// dueTimes; the statement ends at most :step rows.
type due struct{ found, end string }

// dues are all that time ends, beside requests (Expire). What is deleted can't
// be asked for again.
var dues = []due{
	{`ceremonies WHERE expires_at <= :now OR expires_at > :prompt`,
		`DELETE FROM ceremonies WHERE id IN (SELECT id FROM ceremonies WHERE expires_at <= :now OR expires_at > :prompt LIMIT :step)`},
	{`sessions WHERE expires_at <= :now`,
		`DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expires_at <= :now LIMIT :step)`},
	{`admin_sessions WHERE ended_at = 0 AND confirmed_at <> 0 AND (confirmed_at <= :fresh OR confirmed_at > :ahead)`,
		`UPDATE admin_sessions SET confirmed_at = 0 WHERE id IN (SELECT id FROM admin_sessions
			WHERE ended_at = 0 AND confirmed_at <> 0 AND (confirmed_at <= :fresh OR confirmed_at > :ahead) LIMIT :step)`},
	{`admin_sessions WHERE ended_at = 0 AND (last_seen_at <= :idle OR created_at <= :lifetime OR last_seen_at > :ahead OR created_at > :ahead)`,
		`UPDATE admin_sessions SET ended_at = :now WHERE id IN (SELECT id FROM admin_sessions
			WHERE ended_at = 0 AND (last_seen_at <= :idle OR created_at <= :lifetime OR last_seen_at > :ahead OR created_at > :ahead) LIMIT :step)`},
	{`activation_codes WHERE used_at = 0 AND ended_at = 0 AND (expires_at <= :now OR created_at > :ahead)`,
		`UPDATE activation_codes SET ended_at = expires_at WHERE id IN (SELECT id FROM activation_codes
			WHERE used_at = 0 AND ended_at = 0 AND (expires_at <= :now OR created_at > :ahead) LIMIT :step)`},
	{`invitations WHERE used_at = 0 AND ended_at = 0 AND expires_at <= :now`,
		`UPDATE invitations SET ended_at = expires_at WHERE id IN (SELECT id FROM invitations WHERE used_at = 0 AND ended_at = 0 AND expires_at <= :now LIMIT :step)`},
	{`invitations WHERE activation <> '' AND activated_until <= :now`,
		`UPDATE invitations SET activation = '' WHERE id IN (SELECT id FROM invitations WHERE activation <> '' AND activated_until <= :now LIMIT :step)`},
	{`admin_links WHERE used_at = 0 AND ended_at = 0 AND expires_at <= :now`,
		`UPDATE admin_links SET ended_at = expires_at WHERE id IN (SELECT id FROM admin_links WHERE used_at = 0 AND ended_at = 0 AND expires_at <= :now LIMIT :step)`},
	{`admin_codes WHERE used_at = 0 AND ended_at = 0 AND (expires_at <= :now OR created_at > :ahead)`,
		`UPDATE admin_codes SET ended_at = expires_at WHERE id IN (SELECT id FROM admin_codes
			WHERE used_at = 0 AND ended_at = 0 AND (expires_at <= :now OR created_at > :ahead) LIMIT :step)`},
	{`admin_links WHERE activation <> '' AND activated_until <= :now`,
		`UPDATE admin_links SET activation = '' WHERE id IN (SELECT id FROM admin_links WHERE activation <> '' AND activated_until <= :now LIMIT :step)`},
	{`mutes WHERE until <= :now`,
		`DELETE FROM mutes WHERE rowid IN (SELECT rowid FROM mutes WHERE until <= :now LIMIT :step)`},
	{`devices WHERE app_until <> 0 AND app_until <= :now`,
		`UPDATE devices SET app_until = 0 WHERE id IN (SELECT id FROM devices WHERE app_until <> 0 AND app_until <= :now LIMIT :step)`},
	{`consent_owners WHERE expires_at <= :now`,
		`DELETE FROM consent_owners WHERE rowid IN (SELECT rowid FROM consent_owners WHERE expires_at <= :now LIMIT :step)`},
}

var anyDue = func() string {
	found := make([]string, len(dues))
	for i, d := range dues {
		found[i] = `EXISTS (SELECT 1 FROM ` + d.found + `)`
	}
	return `SELECT ` + strings.Join(append(found, `EXISTS (SELECT 1 FROM proposals WHERE state IN ('waiting', 'confirmed') AND expires_at <= :now)`), ` OR `)
}()

func dueTimes(now app.Instant) map[string]any {
	return map[string]any{"now": now, "prompt": now.Add(longestCeremony), "ahead": now.Add(ahead), "idle": now.Add(-app.AdminIdle),
		"lifetime": now.Add(-app.AdminLifetime), "fresh": now.Add(-app.AdminFresh), "step": step}
}

// EndDue stores as ended what time has ended: sessions of devices and of the
// console, how fresh a passkey's confirmation is, passkey prompts, links, their
// codes and activations, mutes, proposals of administrators. It runs every second, and so a clock that goes
// back, in this process or before the next, revives nothing. A few rows at a
// time, it is done when it returns.
func (s *Store) EndDue(ctx context.Context) error {
	for {
		query, args, err := s.r.BindNamed(anyDue, dueTimes(s.Now()))
		if err != nil {
			return err
		}
		var some bool
		if err := s.r.GetContext(ctx, &some, query, args...); err != nil || !some {
			return err
		}
		if err := s.write(ctx, func(t *tx) error {
			for _, d := range dues {
				if _, err := t.NamedExecContext(ctx, d.end, dueTimes(t.now)); err != nil {
					return err
				}
			}
			return t.sweepProposals(ctx)
		}); err != nil {
			return err
		}
	}
}

// ClockSet makes due at once what was put off by a clock that has been set
// back since: jobs would wait for as long as it was wrong.
func (s *Store) ClockSet(ctx context.Context) error {
	for {
		var n int64
		if err := s.write(ctx, func(t *tx) (err error) {
			t.announce(app.Event{Topic: app.TopicJob})
			n, err = t.affect(ctx, `UPDATE jobs SET run_at = min(run_at, ?), begin_by = min(begin_by, ?), lease_until = CASE WHEN lease_until > ? THEN 0 ELSE lease_until END
				WHERE id IN (SELECT id FROM jobs WHERE state = 'waiting' AND (run_at > ? OR lease_until > ?) LIMIT ?)`,
				t.now, t.now.Add(urgent), t.now.Add(ahead), t.now, t.now.Add(ahead), step)
			return err
		}); err != nil || n < step {
			return err
		}
	}
}
