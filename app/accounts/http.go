package accounts

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"assent/app"
	"assent/app/outbound"
	"assent/store"
)

const (
	// patience is how long a person waits for the bank's endpoint.
	patience = 3 * time.Second
	// longestAnswer in bytes: some thousands of accounts.
	longestAnswer = 1 << 20
)

// HTTPConfig describes the bank's endpoint.
type HTTPConfig struct {
	// URL is asked with the person's identifier as the parameter id. It is
	// https:, or http: on loopback.
	URL string
	// Method is GET, or POST with the question in the body; empty is GET.
	Method string
	// ID is the kind of identifier that the endpoint knows people by; empty
	// takes the subject, or where someone has none the user name.
	ID app.IdentifierKind
	// Token is sent as a bearer token (RFC 6750) where it isn't empty.
	Token string
	// TLS carries the client certificate and the authorities to trust.
	TLS *tls.Config
	// Proxy chooses the egress proxy; nil dials directly.
	Proxy func(*http.Request) (*url.URL, error)
	// Timeout bounds a call; zero means 3 s.
	Timeout time.Duration
	Reader  *store.Reader
	Log     *slog.Logger
	// UserAgent names us.
	UserAgent string
}

// HTTP asks the bank's endpoint, for a company's accounts with its CNPJ:
//
//	GET {URL}?id={identifier}&company={CNPJ}
//	Accept: application/json
//
// or, where access logs must not hold identifiers,
//
//	POST {URL}
//	Content-Type: application/json
//
//	{"id": "12345678909", "kind": "cpf", "company": ""}
//
// The answer is 200 and
//
//	{"accounts": [{"id": "acc-1", "kind": "account", "name": "Everyday",
//	  "scheme": "UK.OBIE.SortCodeAccountNumber", "identification": "20325612345678",
//	  "currency": "GBP", "balance": "1204.10", "payable": "yes"}]}
//
// with the names and rules of the CSV file's columns (Columns, less person),
// every value a string, what is unknown left out. No accounts is an empty
// list. Any other answer, a redirect and 404 included, and a list with one
// entry that isn't right, is app.ErrAccountsUnavailable: from half a list a
// payment would be refused for an account that is the person's. Entries of
// another company than the one asked for, or of the person where a company was
// asked for, are left out; an answer for a company that has only the person's is
// none: its endpoint doesn't know the parameter. HTTP implements Source.
type HTTP struct {
	cfg    HTTPConfig
	url    *url.URL
	client *http.Client
}

// NewHTTP makes the source.
func NewHTTP(c HTTPConfig) (*HTTP, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, err
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Host == "" || u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return nil, errors.New("the accounts' endpoint is not an https: URL")
	}
	return &HTTP{cfg: c, url: u, client: outbound.New(outbound.Options{
		Timeout: cmp.Or(c.Timeout, patience), TLS: c.TLS, Proxy: c.Proxy, UserAgent: c.UserAgent})}, nil
}

// Accounts implements Source. Why it can't answer is logged, and inside the error.
func (h *HTTP) Accounts(ctx context.Context, p app.Person, company string) ([]app.Account, error) {
	id, err := h.identifier(ctx, p)
	if err != nil {
		return nil, h.unavailable(ctx, p, err)
	}
	list, after, err := h.ask(ctx, question{id.value, id.kind, company})
	if err != nil {
		return nil, h.unavailable(ctx, p, err).After(cmp.Or(after, app.ErrAccountsUnavailable.RetryAfter))
	}
	return list, nil
}

func (h *HTTP) unavailable(ctx context.Context, p app.Person, cause error) *app.Error {
	if !errors.Is(cause, context.Canceled) {
		h.cfg.Log.ErrorContext(ctx, "the bank's endpoint gives no accounts", "person", p.ID, "host", h.url.Host, "err",
			cause)
	}
	return app.ErrAccountsUnavailable.Because(cause)
}

// identifier is what the endpoint knows a person by.
type identifier struct {
	value string
	kind  app.IdentifierKind
}

// question is what the endpoint is asked: by POST as it stands.
type question struct {
	ID      string             `json:"id"`
	Kind    app.IdentifierKind `json:"kind"`
	Company string             `json:"company"` // CNPJ; empty: the person's own accounts
}

