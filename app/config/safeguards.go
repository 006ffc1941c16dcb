package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Safeguard is a setting that protects, as it counts at a start.
type Safeguard struct {
	Name  string // its variable; of one of several connections to ACP with that in brackets
	Value string // in one way of writing; empty: nothing
	Fixed bool   // set where the service is started, not left to the console
}

// safeguard is a row of the table of settings that protect. Every other setting
// is named in the table's test, with why it isn't one.
type safeguard struct {
	flag   string
	value  func(Config) string
	looser func(from, to string) bool // tells whether it protects less, or may

	// of is the value of one connection to ACP, in the place of value. digest
	// stands for what names people.
	of func(c Connection, digest func(string) string) string
}

var safeguards = []safeguard{
	{
		flag:   "activation-code",
		value:  func(c Config) string { return strconv.FormatBool(c.ActivationCode) },
		looser: switchedOff,
	},
	{
		flag:   "separate-codes",
		value:  func(c Config) string { return strconv.FormatBool(c.SeparateCodes) },
		looser: switchedOff,
	},
	{flag: "four-eyes", value: func(c Config) string { return List(c.FourEyes) }, looser: lost},
	{flag: "report-pauses", value: func(c Config) string { return c.Protection.ReportPauses.Setting() },
		looser: lower("false", "payments", "true")},
	{flag: "match-code", value: func(c Config) string { return List(c.Protection.MatchCode) }, looser: lost},
	{
		flag:   "match-code-under-attack",
		value:  func(c Config) string { return List(c.Protection.UnderAttack) },
		looser: lost,
	},
	{flag: "match-code-missing", value: codeMissing, looser: lower("compare", "refuse")},
	{flag: "match-code-pattern", value: patterns, looser: changed},
	{flag: "cooling", value: func(c Config) string { return c.Protection.Cooling.String() }, looser: shorter},
	{flag: "person-notices", value: notices, looser: moreNotices},
	{flag: "identifier-wait", value: func(c Config) string { return c.IdentifierWait.String() }, looser: shorter},
	{flag: "invite-ttl", value: func(c Config) string { return c.InviteTTL.String() }, looser: longer},
	{flag: "passkeys", value: passkeyKind, looser: lower("any", "device-bound", "attested")},
	{flag: "passkey-models", value: func(c Config) string { return List(c.Passkeys.Models) }, looser: widened},

	{flag: "tls-cert", value: func(c Config) string { return c.TLSCert }, looser: gone},
	{flag: "trusted-proxies", value: func(c Config) string { return List(prefixes(c.TrustedProxies)) }, looser: added},
	{flag: "push-hosts", value: func(c Config) string { return List(c.PushHosts) }, looser: added},
	{flag: "admin-url", value: ownConsole, looser: gone},
	{flag: "admin-listen", value: func(c Config) string { return c.Admin.Addr }, looser: gone},
	{flag: "admin-tls-cert", value: func(c Config) string { return c.Admin.TLSCert }, looser: gone},
	{flag: "admin-client-ca", value: func(c Config) string { return contents(c.Admin.ClientCA) }, looser: replaced},
	{flag: "admin-networks", value: func(c Config) string { return List(prefixes(c.Admin.Networks)) }, looser: widened},
	{flag: "api-listen", value: func(c Config) string { return c.API.Addr }, looser: gone},
	{flag: "api-tls-cert", value: func(c Config) string { return c.API.TLSCert }, looser: gone},
	{flag: "api-client-ca", value: func(c Config) string { return contents(c.API.ClientCA) }, looser: replaced},
	{flag: "api-networks", value: func(c Config) string { return List(prefixes(c.API.Networks)) }, looser: widened},
	{flag: "accounts-method", value: accountsMethod, looser: lower("GET", "POST")},
	{flag: "accounts-ca-file", value: func(c Config) string { return contents(c.Accounts.CAFile) }, looser: replaced},

	{
		flag:   "acp-ca-file",
		looser: replaced,
		of:     func(c Connection, _ func(string) string) string { return contents(c.CAFile) },
	},
	{flag: "acp-hints", looser: widened, of: func(c Connection, _ func(string) string) string { return List(c.Hints) }},
	{flag: "acp-workspaces", looser: widened, of: workspaces},
	{flag: "acp-clients", looser: replaced, of: clients},
}

// Safeguards gives the settings that protect, as they count with c. digest
// stands for values that name people, so that these stand nowhere else.
func (g Given) Safeguards(c Config, digest func(string) string) []Safeguard {
	var out []Safeguard
	for _, row := range safeguards {
		name := variable(row.flag)
		if row.of == nil {
			out = append(out, Safeguard{Name: name, Value: row.value(c), Fixed: g.Fixed(row.flag)})
			continue
		}
		for _, conn := range c.Connections {
			of := name
			if len(c.Connections) > 1 || conn.Name != "acp" {
				of += " (" + conn.Name + ")"
			}
			out = append(out, Safeguard{Name: of, Value: row.of(conn, digest), Fixed: true})
		}
	}
	return out
}

