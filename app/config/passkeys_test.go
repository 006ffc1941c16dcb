package config_test

import (
	"slices"
	"strings"
	"testing"

	"assent/app/config"
)

const (
	yubikey = "2fc0579f-8113-47ea-b116-bb5a8db9202a"
	token   = "9c835346-796b-4c27-8898-d6032f515cc5"
)

func TestPasskeyPolicySettings(t *testing.T) {
	blob := file(t, "blob.jwt", "checked when it is read")
	attested := with(good, "ASSENT_PASSKEYS", "attested", "ASSENT_PASSKEY_METADATA", blob)
	for _, c := range []struct {
		name string
		env  map[string]string
		want config.Passkeys
		says []string // nothing: it is fine
	}{
		{"nothing set", good, config.Passkeys{}, nil},
		{"any", with(good, "ASSENT_PASSKEYS", "any"), config.Passkeys{}, nil},
		{"device-bound", with(good, "ASSENT_PASSKEYS", "device-bound"), config.Passkeys{DeviceBound: true}, nil},
		{"attested", attested, config.Passkeys{DeviceBound: true, Attested: true, MetadataFile: blob}, nil},
		{"models", with(attested, "ASSENT_PASSKEY_MODELS", strings.ToUpper(yubikey)+", "+token+","+yubikey),
			config.Passkeys{DeviceBound: true, Attested: true, MetadataFile: blob, Models: []string{yubikey, token}},
			nil},
		{"another word", with(good, "ASSENT_PASSKEYS", "synced"), config.Passkeys{},
			[]string{`ASSENT_PASSKEYS: "synced" is not any, device-bound, attested`}},
		{"attested by nothing", with(good, "ASSENT_PASSKEYS", "attested"), config.Passkeys{},
			[]string{"ASSENT_PASSKEY_METADATA: attested needs it; download"}},
		{"metadata that isn't there", with(attested, "ASSENT_PASSKEY_METADATA", "/nowhere/blob.jwt"), config.Passkeys{},
			[]string{"/nowhere/blob.jwt"}},
		{"metadata for nothing", with(good, "ASSENT_PASSKEY_METADATA", blob), config.Passkeys{},
			[]string{"ASSENT_PASSKEY_METADATA: attestations are checked with"}},
		{"models that nothing attests", with(good, "ASSENT_PASSKEYS", "device-bound", "ASSENT_PASSKEY_MODELS", yubikey),
			config.Passkeys{}, []string{"only a claim"}},
		{"no AAGUIDs",
			with(attested, "ASSENT_PASSKEY_MODELS",
				"yubikey,"+yubikey+"0,2fc0579f811347eab116bb5a8db9202a,"+yubikey[:35]+"g,"+
					strings.Replace(yubikey, "-", "0", 1)),
			config.Passkeys{},
			[]string{`"yubikey"`, `202a0"`, `"2fc0579f811347eab116bb5a8db9202a"`, `202g"`, `"2fc0579f08113`}},
		{"the AAGUID of none", with(attested, "ASSENT_PASSKEY_MODELS", "00000000-0000-0000-0000-000000000000"),
			config.Passkeys{}, []string{"stands for no model"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := parse(t, c.env)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Serve()
			if (err == nil) != (c.says == nil) {
				t.Fatalf("got %v, want faults %q", err, c.says)
			}
			for _, w := range c.says {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v\ndoesn't say %q", err, w)
				}
			}
			p, w := got.Passkeys, c.want
			if c.says == nil &&
				(p.DeviceBound != w.DeviceBound || p.Attested != w.Attested || p.MetadataFile != w.MetadataFile ||
					!slices.Equal(p.Models, w.Models)) {
				t.Errorf("got %+v, want %+v", p, w)
			}
		})
	}
}
