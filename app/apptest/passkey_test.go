package apptest_test

import (
	"testing"

	"assent/app/apptest"
)

func TestKeysAreWhole(t *testing.T) {
	for range 400 {
		c := apptest.Passkey()
		if n := len(c.Key.AttestationData()); n != 77 {
			t.Fatalf("a key of %d bytes", n)
		}
	}
}
