package receipt_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"assent/app/receipt"
)

// Whatever comes in, Verify ends with a reason or with a statement that is
// true: with the key of a genuine receipt only that very receipt holds, and
// without one at least what holds is in its one spelling.
func FuzzVerify(f *testing.F) {
	genuine, err := os.ReadFile(filepath.Join("testdata", "uk-payment.json"))
	if err != nil {
		f.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join("testdata", "uk-payment.pem"))
	if err != nil {
		f.Fatal(err)
	}
	key, err := receipt.ParsePublicKey(string(written))
	if err != nil {
		f.Fatal(err)
	}
	other, err := os.ReadFile(filepath.Join("testdata", "br-payment.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(genuine)
	f.Add(other)
	f.Add(append(bytes.Clone(genuine), '\n'))
	f.Add(bytes.Replace(genuine, []byte("£1,234.50"), []byte("£9,234.50"), 1))
	f.Add(bytes.Replace(genuine, []byte(`"words":41`), []byte(`"words":41.0`), 1))
	f.Add(bytes.Replace(genuine, []byte(`"claims":[]`), []byte(`"claims":null`), 1))
	f.Add(bytes.Replace(genuine, []byte(`assent-receipt/1`), []byte(`assent-receipt/2`), 1))
	f.Add(bytes.ReplaceAll(genuine, []byte(`:`), []byte(` : `)))
	f.Add(genuine[:len(genuine)/2])
	for _, s := range []string{``, `{}`, `[]`, `null`, `0`, `""`, `{"version":"assent-receipt/1"}`,
		`{"version":"assent-receipt/1","document":{"version":"assent-approval/1"}}`, `{"document":[]}`, `[[[[[[[[`,
		"\xff", "\ufeff{}", `{"a":"\ud800"}`, `{"a":1e999}`, `{"a":1,"a":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		alone, err := receipt.Verify(raw)
		trusted, trustedErr := receipt.Verify(raw, key)
		if !bytes.Equal(raw, before) {
			t.Error("verifying changed the file")
		}
		for _, err := range []error{err, trustedErr} {
			if _, ok := errors.AsType[receipt.Reason](err); err != nil && !ok {
				t.Errorf("%v is no reason", err)
			}
		}
		if bytes.Equal(raw, genuine) != (trustedErr == nil) {
			t.Errorf("with the key: %v, of %q", trustedErr, raw)
		}
		if trustedErr == nil && (err != nil || !trusted.Trusted || alone.Trusted) {
			t.Errorf("with the key it holds, without it: %v", err)
		}
		if err != nil {
			return
		}
		if form, err := receipt.Canonical(raw); err != nil || !bytes.Equal(form, raw) || !json.Valid(raw) {
			t.Errorf("it holds and isn't canonical (%v): %q", err, raw)
		}
		if alone.String() == "" || alone.Content.Request.ID == "" {
			t.Errorf("it holds and says nothing: %q", raw)
		}
	})
}
