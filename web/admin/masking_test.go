package admin_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/slip"
	"assent/store"
	"assent/store/storetest"
	adminweb "assent/web/admin"
)

// canaries are what the help desk may not see of Zebedee, in any writing.
var canaries = []string{"zebedee", "quux49", "529.982.247-25", "52998224725", "7700900123", "7700 900123", "98765432",
	"nest egg", "gossip", "K7-CANARY", "Moriarty Ltd",
	"98765432000110"}

// tokens are parts of an answer that may be bytes in base64 or hexadecimal.
var tokens = regexp.MustCompile(`[A-Za-z0-9+/_-]{12,}`)

// leaks gives the canaries that stand in bytes: as they are, escaped for a URL
// or a page, in hexadecimal, or in base64 wherever it begins.
func leaks(b []byte) []string {
	texts := []string{string(b)}
	for _, token := range tokens.FindAllString(string(b), -1) {
		for from := range min(4, len(token)) {
			for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
				part := token[from:]
				if plain, _ := enc.DecodeString(part[:len(part)-len(part)%4]); len(plain) > 0 {
					texts = append(texts, string(plain))
				}
			}
		}
	}
	all := strings.ToLower(strings.Join(texts, "\n"))
	if plain, err := url.QueryUnescape(strings.ReplaceAll(all, "%", "%25")); err == nil {
		all += plain
	}
	all += percent.ReplaceAllStringFunc(all, func(s string) string {
		c, _ := hex.DecodeString(s[1:])
		return string(c)
	})
	all += strings.NewReplacer("&#39;", "'", "&#34;", `"`, "&amp;", "&", "+", " ").Replace(all)
	var found []string
	for _, c := range canaries {
		c = strings.ToLower(c)
		if strings.Contains(all, c) || strings.Contains(all, hex.EncodeToString([]byte(c))) {
			found = append(found, c)
		}
	}
	return found
}

var percent = regexp.MustCompile(`%[0-9a-f]{2}`)

// The search for leaks finds them in the writings that it claims to know.
func TestLeaksAreFound(t *testing.T) {
	const secret = `{"s":"zebedee quux49"}`
	for what, text := range map[string]string{
		"plain": secret, "base64url": `href="/x?after=` + base64.RawURLEncoding.EncodeToString([]byte(secret)) + `"`,
		"base64 behind another byte": base64.StdEncoding.EncodeToString([]byte("{" + secret)),
		"behind two":                 base64.StdEncoding.EncodeToString([]byte("{{" + secret)),
		"hexadecimal":                hex.EncodeToString([]byte("zebedee")),
		"escaped":                    "%7A%65%62%65%64%65%65",
		"upper case":                 "ZEBEDEE",
	} {
		if len(leaks([]byte(text))) == 0 {
			t.Errorf("%s: not found in %s", what, text)
		}
	}
	if found := leaks([]byte("Z••• Q•••")); len(found) > 0 {
		t.Errorf("found in nothing: %v", found)
	}
}

