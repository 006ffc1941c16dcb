package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"assent/app"
	"assent/app/identifier"
)

// PersonRecord is what a row of a file says of a person. The identifiers and
// companies are some of theirs; an empty state leaves it as it is.
type PersonRecord struct {
	Name        string
	Identifiers []app.Identifier
	Companies   []string
	State       app.PersonState
	// Seen is what the check found that the row does, and Print to whom: a row that
	// would do something else is left out. Empty where there was no check.
	Seen  What
	Print [PrintSize]byte
}

// PersonFound is what the store has of a record.
type PersonFound struct {
	Outcome
	person      app.Person
	identifiers []app.Identifier // that they lack
	companies   []string         // that they lack
}

// FindRecords tells what bringing people to what rows say would do, each row
// for itself.
func (r *Reader) FindRecords(ctx context.Context, rows []PersonRecord) ([]PersonFound, error) {
	return r.findRecords(ctx, r.r, rows)
}

// findRecords asks for all rows at once: a list as one JSON text is one
// parameter, and the driver binds n parameters in n² time.
func (r *Reader) findRecords(ctx context.Context, q sqlx.QueryerContext, rows []PersonRecord) ([]PersonFound, error) {
	var pairs [][2]string
	for _, row := range rows {
		for _, id := range row.Identifiers {
			pairs = append(pairs, [2]string{string(id.Kind), id.Norm})
		}
	}
	var have []struct {
		app.Person
		Kind string `db:"kind"`
		Norm string `db:"norm"`
	}
	if err := selectJSON(ctx, q, &have, `SELECT i.kind, i.norm, p.id, p.name, p.state FROM json_each(?) j
		CROSS JOIN identifiers i ON i.kind = j.value ->> 0 AND i.norm = j.value ->> 1 CROSS
		JOIN persons p ON p.id = i.person_id`,
		pairs); err != nil {
		return nil, err
	}
	owner := make(map[[2]string]app.Person, len(have))
	for _, h := range have {
		owner[[2]string{h.Kind, h.Norm}] = h.Person
	}
	out := make([]PersonFound, len(rows))
	var acts [][2]string
	for i, row := range rows {
		f := &out[i]
		for _, id := range row.Identifiers {
			switch p, known := owner[[2]string{string(id.Kind), id.Norm}]; {
			case !known:
				f.identifiers = append(f.identifiers, id)
			case f.PersonID == "":
				f.person, f.PersonID = p, p.ID
			case f.PersonID != p.ID:
				f.What, f.Fault = Faulty, FaultTwoPeople
			}
		}
		if f.PersonID != "" {
			for _, c := range row.Companies {
				acts = append(acts, [2]string{f.PersonID, c})
			}
		}
	}
	acting := map[[2]string]bool{}
	if len(acts) > 0 {
		var have []struct {
			Person string `db:"person_id"`
			CNPJ   string `db:"cnpj"`
		}
		if err := selectJSON(ctx, q, &have, `SELECT c.person_id, c.cnpj FROM json_each(?) j
			CROSS JOIN companies c ON c.person_id = j.value ->> 0 AND c.cnpj = j.value ->> 1`, acts); err != nil {
			return nil, err
		}
		for _, h := range have {
			acting[[2]string{h.Person, h.CNPJ}] = true
		}
	}
	if err := r.refuseNew(ctx, q, out); err != nil {
		return nil, err
	}
	for i, row := range rows {
		f := &out[i]
		for _, c := range row.Companies {
			if !acting[[2]string{f.PersonID, c}] {
				f.companies = append(f.companies, c)
			}
		}
		switch {
		case f.Fault != "":
		case f.PersonID == "":
			f.What = Added
		case len(f.changes(row)) > 0:
			f.What = Changed
		default:
			f.What = Unchanged
		}
	}
	return out, nil
}

// refuseNew makes rows faulty whose new identifiers pose as something else,
// could be taken for another person's, or were another person's until lately.
func (r *Reader) refuseNew(ctx context.Context, q sqlx.QueryerContext, rows []PersonFound) error {
	var ids []app.Identifier
	var of []*PersonFound
	for i := range rows {
		f := &rows[i]
		if f.Fault != "" {
			continue
		}
		for _, id := range f.identifiers {
			if as, poses := identifier.Poses(id); poses {
				f.refuse(FaultPoses+string(as), id)
				break
			}
			ids, of = append(ids, id), append(of, f)
		}
	}
	found, err := others(ctx, q, ids)
	if err != nil {
		return err
	}
	for _, o := range found {
		if f := of[o.Of]; o.PersonID != f.PersonID && f.Fault == "" {
			f.refuse(FaultMistaken, ids[o.Of])
		}
	}
	from, err := r.releasedBy(ctx, q, ids)
	for i, person := range from {
		if f := of[i]; person != "" && person != f.PersonID && f.Fault == "" {
			f.refuse(FaultMoves, ids[i])
		}
	}
	return err
}

