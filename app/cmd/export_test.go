package cmd

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"assent/app"
	"assent/app/config"
	"assent/store"
	"assent/web/emulator"
)

// Demo is the demo as the end-to-end tests run it: on ports of its own.
type Demo struct {
	URL      string   // of the product
	Pretend  string   // of the pretend ACP and its till
	Links    []string // to enrol, one for each person of the demo but the last
	Greeting string   // what it prints
	Owner    string   // the link that sets up the console's owner
	Emulator *emulator.Emulator
	Store    *store.Store
	Stop     func() // ends it before the test does
	demo     *demo
}

// StartDemo runs the demo until the test ends, on the data in dir, with
// settings changed that the demo leaves alone.
func StartDemo(t testing.TB, dir string, changes ...func(*config.Config)) *Demo {
	t.Helper()
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	lock, err := store.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	product, pretend := listen(), listen()
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg := config.Config{DataDir: dir}
	for _, change := range changes {
		change(&cfg)
	}
	d, err := openDemo(ctx, cfg, product, pretend, siteOptions{lock: lock, pushLoopback: true, version: "test"}, log)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx) }()
	halt := sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the demo ended with: %v", err)
		}
		if err := errors.Join(d.close(), lock.Unlock()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(halt)
	var greeting strings.Builder
	d.greet(&greeting)
	return &Demo{
		Greeting: greeting.String(),
		URL:      d.site.cfg.PublicURL.String(),
		Pretend:  d.emulator.URL(),
		Links:    d.links,
		Owner:    d.owner,
		Emulator: d.emulator,
		Store:    d.site.store,
		Stop:     halt,
		demo:     d,
	}
}

// Invite makes a link for one of the demo's people.
func (d *Demo) Invite(t testing.TB, who string) string {
	t.Helper()
	_, token, err := d.demo.site.people.Invite(t.Context(), app.Operator, who, d.demo.site.cfg.InviteTTL)
	if err != nil {
		t.Fatal(err)
	}
	return inviteLink(d.demo.site.cfg.PublicURL, token)
}

// AgeConfirmations makes it that long since administrators were asked for their
// passkeys.
func (d *Demo) AgeConfirmations(t testing.TB, by time.Duration) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(d.demo.site.cfg.DataDir, store.FileName)+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE admin_sessions SET confirmed_at = confirmed_at - ?`,
		by.Milliseconds()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// parser is that of the command line, which writes nothing.
func parser() *kong.Kong {
	var c commandLine
	k, err := kong.New(&c,
		append(c.Options(), kong.Writers(io.Discard, io.Discard), kong.Exit(func(code int) { panic(exit(code)) }))...)
	if err != nil {
		panic(err)
	}
	return k
}

// Parse reads a command line and runs nothing.
func Parse(args []string) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exit: // the help was asked for
			if r != 0 {
				err = fmt.Errorf("exit %d", r)
			}
		default:
			panic(r)
		}
	}()
	_, err = parser().Parse(args)
	return err
}

// Paths are all commands, such as "user add".
func Paths() []string {
	k := parser()
	var all []string
	for _, leaf := range k.Model.Leaves(true) {
		all = append(all, leaf.Path())
	}
	return all
}
