package consent

import (
	"context"
	"encoding/json"
	"errors"

	"assent/app"
	"assent/app/authz"
	"assent/store"
)

// Settle is the job that tells ACP what became of a request. It may run
// twice, and after a try whose answer was lost: then ACP is asked what it
// holds before it is told again. An approval that was withdrawn is rejected, and
// never sent again. Where retention has erased the login's state, without which
// ACP takes no call, nothing is sent.
func (s *Service) Settle(ctx context.Context, j app.Job) app.Outcome {
	r, waiting, err := s.store.BeginDelivery(ctx, j.RequestID)
	if err != nil {
		return again(err)
	}
	if !waiting {
		return app.Outcome{}
	}
	switch {
	case r.Tellable():
	case r.DeliveryUnsure:
		return s.settled(ctx, j, r, app.DeliveryUnconfirmed, app.CauseLoginClosed)
	default:
		return s.settled(ctx, j, r, app.DeliveryFailed, app.CauseLoginGone)
	}
	conn, err := s.connection(r)
	if err != nil {
		return s.tried(ctx, j, r, r.DeliveryUnsure, err)
	}
	unsure := r.DeliveryUnsure
	if r.Kind == app.KindUnknown {
		if err := s.hold(ctx, j); err != nil {
			return again(err)
		}
		kind, err := s.kindOf(ctx, r)
		var unsupported *authz.UnsupportedError
		switch {
		case errors.As(err, &unsupported):
			return s.settled(ctx, j, r, app.DeliveryFailed, app.CauseUnsupported)
		case outcome(err) == authz.NotFound:
			return s.settled(ctx, j, r, app.DeliveryFailed, app.CauseLoginGone)
		case err != nil:
			return s.tried(ctx, j, r, unsure, err)
		}
		r.Kind = string(kind)
		if err := s.store.Recognised(ctx, r.ID, r.Kind); err != nil {
			return again(err)
		}
	}
	if unsure && r.Kind == app.KindRegular {
		out, settled := s.ask(ctx, j, conn.Server, r)
		if settled {
			return out
		} // what was sent before may arrive yet: the doubt stays
	}
	if ctx.Err() != nil {
		return again(context.Cause(ctx))
	}
	stands, err := s.store.ContinueDelivery(ctx, j, store.LeaseTime, r)
	if err != nil {
		return again(err)
	}
	if !stands { // a job of its own takes the approval back
		return app.Outcome{}
	}
	err = s.tell(ctx, conn.Server, r)
	r.Said = authz.Said(err)
	switch outcome(err) {
	case authz.OK:
		return s.settled(ctx, j, r, app.DeliveryDelivered, app.CauseNone)
	case authz.NotFound:
		if r.WithdrawnAt != 0 && r.Kind == app.KindRegular { // the approval may have come first
			if out, settled := s.ask(ctx, j, conn.Server, r); settled {
				return out
			}
		}
		if unsure {
			return s.settled(ctx, j, r, app.DeliveryUnconfirmed, app.CauseLoginClosed)
		}
		return s.settled(ctx, j, r, app.DeliveryFailed, app.CauseLoginGone)
	case authz.Refused:
		return s.settled(ctx, j, r, app.DeliveryFailed, causeOf(err))
	}
	var e *authz.Error
	if errors.As(err, &e) {
		unsure = unsure || e.MayHaveTakenEffect
	}
	return s.tried(ctx, j, r, unsure, err)
}

// ask asks ACP what it holds of a plain sign-in, the one kind that says so, and
// tells whether that settles the matter; out is the job's outcome then.
func (s *Service) ask(ctx context.Context, j app.Job, c Server, r app.Request) (out app.Outcome, settled bool) {
	if err := s.hold(ctx, j); err != nil {
		return again(err), true
	}
	d, err := c.Details(ctx, login(r))
	switch {
	case outcome(err) == authz.NotFound:
		return s.settled(ctx, j, r, app.DeliveryUnconfirmed, app.CauseLoginClosed), true
	case err != nil:
		return s.tried(ctx, j, r, true, err), true
	case d.Approved && r.State == app.Approved, d.Rejected && r.State != app.Approved:
		return s.settled(ctx, j, r, app.DeliveryDelivered, app.CauseNone), true
	case d.Approved || d.Rejected:
		return s.settled(ctx, j, r, app.DeliveryFailed, app.CauseOpposite), true
	}
	return app.Outcome{}, false
}

