package store

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// secretKey names the installation's secret among its facts.
const secretKey = "secret"

// readSecret reads the installation's secret, which is made once.
func (s *Store) readSecret(ctx context.Context) error {
	fresh := make([]byte, 32)
	rand.Read(fresh)
	text, err := s.metaOnce(ctx, secretKey, hex.EncodeToString(fresh))
	if err != nil {
		return err
	}
	if s.secret, err = hex.DecodeString(text); err != nil || len(s.secret) < sha256.Size {
		return errors.New("the installation's secret is damaged")
	}
	return nil
}

// Secret gives a key of 32 bytes for a purpose: the same after every start, and
// another for each purpose and installation.
func (r *Reader) Secret(purpose string) []byte {
	mac := hmac.New(sha256.New, r.secret)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}
