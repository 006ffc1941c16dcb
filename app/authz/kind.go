// Package authz is the vocabulary of what an authorization server has a person
// decide: the kinds of login, what a consent says, what can be granted, why it is
// rejected, and what can become of a call. It knows no server's protocol.
package authz

// Kind is a kind of login, which says where it is read and answered.
type Kind string

// The kinds of login. The UK's payments are kinds of their own, since ACP keeps
// each under its own path; Brazil's versions are one kind.
const (
	Regular Kind = "regular" // a plain CIBA request for OAuth scopes

	UKAccountAccess                 Kind = "uk-account-access"
	UKDomesticPayment               Kind = "uk-domestic-payment"
	UKDomesticScheduledPayment      Kind = "uk-domestic-scheduled-payment"
	UKDomesticStandingOrder         Kind = "uk-domestic-standing-order"
	UKFilePayment                   Kind = "uk-file-payment"
	UKInternationalPayment          Kind = "uk-international-payment"
	UKInternationalScheduledPayment Kind = "uk-international-scheduled-payment"
	UKInternationalStandingOrder    Kind = "uk-international-standing-order"

	BRData    Kind = "br-data"
	BRPayment Kind = "br-payment"
)
