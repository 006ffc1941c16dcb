package consent

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"assent/app"
	"assent/app/authz"
	"assent/app/i18n"
	"assent/app/slip"
)

// codePolicy is what the policy asks of a request: to type the code of its
// message, where it has one, or to be refused.
type codePolicy struct {
	asked   bool // the code is asked for
	refuses bool // the request is cancelled where its message has none
}

// codePolicyOf reads what the policy asks of a request of that profile now.
func (s *Service) codePolicyOf(ctx context.Context, r app.Request) (codePolicy, error) {
	policy, profile := s.protection(), slip.ProfileOf(authz.Kind(r.Kind))
	always, under := slices.Contains(policy.MatchCode, profile.Name), slices.Contains(policy.UnderAttack, profile.Name)
	if !profile.MatchCode || !always && !under {
		return codePolicy{}, nil
	}
	now := s.store.Now()
	attack, err := s.store.UnderAttack(ctx, r.PersonID, r.ClientID, now.Add(-app.AttackWindow), now.Add(-app.KnownFor))
	return codePolicy{asked: always || attack.Person, refuses: attack.Client || always && policy.RefuseWithoutCode}, err
}

// askCode settles how the person shows that they see the other device: by typing
// the code of the message, where the policy asks for it or where the request has
// waited beside another one of its client (FAPI-CIBA, "Reliance on user to confirm
// binding messages"), or by comparing the message where it has no code. It gives
// the reason to cancel the request where the policy lets nobody compare.
func (s *Service) askCode(ctx context.Context, r app.Request, sh *slip.Sheet) (app.Reason, error) {
	p, err := s.codePolicyOf(ctx, r)
	if err != nil {
		return app.ReasonNone, err
	}
	hasCode := s.code(r, sh) != ""
	if !p.asked && hasCode && slip.ProfileOf(sh.Kind).TellApart {
		parallel, err := s.store.Parallel(ctx, []string{r.ID})
		if err != nil {
			return app.ReasonNone, err
		}
		p.asked = parallel[r.ID]
	}
	switch {
	case !p.asked:
		return app.ReasonNone, nil
	case hasCode:
		sh.AskCode = true
		return app.ReasonNone, nil
	case p.refuses:
		return app.ReasonNoCode, nil
	}
	return app.ReasonNone, nil
}

// MayAskCode tells for which of these pending requests the code of the binding
// message can be asked: by the policy, now or once the person is under attack, or
// because the request waited beside another one of its client. Until it is known
// that it isn't asked, the message is shown nowhere: it would give the code away.
func (s *Service) MayAskCode(ctx context.Context, rs ...app.Request) (map[string]bool, error) {
	policy := s.protection()
	names := slices.Concat(policy.MatchCode, policy.UnderAttack)
	var apart []string // to be told apart from those that wait beside them
	byPolicy := map[string]bool{}
	for _, r := range rs {
		if s.code(r, nil) == "" {
			continue
		}
		profile, unknown := slip.ProfileOf(authz.Kind(r.Kind)), r.Kind == app.KindUnknown
		switch {
		case unknown && len(names) > 0, profile.MatchCode && slices.Contains(names, profile.Name):
			byPolicy[r.ID] = true
		case unknown, profile.TellApart:
			apart = append(apart, r.ID)
		}
	}
	may, err := s.store.Parallel(ctx, apart)
	if err != nil {
		return nil, err
	}
	maps.Copy(may, byPolicy)
	return may, nil
}

// Alike tells whether nothing in the messages of two requests of one client tells
// which of them a person started: the messages are the same, or their codes. It
// is no remark where other details tell requests apart by their nature, as
// payments by payee and amount.
func (s *Service) Alike(a, b app.Request) bool {
	apart := func(r app.Request) bool {
		return r.Kind != app.KindUnknown && slip.ProfileOf(authz.Kind(r.Kind)).TellApart
	}
	if !apart(a) || !apart(b) {
		return false
	}
	if code := s.code(a, nil); code != "" {
		return sameCode(code, s.code(b, nil))
	}
	return strings.EqualFold(strings.Join(strings.Fields(i18n.Plain(a.BindingMessage)), " "),
		strings.Join(strings.Fields(i18n.Plain(b.BindingMessage)), " "))
}

