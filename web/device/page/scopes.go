package page

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"assent/app/i18n"
	"assent/web/view"
)

// Scope is one requested OAuth scope as ACP describes it.
type Scope struct {
	Grant       string // the name to grant, and the value of its tick box
	Name        string
	DisplayName string
	Description string
	Service     string // whose scope it is
	Params      []string
	Optional    bool // may be left out
}

// item is one thing that the requester will get, in words.
type item struct {
	icon    view.IconName
	title   string
	more    string
	grant   string // of its tick box; empty: it can't be left out
	foreign bool   // the words are ACP's, in a language we don't know
}

// group is what comes from one service.
type group struct {
	service string // empty for the standard scopes
	items   []item
}

type standard struct {
	icon        view.IconName
	title, more i18n.Key
}

// standardScopes are the scopes of OpenID Connect Core 5.4 and 11, which have
// words of our own.
var standardScopes = map[string]standard{
	"openid":         {view.IconShield, "scope.openid.title", "scope.openid.more"},
	"profile":        {view.IconPerson, "scope.profile.title", "scope.profile.more"},
	"email":          {view.IconMail, "scope.email.title", "scope.email.more"},
	"phone":          {view.IconPhone, "scope.phone.title", "scope.phone.more"},
	"address":        {view.IconHome, "scope.address.title", "scope.address.more"},
	"offline_access": {view.IconClock, "scope.offline_access.title", "scope.offline_access.more"},
}

// groups words the scopes, by service in the order in which ACP names them; the
// standard ones come first.
func groups(f view.Frame, scopes []Scope) []group {
	all := []group{{}}
	for _, s := range scopes {
		it := scopeItem(f, s)
		service := ""
		if it.foreign {
			service = i18n.Plain(s.Service)
		}
		i := slices.IndexFunc(all, func(g group) bool { return g.service == service })
		if i < 0 {
			all = append(all, group{service: service})
			i = len(all) - 1
		}
		all[i].items = append(all[i].items, it)
	}
	return slices.DeleteFunc(all, func(g group) bool { return len(g.items) == 0 })
}

func scopeItem(f view.Frame, s Scope) item {
	it := item{icon: view.IconList, foreign: true}
	if s.Optional {
		it.grant = s.Grant
	}
	if std, ok := standardScopes[s.Name]; ok {
		it.icon, it.foreign = std.icon, false
		it.title, it.more = f.Words.T(std.title), f.Words.T(std.more, "institution", f.Institution)
		return it
	}
	it.title = i18n.Plain(cmp.Or(s.DisplayName, s.Name, s.Grant))
	it.more = i18n.Plain(s.Description)
	if len(s.Params) > 0 {
		params := i18n.Plain(strings.Join(s.Params, ", "))
		it.more = strings.TrimSpace(it.more + " (" + params + ")")
	}
	return it
}

// standardClaims are the claims of OpenID Connect Core 5.1 and those of the
// banking profiles that have a plain name.
var standardClaims = map[string]i18n.Key{
	"sub": "claim.sub", "name": "claim.name", "given_name": "claim.given_name", "family_name": "claim.family_name",
	"middle_name": "claim.middle_name", "nickname": "claim.nickname", "preferred_username": "claim.preferred_username",
	"profile": "claim.profile", "picture": "claim.picture", "website": "claim.website", "email": "claim.email",
	"email_verified": "claim.email_verified", "gender": "claim.gender", "birthdate": "claim.birthdate", "zoneinfo": "claim.zoneinfo",
	"locale": "claim.locale", "phone_number": "claim.phone_number", "phone_number_verified": "claim.phone_number_verified",
	"address": "claim.address", "updated_at": "claim.updated_at", "cpf": "claim.cpf", "cnpj": "claim.cnpj",
	"nationalities": "claim.nationalities", "place_of_birth": "claim.place_of_birth",
}

// claimList words claims as one line; an unknown one shows by its code, never dropped.
func claimList(w i18n.Words, claims []string) string {
	out := make([]string, 0, len(claims))
	for _, c := range claims {
		if key, ok := standardClaims[c]; ok {
			out = append(out, w.T(key))
		} else if c = i18n.Plain(c); c != "" {
			out = append(out, c)
		}
	}
	return sentenceCase(strings.Join(out, ", "))
}

func sentenceCase(s string) string {
	for i, r := range s {
		if i == 0 {
			return strings.ToUpper(string(r)) + s[len(string(r)):]
		}
	}
	return s
}

// flatten turns a value from ACP that we have no words for into labelled
// values, nothing left out: nested members get a path for a label.
func flatten(label string, v any) []view.Box {
	switch v := v.(type) {
	case map[string]any:
		var out []view.Box
		for _, k := range slices.Sorted(maps.Keys(v)) {
			path := k
			if label != "" {
				path = label + " › " + k
			}
			out = append(out, flatten(path, v[k])...)
		}
		return out
	case []any:
		if simple := simpleList(v); simple != "" {
			return []view.Box{fact(label, simple)}
		}
		var out []view.Box
		for i, e := range v {
			out = append(out, flatten(strings.TrimSpace(label+" "+strconv.Itoa(i+1)), e)...)
		}
		return out
	}
	if s := scalar(v); s != "" {
		return []view.Box{fact(label, s)}
	}
	return nil
}

func fact(label, value string) view.Box {
	return view.Box{Label: i18n.Plain(strings.ReplaceAll(label, "_", " ")), Value: i18n.Plain(value), Wide: true, Foreign: true}
}

func simpleList(list []any) string {
	out := make([]string, 0, len(list))
	for _, e := range list {
		switch e.(type) {
		case map[string]any, []any:
			return ""
		}
		if s := scalar(e); s != "" {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case json.Number:
		return v.String()
	}
	return fmt.Sprint(v)
}