// identifier gives what the endpoint knows the person by. Phone numbers and CPF
// go without punctuation, all else as it was entered.
func (h *HTTP) identifier(ctx context.Context, p app.Person) (identifier, error) {
	kinds := []app.IdentifierKind{app.Subject, app.Username}
	if h.cfg.ID != "" {
		kinds = []app.IdentifierKind{h.cfg.ID}
	}
	ids, err := h.cfg.Reader.Identifiers(ctx, p.ID)
	if err != nil {
		return identifier{}, err
	}
	for _, kind := range kinds {
		of := slices.DeleteFunc(slices.Clone(ids), func(i app.Identifier) bool { return i.Kind != kind })
		switch {
		case len(of) > 1:
			return identifier{}, fmt.Errorf("the person has %d identifiers of the kind %s, and the endpoint is asked by one",
				len(of), kind)
		case len(of) == 1 && (kind == app.CPF || kind == app.Phone):
			return identifier{of[0].Norm, kind}, nil
		case len(of) == 1:
			return identifier{of[0].Value, kind}, nil
		}
	}
	return identifier{}, fmt.Errorf("the person has no identifier of the kind %v, by which the endpoint is asked",
		kinds)
}

// ask makes the call. Its errors hold neither the identifier nor the token.
func (h *HTTP) ask(ctx context.Context, q question) ([]app.Account, time.Duration, error) {
	req, err := h.request(ctx, q)
	if err != nil {
		return nil, 0, errors.New("the request can't be made")
	}
	req.Header.Set("Accept", "application/json")
	if h.cfg.Token != "" {
		req.Header.Set("Authorization", "Bearer "+h.cfg.Token)
	}
	res, err := h.client.Do(req)
	if err != nil {
		var named *url.Error // it names the URL, and with it the person
		if errors.As(err, &named) {
			err = named.Err
		}
		return nil, 0, err
	}
	body, err := outbound.Body(res, longestAnswer)
	if res.StatusCode != http.StatusOK {
		return nil, outbound.RetryAfter(res.Header, time.Now()), fmt.Errorf("it answers %d", res.StatusCode)
	}
	if err != nil {
		return nil, 0, err
	}
	list, err := decode(body)
	if err != nil {
		return nil, 0, err
	}
	own, others := part(list, q.Company)
	if len(own) == 0 && q.Company != "" &&
		slices.ContainsFunc(others, func(a app.Account) bool { return a.Company == "" }) {
		return nil, 0, errors.New("it was asked for a company's accounts, and none of its answer has the company")
	}
	return own, 0, nil
}

// part parts accounts into those of a company, or of the person, and the others.
func part(list []app.Account, company string) (own, others []app.Account) {
	for _, a := range list {
		if a.Company == company {
			own = append(own, a)
		} else {
			others = append(others, a)
		}
	}
	return own, others
}

// request puts the question in the URL or, by POST, in the body alone.
func (h *HTTP) request(ctx context.Context, q question) (*http.Request, error) {
	if h.cfg.Method == http.MethodPost {
		body, err := json.Marshal(q)
		if err != nil {
			return nil, err
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url.String(), bytes.NewReader(body))
		if err == nil {
			req.Header.Set("Content-Type", "application/json")
		}
		return req, err
	}
	u := *h.url
	params := u.Query()
	params.Set("id", q.ID)
	if q.Company != "" {
		params.Set("company", q.Company)
	}
	u.RawQuery = params.Encode()
	return http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
}

// decode reads an answer whole, or not at all.
func decode(body []byte) ([]app.Account, error) {
	var in struct {
		Accounts *[]entry `json:"accounts"`
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields() // a misspelt name would be an account that no consent matches
	if err := d.Decode(&in); err != nil {
		var kind *json.UnmarshalTypeError // its text may quote a number
		if errors.As(err, &kind) {
			return nil, fmt.Errorf("its answer is not of the documented shape: %s is no %s", kind.Field, kind.Type)
		}
		return nil, fmt.Errorf("its answer is not of the documented shape: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("its answer goes on after the end of the JSON")
	}
	if in.Accounts == nil {
		return nil, errors.New(`its answer has no "accounts"`)
	}
	out := make([]app.Account, 0, len(*in.Accounts))
	type key struct{ company, id string }
	named := map[key]bool{}
	for i, e := range *in.Accounts {
		a, faults := e.account()
		if len(faults) > 0 {
			return nil, fmt.Errorf("accounts[%d]: %s", i, strings.Join(texts(withoutValues(faults)), "; "))
		}
		if named[key{a.Company, a.ID}] {
			return nil, fmt.Errorf("accounts[%d]: id: it is in the list twice", i)
		}
		named[key{a.Company, a.ID}] = true
		out = append(out, a)
	}
	slices.SortFunc(out,
		func(a, b app.Account) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) })
	return out, nil
}

// withoutValues are faults for the log: a value in the wrong member may be the
// number of an account.
func withoutValues(faults []Fault) []Fault {
	out := slices.Clone(faults)
	for i := range out {
		out[i].Value = "…"
	}
	return out
}
