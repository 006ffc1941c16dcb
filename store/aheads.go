package store

import (
	"time"

	"assent/app"
)

// ownerTime is longer than a consent lives.
const ownerTime = 400 * 24 * time.Hour

// aheads are what a clock wrote that ran ahead of the one that is right now: times
// of the past that lie in the future, which become now, and ends that are further
// off than they can be, which become as far off as they can. Until it were mended
// a notice would be kept quiet, or a new device wait, for as long as the clock was
// wrong.
var aheads = []due{
	{found: `backoffs WHERE denied_at > :ahead`,
		end: `UPDATE backoffs SET denied_at = :now WHERE (person_id, client_id) IN
			(SELECT person_id, client_id FROM backoffs WHERE denied_at > :ahead LIMIT :step)`},
	{found: `persons WHERE attacked_at > 0 AND attacked_at > :ahead`,
		end: `UPDATE persons SET attacked_at = :now WHERE id IN
			(SELECT id FROM persons WHERE attacked_at > 0 AND attacked_at > :ahead LIMIT :step)`},
	{found: `attackers WHERE at > :ahead`,
		end: `UPDATE attackers SET at = :now WHERE (person_id, client_id) IN
			(SELECT person_id, client_id FROM attackers WHERE at > :ahead LIMIT :step)`},
	{found: `persons WHERE suspended_at > 0 AND suspended_at > :ahead`,
		end: `UPDATE persons SET suspended_at = :now WHERE id IN
			(SELECT id FROM persons WHERE suspended_at > 0 AND suspended_at > :ahead LIMIT :step)`},
	{found: `devices WHERE suspended_at > 0 AND suspended_at > :ahead`,
		end: `UPDATE devices SET suspended_at = :now WHERE id IN
			(SELECT id FROM devices WHERE suspended_at > 0 AND suspended_at > :ahead LIMIT :step)`},
	{found: `released_identifiers WHERE released_at > :ahead`,
		end: `UPDATE released_identifiers SET released_at = :now WHERE (hash, reading, person_id) IN
			(SELECT hash, reading, person_id FROM released_identifiers WHERE released_at > :ahead LIMIT :step)`},
	{found: `endings WHERE at > :ahead OR retry_at > :retry`,
		end: `UPDATE endings SET at = min(at, :now), retry_at = min(retry_at, :now) WHERE id IN
			(SELECT id FROM endings WHERE at > :ahead OR retry_at > :retry LIMIT :step)`},
	// A device and the passkey that was made with it keep the same time: see cooling.
	{found: `devices WHERE created_at > :ahead`,
		before: `UPDATE credentials SET created_at = :now WHERE created_at > :ahead AND id IN
			(SELECT credential_id FROM (SELECT credential_id FROM devices WHERE created_at > :ahead
			ORDER BY created_at, id LIMIT :step))`,
		end: `UPDATE devices SET created_at = :now, approver_since = min(approver_since, :now) WHERE id IN
			(SELECT id FROM devices WHERE created_at > :ahead ORDER BY created_at, id LIMIT :step)`},
	{
		found: `credentials WHERE created_at > :ahead AND id NOT IN (SELECT credential_id FROM devices
			WHERE created_at > :ahead)`,
		end: `UPDATE credentials SET created_at = :now WHERE id IN (SELECT id FROM credentials WHERE created_at > :ahead
			AND id NOT IN (SELECT credential_id FROM devices WHERE created_at > :ahead) LIMIT :step)`,
	},

	{found: `mutes WHERE until > :mute + :slack`,
		end: `UPDATE mutes SET until = :mute WHERE rowid IN (SELECT rowid FROM mutes
			WHERE until > :mute + :slack LIMIT :step)`},
	{found: `devices WHERE app_until <> 0 AND app_until > :app + :slack`,
		end: `UPDATE devices SET app_until = :app WHERE id IN
			(SELECT id FROM devices WHERE app_until <> 0 AND app_until > :app + :slack LIMIT :step)`},
	{found: `invitations WHERE activation <> '' AND activated_until > :activated + :slack`,
		end: `UPDATE invitations SET activated_until = :activated WHERE id IN
			(SELECT id FROM invitations WHERE activation <> '' AND activated_until > :activated + :slack LIMIT :step)`},
	{found: `admin_links WHERE activation <> '' AND activated_until > :activated + :slack`,
		end: `UPDATE admin_links SET activated_until = :activated WHERE id IN
			(SELECT id FROM admin_links WHERE activation <> '' AND activated_until > :activated + :slack LIMIT :step)`},
	{found: `consent_owners WHERE expires_at > :owner + :slack`,
		end: `UPDATE consent_owners SET expires_at = :owner WHERE rowid IN
			(SELECT rowid FROM consent_owners WHERE expires_at > :owner + :slack LIMIT :step)`},
	{found: `sessions WHERE expires_at > :session`,
		end: `DELETE FROM sessions WHERE token IN (SELECT token FROM sessions
			WHERE expires_at > :session LIMIT :step)`},
	{found: `imports WHERE state IN ('uploaded', 'running') AND leased_until > :lease`,
		end: `UPDATE imports SET lease = '', lease_process = '', leased_until = 0 WHERE id IN
			(SELECT id FROM imports WHERE state IN ('uploaded', 'running') AND leased_until > :lease LIMIT :step)`},

	// What has a beginning and an end begins now, and lasts as long as it was to.
	{found: `jobs WHERE created_at > :ahead`,
		end: `UPDATE jobs SET run_at = min(run_at, :now), begin_by = min(begin_by, :now + 60000), deadline = deadline - (created_at - :now),
			lease_until = CASE WHEN lease_until > :ahead THEN 0 ELSE lease_until END, created_at = :now
			WHERE id IN (SELECT id FROM jobs WHERE created_at > :ahead LIMIT :step)`,
		topic: app.TopicJob},
	{found: `invitations WHERE used_at = 0 AND ended_at = 0 AND created_at > :ahead`,
		end: `UPDATE invitations SET expires_at = expires_at - (created_at - :now), created_at = :now, ended_at = 0
			WHERE id IN
			(SELECT id FROM invitations WHERE used_at = 0 AND ended_at = 0 AND created_at > :ahead LIMIT :step)
			RETURNING person_id`, people: true},
	{found: `admin_links WHERE used_at = 0 AND ended_at = 0 AND created_at > :ahead`,
		end: `UPDATE admin_links SET expires_at = expires_at - (created_at - :now), created_at = :now WHERE id IN
			(SELECT id FROM admin_links WHERE used_at = 0 AND ended_at = 0 AND created_at > :ahead LIMIT :step)`},
	{found: `identifier_moves WHERE moved_at > :ahead AND ended_at = 0`,
		end: `UPDATE identifier_moves SET ends_at = ends_at - (moved_at - :now), moved_at = :now WHERE id IN
			(SELECT id FROM identifier_moves WHERE moved_at > :ahead AND ended_at = 0 LIMIT :step)`},
	// An ending counts for those alone that end after it: it is mended first.
	{found: `requests ` + requestsAhead,
		end: `UPDATE requests SET expires_at = expires_at - (created_at - :now), created_at = :now WHERE id IN
			(SELECT id FROM requests ` + requestsAhead + ` LIMIT :step)`},
}

// requestsAhead are pending requests that a clock which ran ahead took in.
const requestsAhead = `WHERE state = 'pending' AND created_at > :ahead
	AND NOT EXISTS (SELECT 1 FROM endings e WHERE e.person_id = requests.person_id AND e.at > :now)`
