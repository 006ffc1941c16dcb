package emulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// view is a page: the form of a screen, or one sale on it.
type view struct {
	screen     Screen
	assentURL  string
	people     []Person
	scopes     []scopeChoice
	form       saleForm
	sale       *saleView
	rows       []row
	dropped    int
	chosen     *exchange
	curl       string
	streamPath string
}

type scopeChoice struct {
	name, label string
	checked     bool
}

// saleForm is the form as posted; faults are by field.
type saleForm struct {
	hint, other, message, expiry string
	delivery                     Delivery
	scopes                       []string
	sample                       string // of a consent, on the open banking screen
	way                          Way
	faults                       map[string]string
}

// saleView is a sale in words.
type saleView struct {
	id, person, message string
	state               saleState
	delivery            Delivery
	heading, text       string
	left                time.Duration
	total               time.Duration
	pace                string
	claims              []field
	consent             []field
	rawClaims           string
	scope, access       string
}

// form checks what was posted; the sale's ask is valid when there are no faults.
func (f *saleForm) read(e *Emulator, screen Screen) saleAsk {
	f.faults = map[string]string{}
	a := saleAsk{
		screen:   screen,
		hint:     strings.TrimSpace(f.other),
		message:  strings.TrimSpace(f.message),
		delivery: f.delivery,
		scopes:   f.scopes,
	}
	if a.hint == "" {
		a.hint = f.hint
	}
	if screen == OpenBanking {
		s, found := findSample(f.sample)
		a.sample, a.way, a.hint, a.scopes = s.id, f.way, s.hint, []string{"openid"}
		if !found {
			f.faults["sample"] = "Choose what the client wants."
		}
		if t, _ := consentType(s.consentType); !slices.Contains(waysOf(t), f.way) {
			f.faults["way"] = "This consent can't be named so."
		}
	}
	if a.hint == "" && a.sample == "" {
		f.faults["other"] = "Choose a customer or type an identifier."
	}
	if err := checkMessage(a.message); err != nil {
		f.faults["message"] = fmt.Sprintf("Use at most %d characters on one line.", longestMessage)
	}
	if a.delivery != Poll && a.delivery != Ping {
		f.faults["delivery"] = "Choose poll or ping."
	}
	if !slices.Contains(a.scopes, "openid") {
		a.scopes = append([]string{"openid"}, a.scopes...)
	}
	if unknown := e.unknownScopes(a.scopes); len(unknown) > 0 {
		f.faults["scopes"] = "This workspace has no scope " + strings.Join(unknown, ", ") + "."
	}
	var err error
	if a.expiry, err = strconv.Atoi(f.expiry); err != nil || a.expiry < 10 ||
		a.expiry > int(longestExpiry/time.Second) {
		f.faults["expiry"] = "Use 10 to 1296000 seconds."
	}
	return a
}

// waysOf are the ways in which a request can name a consent of a type.
func waysOf(t ConsentType) []Way {
	if t.Brazil {
		return []Way{ByMember, ByScope, ByHint}
	}
	return []Way{ByMember}
}

func (e *Emulator) freshForm(screen Screen) saleForm {
	f := saleForm{
		sample:   samples[0].id,
		way:      ByMember,
		message:  freshCode(),
		expiry:   strconv.Itoa(int(e.opts.RequestTTL / time.Second)),
		delivery: Poll,
		scopes:   []string{"openid", "profile"},
	}
	if screen == OpenBanking {
		f.expiry = "300"
	}
	if len(e.opts.People) > 0 {
		f.hint = e.opts.People[0].Hint
	}
	return f
}

func (e *Emulator) idleView(screen Screen, f saleForm) view {
	v := view{screen: screen, assentURL: e.currentService().URL, people: e.opts.People, form: f}
	for _, s := range e.opts.Scopes {
		if s.Service == openBanking {
			continue
		}
		name := s.Name
		if prefix, dynamic := strings.CutSuffix(name, "*"); dynamic {
			name = prefix + "7781"
		}
		v.scopes = append(v.scopes,
			scopeChoice{name: name, label: s.DisplayName, checked: slices.Contains(f.scopes, name)})
	}
	return v
}

func (e *Emulator) saleViewOf(sl sale, selected int) view {
	now := e.now()
	all, dropped := e.book.read(sl.id)
	v := e.idleView(sl.ask.screen, saleForm{})
	v.dropped, v.streamPath = dropped, "/sales/"+sl.id+"/events"
	i := slices.IndexFunc(all, func(x exchange) bool { return x.n == selected })
	if i < 0 && len(all) > 0 {
		i = 0
	}
	if i >= 0 {
		v.chosen, v.curl, selected = &all[i], all[i].curl(), all[i].n
	}
	v.rows = draw(all, selected, sl.state == saleWaiting, now)
	s := saleView{
		id: sl.id, state: sl.state, message: sl.ask.message, delivery: sl.ask.delivery, person: sl.ask.hint,
		left: max(sl.expires.Sub(now), 0).Round(time.Second), total: max(sl.expires.Sub(sl.begun), time.Second),
	}
	if name := e.nameOf(sl.ask.hint); name != "" {
		s.person = name
	}
	s.pace = "waiting for a ping"
	if sl.ask.delivery == Poll {
		s.pace = "polling every " + spell(sl.interval)
	}
	s.heading, s.text = outcome(sl)
	if c, found := e.Consent(sl.consent); found {
		s.consent = []field{{name: "consent", value: c.ID}, {name: "kind", value: c.Type.Name},
			{name: "status", value: c.Status}}
		if len(c.AccountIDs) > 0 {
			s.consent = append(s.consent, field{name: "accounts", value: strings.Join(c.AccountIDs, ", ")})
		}
		if d := c.Debtor; d != nil {
			s.consent = append(s.consent,
				field{name: "paid from", value: strings.Join([]string{d.ISPB, d.Issuer, d.Number, d.AccountType}, " ")})
		}
	}
	if sl.state == saleApproved {
		s.claims, s.rawClaims = readableClaims(sl.claims), indented(sl.claims)
		s.scope, s.access = sl.tokens.Scope, "good for "+spell(time.Duration(sl.tokens.ExpiresIn)*time.Second)
		if sl.tokens.RefreshToken != "" {
			s.access += ", with a refresh token"
		}
	}
	v.sale = &s
	return v
}

