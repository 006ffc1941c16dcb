package admin

import (
	"context"

	"assent/store"
)

// lookAt is what each kind of look needs.
var lookAt = map[store.LookKind]Permission{
	store.LookPerson:   ViewPeople,
	store.LookAccounts: ViewPeople,
	store.LookSearch:   ViewPeople,
	store.LookRequest:  ViewRequests,
	store.LookList:     UseConsole,
	store.LookAudit:    ViewAudit,
}

// Look records that somebody who was admitted looks at something, before it is
// shown. Where that fails it may not be shown. What is looked at tells which
// permission that needs as well.
func (s *Service) Look(ctx context.Context, who Caller, l store.Looked) error {
	by, err := s.may(ctx, who, lookAt[l.Kind])
	if err != nil {
		return err
	}
	return s.store.Look(ctx, by, l)
}
