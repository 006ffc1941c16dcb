package store

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"assent/app"
)

const proposalColumns = `id, area, action, subject, payload, proposed_by, decided_by, state, cause, created_at, expires_at, decided_at, ended_at`

// ProposalRow is a proposal with the names of who proposed and who decided it,
// as they are today.
type ProposalRow struct {
	app.Proposal
	Proposer string `db:"proposer"`
	Decider  string `db:"decider"`
}

const proposalRows = `SELECT p.id, p.area, p.action, p.subject, p.payload, p.proposed_by, p.decided_by, p.state, p.cause,
	p.created_at, p.expires_at, p.decided_at, p.ended_at, a.name AS proposer, coalesce(b.name, '') AS decider
	FROM proposals p JOIN admins a ON a.id = p.proposed_by LEFT JOIN admins b ON b.id = p.decided_by`

// openProposals bounds how many of one administrator may wait.
const openProposals = 20

// Propose stores what an administrator asks for. Of one who has many that wait
// it takes no more: app.ErrTooMany.
func (s *Store) Propose(ctx context.Context, by app.Actor, p app.Proposal) (app.Proposal, error) {
	err := s.write(ctx, func(t *tx) error {
		var open int
		if err := t.GetContext(ctx, &open,
			`SELECT count(*) FROM proposals WHERE proposed_by = ? AND state IN ('waiting', 'confirmed')`,
			by.ID); err != nil {
			return err
		}
		if open >= openProposals {
			return app.ErrTooMany
		}
		p.ID, p.ProposedBy, p.State, p.CreatedAt, p.ExpiresAt = app.NewID(), by.ID, app.ProposalWaiting, t.now, t.now.Add(app.ProposalTTL)
		if err := t.exec(ctx,
			`INSERT INTO proposals (id, area, action, subject, payload, proposed_by, state, created_at, expires_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			p.ID, p.Area, p.Action, p.Subject, p.Payload, p.ProposedBy, p.State, p.CreatedAt, p.ExpiresAt); err != nil {
			return err
		}
		return t.audit(ctx, by, aboutProposal("proposal.make", p))
	})
	return p, err
}

// aboutProposal is an entry about a proposal: which, of what kind, and about
// whom.
func aboutProposal(action string, p app.Proposal) entry {
	e := entry{action: action, detail: map[string]string{"proposal": p.ID, "what": p.Action}}
	var file ProposedFile
	if json.Unmarshal([]byte(p.Payload), &file) == nil && file.SHA256 != "" {
		e.detail["import"], e.detail["sha256"], e.detail["bytes"] = file.Import, file.SHA256, strconv.FormatInt(file.Bytes,
			10)
	}
	switch {
	case p.Subject == "":
	case p.Area == app.AreaOwners:
		e.detail["admin"] = p.Subject
	default:
		e.person = p.Subject
	}
	return e
}

// ProposedFile is the file that a proposal is about, in its payload.
type ProposedFile struct {
	Import string `json:"import,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of the file as it was uploaded, hexadecimal
	Bytes  int64  `json:"bytes,omitempty"`
}

// Proposal gives a proposal as it stands: one whose time has come is ended,
// also where the sweep hasn't been there.
func (r *Reader) Proposal(ctx context.Context, id string) (ProposalRow, error) {
	var p ProposalRow
	err := r.r.GetContext(ctx, &p, proposalRows+` WHERE p.id = ?`, id)
	return r.asItStands(p), orElse(err, app.ErrUnknownProposal)
}

// Proposals lists proposals without their payloads: those that wait first, each the newest first.
func (r *Reader) Proposals(ctx context.Context, limit int) ([]ProposalRow, error) {
	var out []ProposalRow
	rows := strings.Replace(proposalRows, "p.payload", "'' AS payload", 1) // which may hold a picture
	if err := r.r.SelectContext(ctx, &out,
		rows+` ORDER BY p.state IN ('waiting', 'confirmed') DESC, p.created_at DESC, p.id LIMIT ?`, limit); err != nil {
		return nil, err
	}
	for i := range out {
		out[i] = r.asItStands(out[i])
	}
	return out, nil
}

func (r *Reader) asItStands(p ProposalRow) ProposalRow {
	if (p.State == app.ProposalWaiting || p.State == app.ProposalConfirmed) && p.ExpiresAt <= r.Now() {
		p.State, p.EndedAt, p.Payload = app.ProposalEnded, p.ExpiresAt, ""
	}
	return p
}

// DecideProposal confirms a waiting proposal, or refuses one that is open: also
// one that was confirmed and isn't carried out yet. Neither its proposer
// nor whom it is about can (app.ErrOwnProposal); roles are those that have the
// permission which the action needs: a proposer who lost it, or may no longer
// sign in, takes the proposal with them (app.ErrProposalOver).
func (s *Store) DecideProposal(ctx context.Context, by app.Actor, id string, confirm bool,
	roles []app.AdminRole) (app.Proposal, error) {
	in := openOnly
	if confirm {
		in = waitingOnly
	}
	return s.moveProposal(ctx, by, id, in, func(t *tx, p app.Proposal) (app.Proposal, string, error) {
		if p.ProposedBy == by.ID || p.Subject == by.ID {
			return p, "", app.ErrOwnProposal
		}
		if err := t.mayPropose(ctx, p.ProposedBy, roles); err != nil {
			return p, "", err
		}
		p.DecidedBy, p.DecidedAt = by.ID, t.now
		if !confirm {
			p.State = app.ProposalRefused
			return p, "proposal.refuse", nil
		}
		p.State = app.ProposalConfirmed
		return p, "proposal.confirm", nil
	})
}

// TakeProposal lets its proposer carry a confirmed proposal out: once.
func (s *Store) TakeProposal(ctx context.Context, by app.Actor, id string,
	roles []app.AdminRole) (taken app.Proposal, err error) {
	_, err = s.moveProposal(ctx, by, id, confirmedOnly, func(t *tx, p app.Proposal) (app.Proposal, string, error) {
		if p.ProposedBy != by.ID {
			return p, "", app.ErrOwnProposal
		}
		if err := t.mayPropose(ctx, p.ProposedBy, roles); err != nil {
			return p, "", err
		}
		taken = p
		p.State = app.ProposalDone
		return p, "proposal.done", nil
	})
	return taken, err
}

// WithdrawProposal lets its proposer take an open proposal back.
func (s *Store) WithdrawProposal(ctx context.Context, by app.Actor, id string) error {
	_, err := s.moveProposal(ctx, by, id, openOnly, func(_ *tx, p app.Proposal) (app.Proposal, string, error) {
		if p.ProposedBy != by.ID {
			return p, "", app.ErrForbidden
		}
		p.State = app.ProposalEnded
		return p, "proposal.end", nil
	})
	return err
}

// ProposalDone records that a confirmed proposal was carried out.
func (s *Store) ProposalDone(ctx context.Context, by app.Actor, id string) error {
	_, err := s.moveProposal(ctx, by, id, confirmedOnly, func(_ *tx, p app.Proposal) (app.Proposal, string, error) {
		p.State = app.ProposalDone
		return p, "proposal.done", nil
	})
	return err
}

// ProposalFailed records that a confirmed proposal could not be carried out, or
// one that was taken; cause is the code of the refusal.
func (s *Store) ProposalFailed(ctx context.Context, by app.Actor, id string, taken bool, cause string) error {
	in := confirmedOnly
	if taken {
		in = []app.ProposalState{app.ProposalDone}
	}
	_, err := s.moveProposal(ctx, by, id, in, func(_ *tx, p app.Proposal) (app.Proposal, string, error) {
		p.State, p.Cause = app.ProposalFailed, cause
		return p, "proposal.fail", nil
	})
	return err
}

var (
	waitingOnly   = []app.ProposalState{app.ProposalWaiting}
	confirmedOnly = []app.ProposalState{app.ProposalConfirmed}
	openOnly      = []app.ProposalState{app.ProposalWaiting, app.ProposalConfirmed}
)

// moveProposal changes a proposal that is in one of the states and not out of
// time, by compare-and-swap, and records action.
func (s *Store) moveProposal(ctx context.Context, by app.Actor, id string, in []app.ProposalState,
	move func(*tx, app.Proposal) (moved app.Proposal, action string, err error)) (app.Proposal, error) {
	var moved app.Proposal
	err := s.write(ctx, func(t *tx) error {
		var p app.Proposal
		if err := t.GetContext(ctx, &p, `SELECT `+proposalColumns+` FROM proposals WHERE id = ?`, id); err != nil {
			return orElse(err, app.ErrUnknownProposal)
		}
		if !slices.Contains(in, p.State) || p.ExpiresAt <= t.now {
			return app.ErrProposalOver
		}
		var action string
		var err error
		if moved, action, err = move(t, p); err != nil {
			return err
		}
		if moved.State != app.ProposalConfirmed {
			moved.EndedAt, moved.Payload = t.now, ""
		}
		if err := t.swap(ctx, app.ErrProposalOver,
			`UPDATE proposals SET state = ?, payload = ?, decided_by = ?, decided_at = ?,
			expires_at = ?, ended_at = ?, cause = ? WHERE id = ? AND state = ?`, moved.State, moved.Payload,
			moved.DecidedBy,
			moved.DecidedAt, moved.ExpiresAt, moved.EndedAt, moved.Cause, id, p.State); err != nil {
			return err
		}
		about := moved
		about.Payload = p.Payload // until now
		return t.audit(ctx, by, aboutProposal(action, about))
	})
	return moved, err
}

// mayPropose tells whether an administrator may still ask for what roles may.
func (t *tx) mayPropose(ctx context.Context, adminID string, roles []app.AdminRole) error {
	a, err := t.admin(ctx, adminID)
	if err == nil && (a.State != app.AdminActive || !slices.Contains(roles, a.Role)) {
		err = app.ErrProposalOver
	}
	return err
}

// endProposalsOf ends the open proposals of an administrator who goes.
func (t *tx) endProposalsOf(ctx context.Context, by app.Actor, adminID string) error {
	return t.endProposals(ctx, by, `proposed_by = ?`, adminID)
}

// sweepProposals stores as ended what ran out of time, and what a clock that ran
// ahead would have last longer than any.
func (t *tx) sweepProposals(ctx context.Context) error {
	return t.endProposals(ctx, app.System, `(expires_at <= ? OR expires_at > ?)`, t.now,
		t.now.Add(app.ProposalTTL+ahead))
}

func (t *tx) endProposals(ctx context.Context, by app.Actor, which string, args ...any) error {
	var over []app.Proposal
	if err := t.SelectContext(ctx, &over, `UPDATE proposals SET state = 'ended', payload = '', ended_at = ?
		WHERE state IN ('waiting', 'confirmed') AND `+which+` RETURNING `+proposalColumns,
		append([]any{t.now}, args...)...); err != nil {
		return err
	}
	for _, p := range over {
		if err := t.audit(ctx, by, aboutProposal("proposal.end", p)); err != nil {
			return err
		}
	}
	return nil
}

// endProposalsAbout ends what is open about a person who is suspended or erased,
// and empties what it holds of them. Erasing them is not among it: that may be
// what is being carried out.
func (t *tx) endProposalsAbout(ctx context.Context, by app.Actor, personID string) error {
	return t.endProposals(ctx, by, `action <> 'person.erase' AND subject = ?`, personID)
}

// endInviteProposals ends what is open to invite a person whose links are
// withdrawn.
func (t *tx) endInviteProposals(ctx context.Context, by app.Actor, personID string) error {
	return t.endProposals(ctx, by, `action = 'person.invite' AND subject = ?`, personID)
}

// OpenProposals counts the proposals that wait for a second administrator.
func (r *Reader) OpenProposals(ctx context.Context) (n int, err error) {
	err = r.r.GetContext(ctx, &n, `SELECT count(*) FROM proposals WHERE state = 'waiting' AND expires_at > ?`, r.Now())
	return n, err
}

// FourEyesOff records that four eyes is switched off from the command line. It
// is written before that is done, so that it can't be done unseen.
func (s *Store) FourEyesOff(ctx context.Context, by app.Actor) error {
	return s.write(ctx, func(t *tx) error { return t.audit(ctx, by, entry{action: "four_eyes.off"}) })
}
