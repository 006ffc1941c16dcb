package slip

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"assent/app/i18n"
)

// signIn words a plain request: a sign-in, and what comes with it.
func (x *writer) signIn() {
	x.Kind = x.w.T("request.kind_sign_in")
	x.Title = x.w.T("request.title", "client", x.Requester.Name)
	here := i18n.Plain(x.r.Here)
	switch {
	case x.Message != nil:
		x.Verb = x.w.T("request.asks_showing")
		x.say(x.w.T("request.sentence", "here", here))
	case x.Code != "":
		x.Verb = x.w.T("request.asks")
		x.say(x.w.T("request.sentence_code", "here", here))
	default:
		x.Verb = x.w.T("request.asks")
		x.say(x.w.T("request.sentence_bare", "here", here))
	}
	x.Groups = append(x.Groups, x.gets()...)
}

// gets words all that a plain request is given: one list, each thing with its
// tick. What every sign-in has stands in it only where there is nothing else.
func (x *writer) gets() []Group {
	rest, always := x.sh.split()
	claims := x.claimItems()
	if always && len(rest)+len(claims) == 0 {
		rest = x.sh.Scopes
	}
	return x.scopes(rest, claims)
}

// test words a request that is about nothing.
func (x *writer) test() {
	x.asks()
	x.say(x.w.T("request.sentence_test"))
}

// split parts the scopes from openid, which every sign-in has: it stands among
// the details unless there is no other.
func (sh *Sheet) split() (rest []Scope, always bool) {
	for _, s := range sh.Scopes {
		if s.Name == "openid" && s.plain() {
			always = true
		} else {
			rest = append(rest, s)
		}
	}
	return rest, always
}

// plain tells whether what is granted is just what the name says.
func (s Scope) plain() bool { return s.Grant == "" || s.Grant == s.Name }

type standard struct {
	icon        string // of the page kit's set
	title, more i18n.Key
}

// standardScopes are the scopes of OpenID Connect Core 5.4 and 11, which have
// words of our own.
var standardScopes = map[string]standard{
	"openid":         {"shield", "scope.openid.title", "scope.openid.more"},
	"profile":        {"person", "scope.profile.title", "scope.profile.more"},
	"email":          {"mail", "scope.email.title", "scope.email.more"},
	"phone":          {"phone", "scope.phone.title", "scope.phone.more"},
	"address":        {"home", "scope.address.title", "scope.address.more"},
	"offline_access": {"clock", "scope.offline_access.title", "scope.offline_access.more"},
}

// scopes words the scopes by service, in the order in which ACP names them; the
// standard ones come first, and with them the claims that go with no scope.
func (x *writer) scopes(scopes []Scope, claims []Item) []Group {
	type group struct {
		service string
		items   []Item
	}
	all := []group{{}}
	for _, s := range scopes {
		it := x.scope(s)
		service := ""
		if it.Foreign {
			service = i18n.Plain(s.Service)
		}
		i := slices.IndexFunc(all, func(g group) bool { return g.service == service })
		if i < 0 {
			all = append(all, group{service: service})
			i = len(all) - 1
		}
		all[i].items = append(all[i].items, it)
	}
	all[0].items = append(all[0].items, claims...)
	var out []Group
	for _, g := range all {
		switch {
		case len(g.items) == 0:
		case g.service == "":
			out = append(out, Group{Label: x.w.T("request.gets"), Items: g.items})
		default:
			out = append(out, Group{Label: x.w.T("request.gets_at", "service", g.service), Items: g.items})
		}
	}
	return out
}

func (x *writer) scope(s Scope) Item {
	it := Item{Icon: "list", Foreign: true}
	if s.Optional {
		it.Grant, it.List = s.Grant, TickScopes
	}
	if std, ok := standardScopes[s.Name]; ok && s.plain() {
		it.Icon, it.Foreign = std.icon, false
		it.Title, it.More = x.w.T(std.title), x.w.T(std.more, "institution", x.Institution)
		if len(x.following(s.Name)) > 0 { // ACP says what it releases
			it.More, it.Lines = "", x.released(s.Name)
		}
		return it
	}
	it.Title = cmp.Or(i18n.Plain(s.DisplayName), i18n.Plain(s.Name), i18n.Plain(s.Grant))
	it.More = i18n.Plain(s.Description)
	if len(s.Params) > 0 {
		it.More = strings.TrimSpace(it.More + " (" + i18n.Plain(strings.Join(s.Params, ", ")) + ")")
	}
	// Words are ACP's of the name; what is granted may be a dynamic form of it,
	// of which only the parameters say more.
	if grant := i18n.Plain(s.Grant); !s.plain() && len(s.Params) == 0 && !strings.Contains(it.Title, grant) {
		it.More = strings.TrimSpace(it.More + " " + grant)
	}
	return it
}

// also is what else is asked for by authorization_details (RFC 9396).
func (x *writer) also() {
	for _, d := range x.sh.Authorization {
		name, _ := d["type"].(string)
		name = i18n.Plain(name)
		g := Group{Label: x.w.T("request.also", "type", name)}
		for _, key := range keys(d) {
			if key == "type" && name != "" {
				continue
			}
			for _, b := range flatten(key, d[key]) {
				g.Items = append(g.Items, Item{Title: b.Label, More: b.Value, Icon: "list", Foreign: true})
			}
		}
		x.Groups = append(x.Groups, g)
	}
}

// capital begins a line.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return strings.ToUpper(string(r)) + s[n:]
}
