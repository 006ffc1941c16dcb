package push

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"assent/app"
	"assent/app/i18n"
	"assent/store"
)

// Service sends the notices of the outbox and keeps the subscriptions.
type Service struct {
	store  *store.Store
	sender *Sender
	hosts  Hosts
	words  *i18n.Catalogue
	log    *slog.Logger
}

// NewService makes the service.
func NewService(st *store.Store, sender *Sender, hosts Hosts, words *i18n.Catalogue, log *slog.Logger) *Service {
	return &Service{store: st, sender: sender, hosts: hosts, words: words, log: log}
}

// StoredKeys gives the installation's VAPID keys, made at the first start.
func StoredKeys(ctx context.Context, st *store.Store) (Keys, error) {
	var keys Keys
	text, err := st.VAPIDKeys(ctx, func() (string, error) {
		k, err := GenerateKeys()
		if err != nil {
			return "", err
		}
		b, err := json.Marshal(k)
		return string(b), err
	})
	if err != nil {
		return keys, err
	}
	return keys, json.Unmarshal([]byte(text), &keys)
}

// PublicKey is the key that browsers subscribe with.
func (s *Service) PublicKey() string { return s.sender.Keys.Public }

// Subscribe stores the subscription that the device's browser made.
func (s *Service) Subscribe(ctx context.Context, by app.Actor, sub Subscription) error {
	if err := sub.Validate(s.hosts); err != nil {
		return app.ErrPushEndpoint.Because(err)
	}
	return s.store.Subscribe(ctx, by,
		app.Subscription{DeviceID: by.ID, Endpoint: sub.Endpoint, P256DH: sub.P256DH, Auth: sub.Auth,
			Replaces: sub.Replaces})
}

// Skip records that the person goes without notifications on this device.
func (s *Service) Skip(ctx context.Context, by app.Actor) error {
	choice := app.PushSkipped
	return s.store.SetDevicePreferences(ctx, by, nil, &choice)
}

// Opened records that a notice was opened on the device.
func (s *Service) Opened(ctx context.Context, by app.Actor, requestID string) error {
	return s.store.NoticeOpened(ctx, by, requestID)
}

// Send is the job that sends one notice to one device. What is no longer worth
// a notice is left.
func (s *Service) Send(ctx context.Context, j app.Job) app.Outcome {
	sub, err := s.target(ctx, j)
	if errors.Is(err, app.ErrUnknownDevice) {
		return app.Outcome{}
	}
	if err != nil {
		return fault(err)
	}
	m, ok, err := s.message(ctx, j)
	if err != nil {
		return fault(err)
	}
	if !ok {
		return app.Outcome{}
	}
	ttl := j.Deadline.Sub(s.store.Now())
	if ttl < time.Second {
		return app.Outcome{}
	}
	res := s.sender.Send(ctx, Subscription{Endpoint: sub.Endpoint, P256DH: sub.P256DH, Auth: sub.Auth}, m, ttl)
	if former(j) {
		j.RequestID = "" // it names where the notice goes
	}
	err = s.store.Pushed(ctx, sub, j, res.Outcome == Accepted, res.Outcome == Gone, res.String())
	if err != nil {
		return fault(err)
	}
	switch res.Outcome {
	case Accepted, Gone:
		return app.Outcome{}
	case Retry:
		return app.Outcome{
			Verdict: app.JobRetry,
			After:   res.After,
			Cause:   app.CausePushBusy.With(res.Status),
			Err:     errors.New(res.String()),
		}
	case Misconfigured:
		s.log.ErrorContext(ctx, "a push service refuses our signature: check ASSENT_PUSH_SUBJECT and the clock",
			"answer", res.String())
	}
	return app.Outcome{
		Verdict: app.JobFailed,
		Cause:   app.CausePushRefused.With(res.Status),
		Err:     errors.New(res.String()),
	}
}

// former tells whether a notice goes to where those of its device went before.
func former(j app.Job) bool {
	n := app.Notice(j.Payload)
	return n == app.NoticePushLeft || n == app.NoticeSignedOutHere || n == app.NoticeRemovedHere
}

// target is where a notice goes.
func (s *Service) target(ctx context.Context, j app.Job) (app.Subscription, error) {
	if former(j) {
		return s.store.FormerSubscription(ctx, j.RequestID)
	}
	return s.store.Subscription(ctx, j.DeviceID)
}

// fault has a job tried again that failed here.
func fault(err error) app.Outcome {
	return app.Outcome{Verdict: app.JobRetry, Cause: app.CauseInternal, Err: err}
}

