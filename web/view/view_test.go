package view

import (
	"encoding/xml"
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"assent/app/i18n"
)

func words(t *testing.T, lang string) i18n.Words {
	t.Helper()
	c, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return c.Match(lang, "")
}

func TestPlain(t *testing.T) {
	for _, row := range []struct{ in, want string }{
		{"K7-PLUM", "K7-PLUM"},
		{"  two \n\t words\u2028here ", "two words here"},
		{"\u202eDENY\u202c \u2066x\u2069\u200f", "DENY x"},
		{"a\u0000b\u0007c\u001b[31m", "abc[31m"},
		{"soft\u00adhyphen\ufeff\u200b", "softhyphen"},
		{"<b>& \"quoted\"", "<b>& \"quoted\""},
		{"👩\u200d🔬 می\u200cخواهم", "👩\u200d🔬 می\u200cخواهم"},
		{"\xff\xfeok", "ok"},
		{"\ue000private", "private"},
		{"", ""},
	} {
		if got := i18n.Plain(row.in); got != row.want {
			t.Errorf("i18n.Plain(%q) = %q, want %q", row.in, got, row.want)
		}
	}
}

func TestFold(t *testing.T) {
	for _, row := range []struct {
		in         string
		n          int
		head, rest string
	}{
		{"short", 8, "short", ""},
		{"exactly8", 8, "exactly8", ""},
		{"some words here", 11, "some words", " here"},
		{"oneverylongword", 8, "oneveryl", "ongword"},
		{"ééééé", 3, "ééé", "éé"},
	} {
		head, rest := i18n.Fold(row.in, row.n)
		if head != row.head || rest != row.rest {
			t.Errorf("i18n.Fold(%q, %d) = %q, %q", row.in, row.n, head, rest)
		}
	}
}

func TestInitial(t *testing.T) {
	for in, want := range map[string]string{
		"financroo": "F",
		"“Ötzi”":    "Ö",
		"بنك":       "ب",
		"🌙 moon":    "M",
		"":          "?",
		"…":         "?",
		"4you":      "4",
	} {
		if got := Initial(in); got != want {
			t.Errorf("Initial(%q) = %q, want %q", in, got, want)
		}
	}
}

// Any digest gives numbers within the limits that look well; the same digest
// gives the same drawing, another one another.
func TestRosetteLimits(t *testing.T) {
	seen := map[rosette]bool{}
	for i := range 256 {
		r := rosetteOf(fmt.Sprintf("%02x%02x%02x%02x", i, 255-i, (i*7)%256, (i*13)%256))
		if r.lobes < 10 || r.lobes > 18 || r.curves < 7 || r.curves > 11 || r.beat < 2 || r.beat > 7 || r.phase < 0 ||
			r.phase >= 2*math.Pi {
			t.Fatalf("byte %d: %+v", i, r)
		}
		seen[r] = true
	}
	if len(seen) < 200 {
		t.Errorf("only %d different rosettes", len(seen))
	}
	if rosetteOf("9f2c71d0") != rosetteOf("9F2C71D0ffff") {
		t.Error("the drawing depends on more than the first bytes")
	}
	if rosetteOf("no digest") != rosetteOf("no digest") || rosetteOf("no digest") == rosetteOf("none either") {
		t.Error("text that is no digest must be drawn, and always alike")
	}
}

// The rosette stays between the disc and the inner ring, and closes.
func TestRosettePath(t *testing.T) {
	for _, digest := range []string{"00000000", "08040500", "9f2c71d04ab8", "ffffffff"} {
		r := rosetteOf(digest)
		path := r.path()
		curves := strings.Split(strings.TrimPrefix(path, "M"), "M")
		if len(curves) != r.curves {
			t.Errorf("%s: %d curves drawn, want %d", digest, len(curves), r.curves)
		}
		for _, c := range curves {
			start, rest, ok := strings.Cut(c, "c")
			if !ok || !strings.HasSuffix(rest, "z") {
				t.Fatalf("%s: a curve without end: %.40s", digest, c)
			}
			at := numbers(t, start)
			x, y := at[0], at[1]
			steps := numbers(t, strings.TrimSuffix(rest, "z"))
			if len(steps)%6 != 0 {
				t.Fatalf("%s: %d numbers are no Bézier curves", digest, len(steps))
			}
			for i := 0; i < len(steps); i += 6 {
				x, y = x+steps[i+4], y+steps[i+5]
				if d := math.Hypot(x, y) / sealScale; d < 46 || d > 79.5 {
					t.Fatalf("%s: a point %.1f from the middle", digest, d)
				}
			}
			if math.Hypot(x-at[0], y-at[1]) > 1 {
				t.Errorf("%s: a curve ends %.1f from where it began", digest, math.Hypot(x-at[0], y-at[1])/sealScale)
			}
		}
		if len(path) > 40<<10 {
			t.Errorf("%s: the path is %d bytes", digest, len(path))
		}
	}
}

var number = regexp.MustCompile(`-?\d+`)

