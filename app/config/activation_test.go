package config_test

import "testing"

// Codes are made by another administrator than the link unless somebody says
// otherwise.
func TestCodesAreSeparateUnlessSwitchedOff(t *testing.T) {
	for value, want := range map[string]bool{"": true, "true": true, "false": false} {
		s, err := parse(t, with(good, "ASSENT_SEPARATE_CODES", value))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := s.Serve(); err != nil || c.SeparateCodes != want {
			t.Errorf("%q: %v (%v), want %v", value, c.SeparateCodes, err, want)
		}
	}
}

// Links need a code unless somebody says otherwise, in any of the ways to say it.
func TestActivationCodeIsOnUnlessSwitchedOff(t *testing.T) {
	off := file(t, "assent.toml", "activation_code = false\n")
	for name, c := range map[string]struct {
		env  map[string]string
		args []string
		want bool
	}{
		"nothing":  {nil, nil, true},
		"variable": {map[string]string{"ASSENT_ACTIVATION_CODE": "false"}, nil, false},
		"file":     {nil, []string{"--config=" + off}, false},
		"value":    {nil, []string{"--activation-code=false"}, false},
		"flag":     {nil, []string{"--no-activation-code"}, false},
		"stronger": {map[string]string{"ASSENT_ACTIVATION_CODE": "true", "ASSENT_CONFIG": off}, nil, true},
	} {
		s, err := parse(t,
			with(good, "ASSENT_ACTIVATION_CODE", c.env["ASSENT_ACTIVATION_CODE"], "ASSENT_CONFIG",
				c.env["ASSENT_CONFIG"]),
			c.args...)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		served, err1 := s.Serve()
		invited, err2 := s.Invite()
		code, err3 := s.Code()
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatal(name, err1, err2, err3)
		}
		for who, got := range map[string]bool{
			"serve":  served.ActivationCode,
			"invite": invited.ActivationCode,
			"code":   code.ActivationCode,
		} {
			if got != c.want {
				t.Errorf("%s: %s has %v, want %v", name, who, got, c.want)
			}
		}
		if demo, err := s.Demo(); err != nil || demo.ActivationCode {
			t.Errorf("%s: the demo asks for codes (%v)", name, err)
		}
	}
}