// message words a notice in the person's language. It names client and kind,
// never a person, an amount or an account: lock screens are read by others.
func (s *Service) message(ctx context.Context, j app.Job) (m Message, ok bool, err error) {
	d, err := s.store.Device(ctx, j.DeviceID)
	if err != nil {
		return m, false, err
	}
	p, err := s.store.Person(ctx, d.PersonID)
	active := d.State == app.DeviceActive || app.Notice(j.Payload) == app.NoticeRemovedHere
	if err != nil || !active || p.State != app.PersonActive {
		return m, false, err
	}
	waiting, err := s.store.Waiting(ctx, p.ID)
	if err != nil {
		return m, false, err
	}
	w := s.words.Match(p.Lang, "")
	m = Message{ID: j.RequestID, Kind: app.Notice(j.Payload), Lang: w.Tag()}
	for _, c := range waiting {
		m.Waiting += c.Requests
	}
	switch m.Kind {
	case app.NoticeRequest:
		r, err := s.store.Request(ctx, j.RequestID)
		if err != nil || r.State != app.Pending {
			return m, false, err
		}
		m.Title, m.Body = s.requestWords(w, r)
	case app.NoticeHandled:
		r, err := s.store.Request(ctx, j.RequestID)
		if err != nil || r.State == app.Pending {
			return m, false, err
		}
		m.Title, m.Body = w.T("push.handled.title"), w.T("push.handled.closed", "client", clientName(r, w))
		if r.DecidedBy != "" && r.DecidedBy != d.ID {
			m.Body = w.T("push.handled.answered", "client", clientName(r, w))
		}
	case app.NoticeTest:
		m.ID, m.Title, m.Body = NoticeTest, w.T("push.test.title"), w.T("push.test.body")
	case app.NoticeDeviceComing:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.device_coming.title"), w.T("push.device_coming.body")
	case app.NoticeDeviceAdded:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.device_added.title"), w.T("push.device_added.body")
	case app.NoticePushMoved:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.moved.title"), w.T("push.moved.body")
	case app.NoticePushLeft:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.left.title"), w.T("push.left.body")
	case app.NoticePushSkipped:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.skipped.title"), w.T("push.skipped.body")
	case app.NoticeSignedOut:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.signed_out.title"), w.T("push.signed_out.body")
	case app.NoticeRemoved:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.removed.title"), w.T("push.removed.body")
	case app.NoticeRemovedHere:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.removed_here.title"), w.T("push.removed_here.body")
	case app.NoticeSignedOutHere:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.signed_out_here.title"), w.T("push.signed_out_here.body")
	case app.NoticeRenamed:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.renamed.title"), w.T("push.renamed.body")
	case app.NoticeMuted:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.muted.title"), w.T("push.muted.body")
	case app.NoticePasskeySynced:
		m.ID, m.Title, m.Body = NoticeDevices, w.T("push.passkey_synced.title"), w.T("push.passkey_synced.body")
	case app.NoticeIdentifierAdded:
		m.ID, m.Title, m.Body = NoticeIdentifiers, w.T("push.identifier_added.title"), w.T("push.identifier_added.body")
	case app.NoticeIdentityChanged:
		m.ID, m.Title, m.Body = NoticeIdentifiers, w.T("push.identity_changed.title"), w.T("push.identity_changed.body")
	case app.NoticeIdentifierLost:
		m.ID, m.Title, m.Body = NoticeIdentifiers, w.T("push.identifier_lost.title"), w.T("push.identifier_lost.body")
	default:
		return m, false, nil
	}
	return m, true, nil
}

// The notice ids that lead to something else than a request.
const (
	NoticeDevices = "devices" // the list of devices
	NoticeTest    = "test"    // what a test shows

	NoticeIdentifiers = "identifiers" // what was said of them, above the requests
)

// requestWords names client and kind of a request.
func (s *Service) requestWords(w i18n.Words, r app.Request) (title, body string) {
	switch client := clientName(r, w); {
	case r.Kind == app.KindTest:
		return w.T("push.trial.title"), w.T("push.trial.body", "client", client)
	case r.Kind == app.KindRegular:
		return w.T("push.request.title"), w.T("push.request.body", "client", client)
	default:
		return w.T("push.consent.title"), w.T("push.consent.body", "client", client)
	}
}

// Test has a notice sent to the device by, for its person to open.
func (s *Service) Test(ctx context.Context, by app.Actor) error { return s.store.TestPush(ctx, by) }

func clientName(r app.Request, w i18n.Words) string {
	if name := i18n.Plain(r.ClientName); name != "" {
		return cut(name, longestName)
	}
	return w.T("client.unnamed")
}

// longestName of a client in a notice, in characters.
const longestName = 60

// cut shortens s to n characters, the last of them an ellipsis, and takes none
// apart that is written with several (Unicode UAX 29, as far as names need it).
func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	at := n - 1
	for at > 0 && (unicode.Is(unicode.M, r[at]) || joins(r[at]) || joins(r[at-1])) {
		at--
	}
	if at == 0 { // one character with more marks than any has
		at = n - 1
	}
	return strings.TrimRight(string(r[:at]), " ") + "…"
}

// joins tells whether a character belongs to its neighbours: the joiner, and
// the skin tones of emoji.
func joins(r rune) bool { return r == '\u200d' || r >= 0x1f3fb && r <= 0x1f3ff }
