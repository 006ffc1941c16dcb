// Package clock is the time that the service goes by.
//
// It follows the machine's clock (the wall clock) in small steps only. A wall
// clock that leaps, by more than Believed either way against the monotonic
// clock, isn't believed: the time goes on by the monotonic clock, and a warning
// says so, until the Date of an authorization server's answer agrees with the
// wall clock (Heard), or the process is started again. Until then nothing
// expires early and nothing is revived by a wrong clock.
//
// The time never goes back by itself: a small step back is caught up with at
// half the pace. It goes back only where a server's Date says that it was wrong
// before. What had ended by then stays ended, for the store keeps what time
// ends as ended (see store.EndDue), and so it does after a restart with an
// earlier clock.
package clock

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Believed is how far the wall clock may step and be followed.
const Believed = time.Minute

// asking is how often servers are asked for their Date while the wall clock
// isn't believed, and looking how often an idle service looks at its clocks.
const (
	asking  = 30 * time.Second
	looking = time.Second
)

// Config is what a clock is made of. The zero value is the machine's.
type Config struct {
	Wall func() time.Time     // the wall clock
	Mono func() time.Duration // the monotonic clock: since any moment
	Log  *slog.Logger
}

// Clock tells the time. It is safe for concurrent use.
type Clock struct {
	cfg Config

	mu    sync.Mutex
	now   time.Time     // as it was last told
	at    time.Duration // on the monotonic clock, then
	leapt time.Duration // how far the wall clock is ahead, while it isn't believed
	set   time.Duration // by how much the time was set since Run last looked
}

// New makes a clock that begins with the wall clock.
func New(c Config) *Clock {
	if c.Wall == nil {
		c.Wall = func() time.Time { return time.Now().Round(0) } // without its monotonic reading
	}
	if c.Mono == nil {
		began := time.Now()
		c.Mono = func() time.Duration { return time.Since(began) }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Clock{cfg: c, now: c.Wall(), at: c.Mono()}
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tell()
}

// tell moves the time on. The lock is held.
func (c *Clock) tell() time.Time {
	mono, wall := c.cfg.Mono(), c.cfg.Wall()
	passed := max(0, mono-c.at)
	due := c.now.Add(passed)
	ahead := wall.Sub(due)
	before := c.leapt
	switch {
	case ahead.Abs() > Believed:
		c.now, c.leapt = due, ahead
		if (ahead - before).Abs() > Believed {
			c.cfg.Log.Warn("the clock of this machine leapt and isn't believed: the service goes on by its own until an authorization server's Date agrees or it is started again",
				"ahead", ahead.Round(time.Second), "clock", wall, "service", due)
		}
	case ahead < 0:
		c.now, c.leapt = later(wall, c.now.Add(passed/2)), 0
	default:
		c.now, c.leapt = wall, 0
	}
	if before != 0 && c.leapt == 0 {
		c.cfg.Log.Info("the clock of this machine agrees with the service's again", "clock", wall)
	}
	c.at = mono
	return c.now
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Heard takes the Date of an authorization server's answer, which took took to
// come. Where the wall clock isn't believed and the Date agrees with it, the
// time is the wall clock's from now on. A Date sets nothing else.
func (c *Clock) Heard(date time.Time, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.tell()
	wall := c.cfg.Wall()
	if c.leapt == 0 || wall.Sub(date).Abs() > Believed+took {
		return
	}
	by := wall.Sub(before)
	c.now, c.leapt, c.set = wall, 0, c.set+by
	c.cfg.Log.Warn("an authorization server's Date agrees with this machine's clock: the service's time was set by it",
		"by", by.Round(time.Second), "clock", wall)
}

// Leapt is how far the wall clock is ahead of the time (behind where negative)
// while it isn't believed, else 0.
func (c *Clock) Leapt() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tell()
	return c.leapt
}

// Run looks at the clocks until ctx ends, so that a leap is noticed while
// nothing else asks for the time. While the wall clock isn't believed it has
// the servers asked for their Date by ask; and when the time was set, by how
// much is given to set.
func (c *Clock) Run(ctx context.Context, ask func(context.Context), set func(context.Context, time.Duration)) error {
	var asked time.Duration
	for ctx.Err() == nil {
		if mono := c.cfg.Mono(); c.Leapt() != 0 && (asked == 0 || mono-asked >= asking) {
			asked = mono
			ask(ctx)
		}
		if by := c.takeSet(); by != 0 {
			set(ctx, by)
		}
		timer := time.NewTimer(looking)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	return nil
}

func (c *Clock) takeSet() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	by := c.set
	c.set = 0
	return by
}
