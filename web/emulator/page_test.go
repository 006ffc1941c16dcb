package emulator_test

import (
	"bufio"
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"assent/web/emulator"
)

// browser is a client without script that follows redirects.
type browser struct {
	*world
	at  *url.URL
	doc *goquery.Document
	res *http.Response
}

func (b *browser) load(req *http.Request) {
	b.t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	doc, err := goquery.NewDocumentFromReader(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.at, b.doc, b.res = res.Request.URL, doc, res
}

func (b *browser) open(path string) {
	b.t.Helper()
	b.load(b.request("GET", b.URL()+path, "", ""))
}

func (b *browser) post(path string, form url.Values) {
	b.t.Helper()
	b.load(b.request("POST", b.URL()+path, "application/x-www-form-urlencoded", form.Encode()))
}

// until follows the sale's event stream until the page shows a state.
func (b *browser) until(state string) {
	b.t.Helper()
	b.follow(state, func() bool { return b.state() == state })
}

// follow loads the page again at each event of its stream until reached says so.
func (b *browser) follow(what string, reached func() bool) {
	b.t.Helper()
	res, err := http.DefaultClient.Do(b.request("GET", b.at.String()+"/events", "", ""))
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "event:") {
			continue
		}
		b.open(b.at.Path)
		if reached() {
			return
		}
	}
	b.t.Fatalf("the stream ended with state %q, want %s; transcript:\n%s", b.state(), what,
		strings.Join(b.transcript(), "\n"))
}

func (b *browser) find(testid string) *goquery.Selection {
	return b.doc.Find(`[data-testid="` + testid + `"]`)
}

func (b *browser) state() string { return b.find("status").AttrOr("data-state", "") }

// transcript is the text that stands in for the drawing.
func (b *browser) transcript() (rows []string) {
	b.find("transcript").Find("li").Each(func(_ int, li *goquery.Selection) {
		rows = append(rows, strings.Join(strings.Fields(li.Find(".route").Text()+li.Find(".label").Text()), " "))
	})
	return rows
}

func saleForm(change url.Values) url.Values {
	form := url.Values{
		"screen":   {"shop"},
		"person":   {"ada.quill"},
		"message":  {"K7-PLUM"},
		"scope":    {"profile", "offline_access"},
		"delivery": {"poll"},
		"expiry":   {"120"},
	}
	for k, v := range change {
		form[k] = v
	}
	return form
}

// quick polls every second, the least that CIBA's whole seconds allow, on the real clock.
func quick(o *emulator.Options) { o.Interval, o.Now = time.Second, time.Now }

func TestSaleApprovedByPing(t *testing.T) {
	b := &browser{world: newWorld(t, quick)}
	b.open("/")
	if b.find("ask").Length() != 1 || b.doc.Find("option[value='ada.quill']").Text() != "Ada Quill (has a phone)" {
		t.Fatalf("the till offers no one: %s", b.doc.Text())
	}
	if b.find("assent").AttrOr("href", "") != b.service.URL {
		t.Errorf("link to Assent: %q", b.find("assent").AttrOr("href", ""))
	}
	b.post("/sales", saleForm(url.Values{"delivery": {"ping"}}))
	if b.res.StatusCode != 200 || b.state() != "waiting" || b.find("message").Text() != "K7-PLUM" {
		t.Fatalf("after asking: %d %s", b.res.StatusCode, b.doc.Text())
	}
	<-b.service.starts
	s := b.Sessions()[0]
	if s.Device != "shop-ping" || strings.Join(s.Scopes, " ") != "openid profile offline_access" ||
		s.BindingMessage != "K7-PLUM" {
		t.Errorf("ACP was asked %+v", s)
	}
	if got := b.api("/scope-grants/"+s.ID, nil); got.status != 200 {
		t.Fatal(got.status)
	}
	if got := b.accept(s, "openid", "profile"); got.status != 200 {
		t.Fatal(got.status)
	}
	b.until("approved")
	claims := map[string]string{}
	b.find("claims").Find("dt").Each(func(_ int, dt *goquery.Selection) { claims[dt.Text()] = dt.Next().Text() })
	if claims["sub"] != "ada.quill" || claims["name"] != "Ada Quill" || claims["aud"] != "shop-ping" ||
		claims["scope"] != "openid profile" {
		t.Errorf("claims %q", claims)
	}
	all := strings.Join(b.transcript(), "\n")
	for _, want := range []string{
		"Till to ACP (pretend): POST /backchannel “K7-PLUM”", "ACP (pretend) to Assent: POST /user/verify",
		"Assent to ACP (pretend): 200 valid: true",
		"ACP (pretend) to Assent: POST /authentication/start", "Assent to ACP (pretend): 200 {}",
		"Assent to ACP (pretend): POST /token for the API",
		"Assent to ACP (pretend): GET /scope-grants details", "ACP (pretend) to Assent: 200 3 scopes", "on the phone",
		"Assent to ACP (pretend): POST …/accept openid profile", "ACP (pretend) to Till: POST /notifications ping",
		"Till to ACP (pretend): POST /token ask 1", "ACP (pretend) to Till: 200 access and ID token",
	} {
		if !strings.Contains(all, want) {
			t.Errorf("the transcript lacks %q:\n%s", want, all)
		}
	}
	b.contractKept()
}

