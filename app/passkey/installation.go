package passkey

import (
	"context"
	"fmt"

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
