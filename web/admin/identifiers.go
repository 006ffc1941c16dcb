package admin

import (
	"net/http"
	"time"

	"assent/app"
	"assent/app/admin"
	"assent/app/admin/may"
	"assent/store"
	"assent/web/admin/page"
)

// mostMistakable is how many of them are listed.
const mostMistakable = 200

// mistakable lists the identifiers of before one hint had to mean one person.
func (h *handlers) mistakable(w http.ResponseWriter, r *http.Request, who admin.Grant[may.ViewPeople]) error {
	rows, err := h.Store.MistakableIdentifiers(r.Context(), mostMistakable)
	if err != nil {
		return err
	}
	if len(rows) > 0 {
		if err := h.look(r, who, store.Looked{Kind: store.LookList, List: "mistakable"}); err != nil {
			return err
		}
	}
	p := page.Mistakable{}
	names := map[string]string{}
	for _, m := range rows {
		row := page.MistakableRow{
			Identifier: identifierOf(who, m.Identifier),
			PersonID:   m.PersonID,
			PosesAs:    m.PosesAs,
			OtherID:    m.OtherID,
		}
		if row.Person, err = h.personName(r, who, names, m.PersonID); err != nil {
			return err
		}
		if m.OtherID != "" {
			row.Other = identifierOf(who, app.Identifier{Kind: m.OtherKind, Value: m.OtherValue})
			if row.OtherPerson, err = h.personName(r, who, names, m.OtherID); err != nil {
				return err
			}
		}
		p.List = append(p.List, row)
	}
	return h.show(w, r, http.StatusOK, p.Page(h.frame(r)))
}

// personName is a person's name as the role of who may see it; names has those
// that were looked up already.
func (h *handlers) personName(r *http.Request, who admin.Caller, names map[string]string, id string) (string, error) {
	if name, known := names[id]; known {
		return name, nil
	}
	p, err := h.Store.Person(r.Context(), id)
	if err != nil {
		return "", err
	}
	names[id] = h.nameOf(r, who, p)
	return names[id], nil
}

// mostMoves is how many of them the overview lists, of those within aWeek.
const (
	mostMoves = 20
	aWeek     = 7 * 24 * time.Hour
)

// moves are the identifiers that moved lately.
func (h *handlers) moves(r *http.Request, who admin.Caller) ([]page.IdentifierMove, error) {
	now := h.Store.Now()
	rows, err := h.Store.IdentifierMoves(r.Context(), now.Add(-aWeek), mostMoves)
	if err != nil {
		return nil, err
	}
	var out []page.IdentifierMove
	names := map[string]string{}
	for _, m := range rows {
		one := page.IdentifierMove{
			Kind:   m.Kind,
			FromID: m.From,
			ToID:   m.To,
			At:     m.MovedAt.Time(),
			Ends:   m.EndsAt.Time(),
			Over:   m.EndedAt != 0 || m.EndsAt <= now,
			Back:   m.EndedAt != 0 && m.EndedAt < m.EndsAt,
		}
		if one.From, err = h.personName(r, who, names, m.From); err != nil {
			return nil, err
		}
		if one.To, err = h.personName(r, who, names, m.To); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}
