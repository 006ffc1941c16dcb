package slip

import (
	"cmp"
	"slices"
	"strings"

	"assent/app/authz"
	"assent/app/i18n"
)

// writer puts one sheet in the words of one reader. It takes each fact of the
// consent once: what no part of the page has taken goes to the details, so that
// nothing is left unsaid.
type writer struct {
	sh      *Sheet
	r       Reader
	w       i18n.Words
	row     authz.Row
	profile Profile
	consent *authz.Consent
	taken   map[int]bool // facts of the consent, by their place
	Text
}

// Text is the sheet in the reader's words.
func (sh *Sheet) Text(r Reader) Text {
	x := newWriter(sh, r)
	if write, ok := writers[rules{x.row.Country, x.row.Subject}]; ok {
		write(x)
	} else {
		x.asks()
	}
	x.also()
	x.hints()
	x.details()
	x.links()
	return x.Text
}

// rules are what a kind's words follow.
type rules struct {
	country authz.Country
	subject authz.Subject
}

// writers put the sheets of a country's kinds in words. Of a kind that has none
// no more is said than that it asks for something, and its facts.
var writers = map[rules]func(*writer){
	{authz.NoCountry, authz.SignIn}: (*writer).signIn,
	{authz.NoCountry, authz.Trial}:  (*writer).test,
	{authz.UK, authz.Data}:          (*writer).ukData,
	{authz.UK, authz.Payment}:       (*writer).payment,
	{authz.Brazil, authz.Data}:      (*writer).brData,
	{authz.Brazil, authz.Payment}:   (*writer).payment,
}

// banking tells whether the sheet is about an open banking consent, whether or
// not ACP gave one.
func (sh *Sheet) banking() bool { return sh.Kind.Row().Country != authz.NoCountry }

func newWriter(sh *Sheet, r Reader) *writer {
	x := &writer{
		sh:      sh,
		r:       r,
		w:       r.Words,
		row:     sh.Kind.Row(),
		profile: ProfileOf(sh.Kind),
		consent: sh.Consent,
		taken:   map[int]bool{},
	}
	if x.consent == nil {
		x.consent = &authz.Consent{}
	}
	x.Text = Text{
		Version:     x.w.Version(),
		Lang:        x.w.Tag(),
		Ref:         i18n.Plain(sh.Ref),
		Institution: i18n.Plain(r.Institution),
		Owner:       i18n.Plain(r.Owner),
		Requester: Requester{
			Name: cmp.Or(i18n.Plain(sh.Client.Name), x.w.T("client.unnamed")),
			Host: i18n.Plain(sh.Client.Host),
		},
		Deadline: x.w.T("deadline.by", "time", x.w.Deadline(sh.ExpiresAt.Time(), r.Now)),
		Approve:  x.w.T(x.profile.Approve), Deny: x.w.T(x.profile.Deny),
	}
	message := i18n.Plain(sh.Message)
	switch {
	case !x.profile.Message || message == "":
	case sh.AskCode:
		x.Code = x.w.T("request.code", "client", x.Requester.Name)
	default:
		x.Message = &Message{Label: x.w.T("request.message_check"), Text: message}
	}
	return x
}

// asks names what is asked for in the words of its kind.
func (x *writer) asks() { x.head(i18n.Key(x.row.Words.Name), i18n.Key(x.row.Words.Verb)) }

// head names what is asked for: the sort of request, and the verb.
func (x *writer) head(kind, verb i18n.Key) {
	x.Kind, x.Verb = x.w.T(kind), x.w.T(verb)
	x.Title = x.w.T("request.title_of", "client", x.Requester.Name, "verb", x.Verb)
}

// say sets the sentence, with the figures in it that stand out.
func (x *writer) say(sentence string, figures ...string) {
	x.Sentence = sentence
	for _, f := range figures {
		if f = strings.TrimSpace(f); f != "" && strings.Contains(sentence, f) {
			x.Figures = append(x.Figures, f)
		}
	}
}

// take gives the first fact of a name that nothing has taken yet.
func (x *writer) take(name authz.FactName) (authz.Fact, bool) {
	for i, f := range x.consent.Facts {
		if f.Name == name && !x.taken[i] {
			x.taken[i] = true
			return f, true
		}
	}
	return authz.Fact{}, false
}