// refuse makes a row faulty by one of its identifiers.
func (f *PersonFound) refuse(fault string, id app.Identifier) {
	f.What, f.Fault, f.Value = Faulty, fault, string(id.Kind)+":"+id.Value
}

// changes are what a row changes of somebody who is there.
func (f PersonFound) changes(row PersonRecord) []string {
	var out []string
	if f.person.Name != row.Name {
		out = append(out, "name")
	}
	if len(f.identifiers) > 0 {
		out = append(out, "identifiers")
	}
	if len(f.companies) > 0 {
		out = append(out, "companies")
	}
	if row.State != "" && f.person.State != row.State {
		out = append(out, "state")
	}
	return out
}

func selectJSON(ctx context.Context, q sqlx.QueryerContext, into any, query string, list any) error {
	b, err := json.Marshal(list)
	if err != nil {
		return err
	}
	return sqlx.SelectContext(ctx, q, into, query, string(b))
}

// putPeople brings people to what rows say. A row that takes what an earlier one
// of the batch has taken is faulty.
func (t *tx) putPeople(ctx context.Context, by app.Actor, importID string, rows []PersonRecord) ([]Outcome, error) {
	found, err := t.store.findRecords(ctx, t, rows)
	if err != nil {
		return nil, err
	}
	hasDevices, err := t.store.devicesOf(ctx, t, peopleOf(found))
	if err != nil {
		return nil, err
	}
	out := make([]Outcome, len(rows))
	taken := map[string]bool{}
	var added []entry
	var persons, words, identifiers, companies [][]any
	var read []app.Identifier
	for i, row := range rows {
		f := found[i]
		switch {
		case f.PersonID == "" && (row.Seen == Changed || row.Seen == Unchanged):
			f.What, f.Fault, f.Value = Faulty, FaultGone, ""
		case row.Seen != "" && (f.What == Added || f.What == Changed) && f.Print(row) != row.Print:
			f.What, f.Fault, f.Value = Faulty, FaultDiffers, ""
		case f.What != Faulty && f.takes(row, taken):
			f.What, f.Fault = Faulty, FaultTwice
		}
		id := f.PersonID
		if f.What == Added {
			id = app.NewID()
			sort := sortOf(row.Name)
			persons = append(persons, []any{id, row.Name, cmp.Or(row.State, app.PersonActive), t.now, sort})
			for _, w := range nameWords(row.Name) {
				words = append(words, []any{w, sort, id})
			}
		}
		out[i] = Outcome{What: f.What, PersonID: id, Fault: f.Fault, Value: f.Value}
		if f.What == Added {
			added = append(added,
				entry{action: "person.add", person: id, detail: map[string]string{"import": importID}})
		}
		if f.What != Added && f.What != Changed {
			continue
		}
		for _, d := range f.identifiers {
			identifiers = append(identifiers, []any{d.Kind, d.Norm, d.Value, id})
			read = append(read, d)
		}
		for _, c := range f.companies {
			companies = append(companies, []any{id, c})
		}
		if f.What == Changed {
			if hasDevices[id] {
				if err := t.tellIdentity(ctx, by, id, f.news()); err != nil {
					return nil, err
				}
			}
			if err := t.changePerson(ctx, by, importID, f, row); err != nil {
				return nil, err
			}
		}
	}
	for _, in := range []struct {
		table    string
		columns  []string
		rows     [][]any
		conflict string
	}{
		{"persons", []string{"id", "name", "state", "created_at", "sort"}, persons, ""},
		{"person_words", []string{"word", "sort", "person_id"}, words, ""},
		{"identifiers", []string{"kind", "norm", "value", "person_id"}, identifiers, ""},
		{"companies", []string{"person_id", "cnpj"}, companies, "ON CONFLICT DO NOTHING"},
	} {
		if err := t.insertAll(ctx, in.table, in.columns, in.rows, in.conflict); err != nil {
			return nil, err
		}
	}
	if err := t.countPeople(ctx, len(persons)); err != nil {
		return nil, err
	}
	if err := t.keepReadings(ctx, read); err != nil {
		return nil, err
	}
	return out, t.auditAll(ctx, by, added)
}

// peopleOf are the people whom rows change.
func peopleOf(found []PersonFound) []string {
	var out []string
	for _, f := range found {
		if f.What == Changed {
			out = append(out, f.PersonID)
		}
	}
	return out
}

// news is what the person of a row is to be told.
func (f PersonFound) news() identityChange {
	c := identityChange{CompaniesAdded: len(f.companies)}
	for _, id := range f.identifiers {
		c.Added = append(c.Added, id.Kind)
	}
	return c
}

