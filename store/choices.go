package store

import (
	"context"
	"strconv"

	"assent/app"
)

// Choice is one version of something that administrators choose while the
// service runs. What its value means is its user's to know.
type Choice struct {
	ID         int64       `db:"id"` // zero stands for "nothing was ever chosen"
	Name       string      `db:"name"`
	Value      string      `db:"value"` // JSON
	AdminID    string      `db:"admin_id"`
	At         app.Instant `db:"at"`
	BringsBack int64       `db:"brings_back"` // the version whose value it repeats; zero where it is new
	First      bool        `db:"first"`       // the installation began with it

	AdminName string `db:"admin_name"` // for lists: who that is today

	Picture *Logo `db:"-"` // that the value names; kept with the version
}

const choiceColumns = `c.id, c.name, c.value, c.admin_id, c.at, c.brings_back, c.first, coalesce(a.name, '') AS admin_name`

// Choices gives the newest version of each name that was ever chosen.
func (r *Reader) Choices(ctx context.Context) ([]Choice, error) {
	var out []Choice
	err := r.r.SelectContext(ctx, &out, `SELECT `+choiceColumns+` FROM choices c LEFT JOIN admins a ON a.id = c.admin_id
		WHERE c.id IN (SELECT max(id) FROM choices GROUP BY name) ORDER BY c.name`)
	return out, err
}

// Choice gives a version.
func (r *Reader) Choice(ctx context.Context, id int64) (Choice, error) {
	var c Choice
	err := r.r.GetContext(ctx, &c,
		`SELECT `+choiceColumns+` FROM choices c LEFT JOIN admins a ON a.id = c.admin_id WHERE c.id = ?`, id)
	return c, orElse(err, app.ErrUnknownVersion)
}

// ChoiceHistory gives the versions of all names, the newest first: those before
// a version, or from the newest on where before is zero.
func (r *Reader) ChoiceHistory(ctx context.Context, before int64, limit int) ([]Choice, error) {
	var out []Choice
	err := r.r.SelectContext(ctx, &out, `SELECT `+choiceColumns+` FROM choices c LEFT JOIN admins a ON a.id = c.admin_id
		WHERE ? = 0 OR c.id < ? ORDER BY c.id DESC LIMIT ?`, before, before, limit)
	return out, err
}

// Choose adds a version. based is the version that whoever chose had before
// their eyes, zero where there was none: another's in between is
// app.ErrChanged, and nothing is stored. The same value again is no new
// version. The audit row names what was chosen, never the value.
func (s *Store) Choose(ctx context.Context, by app.Actor, in Choice, based int64) (Choice, error) {
	err := s.write(ctx, func(t *tx) error {
		var newest Choice
		err := t.GetContext(ctx, &newest,
			`SELECT `+choiceColumns+` FROM choices c LEFT JOIN admins a ON a.id = c.admin_id
			WHERE c.name = ? ORDER BY c.id DESC LIMIT 1`, in.Name)
		if err := orElse(err, nil); err != nil {
			return err
		}
		if newest.ID != based {
			return app.ErrChanged
		}
		if newest.ID != 0 && newest.Value == in.Value {
			in = newest
			return nil
		}
		in.AdminID, in.At = by.ID, t.now
		if err := t.GetContext(ctx, &in.ID, `INSERT INTO choices (name, value, admin_id, at, brings_back)
			VALUES (?, ?, ?, ?, ?) RETURNING id`, in.Name, in.Value, in.AdminID, in.At, in.BringsBack); err != nil {
			return err
		}
		if l := in.Picture; l != nil {
			if err := t.exec(ctx,
				`INSERT INTO logos (id, png, width, height, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
				l.ID, l.PNG, l.Width, l.Height, t.now); err != nil {
				return err
			}
		}
		action, detail := "setting.change", map[string]string{"name": in.Name, "version": strconv.FormatInt(in.ID, 10)}
		if in.BringsBack != 0 {
			action, detail["brings_back"] = "setting.revert", strconv.FormatInt(in.BringsBack, 10)
		}
		return t.audit(ctx, by, entry{action: action, detail: detail})
	})
	return in, err
}

// Begin stores the choices that a new installation begins with, which no
// administrator made: once, in a database that was made for it.
func (s *Store) Begin(ctx context.Context, first []Choice) error {
	return s.write(ctx, func(t *tx) error {
		n, err := t.affect(ctx, `DELETE FROM meta WHERE key = 'first choices'`)
		if err != nil || n == 0 {
			return err
		}
		for _, c := range first {
			var id int64
			err := t.GetContext(ctx, &id, `INSERT INTO choices (name, value, admin_id, at, first) SELECT ?, ?, '', ?, 1
				WHERE NOT EXISTS (SELECT 1 FROM choices WHERE name = ?) RETURNING id`, c.Name, c.Value, t.now, c.Name)
			if err != nil {
				return orElse(err, nil)
			}
			detail := map[string]string{"name": c.Name, "version": strconv.FormatInt(id, 10)}
			if err := t.audit(ctx, app.System, entry{action: "setting.begin", detail: detail}); err != nil {
				return err
			}
		}
		return nil
	})
}

// Logo is a picture that stands for the institution.
type Logo struct {
	ID     string `db:"id" json:"id"` // hash of the bytes
	PNG    []byte `db:"png" json:"png"`
	Width  int    `db:"width" json:"width"` // pixels
	Height int    `db:"height" json:"height"`
}

// Logo gives a picture.
func (r *Reader) Logo(ctx context.Context, id string) (Logo, error) {
	var l Logo
	err := r.r.GetContext(ctx, &l, `SELECT id, png, width, height FROM logos WHERE id = ?`, id)
	return l, orElse(err, app.ErrUnknownVersion)
}
