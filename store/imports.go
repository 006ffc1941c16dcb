package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"strconv"
	"time"

	"assent/app"
)

// ImportKind is what a file holds.
type ImportKind string

// The kinds of file.
const (
	ImportPeople   ImportKind = "people"
	ImportAccounts ImportKind = "accounts"
)

// ImportState is how far an import is.
type ImportState string

// The states of an import. An uploaded one is being checked, or waits for it.
const (
	ImportUploaded  ImportState = "uploaded"
	ImportChecked   ImportState = "checked"
	ImportRunning   ImportState = "running"
	ImportDone      ImportState = "done"
	ImportFailed    ImportState = "failed"
	ImportCancelled ImportState = "cancelled"
)

// Import is a file that is brought in.
type Import struct {
	ID     string      `db:"id"`
	Kind   ImportKind  `db:"kind"` // empty until it was looked at
	State  ImportState `db:"state"`
	File   string      `db:"file"`   // its name, where it came from
	Size   int64       `db:"size"`   // in bytes
	Digest string      `db:"digest"` // SHA-256 of the file as it was uploaded, hexadecimal
	// SHA-256 of what the check wrote down, hexadecimal; empty until it was checked
	Findings  string        `db:"findings"`
	Lang      string        `db:"lang"` // of the result, BCP 47
	ActorKind app.ActorKind `db:"actor_kind"`
	ActorID   string        `db:"actor_id"` // who started it, or before that who uploaded it
	Source    string        `db:"source"`

	Rows          int64  `db:"rows"` // of the file, as far as it was looked at
	SeenAdded     int64  `db:"seen_added"`
	SeenChanged   int64  `db:"seen_changed"`
	SeenUnchanged int64  `db:"seen_unchanged"`
	SeenFaulty    int64  `db:"seen_faulty"`
	States        int64  `db:"states"` // rows that say whether somebody is suspended
	Faults        string `db:"faults"` // the first of them, as the importer writes them

	Position  int64  `db:"position"` // bytes of the file that are behind it
	Done      int64  `db:"done"`     // rows
	Added     int64  `db:"added"`
	Changed   int64  `db:"changed"`
	Unchanged int64  `db:"unchanged"`
	Faulty    int64  `db:"faulty"`
	Result    int64  `db:"result"` // bytes of the result file that count
	Cause     string `db:"cause"`  // why it failed, as the importer writes it

	Lease       string      `db:"lease"`
	LeasedUntil app.Instant `db:"leased_until"`
	CreatedAt   app.Instant `db:"created_at"`
	StartedAt   app.Instant `db:"started_at"`
	EndedAt     app.Instant `db:"ended_at"`
	SweptAt     app.Instant `db:"swept_at"` // its files are gone since
}

// By is the actor whose import it is.
func (i Import) By() app.Actor {
	return app.Actor{Kind: i.ActorKind, ID: i.ActorID, Source: i.Source}
}

// named adds to an audit row's detail which import and which file it is.
func (i Import) named(detail map[string]string) map[string]string {
	out := map[string]string{"import": i.ID, "bytes": strconv.FormatInt(i.Size, 10), "sha256": i.Digest}
	maps.Copy(out, detail)
	return out
}

const importColumns = `id, kind, state, file, size, digest, findings, lang, actor_kind, actor_id, source, rows, seen_added, seen_changed, seen_unchanged, seen_faulty,
	states, faults, position, done, added, changed, unchanged, faulty, result, cause, lease, leased_until, created_at, started_at, ended_at, swept_at`

