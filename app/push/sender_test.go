package push_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"assent/app"
	"assent/app/outbound"
	"assent/app/push"
	"assent/app/push/pushtest"
)

var noon = time.Date(2030, 1, 2, 12, 0, 0, 0, time.UTC)

func newSender(t *testing.T) *push.Sender {
	t.Helper()
	keys, err := push.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	client := outbound.New(outbound.Options{Timeout: 5 * time.Second, PublicOnly: true, AllowLoopback: true})
	t.Cleanup(client.CloseIdleConnections)
	return &push.Sender{
		Keys:    keys,
		Subject: "mailto:ops@bank.example",
		HTTP:    client,
		Now:     func() time.Time { return noon },
	}
}

func to(s *pushtest.Subscription) push.Subscription {
	return push.Subscription{Endpoint: s.Endpoint, P256DH: s.P256DH, Auth: s.Auth}
}

var notice = push.Message{
	ID:      "REQUEST1",
	Kind:    app.NoticeRequest,
	Waiting: 2,
	Lang:    "pt-BR",
	Title:   "Há um pedido",
	Body:    "Financroo <pede> & espera",
}

// The push service verifies signature, audience and subject and decrypts.
func TestSendDelivers(t *testing.T) {
	svc := pushtest.Start(t)
	for _, subject := range []string{"mailto:ops@bank.example", "ops@bank.example", "https://bank.example/contact"} {
		s, sub := newSender(t), svc.Subscribe()
		s.Subject = subject
		res := s.Send(t.Context(), to(sub), notice, 90*time.Second+900*time.Millisecond)
		if res.Outcome != push.Accepted || res.Status != http.StatusCreated || res.Host != "127.0.0.1" {
			t.Fatalf("%s: %v", subject, res)
		}
		got := svc.Wait()
		if got.Sub != sub || got.TTL != 90 || got.Urgency != "high" {
			t.Errorf("%s: TTL %d, urgency %q", subject, got.TTL, got.Urgency)
		}
		const want = `{"id":"REQUEST1","kind":"request","lang":"pt-BR","title":"Há um pedido","body":"Financroo \u003cpede\u003e \u0026 espera","waiting":2}`
		if string(got.Payload) != want {
			t.Errorf("got  %s\nwant %s", got.Payload, want)
		}
	}
}

// A newer notice of the same request replaces one that still waits.
func TestTopicFollowsTheID(t *testing.T) {
	svc, s := pushtest.Start(t), newSender(t)
	sub := to(svc.Subscribe())
	topic := func(id string) string {
		t.Helper()
		m := notice
		m.ID = id
		if res := s.Send(t.Context(), sub, m, time.Minute); res.Outcome != push.Accepted {
			t.Fatal(res)
		}
		return svc.Wait().Topic
	}
	one, again, two := topic("REQUEST1"), topic("REQUEST1"), topic("REQUEST2")
	if one != again || one == two {
		t.Errorf("topics %q, %q of one id and %q of another", one, again, two)
	}
	for _, v := range []string{one, topic(strings.Repeat("A", 100))} {
		if !regexp.MustCompile(`^[A-Za-z0-9_-]{1,32}$`).MatchString(v) {
			t.Errorf("%q is no topic of RFC 8030 5.4", v)
		}
	}
}

func TestOutcomes(t *testing.T) {
	svc, s := pushtest.Start(t), newSender(t)
	for _, c := range []struct {
		answer pushtest.Answer
		want   push.Sent
		after  time.Duration
	}{
		{pushtest.Answer{Status: 200}, push.Accepted, 0},
		{pushtest.Answer{Status: 202}, push.Accepted, 0},
		{pushtest.Answer{Status: 400}, push.Refused, 0},
		{pushtest.Answer{Status: 401}, push.Misconfigured, 0},
		{pushtest.Answer{Status: 403}, push.Misconfigured, 0},
		{pushtest.Answer{Status: 404}, push.Gone, 0},
		{pushtest.Answer{Status: 408}, push.Retry, 0},
		{pushtest.Answer{Status: 410}, push.Gone, 0},
		{pushtest.Answer{Status: 413}, push.Refused, 0},
		{pushtest.Answer{Status: 429, RetryAfter: "7"}, push.Retry, 7 * time.Second},
		{pushtest.Answer{Status: 429, RetryAfter: noon.Add(time.Minute).Format(http.TimeFormat)}, push.Retry,
			time.Minute},
		{pushtest.Answer{Status: 429, RetryAfter: "soon"}, push.Retry, 0},
		{pushtest.Answer{Status: 500}, push.Retry, 0},
		{pushtest.Answer{Status: 503, RetryAfter: "30"}, push.Retry, 30 * time.Second},
		{pushtest.Answer{Cut: true}, push.Retry, 0},
	} {
		sub := svc.Subscribe()
		svc.Next(c.answer)
		res := s.Send(t.Context(), to(sub), notice, time.Minute)
		if res.Outcome != c.want || res.After != c.after || res.Status != c.answer.Status {
			t.Errorf("%+v: got %v after %v (status %d), want %v after %v", c.answer, res.Outcome, res.After, res.Status,
				c.want, c.after)
		}
		keepsSecret(t, res, sub.Endpoint)
	}
	if n := svc.Waiting(); n != 0 {
		t.Errorf("%d messages arrived from refused posts", n)
	}
}

