package accounts_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"assent/app"
	"assent/app/accounts"
	"assent/app/people"
)

const (
	oficina = "12345678000195"
	padaria = "45678912000155"
)

// acts makes the companies that bruno acts for these.
func (b *bank) acts(companies ...string) {
	b.T.Helper()
	names := []string{"bruno", "cpf:123.456.789-09"}
	if _, err := people.New(b.Store).Edit(b.T.Context(), app.Operator, b.bruno.ID, b.bruno.Name, names,
		companies); err != nil {
		b.T.Fatal(err)
	}
}

func ids(list []app.Account) string {
	var out []string
	for _, a := range list {
		id := a.ID
		if a.Joint {
			id += "+"
		}
		out = append(out, id)
	}
	return strings.Join(out, " ")
}

// The directory tells a company's accounts alone where it is asked for one, and
// a person's own alone where it isn't.
func TestDirectoryOfCompanies(t *testing.T) {
	b := newBank(t)
	b.acts(oficina, padaria)
	const columns = "person,id,kind,name,ispb,issuer,number,account_type,payable,company,joint\n"
	file := columns +
		"bruno,br-1,account,A,12345678,1,11-1,CACC,yes,,\n" +
		"bruno,br-1,account,B,12345678,1,22-2,CACC,yes,12.345.678/0001-95,no\n" + // the key has the company in it
		"bruno,br-2,account,C,12345678,1,33-3,CACC,yes," + oficina + ",YES\n" +
		"bruno,br-3,account,D,12345678,1,44-4,CACC,yes," + padaria + ",\n" +
		"bruno,br-4,account,E,12345678,1,55-5,CACC,yes,,no\n" +
		"ada,br-4,account,E,12345678,1,55-5,CACC,yes,,no\n" +
		"ada,br-5,account,F,12345678,1,66-6,CACC,yes,,yes\n"
	for _, want := range []string{"{7 0 0}", "{0 0 7}"} {
		if done, err := b.imported(file); err != nil || fmt.Sprint(done) != want {
			t.Fatalf("%v, %v; want %s", done, err, want)
		}
	}
	d := accounts.Directory{Reader: b.Reader}
	for _, c := range []struct {
		who     app.Person
		company string
		want    string
	}{
		{b.bruno, "", "br-1 br-4+"}, {b.bruno, oficina, "br-1 br-2+"}, {b.bruno, padaria, "br-3"},
		{b.ada, "", "br-4+ br-5+"}, {b.ada, oficina, ""},
	} {
		if list, err := d.Accounts(t.Context(), c.who, c.company); err != nil || ids(list) != c.want {
			t.Errorf("%s for %q: %q, %v; want %q", c.who.Name, c.company, ids(list), err, c.want)
		}
	}
	all, err := b.Reader.Accounts(t.Context(), b.bruno.ID)
	if err != nil || ids(all) != "br-1 br-4+ br-1 br-2+ br-3" {
		t.Errorf("all of them: %q, %v", ids(all), err)
	}

	// Who stops acting for a company has its accounts no longer.
	b.acts(padaria)
	if list, err := d.Accounts(t.Context(), b.bruno, oficina); err != nil || len(list) != 0 {
		t.Errorf("of a company that he left: %q, %v", ids(list), err)
	}
	for row, fault := range map[string]string{
		"bruno,x,account,X,12345678,1,77-7,CACC,yes," + oficina +
			",\n": "line 2: company: the person doesn't act for 12345678000195",
		"bruno,x,account,X,12345678,1,77-7,CACC,yes,123,\n": `line 2: company: "123" is not a company's number (CNPJ)`,
		"bruno,x,account,X,12345678,1,77-7,CACC,yes," + padaria +
			",maybe\n": `line 2: joint: "maybe" is neither yes nor no`,
		strings.Repeat("bruno,x,account,X,12345678,1,77-7,CACC,yes,"+padaria+",\n",
			2): "line 3: id: line 2 names this account",
	} {
		if _, err := b.imported(columns + row); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v, want %q", row, err, fault)
		}
	}
}

