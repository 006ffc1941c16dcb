package acp

import (
	"bytes"
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"assent/app/authz"
)

// tree is a JSON object, its numbers digit for digit. What is read is taken
// out, so that what is left in the end is what isn't known. What isn't of the
// type that it should be stays.
type tree map[string]any

// grow reads a JSON object; nil if it is something else.
func grow(raw json.RawMessage) tree {
	var t tree
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&t) != nil {
		return nil
	}
	return t
}

// parent finds the object that the last name of a dotted path is a member of;
// nil if there is none.
func (t tree) parent(path string) (in tree, name string) {
	for {
		head, rest, more := strings.Cut(path, ".")
		if !more {
			return t, path
		}
		t, path = t.object(head), rest
	}
}

// object is a member that is an object, or nil.
func (t tree) object(name string) tree {
	o, _ := t[name].(map[string]any)
	return o
}

// text takes a text that says something. An empty one is taken too, and gives "".
func (t tree) text(name string) string {
	s, ok := t[name].(string)
	if !ok {
		return ""
	}
	delete(t, name)
	if strings.TrimSpace(s) == "" {
		return ""
	}
	return s
}

var (
	decimals = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	counts   = regexp.MustCompile(`^[0-9]+$`)
)

// figures takes a number, or a text that is one, of the given form.
func (t tree) figures(name string, form *regexp.Regexp) string {
	s, ok := t[name].(string)
	if n, is := t[name].(json.Number); is {
		s, ok = n.String(), true
	}
	if !ok || !form.MatchString(s) {
		return ""
	}
	delete(t, name)
	return s
}

// moment takes a time (RFC 3339) or a date. The zero time, which ACP may write
// for one that isn't set, is taken and gives "".
func (t tree) moment(name string) string {
	s, ok := t[name].(string)
	if !ok || !isMoment(s) {
		return ""
	}
	delete(t, name)
	if zeroTime(s) {
		return ""
	}
	return s
}

func isMoment(s string) bool {
	_, timed := time.Parse(time.RFC3339, s)
	_, dated := time.Parse(time.DateOnly, s)
	return timed == nil || dated == nil
}

func zeroTime(s string) bool { return strings.HasPrefix(s, "0001-01-01") && isMoment(s) }

// texts takes the texts of a list, each once; others stay behind.
func (t tree) texts(name string) []string {
	list, ok := t[name].([]any)
	if !ok {
		return nil
	}
	var out []string
	t[name] = slices.DeleteFunc(list, func(v any) bool {
		s, is := v.(string)
		if is && strings.TrimSpace(s) != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
		return is
	})
	return out
}

// drop takes out what means nothing to a person, by dotted paths.
func (t tree) drop(paths []string) {
	for _, path := range paths {
		if in, name := t.parent(path); in != nil {
			delete(in, name)
		}
	}
}

// hollow tells whether a value says nothing: null, an empty text, a time that
// isn't set, or an object or list of nothing else.
func hollow(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return strings.TrimSpace(v) == "" || zeroTime(v)
	case map[string]any:
		return empty(v)
	case tree:
		return empty(v)
	case []any:
		return !slices.ContainsFunc(v, func(e any) bool { return !hollow(e) })
	}
	return false
}

func empty(t tree) bool {
	for _, v := range t {
		if !hollow(v) {
			return false
		}
	}
	return true
}

// prune takes out all that is hollow.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			if hollow(e) {
				delete(v, name)
			} else {
				v[name] = prune(e)
			}
		}
		return v
	case []any:
		v = slices.DeleteFunc(v, hollow)
		for i := range v {
			v[i] = prune(v[i])
		}
		return v
	}
	return v
}

// mapping says what a consent holds and where. It is a table: a new field is a
// line of it.
type mapping struct {
	id, status  string
	permissions string
	debtor      string // path of the account to pay from
	account     func(tree) accountRef
	cpf, cnpj   string // paths of documents
	fields      []field
	needed      []authz.FactName // without which nobody may decide
	schedule    string           // path of an object that, where it is there, must have been understood
	silent      []string         // paths that mean nothing to a person
}

