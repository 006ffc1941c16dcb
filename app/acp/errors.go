package acp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"assent/app/authz"
	"assent/app/i18n"
	"assent/app/outbound"
)

func unsupported(reason string) error {
	return &authz.Error{Outcome: authz.Refused, Cause: &authz.UnsupportedError{Reason: reason}}
}

// departure notes whether a request got so far that it may have arrived.
type departure struct{ sought, left atomic.Bool }

// watch makes requests with the context report to d.
func (d *departure) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { d.sought.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { d.left.Store(true) },
	})
}

// transport sorts an error below HTTP. A request that looked for a connection
// and got none (no address, nothing listens there, a TLS handshake that failed)
// was certainly never sent; all else may have arrived.
func transport(method string, err error, sent *departure, hide *strings.Replacer) error {
	out := &authz.Error{Outcome: authz.Unknown, MayHaveTakenEffect: method != http.MethodGet, Cause: bare(err)}
	if sent.sought.Load() && !sent.left.Load() {
		out.Outcome, out.MayHaveTakenEffect = authz.Unreachable, false
	} else if !ours(out.Cause) {
		// net/http repeats the bytes of an answer that it can't read.
		out.Cause = errors.New("the exchange broke off")
	}
	if text := out.Cause.Error(); hide.Replace(text) != text {
		out.Cause = errors.New(hide.Replace(text))
	}
	return out
}

// ours tells whether an error of an exchange is worded on this side: by the
// network, by TLS or by a deadline.
func ours(err error) bool {
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, outbound.ErrNotPublic)
}

// bare drops the URL that net/http puts into its errors: it holds the login state.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// hiding takes secrets, as they are or escaped for a URL, out of what others
// say: it may repeat what they were sent.
func hiding(secrets ...string) *strings.Replacer {
	var pairs []string
	for _, s := range secrets {
		if s != "" {
			pairs = append(pairs, s, "…", url.QueryEscape(s), "…")
		}
	}
	return strings.NewReplacer(pairs...)
}

// refusal sorts an answer that isn't a 2xx.
func refusal(method string, res *http.Response, body []byte, now time.Time, hide *strings.Replacer) error {
	e := &authz.Error{Status: res.StatusCode, RetryAfter: outbound.RetryAfter(res.Header, now), Said: said(body, hide)}
	switch {
	case res.StatusCode == http.StatusNotFound:
		e.Outcome = authz.NotFound
	case res.StatusCode == http.StatusUnauthorized, res.StatusCode == http.StatusForbidden:
		e.Outcome = authz.Credentials
	case res.StatusCode == http.StatusTooManyRequests:
		e.Outcome = authz.Busy
	case res.StatusCode >= 500:
		e.Outcome, e.MayHaveTakenEffect = authz.Busy, method != http.MethodGet
	default:
		e.Outcome = authz.Refused
	}
	return e
}

// saidLimit in bytes.
const saidLimit = 500

// said is what ACP's error body says, in the shapes of its Error and of RFC
// 6749, with control characters removed and secrets hidden. Each member is cut
// at 200 characters, the whole at saidLimit.
func said(body []byte, hide *strings.Replacer) string {
	var p struct {
		Error       string `json:"error"`
		ErrorCode   string `json:"error_code"`
		Cause       string `json:"cause"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &p) != nil {
		return ""
	}
	var parts []string
	for _, s := range []string{p.Error, p.ErrorCode, p.Cause, p.Description} {
		if s != "" {
			parts = append(parts, fmt.Sprintf("%.200s", i18n.Plain(hide.Replace(s))))
		}
	}
	text := strings.Join(parts, ", ")
	return strings.ToValidUTF8(text[:min(len(text), saidLimit)], "")
}
