package importer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"assent/app"
	"assent/app/background"
	"assent/app/i18n"
	"assent/app/people"
	"assent/store"
)

// Kept is how long file and result of an import are kept.
const Kept = 7 * 24 * time.Hour

// Largest is how many bytes a file may have.
const Largest = 512 << 20

const (
	// batch rows are looked up, and brought in, at a time.
	batch = 500
	// told is how often a check tells how far it is.
	told = time.Second
	// idle bounds how long an import waits that another process stored or left.
	idle = 5 * time.Second
	// sweeping is how often files that were kept long enough are removed.
	sweeping = time.Hour
)

// Config is what the service needs.
type Config struct {
	Store  *store.Store
	People *people.Service
	Words  *i18n.Catalogue
	Dir    string            // where files lie meanwhile; as private as the database
	Most   int64             // bytes of a file; 0 is Largest
	Watch  *background.Watch // of Run; nil makes one
	Log    *slog.Logger
}

// Service is the use case.
type Service struct {
	Config
	lease string // of this process
	kick  chan struct{}
}

// New makes the service.
func New(c Config) *Service {
	if c.Watch == nil {
		c.Watch = background.New(c.Log)
	}
	return &Service{Config: c, lease: app.NewID(), kick: make(chan struct{}, 1)}
}

// Upload takes a file, whose name was name, and has it checked by Run. lang is
// that of the result.
func (s *Service) Upload(ctx context.Context, by app.Actor, name, lang string, file io.Reader) (store.Import, error) {
	im, err := s.upload(ctx, by, name, lang, file, "")
	if err == nil {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	}
	return im, err
}

// UploadHere is Upload for a file that Work checks and brings in, not Run.
func (s *Service) UploadHere(ctx context.Context, by app.Actor, name, lang string,
	file io.Reader) (store.Import, error) {
	return s.upload(ctx, by, name, lang, file, s.lease)
}

func (s *Service) upload(ctx context.Context, by app.Actor, name, lang string, file io.Reader,
	lease string) (im store.Import, err error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return im, err
	}
	im = store.Import{ID: app.NewID(), File: fileName(name), Lang: lang}
	f, err := os.OpenFile(s.path(im, fileEnd), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return im, err
	}
	most := cmp.Or(s.Most, Largest)
	sum := sha256.New()
	im.Size, err = io.Copy(io.MultiWriter(f, sum), io.LimitReader(file, most+1))
	im.Digest = hex.EncodeToString(sum.Sum(nil))
	if err == nil && im.Size > most {
		err = app.ErrImportSize
	}
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		im, err = s.Store.AddImport(ctx, by, im, lease, store.LeaseTime)
	}
	if err != nil {
		return im, errors.Join(err, s.remove(im))
	}
	return im, nil
}

