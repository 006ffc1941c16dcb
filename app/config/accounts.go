package config

import (
	"net/url"
	"slices"
	"strings"
)

// identifierKinds are those by which an endpoint and ACP may know people.
var identifierKinds = []string{"username", "email", "phone", "subject", "cpf", "customer"}

// accounts checks the bank's endpoint: nobody may listen in on it or pretend
// to be it, and it must be able to tell that it is us who ask.
func (s *Settings) accounts(c *Config, f *faults) {
	c.Accounts = Accounts{
		URL:      s.AccountsURL,
		ID:       s.AccountsID,
		Method:   strings.ToUpper(s.AccountsMethod),
		CertFile: s.AccountsCertFile,
		KeyFile:  s.AccountsKeyFile,
		CAFile:   s.AccountsCAFile,
	}
	if s.AccountsURL == "" {
		for _, other := range []string{s.AccountsID, s.AccountsMethod, s.AccountsToken.Reveal(), s.AccountsTokenFile,
			s.AccountsCertFile, s.AccountsKeyFile, s.AccountsCAFile} {
			if other != "" {
				f.add("ASSENT_ACCOUNTS_URL: set it, or none of the other ASSENT_ACCOUNTS_ settings")
				return
			}
		}
		return
	}
	before := len(f.list)
	c.Accounts.Token = s.AccountsToken.or(f, "ASSENT_ACCOUNTS_TOKEN", s.AccountsTokenFile)
	tokenFault := len(f.list) > before
	u, err := url.Parse(s.AccountsURL)
	local := err == nil && loopback(u.Hostname())
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		f.add("ASSENT_ACCOUNTS_URL: not a URL such as https://core.bank.example/accounts")
	case u.User != nil || u.Fragment != "":
		f.add("ASSENT_ACCOUNTS_URL: leave out user name, password and fragment; ASSENT_ACCOUNTS_TOKEN or a certificate say who asks")
	case u.Query().Has("id"):
		f.add("ASSENT_ACCOUNTS_URL: leave out the parameter id; it is the person's")
	case u.Query().Has("company"):
		f.add("ASSENT_ACCOUNTS_URL: leave out the parameter company; it is the consent's")
	case u.Scheme == "http" && !local:
		f.add("ASSENT_ACCOUNTS_URL: http: is for loopback only; use https:")
	case u.Scheme == "http" && s.AccountsCertFile != "":
		f.add("ASSENT_ACCOUNTS_CERT_FILE: a certificate is presented over https: only")
	}
	if s.AccountsID != "" && !slices.Contains(identifierKinds, s.AccountsID) {
		f.add("ASSENT_ACCOUNTS_ID: %q is not %s", s.AccountsID, strings.Join(identifierKinds, ", "))
	}
	if !slices.Contains([]string{"", "GET", "POST"}, c.Accounts.Method) {
		f.add("ASSENT_ACCOUNTS_METHOD: %q is neither GET nor POST", s.AccountsMethod)
	}
	if strings.ContainsFunc(c.Accounts.Token.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		f.add("ASSENT_ACCOUNTS_TOKEN: a bearer token has no blanks and only ASCII characters")
	}
	switch {
	case (s.AccountsCertFile == "") != (s.AccountsKeyFile == ""):
		f.add("ASSENT_ACCOUNTS_CERT_FILE and ASSENT_ACCOUNTS_KEY_FILE: set both or none")
	case s.AccountsCertFile == "" && c.Accounts.Token == "" && !tokenFault && !local:
		f.add("ASSENT_ACCOUNTS_TOKEN, or ASSENT_ACCOUNTS_CERT_FILE and ASSENT_ACCOUNTS_KEY_FILE: set how the endpoint knows that it is us who ask")
	}
	readable(f, "ASSENT_ACCOUNTS_CERT_FILE", s.AccountsCertFile)
	readable(f, "ASSENT_ACCOUNTS_KEY_FILE", s.AccountsKeyFile)
	readable(f, "ASSENT_ACCOUNTS_CA_FILE", s.AccountsCAFile)
}
