package acp_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"assent/app"
	"assent/app/acp"
	"assent/app/authz"
)

// leaf is a value of a JSON document and where it stands.
type leaf struct {
	path, name string
	value      any
}

// leaves are the values of a document that say something.
func leaves(v any, path, name string, into *[]leaf) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			leaves(e, path+"."+k, k, into)
		}
	case []any:
		for _, e := range v {
			leaves(e, path, name, into)
		}
	case string:
		if strings.TrimSpace(v) != "" && !strings.HasPrefix(v, "0001-01-01") {
			*into = append(*into, leaf{path, name, v})
		}
	case nil:
	default:
		*into = append(*into, leaf{path, name, v})
	}
}

// plain is a text as documents and codes are compared.
func plain(s string) string {
	return strings.ToUpper(strings.NewReplacer(".", "", "-", "", "/", "", " ", "").Replace(s))
}

// said are all texts and figures of a consent.
func said(c *authz.Consent) (out []string) {
	accounts := func(refs ...*app.AccountRef) {
		for _, a := range refs {
			if a != nil {
				out = append(out, a.Scheme, a.Identification, a.SecondaryIdentification, a.ISPB, a.Issuer, a.Number,
					a.AccountType, a.Name)
			}
		}
	}
	moneys := func(ms ...*authz.Money) {
		for _, m := range ms {
			if m != nil {
				out = append(out, m.Amount, m.Currency)
			}
		}
	}
	out = append(out, c.ID, c.CPF, c.CNPJ)
	if c.Status != "unreadable" {
		out = append(out, c.Status)
	}
	out = append(out, c.Permissions...)
	accounts(c.Debtor)
	for _, f := range c.Facts {
		out = append(append(out, f.Text, f.At), f.List...)
		accounts(f.Account)
		moneys(f.Money)
		for _, ch := range f.Charges {
			out = append(out, ch.Bearer, ch.Type)
			moneys(&ch.Money)
		}
		if r := f.Rate; r != nil {
			out = append(out, r.Unit, r.Rate, r.Type, r.Contract, r.ValidUntil)
		}
		if s := f.Schedule; s != nil {
			out = append(append(out, s.Frequency, s.Start, s.DayOfWeek, s.Note), s.Dates...)
			for _, n := range []int{s.Quantity, s.DayOfMonth} {
				if n != 0 {
					out = append(out, strconv.Itoa(n))
				}
			}
		}
	}
	return slices.DeleteFunc(out, func(s string) bool { return s == "" })
}

// figure is a text as it may also be written in figures: 7 for 007.
func figure(s string) string {
	if n, err := strconv.Atoi(s); err == nil {
		return strconv.Itoa(n)
	}
	return s
}

// FuzzConsent: whatever ACP says of a consent, nothing is invented, and nothing
// that says something is lost.
func FuzzConsent(f *testing.F) {
	var members []string
	for _, s := range samples {
		members = append(members, s.member)
		f.Add(uint8(len(members)-1), []byte(consentOf(f, sample(f, s.file), s.member)))
	}
	for i := range members {
		for _, s := range []string{`{}`, `[]`,
			`{"Initiation":{"InstructedAmount":{"Amount":1e5,"Currency":"GBP"},"CreditorAccount":[1],"DebtorAccount":{"Name":true}},"Charges":[{"Amount":[]},null,{}]}`,
			`{"ConsentId":1,"Status":{},"Permissions":["a",1,null,"a"," "],"ExpirationDateTime":"x","CreationDateTime":"0001-01-01"}`,
			`{"payment":{"amount":"1.0","currency":"BRL","schedule":{"daily":{"quantity":"007","startDate":"2027-01-02"},"custom":{"dates":["2027-01-02","2027-01-02"]}}},"document":{"rel":"cnpj","identification":"1.2/3-4"}}`} {
			f.Add(uint8(i), []byte(s))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		member := members[int(which)%len(members)]
		var input any
		d := json.NewDecoder(bytes.NewReader(body))
		d.UseNumber()
		if d.Decode(&input) != nil {
			input = nil
		}
		c, left, err := acp.ReadConsent(member, body)
		if object, ok := input.(map[string]any); (c != nil) != (ok && object != nil) {
			t.Fatalf("%q was read as %v, %v", body, c, err)
		}
		if c == nil {
			return
		}
		if _, err := json.Marshal(struct{ C, L any }{c, left}); err != nil {
			t.Errorf("%q can't be stored: %v", body, err)
		}
		var all, rest []leaf
		leaves(input, "", "", &all)
		leaves(left, "", "", &rest)
		in, out := map[string]bool{}, map[string]bool{}
		text := func(v any) string {
			switch v := v.(type) {
			case string:
				return v
			case json.Number:
				return v.String()
			}
			return ""
		}
		for _, l := range all {
			s := text(l.value)
			in[s], in[figure(s)], in[plain(s)] = true, true, true
		}
		told := said(c)
		for _, s := range told {
			out[s], out[figure(s)], out[plain(s)] = true, true, true
		}
		// A street comes with its number in one line.
		for _, a := range all {
			for _, b := range all {
				if a.name == "BuildingNumber" && b.name == "StreetName" {
					s := text(a.value) + " " + text(b.value)
					in[s] = true
					if out[s] {
						out[text(a.value)], out[text(b.value)] = true, true
					}
				}
			}
		}
		for _, s := range told {
			if !in[s] {
				t.Errorf("%q is invented: %q", s, body)
			}
		}
		silent := acp.Silent(member)
		for _, l := range all {
			s := text(l.value)
			switch {
			case slices.ContainsFunc(silent,
				func(p string) bool { return l.path == "."+p || strings.HasPrefix(l.path, "."+p+".") }),
				l.name == "AddressType", l.name == "rel", strings.EqualFold(l.path, ".status"):
			case slices.ContainsFunc(rest, func(r leaf) bool { return r.path == l.path && r.value == l.value }):
			case s != "" && (out[s] || out[figure(s)] || out[plain(s)]):
			default:
				t.Errorf("%s, %v, is lost: %q", l.path, l.value, body)
			}
		}
		for _, r := range rest {
			if !slices.ContainsFunc(all, func(l leaf) bool { return r.path == l.path && r.value == l.value }) {
				t.Errorf("%s, %v, is invented: %q", r.path, r.value, body)
			}
		}
	})
}
