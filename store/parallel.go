package store

import (
	"context"
	"encoding/json"
	"time"
)

// endedWithin is how long before a request another one of its client may have
// started that ended while the request waited: the longest that a CIBA request
// lives. One that waits still counts whenever it started.
const endedWithin = 24 * time.Hour

// besideIt finds the requests w that waited beside another one of their client.
// A unary + keeps SQLite to the indexes that begin with the person: those that
// begin with the client, or with the state, hold far more than a person's own.
var besideIt = `EXISTS (SELECT 1 FROM requests WHERE requests.person_id = w.person_id
	AND requests.client_id = w.client_id
		AND requests.id <> w.id AND requests.kind <> 'test' AND ` + waiting + ` AND +requests.expires_at > w.created_at)
	OR EXISTS (SELECT 1 FROM requests WHERE requests.person_id = w.person_id AND +requests.client_id = w.client_id
		AND requests.id <> w.id AND requests.kind <> 'test' AND requests.created_at > w.created_at - ?
		AND ` + decidedAtNow + ` > max(requests.created_at, w.created_at))`

var parallelQuery = `SELECT w.id FROM json_each(?) j CROSS JOIN requests w ON w.id = j.value WHERE w.kind <> 'test'
	AND (` +
	besideIt + `)`

// Parallel tells which of these waiting requests have waited for their person
// beside another request of the same client, at any time: that stays so once the
// other one has ended. Tests of a device don't count.
func (r *Reader) Parallel(ctx context.Context, ids []string) (map[string]bool, error) {
	out := map[string]bool{}
	if len(ids) == 0 {
		return out, nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	var found []string
	err = r.r.SelectContext(ctx, &found, parallelQuery, string(list), endedWithin.Milliseconds())
	for _, id := range found {
		out[id] = true
	}
	return out, err
}