// code finds the code in a request's message: what the pattern of its profile
// captures, or without a pattern the last word that could be one. What the sheet
// shows is no code; a nil sheet shows nothing. Empty where there is none.
func (s *Service) code(r app.Request, sh *slip.Sheet) string {
	shown := shownOn(sh)
	isCode := func(word string) bool { return word != "" && !isTime(word) && !shown.has(word) }
	patterns := s.patterns(r)
	for _, pattern := range patterns {
		for _, m := range pattern.FindAllStringSubmatch(r.BindingMessage, -1) {
			if isCode(m[1]) {
				return m[1]
			}
		}
	}
	if len(patterns) > 0 && r.Kind != app.KindUnknown {
		return ""
	}
	words := codeWords(r.BindingMessage)
	for i := len(words) - 1; i >= 0; i-- {
		if isCode(words[i]) {
			return words[i]
		}
	}
	return ""
}

// patterns are the pattern of a request's profile, or the one of all, or none
// where none is set. While the kind isn't known they are those of all profiles:
// any of them may turn out to be the request's.
func (s *Service) patterns(r app.Request) []*regexp.Regexp {
	set := s.protection().CodePatterns
	var names []string
	switch name := slip.ProfileOf(authz.Kind(r.Kind)).Name; {
	case r.Kind == app.KindUnknown:
		names = slices.Sorted(maps.Keys(set))
	case set[name] != nil:
		names = []string{name}
	default:
		names = []string{""}
	}
	var out []*regexp.Regexp
	for _, name := range names {
		if p := set[name]; p != nil {
			out = append(out, p)
		}
	}
	return out
}

// Lengths of a word that may be a code, in characters.
const (
	shortestCode  = 4
	longestCode   = 12
	longestDigits = 8
)

// ordinary are words with digits and letters that are ordinals, times or
// lengths of time.
var ordinary = regexp.MustCompile(`(?i)^\d+(st|nd|rd|th|am|pm|h|hs|hrs|min|mins|º|ª|h\d\d)$`)

// Parts of dates and times in English and Portuguese, as foldCode writes them.
const (
	dayPart     = `(0?[1-9]|[12]\d|3[01])(ST|ND|RD|TH|O|A)?`
	yearPart    = `((19|20)?\d\d)`
	weekdayPart = `(MON|TUES?|WED(NES)?|THU(RS?)?|FRI|SAT(UR)?|SUN)(DAY)?|(SEG(UNDA)?|TER([CÇ]A)?|QUA(RTA)?|QUI(NTA)?|SEX(TA)?)(FEIRA)?|S[AÁ]B(ADO)?|DOM(INGO)?`
	monthPart   = `JAN(UARY|EIRO)?|FEB(RUARY)?|FEV(EREIRO)?|MAR(CH|[CÇ]O)?|APR(IL)?|ABR(IL)?|MAY|MAIO?|JUNE?|JUNHO|JULY?|JULHO|AUG(UST)?|AGO(STO)?` +
		`|SEP(T|TEMBER)?|SET(EMBRO)?|OCT(OBER)?|OUT(UBRO)?|NOV(EMBER|EMBRO)?|DEC(EMBER)?|DEZ(EMBRO)?`
	hourPart   = `([01]?\d|2[0-4])`
	minutePart = `[0-5]?\d`
	clockPart  = hourPart + `(H|HS|HRS?|HOURS?|HORAS?)(` + minutePart + `(M|MINS?|MINUTES?|MINUTOS?)?)?([AP]M)?|` +
		hourPart + `([0-5]\d)?(AM|PM|H|HS|HRS?|Z|UTC|GMT|BST|BRT)`
	lengthPart = `\d{1,3}(M|S|SECS?|SECONDS?|SEGUNDOS?|MINUTES?|MINUTOS?|HOURS?|HORAS?|DAYS?|DIAS?|WEEKS?|SEMANAS?|MONTHS?|MES|MESES|YEARS?|ANOS?)`
)