func TestTranscriptShowsMessagesWithoutSecrets(t *testing.T) {
	b := &browser{world: newWorld(t, quick)}
	b.post("/sales", saleForm(url.Values{"delivery": {"ping"}}))
	<-b.service.starts
	b.accept(b.Sessions()[0], "openid", "offline_access")
	b.until("approved")
	secrets := []string{url.QueryEscape(b.secret), b.ScreenDevice(emulator.Shop, emulator.Ping).Secret, "open sesame",
		"eyJhbGciOi", "Basic Y", "Basic c"}
	var links []string
	b.find("transcript").Find("a").Each(func(_ int,
		a *goquery.Selection) {
		links = append(links, a.AttrOr("href", ""))
	})
	if len(links) < 14 {
		t.Fatalf("only %d messages", len(links))
	}
	sale, seen := b.at.Path, map[string]bool{}
	for _, link := range links {
		b.open(sale + strings.TrimSuffix(link, "#message"))
		if b.find("transcript").Find(".selected a").AttrOr("href", "") != link {
			t.Errorf("%s is not the chosen message", link)
		}
		text := b.doc.Text()
		for _, s := range secrets {
			if strings.Contains(text, s) {
				t.Errorf("%s shows %q", link, s)
			}
		}
		curl := b.doc.Find("#curl").Text()
		seen[strings.Join(strings.Fields(b.find("message-detail").Find("h3").First().Text())[:2], " ")] = true
		if !strings.HasPrefix(curl, "curl -X ") || !strings.Contains(curl, "'http://127.0.0.1:") {
			t.Errorf("%s has the command %q", link, curl)
		}
		if strings.Contains(curl, "backchannel") && (!strings.Contains(curl, `-u "$CLIENT_ID:$CLIENT_SECRET"`) ||
			!strings.Contains(curl, `"client_notification_token=$CLIENT_NOTIFICATION_TOKEN"`) ||
			!strings.Contains(curl, "--data-urlencode 'scope=openid profile offline_access'")) {
			t.Errorf("the command of the request:\n%s", curl)
		}
	}
	for _, want := range []string{"POST /demo/shop/oauth2/backchannel/authentication", "POST /user/verify",
		"POST /authentication/start", "POST /notifications", "GET /demo/shop/.well-known/jwks.json"} {
		if !seen[want] {
			t.Errorf("no message %s among %v", want, seen)
		}
	}
}

func TestSaleOutcomes(t *testing.T) {
	for name, row := range map[string]struct {
		form    url.Values
		act     func(*browser)
		state   string
		heading string
	}{
		"denied": {act: func(b *browser) { b.reject(b.Sessions()[0]) }, state: "denied", heading: "Denied"},
		"expired": {
			act:     func(b *browser) { b.Expire(b.Sessions()[0].ID) },
			state:   "expired",
			heading: "Too late",
		},
		"approved": {
			act:     func(b *browser) { b.accept(b.Sessions()[0], "openid") },
			state:   "approved",
			heading: "Approved",
		},
		"call centre": {
			form:    url.Values{"screen": {"call-centre"}},
			act:     func(b *browser) { b.accept(b.Sessions()[0], "openid") },
			state:   "approved",
			heading: "Approved",
		},
		"cancelled": {
			act:     func(b *browser) { b.post(b.at.Path+"/cancel", nil) },
			state:   "cancelled",
			heading: "Cancelled here",
		},
		"unknown person": {form: url.Values{"other": {"nobody"}}, state: "failed", heading: "Nobody to ask"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := &browser{world: newWorld(t, quick)}
			b.post("/sales", saleForm(row.form))
			if row.act != nil {
				<-b.service.starts
				row.act(b)
			}
			b.until(row.state)
			if got := strings.TrimSpace(b.find("status").Find("h1").Text()); got != row.heading {
				t.Errorf("heading %q, want %q", got, row.heading)
			}
			if b.doc.Find("#cancel").Length() != 0 || b.doc.Find("#again").Length() != 1 {
				t.Error("an ended sale offers the wrong buttons")
			}
			sale := b.at.Path
			b.post(sale+"/again", nil)
			if b.at.Path == sale || b.state() == "" {
				t.Errorf("asking again led to %s, state %q", b.at, b.state())
			}
		})
	}
}