// field says where a fact is read. read takes it out of the member name of in
// and tells whether there was anything.
type field struct {
	name authz.FactName
	path string
	read func(in tree, name string, f *authz.Fact) bool
}

// problem is what keeps a person from deciding over a consent.
type problem string

// Error implements error.
func (p problem) Error() string { return string(p) }

// read makes a consent of an answer's member. What it doesn't know is left in
// t. With a problem comes as much of the consent as can be read.
func (m mapping) read(t tree) (*authz.Consent, error) {
	c := &authz.Consent{ID: t.text(m.id), Status: t.status(m.status)}
	if m.permissions != "" {
		c.Permissions = t.texts(m.permissions)
	}
	var wrong error
	note := func(p problem) {
		if wrong == nil {
			wrong = p
		}
	}
	if in, name := t.parent(m.debtor); in != nil && m.debtor != "" && !hollow(in[name]) {
		if ref := m.account(in.object(name)); ref.known() {
			ref.Name = in.object(name).text("Name")
			c.Debtor = &ref.AccountRef
		} else {
			note("the account to pay from can't be read")
		}
	}
	for _, d := range []struct {
		path, rel string
		into      *string
	}{{m.cpf, "CPF", &c.CPF}, {m.cnpj, "CNPJ", &c.CNPJ}} {
		var ok bool
		if *d.into, ok = t.document(d.path, d.rel); !ok {
			note("its " + problem(d.rel) + " can't be read")
		}
	}
	for _, fd := range m.fields {
		in, name := t.parent(fd.path)
		if in == nil {
			continue
		}
		f := authz.Fact{Name: fd.name}
		if fd.read(in, name, &f) && !repeats(c, f) {
			c.Facts = append(c.Facts, f)
		}
	}
	t.drop(m.silent)
	for _, name := range m.needed {
		if _, ok := c.Fact(name); !ok {
			note(problem("it has no readable " + string(name)))
		}
	}
	if m.permissions != "" && len(c.Permissions) == 0 {
		note("it has no readable permissions")
	}
	if m.schedule != "" {
		if in, name := t.parent(m.schedule); in != nil && !hollow(in[name]) {
			note("its schedule can't be read")
		}
	}
	prune(map[string]any(t))
	return c, wrong
}

// repeats tells whether a fact says nothing that isn't said already.
func repeats(c *authz.Consent, f authz.Fact) bool {
	if payee, ok := c.Fact(authz.Payee); ok && f.Name == authz.PayeeParty && f.Text == payee.Text {
		return true
	}
	return slices.ContainsFunc(c.Facts, func(g authz.Fact) bool { return reflect.DeepEqual(f, g) })
}

// unreadable is the status of what has one that isn't a text: it forbids, as
// every status but that of waiting does.
const unreadable = "unreadable"

// status takes a status.
func (t tree) status(name string) string {
	v := t[name]
	s := t.text(name)
	if _, ok := v.(string); !ok && v != nil {
		return unreadable
	}
	return s
}

// document takes the number of a CPF or CNPJ document, without punctuation. It
// isn't ok where there is one that can't be read: it is somebody's.
func (t tree) document(path, rel string) (number string, ok bool) {
	if path == "" {
		return "", true
	}
	in, name := t.parent(path)
	if in == nil || hollow(in[name]) {
		return "", true
	}
	doc := in.object(name)
	s, text := doc["rel"].(string)
	number = unpunctuated(doc.text("identification"))
	if number == "" || (text || doc["rel"] != nil) && !strings.EqualFold(s, rel) {
		return "", false
	}
	delete(doc, "rel")
	return number, true
}

var punctuation = strings.NewReplacer(".", "", "-", "", "/", "", " ", "")

func unpunctuated(s string) string { return strings.ToUpper(punctuation.Replace(s)) }