// takes tells whether an earlier row has taken what this one would, and takes it.
func (f PersonFound) takes(row PersonRecord, taken map[string]bool) bool {
	k := f.Keys(row)
	return k.clash(func(key string) bool { return taken[key] }, func(key string) { taken[key] = true })
}

// readAs is before the keys of what an identifier can be read as.
const readAs = "\x00as\x00"

// Keys are what no two rows of a file may both have: the person, and the
// identifiers that are new, in any reading.
func (f PersonFound) Keys(row PersonRecord) LineKeys {
	var k LineKeys
	if f.PersonID != "" {
		k.Keys = append(k.Keys, personKey(f.PersonID))
	}
	for _, id := range f.identifiers {
		k.Keys = append(k.Keys, identifierKeyOf(id))
		for _, a := range identifier.Also(id) {
			k.Sought = append(k.Sought, string(a.Kind)+"\x00"+a.Norm)
		}
		for _, s := range identifier.Sought(id) {
			k.Sought = append(k.Sought, readAs+string(s.Kind)+"\x00"+s.Norm)
		}
		for _, r := range identifier.Kept(id) {
			k.Left = append(k.Left, readAs+string(r.Kind)+"\x00"+r.Norm)
		}
	}
	return k
}

// changePerson changes name and state of somebody, and records all that changes.
func (t *tx) changePerson(ctx context.Context, by app.Actor, importID string, f PersonFound, row PersonRecord) error {
	changes := f.changes(row)
	if slices.Contains(changes, "name") {
		if err := t.exec(ctx, `UPDATE persons SET name = ? WHERE id = ?`, row.Name, f.PersonID); err != nil {
			return err
		}
		if err := t.indexName(ctx, f.PersonID, row.Name); err != nil {
			return err
		}
	}
	t.announce(app.Event{Topic: app.TopicDevice, PersonID: f.PersonID})
	if at := slices.Index(changes, "state"); at >= 0 {
		changes = slices.Delete(changes, at, at+1)
		if err := t.exec(ctx, `UPDATE persons SET state = ? WHERE id = ?`, row.State, f.PersonID); err != nil {
			return err
		}
		if row.State == app.PersonSuspended {
			if err := t.suspended(ctx, by, f.PersonID); err != nil {
				return err
			}
		}
		if err := t.audit(ctx, by,
			entry{
				action: "person." + string(row.State),
				person: f.PersonID,
				detail: map[string]string{"import": importID},
			}); err != nil {
			return err
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return t.audit(ctx, by,
		entry{
			action: "person.edit",
			person: f.PersonID,
			detail: map[string]string{"import": importID, "changed": strings.Join(changes, " ")},
		})
}

// ExportedPerson is a person as an export has them.
type ExportedPerson struct {
	ID          string          `db:"id"`
	Name        string          `db:"name"`
	State       app.PersonState `db:"state"`
	Identifiers []app.Identifier
	Companies   []string
}

// ExportPeople gives people in the order of their ids, behind after, at most limit.
func (r *Reader) ExportPeople(ctx context.Context, after string, limit int) ([]ExportedPerson, error) {
	var out []ExportedPerson
	if err := r.r.SelectContext(ctx, &out,
		`SELECT id, name, state FROM persons WHERE erased_at = 0 AND id > ? ORDER BY id LIMIT ?`, after,
		limit); err != nil ||
		len(out) == 0 {
		return nil, err
	}
	at := make(map[string]*ExportedPerson, len(out))
	for i := range out {
		at[out[i].ID] = &out[i]
	}
	first, last := out[0].ID, out[len(out)-1].ID
	var ids []struct {
		app.Identifier
		PersonID string `db:"person_id"`
	}
	if err := r.r.SelectContext(ctx, &ids,
		`SELECT person_id, kind, value, norm FROM identifiers WHERE person_id BETWEEN ? AND ?
			ORDER BY person_id, kind, norm`,
		first, last); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if p := at[id.PersonID]; p != nil {
			p.Identifiers = append(p.Identifiers, id.Identifier)
		}
	}
	var acts []struct {
		PersonID string `db:"person_id"`
		CNPJ     string `db:"cnpj"`
	}
	if err := r.r.SelectContext(ctx, &acts,
		`SELECT person_id, cnpj FROM companies WHERE person_id BETWEEN ? AND ? ORDER BY person_id, cnpj`, first,
		last); err != nil {
		return nil, err
	}
	for _, c := range acts {
		if p := at[c.PersonID]; p != nil {
			p.Companies = append(p.Companies, c.CNPJ)
		}
	}
	return out, nil
}

// PeopleExported records that people left the service.
func (s *Store) PeopleExported(ctx context.Context, by app.Actor) error {
	return s.write(ctx, func(t *tx) error { return t.audit(ctx, by, entry{action: "person.export"}) })
}
