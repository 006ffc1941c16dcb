package consent

import (
	"context"
	"encoding/json"
	"errors"

	"assent/app"
	"assent/app/acp"
)

// Settle is the job that tells ACP what became of a request. It may run
// twice, and after a try whose answer was lost: then ACP is asked what it
// holds before it is told again.
func (s *Service) Settle(ctx context.Context, j app.Job) app.Outcome {
	r, waiting, err := s.store.BeginDelivery(ctx, j.RequestID)
	if err != nil {
		return again(err)
	}
	if !waiting {
		return app.Outcome{}
	}
	conn, ok := s.connections[r.Connection]
	if !ok {
		return s.tried(ctx, r, r.DeliveryUnsure, errors.New("connection "+r.Connection+" is not configured (any more)"))
	}
	unsure := r.DeliveryUnsure
	if unsure {
		d, err := conn.ACP.Details(ctx, login(r))
		switch {
		case outcome(err) == acp.NotFound:
			return s.settled(ctx, r, app.DeliveryUnconfirmed, "ACP has closed the login after a try whose answer was lost")
		case err != nil:
			return s.tried(ctx, r, true, err)
		case d.Approved && r.State == app.Approved, d.Rejected && r.State != app.Approved:
			return s.settled(ctx, r, app.DeliveryDelivered, "")
		case d.Approved || d.Rejected:
			return s.settled(ctx, r, app.DeliveryFailed, "ACP holds the opposite decision")
		}
		unsure = false
	}
	err = s.tell(ctx, conn.ACP, r)
	switch outcome(err) {
	case acp.OK:
		return s.settled(ctx, r, app.DeliveryDelivered, "")
	case acp.NotFound:
		return s.settled(ctx, r, app.DeliveryFailed, "ACP no longer knows the login: it has expired or was finished")
	case acp.Refused:
		return s.settled(ctx, r, app.DeliveryFailed, err.Error())
	}
	var e *acp.Error
	if errors.As(err, &e) {
		unsure = e.MayHaveTakenEffect()
	}
	return s.tried(ctx, r, unsure, err)
}

// SettleFailed records that a request's time ran out before ACP was told.
func (s *Service) SettleFailed(ctx context.Context, j app.Job, cause string) error {
	r, err := s.store.Request(ctx, j.RequestID)
	if err != nil {
		return err
	}
	if r.DeliveryUnsure {
		cause += " (the last try may have taken effect)"
	}
	return s.store.Delivered(ctx, r, app.DeliveryFailed, cause)
}

func (s *Service) tell(ctx context.Context, c *acp.Client, r app.Request) error {
	if r.State != app.Approved {
		return c.Reject(ctx, login(r), rejection(r.Reason))
	}
	var g Grant
	if err := json.Unmarshal([]byte(r.Granted), &g); err != nil {
		return err
	}
	return c.Accept(ctx, login(r), acp.Grant{Scopes: g.Scopes, Claims: g.Claims, VerifiedClaims: g.VerifiedClaims})
}

// rejection words a reason for ACP and, through it, for the client's engineers.
func rejection(why app.Reason) acp.Rejection {
	switch why {
	case app.ReasonPerson:
		return acp.Rejection{Cause: "denied_by_user", Description: "The person denied the request."}
	case app.ReasonReported:
		return acp.Rejection{Cause: "reported_by_user", Description: "The person said that they did not ask for this."}
	case app.ReasonLate:
		return acp.Rejection{Cause: "expired", Description: "The request had expired when it arrived."}
	case app.ReasonNoDevice, app.ReasonDeviceLost:
		return acp.Rejection{Cause: "no_device", Description: "The person has no device to answer with."}
	case app.ReasonSuspended:
		return acp.Rejection{Cause: "suspended", Description: "The person may not authenticate at present."}
	case app.ReasonOtherPerson:
		return acp.Rejection{Cause: "wrong_subject", Description: "The login belongs to another person."}
	case app.ReasonNoScopes:
		return acp.Rejection{Cause: "nothing_allowed", Description: "None of the requested scopes may be granted."}
	}
	return acp.Rejection{Cause: "cancelled", Description: "The request can't be served."}
}

func (s *Service) settled(ctx context.Context, r app.Request, as app.DeliveryState, cause string) app.Outcome {
	if err := s.store.Delivered(ctx, r, as, cause); err != nil {
		return again(err)
	}
	if as != app.DeliveryDelivered {
		s.log.ErrorContext(ctx, "a decision was not confirmed by ACP", "request", r.ID, "ref", r.Ref, "state", r.State, "delivery", as, "cause", cause)
	}
	return app.Outcome{}
}

func (s *Service) tried(ctx context.Context, r app.Request, unsure bool, cause error) app.Outcome {
	out := again(cause)
	var e *acp.Error
	if errors.As(cause, &e) {
		out.After = e.RetryAfter
	}
	if err := s.store.DeliveryTried(ctx, r, unsure, out.Cause); err != nil {
		return again(err)
	}
	return out
}

func again(err error) app.Outcome {
	return app.Outcome{Verdict: app.JobRetry, Cause: err.Error()}
}

func outcome(err error) acp.Outcome {
	var e *acp.Error
	switch {
	case err == nil:
		return acp.OK
	case errors.As(err, &e):
		return e.Outcome
	}
	return acp.Unknown
}