// times are the words that are dates, times of day or lengths of time whatever
// the page shows. Figures alone may be either; see shownWords.
var times = regexp.MustCompile(`^(?:(` + weekdayPart + `)?` + dayPart + `(DE|OF)?(` + monthPart + `)((DE|OF)?` +
	yearPart + `)?` +
	`|(` + weekdayPart + `)?(` + monthPart + `)` + dayPart + yearPart + `?` +
	`|(` + monthPart + `)(DE|OF)?` + yearPart +
	`|(` + weekdayPart + `)` + dayPart + `|` + dayPart + `(` + weekdayPart + `)` +
	`|(` + clockPart + `){1,2}|` + lengthPart + `)$`)

// isTime tells whether a word is a date, a time or a length of time, which is
// never a code.
func isTime(word string) bool { return times.MatchString(foldCode(word)) }

// clock is a time of day in figures, which it is taken for after these words.
var (
	clock       = regexp.MustCompile(`^([01]\d|2[0-3])[0-5]\d$`)
	timeFollows = map[string]bool{
		"at":     true,
		"by":     true,
		"until":  true,
		"till":   true,
		"before": true,
		"às":     true,
		"até":    true,
		"das":    true,
	}
)

// codeWords finds the words of a message that may be a code: of 4 to 12
// characters that mix letters and digits, or of 4 to 8 digits. A word is letters,
// digits and hyphens; figures with points, commas, colons or slashes between
// digits are amounts, dates and times.
func codeWords(message string) []string {
	runes := []rune(norm.NFKC.String(message))
	between := func(i int) bool { // two digits
		return i > 0 && i+1 < len(runes) && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1])
	}
	var words []string
	var word []rune
	plain, before := true, ""
	end := func() {
		text := strings.Trim(string(word), "-")
		if plain && isCodeWord(text) && !(timeFollows[before] && clock.MatchString(text)) {
			words = append(words, text)
		}
		if text != "" {
			before = strings.ToLower(text)
		}
		word, plain = nil, true
	}
	for i, r := range runes {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-':
			word = append(word, r)
		case strings.ContainsRune(".,:/'’", r) && between(i):
			word, plain = append(word, r), false
		default:
			end()
		}
	}
	end()
	return words
}

func isCodeWord(word string) bool {
	digits, letters := 0, 0
	for _, r := range word {
		switch {
		case unicode.IsDigit(r):
			digits++
		case unicode.IsLetter(r):
			letters++
		}
	}
	switch {
	case digits == 0, ordinary.MatchString(word):
		return false
	case letters > 0:
		return digits+letters >= shortestCode && digits+letters <= longestCode
	case isDate(word):
		return false
	}
	return digits >= shortestCode && digits <= longestDigits
}

// isDate tells whether a word writes a date with hyphens.
func isDate(word string) bool {
	for _, layout := range []string{"2006-1-2", "2-1-2006", "1-2-2006", "2-1-06", "06-1-2", "2006-1", "1-2006"} {
		if _, err := time.Parse(layout, word); err == nil {
			return true
		}
	}
	return false
}

// foldCode writes a code, or a figure that is compared with one, in one way:
// capital letters and digits, digits of every script by their value.
func foldCode(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case unicode.IsDigit(r):
			return '0' + digitValue(r)
		case unicode.IsLetter(r):
			return unicode.ToUpper(r)
		}
		return -1
	}, norm.NFKC.String(s))
}

