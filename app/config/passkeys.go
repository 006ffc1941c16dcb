package config

import (
	"slices"
	"strings"
)

// Passkeys is what a new passkey must be.
type Passkeys struct {
	DeviceBound  bool
	Attested     bool
	Models       []string // AAGUIDs in lower case; empty for any
	MetadataFile string
}

func (s *Settings) passkeys(c *Config, f *faults) {
	kind := oneOf(f, "ASSENT_PASSKEYS", s.Passkeys, "any", "device-bound", "attested")
	c.Passkeys = Passkeys{DeviceBound: kind != "any", Attested: kind == "attested", MetadataFile: s.PasskeyMetadata}
	for _, text := range s.PasskeyModels {
		model := strings.ToLower(strings.TrimSpace(text))
		switch {
		case !isAAGUID(model):
			f.add("ASSENT_PASSKEY_MODELS: %q is not an AAGUID such as 2fc0579f-8113-47ea-b116-bb5a8db9202a", text)
		case strings.Trim(model, "0-") == "":
			f.add("ASSENT_PASSKEY_MODELS: %s stands for no model", model)
		case !slices.Contains(c.Passkeys.Models, model):
			c.Passkeys.Models = append(c.Passkeys.Models, model)
		}
	}
	switch {
	case kind == "attested" && s.PasskeyMetadata == "":
		f.add("ASSENT_PASSKEY_METADATA: attested needs it; download https://mds.fidoalliance.org/ to a file and name that")
	case kind != "attested" && s.PasskeyMetadata != "":
		f.add("ASSENT_PASSKEY_METADATA: attestations are checked with ASSENT_PASSKEYS=attested only; set that, or leave this out")
	}
	if kind != "attested" && len(s.PasskeyModels) > 0 {
		f.add("ASSENT_PASSKEY_MODELS: a model that nothing attests is only a claim; set ASSENT_PASSKEYS=attested")
	}
	readable(f, "ASSENT_PASSKEY_METADATA", s.PasskeyMetadata)
}

// isAAGUID tells whether text is a UUID in lower case (RFC 9562, 4).
func isAAGUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i, r := range text {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || !dash && !strings.ContainsRune("0123456789abcdef", r) {
			return false
		}
	}
	return true
}
