// Package health looks at each part that the service needs, and says of each
// how it stands and what to do about it: ACP's tokens and APIs, the push
// services, the database, the disk, the clock, and the work that waits.
//
// It says so by keys of the message catalogue. Looking is cheap enough to be
// repeated while somebody watches, and what was found is kept for a while, so
// that many who watch cost no more than one.
package health

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"assent/app"
	"assent/app/background"
	"assent/app/i18n"
	"assent/store"
)

// State is how a part stands.
type State string

// The states.
const (
	OK   State = "ok"
	Warn State = "warn" // it works, and somebody should look at it
	Bad  State = "bad"  // something doesn't work
)

// rank orders states, the worst first.
func (s State) rank() int { return slices.Index([]State{Bad, Warn, OK}, s) }

// Part is something that the service needs.
type Part string

// The parts.
const (
	Token      Part = "token"      // of ACP, by connection
	SignIn     Part = "sign_in"    // ACP's API for plain logins
	OpenBank   Part = "open_bank"  // and the one for consents
	Deliveries Part = "deliveries" // decisions that ACP wasn't told of yet
	Withdrawn  Part = "withdrawn"  // approvals that were withdrawn, and that ACP holds or may hold
	Jobs       Part = "jobs"       // work that was given up
	Background Part = "background" // loops that fail
	Push       Part = "push"       // services, by host
	Attacks    Part = "attacks"    // on people, by bursts, floods and reports
	Database   Part = "database"   //
	Disk       Part = "disk"       //
	Enrolment  Part = "enrolment"  // guards that were switched off
	Clock      Part = "clock"      // against ACP's
	Activation Part = "activation" // codes, without which links work
	Hints      Part = "hints"      // of ACP, by connection: as what they are read
	Names      Part = "names"      // identifiers that could be taken for others
	Loosened   Part = "loosened"   // settings that protect less since a start
	FourEyes   Part = "four_eyes"  // what waits for a second administrator
	Protection Part = "protection" // policies against fraud that were never chosen
)

// Sentence is a message with its placeholders, as pairs of name and value. A
// value may be a string, an int, a time.Duration, or Bytes. N, where it isn't
// zero, chooses the plural form.
type Sentence struct {
	Key   i18n.Key
	N     int
	Pairs []any
}

// Bytes is a size.
type Bytes int64

// Result is what a look at one part found.
type Result struct {
	Part  Part
	Name  string // of the connection, or the push service's host; may be empty
	State State
	Says  Sentence // how it stands
	Do    Sentence // and what to do about it; empty where there is nothing to do
}

// Connection is a connection to an authorization server.
type Connection struct {
	Name   string
	Server Server
	Hints  []app.IdentifierKind // that its hints can be
}

// Server tells how a connection to an authorization server stands.
type Server interface {
	// Look finds how each part of the connection stands, without changing
	// anything. It is repeated while a person watches: it must be cheap.
	Look(context.Context) []Result
	// Examine tries out everything that the product asks of the server, as long
	// as the context lets it, without changing anything.
	Examine(context.Context) []Finding
}

// Config is what the service looks at.
type Config struct {
	Store   *store.Store
	Dir     string // the data directory
	OneHand bool   // an administrator may make both a link and its code
	// The rules for the codes of people's links and of administrators' set-up
	// links; without roles that isn't looked at.
	Codes, SetUpCodes store.Separation
	Connections       []Connection
	// PolicyChosen tells whether the policies against fraud were ever chosen; nil:
	// they needn't be.
	PolicyChosen func() bool
	// how far the machine's clock is ahead while it isn't believed; nil where that isn't known
	Leapt     func() time.Duration
	Watch     *background.Watch // of the loops; nil where none run
	LinkAlone bool              // links set up devices without an activation code, and not only on this machine
	Log       *slog.Logger
}

// Service looks, and keeps what it found for a while. Nil finds nothing.
type Service struct {
	cfg Config

	mu    sync.Mutex
	at    app.Instant
	found []Result
}

// New makes a service.
func New(c Config) *Service { return &Service{cfg: c} }

const (
	kept    = 15 * time.Second // how long what was found is good for
	timeout = 3 * time.Second  // of a look at one part
)

// Look gives how each part stands, the worst first, and when that was found.
func (s *Service) Look(ctx context.Context) ([]Result, app.Instant) {
	if s == nil {
		return nil, 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.cfg.Store.Now(); s.at == 0 || now < s.at || now.Sub(s.at) >= kept {
		// Others get this too: it doesn't end with whoever asked first.
		s.found, s.at = s.look(context.WithoutCancel(ctx)), now
	}
	return slices.Clone(s.found), s.at
}

// look looks at all parts at once.
func (s *Service) look(ctx context.Context) []Result {
	looks := []func(context.Context) []Result{
		s.deliveries, s.withdrawn, s.jobs, s.push, s.attacks, s.database, s.disk, s.leap, s.activation, s.protection,
		s.hints, s.names, s.fourEyes, s.loosened, s.enrolment,
		s.background, s.endings,
	}
	for _, c := range s.cfg.Connections {
		looks = append(looks, c.Server.Look)
	}
	found := make([][]Result, len(looks))
	var g errgroup.Group
	for i, look := range looks {
		g.Go(func() error {
			ctx, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			if err := background.Try(ctx, s.cfg.Log, "a look at a part", func() error {
				found[i] = look(ctx)
				return nil
			}); err != nil {
				found[i] = fails("admin.overview.health.fails_look")
			}
			return nil
		})
	}
	g.Wait() // no look gives an error: what it found says it
	all := slices.Concat(found...)
	slices.SortStableFunc(all, func(a, b Result) int { return a.State.rank() - b.State.rank() })
	return all
}

// unread is the result of a part of which the database couldn't be asked.
func (s *Service) unread(ctx context.Context, p Part, err error) []Result {
	s.cfg.Log.ErrorContext(ctx, "health: the database can't be read", "part", p, "err", err)
	return []Result{{
		Part:  p,
		State: Bad,
		Says:  say("admin.overview.health.unread"),
		Do:    say("admin.overview.health.unread_do"),
	}}
}

func say(key i18n.Key, pairs ...any) Sentence { return Sentence{Key: key, Pairs: pairs} }

func sayN(key i18n.Key, n int, pairs ...any) Sentence { return Sentence{Key: key, N: n, Pairs: pairs} }