func TestCancelledSaleStopsPolling(t *testing.T) {
	b := &browser{world: newWorld(t, quick)}
	b.post("/sales", saleForm(nil))
	<-b.service.starts
	b.post(b.at.Path+"/cancel", nil)
	if b.state() != "cancelled" || b.Sessions()[0].State != emulator.Pending {
		t.Fatalf("state %q, session %s: CIBA can't withdraw", b.state(), b.Sessions()[0].State)
	}
	cancelled, before := b.at.Path, b.Calls(emulator.Token)
	b.post("/sales", saleForm(nil))
	polled := func() bool { return strings.Count(strings.Join(b.transcript(), "\n"), "authorization_pending") == 2 }
	b.follow("a second poll of the next sale", polled)
	if own := b.Calls(emulator.Token) - before; own != 2 {
		t.Errorf("%d polls, want the two of the next sale", own)
	}
	b.open(cancelled)
	if all := strings.Join(b.transcript(), "\n"); strings.Contains(all, "POST /token ask") {
		t.Errorf("the cancelled sale went on:\n%s", all)
	}
}

func TestFormFaults(t *testing.T) {
	for name, row := range map[string]struct {
		change url.Values
		fault  string
	}{
		"nobody chosen": {url.Values{"person": {""}}, "Choose a customer or type an identifier."},
		"a message too long": {url.Values{"message": {strings.Repeat("x", 300)}},
			"Use at most 256 characters on one line."},
		"no mode":       {url.Values{"delivery": {"push"}}, "Choose poll or ping."},
		"no number":     {url.Values{"expiry": {"soon"}}, "Use 10 to 1296000 seconds."},
		"no such scope": {url.Values{"scope": {"admin"}}, "This workspace has no scope admin."},
	} {
		t.Run(name, func(t *testing.T) {
			b := &browser{world: newWorld(t)}
			b.post("/sales", saleForm(row.change))
			if b.res.StatusCode != 422 || !strings.Contains(b.find("ask").Text(), row.fault) {
				t.Errorf("%d %s", b.res.StatusCode, b.find("ask").Text())
			}
			if len(b.Sessions()) != 0 || b.Calls(emulator.Backchannel) != 0 {
				t.Error("ACP was asked all the same")
			}
			for k, v := range saleForm(row.change) {
				input := b.doc.Find("input[name='" + k + "']:not([type])")
				if input.Length() == 1 && input.AttrOr("value", "") != v[0] {
					t.Errorf("%s lost its value: %q", k, input.AttrOr("value", ""))
				}
			}
		})
	}
}

func TestPagesAreGuarded(t *testing.T) {
	b := &browser{world: newWorld(t)}
	for _, path := range []string{"/", "/call-centre", "/sales/none"} {
		b.open(path)
		csp := b.res.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		html, err := b.doc.Html()
		if err != nil {
			t.Fatal(err)
		}
		if inline := b.doc.Find("[style], style, script:not([src])").Length(); inline != 0 ||
			strings.Contains(html, " on"+"click=") {
			t.Errorf("%s has %d inline styles or scripts", path, inline)
		}
		b.doc.Find("link[rel=stylesheet], script").Each(func(_ int, s *goquery.Selection) {
			asset := b.do(b.request("GET", b.URL()+s.AttrOr("href", s.AttrOr("src", "")), "", ""))
			if asset.status != 200 || len(bytes.TrimSpace(asset.raw)) == 0 {
				t.Errorf("%s: asset %d", path, asset.status)
			}
		})
	}
	if b.res.StatusCode != 404 {
		t.Errorf("an unknown sale: %d", b.res.StatusCode)
	}
	req := b.request("POST", b.URL()+"/sales", "application/x-www-form-urlencoded", saleForm(nil).Encode())
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	if b.load(req); b.res.StatusCode != 403 || len(b.Sessions()) != 0 {
		t.Errorf("another site's form: %d", b.res.StatusCode)
	}
	strange := b.request("POST", b.URL()+"/notifications", "application/json", `{"auth_req_id":"x"}`)
	strange.Header.Set("Authorization", "Bearer x")
	if got := b.do(strange); got.status != 401 {
		t.Errorf("a stranger's ping: %d %s", got.status, got.raw)
	}
}

func TestHostileTextIsOnlyText(t *testing.T) {
	b := &browser{world: newWorld(t)}
	const evil = `"><script>alert(1)</script>'`
	b.post("/sales", saleForm(url.Values{"message": {evil}, "other": {evil}}))
	if b.find("message").Text() != evil || b.doc.Find("script:not([src])").Length() != 0 {
		t.Error("the message is not shown as it is")
	}
	if curl := b.doc.Find("#curl").Text(); !strings.Contains(curl,
		`'binding_message="><script>alert(1)</script>'\'''`) {
		t.Errorf("the command isn't quoted:\n%s", curl)
	}
}
