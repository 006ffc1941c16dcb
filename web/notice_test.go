package web_test

import (
	"net/http"
	"testing"
	"time"
)

// Opening a notice is kept once, however often its address is asked for, and
// not when a browser asks ahead of the person.
func TestANoticeIsOpenedOnce(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	_, r := ada.asked()
	_, other := ada.asked()
	ask := func(method, path string, header ...string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, s.url+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		res, err := ada.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s %s: %d", method, path, res.StatusCode)
		}
	}
	for _, c := range []struct {
		name, method, path string
		header             []string
		later              time.Duration
		opened             int // in all
	}{
		{"HEAD", http.MethodHead, "/notice/" + r.ID, nil, 0, 0},
		{"prefetched", http.MethodGet, "/notice/" + r.ID, []string{"Sec-Purpose", "prefetch;prerender"}, 0, 0},
		{"prefetched by an older browser", http.MethodGet, "/notice/" + r.ID, []string{"Purpose", "prefetch"}, 0, 0},
		{"devices, prefetched", http.MethodGet, "/notice/devices", []string{"Sec-Purpose", "prefetch"}, 0, 0},
		{"opened", http.MethodGet, "/notice/" + r.ID, nil, 0, 1},
		{"again", http.MethodGet, "/notice/" + r.ID, nil, 0, 1},
		{"again, later", http.MethodGet, "/notice/" + r.ID, nil, 90 * time.Second, 1},
		{"another", http.MethodGet, "/notice/" + other.ID, nil, 0, 2},
		{"devices", http.MethodGet, "/notice/devices", nil, 0, 3},
		{"devices again", http.MethodGet, "/notice/devices", nil, 0, 3},
		{"devices, later", http.MethodGet, "/notice/devices", nil, 90 * time.Second, 4},
	} {
		s.Clock.Advance(c.later)
		ask(c.method, c.path, c.header...)
		rows, err := s.AuditOf(t.Context(), "push.opened", 20)
		if err != nil || len(rows) != c.opened {
			t.Errorf("%s: opened %d times (%v), want %d", c.name, len(rows), err, c.opened)
		}
	}
}

// Pages say how much waits, for the number on the app's icon: also the one that
// an answer leads to, and the one that a signed-out browser sees. That of a
// request that is over says so, for its notice.
func TestPagesSayHowMuchWaits(t *testing.T) {
	s := newSite(t)
	ada := s.person("Ada Quill")
	ada.enrol()
	_, r := ada.asked()
	_, other := ada.asked()
	for _, c := range []struct {
		name          string
		before        func() answer
		path          string
		waiting, over string
	}{
		{"the inbox", nil, "/", "2", ""},
		{"a request that waits", nil, "/requests/" + r.ID, "", ""},
		{"one that was answered", func() answer { return ada.form("/requests/"+r.ID+"/deny", "") }, "/requests/" + r.ID,
			"1", r.ID},
		{"the other", func() answer { return ada.form("/requests/"+other.ID+"/deny", "") }, "/requests/" + other.ID,
			"0", other.ID},
		{"signed out", func() answer { return ada.form("/sign-out", "") }, "/sign-in", "0", ""},
	} {
		if c.before != nil {
			if a := c.before(); a.StatusCode != http.StatusSeeOther {
				t.Fatalf("%s: %d", c.name, a.StatusCode)
			}
		}
		doc := ada.get(c.path).page(t)
		waiting := doc.Find("main [data-waiting]").AttrOr("data-waiting", "")
		over := doc.Find("main [data-over-notice]").AttrOr("data-over-notice", "")
		if waiting != c.waiting || over != c.over {
			t.Errorf("%s: %q waiting, over is %q; want %q, %q", c.name, waiting, over, c.waiting, c.over)
		}
	}
}
