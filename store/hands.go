package store

import (
	"context"
	"fmt"
	"slices"

	"assent/app"
)

// Separation is the rule that an administrator doesn't make the code of a link
// that they made themselves. Roles may make codes of that sort. Without roles
// there is no such rule.
//
// What a link needs is decided when it is made, and stored with it; at its code
// it is decided again, and the stricter counts. Administrators who could make
// codes count for app.HandMemory longer than they can.
type Separation struct {
	Roles []app.AdminRole
}

// hand is an administrator, as far as making codes goes.
type hand struct {
	ID      string         `db:"id"`
	Email   string         `db:"email_norm"` // the same address is the same hand, also after a removal
	Role    app.AdminRole  `db:"role"`
	State   app.AdminState `db:"state"`
	LetInBy string         `db:"let_in_by"` // who changed the role or let them in again last
	LetInAt app.Instant    `db:"let_in_at"`
	Ready   bool           `db:"ready"` // has a passkey

	lapsed app.Instant // when they could make codes last; 0: not lately
	letIn  []string    // the administrators who let them in lately
}

// hands are all administrators by id, under one rule.
type hands struct {
	rule Separation
	by   map[string]*hand
}

type selecter interface {
	SelectContext(ctx context.Context, dst any, query string, args ...any) error
}

// readHands reads who can make codes by the rule, who could lately, and who let
// them in lately: by the link of their passkey, or by a role that may make codes
// or the end of a suspension, where they could make none before. Who lost a
// passkey to such a link is a hand besides.
func readHands(ctx context.Context, q selecter, rule Separation, now app.Instant) (hands, error) {
	h := hands{rule: rule, by: map[string]*hand{}}
	since := now.Add(-app.HandMemory)
	var all []*hand
	err := q.SelectContext(ctx, &all, `SELECT id, email_norm, role, state, let_in_by, let_in_at,
		EXISTS (SELECT 1 FROM admin_credentials c WHERE c.admin_id = a.id AND c.revoked_at = 0) AS ready FROM admins a`)
	if err != nil {
		return h, err
	}
	for _, one := range all {
		h.by[one.ID] = one
	}
	var lapses []struct {
		AdminID string        `db:"admin_id"`
		Role    app.AdminRole `db:"role"`
		At      app.Instant   `db:"at"`
	}
	if err := q.SelectContext(ctx, &lapses, `SELECT admin_id, role, at FROM admin_lapses WHERE at > ?`,
		since); err != nil {
		return h, err
	}
	for _, l := range lapses {
		if one := h.by[l.AdminID]; one != nil && slices.Contains(rule.Roles, l.Role) {
			one.lapsed = max(one.lapsed, l.At)
		}
	}
	var links []struct {
		AdminID string `db:"admin_id"`
		MadeBy  string `db:"made_by"`
	}
	err = q.SelectContext(ctx, &links, `SELECT admin_id, made_by FROM admin_links WHERE used_at > ? AND made_by <> ''`,
		since)
	if err != nil {
		return h, err
	}
	for _, l := range links {
		if one := h.by[l.AdminID]; one != nil {
			one.letIn = append(one.letIn, l.MadeBy)
		}
	}
	for _, one := range all {
		if one.LetInBy != "" && one.LetInAt > since && one.lapsed == 0 && slices.Contains(rule.Roles, one.Role) {
			one.letIn = append(one.letIn, one.LetInBy)
		}
	}
	return h, h.readTaken(ctx, q, since)
}

// readTaken adds who had a passkey that ended after since because a new one was
// made by another administrator's link: whoever made the link may have it. Who
// had the former one is a hand of their own, as if they had been removed then.
func (h hands) readTaken(ctx context.Context, q selecter, since app.Instant) error {
	var taken []struct {
		AdminID string      `db:"admin_id"`
		By      string      `db:"by"`
		At      app.Instant `db:"at"`
		LetInBy string      `db:"let_in_by"` // who made the link of the former passkey, where that was lately
	}
	err := q.SelectContext(ctx, &taken,
		`SELECT l.admin_id, l.made_by AS by, l.used_at AS at, coalesce((SELECT f.made_by FROM admin_links f
			WHERE f.admin_id = l.admin_id AND f.id <> l.id AND f.used_at = c.created_at
			AND f.used_at > ? LIMIT 1), '') AS let_in_by
		FROM admin_links l JOIN admin_credentials c ON c.admin_id = l.admin_id AND c.revoked_at = l.used_at
		WHERE l.used_at > ? AND l.made_by <> ''`, since, since)
	if err != nil {
		return err
	}
	for i, one := range taken {
		of := h.by[one.AdminID]
		if of == nil || h.same(one.AdminID, one.By) || of.lapsed == 0 && !slices.Contains(h.rule.Roles, of.Role) {
			continue
		}
		id := fmt.Sprintf("%s before %d", of.ID, i)
		former := &hand{ID: id, Email: id, Role: of.Role, State: app.AdminRemoved, lapsed: one.At}
		if one.LetInBy != "" {
			former.letIn = []string{one.LetInBy}
		}
		h.by[id] = former
	}
	return nil
}

