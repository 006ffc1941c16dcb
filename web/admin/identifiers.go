package admin

import (
	"net/http"

	"assent/app"
	"assent/app/admin"
	"assent/store"
	"assent/web/admin/page"
)

// mostMistakable is how many of them are listed.
const mostMistakable = 200

// mistakable lists the identifiers of before one hint had to mean one person.
func (h *handlers) mistakable(w http.ResponseWriter, r *http.Request, who admin.Identity) error {
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
		row := page.MistakableRow{Identifier: identifierOf(who, m.Identifier), PersonID: m.PersonID, PosesAs: m.PosesAs, OtherID: m.OtherID}
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
func (h *handlers) personName(r *http.Request, who admin.Identity, names map[string]string, id string) (string, error) {
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
