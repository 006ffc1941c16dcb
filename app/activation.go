package app

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The measures of activation.
const (
	ActivationCodeTTL   = 15 * time.Minute // of a code
	ActivationCodeTries = 5                // wrong ones that a code survives, less one
	ActivationWindow    = time.Hour        // in which a browser that gave the code may make its passkey
	activationDigits    = 8
)

// Activation is what a browser brings beside a link. The zero value brings
// nothing and is refused everywhere.
type Activation struct {
	ID        string // under which this browser activated an invitation, or empty
	LinkAlone bool   // codes are switched off; links in letters need one all the same
}

// Activated tells whether the invitation was activated in the browser that
// brings a, or need not be: ErrActivation when it must be and wasn't. Someone
// else who holds the link doesn't profit from a code that was given elsewhere.
// A link that a device of the person's gave was approved by its passkey.
func (i Invitation) Activated(a Activation, now Instant) error {
	if i.ApprovedBy != "" || a.LinkAlone && !i.Letter ||
		i.Activation != "" && i.Activation == a.ID && now < i.ActivatedUntil {
		return nil
	}
	return ErrActivation
}

// ActivationCode is a code as it is kept: for a person's invitation, or for the
// set-up link of an administrator. It works in one browser, to which its hash
// binds it: that of the words which the browser showed and its holder read out
// (package spoken). Anywhere else it is a wrong code.
//
// A salted HMAC-SHA-256 is enough, where a password would need a slow hash:
// eight digits are guessed from the hash in a moment, but whoever reads the
// database within the quarter of an hour that the code lives could as well
// write what it stands for; later it is worth nothing. Online, five tries
// at 10⁸ codes leave a chance of one in twenty million. The salt keeps equal
// codes from being seen as equal.
type ActivationCode struct {
	ID        string  `db:"id"`
	LinkID    string  `db:"link_id"` // the invitation or the set-up link
	Salt      string  `db:"salt"`
	Hash      string  `db:"hash"`
	Tries     int     `db:"tries"` // wrong ones
	CreatedAt Instant `db:"created_at"`
	ExpiresAt Instant `db:"expires_at"`
	UsedAt    Instant `db:"used_at"`
	EndedAt   Instant `db:"ended_at"` // by the last try, or replaced
}

// NewActivationCode gives eight random digits, and the code to keep of them for
// the browser that shows words.
func NewActivationCode(words string) (digits string, kept ActivationCode) {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		panic(err) // crypto/rand never fails (Go 1.24)
	}
	digits = fmt.Sprintf("%0*d", activationDigits, n)
	kept = ActivationCode{ID: NewID(), Salt: NewID()}
	kept.Hash = kept.sum(digits, words)
	return digits, kept
}

func (c ActivationCode) sum(digits, words string) string {
	m := hmac.New(sha256.New, []byte(c.Salt))
	m.Write([]byte(digits + " " + words)) // digits have one length
	return hex.EncodeToString(m.Sum(nil))
}

// Is tells, in constant time, whether digits are the code's and the browser that
// they were typed in is the one that shows its words.
func (c ActivationCode) Is(digits, words string) bool {
	return hmac.Equal([]byte(c.sum(digits, words)), []byte(c.Hash))
}

// Left is how many tries the code has left.
func (c ActivationCode) Left() int { return max(0, ActivationCodeTries-c.Tries) }

// Check tells why a code can't be tried at now, or nil.
func (c ActivationCode) Check(now Instant) error {
	switch {
	case c.UsedAt != 0, c.Left() == 0, c.EndedAt != 0 && c.EndedAt < c.ExpiresAt:
		return ErrActivationEnded
	case c.EndedAt != 0, c.ExpiresAt <= now: // time ended it
		return ErrActivationLate
	}
	return nil
}

// ReadActivationCode gives the digits of a code as people type, paste or read
// it out: "4821 7730", "4821-7730". What can't be a code is ErrMalformed, and
// costs no try.
func ReadActivationCode(typed string) (string, error) {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, typed)
	if len(digits) != activationDigits || strings.Trim(digits, "0123456789") != "" {
		return "", ErrMalformed.In("code")
	}
	return digits, nil
}

// SpaceActivationCode writes a code for people to read: "4821 7730".
func SpaceActivationCode(digits string) string {
	return digits[:activationDigits/2] + " " + digits[activationDigits/2:]
}

// HandMemory is how long an administrator who can't make codes any more counts
// as one who can, and how long one who was let in counts as the hand of who let
// them in.
const HandMemory = 72 * time.Hour

// CodeMaker says who must make the code of a link.
type CodeMaker string

// The makers, the laxest first.
const (
	CodeByAny         CodeMaker = ""
	CodeByColleague   CodeMaker = "colleague"   // another administrator than made the link
	CodeByIndependent CodeMaker = "independent" // one whom that one didn't let in lately, nor the other way round
)

// Stricter gives the stricter of both.
func (m CodeMaker) Stricter(other CodeMaker) CodeMaker {
	order := []CodeMaker{CodeByAny, CodeByColleague, CodeByIndependent}
	return order[max(slices.Index(order, m), slices.Index(order, other))]
}

// Hand says how who makes a code stands to who made the link.
type Hand string

// The hands.
const (
	OtherHand   Hand = ""
	SameHand    Hand = "same"
	RelatedHand Hand = "related" // one let the other in lately, or a third both
)
