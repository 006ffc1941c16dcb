package store

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"assent/app"
	"assent/app/fold"
)

// Which sorts people by how they stand.
type Which string

// The choices of a list. Everybody is everybody who wasn't erased.
const (
	Everybody Which = ""
	Enrolled  Which = "enrolled"  // with a device that can sign
	Unheard   Which = "unheard"   // with one, and none that is notified
	Bare      Which = "bare"      // without one
	Invited   Which = "invited"   // with a link that still works
	Suspended Which = "suspended" // by an administrator
	Paused    Which = "paused"    // by a report of theirs
	Attacked  Which = "attacked"  // within app.AttackWindow
)

// conditions are the choices as SQL, worded as their partial indexes are.
var conditions = map[Which]string{
	Everybody: "",
	Enrolled:  " AND p.standing <> 'none'",
	Unheard:   " AND p.standing = 'deaf'",
	Bare:      " AND p.standing = 'none'",
	Invited:   " AND p.invited_until > 0 AND p.invited_until > :now",
	Suspended: " AND p.state = 'suspended'",
	Paused:    " AND p.paused_at > 0",
	Attacked: " AND p.attacked_at > 0 AND p.attacked_at > :now - " +
		strconv.FormatInt(app.AttackWindow.Milliseconds(), 10),
}

// Found is a person in a list.
type Found struct {
	app.Person
	Standing     app.Standing `db:"standing"`
	InvitedUntil app.Instant  `db:"invited_until"` // a link of theirs works until then, if that is to come
	Identifiers  Identifiers  `db:"identifiers"`   // the first few
	Devices      int          `db:"devices"`
	Sort         string       `db:"sort"` // the name as it is sorted
	Word         string       `db:"word"` // of the name, that was found
}

// Identifiers are those of a person in a list, in their written forms alone.
type Identifiers []app.Identifier

// Scan reads them from the JSON that SQLite makes of them.
func (ids *Identifiers) Scan(src any) error {
	text, ok := src.(string)
	if !ok {
		return fmt.Errorf("identifiers as %T", src)
	}
	*ids = nil
	return json.Unmarshal([]byte(text), ids)
}

// place is where a page ended.
type place struct {
	Word string      `json:"w,omitempty"`
	Sort string      `json:"s,omitempty"`
	At   app.Instant `json:"t,omitempty"`
	ID   string      `json:"i"`
}

