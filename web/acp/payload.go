package acp

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"assent/app"
	"assent/app/consent"
)

// Lengths that the contract or good sense allow, in characters.
const (
	maxLogin      = 128
	maxIdentifier = 1024
	maxText       = 1024
	maxMessage    = 4096
	maxList       = 256
)

// fieldError says what is wrong with one member.
type fieldError struct{ field, why string }

func (e *fieldError) Error() string { return e.field + " " + e.why }

func wrong(field, why string) error {
	return app.ErrMalformed.In(field).Because(&fieldError{field, why})
}

// members is a payload as it came: ACP adds members over time, and spells some
// in more than one way.
type members map[string]json.RawMessage

func decode(body []byte) (members, error) {
	var m members
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, wrong("body", "is not a JSON object")
	}
	if m == nil {
		return nil, wrong("body", "is not a JSON object")
	}
	return m, nil
}

func (m members) has(field string) bool {
	v, ok := m[field]
	return ok && string(v) != "null"
}

// text reads a string of at least least and at most most characters; a missing
// one is empty.
func (m members) text(field string, least, most int) (string, error) {
	var s string
	if m.has(field) {
		if err := json.Unmarshal(m[field], &s); err != nil {
			return "", wrong(field, "is not a string")
		}
	}
	n := utf8.RuneCountInString(s)
	switch {
	case n == 0 && least > 0:
		return "", wrong(field, "is required")
	case n < least || n > most:
		return "", wrong(field, fmt.Sprintf("must have %d to %d characters", least, most))
	case strings.ContainsRune(s, 0):
		return "", wrong(field, "contains a NUL character")
	}
	return s, nil
}

// either reads the first of several spellings that is there.
func (m members) either(least, most int, fields ...string) (string, error) {
	for _, f := range fields {
		if m.has(f) {
			return m.text(f, least, most)
		}
	}
	return m.text(fields[0], least, most)
}

// list reads an array of strings, an array of objects with a requested_name or
// a name, or one string of words.
func (m members) list(field string) ([]string, error) {
	if !m.has(field) {
		return nil, nil
	}
	var words string
	if json.Unmarshal(m[field], &words) == nil {
		return bounded(field, strings.Fields(words))
	}
	var items []json.RawMessage
	if err := json.Unmarshal(m[field], &items); err != nil {
		return nil, wrong(field, "is neither an array nor a string")
	}
	var out []string
	for _, item := range items {
		var s string
		var named struct {
			Name          string `json:"name"`
			RequestedName string `json:"requested_name"`
		}
		switch {
		case json.Unmarshal(item, &s) == nil:
		case json.Unmarshal(item, &named) == nil:
			s = named.RequestedName
			if s == "" {
				s = named.Name
			}
		default:
			return nil, wrong(field, "holds something other than strings and named objects")
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return bounded(field, out)
}

func bounded(field string, list []string) ([]string, error) {
	if len(list) > maxList {
		return nil, wrong(field, fmt.Sprintf("has more than %d entries", maxList))
	}
	for _, s := range list {
		if utf8.RuneCountInString(s) > maxText {
			return nil, wrong(field, fmt.Sprintf("has an entry of more than %d characters", maxText))
		}
	}
	return list, nil
}

// readStart reads an /authentication/start payload in every spelling that ACP
// is known or thought to use.
func readStart(body []byte) (consent.Start, error) {
	m, err := decode(body)
	if err != nil {
		return consent.Start{}, err
	}
	in := consent.Start{Payload: string(body)}
	var errs []error
	set := func(to *string, least, most int, fields ...string) {
		v, err := m.either(least, most, fields...)
		*to = v
		errs = append(errs, err)
	}
	list := func(to *[]string, fields ...string) {
		for _, f := range fields {
			if m.has(f) {
				v, err := m.list(f)
				*to = v
				errs = append(errs, err)
				return
			}
		}
	}
	set(&in.LoginID, 1, maxLogin, "login_id")
	set(&in.UserIdentifier, 1, maxIdentifier, "user_identifier")
	set(&in.LoginState, 0, maxText, "login_state", "state")
	set(&in.TenantID, 0, maxText, "tenant_id")
	set(&in.ServerID, 0, maxText, "server_id")
	set(&in.ClientID, 0, maxText, "client_id")
	set(&in.BindingMessage, 0, maxMessage, "binding_message")
	set(&in.IntentID, 0, maxText, "openbanking_intent_id")
	set(&in.ConsentType, 0, maxText, "consent_type")
	list(&in.Scopes, "requested_scopes", "scopes")
	list(&in.ACR, "acr_values")
	if m.has("client_info") {
		info, err := decode(m["client_info"])
		if err != nil {
			return in, wrong("client_info", "is not an object")
		}
		in.ClientName, err = info.text("client_name", 0, maxText)
		errs = append(errs, err)
	}
	expires, err := m.text("expires_at", 0, maxText)
	errs = append(errs, err)
	if expires != "" {
		in.ExpiresAt, err = time.Parse(time.RFC3339, expires)
		if err != nil {
			errs = append(errs, wrong("expires_at", "is not an RFC 3339 date and time"))
		}
	}
	// Dots would change the path of the calls that follow.
	if in.LoginID == "." || in.LoginID == ".." {
		errs = append(errs, wrong("login_id", "is not an identifier"))
	}
	return in, errors.Join(errs...)
}
