package i18n

import (
	"strings"
	"unicode"
)

// bare is s without what people put between the parts of a number.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune(".-/\u2010\u2011\u2013", r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, Plain(s))
}

// Digits tells whether s is figures and nothing else.
func Digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// SortCode cuts a British sort code and account number (14 digits, OBIE scheme
// UK.OBIE.SortCodeAccountNumber) in two: 20-32-56 and 98765432.
func SortCode(s string) (code, number string, ok bool) {
	if s = bare(s); len(s) != 14 || !Digits(s) {
		return "", "", false
	}
	return s[:2] + "-" + s[2:4] + "-" + s[4:6], s[6:], true
}

// Fours writes an IBAN (ISO 13616) or a card number as they are printed.
func Fours(s string) string {
	var b strings.Builder
	for i, r := range []rune(bare(s)) {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// CPF masks a person's number as banks in Brazil print it, ***.456.789-**.
// What has another length stays as it is.
func CPF(s string) string {
	d := bare(s)
	if len(d) != 11 || !Digits(d) {
		return Plain(s)
	}
	return "***." + d[3:6] + "." + d[6:9] + "-**"
}

// CNPJ writes a company's number, 12.345.678/0001-95; since 2026 it may hold
// letters. What has another form stays as it is.
func CNPJ(s string) string {
	d := bare(s)
	if len(d) != 14 || !Digits(d[12:]) || strings.Trim(d, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return Plain(s)
	}
	return d[:2] + "." + d[2:5] + "." + d[5:8] + "/" + d[8:12] + "-" + d[12:]
}

// Document writes a CPF or a CNPJ, whichever it is.
func Document(s string) string {
	if len(bare(s)) == 11 {
		return CPF(s)
	}
	return CNPJ(s)
}

// CheckDigit sets the last digit of a Brazilian account number apart: 56789-0.
func CheckDigit(s string) string {
	d := bare(s)
	if len(d) < 2 || strings.Trim(d, "0123456789X") != "" {
		return Plain(s)
	}
	return d[:len(d)-1] + "-" + d[len(d)-1:]
}

// Apart writes letters and figures one by one, for a screen reader that would
// else read a number as a quantity.
func Apart(s string) string {
	var out []string
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			out = append(out, string(r))
		}
	}
	return strings.Join(out, " ")
}

// Ending masks all but the last characters of a number: ••4567.
func Ending(s string) string {
	r := []rune(bare(s))
	if len(r) == 0 {
		return ""
	}
	return "••" + string(r[len(r)-min(4, (len(r)+1)/2):])
}