// planted is a person all of whose data are canaries, more than a page of
// people of that name, and a request of theirs that ACP gossiped about.
func (s *site) planted() (app.Person, app.Device, app.Request) {
	s.t.Helper()
	ctx := s.t.Context()
	check := func(err error) {
		s.t.Helper()
		if err != nil {
			s.t.Fatal(err)
		}
	}
	p, err := s.AddPerson(ctx, app.Operator, "Zebedee Quux49", []app.Identifier{
		{Kind: app.Email, Value: "zebedee@mail.example", Norm: "zebedee@mail.example"},
		{Kind: app.CPF, Value: "529.982.247-25", Norm: "52998224725"},
		{Kind: app.Phone, Value: "+44 7700 900123", Norm: "+447700900123"},
		{Kind: app.Username, Value: "zebedee.quux49", Norm: "zebedee.quux49"},
		{Kind: app.Customer, Value: "98765432", Norm: "98765432"}}, []string{"98765432000110"})
	check(err)
	for i := range 60 {
		_, err := s.AddPerson(ctx, app.Operator, fmt.Sprintf("Zebedee Quux49 %02d", i),
			[]app.Identifier{{Kind: app.Customer, Value: fmt.Sprint("c", i), Norm: fmt.Sprint("c", i)}}, nil)
		check(err)
	}
	d := s.MustDevice(p)
	on := storetest.On(d)
	check(s.RenameDevice(ctx, on, d.ID, "Zebedee's phone"))
	check(s.Subscribe(ctx, on,
		app.Subscription{DeviceID: d.ID, Endpoint: "https://push.example/zebedee", P256DH: "p", Auth: "a"}))
	_, err = s.ImportAccounts(ctx, app.Operator, func(yield func(store.PersonAccount, error) bool) {
		yield(store.PersonAccount{PersonID: p.ID, Account: app.Account{ID: "zebedee-1", Kind: app.AccountBank,
			AccountRef: app.AccountRef{Name: "Zebedee's nest egg", Scheme: "x", Identification: "98765432"}}}, nil)
	})
	check(err)
	ask := func() app.Request {
		in := storetest.Request(p, s.Now().Add(time.Hour))
		in.UserIdentifier, in.BindingMessage, in.Payload = "zebedee@mail.example", "K7-CANARY for Zebedee", `{"user_identifier":"zebedee@mail.example"}`
		r, _, err := s.StartRequest(ctx, app.System, in, store.Fatigue{Notices: 1000}, true)
		check(err)
		return r
	}
	for range 55 {
		ask()
	}
	r := ask()
	sheet := &slip.Sheet{
		RequestID: r.ID,
		Ref:       r.Ref,
		Kind:      "regular",
		Client:    slip.Client{Name: "Financroo"},
		Message:   "K7-CANARY for Zebedee",
	}
	shown, digest, err := sheet.Digest()
	check(err)
	check(s.Shown(ctx, on, r.ID, shown, digest, "Moriarty Ltd"))
	check(s.Deny(ctx, on, r.ID, app.ReasonReported))
	sent, _, err := s.BeginDelivery(ctx, r.ID)
	check(err)
	sent.Said = "gossip about zebedee@mail.example and 52998224725"
	check(s.DeliveryTried(ctx, sent, false, app.CauseBusy.With(503)))
	check(s.Delivered(ctx, sent, app.DeliveryFailed, app.CauseRefused.With(422)))
	// As a version before causes were codes wrote it.
	check(s.Refused(ctx, app.System, "request.refuse", map[string]string{"value": "zebedee@mail.example"}))
	s.Tamper(`UPDATE audit SET detail = '{"cause":"acp: refused (422): gossip about zebedee","words":"52998224725"}'
		WHERE action LIKE 'delivery.%' AND request_id = ?`,
		r.ID)
	return p, d, r
}

// seen walks every route of the console with one of the methods as v, and gives
// the answers with canaries.
func (v *visitor) seen(methods []string, ids ...string) (found map[string][]string, answered int) {
	v.t.Helper()
	found = map[string][]string{}
	note := func(name string, w *httptest.ResponseRecorder) {
		var all bytes.Buffer
		w.Result().Header.Write(&all)
		all.Write(w.Body.Bytes())
		if w.Code < 400 {
			answered++
		}
		if w.Code >= 500 {
			v.t.Errorf("%s: %d", name, w.Code)
		}
		if l := leaks(all.Bytes()); len(l) > 0 {
			found[name] = append(found[name], l...)
		}
	}
	for _, route := range adminweb.Routes() {
		method, path, _ := strings.Cut(route.Pattern, " ")
		if !slices.Contains(methods, method) || strings.Contains(path, "sign-out") || strings.Contains(path, "/end") {
			continue // it would end the walk
		}
		paths := []string{path}
		if strings.Contains(path, "{") {
			paths = nil
			for _, id := range ids {
				paths = append(paths,
					strings.NewReplacer("{$}", "", "{id}", id, "{device}", ids[1], "{ceremony}", "x", "{name}",
						"branding", "{", "", "}", "").Replace(path))
			}
		}
		for _, path := range paths {
			for _, query := range []string{"", "?which=enrolled", "?state=denied&delivery=failed", "?person=" + ids[0],
				"?ref=x", "?done=edited"} {
				if method != http.MethodGet && query != "" {
					continue
				}
				form := url.Values{"way": {"letter"}, "format": {"csv"}, "state": {"suspended"}}
				note(method+" "+path+query, v.raw(method, path+query, form))
			}
		}
	}
	return found, answered
}