// fileName is the last part of a path of any system, of a bearable length.
func fileName(path string) string {
	path = path[strings.LastIndexAny(path, `/\`)+1:]
	name := []rune(strings.ToValidUTF8(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, path), "\ufffd"))
	return string(name[:min(len(name), 120)])
}

// Start lets a checked import run, if its file is the one of that digest. Run
// goes on with it, or Work.
func (s *Service) Start(ctx context.Context, by app.Actor, id, digest string) (store.Import, error) {
	im, err := s.Store.StartImport(ctx, by, id, digest)
	if err == nil {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	}
	return im, err
}

// Cancel ends an import before it is done. What it did stays.
func (s *Service) Cancel(ctx context.Context, by app.Actor, id string) error {
	if err := s.Store.CancelImport(ctx, by, id); err != nil {
		return err
	}
	return s.removeBut(store.Import{ID: id}, resultEnd)
}

// Result opens what an import did with each row, as far as it is, and tells how
// many bytes that is.
func (s *Service) Result(ctx context.Context, id string) (io.ReadCloser, int64, error) {
	im, err := s.Store.Import(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	f, err := os.Open(s.path(im, resultEnd))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, app.ErrUnknownImport.Because(err)
	}
	if err != nil {
		return nil, 0, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, im.Result), f}, im.Result, nil
}

// The files of an import, by the end of their names.
const (
	fileEnd   = ".csv"
	faultsEnd = ".faults"
	seenEnd   = ".seen"
	linesEnd  = ".lines"
	rowsEnd   = ".rows"
	resultEnd = ".result.csv"
	idLength  = 26 // of the id before them
)

func (s *Service) path(im store.Import, end string) string { return filepath.Join(s.Dir, im.ID+end) }

// remove removes all files of an import.
func (s *Service) remove(im store.Import) error { return s.removeBut(im, "") }

// removeBut removes all files of an import but the one with that end.
func (s *Service) removeBut(im store.Import, kept string) error {
	found, err := filepath.Glob(s.path(im, ".*"))
	all := []error{err}
	for _, path := range found {
		if path == s.path(im, kept) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			all = append(all, err)
		}
	}
	return errors.Join(all...)
}

// Run checks what was uploaded and brings in what was started, one import at a
// time, and removes files that were kept long enough, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	swept := time.Time{}
	for ctx.Err() == nil {
		if time.Since(swept) >= sweeping {
			swept = time.Now()
			if err := background.Try(ctx, s.Log, "sweeping imports",
				func() error { return s.Sweep(ctx) }); err != nil &&
				ctx.Err() == nil {
				s.Log.ErrorContext(ctx, "files of imports could not be removed", "err", err)
			}
		}
		var im store.Import
		var ok bool
		err := s.Watch.Round(ctx, background.Imports, func() (err error) {
			if im, ok, err = s.Store.LeaseImport(ctx, s.lease, store.LeaseTime); err != nil || !ok {
				return err
			}
			return s.work(ctx, im)
		})
		if err == nil && ok {
			continue
		}
		if err != nil && ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "an import could not go on", "import", im.ID, "err", err)
		}
		timer := time.NewTimer(idle)
		select {
		case <-ctx.Done():
		case <-s.kick:
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

// Work checks an import of UploadHere, or brings it in where it was started.
func (s *Service) Work(ctx context.Context, id string) (store.Import, error) {
	im, err := s.Store.Import(ctx, id)
	if err != nil {
		return im, err
	}
	if im.Lease != s.lease {
		return im, app.ErrImportState
	}
	if err := s.work(ctx, im); err != nil {
		return im, err
	}
	return s.Store.Import(ctx, id)
}

// work goes on with an import until there is nothing more to do, or ctx ends:
// then somebody else may.
func (s *Service) work(ctx context.Context, im store.Import) error {
	renewing, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		background.Try(ctx, s.Log, "renewing an import's lease", func() error { s.renew(renewing, im.ID); return nil })
	}()
	defer func() {
		stop()
		<-ended
	}()
	return s.workOn(ctx, im)
}

// renew renews the lease until ctx ends. Each step checks by itself that the
// lease is still this process's, so that nothing comes of one that is lost.
func (s *Service) renew(ctx context.Context, id string) {
	tick := time.NewTicker(store.LeaseTime / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := s.Store.RenewImport(ctx, id, s.lease, store.LeaseTime); err != nil && ctx.Err() == nil {
			s.Log.DebugContext(ctx, "the lease of an import can't be renewed", "import", id, "err", err)
		}
	}
}

func (s *Service) workOn(ctx context.Context, im store.Import) error {
	log := s.Log.With("import", im.ID)
	goOn := func() error { // a panic fails the import, or it would come back for ever
		return background.Try(ctx, log, "an import", func() error { return s.goOn(ctx, im) })
	}
	err := goOn()
	for s.Store.IsBusy(err) && ctx.Err() == nil {
		log.WarnContext(ctx, "import waits: another process writes to the database", "err", err)
		timer := time.NewTimer(told)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		if im, err = s.Store.Import(ctx, im.ID); err == nil {
			err = goOn()
		}
	}
	var unfit *unfitError
	switch {
	case errors.Is(err, app.ErrImportState):
		log.InfoContext(ctx, "import stopped: it was cancelled, or somebody else goes on with it")
		return nil
	case errors.Is(err, app.ErrImportActor):
		log.WarnContext(ctx, "import stopped: whoever started it may not any more")
		return s.fail(ctx, im, fault("actor", ""))
	case errors.As(err, &unfit):
		log.InfoContext(ctx, "import refused", "cause", unfit.fault.Code)
		return s.fail(ctx, im, unfit.fault)
	case ctx.Err() != nil:
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return errors.Join(ctx.Err(), s.Store.ReleaseImport(end, im.ID, im.Lease))
	case err != nil:
		log.ErrorContext(ctx, "import failed", "err", err)
		return s.fail(ctx, im, Fault{Code: "internal"})
	}
	log.InfoContext(ctx, "import went on", "was", im.State)
	return nil
}

// goOn does what is to be done next with an import that is this process's.
func (s *Service) goOn(ctx context.Context, im store.Import) error {
	if im.Lease != s.lease {
		return app.ErrImportState
	}
	switch im.State {
	case store.ImportUploaded:
		return s.check(ctx, im)
	case store.ImportRunning:
		if err := s.bring(ctx, im); err != nil {
			return err
		}
		return s.removeBut(im, resultEnd)
	}
	return nil
}

func (s *Service) fail(ctx context.Context, im store.Import, f Fault) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	switch err := s.Store.FailImport(ctx, im, string(b)); {
	case errors.Is(err, app.ErrImportState):
		return nil
	case err != nil:
		return err
	}
	return s.removeBut(im, resultEnd)
}

// unfitError is why a file can't be brought in at all.
type unfitError struct{ fault Fault }

// Error implements error.
func (e *unfitError) Error() string {
	return fmt.Sprintf("the file is unfit: %s %s", e.fault.Code, e.fault.Value)
}

// Sweep removes the files of imports that were kept long enough, and what
// uploads left behind that broke off.
func (s *Service) Sweep(ctx context.Context) error {
	kept, err := s.Store.KeptImports(ctx)
	if err != nil {
		return err
	}
	own := map[string]bool{}
	var all []error
	for _, im := range kept {
		if im.CreatedAt.Add(Kept) > s.Store.Now() || im.State == store.ImportRunning {
			own[im.ID] = true
			continue
		}
		if err := s.remove(im); err != nil {
			all = append(all, err)
		} else if err := s.Store.SweptImport(ctx, im.ID); err != nil {
			all = append(all, err)
		}
	}
	entries, err := os.ReadDir(s.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		all = append(all, err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || len(e.Name()) < idLength || own[e.Name()[:idLength]] ||
			time.Since(info.ModTime()) < 24*time.Hour {
			continue
		}
		all = append(all, os.Remove(filepath.Join(s.Dir, e.Name())))
	}
	return errors.Join(all...)
}
