package store

import (
	"context"

	"assent/app"
)

// StartSetting is a setting that protects, as it was at a start.
type StartSetting struct {
	Name  string      `db:"name"` // its variable, and the connection that it is of
	Value string      `db:"value"`
	Fixed bool        `db:"fixed"` // set where the service is started, not left to the console
	At    app.Instant `db:"at"`    // of that start
}

// StartChange is a setting that counts otherwise since a start.
type StartChange struct {
	Name, From, To string
	Looser         bool // it protects less, or whether it does can't be told
}

// StartSettings gives the settings of the last start by name; none before the
// first that stored them.
func (r *Reader) StartSettings(ctx context.Context) (map[string]StartSetting, error) {
	var rows []StartSetting
	err := r.r.SelectContext(ctx, &rows, `SELECT name, value, fixed, at FROM start_settings`)
	out := map[string]StartSetting{}
	for _, row := range rows {
		out[row.Name] = row
	}
	return out, err
}

// Started stores the settings of a start in the place of those of the last, with
// a row of the audit for each that changed: setting.loosen where it protects
// less, else setting.start. Only who holds the lock of the data directory
// starts, so that none comes between reading and storing.
func (s *Store) Started(ctx context.Context, by app.Actor, now []StartSetting, changes []StartChange) error {
	return s.write(ctx, func(t *tx) error {
		for _, c := range changes {
			e := entry{action: "setting.start"}
			if c.Looser {
				e = entry{action: "setting.loosen"}
			}
			e.detail = map[string]string{"setting": c.Name, "from": c.From, "to": c.To}
			if err := t.audit(ctx, by, e); err != nil {
				return err
			}
		}
		if err := t.exec(ctx, `DELETE FROM start_settings`); err != nil {
			return err
		}
		for _, one := range now {
			if err := t.exec(ctx, `INSERT INTO start_settings (name, value, fixed, at) VALUES (?, ?, ?, ?)`,
				one.Name, one.Value, one.Fixed, t.now); err != nil {
				return err
			}
		}
		return nil
	})
}