// fact looks at a fact without taking it.
func (x *writer) fact(name authz.FactName) authz.Fact {
	f, _ := x.consent.Fact(name)
	return f
}

// hints are the remarks about a payment.
func (x *writer) hints() {
	for _, h := range x.sh.Hints {
		switch {
		case h.Kind == FirstPayee:
			x.Notices = append(x.Notices, x.w.T("hint.first_payee"))
		case h.Kind == LargestAmount && h.Money != nil:
			x.Notices = append(x.Notices, x.w.T("hint.largest_amount", "amount", x.money(h.Money)))
		}
	}
}

// details are what nobody needs for the decision, folded away: the facts that
// stand nowhere else, who asks by which ids, and what ACP said that isn't
// known here.
func (x *writer) details() {
	w, sh := x.w, x.sh
	x.detail(w.T("details.asked"), w.DateTime(sh.StartedAt.Time()), false)
	for i, f := range x.consent.Facts {
		if !x.taken[i] {
			x.Details = append(x.Details, wide(x.boxes(f))...)
		}
	}
	if sh.banking() {
		x.consentDetails()
	} else if rest, always := sh.split(); always && len(rest)+len(x.claimItems()) > 0 {
		x.Details = append(x.Details,
			Box{
				Label: w.T("details.always"),
				Value: w.T("scope.openid.title"),
				More:  x.claimWords(x.following("openid")),
				Wide:  true,
			})
	}
	x.detail(w.T("details.about"), sh.Client.Description, true)
	x.detail(w.T("details.strength"), strings.Join(sh.ACR, ", "), true)
	x.detail(w.T("details.client"), sh.Client.ID, true)
	x.detail(w.T("details.server"), sh.ServerID, true)
	for _, name := range keys(sh.Other) {
		label := name
		if strings.Contains(name, "_consent") { // what is left of the consent itself
			label = ""
		}
		x.Details = append(x.Details, flatten(label, sh.Other[name])...)
	}
}

// consentDetails are those of a consent that are no facts of it.
func (x *writer) consentDetails() {
	w, c := x.w, x.consent
	if c.Debtor != nil {
		parts := slices.DeleteFunc([]string{i18n.Plain(c.Debtor.Name), number(*c.Debtor),
			i18n.Plain(c.Debtor.SecondaryIdentification)},
			func(s string) bool { return s == "" })
		x.detail(w.T("details.debtor"), strings.Join(parts, ", "), true)
	}
	if c.CPF != "" {
		x.detail(w.T("details.cpf"), i18n.CPF(c.CPF), false)
	}
	if c.CNPJ != "" {
		x.detail(w.T("details.cnpj"), i18n.CNPJ(c.CNPJ), false)
	}
	if x.sh.Kind.Is(authz.Brazil, authz.Payment) {
		x.detail(w.T("details.initiator"), x.Requester.Name, false)
	}
	x.detail(w.T("details.consent"), c.ID, true)
	var scopes []string
	for _, s := range x.sh.Scopes {
		scopes = append(scopes, cmp.Or(s.DisplayName, s.Name, s.Grant))
	}
	x.detail(w.T("details.scopes"), strings.Join(scopes, ", "), true)
	x.detail(w.T("details.not_given"), x.claimWords(slices.Concat(x.sh.Claims, x.sh.VerifiedClaims)), false)
}

func (x *writer) detail(label, value string, foreign bool) {
	if foreign {
		value = i18n.Plain(value)
	}
	if value != "" {
		x.Details = append(x.Details, Box{Label: label, Value: value, Wide: true, Foreign: foreign})
	}
}

func wide(boxes []Box) []Box {
	for i := range boxes {
		boxes[i].Wide = true
	}
	return boxes
}

// links are the requester's own pages. Only https leads anywhere.
func (x *writer) links() {
	if !x.profile.Links {
		return
	}
	for _, l := range []Link{
		{x.w.T("details.website"), x.sh.Client.URI},
		{x.w.T("details.policy"), x.sh.Client.PolicyURI},
		{x.w.T("details.terms"), x.sh.Client.TosURI},
	} {
		if l.URL == i18n.Plain(l.URL) && strings.HasPrefix(l.URL, "https://") {
			x.Links = append(x.Links, l)
		}
	}
}