// What the help desk gets of a person, in any answer of any route, be it text,
// attribute, link, header or event, holds nothing that is masked; nor does the
// log of it. To who may see personal data the same pages show it.
func TestMaskedMeansAbsent(t *testing.T) {
	s := newSite(t, false)
	p, d, r := s.planted()
	v := s.visitor("helen@northmoor.example", app.RoleHelpDesk)
	found, answered := v.seen([]string{http.MethodGet, http.MethodPost}, p.ID, d.ID, r.ID)
	for name, canaries := range found {
		t.Errorf("%s holds %v", name, canaries)
	}
	if answered < 20 {
		t.Errorf("only %d answers to look at", answered)
	}
	// All that its links lead to, and a search that finds them.
	path, pages := "/admin/people", 0
	for ; path != "" && pages < 9; pages++ {
		w := v.raw(http.MethodGet, path, nil)
		if l := leaks(w.Body.Bytes()); len(l) > 0 || w.Code != http.StatusOK {
			t.Fatalf("page %d of people: %d, holds %v", pages, w.Code, l)
		}
		path = v.send(http.MethodGet, path, nil).Find(`[data-testid="more"]`).AttrOr("href", "")
	}
	if pages != 2 {
		t.Errorf("%d pages of people", pages)
	}
	if l := leaks([]byte(s.logged.String())); len(l) > 0 || !strings.Contains(s.logged.String(), "msg=served") {
		t.Errorf("the log holds %v", l)
	}
	found, _ = s.visitor("oscar@northmoor.example", app.RoleOperator).seen([]string{http.MethodGet}, p.ID, d.ID, r.ID)
	var all []string
	for _, canaries := range found {
		all = append(all, canaries...)
	}
	for _, c := range []string{"zebedee", "quux49", "52998224725", "7700 900123", "nest egg", "gossip", "k7-canary",
		"98765432000110"} {
		if !slices.Contains(all, c) {
			t.Errorf("an operator isn't shown %q: then the walk proves nothing of it", c)
		}
	}
	if l := leaks([]byte(s.logged.String())); len(l) > 0 {
		t.Errorf("the log of the operator's walk holds %v", l)
	}
}

// A cursor is taken from who got it, for the list that it is of, and from
// nobody else; a made-up one is refused with a page.
func TestCursorsAreSealed(t *testing.T) {
	s := newSite(t, false)
	s.planted()
	helen, oscar := s.visitor("helen@northmoor.example",
		app.RoleHelpDesk), s.visitor("oscar@northmoor.example", app.RoleOperator)
	owner := s.visitor("olive@northmoor.example", app.RoleOwner)
	more := func(v *visitor, path, id string) string {
		t.Helper()
		to := v.send(http.MethodGet, path, nil).Find(`[data-testid="`+id+`"]`).AttrOr("href", "")
		if to == "" {
			t.Fatalf("%s has no next page", path)
		}
		if got := v.send(http.MethodGet, to, nil); got.StatusCode != http.StatusOK {
			t.Errorf("%s: the next page is %d", path, got.StatusCode)
		}
		return to
	}
	cursor := func(path string) string {
		u, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query().Get("after")
	}
	refused := func(what string, v *visitor, path string) {
		t.Helper()
		if got := v.send(http.MethodGet, path, nil); got.StatusCode != http.StatusBadRequest ||
			got.Find("h1").Length() != 1 {
			t.Errorf("%s: %d", what, got.StatusCode)
		}
	}
	mine := more(helen, "/admin/people", "more")
	requests, audit := more(helen, "/admin/requests", "older"), more(owner, "/admin/audit", "older")
	letters := base64.RawURLEncoding.EncodeToString([]byte(`{"s":"zebedee r","i":""}`))
	sealed := cursor(mine)
	flipped := sealed[:20] + map[bool]string{true: "B", false: "A"}[sealed[20] == 'A'] + sealed[21:]
	for _, list := range []string{"/admin/people", "/admin/requests"} {
		refused("made up", helen, list+"?after="+letters)
		refused("no base64", helen, list+"?after=1-2*")
		refused("too short", helen, list+"?after=AAAA")
		refused("changed", helen, list+"?after="+flipped)
	}
	refused("made up", owner, "/admin/audit?after=1764300000000-9")
	refused("made up", owner, "/admin/settings/history?after=1")
	refused("another administrator's", oscar, mine)
	refused("another's of the same role", s.visitor("hugo@northmoor.example", app.RoleHelpDesk), mine)
	refused("for another filter", helen, "/admin/people?which=bare&after="+sealed)
	refused("of another list", helen, "/admin/people?after="+cursor(requests))
	refused("of another list", owner, "/admin/requests?after="+cursor(audit))
	if err := s.SetAdminRole(t.Context(), app.Operator, helen.who.ID, app.RoleOperator); err != nil {
		t.Fatal(err)
	}
	refused("got in another role", helen.again(), mine)
	if short := cursor(more(oscar, "/admin/requests?state=pending", "older")); len(short) != len(sealed) {
		t.Errorf("the length of a cursor tells what it stands for: %d and %d", len(short), len(sealed))
	}
}