// outcome is a sale's state in plain words.
func outcome(sl sale) (heading, text string) {
	who, what := "customer", "sale"
	switch sl.ask.screen {
	case CallCentre:
		who, what = "caller", "call"
	case OpenBanking:
		what = "request"
	}
	switch sl.state {
	case saleWaiting:
		if sl.ask.message == "" {
			return "Waiting for the " + who + "’s phone", "This request carries no message to compare."
		}
		return "Waiting for the " + who + "’s phone", "Ask the " + who + " to check that it shows"
	case saleApproved:
		return "Approved", "The " + who + " approved on the phone, and ACP handed over the tokens."
	case saleDenied:
		return "Denied", "Access was denied on the phone or by Assent. Nothing was granted."
	case saleExpired:
		return "Too late", "Nobody answered before the time was over. Nothing was granted."
	case saleCancelled:
		return "Cancelled here", "The " + what +
			" is off and nobody asks for tokens any more. CIBA has no way to withdraw a request, so the phone may still show it until its time is over."
	}
	switch sl.failure.Code {
	case "no_consent":
		return "No consent", "ACP did not take the consent: " + sl.failure.Description
	case "unknown_user_id":
		return "Nobody to ask", "Assent knows no active person with a ready device by this identifier."
	case "server_error":
		return "Assent did not answer", "ACP could not ask whether the person is known. Nothing was started."
	case "no_answer":
		return "ACP did not answer", "The call failed on its way. Nothing was granted."
	case "bad_token":
		return "A token to distrust", "The tokens came, but did not pass the checks: " + sl.failure.Description + "."
	}
	return "ACP refused", sl.failure.Code + ": " + sl.failure.Description
}

// readableClaims are the ID token's claims with times in words, the ones that people look for first.
func readableClaims(claims map[string]any) (fields []field) {
	order := []string{"sub", "name", "iss", "aud", "acr", "auth_time", "iat", "exp"}
	names := slices.SortedFunc(maps.Keys(claims), func(a, b string) int {
		return rank(order, a) - rank(order, b)
	})
	for _, name := range names {
		value := fmt.Sprint(claims[name])
		switch v := claims[name].(type) {
		case float64:
			value = time.Unix(int64(v), 0).Format("15:04:05")
		case []any:
			value = strings.Trim(fmt.Sprint(v), "[]")
		}
		if slices.Contains(order, name) {
			fields = append(fields, field{name: name, value: value})
		}
	}
	return fields
}

func rank(order []string, name string) int {
	if i := slices.Index(order, name); i >= 0 {
		return i
	}
	return len(order)
}

func indented(v any) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if enc.Encode(v) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

func (v view) title() string {
	if v.sale != nil {
		return v.sale.heading
	}
	switch v.screen {
	case CallCentre:
		return "Who is calling?"
	case OpenBanking:
		return "Ask for a consent"
	}
	return "Pay with bank"
}

func (v view) who() string {
	if v.screen == CallCentre {
		return "Caller"
	}
	return "Customer"
}

func (v view) otherLabel() string {
	if len(v.people) == 0 {
		return v.who()
	}
	return "or an identifier"
}

func (v view) askLabel() string {
	return "Ask the " + strings.ToLower(v.who()) + "’s phone"
}

func (v view) cancelLabel() string {
	if v.screen == CallCentre {
		return "End the call"
	}
	if v.screen == OpenBanking {
		return "Cancel the request"
	}
	return "Cancel the sale"
}

func (v view) anotherLabel() string {
	if v.screen == CallCentre {
		return "Next call"
	}
	return "Next customer"
}

func personLabel(p Person) string {
	if p.Note == "" {
		return p.Name
	}
	return p.Name + " (" + p.Note + ")"
}

func faultAttributes(f saleForm, name string) templ.Attributes {
	if f.faults[name] == "" {
		return nil
	}
	return templ.Attributes{"aria-invalid": "true", "aria-describedby": name + "-fault"}
}

// fraction is how much of a request's time is left, of 100.
func fraction(s saleView) string {
	return strconv.FormatFloat(100*float64(s.left)/float64(s.total), 'f', 1, 64)
}

func rowID(r row) string {
	if r.answer {
		return fmt.Sprintf("answer-%d", r.n)
	}
	return fmt.Sprintf("request-%d", r.n)
}
