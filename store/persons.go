package store

import (
	"context"
	"slices"
	"strings"

	"assent/app"
)

// EditPerson brings a person's name, identifiers and companies to what is said.
// An identifier that someone else has, or that could be taken for one of theirs,
// is an *app.IdentifierRefusal; those that the person has stay. Saying what is so already
// changes nothing, and gives false.
func (s *Store) EditPerson(ctx context.Context, by app.Actor, id, name string, ids []app.Identifier, companies []string,
	allow ...Allow) (changed bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		var was []string
		changed, was = false, nil
		p, err := t.living(ctx, id)
		if err != nil {
			return err
		}
		if p.Name != name {
			if err := t.exec(ctx, `UPDATE persons SET name = ? WHERE id = ?`, name, id); err != nil {
				return err
			}
			if err := t.indexName(ctx, id, name); err != nil {
				return err
			}
			was = append(was, "name")
		}
		var news identityChange
		moved, err := t.setIdentifiers(ctx, by, id, ids, allow, &news)
		if err != nil {
			return err
		}
		if moved {
			was = append(was, "identifiers")
		}
		if err := t.setCompanies(ctx, id, companies, &news); err != nil {
			return err
		}
		if news.CompaniesAdded+news.CompaniesRemoved > 0 {
			was = append(was, "companies")
		}
		if changed = len(was) > 0; !changed {
			return nil
		}
		if err := t.tellIdentity(ctx, by, id, news); err != nil {
			return err
		}
		t.announce(app.Event{Topic: app.TopicDevice, PersonID: id})
		return t.audit(ctx, by,
			entry{action: "person.edit", person: id, detail: map[string]string{"changed": strings.Join(was, " ")}})
	})
	return changed, err
}

// living gives a person who wasn't erased.
func (t *tx) living(ctx context.Context, id string) (app.Person, error) {
	var p app.Person
	err := t.GetContext(ctx, &p, `SELECT `+personColumns+` FROM persons WHERE id = ? AND erased_at = 0`, id)
	return p, orElse(err, app.ErrUnknownPerson)
}

// setIdentifiers brings a person's identifiers to ids, and notes in news what the
// person is to be told: a move tells them by itself. One that is only written
// otherwise stays the same.
func (t *tx) setIdentifiers(ctx context.Context, by app.Actor, personID string, ids []app.Identifier, allow []Allow,
	news *identityChange) (changed bool, err error) {
	var have []app.Identifier
	if err := t.SelectContext(ctx, &have, `SELECT kind, value, norm FROM identifiers WHERE person_id = ?`,
		personID); err != nil {
		return false, err
	}
	for _, old := range have {
		if slices.ContainsFunc(ids, old.Same) {
			continue
		}
		changed = true
		news.Removed = append(news.Removed, old.Kind)
		if err := t.release(ctx, personID, []app.Identifier{old}); err != nil {
			return changed, err
		}
		if err := t.exec(ctx, `DELETE FROM identifiers WHERE kind = ? AND norm = ? AND person_id = ?`, old.Kind,
			old.Norm, personID); err != nil {
			return changed, err
		}
	}
	for i, id := range ids {
		if slices.Contains(have, id) || slices.ContainsFunc(ids[:i], id.Same) {
			continue
		}
		changed = true
		if slices.ContainsFunc(have, id.Same) {
			err = t.exec(ctx, `UPDATE identifiers SET value = ? WHERE kind = ? AND norm = ? AND person_id = ?`,
				id.Value, id.Kind, id.Norm, personID)
		} else {
			var moved bool
			moved, err = t.addIdentifier(ctx, by, personID, id, allow)
			if !moved {
				news.Added = append(news.Added, id.Kind)
			}
		}
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// setCompanies brings a person's companies to those, and counts in news what
// that adds and removes.
func (t *tx) setCompanies(ctx context.Context, personID string, companies []string, news *identityChange) error {
	var have []string
	if err := t.SelectContext(ctx, &have, `SELECT cnpj FROM companies WHERE person_id = ?`, personID); err != nil {
		return err
	}
	for _, old := range have {
		if slices.Contains(companies, old) {
			continue
		}
		news.CompaniesRemoved++
		if err := t.exec(ctx, `DELETE FROM companies WHERE person_id = ? AND cnpj = ?`, personID, old); err != nil {
			return err
		}
	}
	for i, c := range companies {
		if slices.Contains(have, c) || slices.Contains(companies[:i], c) {
			continue
		}
		news.CompaniesAdded++
		if err := t.exec(ctx, `INSERT INTO companies (person_id, cnpj) VALUES (?, ?)`, personID, c); err != nil {
			return err
		}
	}
	return nil
}
