package slip_test

import (
	"encoding/json"
	"testing"
	"unicode"

	"assent/app/i18n"
	"assent/app/slip"
)

// Whatever a sheet holds, its words are fit to be read: no panic, nothing that
// controls or turns the text around it but the pairs of isolates that the
// catalogue puts around names, and the same words each time.
func FuzzText(f *testing.F) {
	for _, g := range golden {
		b, err := json.Marshal(g.sheet)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add(`{"kind":"uk-file-payment","consent":{"facts":[{"name":"no_such","text":"\u202ex","money":{"amount":"-1","currency":"\u2066"},"account":{"scheme":"\u0000"},"at":"2027-01-01","list":["\u2029"],"schedule":{"every":"custom"},"rate":{},"charges":[{}]}]}}`)
	f.Add(`{"kind":"\u202e","client":{"name":"\u2067\u200f","uri":"https://\u202e"},"other":{"\u202ea":{"b":[[],{},null]}},"authorization":[{"type":"\u2068"}]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		var sh slip.Sheet
		if json.Unmarshal([]byte(doc), &sh) != nil {
			return
		}
		for _, lang := range i18n.Tags {
			r := reader(t, lang)
			x, d := sh.Text(r), sh.Done(r)
			if x.Choice != nil { // ids are form values and no words
				for i := range x.Choice.Accounts {
					x.Choice.Accounts[i].ID = ""
				}
			}
			for _, g := range x.Groups {
				for i := range g.Items {
					g.Items[i].Grant = ""
				}
			}
			if first, again := page(sh.Text(r)), page(sh.Text(r)); first != again {
				t.Error("the same sheet reads otherwise the second time")
			}
			for _, v := range []any{x, d} {
				b, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range texts(decode(t, b)) {
					if !fit(text) {
						t.Errorf("it says %+q", text)
					}
				}
			}
		}
	})
}

// texts are all texts of a tree.
func texts(v any) []string {
	var out []string
	switch v := v.(type) {
	case map[string]any:
		for _, e := range v {
			out = append(out, texts(e)...)
		}
	case []any:
		for _, e := range v {
			out = append(out, texts(e)...)
		}
	case string:
		out = append(out, v)
	}
	return out
}

// fit tells whether a text has no character that controls or turns others,
// except for isolates in pairs. The lines of a list are parted by line feeds.
func fit(s string) bool {
	depth := 0
	for _, r := range s {
		switch {
		case r == '\u2068':
			depth++
		case r == '\u2069':
			if depth--; depth < 0 {
				return false
			}
		case r == '\n', r == '\u200c', r == '\u200d':
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp):
			return false
		}
	}
	return depth == 0
}
