package accounts

import (
	"strings"
	"unicode"

	"assent/app"
)

// The schemes whose identifications are compared by their own rules (OBIE's
// namespaced enumerations), without their namespace and in lower case: older
// consents name them without.
const (
	namespace = "uk.obie."
	sortCode  = "sortcodeaccountnumber"
	iban      = "iban"
	pan       = "pan"
)

// Find gives the one account that ref means: by scheme and identification as
// in the UK, or by ISPB, branch and number as in Brazil. What is compared is
// without the punctuation that people write; an IBAN of the United Kingdom
// stands for the sort code and account number in it. Where several accounts
// have the same numbers, as a Brazilian current and savings account may, the
// account type tells them apart; if more than one is left, none is meant.
func Find(list []app.Account, ref app.AccountRef) (app.Account, bool) {
	var found []app.Account
	for _, a := range list {
		if sameIdentification(a.AccountRef, ref) || sameNumber(a.AccountRef, ref) {
			found = append(found, a)
		}
	}
	if len(found) > 1 && ref.AccountType != "" {
		var typed []app.Account
		for _, a := range found {
			if a.AccountType == ref.AccountType {
				typed = append(typed, a)
			}
		}
		found = typed
	}
	if len(found) != 1 {
		return app.Account{}, false
	}
	return found[0], true
}

// Canonical gives ref with its numbers as the schemes define them, without the
// punctuation of people: a sort code with account number, an IBAN, ISPB,
// branch and account number. A letter in a Brazilian account number, such as
// the check digit X, becomes 0 (Open Finance Brasil, DebtorAccount.number).
func Canonical(ref app.AccountRef) app.AccountRef {
	switch scheme(ref.Scheme) {
	case sortCode, pan:
		ref.Identification = strip(ref.Identification)
	case iban:
		ref.Identification = strings.ToUpper(strip(ref.Identification))
	}
	if ref.ISPB != "" {
		ref.ISPB, ref.Issuer = strip(ref.ISPB), strip(ref.Issuer)
		ref.Number = strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return '0'
			}
			return r
		}, strip(ref.Number))
	}
	return ref
}

func scheme(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), namespace)
}

// strip removes what people put between the parts of a number.
func strip(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune(".-/\u2010\u2011\u2013", r) {
			return -1
		}
		return r
	}, s)
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

func sameIdentification(a, b app.AccountRef) bool {
	sa, ia := identity(a)
	sb, ib := identity(b)
	if sa == "" || ia == "" || sa != sb || ia != ib {
		return false
	}
	ra, rb := strip(a.SecondaryIdentification), strip(b.SecondaryIdentification)
	return ra == "" || rb == "" || strings.EqualFold(ra, rb)
}

// identity gives scheme and identification in a form in which equal ones are
// the same account; empty where they don't identify one.
func identity(ref app.AccountRef) (string, string) {
	ref = Canonical(ref)
	s := scheme(ref.Scheme)
	switch s {
	case sortCode:
		if len(ref.Identification) != 14 || !digits(ref.Identification) {
			return "", ""
		}
	case iban:
		if !validIBAN(ref.Identification) {
			return "", ""
		}
		// GB, check digits, four letters of the bank, six digits of sort code,
		// eight of account number (SWIFT IBAN registry).
		if id := ref.Identification; strings.HasPrefix(id, "GB") && len(id) == 22 && digits(id[8:]) {
			return sortCode, id[8:]
		}
	case pan:
		if !digits(ref.Identification) { // several cards may look alike behind a mask
			return "", ""
		}
	default:
		return s, strings.ToLower(strip(ref.Identification))
	}
	return s, ref.Identification
}

// validIBAN checks the form and the check digits of an IBAN without blanks
// (ISO 13616, ISO 7064 MOD 97-10).
func validIBAN(s string) bool {
	if len(s) < 15 || len(s) > 34 || !digits(s[2:4]) {
		return false
	}
	sum := 0
	for i, r := range s[4:] + s[:4] {
		letter := r >= 'A' && r <= 'Z'
		switch country := i >= len(s)-4 && i < len(s)-2; {
		case letter:
			sum = (sum*100 + int(r-'A') + 10) % 97
		case r >= '0' && r <= '9' && !country:
			sum = (sum*10 + int(r-'0')) % 97
		default:
			return false
		}
	}
	return sum == 1
}

// sameNumber compares as Brazil's institutions do: zeros before a branch or a
// number are padding. Only a payment account may lack a branch (Open Finance
// Brasil, DebtorAccount.issuer), and then both do.
func sameNumber(a, b app.AccountRef) bool {
	a, b = Canonical(a), Canonical(b)
	if !digits(a.ISPB) || !digits(a.Number) || !digits(b.Number) || a.ISPB != b.ISPB ||
		unpad(a.Number) != unpad(b.Number) {
		return false
	}
	if a.Issuer == "" && b.Issuer == "" {
		return a.AccountType == branchless && b.AccountType == branchless
	}
	return digits(a.Issuer) && digits(b.Issuer) && unpad(a.Issuer) == unpad(b.Issuer)
}

// branchless is the type of a prepaid payment account.
const branchless = "TRAN"

func unpad(s string) string { return strings.TrimLeft(s[:len(s)-1], "0") + s[len(s)-1:] }