// can tells whether an administrator can make codes now.
func (h hands) can(one *hand) bool {
	return one.State == app.AdminActive && one.Ready && slices.Contains(h.rule.Roles, one.Role)
}

// counts tells whether an administrator can make codes, or could lately.
func (h hands) counts(one *hand) bool { return h.can(one) || one.lapsed != 0 }

func (h hands) same(a, b string) bool {
	x, y := h.by[a], h.by[b]
	return a == b || x != nil && y != nil && x.Email == y.Email
}

// behind are the addresses of an administrator, of those who let them in lately,
// of those who let these in, and so on.
func (h hands) behind(id string) map[string]bool {
	seen := map[string]bool{}
	for next := []string{id}; len(next) > 0; next = next[1:] {
		if one := h.by[next[0]]; one != nil && !seen[one.Email] {
			seen[one.Email] = true
			next = append(next, one.letIn...)
		}
	}
	return seen
}

// related tells whether one let the other in lately, or another let in both.
func (h hands) related(a, b string) bool {
	of := h.behind(b)
	for email := range h.behind(a) {
		if of[email] {
			return true
		}
	}
	return false
}

// needs tells who must make the code of a link that madeBy makes.
func (h hands) needs(madeBy string) app.CodeMaker {
	need := app.CodeByAny
	for id, one := range h.by {
		if madeBy == "" || !h.counts(one) || h.same(id, madeBy) {
			continue
		}
		if !h.related(id, madeBy) {
			return app.CodeByIndependent
		}
		need = app.CodeByColleague
	}
	return need
}

// judge tells whether an administrator may make the code of a link that madeBy
// made, for which need was decided then, and whose hand that is:
// app.ErrOwnLink or app.ErrRelatedLink where they may not.
func (h hands) judge(adminID, madeBy string, need app.CodeMaker) (app.Hand, error) {
	if madeBy == "" {
		return app.OtherHand, nil
	}
	need = need.Stricter(h.needs(madeBy))
	switch {
	case h.same(adminID, madeBy):
		if need != app.CodeByAny {
			return app.SameHand, app.ErrOwnLink
		}
		return app.SameHand, nil
	case h.related(adminID, madeBy):
		if need == app.CodeByIndependent {
			return app.RelatedHand, app.ErrRelatedLink
		}
		return app.RelatedHand, nil
	}
	return app.OtherHand, nil
}

// codeMaker decides who must make the code of a link that by makes.
func (t *tx) codeMaker(ctx context.Context, by app.Actor, rule Separation) (app.CodeMaker, error) {
	if by.Kind != app.ActorAdmin || len(rule.Roles) == 0 {
		return app.CodeByAny, nil
	}
	h, err := readHands(ctx, t, rule, t.now)
	return h.needs(by.ID), err
}

// separate checks the rule for a code of by; see judge.
func (t *tx) separate(ctx context.Context, by app.Actor, madeBy string, need app.CodeMaker,
	rule Separation) (app.Hand, error) {
	if by.Kind != app.ActorAdmin {
		return app.OtherHand, nil
	}
	h, err := readHands(ctx, t, rule, t.now)
	if err != nil {
		return "", err
	}
	return h.judge(by.ID, madeBy, need)
}

// lapse notes that administrators who can sign in are about to be able no more,
// or not with their role: the one with the id, or all where that is empty.
func (t *tx) lapse(ctx context.Context, id string) error {
	return t.exec(ctx, `INSERT INTO admin_lapses (admin_id, role, at) SELECT id, role, ? FROM admins a
		WHERE (? = '' OR id = ?) AND state = 'active'
		AND EXISTS (SELECT 1 FROM admin_credentials c WHERE c.admin_id = a.id AND c.revoked_at = 0)
		ON CONFLICT (admin_id, role) DO UPDATE SET at = excluded.at`, t.now, id, id)
}

// letIn notes who gave an administrator another role, or let them in again.
func (t *tx) letIn(ctx context.Context, by app.Actor, id string) error {
	who := ""
	if by.Kind == app.ActorAdmin {
		who = by.ID
	}
	return t.exec(ctx, `UPDATE admins SET let_in_by = ?, let_in_at = ? WHERE id = ?`, who, t.now, id)
}

// JudgeCode tells whether an administrator may make the code of a link, as
// making it would decide; see hands.judge.
func (r *Reader) JudgeCode(ctx context.Context, adminID, madeBy string, need app.CodeMaker,
	rule Separation) (app.Hand, error) {
	h, err := readHands(ctx, r.r, rule, r.Now())
	if err != nil {
		return "", err
	}
	return h.judge(adminID, madeBy, need)
}

// CodeMakers counts the administrators who can make codes by the rule, and gives
// until when those who could lately still count; 0 where none does.
func (r *Reader) CodeMakers(ctx context.Context, rule Separation) (can int, until app.Instant, err error) {
	h, err := readHands(ctx, r.r, rule, r.Now())
	if err != nil {
		return 0, 0, err
	}
	emails := map[string]bool{}
	for _, one := range h.by {
		if h.can(one) {
			emails[one.Email] = true
		}
	}
	for _, one := range h.by {
		if one.lapsed != 0 && !emails[one.Email] {
			until = max(until, one.lapsed.Add(app.HandMemory))
		}
	}
	return len(emails), until, nil
}
