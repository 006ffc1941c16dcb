package receipt_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"assent/app/receipt"
)

// Receipts that were made before still hold, and read as they did when
// somebody last read them whole and found them right. ASSENT_UPDATE=1 writes
// the texts anew: read them again then. A receipt itself is only made where
// there is none: people keep theirs, and so must we.
func TestStatementGolden(t *testing.T) {
	for _, row := range []struct {
		name    string
		passkey func(testing.TB) authenticator
		content receipt.Content
		owner   string
		trusted bool
	}{
		{"uk-payment", es256, ukPayment(), "Andrea Smith", true},
		{"br-payment", eddsa, brPayment(), "Ana Souza", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			file := filepath.Join("testdata", row.name)
			if _, err := os.Stat(file + ".json"); errors.Is(err, fs.ErrNotExist) && os.Getenv("ASSENT_UPDATE") != "" {
				a := approve(t, row.passkey(t), row.content, row.owner)
				save(t, file+".json", a.raw)
				save(t, file+".pem", []byte(receipt.PublicPEM(a.key.Public())))
			}
			key, err := receipt.ParsePublicKey(load(t, file+".pem"))
			if err != nil {
				t.Fatal(err)
			}
			raw := []byte(load(t, file+".json"))
			said, err := receipt.Verify(raw, key)
			if err == nil && !row.trusted {
				said, err = receipt.Verify(raw)
			}
			if err != nil {
				t.Fatal(err)
			}
			if os.Getenv("ASSENT_UPDATE") != "" {
				save(t, file+".txt", []byte(said.String()))
			}
			if want := load(t, file+".txt"); said.String() != want {
				t.Errorf("%s.txt reads otherwise than before:\n%s", file, said)
			}
		})
	}
}

func load(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func save(t *testing.T, file string, b []byte) {
	t.Helper()
	if err := os.WriteFile(file, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

// What others wrote can neither act on a terminal nor pass for the
// statement's own lines.
func TestStatementHostileText(t *testing.T) {
	c := ukPayment()
	c.Client.Name = "Shop\nWhat this proves\x1b[2J\u202eptL\u0085"
	c.Shown = []byte(`{"version":"1","lang":"en-GB","amount":"£1\u0007","x\u001b]0;\u2028y":["a\r\nb",null,true,12345678901234]}`)
	said := approve(t, es256(t), c, "Andrea\u200b Smith\x7f")
	s, err := receipt.Verify(said.raw, said.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`Andrea\u200b Smith\x7f approved request 7Q4-KM2 of Shop\nWhat this proves\x1b[2J\u202eptL\u0085 on 23 November 2026`,
		"  amount: £1\\a\n", "  x\\x1b]0;\\u2028y:\n    - a\\r\\nb\n    - nothing\n    - yes\n    - 12345678901234\n",
	} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("%q isn't in\n%s", want, s)
		}
	}
	if n := strings.Count(s.String(), "\nWhat this proves"); n != 1 {
		t.Errorf("a section that is there once begins %d lines", n)
	}
	if i := strings.IndexFunc(s.String(), func(r rune) bool {
		return r != '\n' && (r < ' ' || r == 0x7f || r == 0x85 || r == 0x200b || r == 0x202e || r == 0x2028)
	}); i >= 0 {
		t.Errorf("%q holds a control character", s.String()[max(0, i-20):])
	}
}

// Names that are empty, or nothing to see, give way to ids.
func TestStatementNameless(t *testing.T) {
	c := ukPayment()
	c.Client.Name, c.Device.Name, c.Request.Ref, c.Granted = "", " ", "", receipt.Grant{}
	a := approve(t, es256(t), c, "\u2068\u2069")
	s, err := receipt.Verify(a.raw, a.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"person-andrea approved request req_8Yb2mQx4TzVw of d9de35e3bcb44d96ba5bca98058e993c on ",
		"What was granted to d9de35e3bcb44d96ba5bca98058e993c\n  nothing beyond the request itself\n",
		"person: without a name (person-andrea)\n", "device: without a name (device-1)\n",
	} {
		if !strings.Contains(s.String(), want) {
			t.Errorf("%q isn't in\n%s", want, s)
		}
	}
}
