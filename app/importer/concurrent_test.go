package importer_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"assent/app"
	"assent/app/i18n"
	"assent/app/importer"
	"assent/app/people"
	"assent/store"
)

// Whoever was erased after the check stays so.
func TestErasedAfterTheCheck(t *testing.T) {
	b := newBench(t)
	b.imported("name,identifiers\nAda,username:ada\n")
	ada, err := b.FindPerson(t.Context(), []app.Identifier{{Kind: app.Username, Norm: "ada"}})
	if err != nil {
		t.Fatal(err)
	}
	im := b.checked("name,identifiers\nBruno,username:bruno\nAda Quill,username:ada\nCarla,username:carla\n")
	if err := b.ErasePerson(t.Context(), app.Operator, ada.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.svc.Start(t.Context(), app.Operator, im.ID, im.Digest); err != nil {
		t.Fatal(err)
	}
	if im, err = b.svc.Work(t.Context(), im.ID); err != nil || done(im) != (counts{3, 2, 0, 0, 1}) {
		t.Errorf("%+v %v", done(im), err)
	}
	if p, err := b.FindPerson(t.Context(),
		[]app.Identifier{{Kind: app.Username, Norm: "ada"}}); !errors.Is(err, app.ErrUnknownPerson) {
		t.Errorf("back as %q (%v)", p.Name, err)
	}
	rows := b.result(im)
	if row := rows[len(rows)-2]; row[1] != "faulty" || row[4] != "The person was erased after the file was checked." {
		t.Errorf("the result says %q", row)
	}
}

// An import goes on when another process has written for longer than it waits.
func TestBusyDatabase(t *testing.T) {
	b := newBench(t)
	words, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sqlx.Open("sqlite", "file:"+filepath.Join(b.Dir, store.FileName)+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var other *sqlx.Tx
	var freed error
	log := slog.New(slog.NewTextHandler(onWrite(func(line string) {
		if other != nil && strings.Contains(line, "another process writes") {
			freed, other = other.Rollback(), nil
		}
	}), nil))
	b.svc = importer.New(importer.Config{
		Store:  b.Store,
		People: people.New(b.Store),
		Words:  words,
		Dir:    filepath.Join(b.Dir, "imports"),
		Log:    log,
	})
	im := b.checked(crowd(3))
	if _, err := b.svc.Start(t.Context(), app.Operator, im.ID, im.Digest); err != nil {
		t.Fatal(err)
	}
	if other, err = raw.Beginx(); err != nil {
		t.Fatal(err)
	}
	im, err = b.svc.Work(t.Context(), im.ID)
	if err != nil || freed != nil || other != nil || im.State != store.ImportDone {
		t.Errorf("%s, still busy: %v, %v, %v", im.State, other != nil, err, freed)
	}
}

type onWrite func(string)

func (f onWrite) Write(b []byte) (int, error) { f(string(b)); return len(b), nil }

// Whoever lost an import to somebody quicker leaves nothing of theirs in it.
func TestAStepThatComesLateTouchesNothing(t *testing.T) {
	b := newBench(t)
	im := b.checked(crowd(3))
	late, err := b.svc.Start(t.Context(), app.Operator, im.ID, im.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if im, err = b.svc.Work(t.Context(), im.ID); err != nil || im.State != store.ImportDone {
		t.Fatal(im.State, err)
	}
	path := filepath.Join(b.Dir, "imports", im.ID+".result.csv")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.PeopleStep(t.Context(),
		store.ImportStep{Import: late, Held: time.Second, Position: 100, Keep: func([]store.Outcome) (int64, error) {
			return 9, os.WriteFile(path, []byte("overwritten"), 0o600)
		}},
		[]store.PersonRecord{{
			Name:        "Late",
			Identifiers: []app.Identifier{{Kind: app.Username, Value: "late", Norm: "late"}},
		}})
	if !errors.Is(err, app.ErrImportState) {
		t.Errorf("it went on: %v", err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("the result is %q now (%v)", after, err)
	}
}

// What an administrator started ends with their being one.
func TestImportOfASuspendedAdministrator(t *testing.T) {
	b := newBench(t)
	admin, err := b.AddAdmin(t.Context(), app.Operator,
		app.Admin{Email: "olive@bank.example", Name: "Olive", Role: app.RoleOperator},
		"hash", b.Now().Add(time.Hour), store.Separation{})
	if err != nil {
		t.Fatal(err)
	}
	im := b.checked(crowd(3))
	if _, err := b.svc.Start(t.Context(), app.Actor{Kind: app.ActorAdmin, ID: admin.ID}, im.ID, im.Digest); err != nil {
		t.Fatal(err)
	}
	if err := b.SetAdminState(t.Context(), app.Operator, admin.ID, app.AdminSuspended); err != nil {
		t.Fatal(err)
	}
	im, err = b.svc.Work(t.Context(), im.ID)
	cause, _ := importer.CauseOf(im)
	if err != nil || im.State != store.ImportFailed || cause.Code != "actor" || im.Added != 0 {
		t.Errorf("%s (%s), %d added: %v", im.State, cause.Code, im.Added, err)
	}
}

// The file goes when the import ends; the result is kept to be taken.
func TestFileGoesWithTheEnd(t *testing.T) {
	for name, end := range map[string]func(*bench, store.Import) error{
		"done": func(b *bench, im store.Import) error {
			_, err := b.svc.Start(context.Background(), app.Operator, im.ID, im.Digest)
			if err != nil {
				return err
			}
			_, err = b.svc.Work(context.Background(), im.ID)
			return err
		},
		"cancelled": func(b *bench,
			im store.Import) error {
			return b.svc.Cancel(context.Background(), app.Operator, im.ID)
		},
	} {
		b := newBench(t)
		im := b.checked(crowd(3))
		files := func() []string {
			found, err := filepath.Glob(filepath.Join(b.Dir, "imports", im.ID+"*"))
			if err != nil {
				t.Fatal(err)
			}
			for i := range found {
				found[i] = strings.TrimPrefix(filepath.Base(found[i]), im.ID)
			}
			return found
		}
		if got := files(); !slices.Contains(got, ".csv") {
			t.Errorf("%s: before there are %q", name, got)
		}
		if err := end(b, im); err != nil {
			t.Fatal(name, err)
		}
		if got := files(); len(got) > 1 || len(got) == 1 && got[0] != ".result.csv" {
			t.Errorf("%s: there are still %q", name, got)
		}
	}
}
