package passkey

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"assent/app/receipt"
	"assent/store"
)

// ReceiptKey gives the installation's key for receipts, made at the first start.
func ReceiptKey(ctx context.Context, st *store.Store) (receipt.Key, error) {
	text, err := st.ReceiptKey(ctx, func() (string, error) {
		k, err := receipt.GenerateKey()
		if err != nil {
			return "", err
		}
		return k.PEM()
	})
	if err != nil {
		return receipt.Key{}, err
	}
	return receipt.ParseKey(text)
}

// sameSite refuses an RP id under which nobody's passkey would work any more.
func sameSite(ctx context.Context, st *store.Store, rpID string) error {
	was, passkeys, people, err := st.ClaimRPID(ctx, rpID)
	if err != nil || was == rpID {
		return err
	}
	return fmt.Errorf("the public URL's host is %s, but %d passkeys of %d people were made for %s and work nowhere else (WebAuthn): "+
		"none of them could sign in or approve. Set ASSENT_PUBLIC_URL back to %s; to move for good, start on another data folder and invite everybody anew",
		rpID, passkeys, people, was, was)
}

// Console is where administrators use their passkeys.
type Console struct {
	Origin *url.URL
	RPID   string // empty: the one that there is if Origin's host is it or below it, else Origin's host
}

// rpID is the RP id of administrators' passkeys. present is the one that was
// recorded, or empty where none was: then people's counts as the present one.
func (c Console) rpID(present, people string) string {
	host := c.Origin.Hostname()
	if present == "" {
		present = people
	}
	switch {
	case c.RPID != "":
		return c.RPID
	case host == present || strings.HasSuffix(host, "."+present):
		return present
	}
	return host
}

// WithConsole gives the console an origin, or an RP id, of its own.
func WithConsole(c Console) Option { return func(s *Service) { s.at = c } }

// Bound is the refusal of an RP id under which no administrator's passkey would
// work any more.
type Bound struct {
	Was, Is          string // RP ids: of the passkeys, and as it would be now
	Passkeys, Admins int    // that would be lost
}

// Error implements error. It says what to do.
func (b *Bound) Error() string {
	return fmt.Sprintf("the console would have the WebAuthn RP id %s, but %d passkeys of %d administrators were made for %s and work nowhere else: "+
		"none of them could sign in. Set ASSENT_ADMIN_URL, or ASSENT_ADMIN_RP_ID, back to %s; to move for good, start once with --accept-new-admin-rp, "+
		"which ends those passkeys and prints a new set-up link for each administrator", b.Is, b.Passkeys, b.Admins,
		b.Was, b.Was)
}

// sameConsole refuses an RP id under which no administrator could sign in.
func sameConsole(ctx context.Context, st *store.Store, rpID string) error {
	was, passkeys, admins, err := st.ClaimAdminRPID(ctx, rpID)
	if err != nil || was == rpID {
		return err
	}
	return &Bound{Was: was, Is: rpID, Passkeys: passkeys, Admins: admins}
}
