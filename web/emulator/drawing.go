package emulator

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

const lanePhone lane = "phone"

// row is one line of the sequence drawing: a message between two lanes, or a note on the phone's.
type row struct {
	n            int // the exchange that it opens; 0 for a note
	at           time.Time
	from, to     lane
	answer       bool
	strong, soft string
	selected     bool
	onPhone      bool // the request lies on the phone while this row happens
	note         string
	open         bool // a note that is still going on
}

// laneName is what a lane is called; the first one depends on the screen.
func laneName(l lane, s Screen) string {
	switch {
	case l == laneTill && s == CallCentre:
		return "Desk"
	case l == laneTill && s == OpenBanking:
		return "TPP"
	case l == laneTill:
		return "Till"
	case l == laneACP:
		return "ACP (pretend)"
	case l == laneService:
		return "Assent"
	}
	return "Phone"
}

// draw lays the exchanges of a sale out in the order in which things happened. The stand-in can't
// see the phone: it knows
// that the request lies there from the service's answer to authentication/start until accept or reject arrives.
func draw(all []exchange, selected int, waiting bool, now time.Time) []row {
	var rows []row
	polls := 0
	for _, x := range all {
		strong, soft := requestLabel(x, &polls)
		rows = insert(rows,
			row{n: x.n, at: x.at, from: x.from, to: x.to, strong: strong, soft: soft, selected: x.n == selected})
		if !x.answered.IsZero() {
			strong, soft := answerLabel(x)
			rows = insert(rows,
				row{
					n:        x.n,
					at:       x.answered,
					from:     x.to,
					to:       x.from,
					answer:   true,
					strong:   strong,
					soft:     soft,
					selected: x.n == selected,
				})
		}
	}
	return markPhone(rows, all, waiting, now)
}

// insert keeps rows sorted by time; those of one instant stay in the order of their making.
func insert(rows []row, r row) []row {
	i := len(rows)
	for i > 0 && rows[i-1].at.After(r.at) {
		i--
	}
	return append(rows[:i], append([]row{r}, rows[i:]...)...)
}

func markPhone(rows []row, all []exchange, waiting bool, now time.Time) []row {
	var began, decided time.Time
	for _, x := range all {
		switch {
		case strings.HasSuffix(x.path, "/authentication/start") && x.status == 200 && began.IsZero():
			began = x.answered
		case x.from == laneService && decision(x.path) != "" && decided.IsZero():
			decided = x.at
		}
	}
	if began.IsZero() {
		return rows
	}
	for i := range rows {
		rows[i].onPhone = rows[i].at.After(began) && (decided.IsZero() || rows[i].at.Before(decided))
	}
	switch {
	case !decided.IsZero():
		return insertBefore(rows, decided,
			row{note: spell(decided.Sub(began)) + " on the phone", at: decided, onPhone: true})
	case waiting:
		return append(rows, row{note: "on the phone: waiting for an answer", at: now, onPhone: true, open: true})
	}
	return rows
}

func insertBefore(rows []row, at time.Time, r row) []row {
	for i := range rows {
		if !rows[i].at.Before(at) {
			return append(rows[:i], append([]row{r}, rows[i:]...)...)
		}
	}
	return append(rows, r)
}

// decision is "accept" or "reject" when a path of the system API ends so.
func decision(path string) string {
	last := path[strings.LastIndexByte(path, '/')+1:]
	if last == "accept" || last == "reject" {
		return last
	}
	return ""
}

func requestLabel(x exchange, polls *int) (strong, soft string) {
	switch {
	case strings.HasSuffix(x.path, backchannelPath):
		if m := x.body.value("binding_message"); m != "" {
			soft = "“" + m + "”"
		}
		return x.method + " /backchannel", soft
	case strings.HasSuffix(x.path, "/oauth2/token") && x.body.value("grant_type") == "client_credentials" &&
		x.from == laneTill:
		return x.method + " /token", "for itself"
	case strings.HasSuffix(x.path, "/oauth2/token") && x.from == laneTill:
		*polls++
		return x.method + " /token", fmt.Sprintf("ask %d", *polls)
	case strings.HasSuffix(x.path, "/oauth2/token"):
		return x.method + " /token", "for the API"
	case x.to == laneTill:
		return x.method + " /notifications", "ping"
	case decision(x.path) != "":
		return x.method + " …/" + decision(x.path), x.body.scopes()
	case x.from == laneService:
		return x.method + " " + resource(x.path), "details"
	case strings.HasSuffix(x.path, "consents"):
		return x.method + " …/" + x.path[strings.LastIndex(x.path, "/")+1:], "the consent"
	case strings.HasSuffix(x.path, "/jwks.json"):
		return x.method + " /jwks.json", "keys"
	}
	return x.method + " " + x.path, ""
}