// digitValue is the value of a decimal digit: those of a script follow each other
// from zero on (Unicode Standard, chapter 4.6), and no two scripts touch without
// a multiple of ten between them.
func digitValue(r rune) rune {
	for _, table := range unicode.Nd.R16 {
		if lo, hi := rune(table.Lo), rune(table.Hi); r >= lo && r <= hi {
			return (r - lo) % 10
		}
	}
	for _, table := range unicode.Nd.R32 {
		if lo, hi := rune(table.Lo), rune(table.Hi); r >= lo && r <= hi {
			return (r - lo) % 10
		}
	}
	return 0
}

// sameCode compares codes as people type them.
func sameCode(a, b string) bool { return foldCode(a) == foldCode(b) }

// shownWords are what a page shows, folded, in the writings that a message could
// repeat it in.
type shownWords map[string]bool

// has tells whether a word is shown: as it is, or as a figure with other leading
// zeros or with letters around or in it (GBP1200, 001200, 1200euros). A figure of
// less than three digits counts with few letters, or with those of one side.
func (s shownWords) has(word string) bool {
	folded := foldCode(word)
	if s[folded] {
		return true
	}
	figure := strings.TrimFunc(folded, unicode.IsLetter)
	bare := strings.TrimLeft(figure, "0")
	around := strings.HasPrefix(folded, figure) || strings.HasSuffix(folded, figure) || len(folded)-len(figure) <= 4
	if bare != "" && s["#"+bare] && (len(bare) > 2 || around) {
		return true
	}
	digits := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) {
			return -1
		}
		return r
	}, folded)
	bare = strings.TrimLeft(digits, "0")
	return len(digits) >= shortestCode && s[digits] || len(bare) >= shortestCode && s[bare]
}

// shownOn gathers what the page of a sheet shows.
func shownOn(sh *slip.Sheet) shownWords {
	s := shownWords{}
	if sh == nil {
		return s
	}
	s.text(sh.Ref, sh.Client.ID, sh.Client.Name, sh.Client.Description, sh.Client.URI, sh.Client.PolicyURI,
		sh.Client.TosURI, sh.ServerID)
	s.text(sh.ACR...)
	s.text(sh.Claims...)
	s.text(sh.VerifiedClaims...)
	for _, sc := range sh.Scopes {
		s.text(sc.Grant, sc.DisplayName, sc.Description, sc.Service)
		s.text(sc.Params...)
	}
	for _, a := range sh.Authorization {
		s.any(a)
	}
	s.any(sh.Other)
	for _, at := range []app.Instant{sh.StartedAt, sh.ExpiresAt} {
		for _, day := range []int{-1, 0, 1} { // wherever the reader is
			s.date(at.Time().AddDate(0, 0, day))
		}
		s.clock(at.Time())
	}
	for _, h := range sh.Hints {
		s.money(h.Money)
	}
	if sh.Accounts != nil {
		for _, row := range sh.Accounts.List {
			s.account(&row.Account.AccountRef)
			s.text(row.Account.Unpayable)
		}
	}
	if c := sh.Consent; c != nil {
		s.text(c.ID, c.CPF, c.CNPJ)
		s.runs(c.CPF)
		s.runs(c.CNPJ)
		s.account(c.Debtor)
		for _, f := range c.Facts {
			s.fact(f)
		}
	}
	return s
}

func (s shownWords) fact(f authz.Fact) {
	s.text(f.Text)
	s.text(f.List...)
	s.money(f.Money)
	s.account(f.Account)
	s.when(f.At)
	if f.Schedule != nil {
		s.text(f.Schedule.Frequency, f.Schedule.Note)
		s.when(f.Schedule.Start)
		for _, d := range f.Schedule.Dates {
			s.when(d)
		}
	}
	if f.Rate != nil {
		s.text(f.Rate.Contract)
		s.number(f.Rate.Rate)
		s.when(f.Rate.ValidUntil)
	}
	for _, c := range f.Charges {
		s.money(&c.Money)
	}
}

