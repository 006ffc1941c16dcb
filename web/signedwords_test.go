package web_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"assent/app/passkey"
	"assent/app/receipt"
)

const (
	androidAgent = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36"
	desktopAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"
)

// speaking is a transport that asks for pages in a language.
type speaking struct{ lang string }

func (s *speaking) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("Accept-Language", s.lang)
	return http.DefaultTransport.RoundTrip(r)
}

// The page is shown under one User-Agent and signed under another, as by a
// browser's "desktop site" and its service worker: the first tap counts, and
// what it signs names the device as it was enrolled. PITFALLS row 67.
func TestPitfall67TheFirstTapCounts(t *testing.T) {
	for _, c := range []struct{ name, enrolled, shows, signs, here string }{
		{"the page as a desktop", androidAgent, desktopAgent, androidAgent, "on this phone"},
		{"the worker as a desktop", androidAgent, androidAgent, desktopAgent, "on this phone"},
		{"a computer with a device toolbar", desktopAgent, androidAgent, desktopAgent, "on this computer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			ada := s.person("Ada Quill")
			spoken := &speaking{lang: "en-GB"}
			ada.http.Transport = spoken
			ada.agent = c.enrolled
			ada.enrol()
			s.Tamper(`UPDATE persons SET lang = '' WHERE id = ?`, ada.who.ID) // as of one who never chose
			_, r := ada.asked()
			ada.agent, spoken.lang = c.shows, "pt-BR"
			seen := seenOn(ada.get("/requests/" + r.ID).page(t))
			ada.agent, spoken.lang = c.signs, "en-GB"
			pr := ada.begin("/requests/"+r.ID+"/approval", seen+`,"scopes":["profile"]}`)
			ada.agent = c.shows
			if a := ada.json("/requests/"+r.ID+"/approval/"+pr.Ceremony,
				`{"credential":`+ada.sign(pr)+`,"standalone":false,"zone":""}`); a.StatusCode != http.StatusOK {
				t.Fatalf("the first tap: %d %s", a.StatusCode, a.body)
			}
			key, err := passkey.ReceiptKey(t.Context(), s.Store)
			if err != nil {
				t.Fatal(err)
			}
			said, err := receipt.Verify(ada.get("/requests/"+r.ID+"/receipt").body, key.Public())
			if err != nil {
				t.Fatal(err)
			}
			words, err := json.Marshal(said)
			if err != nil || !strings.Contains(string(words), c.here) {
				t.Errorf("what was signed doesn't say %q (%v):\n%s", c.here, err, words)
			}
		})
	}
}