// AddImport stores an import whose file was uploaded. With a lease it is for
// whoever has that alone to work on.
func (s *Store) AddImport(ctx context.Context, by app.Actor, im Import, lease string,
	held time.Duration) (Import, error) {
	im.State, im.ActorKind, im.ActorID, im.Source = ImportUploaded, by.Kind, by.ID, by.Source
	err := s.write(ctx, func(t *tx) error {
		im.CreatedAt = t.now
		process := ""
		if lease != "" {
			process = s.process
			im.Lease, im.LeasedUntil = lease, t.now.Add(held)
		}
		if err := t.exec(ctx,
			`INSERT INTO imports (id, state, file, size, digest, lang, actor_kind, actor_id, source, lease, lease_process, leased_until, created_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			im.ID, im.State, im.File, im.Size, im.Digest, im.Lang, im.ActorKind, im.ActorID, im.Source, im.Lease,
			process, im.LeasedUntil, im.CreatedAt); err != nil {
			return err
		}
		return t.audit(ctx, by, entry{action: "import.upload", detail: im.named(nil)})
	})
	return im, err
}

// LeaseImport takes the oldest import that there is work on and nobody works
// on, for as long as held or until the next step.
func (s *Store) LeaseImport(ctx context.Context, lease string, held time.Duration) (im Import, ok bool, err error) {
	var waiting int // without the writer, while there is nothing to do
	if err := s.r.GetContext(ctx, &waiting,
		`SELECT count(*) FROM imports WHERE state IN ('uploaded', 'running') AND (leased_until <= ? OR lease = ?)`,
		s.Now(), lease); err != nil ||
		waiting == 0 {
		return im, false, err
	}
	err = s.write(ctx, func(t *tx) error {
		return t.GetContext(ctx, &im,
			`UPDATE imports SET lease = ?, lease_process = ?, leased_until = ? WHERE id = (SELECT id FROM imports
			WHERE state IN ('uploaded', 'running') AND (leased_until <= ? OR lease = ?) ORDER BY created_at, id LIMIT 1)
			RETURNING `+
				importColumns,
			lease, s.process, t.now.Add(held), t.now, lease)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return im, false, nil // somebody else was quicker
	}
	return im, err == nil, err
}

// RenewImport makes the lease on an import last for held from now. It is
// app.ErrImportState where the lease is somebody else's, or there is none.
func (s *Store) RenewImport(ctx context.Context, id, lease string, held time.Duration) error {
	return s.write(ctx, func(t *tx) error {
		return t.swap(ctx, app.ErrImportState,
			`UPDATE imports SET leased_until = ? WHERE id = ? AND lease = ? AND state IN ('uploaded', 'running')`,
			t.now.Add(held), id, lease)
	})
}

// ReleaseImport lets somebody else go on with an import.
func (s *Store) ReleaseImport(ctx context.Context, id, lease string) error {
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx,
			`UPDATE imports SET lease = '', lease_process = '', leased_until = 0 WHERE id = ? AND lease = ?`, id, lease)
	})
}

// CheckingImport tells how far the check is. It is app.ErrImportState where the
// import was cancelled, or the lease is somebody else's.
func (s *Store) CheckingImport(ctx context.Context, im Import, held time.Duration) error {
	return s.write(ctx, func(t *tx) error {
		return t.swap(ctx, app.ErrImportState,
			`UPDATE imports SET position = ?, rows = ?, leased_until = ? WHERE id = ? AND state = 'uploaded'
				AND lease = ?`,
			im.Position, im.Rows, t.now.Add(held), im.ID, im.Lease)
	})
}

// CheckedImport stores what the check foresees. Keep puts what else the check
// found where it belongs, before anything is committed.
func (s *Store) CheckedImport(ctx context.Context, im Import, keep func() error) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.swap(ctx, app.ErrImportState,
			`UPDATE imports SET state = 'checked', kind = ?, rows = ?, seen_added = ?, seen_changed = ?, seen_unchanged = ?,
			seen_faulty = ?, states = ?, faults = ?, digest = ?, findings = ?, position = 0 WHERE id = ?
			AND state = 'uploaded' AND lease = ?`,
			im.Kind, im.Rows, im.SeenAdded, im.SeenChanged, im.SeenUnchanged, im.SeenFaulty, im.States, im.Faults,
			im.Digest, im.Findings, im.ID, im.Lease); err != nil {
			return err
		}
		return keep()
	})
}

// FailImport ends an import that can't go on. What it did stays.
func (s *Store) FailImport(ctx context.Context, im Import, cause string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.swap(ctx, app.ErrImportState,
			`UPDATE imports SET state = 'failed', cause = ?, kind = ?, ended_at = ?, lease = '', lease_process = '', leased_until = 0
			WHERE id = ? AND state IN ('uploaded', 'running') AND lease = ?`, cause, im.Kind, t.now, im.ID,
			im.Lease); err != nil {
			return err
		}
		return t.endImport(ctx, im.By(), im.ID, "import.fail")
	})
}

// StartImport lets a checked import run. digest is that of the file which was
// agreed to: another one is app.ErrImportState.
func (s *Store) StartImport(ctx context.Context, by app.Actor, id, digest string) (im Import, err error) {
	err = s.write(ctx, func(t *tx) error {
		err := t.GetContext(ctx, &im,
			`UPDATE imports SET state = 'running', started_at = ?, actor_kind = ?, actor_id = ?, source = ?
			WHERE id = ? AND digest = ? AND findings <> '' AND state = 'checked'
			AND seen_added + seen_changed + seen_unchanged > 0 AND swept_at = 0 RETURNING `+
				importColumns,
			t.now, by.Kind, by.ID, by.Source, id, digest)
		if err != nil {
			return orElse(err, app.ErrImportState)
		}
		return t.audit(ctx, by, entry{action: "import.start", detail: im.named(map[string]string{
			"kind":      string(im.Kind),
			"rows":      strconv.FormatInt(im.Rows, 10),
			"added":     strconv.FormatInt(im.SeenAdded, 10),
			"changed":   strconv.FormatInt(im.SeenChanged, 10),
			"unchanged": strconv.FormatInt(im.SeenUnchanged, 10),
			"faulty":    strconv.FormatInt(im.SeenFaulty, 10),
		})})
	})
	return im, err
}

// CancelImport ends an import before it is done. What it did stays.
func (s *Store) CancelImport(ctx context.Context, by app.Actor, id string) error {
	return s.write(ctx, func(t *tx) error {
		if err := t.swap(ctx, app.ErrImportState,
			`UPDATE imports SET state = 'cancelled', ended_at = ?, lease = '', lease_process = '', leased_until = 0
			WHERE id = ? AND state IN ('uploaded', 'checked', 'running')`, t.now, id); err != nil {
			return err
		}
		return t.endImport(ctx, by, id, "import.cancel")
	})
}

// endImport records an end, with what was done until then.
func (t *tx) endImport(ctx context.Context, by app.Actor, id, action string) error {
	var im Import
	if err := t.GetContext(ctx, &im, `SELECT `+importColumns+` FROM imports WHERE id = ?`, id); err != nil {
		return err
	}
	return t.audit(ctx, by,
		entry{action: action, detail: map[string]string{"import": id, "added": strconv.FormatInt(im.Added, 10),
			"changed":   strconv.FormatInt(im.Changed, 10),
			"unchanged": strconv.FormatInt(im.Unchanged, 10),
			"faulty":    strconv.FormatInt(im.Faulty, 10)}})
}

// Outcome is what became of a row.
type Outcome struct {
	What     What
	PersonID string
	Fault    string // what is wrong, where it is Faulty
	Value    string // that the fault is about; may be empty
}

// What became of a row.
type What string

// The outcomes.
const (
	Added     What = "added"
	Changed   What = "changed"
	Unchanged What = "unchanged"
	Faulty    What = "faulty"
)

// The faults that only the store can find.
const (
	FaultTwoPeople = "two_people" // the identifiers are of more than one
	FaultTwice     = "twice"      // an earlier row names the same
	FaultGone      = "gone"       // the person was erased since the file was checked
	FaultDiffers   = "differs"    // it would do something else than when the file was checked
	FaultMistaken  = "mistakable" // a new identifier could be taken for another person's
	FaultMoves     = "moves"      // a new identifier was another person's until lately
	FaultPoses     = "poses_"     // and the kind that a new user name or customer number could be taken for
)

// ImportStep is a batch of rows of an import, done as one or not at all.
type ImportStep struct {
	Import   Import // as the step before left it
	Held     time.Duration
	Position int64 // of the file, behind the batch
	Faulty   int64 // rows of the batch that are not among those to be done
	Last     bool  // there are no others
	// Keep writes down what becomes of the rows, before anything is committed,
	// and tells how many bytes of the result count then.
	Keep func([]Outcome) (int64, error)
}

// PeopleStep brings people to what rows say, and tells how the import is then.
// It is app.ErrImportState where the import was cancelled, or the lease is
// somebody else's.
func (s *Store) PeopleStep(ctx context.Context, step ImportStep, rows []PersonRecord) (Import, error) {
	return s.importStep(ctx, step,
		func(t *tx, by app.Actor) ([]Outcome, error) { return t.putPeople(ctx, by, step.Import.ID, rows) })
}

// AccountsStep is PeopleStep for accounts.
func (s *Store) AccountsStep(ctx context.Context, step ImportStep, rows []PersonAccount) (Import, error) {
	return s.importStep(ctx, step, func(t *tx, _ app.Actor) ([]Outcome, error) {
		var all []Outcome
		for from := 0; from < len(rows); from += accountBatch {
			batch := rows[from:min(from+accountBatch, len(rows))]
			whats, err := t.putAccounts(ctx, batch)
			if err != nil {
				return nil, err
			}
			for i, what := range whats {
				o := Outcome{What: what, PersonID: batch[i].PersonID}
				if what == Faulty {
					o.Fault = FaultGone
				}
				all = append(all, o)
			}
		}
		return all, nil
	})
}

func (s *Store) importStep(ctx context.Context, step ImportStep,
	do func(*tx, app.Actor) ([]Outcome, error)) (Import, error) {
	im := step.Import
	err := s.writeAlone(ctx, func(t *tx) error {
		// Nobody else goes on from here on, and nothing was touched before.
		if err := t.swap(ctx, app.ErrImportState,
			`UPDATE imports SET leased_until = ? WHERE id = ? AND state = 'running' AND lease = ? AND position = ?`,
			t.now.Add(step.Held), im.ID, im.Lease, im.Position); err != nil {
			return err
		}
		if by := im.By(); by.Kind == app.ActorAdmin {
			if err := t.swap(ctx, app.ErrImportActor,
				`UPDATE admins SET state = state WHERE id = ? AND state = 'active'`, by.ID); err != nil {
				return err
			}
		}
		outcomes, err := do(t, im.By())
		if err != nil {
			return err
		}
		count := map[What]int64{Faulty: step.Faulty}
		for _, o := range outcomes {
			count[o.What]++
		}
		if im.Result, err = step.Keep(outcomes); err != nil {
			return err
		}
		state, ended := ImportRunning, app.Instant(0)
		if step.Last {
			state, ended = ImportDone, t.now
		}
		err = t.GetContext(ctx, &im,
			`UPDATE imports SET state = ?, ended_at = ?, position = ?, result = ?, done = done + ?, added = added + ?, changed = changed + ?,
			unchanged = unchanged + ?, faulty = faulty + ? WHERE id = ? RETURNING `+importColumns,
			state, ended, step.Position, im.Result, int64(len(outcomes))+step.Faulty, count[Added], count[Changed],
			count[Unchanged], count[Faulty], im.ID)
		if err != nil {
			return err
		}
		if step.Last {
			return t.endImport(ctx, im.By(), im.ID, "import.done")
		}
		return nil
	})
	return im, err
}

// Import gives an import.
func (r *Reader) Import(ctx context.Context, id string) (Import, error) {
	var im Import
	err := r.r.GetContext(ctx, &im, `SELECT `+importColumns+` FROM imports WHERE id = ?`, id)
	return im, orElse(err, app.ErrUnknownImport)
}

// Imports lists imports, newest first, at most limit.
func (r *Reader) Imports(ctx context.Context, limit int) ([]Import, error) {
	var out []Import
	err := r.r.SelectContext(ctx, &out,
		`SELECT `+importColumns+` FROM imports ORDER BY created_at DESC, id DESC LIMIT ?`, limit)
	return out, err
}

// ImportTaken records that the result of an import, which names people, left the
// service.
func (s *Store) ImportTaken(ctx context.Context, by app.Actor, id string) error {
	return s.write(ctx, func(t *tx) error {
		return t.audit(ctx, by, entry{action: "import.result", detail: map[string]string{"import": id}})
	})
}

// ImportFileTaken records that the file of an import, which names people, left
// the service.
func (s *Store) ImportFileTaken(ctx context.Context, by app.Actor, im Import) error {
	return s.write(ctx, func(t *tx) error {
		return t.audit(ctx, by, entry{action: "import.file", detail: im.named(nil)})
	})
}

// KeptImports are those whose files are there still.
func (r *Reader) KeptImports(ctx context.Context) ([]Import, error) {
	var out []Import
	err := r.r.SelectContext(ctx, &out,
		`SELECT `+importColumns+` FROM imports WHERE swept_at = 0 ORDER BY created_at, id`)
	return out, err
}

// SweptImport records that an import's files are gone; one that never ran can't
// any more.
func (s *Store) SweptImport(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		return t.exec(ctx,
			`UPDATE imports SET swept_at = ?, faults = '', lease = '', lease_process = '', leased_until = 0,
			ended_at = CASE WHEN ended_at = 0 THEN ? ELSE ended_at END,
			state = CASE WHEN state IN ('uploaded', 'checked', 'running') THEN 'cancelled' ELSE state END WHERE id = ?
			AND swept_at = 0`,
			t.now, t.now, id)
	})
}