// The endpoint is asked with the company beside the identifier, by GET in the
// URL and by POST in the body alone; what isn't of the company is left out.
func TestHTTPOfCompanies(t *testing.T) {
	b := newBank(t)
	type asked struct{ method, query, body, contentType string }
	var got asked
	answer := ""
	srv := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = asked{r.Method, r.URL.RawQuery, string(body), r.Header.Get("Content-Type")}
		io.WriteString(w, answer)
	})
	entry := func(id, more string) string {
		return `{"id":"` + id + `","kind":"card","name":"Card ` + id + `","number":"4444","payable":"yes"` + more + `}`
	}
	mixed := entry("a", "") + "," + entry("a", `,"company":"12.345.678/0001-95","joint":"yes"`) + "," +
		entry("b", `,"company":"`+padaria+`"`)
	for _, c := range []struct {
		name, method, company string
		accounts              string
		want                  string // ids, or what is logged of no answer
		asked                 asked
	}{
		{"a person's own", "", "", mixed, "a", asked{"GET", "id=12345678909&realm=x", "", ""}},
		{"a company's", "", oficina, mixed, "a+",
			asked{"GET", "company=12345678000195&id=12345678909&realm=x", "", ""}},
		{"by POST", http.MethodPost, "", mixed, "a",
			asked{"POST", "realm=x", `{"id":"12345678909","kind":"cpf","company":""}`, "application/json"}},
		{"a company's by POST", http.MethodPost, padaria, mixed, "b",
			asked{"POST", "realm=x", `{"id":"12345678909","kind":"cpf","company":"45678912000155"}`,
				"application/json"}},
		{"a company without accounts", "", oficina, entry("b", `,"company":"`+padaria+`"`), "", asked{}},
		{"no accounts at all", "", oficina, "", "", asked{}},
		{"an endpoint that knows no companies", "", oficina, entry("a", ""), "none of its answer has the company",
			asked{}},
		{"not a company", "", oficina, entry("a", `,"company":"1"`), "accounts[0]: company", asked{}},
		{"neither yes nor no", "", "", entry("a", `,"joint":"perhaps"`), "accounts[0]: joint", asked{}},
		{"one company's account twice", "", oficina,
			entry("a", `,"company":"`+oficina+`"`) + "," + entry("a", `,"company":"`+oficina+`"`), "in the list twice",
			asked{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer = `{"accounts":[` + c.accounts + `]}`
			var log strings.Builder
			s := source(t, b, &log,
				accounts.HTTPConfig{URL: srv.URL + "/v1/accounts?realm=x", ID: app.CPF, Method: c.method})
			list, err := s.Accounts(t.Context(), b.bruno, c.company)
			switch {
			case strings.Contains(c.want, " "):
				if err == nil || !strings.Contains(log.String(), c.want) {
					t.Errorf("%q, %v; logged %s", ids(list), err, &log)
				}
			case err != nil || ids(list) != c.want:
				t.Errorf("%q, %v; want %q", ids(list), err, c.want)
			}
			if c.asked.method != "" && got != c.asked {
				t.Errorf("asked %+v, want %+v", got, c.asked)
			}
			if strings.Contains(log.String(), "12345678909") {
				t.Errorf("the log holds the identifier: %s", &log)
			}
		})
	}
}

// What is kept of one company is no answer for another, nor for the person.
func TestCacheKeepsCompaniesApart(t *testing.T) {
	b := newBank(t)
	var calls atomic.Int32
	srv := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		company := r.URL.Query().Get("company")
		one := map[string]string{
			"id":      "of-" + company,
			"kind":    "card",
			"name":    "Card",
			"number":  "4444",
			"payable": "yes",
			"company": company,
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"accounts": []any{one}})
	})
	cache := accounts.NewCache(source(t, b, io.Discard, accounts.HTTPConfig{URL: srv.URL}), b.Clock.Now)
	for range 2 {
		for _, company := range []string{"", oficina, padaria} {
			list, err := cache.Accounts(t.Context(), b.bruno, company)
			if err != nil || ids(list) != "of-"+company {
				t.Errorf("for %q: %q, %v", company, ids(list), err)
			}
		}
	}
	if n := calls.Load(); n != 3 {
		t.Errorf("%d calls, want one for each", n)
	}
	if list, err := accounts.Fresh(t.Context(), cache, b.bruno, padaria); err != nil || ids(list) != "of-"+padaria ||
		calls.Load() != 4 {
		t.Errorf("past the cache: %q, %v", ids(list), err)
	}
}

func TestColumnsNameCompanyAndJoint(t *testing.T) {
	for _, name := range []string{"company", "joint"} {
		if !slices.Contains(accounts.Columns, name) || slices.Contains(accounts.Needed, name) {
			t.Errorf("column %s", name)
		}
	}
}
