package httpx

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"

	"assent/app"
)

// Cursors seal the places where pages of a list end, so that a link to the next
// page tells nothing of what it stands behind and can't be made up: with
// AES-256-GCM, padded, so that its length tells nothing either.
type Cursors struct{ aead cipher.AEAD }

// NewCursors makes cursors of a key of 32 bytes.
func NewCursors(key []byte) Cursors {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // a key of another size
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return Cursors{aead}
}

// padded is what the length of a sealed place is a multiple of, in bytes.
const padded = 256

// Seal makes a cursor of a place. It opens only with the same bounds: the list,
// its filters, who asks. The empty place, of the list's end, stays empty.
func (c Cursors) Seal(place string, bounds ...string) string {
	if place == "" {
		return ""
	}
	size := (2 + len(place) + padded - 1) / padded * padded
	plain := binary.BigEndian.AppendUint16(make([]byte, 0, size), uint16(len(place)))
	plain = append(plain, place...)[:size]
	nonce := make([]byte, c.aead.NonceSize())
	rand.Read(nonce)
	return base64.RawURLEncoding.EncodeToString(c.aead.Seal(nonce, nonce, plain, bound(bounds)))
}

// Open gives the place of a cursor. One that Seal didn't make, or for other
// bounds, is app.ErrMalformed; the empty one is the list's beginning.
func (c Cursors) Open(cursor string, bounds ...string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) < c.aead.NonceSize() {
		return "", app.ErrMalformed.In("after").Because(errors.New("not a cursor"))
	}
	n := c.aead.NonceSize()
	plain, err := c.aead.Open(nil, b[:n], b[n:], bound(bounds))
	if err != nil {
		return "", app.ErrMalformed.In("after").Because(err)
	}
	return string(plain[2 : 2+binary.BigEndian.Uint16(plain)]), nil
}

// bound writes bounds so that no two lists of them read the same.
func bound(bounds []string) []byte {
	var out []byte
	for _, s := range bounds {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(s))), s...)
	}
	return out
}
