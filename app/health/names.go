package health

import (
	"context"
	"slices"

	"assent/app"
	"assent/app/i18n"
)

// kindNames name the kinds of identifier that can look like a phone number.
var kindNames = map[app.IdentifierKind]i18n.Key{
	app.Username: "admin.overview.health.a_username",
	app.Customer: "admin.overview.health.a_customer",
	app.Subject:  "admin.overview.health.a_subject",
}

// hints looks at the connections whose hints can be customer numbers as well as
// phone numbers: a hint that is a phone number which ACP alone knows would ask
// whoever has it as a customer number.
func (s *Service) hints(ctx context.Context) []Result {
	like, err := s.cfg.Store.LikePhones(ctx)
	if err != nil {
		return s.unread(ctx, Hints, err)
	}
	var out []Result
	for _, c := range s.cfg.Connections {
		if !slices.Contains(c.Hints, app.Phone) {
			continue
		}
		r := Result{Part: Hints, Name: c.Name, State: OK}
		i := slices.IndexFunc(like, func(kind app.IdentifierKind) bool { return slices.Contains(c.Hints, kind) })
		switch {
		case i >= 0:
			r.State = Warn
			r.Says = say("admin.overview.health.hints_alike", "kind", kindNames[like[i]])
			r.Do = say("admin.overview.health.hints_do")
		case slices.Contains(c.Hints, app.Customer):
			r.Says = say("admin.overview.health.hints_both")
		default:
			continue
		}
		out = append(out, r)
	}
	return out
}

// names looks at the identifiers of before one hint had to mean one person.
func (s *Service) names(ctx context.Context) []Result {
	n, err := s.cfg.Store.CountMistakable(ctx)
	if err != nil {
		return s.unread(ctx, Names, err)
	}
	if n == 0 {
		return nil
	}
	return []Result{{
		Part:  Names,
		State: Warn,
		Says:  sayN("admin.overview.health.names_mistakable", n),
		Do:    say("admin.overview.health.names_do"),
	}}
}
