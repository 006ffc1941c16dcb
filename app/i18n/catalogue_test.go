package i18n_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"

	"assent/app"
	"assent/app/i18n"
)

// pluralForms are the forms that each language needs (Unicode CLDR).
var pluralForms = map[string][]string{"en-GB": {"one", "other"}, "pt-BR": {"many", "one", "other"}}

// message is one key's text, or its plural forms.
type message map[string]string

func messages(t *testing.T, lang string) map[string]message {
	t.Helper()
	body, err := os.ReadFile(lang + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := toml.Unmarshal(body, &tree); err != nil {
		t.Fatal(err)
	}
	out := map[string]message{}
	var walk func(prefix string, m map[string]any)
	walk = func(prefix string, m map[string]any) {
		if _, plural := m["other"].(string); plural {
			out[prefix] = message{}
			for form, text := range m {
				out[prefix][form], _ = text.(string)
			}
			return
		}
		for k, v := range m {
			key := strings.TrimPrefix(prefix+"."+k, ".")
			switch v := v.(type) {
			case string:
				out[key] = message{"": v}
			case map[string]any:
				walk(key, v)
			default:
				t.Errorf("%s: %s is a %T", lang, key, v)
			}
		}
	}
	walk("", tree)
	return out
}

var placeholder = regexp.MustCompile(`{{\.([a-z0-9_]+)}}`)

func placeholders(text string) []string {
	var names []string
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// differsByDesign are messages whose languages write the same with different parts.
var differsByDesign = []string{"time.date", "time.date_short", "time.day_month"}

// Both languages have the same messages with the same placeholders, and every
// plural form that they need.
func TestLanguagesAgree(t *testing.T) {
	english := messages(t, "en-GB")
	for _, lang := range i18n.Tags {
		own := messages(t, lang)
		for _, key := range slices.Sorted(maps.Keys(english)) {
			if own[key] == nil {
				t.Errorf("%s lacks %s", lang, key)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(own)) {
			if english[key] == nil {
				t.Errorf("en-GB lacks %s, which %s has", key, lang)
				continue
			}
			if _, plural := own[key]["other"]; plural {
				if got := slices.Sorted(maps.Keys(own[key])); !slices.Equal(got, pluralForms[lang]) {
					t.Errorf("%s: %s has the forms %v, needs %v", lang, key, got, pluralForms[lang])
				}
			}
			want := map[string]bool{}
			for _, text := range english[key] {
				for _, name := range placeholders(text) {
					want[name] = true
				}
			}
			for form, text := range own[key] {
				if strings.TrimSpace(text) == "" {
					t.Errorf("%s: %s %s is empty", lang, key, form)
				}
				if strings.Contains(placeholder.ReplaceAllString(text, ""), "{{") {
					t.Errorf("%s: %s has something other than a placeholder in braces: %s", lang, key, text)
				}
				if got := placeholders(text); !slices.Contains(differsByDesign, key) &&
					!slices.Equal(got, slices.Sorted(maps.Keys(want))) {
					t.Errorf("%s: %s %s has the placeholders %v, en-GB has %v", lang, key, form, got,
						slices.Sorted(maps.Keys(want)))
				}
			}
		}
	}
}

var (
	called  = regexp.MustCompile(`\.(?:T|N)\(\s*"([^"]+)"`)
	quoted  = regexp.MustCompile(`"([a-z0-9_]+(?:\.[a-z0-9_]+)+|[a-z0-9_]+(?:\.[a-z0-9_]+)*\.)"`)
	sources = []string{"../../app", "../../web", "../../main.go"}
)

// Every message that the program asks for exists, and every message is asked
// for. A quoted prefix that ends in a dot ("error.") stands for all under it.
func TestKeysAndUses(t *testing.T) {
	known := messages(t, "en-GB")
	namespaces := map[string]bool{}
	for key := range known {
		namespaces[strings.SplitN(key, ".", 2)[0]] = true
	}
	used := map[string]bool{}
	for _, root := range sources {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name := d.Name()
			if d.IsDir() && (name == "emulator" || name == "testdata") {
				return filepath.SkipDir
			}
			if strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") ||
				!strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, ".templ") {
				return nil
			}
			body, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, m := range called.FindAllStringSubmatch(string(body), -1) {
				if known[m[1]] == nil {
					t.Errorf("%s asks for %q, which does not exist", path, m[1])
				}
			}
			for _, m := range quoted.FindAllStringSubmatch(string(body), -1) {
				used[m[1]] = true
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(known)) {
		prefix := key[:strings.LastIndex(key, ".")+1]
		if !used[key] && !used[prefix] {
			t.Errorf("nothing uses %s", key)
		}
	}
	if len(used) < 100 {
		t.Errorf("only %d uses found: does the search still work?", len(used))
	}
}

// Tables of keys are typed i18n.Key: each of their values exists.
func TestKeyTables(t *testing.T) {
	known := messages(t, "en-GB")
	found := 0
	for _, dir := range []string{"../../web/device/page", "../../web/view", "../../web/device", "../../web/admin",
		"../../web/admin/page", "../authz", "."} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // a package that isn't there has no tables
		}
		for _, e := range entries {
			if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_templ.go") ||
				strings.HasSuffix(e.Name(), "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				lit, ok := n.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					return true
				}
				s, err := strconv.Unquote(lit.Value)
				if err != nil || !keyShape.MatchString(s) {
					return true
				}
				found++
				if known[s] == nil {
					t.Errorf("%s/%s: %q looks like a message and does not exist", dir, e.Name(), s)
				}
				return true
			})
		}
	}
	if found < 50 {
		t.Errorf("only %d keys found: does the search still work?", found)
	}
}