func (p place) String() string {
	b, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

func placeOf(text string) (p place, err error) {
	if text == "" {
		return p, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(b, &p)
	}
	if err != nil {
		return p, app.ErrMalformed.In("after").Because(err)
	}
	return p, nil
}

const foundColumns = `p.id, p.name, p.state, p.lang, p.zone, p.created_at, p.paused_at, p.pause_scope, p.standing, p.invited_until, p.sort,
	(SELECT count(*) FROM devices d WHERE d.person_id = p.id AND d.state <> 'removed') AS devices,
	(SELECT json_group_array(json_object('kind', kind, 'value', value)) FROM (SELECT kind, value FROM identifiers
	WHERE person_id = p.id ORDER BY kind, norm LIMIT 4)) AS identifiers`

// FindPeople lists the people whose names have words that begin as those of
// text do, all of them; without text, everybody. A list is in the order of the
// names; one that was searched is in the order of the word that was found, so
// that every page is read off an index. after is what the page before gave as
// next, or empty; next is empty after the last page.
func (r *Reader) FindPeople(ctx context.Context, text string, which Which, after string,
	limit int) (found []Found, next string, err error) {
	from, err := placeOf(after)
	if err != nil {
		return nil, "", err
	}
	query, args := peopleQuery(text, which, from, r.Now(), limit+1)
	if query == "" {
		return nil, "", nil
	}
	if found, err = r.found(ctx, query, args); err != nil || len(found) <= limit {
		return found, "", err
	}
	last := found[limit-1]
	return found[:limit], place{Word: last.Word, Sort: last.Sort, ID: last.ID}.String(), nil
}

// peopleQuery is empty where text has nothing to look for.
func peopleQuery(text string, which Which, from place, now app.Instant, limit int) (string, map[string]any) {
	args := map[string]any{"now": now, "word": from.Word, "sort": from.Sort, "id": from.ID, "limit": limit}
	words := fold.Query(text)
	words = words[:min(len(words), mostWords)]
	switch {
	case len(words) > 0:
		return searchQuery(words, which, args), args
	case text != "":
		return "", nil
	}
	return `SELECT ` + foundColumns +
		`, '' AS word FROM persons p WHERE p.erased_at = 0 AND (p.sort, p.id) > (:sort, :id)` +
		conditions[which] + ` ORDER BY p.sort, p.id LIMIT :limit`, args
}

// searchQuery reads the longest word off its index and looks the others up.
func searchQuery(words []string, which Which, args map[string]any) string {
	slices.SortStableFunc(words, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	args["from"], args["to"] = words[0], words[0]+beyond
	query := `SELECT ` + foundColumns + `, w.word FROM person_words w CROSS JOIN persons p ON p.id = w.person_id
		WHERE w.word >= :from AND w.word < :to AND (w.word, w.sort, w.person_id) > (:word, :sort, :id)
		AND p.erased_at = 0` +
		conditions[which]
	for i, w := range words[1:] {
		from, to := fmt.Sprintf("from%d", i), fmt.Sprintf("to%d", i)
		query += fmt.Sprintf(` AND EXISTS (SELECT 1 FROM person_words o WHERE o.person_id = p.id AND o.word >= :%s
			AND o.word < :%s)`,
			from, to)
		args[from], args[to] = w, w+beyond
	}
	return query + ` ORDER BY w.word, w.sort, w.person_id LIMIT :limit`
}

// beyond, behind a prefix, comes after everything that begins with it.
const beyond = "\U0010ffff"

// Standing tells how a person stands, and until when a link of theirs works.
func (r *Reader) Standing(ctx context.Context, personID string) (s app.Standing, invitedUntil app.Instant, err error) {
	var row struct {
		Standing     app.Standing `db:"standing"`
		InvitedUntil app.Instant  `db:"invited_until"`
	}
	err = r.r.GetContext(ctx, &row, `SELECT standing, invited_until FROM persons WHERE id = ?`, personID)
	return row.Standing, row.InvitedUntil, orElse(err, app.ErrUnknownPerson)
}

// PeopleByIdentifier lists the people with an identifier that begins with one of
// norms, which are normalised as people's identifiers are: at most limit.
func (r *Reader) PeopleByIdentifier(ctx context.Context, norms []string, which Which, limit int) ([]Found, error) {
	var out []Found
	for _, n := range norms {
		found, err := r.found(ctx, `SELECT `+foundColumns+`, '' AS word FROM
			(SELECT DISTINCT i.person_id FROM identifiers i JOIN persons p ON p.id = i.person_id
				WHERE i.norm >= :from AND i.norm < :to AND p.erased_at = 0`+conditions[which]+
			` ORDER BY i.norm LIMIT :limit) m
			JOIN persons p ON p.id = m.person_id`,
			map[string]any{"now": r.Now(), "from": n, "to": n + beyond, "limit": limit})
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if len(out) < limit && !slices.ContainsFunc(out, func(o Found) bool { return o.ID == f.ID }) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

// PeopleWith lists the people who have any of the identifiers, whole.
func (r *Reader) PeopleWith(ctx context.Context, ids []app.Identifier, which Which) ([]Found, error) {
	var out []Found
	for _, id := range ids {
		found, err := r.found(ctx,
			`SELECT `+foundColumns+`, '' AS word FROM identifiers m JOIN persons p ON p.id = m.person_id
			WHERE m.kind = :kind AND m.norm = :norm AND p.erased_at = 0`+conditions[which],
			map[string]any{"now": r.Now(), "kind": id.Kind, "norm": id.Norm})
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if !slices.ContainsFunc(out, func(o Found) bool { return o.ID == f.ID }) {
				out = append(out, f)
			}
		}
	}
	return out, nil
}

func (r *Reader) found(ctx context.Context, query string, args map[string]any) ([]Found, error) {
	query, list, err := r.r.BindNamed(query, args)
	if err != nil {
		return nil, err
	}
	var out []Found
	return out, r.r.SelectContext(ctx, &out, query, list...)
}

// mostWords of a name or a search that count.
const mostWords = 24

// nameWords are the words of a name as they are searched.
func nameWords(name string) []string {
	words := fold.Words(name)
	return words[:min(len(words), mostWords)]
}

// sortOf is a name as it is sorted; what has no letters comes last.
func sortOf(name string) string {
	return cmp.Or(strings.Join(strings.Fields(fold.Text(name)), " "), "\uffee")
}

// indexName keeps a person's name where it is searched.
func (t *tx) indexName(ctx context.Context, id, name string) error {
	sort := sortOf(name)
	if err := t.exec(ctx, `UPDATE persons SET sort = ? WHERE id = ?`, sort, id); err != nil {
		return err
	}
	if err := t.exec(ctx, `DELETE FROM person_words WHERE person_id = ?`, id); err != nil {
		return err
	}
	for _, w := range nameWords(name) {
		if err := t.exec(ctx, `INSERT INTO person_words (word, sort, person_id) VALUES (?, ?, ?)`, w, sort,
			id); err != nil {
			return err
		}
	}
	return nil
}

// indexBatch is how many names are indexed in one transaction.
const indexBatch = 1000

// indexNames indexes the people of a database from before there was an index.
func (s *Store) indexNames(ctx context.Context) error {
	for {
		var batch []app.Person
		err := s.writeAlone(ctx, func(t *tx) error {
			if err := t.SelectContext(ctx, &batch,
				`SELECT id, name FROM persons WHERE sort = '' AND erased_at = 0 LIMIT ?`, indexBatch); err != nil {
				return err
			}
			for _, p := range batch {
				if err := t.indexName(ctx, p.ID, p.Name); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || len(batch) < indexBatch {
			return err
		}
	}
}
