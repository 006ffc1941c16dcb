package accounts

import (
	"context"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"assent/app"
)

const (
	// age is how old what a page shows may be.
	age = 30 * time.Second
	// flight bounds a call that several wait for; the source's own bound is shorter.
	flight = 10 * time.Second
)

// Cache keeps a source's answers for 30 s, so that the pages of one decision
// cost one call; callers who come while it is under way share it. Failures are
// never kept. It implements Source.
type Cache struct {
	source Source
	now    func() time.Time
	group  singleflight.Group

	mu    sync.Mutex
	kept  map[holder]answer
	swept time.Time
}

// holder is whose accounts an answer tells: a person's own, or those of a company
// that they act for.
type holder struct{ person, company string }

type answer struct {
	list  []app.Account
	asked time.Time // before the call: nothing in it is older
}

// NewCache makes a cache over s. now is its clock, time.Now in production.
func NewCache(s Source, now func() time.Time) *Cache {
	return &Cache{source: s, now: now, kept: map[holder]answer{}, swept: now()}
}

// Accounts implements Source with an answer that is at most 30 s old.
func (c *Cache) Accounts(ctx context.Context, p app.Person, company string) ([]app.Account, error) {
	whose := holder{p.ID, company}
	if list, ok := c.recent(whose); ok {
		return list, nil
	}
	ch := c.group.DoChan(p.ID+"\x00"+company, func() (any, error) {
		if list, ok := c.recent(whose); ok { // another call has ended since
			return list, nil
		}
		// It serves everyone who waits, so it isn't bound to one caller's patience.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flight)
		defer cancel()
		return c.ask(ctx, p, company)
	})
	select {
	case <-ctx.Done():
		return nil, app.ErrAccountsUnavailable.Because(ctx.Err())
	case res := <-ch:
		if res.Err != nil {
			return nil, res.Err
		}
		return slices.Clone(res.Val.([]app.Account)), nil
	}
}

// Fresh asks the source now, and keeps what it says. It doesn't join a call
// that began before.
func (c *Cache) Fresh(ctx context.Context, p app.Person, company string) ([]app.Account, error) {
	list, err := c.ask(ctx, p, company)
	return slices.Clone(list), err
}

func (c *Cache) ask(ctx context.Context, p app.Person, company string) ([]app.Account, error) {
	asked := c.now()
	list, err := c.source.Accounts(ctx, p, company)
	if err != nil {
		return nil, err
	}
	c.keep(holder{p.ID, company}, answer{list: list, asked: asked})
	return list, nil
}

func (c *Cache) recent(whose holder) ([]app.Account, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, ok := c.kept[whose]
	if !ok || c.now().Sub(a.asked) >= age {
		return nil, false
	}
	return slices.Clone(a.list), true
}

// keep stores an answer unless a later one is there, and now and then forgets
// the old ones.
func (c *Cache) keep(whose holder, a answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old, ok := c.kept[whose]; !ok || !old.asked.After(a.asked) {
		c.kept[whose] = a
	}
	now := c.now()
	if now.Sub(c.swept) < age {
		return
	}
	for id, old := range c.kept {
		if now.Sub(old.asked) >= age {
			delete(c.kept, id)
		}
	}
	c.swept = now
}
