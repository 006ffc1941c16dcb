package emulator

import (
	"context"
	"sync"
	"time"
)

// background runs work that outlives the request which asked for it, so that none of it outlives Run.
type background struct {
	mu    sync.Mutex
	queue []func(context.Context)
	wake  chan struct{}
	done  chan struct{} // closed when run is told to stop
}

func newBackground() *background {
	return &background{wake: make(chan struct{}, 1), done: make(chan struct{})}
}

func (b *background) add(f func(context.Context)) {
	b.mu.Lock()
	b.queue = append(b.queue, f)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default:
	}
}

func (b *background) run(ctx context.Context, tick func()) {
	var wg sync.WaitGroup
	defer wg.Wait()
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			close(b.done)
			return
		case <-ticker.C:
			tick()
		case <-b.wake:
			b.mu.Lock()
			queue := b.queue
			b.queue = nil
			b.mu.Unlock()
			for _, f := range queue {
				wg.Go(func() { f(ctx) })
			}
		}
	}
}

// wait sleeps for d of real time; false means that ctx or the emulator ended first.
func (b *background) wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	case <-b.done:
		return false
	}
}

const longestBackoff = 5 * time.Second

// retry repeats try with doubling waits until it says that it is done, or until goOn says that it is no longer wanted.
func (b *background) retry(ctx context.Context, first time.Duration, goOn func() bool, try func(context.Context) bool) {
	for wait := first; goOn() && !try(ctx); wait = min(2*wait, longestBackoff) {
		if !b.wait(ctx, wait) {
			return
		}
	}
}