// hold makes sure, right before ACP is called, that j is still this worker's:
// the process may have stood still, and another may have the job.
func (s *Service) hold(ctx context.Context, j app.Job) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return s.store.RenewLease(ctx, j, store.LeaseTime)
}

// SettleFailed records that a request's time ran out before ACP was told.
func (s *Service) SettleFailed(ctx context.Context, j app.Job, cause app.Cause) error {
	r, err := s.store.Request(ctx, j.RequestID)
	if err != nil {
		return err
	}
	return s.store.Delivered(ctx, r, app.DeliveryFailed, cause)
}

func (s *Service) tell(ctx context.Context, c Server, r app.Request) error {
	if r.State != app.Approved {
		return c.Reject(ctx, login(r), rejection(r.Reason))
	}
	var g Grant
	if err := json.Unmarshal([]byte(r.Granted), &g); err != nil {
		return err
	}
	return c.Accept(ctx, login(r),
		authz.Grant{
			Scopes:         g.Scopes,
			Claims:         g.Claims,
			VerifiedClaims: g.VerifiedClaims,
			AccountIDs:     g.Accounts,
			Debtor:         g.Debtor,
		})
}

// rejections word each reason for ACP and, through it, for the client's
// engineers.
var rejections = map[app.Reason]authz.Rejection{
	app.ReasonPerson: {
		Why:         authz.ByPerson,
		Cause:       "denied_by_user",
		Description: "The person denied the request.",
	},
	app.ReasonReported: {
		Why:         authz.ByPerson,
		Cause:       "reported_by_user",
		Description: "The person said that they did not ask for this.",
	},
	app.ReasonLate: {
		Why:         authz.Technical,
		Cause:       "expired",
		Description: "The request had expired when it arrived.",
	},
	app.ReasonNoDevice: {
		Why:         authz.Technical,
		Cause:       "no_device",
		Description: "The person has no device to answer with.",
	},
	app.ReasonDeviceLost: {
		Why:         authz.Security,
		Cause:       "no_device",
		Description: "The device that answered was removed before ACP was told.",
	},
	app.ReasonSuspended: {
		Why:         authz.Security,
		Cause:       "suspended",
		Description: "The person may not authenticate at present.",
	},
	app.ReasonOtherPerson: {
		Why:         authz.Security,
		Cause:       "wrong_subject",
		Description: "The login belongs to another person.",
	},
	app.ReasonNoScopes: {
		Why:         authz.Technical,
		Cause:       "nothing_allowed",
		Description: "None of the requested scopes may be granted.",
	},
	app.ReasonUnsupported: {
		Why:         authz.Technical,
		Cause:       "unsupported",
		Description: "Requests of this kind can't be served.",
	},
	app.ReasonConsentState: {
		Why:         authz.Technical,
		Cause:       "not_awaiting",
		Description: "The consent no longer awaits authorisation.",
	},
	app.ReasonNotOwner: {
		Why:         authz.Security,
		Cause:       "wrong_owner",
		Description: "The consent's CPF is not the person's.",
	},
	app.ReasonOtherCompany: {
		Why:         authz.Security,
		Cause:       "wrong_company",
		Description: "The person does not act for the consent's company.",
	},
	app.ReasonDebtorNotTheirs: {
		Why:         authz.AccountCannotPay,
		Cause:       "account_unknown",
		Description: "The account to pay from is not one of the person's.",
	},
	app.ReasonDebtorCannotPay: {
		Why:         authz.AccountCannotPay,
		Cause:       "account_cannot_pay",
		Description: "The account to pay from can't be used for this payment.",
	},
	app.ReasonPaused: {
		Why:         authz.Security,
		Cause:       "paused",
		Description: "The person's requests are paused after a report.",
	},
	app.ReasonNoCode: {
		Why:         authz.Security,
		Cause:       "code_missing",
		Description: "The message has no code that the person could be asked for.",
	},
	app.ReasonCode: {
		Why:         authz.Security,
		Cause:       "code_mismatch",
		Description: "The person could not tell the code of the message.",
	},
	app.ReasonNoAccount: {
		Why:         authz.Technical,
		Cause:       "no_account",
		Description: "The person has no account that the request could be about.",
	},
	app.ReasonUnreadable: {
		Why:         authz.Technical,
		Cause:       "consent_unreadable",
		Description: "The details of the consent contradict each other.",
	},
}