// Looser tells whether a setting that protects does so less with the value to
// than with from, or may: what can't be compared counts as looser.
func Looser(name, from, to string) bool {
	name, _, _ = strings.Cut(name, " ")
	for _, row := range safeguards {
		if variable(row.flag) == name {
			return row.looser(from, to)
		}
	}
	return true
}

// variable is the name of a flag's variable.
func variable(flag string) string {
	return "ASSENT_" + strings.ReplaceAll(strings.ToUpper(flag), "-", "_")
}

// List writes a list in one way, whatever its order.
func List[T ~string](list []T) string {
	var out []string
	for _, one := range list {
		out = append(out, string(one))
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), ", ")
}

func items(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ", ")
}

func switchedOff(_, to string) bool { return to != "true" }

func gone(from, to string) bool { return from != "" && to == "" }

func replaced(from, _ string) bool { return from != "" }

func changed(_, _ string) bool { return true }

// lost tells whether something of a list isn't in the other any more.
func lost(from, to string) bool {
	has := items(to)
	return slices.ContainsFunc(items(from), func(one string) bool { return !slices.Contains(has, one) })
}

// added tells whether something is in a list that wasn't.
func added(from, to string) bool { return lost(to, from) }

// widened is added for a list that, empty, means everything.
func widened(from, to string) bool { return from != "" && (to == "" || added(from, to)) }

// lower tells whether a value is before the other in order, the laxest first.
func lower(order ...string) func(from, to string) bool {
	return func(from, to string) bool { return slices.Index(order, to) < slices.Index(order, from) }
}

func shorter(from, to string) bool { return longer(to, from) }

func longer(from, to string) bool {
	was, err := time.ParseDuration(from)
	is, err2 := time.ParseDuration(to)
	return err != nil || err2 != nil || is > was
}

func codeMissing(c Config) string {
	if c.Protection.RefuseWithoutCode {
		return "refuse"
	}
	return "compare"
}

// patterns are those of codes by profile; the one of the setting has no profile.
func patterns(c Config) string {
	var out []string
	for _, profile := range slices.Sorted(maps.Keys(c.Protection.CodePatterns)) {
		text := c.Protection.CodePatterns[profile].String()
		if profile != "" {
			text = profile + "=" + text
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

func notices(c Config) string {
	var out []string
	for _, l := range c.PersonNotices {
		out = append(out, fmt.Sprintf("%d/%s", l.Notices, l.Window))
	}
	return List(out)
}

// moreNotices tells whether one of the limits that were isn't kept by any that
// are: not more notices, in no shorter a time.
func moreNotices(from, to string) bool {
	parse := func(text string) (n int, window time.Duration) {
		count, length, _ := strings.Cut(text, "/")
		n, err := strconv.Atoi(count)
		window, err2 := time.ParseDuration(length)
		if err != nil || err2 != nil {
			return 0, 0
		}
		return n, window
	}
	return slices.ContainsFunc(items(from), func(old string) bool {
		n, window := parse(old)
		return !slices.ContainsFunc(items(to), func(new string) bool {
			m, length := parse(new)
			return m <= n && length >= window
		})
	})
}

func passkeyKind(c Config) string {
	switch {
	case c.Passkeys.Attested:
		return "attested"
	case c.Passkeys.DeviceBound:
		return "device-bound"
	}
	return "any"
}

// ownConsole is the console's address where it has one of its own.
func ownConsole(c Config) string {
	if c.Admin.URL == nil || c.PublicURL != nil && c.Admin.URL.String() == c.PublicURL.String() {
		return ""
	}
	return c.Admin.URL.String()
}

// accountsMethod is how the endpoint for accounts is asked, where there is one.
func accountsMethod(c Config) string {
	if c.Accounts.URL != "" && c.Accounts.Method == "" {
		return "GET"
	}
	return c.Accounts.Method
}

func prefixes(list []netip.Prefix) []string {
	var out []string
	for _, p := range list {
		out = append(out, p.String())
	}
	return out
}

// contents are a file's name with a digest of what is in it.
func contents(name string) string {
	if name == "" {
		return ""
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return name
	}
	sum := sha256.Sum256(b)
	return name + " #" + hex.EncodeToString(sum[:4])
}

func workspaces(c Connection, _ func(string) string) string {
	var out []string
	for id, kind := range c.Workspaces {
		out = append(out, id+"="+kind)
	}
	return List(out)
}

// clients are the limits of clients: people stand there as their number and a
// digest.
func clients(c Connection, digest func(string) string) string {
	var out []string
	for id, l := range c.Clients {
		text := id + "=" + strings.Join(slices.Sorted(slices.Values(l.Workspaces)), "+")
		if len(l.People) > 0 {
			text += fmt.Sprintf(" people:%d #%s", len(l.People), digest(List(l.People)))
		}
		out = append(out, text)
	}
	return List(out)
}
