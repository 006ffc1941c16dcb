package page

import (
	"cmp"
	"strings"
	"time"
	"unicode/utf8"

	"assent/app/i18n"
	"assent/web/view"
)

// Client is who asks.
type Client struct {
	ID          string
	Name        string // as it came; the pages clean it
	Host        string
	Description string
	URI         string
	PolicyURI   string
	TosURI      string
}

func (c Client) name(w i18n.Words) string {
	return cmp.Or(i18n.Plain(c.Name), w.T("client.unnamed"))
}

func (c Client) requester(w i18n.Words) view.Requester {
	return view.Requester{Name: c.name(w), Host: i18n.Plain(c.Host)}
}

// Request is a request that waits for its answer.
type Request struct {
	ID, Ref string
	Client  Client
	Message string // binding message, as it came

	Scopes         []Scope
	Claims         []string
	VerifiedClaims []string
	Authorization  []map[string]any // RFC 9396 authorization_details
	ACR            []string
	ServerID       string
	Other          map[string]any // what ACP said and we don't know

	Started, Deadline time.Time
	Seen              string // digest of what is shown, sent back with the approval
	Unreachable       bool   // ACP can't be asked: no details, no approval
	Changed           bool   // it changed since the person last saw it
	Fresh             bool   // newly arrived
	Fault             string // what kept the last answer from being taken, in words
}

// retryEvery is the pace at which a page without details asks again.
const retryEvery = 5 * time.Second

func (p Request) frame(f view.Frame) view.Page {
	pg := view.Page{
		Title: f.Words.T("request.title", "client", p.Client.name(f.Words)), Slip: true,
		Refresh: view.Refresh{On: "requests", Request: p.ID, Settled: true},
	}
	if p.Unreachable {
		pg.Refresh.Every = retryEvery
	}
	return pg
}

func (p Request) deadline() view.Deadline { return view.Deadline{From: p.Started, At: p.Deadline} }

func (p Request) approval() view.Ceremony {
	return view.Ceremony{ID: "approve", Action: "/requests/" + p.ID + "/approval", List: "scopes", Alert: "answer-alert"}
}

// groups are the scopes in words. The one that only means "a sign-in" stands
// among the details unless there is no other.
func (p Request) groups(f view.Frame) []group {
	rest, always := p.split()
	if always && len(rest) == 0 {
		rest = p.Scopes
	}
	return groups(f, rest)
}

// split parts the scopes from openid, which every sign-in has.
func (p Request) split() (rest []Scope, always bool) {
	for _, s := range p.Scopes {
		if s.Name == "openid" {
			always = true
		} else {
			rest = append(rest, s)
		}
	}
	return rest, always
}

// optional counts the tick boxes of a group, all of which start ticked.
func (g group) optional() int {
	n := 0
	for _, it := range g.items {
		if it.grant != "" {
			n++
		}
	}
	return n
}

func (g group) label(w i18n.Words) string {
	if g.service == "" {
		return w.T("request.gets")
	}
	return w.T("request.gets_at", "service", g.service)
}

// personal are the boxes of personal data that is released.
func (p Request) personal(f view.Frame) []view.Box {
	var out []view.Box
	if l := claimList(f.Words, p.Claims); l != "" {
		out = append(out, view.Box{Label: f.Words.T("request.claims"), Value: l, Wide: true})
	}
	if l := claimList(f.Words, p.VerifiedClaims); l != "" {
		out = append(out, view.Box{Label: f.Words.T("request.verified_claims"), Value: l, Wide: true})
	}
	return out
}

// authorization is one element of authorization_details by its type, with what
// it holds as key and value.
type authorization struct {
	name  string
	boxes []view.Box
}

func (p Request) authorizations() []authorization {
	var out []authorization
	for _, d := range p.Authorization {
		name, _ := d["type"].(string)
		rest := make(map[string]any, len(d))
		for k, v := range d {
			if k != "type" {
				rest[k] = v
			}
		}
		out = append(out, authorization{name: i18n.Plain(name), boxes: flatten("", rest)})
	}
	return out
}

// details are the facts that nobody needs for the decision, folded away.
func (p Request) details(f view.Frame) []view.Box {
	w := f.Words
	boxes := []view.Box{{Label: w.T("details.asked"), Value: w.DateTime(p.Started), Wide: true}}
	add := func(label i18n.Key, value string) {
		if value = i18n.Plain(value); value != "" {
			boxes = append(boxes, view.Box{Label: w.T(label), Value: value, Wide: true, Foreign: true})
		}
	}
	if rest, always := p.split(); always && len(rest) > 0 {
		boxes = append(boxes, view.Box{Label: w.T("details.always"), Value: w.T("scope.openid.title"), Wide: true})
	}
	add("details.about", p.Client.Description)
	add("details.strength", strings.Join(p.ACR, ", "))
	add("details.client", p.Client.ID)
	add("details.server", p.ServerID)
	return append(boxes, flatten("", p.Other)...)
}

type link struct{ label, url string }

// links are the requester's own pages. Only https leads anywhere.
func (p Request) links(f view.Frame) []link {
	var out []link
	for _, l := range []link{
		{f.Words.T("details.website"), p.Client.URI},
		{f.Words.T("details.policy"), p.Client.PolicyURI},
		{f.Words.T("details.terms"), p.Client.TosURI},
	} {
		if strings.HasPrefix(l.url, "https://") {
			out = append(out, l)
		}
	}
	return out
}

// message is a binding message made fit to be shown: how large, and what of it
// is folded.
type message struct {
	head, rest string
	class      string
}

const (
	shortMessage  = 8  // characters that are set at 44
	middleMessage = 24 // at 26, and beyond that at 20
	wholeMessage  = 64 // beyond this the rest is folded
)

func messageOf(raw string) message {
	s := i18n.Plain(raw)
	m := message{class: "message"}
	switch n := utf8.RuneCountInString(s); {
	case n <= shortMessage:
		m.class += " short"
	case n > middleMessage:
		m.class += " long"
	}
	m.head, m.rest = i18n.Fold(s, wholeMessage)
	return m
}
