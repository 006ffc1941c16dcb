package cmd

import (
	"assent/app/config"
	"assent/app/passkey"
)

// passkeyPolicy reads what the policy on new passkeys rests on.
func passkeyPolicy(c config.Passkeys) (passkey.Policy, error) {
	p := passkey.Policy{DeviceBound: c.DeviceBound, Models: c.Models}
	if !c.Attested {
		return p, nil
	}
	var err error
	p.Metadata, err = passkey.ReadMetadata(c.MetadataFile)
	return p, err
}