// keepsSecret checks what operators and logs see of a result.
func keepsSecret(t *testing.T, res push.Result, endpoint string) {
	t.Helper()
	_, secret, _ := strings.Cut(endpoint, "/push/")
	if s := res.String(); secret == "" || strings.Contains(s, secret) || !strings.Contains(s, "127.0.0.1") {
		t.Errorf("%q must name the host and keep the endpoint's path to itself", s)
	}
}

func TestEndedSubscription(t *testing.T) {
	svc, s := pushtest.Start(t), newSender(t)
	sub := svc.Subscribe()
	svc.Forget(sub)
	if res := s.Send(t.Context(), to(sub), notice, time.Minute); res.Outcome != push.Gone {
		t.Errorf("got %v", res)
	}
}

// A service that can't be reached keeps its subscriptions.
func TestUnreachable(t *testing.T) {
	svc, s := pushtest.Start(t), newSender(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	sub := svc.Subscribe()
	_, path, _ := strings.Cut(sub.Endpoint, "/push/")
	lost := to(sub)
	lost.Endpoint = gone.URL + "/push/" + path
	res := s.Send(t.Context(), lost, notice, time.Minute)
	if res.Outcome != push.Retry || res.Status != 0 {
		t.Errorf("a closed port: %v", res)
	}
	keepsSecret(t, res, lost.Endpoint)

	s.HTTP = outbound.New(outbound.Options{PublicOnly: true})
	res = s.Send(t.Context(), to(sub), notice, time.Minute)
	if res.Outcome != push.Retry || !strings.Contains(res.String(), outbound.ErrNotPublic.Error()) {
		t.Errorf("an address that isn't public: %v", res)
	}
	keepsSecret(t, res, sub.Endpoint)
	if n := svc.Waiting(); n != 0 {
		t.Errorf("%d messages arrived", n)
	}
}

// A redirect would carry the message to a host that nobody vouched for.
func TestRedirectIsNotFollowed(t *testing.T) {
	svc, s := pushtest.Start(t), newSender(t)
	target := svc.Subscribe()
	srv := httptest.NewServer(http.RedirectHandler(target.Endpoint, http.StatusTemporaryRedirect))
	t.Cleanup(srv.Close)
	sub := to(target)
	sub.Endpoint = srv.URL + "/push/x"
	if res := s.Send(t.Context(), sub, notice, time.Minute); res.Outcome == push.Accepted {
		t.Errorf("got %v", res)
	}
	if n := svc.Waiting(); n != 0 {
		t.Error("the redirect was followed")
	}
}

func TestMessageTooLong(t *testing.T) {
	svc, s := pushtest.Start(t), newSender(t)
	sub := to(svc.Subscribe())
	m := notice
	m.Body = strings.Repeat("x", 2900)
	if res := s.Send(t.Context(), sub, m, time.Minute); res.Outcome != push.Accepted {
		t.Errorf("a long message: %v", res)
	}
	if got := svc.Wait(); !strings.Contains(string(got.Payload), m.Body) {
		t.Error("the long message arrived cut")
	}
	m.Body = strings.Repeat("x", 3000)
	if res := s.Send(t.Context(), sub, m, time.Minute); res.Outcome != push.Refused {
		t.Errorf("too long a message: %v", res)
	}
	if n := svc.Waiting(); n != 0 {
		t.Error("too long a message was sent")
	}
}

func TestGeneratedKeysDiffer(t *testing.T) {
	a, err := push.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	b, err := push.GenerateKeys()
	if err != nil {
		t.Fatal(err)
	}
	if a.Private == b.Private || a.Public == b.Public || a.Private == "" || len(a.Public) != 87 {
		t.Errorf("keys %d and %d characters long, equal: %v", len(a.Private), len(a.Public), a == b)
	}
}
