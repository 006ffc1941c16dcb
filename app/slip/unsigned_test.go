package slip_test

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"assent/app/i18n"
	"assent/app/slip"
)

// Whatever text of a sheet holds characters that no receipt can (RFC 7493
// section 2.1: noncharacters), its words hold none: they can be signed.
func TestWordsCanBeSigned(t *testing.T) {
	const bad = "\ufffe\ufdd0\U0001ffff\u0000"
	unsignable := func(r rune) bool { return r&0xfffe == 0xfffe || 0xfdd0 <= r && r <= 0xfdef }
	ours := regexp.MustCompile(`^consent\.facts\.\d+\.name$`) // our name for a fact, never ACP's
	checked := 0
	for _, g := range golden {
		whole, err := json.Marshal(g.sheet)
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range leaves("", decode(t, whole)) {
			if ours.MatchString(at) {
				continue
			}
			spoilt, ok := spoil(decode(t, whole), strings.Split(at, "."), bad)
			if !ok {
				continue // a number
			}
			b, err := json.Marshal(spoilt)
			if err != nil {
				t.Fatal(err)
			}
			var sh slip.Sheet
			if json.Unmarshal(b, &sh) != nil {
				continue // not a text in a sheet, such as a time
			}
			checked++
			for _, lang := range i18n.Tags {
				r := reader(t, lang)
				r.Owner, r.Institution, r.Here = r.Owner+bad, r.Institution+bad, r.Here+bad
				words, _, err := bare(sh.Text(r)).Digest()
				if err != nil {
					t.Fatal(err)
				}
				for _, text := range texts(decode(t, words)) {
					if strings.ContainsFunc(text, unsignable) {
						t.Errorf("%s: with %s spoilt it says %+q", g.name, at, text)
					}
				}
			}
		}
	}
	if checked < 400 {
		t.Errorf("only %d values were spoilt", checked)
	}
}

// bare is x without the values of its form, which are ids and no words.
func bare(x slip.Text) slip.Text {
	if x.Choice != nil {
		for i := range x.Choice.Accounts {
			x.Choice.Accounts[i].ID = ""
		}
	}
	for _, g := range x.Groups {
		for i := range g.Items {
			g.Items[i].Grant = ""
		}
	}
	return x
}

// spoil puts bad behind the text at a path of a tree, if there is one.
func spoil(v any, path []string, bad string) (any, bool) {
	ok := false
	switch e := v.(type) {
	case map[string]any:
		e[path[0]], ok = spoil(e[path[0]], path[1:], bad)
		return e, ok
	case []any:
		i, _ := strconv.Atoi(path[0])
		e[i], ok = spoil(e[i], path[1:], bad)
		return e, ok
	case string:
		return e + bad, true
	}
	return v, false
}
