package consent

import "assent/app/accounts"

// With is the service with another source of accounts.
func (s *Service) With(source accounts.Source) *Service {
	other := *s
	other.accounts = source
	return &other
}
