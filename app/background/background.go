// Package background keeps work running that no request waits for: a panic fails
// the round of the loop that it came from, and neither the loop nor the process.
package background

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Name names a loop, or one part of its rounds.
type Name string

// The loops and parts whose failures the overview has words for.
const (
	Outbox    Name = "outbox"     // leasing jobs
	Expiry    Name = "expiry"     // of requests
	TimeEnds  Name = "time_ends"  // storing as ended what time has ended
	Sweeping  Name = "sweeping"   // of what will not be asked for again
	Endings   Name = "endings"    // of many requests, in steps
	Imports   Name = "imports"    //
	Retention Name = "retention"  //
	AuditHead Name = "audit_head" // to the log
	Clock     Name = "clock"      // against the servers'
)

// Panic is a panic that was recovered. It holds no value: that may quote what was
// worked on. The log has its type and its stack.
type Panic struct{ Type string }

// Error implements error.
func (p *Panic) Error() string { return "panic of type " + p.Type }

// Carried is the value of a panic that is passed on to the goroutine that waits for
// what panicked. It holds no value either.
type Carried struct{ Type, Stack string }

// Carry makes the value that passes on a panic of value p. It is called where p
// was recovered.
func Carry(p any) *Carried {
	if c, ok := p.(*Carried); ok {
		return c
	}
	return &Carried{Type: fmt.Sprintf("%T", p), Stack: string(debug.Stack())}
}

// Error implements error.
func (c *Carried) Error() string { return "panic of type " + c.Type + "\n" + c.Stack }

// Try runs f. A panic of f is logged with its stack, and given as a *Panic. All
// goroutines that are no request's go through here.
func Try(ctx context.Context, log *slog.Logger, what string, f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			c := Carry(p)
			log.ErrorContext(ctx, "a panic was recovered", "in", what, "type", c.Type, "stack", c.Stack)
			err = &Panic{Type: c.Type}
		}
	}()
	return f()
}

// Watch runs loops and knows which of them fail. It is safe for concurrent use.
type Watch struct {
	log *slog.Logger

	mu     sync.Mutex
	failed map[Name]failure
}

type failure struct {
	at    time.Time
	round bool // failed: it counts until the next round succeeds
}

// New makes a watch that logs to log; nil logs nothing.
func New(log *slog.Logger) *Watch {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Watch{log: log, failed: map[Name]failure{}}
}

// Round runs one round of a loop, or a part of one, and notes whether it failed.
// It gives f's error, or a *Panic. What fails once ctx has ended isn't noted.
func (w *Watch) Round(ctx context.Context, name Name, f func() error) error {
	err := Try(ctx, w.log, string(name), f)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case err == nil && w.failed[name].round:
		delete(w.failed, name)
	case err != nil && ctx.Err() == nil:
		w.failed[name] = failure{at: time.Now(), round: true}
	}
	return err
}

const (
	// shortest and longest are the pauses before a loop that ended runs again.
	shortest = time.Second
	longest  = time.Minute
	// remembered is for how long a loop counts as failing that ended and runs again.
	remembered = 10 * time.Minute
)

// Keep runs a loop until ctx ends. Where the loop ends before, by a panic or
// otherwise, it is run again after a pause, which grows while it keeps ending.
func (w *Watch) Keep(ctx context.Context, name Name, run func(context.Context) error) error {
	for pause := shortest; ; pause = min(2*pause, longest) {
		began := time.Now()
		err := Try(ctx, w.log, string(name), func() error { return run(ctx) })
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > remembered {
			pause = shortest
		}
		w.log.ErrorContext(ctx, "a loop ended; it is run again", "loop", name, "in", pause, "err", err)
		w.mu.Lock()
		w.failed[name] = failure{at: time.Now()}
		w.mu.Unlock()
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return nil
		}
	}
}

// Failing lists what fails now, sorted: parts whose last round failed, and loops
// that ended lately. A nil watch has none.
func (w *Watch) Failing() []Name {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []Name
	for name, f := range w.failed {
		if f.round || time.Since(f.at) < remembered {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
