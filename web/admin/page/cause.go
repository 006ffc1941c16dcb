package page

import (
	"strconv"
	"strings"

	"assent/app"
	"assent/app/i18n"
)

var causeKeys = map[app.Cause]i18n.Key{
	app.CauseUnreachable:    "admin.cause.acp_unreachable",
	app.CauseUnanswered:     "admin.cause.acp_unanswered",
	app.CauseBusy:           "admin.cause.acp_busy",
	app.CauseCredentials:    "admin.cause.acp_credentials",
	app.CauseRefused:        "admin.cause.acp_refused",
	app.CauseUnreadable:     "admin.cause.acp_unreadable",
	app.CauseOtherKind:      "admin.cause.acp_other_kind",
	app.CauseUnsupported:    "admin.cause.unsupported",
	app.CauseLoginGone:      "admin.cause.login_gone",
	app.CauseLoginClosed:    "admin.cause.login_closed",
	app.CauseOpposite:       "admin.cause.opposite_decision",
	app.CauseConnectionGone: "admin.cause.connection_gone",
	app.CauseAccounts:       "admin.cause.accounts_unavailable",
	app.CausePushBusy:       "admin.cause.push_busy",
	app.CausePushRefused:    "admin.cause.push_refused",
	app.CauseInternal:       "admin.cause.internal",
	app.CausePanic:          "admin.cause.internal",
	app.CauseOther:          "admin.cause.uncoded",
}

// CauseWords say why a delivery didn't succeed; empty for no cause.
func CauseWords(w i18n.Words, c app.Cause) string {
	plain, status, late := c.Parts()
	if plain == app.CauseNone {
		return ""
	}
	text := w.T(causeKeys[plain])
	if status != 0 {
		text = w.T("admin.cause.status", "cause", text, "status", strconv.Itoa(status))
	}
	if late {
		text = w.T("admin.cause.late", "cause", text)
	}
	return text
}

// causeIn words the cause that a row of the audit names, and tells whether the
// row is one of a delivery. Rows of earlier versions hold what ACP wrote: that
// isn't repeated.
func causeIn(w i18n.Words, action, name, value string) (text string, is bool) {
	if name == "hand" {
		switch app.Hand(value) {
		case app.SameHand:
			return w.T("admin.code.audit_same"), true
		case app.RelatedHand:
			return w.T("admin.code.audit_related"), true
		}
		return "", false
	}
	if name != "cause" || !strings.HasPrefix(action, "delivery.") {
		return "", false
	}
	return CauseWords(w, app.Cause(value)), true
}