var keyShape = regexp.MustCompile(`^(admin|scope|claim|reason|identifier|problem|outcome|request|history|device|enrol|push|notice|state|left|time|here|settings)\.[a-z0-9_]+(\.[a-z0-9_]+)*$`)

// Every refusal that a use case can give has words for the person.
func TestEveryErrorCodeHasWords(t *testing.T) {
	operators := []string{"login_conflict", "identifier_taken", "wrong_tenant", "wrong_workspace", "wrong_client",
		"data_dir_purpose", "data_dir_in_use", "lease_lost", "database_too_new", "ambiguous_person"}
	file, err := parser.ParseFile(token.NewFileSet(), "../errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	known, codes := messages(t, "en-GB"), 0
	ast.Inspect(file, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, _ := kv.Key.(*ast.Ident)
		lit, _ := kv.Value.(*ast.BasicLit)
		if key == nil || lit == nil || key.Name != "Code" {
			return true
		}
		code, _ := strconv.Unquote(lit.Value)
		codes++
		if known["error."+code] == nil && !slices.Contains(operators, code) {
			t.Errorf("error.%s is missing", code)
		}
		return true
	})
	if codes < 15 {
		t.Errorf("only %d codes found", codes)
	}
	w := words(t, "en-GB")
	if got := w.Error(app.ErrNotPending.Code); got != known["error.not_pending"][""] {
		t.Errorf("not_pending reads %q", got)
	}
	if got := w.Error("no_such_code"); got != known["error.internal"][""] {
		t.Errorf("an unknown code reads %q", got)
	}
}

func words(t *testing.T, lang string) i18n.Words {
	t.Helper()
	c, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return c.Match(lang, "")
}

func TestMatch(t *testing.T) {
	c, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ choice, accept, want string }{
		{"", "", "en-GB"},
		{"pt-BR", "en-GB,en;q=0.9", "pt-BR"},
		{"", "pt-PT,pt;q=0.9,en;q=0.8", "pt-BR"},
		{"", "de-DE, pt;q=0.4", "pt-BR"},
		{"", "en-US,en;q=0.5", "en-GB"},
		{"", "ja", "en-GB"},
		{"xx-not a tag", "pt", "pt-BR"},
		{"", ";;;q=", "en-GB"},
	} {
		if got := c.Match(row.choice, row.accept).Tag(); got != row.want {
			t.Errorf("Match(%q, %q) = %s, want %s", row.choice, row.accept, got, row.want)
		}
	}
}

