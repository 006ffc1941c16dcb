package httpx

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter slows sources down: a burst at once, then one in each period. An IPv6
// source is its /64, since a household has as many addresses as it likes.
type Limiter struct {
	every time.Duration
	burst int

	mu      sync.Mutex
	sources map[string]*bucket
	swept   time.Time
}

type bucket struct {
	rate *rate.Limiter
	last time.Time
}

// NewLimiter makes a limiter of one in every period after a burst.
func NewLimiter(every time.Duration, burst int) *Limiter {
	return &Limiter{every: every, burst: burst, sources: map[string]*bucket{}}
}

// Hit counts one attempt of a source (see Source) and gives how long it must
// wait, or zero.
func (l *Limiter) Hit(from string) time.Duration {
	if ip, err := netip.ParseAddr(from); err == nil && ip.Is6() && !ip.Is4In6() {
		if p, err := ip.Prefix(64); err == nil {
			from = p.String()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if now.Sub(l.swept) > time.Minute {
		for k, b := range l.sources {
			if now.Sub(b.last) > time.Duration(l.burst)*l.every {
				delete(l.sources, k) // its bucket is full again
			}
		}
		l.swept = now
	}
	b := l.sources[from]
	if b == nil {
		b = &bucket{rate: rate.NewLimiter(rate.Every(l.every), l.burst)}
		l.sources[from] = b
	}
	b.last = now
	if b.rate.AllowN(now, 1) {
		return 0
	}
	return l.every
}