// text adds texts: each whole, each of its words, and the digits of each word.
func (s shownWords) text(texts ...string) {
	for _, text := range texts {
		s[foldCode(text)] = true
		for _, word := range strings.FieldsFunc(text, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("-.,", r)
		}) {
			s[foldCode(word)] = true
			if isNumber(word) {
				s.number(word)
			}
			for _, digits := range strings.FieldsFunc(word, func(r rune) bool { return !unicode.IsDigit(r) }) {
				s[foldCode(digits)] = true
			}
		}
		if t := strings.TrimSpace(text); len(t) >= len(time.DateOnly) {
			s.when(t)
		}
	}
}

func isNumber(word string) bool {
	return strings.Trim(word, "0123456789.,") == "" && strings.ContainsAny(word, "0123456789")
}

// number adds a decimal: with and without its fraction and its last zeros.
func (s shownWords) number(decimal string) {
	whole, fraction := decimal, ""
	if i := strings.LastIndexAny(decimal, ".,"); i >= 0 && len(decimal)-i-1 != 3 {
		whole, fraction = decimal[:i], decimal[i+1:]
	}
	whole = strings.TrimLeft(foldCode(whole), "0")
	for _, f := range []string{"", fraction, strings.TrimRight(fraction, "0"), (fraction + "00")[:2]} {
		s[whole+f], s["#"+whole+f] = true, true
	}
}

func (s shownWords) money(m *authz.Money) {
	if m != nil {
		s.number(m.Amount)
	}
}

// account adds an account's names and numbers, and every part of a number that a
// message could call it by.
func (s shownWords) account(a *app.AccountRef) {
	if a == nil {
		return
	}
	s.text(a.Name, a.SecondaryIdentification, a.ISPB, a.Issuer, a.Number, a.Identification)
	for _, number := range []string{foldCode(a.Identification), foldCode(a.Number), foldCode(a.SecondaryIdentification),
		foldCode(a.ISPB), foldCode(a.Issuer + a.Number)} {
		s.runs(number)
	}
}

// runs adds every run of characters of a number that is as long as a code of
// digits alone.
func (s shownWords) runs(number string) {
	number = foldCode(number)
	for from := range len(number) {
		for to := from + shortestCode; to <= min(from+longestDigits, len(number)); to++ {
			s[number[from:to]] = true
		}
	}
}

// when adds the date and the time of an RFC 3339 time or date.
func (s shownWords) when(text string) {
	if len(text) < len(time.DateOnly) {
		return
	}
	if at, err := time.Parse(time.DateOnly, text[:len(time.DateOnly)]); err == nil {
		for _, day := range []int{-1, 0, 1} {
			s.date(at.AddDate(0, 0, day))
		}
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		s.clock(at)
	}
}

// clock adds a time of day in figures, in every time zone: they differ from UTC by
// quarters of an hour.
func (s shownWords) clock(at time.Time) {
	for quarter := range 4 * 24 {
		local := at.UTC().Add(time.Duration(quarter) * 15 * time.Minute)
		s[local.Format("1504")], s[local.Format("150405")] = true, true
	}
}

// monthsPT are the months as Portuguese shortens them.
var monthsPT = []string{"JAN", "FEV", "MAR", "ABR", "MAI", "JUN", "JUL", "AGO", "SET", "OUT", "NOV", "DEZ"}

func (s shownWords) date(at time.Time) {
	for _, layout := range []string{"20060102", "060102", "02012006", "020106", "01022006", "010206", "0201", "0102",
		"2006", "2012006", "1022006",
		"2Jan2006", "2Jan06", "2Jan", "02Jan2006", "02Jan06", "02Jan", "Jan2", "Jan02", "Jan2006", "2January2006",
		"2January", "January2006", "January2"} {
		text := strings.ToUpper(at.Format(layout))
		s[text] = true
		s[strings.Replace(text, strings.ToUpper(at.Format("Jan")), monthsPT[at.Month()-1], 1)] = true
	}
}

// any adds every text and number in a JSON value.
func (s shownWords) any(v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			s.text(key)
			s.any(member)
		}
	case []any:
		for _, member := range v {
			s.any(member)
		}
	case nil, bool:
	default:
		s.text(fmt.Sprint(v))
	}
}
