package slip

import (
	"strings"

	"assent/app/authz"
	"assent/app/i18n"
)

// Done is what a person reads of a request once it has its answer. Of a sheet
// with only what was granted (consent.Approved) it says what was approved.
type Done struct {
	Line  string `json:"line"`            // the thing in one line: "£1,234.50 to Ms Ada Quill"
	Boxes []Box  `json:"boxes,omitempty"` // what was given, from which accounts, for how long

	Manage      string `json:"manage"`      // where it can be seen, changed or ended
	Unconfirmed string `json:"unconfirmed"` // where it isn't known whether the requester heard of it
	Failed      string `json:"failed"`      // where the requester couldn't be told
	Doubt       string `json:"doubt"`       // where it may have taken effect, although it shouldn't
}

// Done words the sheet for after the decision.
func (sh *Sheet) Done(r Reader) Done {
	t := sh.Text(r)
	x := newWriter(sh, r)
	w, client := r.Words, t.Requester.Name
	var d Done
	add := func(label i18n.Key, value string) {
		if value != "" {
			d.Boxes = append(d.Boxes, Box{Label: w.T(label), Value: value, Wide: true})
		}
	}
	accounts := ""
	if sh.Accounts != nil {
		var names []string
		for _, row := range sh.Accounts.List {
			if row.Usable {
				name := x.named(row.Account.AccountRef)
				if row.Account.Joint {
					name += " · " + w.T("account.joint")
				}
				names = append(names, name)
			}
		}
		accounts = strings.Join(names, "\n")
	}
	switch x.row.Subject {
	case authz.Trial:
		d.Line = w.T("done.test")
		d.Manage = w.T("done.manage_test")
	case authz.SignIn:
		d.Line = capital(w.T("done.sign_in", "client", client))
		add("outcome.gets", x.given())
		if sh.LeftOut != nil {
			add("outcome.left_out", newWriter(sh.LeftOut, r).given())
		}
		d.Manage = w.T("done.manage_sign_in", "client", client, "institution", t.Institution)
		d.Unconfirmed, d.Failed = w.T("outcome.approved.unconfirmed", "client",
			client), w.T("outcome.approved.failed", "client", client)
		d.Doubt = w.T("done.doubt_sign_in", "client", client)
	case authz.Data:
		d.Line = w.T("done.data", "client", client, "data", t.Headline)
		var groups []string
		for _, g := range t.Groups {
			if g.Folded {
				groups = append(groups, g.Label)
			}
		}
		add("done.shares", strings.Join(groups, "\n"))
		add("done.accounts", accounts)
		period := w.T("data.unlimited")
		if at := x.fact(authz.ExpiresAt).At; at != "" {
			period = capital(w.T("data.until", "date", x.lastDay(at)))
		}
		add("done.period", period)
		d.Manage = w.T("done.manage_data", "client", client, "institution", t.Institution)
		d.Unconfirmed, d.Failed = w.T("done.unconfirmed_data", "client",
			client), w.T("done.failed_data", "client", client)
		d.Doubt = w.T("done.doubt_data", "client", client)
	case authz.Payment:
		d.Line = strings.TrimSpace(t.Amount + t.Headline + " " + t.Payee)
		if t.Payee != "" && t.Amount != "" {
			d.Line = w.T("done.payment", "amount", t.Amount, "payee", t.Payee)
		}
		add("done.from", accounts)
		for _, name := range []authz.FactName{authz.PayOn, authz.FirstPayment, authz.RecurringPayment, authz.Frequency,
			"until", authz.FinalPayment, authz.NumberOfPayments, authz.Reference} {
			if name == authz.PayOn && x.fact(name).At == "" {
				continue // "today" is not to be read tomorrow
			}
			for _, b := range t.Boxes {
				if b.Of == string(name) {
					d.Boxes = append(d.Boxes, b)
				}
			}
		}
		key := i18n.Key("done.manage_payment")
		if _, later := x.payDay(false); later || x.fact(authz.Frequency).Schedule != nil {
			key = "done.manage_scheduled"
		}
		d.Manage = w.T(key, "client", client, "institution", t.Institution)
		d.Unconfirmed = w.T("done.unconfirmed_payment", "client", client, "institution", t.Institution)
		d.Failed = w.T("done.failed_payment", "client", client)
		d.Doubt = w.T("done.doubt_payment", "institution", t.Institution)
	default:
		d.Line = t.Title
		d.Unconfirmed, d.Failed = w.T("outcome.approved.unconfirmed", "client",
			client), w.T("outcome.approved.failed", "client", client)
	}
	return d
}

// given names all that a plain request is given, one thing a line, each with the
// claims that go with it.
func (x *writer) given() string {
	var lines []string
	for _, g := range x.scopes(x.sh.Scopes, x.claimItems()) {
		for _, it := range g.Items {
			line := append([]string{it.Title}, it.Lines...)
			if it.List == TickVerifiedClaims {
				line = append(line, it.More)
			}
			lines = append(lines, strings.Join(line, " · "))
		}
	}
	return strings.Join(lines, "\n")
}