func numbers(t *testing.T, s string) []float64 {
	t.Helper()
	var out []float64
	for _, m := range number.FindAllString(s, -1) {
		v, err := strconv.ParseFloat(m, 64)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

func TestDeadlineShare(t *testing.T) {
	from := time.Unix(1000, 0)
	d := Deadline{From: from, At: from.Add(100 * time.Second)}
	for _, row := range []struct {
		after time.Duration
		want  int
		near  bool
	}{{0, 1000, false}, {-time.Hour, 1000, false}, {25 * time.Second, 750, false}, {71 * time.Second, 290, true},
		{100 * time.Second, 0, true}, {time.Hour, 0, true}} {
		if got := d.share(from.Add(row.after)); got != row.want || d.near(from.Add(row.after)) != row.near {
			t.Errorf("after %v: %d, near %v", row.after, got, d.near(from.Add(row.after)))
		}
	}
	if got := (Deadline{From: from, At: from}).share(from); got != 0 {
		t.Errorf("a deadline of no length: %d", got)
	}
}

// Each state has a shape of its own and each icon a drawing.
func TestShapes(t *testing.T) {
	shapes := map[string]State{}
	for _, s := range []State{Waiting, Approved, Denied, Ended, Reported, Stuck} {
		var b strings.Builder
		if err := Glyph(s, "label & co").Render(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(b.String(), `role="img"`) || !strings.Contains(b.String(), `aria-label="label &amp; co"`) {
			t.Errorf("%s: a glyph with a label must say it: %s", s, b.String())
		}
		_, inner, _ := strings.Cut(b.String(), ">")
		if other, taken := shapes[inner]; taken || len(inner) < 20 {
			t.Errorf("%s is drawn like %q", s, other)
		}
		shapes[inner] = s
	}
	for name, path := range icons {
		if !regexp.MustCompile(`^M[-\d. MmLlHhVvAaCcSsZz]+$`).MatchString(path) {
			t.Errorf("icon %s is no path: %s", name, path)
		}
	}
}

// The contrast that the tokens promise holds in both schemes (WCAG 2.2, 1.4.3
// and 1.4.11), and both dark blocks are the same.
func TestTokens(t *testing.T) {
	body, err := os.ReadFile("../../static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	css := string(body)
	blocks := map[string]map[string]string{
		"light":  tokens(css, ":root {"),
		"system": tokens(css, `:root:not([data-theme="light"]) {`),
		"dark":   tokens(css, `:root[data-theme="dark"] {`),
	}
	for name, v := range blocks["dark"] {
		if blocks["system"][name] != v {
			t.Errorf("--%s is %s in one dark block and %s in the other", name, v, blocks["system"][name])
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		c := blocks[scheme]
		if len(c) < 15 {
			t.Fatalf("%s has only %d colours", scheme, len(c))
		}
		for _, ground := range []string{"paper", "slip", "sunk", "accent-soft", "danger-soft", "warn-soft"} {
			for _, text := range []string{"ink", "muted"} {
				if r := contrast(c[text], c[ground]); r < 4.5 {
					t.Errorf("%s: %s on %s is %.2f", scheme, text, ground, r)
				}
			}
			if r := contrast(c["edge"], c[ground]); r < 3 {
				t.Errorf("%s: edge on %s is %.2f", scheme, ground, r)
			}
			if r := contrast(c["focus"], c[ground]); r < 3 {
				t.Errorf("%s: focus on %s is %.2f", scheme, ground, r)
			}
		}
		for _, pair := range [][2]string{{"on-accent", "accent"}, {"accent", "paper"}, {"accent", "slip"},
			{"accent", "accent-soft"}, {"danger", "paper"}, {"warn", "slip"}, {"warn", "warn-soft"}} {
			if r := contrast(c[pair[0]], c[pair[1]]); r < 4.5 {
				t.Errorf("%s: %s on %s is %.2f", scheme, pair[0], pair[1], r)
			}
		}
	}
}

var token = regexp.MustCompile(`--([a-z-]+): (#[0-9a-f]{3,6});`)

func tokens(css, from string) map[string]string {
	out := map[string]string{}
	_, rest, _ := strings.Cut(css, from)
	block, _, _ := strings.Cut(rest, "}")
	for _, m := range token.FindAllStringSubmatch(block, -1) {
		out[m[1]] = m[2]
	}
	return out
}

func contrast(a, b string) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// luminance is the relative luminance of a colour (WCAG 2.2).
func luminance(hex string) float64 {
	hex = strings.TrimPrefix(hex, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return math.NaN()
	}
	linear := func(v uint64) float64 {
		c := float64(v&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}

// A hostile name is text in the seal and on the slip, never markup.
func TestTextIsEscaped(t *testing.T) {
	f := Frame{Words: words(t, "en-GB"), Now: time.Unix(0, 0)}
	var b strings.Builder
	if err := TheSeal(f, Seal{Ref: `"><script>`, Digest: `"><x`, At: f.Now}).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if err := Asker(Requester{Name: `<img src=x>`, Host: `"&`}, true).Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "<script>") || strings.Contains(b.String(), "<img") {
		t.Errorf("markup got through: %s", b.String())
	}
	d := xml.NewDecoder(strings.NewReader("<r>" + b.String() + "</r>"))
	d.Strict = true
	for {
		if _, err := d.Token(); err != nil {
			if err.Error() != "EOF" {
				t.Errorf("not well formed: %v", err)
			}
			break
		}
	}
}