func TestTimes(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 7, 3, 13, 32, 59, 0, time.UTC) // 14:32 in London
	en, pt := words(t, "en-GB").In(london), words(t, "pt-BR").In(london)
	for _, row := range []struct{ got, want string }{
		{en.Time(at), "14:32"},
		{pt.Time(at), "14h32"},
		{words(t, "en-GB").Time(at), "13:32"},
		{en.Date(at), "3 July 2026"},
		{pt.Date(at), "03/07/2026"},
		{en.ShortDate(at), "3 Jul 2026"},
		{en.DateTime(at), "3 July 2026, 14:32"},
		{en.Moment(at, at.Add(time.Hour)), "today 14:32"},
		{pt.Moment(at, at.Add(time.Hour)), "hoje 14h32"},
		{en.Moment(at, at.Add(10*time.Hour)), "yesterday 14:32"}, // 00:32 in London, and still the same day in UTC
		{en.Moment(at, at.AddDate(0, 1, 0)), "3 Jul 14:32"},
		{pt.Moment(at, at.AddDate(0, 1, 0)), "03/07 14h32"},
		{en.Moment(at, at.AddDate(1, 0, 0)), "3 Jul 2026"},
		{en.Deadline(at, at.Add(-time.Minute)), "14:32"},
		{en.Deadline(at, at.Add(-20*time.Hour)), "3 Jul 14:32"},
		{en.Count(2), "Two"},
		{pt.Count(9), "Nove"},
		{en.Count(10), "10"},
		{en.N("inbox.waiting", 1, "count", en.Count(1)), "One request waits for you"},
		{en.N("inbox.waiting", 2, "count", en.Count(2)), "Two requests wait for you"},
		{pt.N("inbox.waiting", 2, "count", pt.Count(2)), "Dois pedidos aguardam você"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}

func TestLeft(t *testing.T) {
	for _, row := range []struct {
		d      time.Duration
		en, pt string
	}{
		{80 * time.Second, "1 min 20 s left", "faltam 1 min 20 s"},
		{80*time.Second + 999*time.Millisecond, "1 min 20 s left", "faltam 1 min 20 s"},
		{2 * time.Minute, "2 min left", "faltam 2 min"},
		{time.Minute, "1 min left", "falta 1 min"},
		{59 * time.Second, "59 s left", "faltam 59 s"},
		{time.Second, "1 s left", "falta 1 s"},
		{-time.Minute, "0 s left", "falta 0 s"},
		{7*time.Minute + 20*time.Second, "7 min left", "faltam 7 min"},
		{time.Hour, "1 h left", "falta 1 h"},
		{26*time.Hour + 5*time.Minute, "26 h 5 min left", "faltam 26 h 5 min"},
		{72 * time.Hour, "3 days left", "faltam 3 dias"},
	} {
		if got := words(t, "en-GB").Left(row.d); got != row.en {
			t.Errorf("%v: %q, want %q", row.d, got, row.en)
		}
		if got := words(t, "pt-BR").Left(row.d); got != row.pt {
			t.Errorf("%v: %q, want %q", row.d, got, row.pt)
		}
	}
	if got := words(t, "pt-BR").LeftForms()["ms"]; got != [2]string{"faltam {n} min {seconds} s",
		"faltam {n} min {seconds} s"} {
		t.Errorf("forms for the script: %v", got)
	}
	if got := words(t, "en-GB").LeftForms()["d"]; got != [2]string{"{n} day left", "{n} days left"} {
		t.Errorf("forms for the script: %v", got)
	}
}

// A name can neither turn the sentence around it nor act as a template, and a
// key that doesn't exist is no panic.
func TestHostileWords(t *testing.T) {
	w := words(t, "en-GB")
	if got := w.T("outcome.approved.text", "client", "بنك"); got != "Go back to \u2068بنك\u2069." {
		t.Errorf("got %+q", got)
	}
	if got := w.T("outcome.approved.text", "client", "{{.x}}"); got != "Go back to {{.x}}." {
		t.Errorf("got %q", got)
	}
	if got := w.T("no.such.key"); got != "no.such.key" {
		t.Errorf("got %q", got)
	}
	if got := (i18n.Words{}).T("tabs.history"); got != "tabs.history" {
		t.Errorf("the zero value gives %q", got)
	}
}
