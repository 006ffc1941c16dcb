package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// correlationHeader ties the till's request to the transcript of its sale; details carry the same value as
// authorization_correlation_id.
const correlationHeader = "X-Correlation-ID"

// everyone stands for a call that belongs to no one login, such as a token request of the service: it is written into
// every transcript that is open.
const everyone = "*"

type lane string

const (
	laneTill    lane = "till"
	laneACP     lane = "acp"
	laneService lane = "assent"
)

// exchange is one request with its answer, secrets masked.
type exchange struct {
	n                 int
	from, to          lane
	at, answered      time.Time
	method, url, path string
	headers           []field
	body              content
	status            int // 0 with answered set: no answer came
	answer            content
}

// field is one header, or one parameter of a form.
type field struct {
	name, value string
	secret      bool
}

// content is a body as the page shows it: a form, or JSON.
type content struct {
	form []field
	json string
}

// transcript is the exchanges of one sale.
type transcript struct {
	exchanges []*exchange
	open      bool
	dropped   int
}

// longestTranscript is how many exchanges a transcript keeps; beyond it the oldest polls go.
const longestTranscript = 200

// journal keeps transcripts, by correlation id, and tells pages when one changes.
type journal struct {
	mu          sync.Mutex
	next        int
	transcripts map[string]*transcript
	watchers    map[string]map[chan struct{}]bool
}

func newJournal() *journal {
	return &journal{transcripts: map[string]*transcript{}, watchers: map[string]map[chan struct{}]bool{}}
}

func (j *journal) open(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.transcripts[id] = &transcript{open: true}
}

// close keeps calls for everyone out of a transcript that is over.
func (j *journal) close(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if t := j.transcripts[id]; t != nil {
		t.open = false
	}
	j.tell(id)
}

func (j *journal) forget(id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.transcripts, id)
}

// read copies a transcript; dropped is how many polls it no longer holds.
func (j *journal) read(id string) (all []exchange, dropped int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	t := j.transcripts[id]
	if t == nil {
		return nil, 0
	}
	for _, x := range t.exchanges {
		all = append(all, *x)
	}
	return all, t.dropped
}

// watch reports changes of a transcript, several as one, until stop is called.
func (j *journal) watch(id string) (changed <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.watchers[id] == nil {
		j.watchers[id] = map[chan struct{}]bool{}
	}
	j.watchers[id][ch] = true
	return ch, func() {
		j.mu.Lock()
		defer j.mu.Unlock()
		delete(j.watchers[id], ch)
		if len(j.watchers[id]) == 0 {
			delete(j.watchers, id)
		}
	}
}

// tell wakes the watchers of a transcript. The caller holds mu.
func (j *journal) tell(id string) {
	for ch := range j.watchers[id] {
		select {
		case ch <- struct{}{}:
		default:
		}
	}
}