// resource is the part of an API path that names what is read, without the ids.
func resource(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, p := range parts {
		switch {
		case p == "scope-grants":
			return "/scope-grants"
		case p == "open-banking-brasil" && i > 0 && i+1 < len(parts) && parts[i+1] == "consents":
			return "…/consents, by id"
		case strings.HasPrefix(p, "open-banking") && i+1 < len(parts):
			return "…/" + strings.Join(parts[i+1:len(parts)-1], "/")
		}
	}
	return path
}

func answerLabel(x exchange) (strong, soft string) {
	if x.status == 0 {
		return "no answer", ""
	}
	strong = fmt.Sprint(x.status)
	var body map[string]any
	if json.Unmarshal([]byte(x.answer.json), &body) != nil {
		return strong, ""
	}
	if code, isString := body["error"].(string); isString {
		return strong, code
	}
	switch {
	case body["auth_req_id"] != nil:
		return strong, "auth_req_id " + shorten(fmt.Sprint(body["auth_req_id"]), 6)
	case body["valid"] != nil:
		return strong, fmt.Sprintf("valid: %v", body["valid"])
	case body["id_token"] != nil:
		return strong, "access and ID token"
	case body["access_token"] != nil:
		return strong, "access token"
	case body["requested_scopes"] != nil:
		scopes, _ := body["requested_scopes"].([]any)
		return strong, plural(len(scopes), "scope")
	case body["keys"] != nil:
		return strong, "public key"
	case len(body) == 0:
		return strong, "{}"
	}
	return strong, "taken"
}

// value is a parameter of a form body.
func (c content) value(name string) string {
	for _, f := range c.form {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// scopes are the granted ones of an accept body.
func (c content) scopes() string {
	var body struct {
		Granted []string `json:"granted_scopes"`
	}
	if json.Unmarshal([]byte(c.json), &body) != nil {
		return ""
	}
	return strings.Join(body.Granted, " ")
}

// lines is a body as the page prints it.
func (c content) lines() string {
	if c.json != "" {
		return c.json
	}
	var b strings.Builder
	for _, f := range c.form {
		fmt.Fprintf(&b, "%s=%s\n", f.name, f.value)
	}
	return strings.TrimSpace(b.String())
}

// requestLines is what the page prints of a request: its credentials, masked, and its body.
func (x exchange) requestLines() string {
	var parts []string
	for _, h := range x.headers {
		if h.secret {
			parts = append(parts, h.name+": "+h.value)
		}
	}
	if _, query, found := strings.Cut(x.url, "?"); found {
		parts = append(parts, "?"+query)
	}
	if body := x.body.lines(); body != "" {
		parts = append(parts, body)
	}
	return strings.Join(parts, "\n")
}

// curl is the request as a command line; what is secret is a shell variable of that name.
func (x exchange) curl() string {
	args := []string{"curl -X " + x.method}
	for _, h := range x.headers {
		switch {
		case h.name == "Authorization" && strings.HasPrefix(h.value, "Basic"):
			args = append(args, `-u "$CLIENT_ID:$CLIENT_SECRET"`)
		case h.name == "Authorization":
			args = append(args, `-H "Authorization: Bearer $TOKEN"`)
		case h.secret:
			args = append(args, fmt.Sprintf(`-H "%s: $API_KEY"`, h.name))
		default:
			args = append(args, "-H "+quote(h.name+": "+h.value))
		}
	}
	for _, f := range x.body.form {
		if f.secret {
			args = append(args, fmt.Sprintf(`--data-urlencode "%s=$%s"`, f.name, strings.ToUpper(f.name)))
		} else {
			args = append(args, "--data-urlencode "+quote(f.name+"="+f.value))
		}
	}
	if x.body.json != "" {
		args = append(args, "--data-raw "+quote(x.body.json))
	}
	return strings.Join(append(args, quote(x.url)), " \\\n  ")
}

// quote makes one word of s for a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[:n] + "…"
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

// spell writes a duration as people say it: milliseconds below a second, then "2 min 5 s".
func spell(d time.Duration) string {
	if d > 0 && d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	var parts []string
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "d"}, {time.Hour, "h"}, {time.Minute, "min"}, {time.Second, "s"}} {
		if n := d / unit.length; n > 0 && len(parts) < 2 {
			parts = append(parts, fmt.Sprintf("%d %s", n, unit.name))
			d -= n * unit.length
		}
	}
	if len(parts) == 0 {
		return "0 s"
	}
	return strings.Join(parts, " ")
}