func rejection(why app.Reason) authz.Rejection {
	if r, ok := rejections[why]; ok {
		return r
	}
	return authz.Rejection{Why: authz.Technical, Cause: "cancelled", Description: "The request can't be served."}
}

// settled records how the delivery ended. That ACP took the decision is a fact,
// also where the lease has ended meanwhile; all else is for whoever has it then.
func (s *Service) settled(ctx context.Context, j app.Job, r app.Request, as app.DeliveryState,
	cause app.Cause) app.Outcome {
	if as != app.DeliveryDelivered {
		if err := s.hold(ctx, j); err != nil {
			return again(err)
		}
	}
	if err := s.store.Delivered(context.WithoutCancel(ctx), r, as, cause); err != nil {
		return again(err)
	}
	if as != app.DeliveryDelivered {
		s.log.ErrorContext(ctx, "a decision was not confirmed by ACP", "request", r.ID, "ref", r.Ref, "state", r.State,
			"withdrawn", r.WithdrawnAt != 0, "delivery", as, "cause", cause)
	}
	return app.Outcome{}
}

// tried records a try that is to be made again.
func (s *Service) tried(ctx context.Context, j app.Job, r app.Request, unsure bool, cause error) app.Outcome {
	if err := s.hold(ctx, j); err != nil {
		return again(err)
	}
	out := again(cause)
	r.Said = authz.Said(cause)
	if err := s.store.DeliveryTried(ctx, r, unsure, out.Cause); err != nil {
		return again(err)
	}
	return out
}

// again has a job tried again, as late as ACP asks.
func again(err error) app.Outcome {
	out := app.Outcome{Verdict: app.JobRetry, Cause: causeOf(err), Err: err}
	var e *authz.Error
	if errors.As(err, &e) {
		out.After = e.RetryAfter
	}
	return out
}

// causes are the outcomes of calls as causes.
var causes = map[authz.Outcome]app.Cause{
	authz.NotFound:    app.CauseLoginGone,
	authz.Credentials: app.CauseCredentials,
	authz.Busy:        app.CauseBusy,
	authz.Refused:     app.CauseRefused,
	authz.Unknown:     app.CauseUnanswered,
	authz.Unreachable: app.CauseUnreachable,
	authz.OtherKind:   app.CauseOtherKind,
	authz.Unreadable:  app.CauseUnreadable,
}

// causeOf names why something about a request failed.
func causeOf(err error) app.Cause {
	var e *authz.Error
	var unsupported *authz.UnsupportedError
	switch {
	case err == nil:
		return app.CauseNone
	case errors.As(err, &unsupported):
		return app.CauseUnsupported
	case errors.As(err, &e):
		return causes[e.Outcome].With(e.Status)
	case errors.Is(err, errNoConnection):
		return app.CauseConnectionGone
	case errors.Is(err, app.ErrAccountsUnavailable):
		return app.CauseAccounts
	}
	return app.CauseInternal
}

func outcome(err error) authz.Outcome {
	var e *authz.Error
	switch {
	case err == nil:
		return authz.OK
	case errors.As(err, &e):
		return e.Outcome
	}
	return authz.Unknown
}
