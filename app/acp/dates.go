package acp

import (
	"context"
	"net/http"
	"sync"
	"time"
)

const (
	// aheadBelieved is how far ACP's clock may be from ours for its deadlines to
	// be read by it: further, and one of the two is plainly wrong.
	aheadBelieved = 5 * time.Minute
	// aheadKept is how long what a Date said of the clocks counts.
	aheadKept = 15 * time.Minute
)

// dates reads ACP's clock off the Date of its answers (RFC 9110 6.6.1).
type dates struct {
	next  http.RoundTripper
	now   func() time.Time
	heard func(date time.Time, took time.Duration)

	mu        sync.Mutex
	low, high time.Duration // ACP's clock is ahead of ours by something between them
	at        time.Time     // when that was so; zero while no Date was heard
}

// RoundTrip implements http.RoundTripper.
func (d *dates) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	res, err := d.next.RoundTrip(r)
	if err != nil {
		return res, err
	}
	date, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return res, nil
	}
	took := time.Since(began)
	if d.heard != nil {
		d.heard(date, took)
	}
	now := d.now() // it may have been set just now
	d.mu.Lock()
	defer d.mu.Unlock()
	// A Date has no fractions, and was written at some time during the exchange.
	d.low, d.high, d.at = date.Sub(now), date.Add(time.Second).Sub(now.Add(-took)), now
	return res, nil
}

// ahead is the least by which ACP's clock must be ahead of ours.
func (d *dates) ahead() time.Duration {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.at.IsZero() || now.Sub(d.at).Abs() > aheadKept {
		return 0
	}
	off := time.Duration(0)
	switch {
	case d.low > 0:
		off = d.low
	case d.high < 0:
		off = d.high
	}
	if off.Abs() > aheadBelieved {
		return 0
	}
	return off
}

// Ahead is how far ACP's clock is ahead of ours, behind where negative: as much
// as the Date of its last answer leaves no doubt about, and at most five minutes.
// It is 0 where nothing was heard lately, or the clocks are further apart: then
// ACP's deadlines are read by our clock, and the overview says what is wrong.
func (c *Client) Ahead() time.Duration { return c.dates.ahead() }

// AskDate has ACP answer anything at all, for the Date of it (Config.Heard).
func (c *Client) AskDate(ctx context.Context) error {
	_, err := c.tokens.discover(ctx)
	return err
}