// begin writes a request down and returns its exchange for end; secretHeader is an API key's name, if any. The request
// itself stays as it is.
func (j *journal) begin(id string, from, to lane, r *http.Request, body []byte, now time.Time,
	secretHeader string) *exchange {
	u := *r.URL
	if u.Host == "" {
		u.Host, u.Scheme = r.Host, "http"
	}
	if secretHeader != "" && u.Query().Has(secretHeader) {
		u.RawQuery = url.Values{secretHeader: {mask}}.Encode()
	}
	x := &exchange{
		from: from, to: to, at: now, method: r.Method, url: u.String(), path: u.EscapedPath(),
		headers: maskHeaders(r.Header, secretHeader), body: readContent(r.Header, body),
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.next++
	x.n = j.next
	for _, key := range j.receivers(id) {
		t := j.transcripts[key]
		t.exchanges = append(t.exchanges, x)
		if len(t.exchanges) > longestTranscript {
			if i := slices.IndexFunc(t.exchanges,
				func(x *exchange) bool { return strings.HasSuffix(x.path, "/oauth2/token") }); i >= 0 {
				t.exchanges = slices.Delete(t.exchanges, i, i+1)
				t.dropped++
			}
		}
		j.tell(key)
	}
	return x
}

func (j *journal) receivers(id string) (ids []string) {
	for key, t := range j.transcripts {
		if key == id || (id == everyone && t.open) {
			ids = append(ids, key)
		}
	}
	return ids
}

// end writes the answer of an exchange down; status 0 means that none came.
func (j *journal) end(x *exchange, status int, header http.Header, body []byte, now time.Time) {
	answer := readContent(header, body)
	j.mu.Lock()
	defer j.mu.Unlock()
	x.status, x.answer, x.answered = status, answer, now
	for key, t := range j.transcripts {
		if slices.Contains(t.exchanges, x) {
			j.tell(key)
		}
	}
}

// observe writes a call of the service into the transcripts that it concerns; done takes what was
// answered, a zero reply
// when nothing was.
func (e *Emulator) observe(at Endpoint, login string, r *http.Request, body []byte) (done func(reply)) {
	var id string
	switch at {
	case SystemToken:
		id = everyone
	case Details, Accept, Reject:
		id = e.correlationOf(login)
	default:
		return func(reply) {}
	}
	x := e.book.begin(id, laneService, laneACP, r, body, e.now(), "")
	return func(p reply) {
		header := http.Header{"Content-Type": {"application/json"}}
		e.book.end(x, p.status, header, p.bytes(), e.now())
	}
}

const mask = "••••••"

// secrets are parameters and members whose value is never shown whole.
var secrets = []string{
	"client_secret", "client_assertion", "client_notification_token", "access_token", "refresh_token", "id_token",
	"id_token_hint",
}

// maskValue keeps enough of a secret to tell two apart.
func maskValue(v string) string {
	if len(v) < 24 {
		return mask
	}
	return v[:6] + "…"
}

func maskHeaders(h http.Header, secretHeader string) (fields []field) {
	for _, name := range []string{"Authorization", http.CanonicalHeaderKey(secretHeader), "Content-Type",
		correlationHeader} {
		value := h.Get(name)
		if name == "" || value == "" {
			continue
		}
		f := field{name: name, value: value}
		switch name {
		case "Authorization":
			scheme, _, _ := strings.Cut(value, " ")
			f = field{name: name, value: scheme + " " + mask, secret: true}
		case http.CanonicalHeaderKey(secretHeader):
			f = field{name: name, value: mask, secret: true}
		}
		fields = append(fields, f)
	}
	return fields
}

func readContent(h http.Header, body []byte) content {
	switch {
	case len(body) == 0:
		return content{}
	case strings.HasPrefix(h.Get("Content-Type"), "application/x-www-form-urlencoded"):
		return content{form: readForm(string(body))}
	}
	var v any
	if json.Unmarshal(body, &v) != nil {
		return content{json: string(bytes.ToValidUTF8(body[:min(len(body), 2000)], []byte("�")))}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if enc.Encode(maskJSON(v)) != nil {
		return content{}
	}
	return content{json: strings.TrimSpace(b.String())}
}

// readForm keeps the order of the parameters, which url.ParseQuery doesn't.
func readForm(raw string) (fields []field) {
	for pair := range strings.SplitSeq(raw, "&") {
		k, v, _ := strings.Cut(pair, "=")
		name, err1 := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err1 != nil || err2 != nil {
			continue
		}
		if secret := slices.Contains(secrets, name); secret {
			fields = append(fields, field{name: name, value: maskValue(value), secret: true})
		} else {
			fields = append(fields, field{name: name, value: value})
		}
	}
	return fields
}

func maskJSON(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, member := range v {
			if s, isString := member.(string); isString && slices.Contains(secrets, k) {
				v[k] = maskValue(s)
			} else {
				v[k] = maskJSON(member)
			}
		}
	case []any:
		for i := range v {
			v[i] = maskJSON(v[i])
		}
	}
	return v
}
