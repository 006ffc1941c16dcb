package app

import (
	"slices"
	"strconv"
	"strings"
)

// Cause says why a job or a delivery didn't succeed: one of a fixed set of
// codes, some with the HTTP status of the answer. It goes to the audit, the
// outbox and the log, so it never holds what another system wrote.
type Cause string

// The causes. Those of ACP's answers carry its status: acp_refused_400.
const (
	CauseNone           Cause = ""
	CauseUnreachable    Cause = "acp_unreachable" // the call was never sent
	CauseUnanswered     Cause = "acp_unanswered"  // it was sent, and no answer came
	CauseBusy           Cause = "acp_busy"        // 429, 5xx, or an answer that can't be read
	CauseCredentials    Cause = "acp_credentials" // ours are refused, or lack a scope
	CauseRefused        Cause = "acp_refused"     // for good
	CauseUnreadable     Cause = "acp_unreadable"  // a consent that contradicts itself or lacks what is needed
	CauseOtherKind      Cause = "acp_other_kind"  // no consent of the login's kind
	CauseUnsupported    Cause = "unsupported"     // ACP has no calls for what the request is about
	CauseLoginGone      Cause = "login_gone"      // ACP no longer knows the login
	CauseLoginClosed    Cause = "login_closed"    // the same after a try whose answer was lost
	CauseOpposite       Cause = "opposite_decision"
	CauseConnectionGone Cause = "connection_gone" // the connection is not configured any more
	CauseAccounts       Cause = "accounts_unavailable"
	CausePushBusy       Cause = "push_busy"    // the push service asks to try again
	CausePushRefused    Cause = "push_refused" // for good
	CauseInternal       Cause = "internal"     // a fault of ours: the log says which
	CausePanic          Cause = "panic"
	CauseOther          Cause = "other" // of an earlier version that wrote no codes
)

// late begins the code of what failed because its time ran out.
const late = "late_"

// statused are the causes that may carry a status.
var statused = []Cause{CauseBusy, CauseCredentials, CauseRefused, CauseUnanswered, CauseUnreachable, CauseUnreadable,
	CauseOtherKind,
	CausePushBusy, CausePushRefused}

// Causes are all causes, without status.
func Causes() []Cause {
	return append(slices.Clone(statused), CauseUnsupported, CauseLoginGone, CauseLoginClosed, CauseOpposite,
		CauseConnectionGone,
		CauseAccounts, CauseInternal, CausePanic, CauseOther)
}

// With is the cause with the HTTP status of the answer; 0 is none.
func (c Cause) With(status int) Cause {
	if status < 100 || status > 999 || !slices.Contains(statused, c) {
		return c
	}
	return c + "_" + Cause(strconv.Itoa(status))
}

// Late is the cause of what is given up because no time is left for another
// try; c is that of the last try.
func (c Cause) Late() Cause {
	if _, _, is := c.Parts(); is {
		return c
	}
	return late + c
}

// Parts take a cause apart: the one without its status, the status or 0, and
// whether time ran out. A text that is no cause is CauseOther.
func (c Cause) Parts() (plain Cause, status int, isLate bool) {
	text, isLate := strings.CutPrefix(string(c), late)
	plain = Cause(text)
	if i := strings.LastIndexByte(text, '_'); i > 0 && len(text) == i+4 {
		if n, err := strconv.Atoi(text[i+1:]); err == nil && slices.Contains(statused, Cause(text[:i])) {
			plain, status = Cause(text[:i]), n
		}
	}
	if plain != CauseNone && !slices.Contains(Causes(), plain) {
		return CauseOther, 0, isLate
	}
	return plain, status, isLate
}
