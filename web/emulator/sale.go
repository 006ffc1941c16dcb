package emulator

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// saleState is how far a sale at the till, or a call, has come.
type saleState string

const (
	saleWaiting   saleState = "waiting"
	saleApproved  saleState = "approved"
	saleDenied    saleState = "denied"
	saleExpired   saleState = "expired"
	saleCancelled saleState = "cancelled"
	saleFailed    saleState = "failed"
)

// saleAsk is what the person at the till has chosen.
type saleAsk struct {
	screen   Screen
	hint     string
	scopes   []string
	message  string
	delivery Delivery
	expiry   int    // seconds
	sample   string // of the consent that it is about, if it is about one
	way      Way
}

// sale is one request as the till sees it: it knows only what an OAuth client learns over HTTP. Guarded by Emulator.mu.
type sale struct {
	id                string
	ask               saleAsk
	device            Device
	state             saleState
	begun, ended      time.Time
	expires           time.Time
	authReqID         string
	interval          time.Duration
	notificationToken string
	failure           oauthError
	consent           string // the consent's id, once ACP has taken it
	tokens            tokenResponse
	claims            map[string]any
	pinged, cancelled chan struct{}
}

// mostSales is how many sales the pages remember.
const mostSales = 100

// ask makes a sale: the till's authentication request, and what follows it in the background.
func (e *Emulator) ask(ctx context.Context, a saleAsk) (id string) {
	now := e.now()
	sl := &sale{
		id:       randomHex(16),
		ask:      a,
		state:    saleWaiting,
		begun:    now,
		expires:  now.Add(time.Duration(a.expiry) * time.Second),
		interval: e.opts.Interval, pinged: make(chan struct{}, 1), cancelled: make(chan struct{}),
	}
	form := url.Values{}
	form.Set("scope", strings.Join(a.scopes, " "))
	form.Set("login_hint", a.hint)
	form.Set("requested_expiry", strconv.Itoa(a.expiry))
	if a.message != "" {
		form.Set("binding_message", a.message)
	}
	if a.delivery == Ping {
		sl.notificationToken = randomToken()
		form.Set("client_notification_token", sl.notificationToken)
	}
	e.mu.Lock()
	sl.device = e.screens[screenKey{a.screen, a.delivery}]
	e.sales[sl.id] = sl
	e.saleOrder = append(e.saleOrder, sl.id)
	e.pruneSales(now)
	e.mu.Unlock()
	e.book.open(sl.id)
	if a.sample != "" {
		if err := e.askConsent(ctx, sl, form); err != nil {
			e.endSale(sl, saleFailed, func() { sl.failure = oauthError{Code: "no_consent", Description: err.Error()} })
			return sl.id
		}
	}

	var answer backchannelAnswer
	failure, err := e.tillCall(ctx, sl, backchannelPath, form, &answer)
	switch {
	case err != nil:
		e.endSale(sl, saleFailed, func() { sl.failure = oauthError{Code: "no_answer", Description: err.Error()} })
	case failure != nil:
		e.endSale(sl, saleFailed, func() { sl.failure = *failure })
	default:
		e.mu.Lock()
		sl.authReqID, sl.expires = answer.AuthReqID, e.now().Add(time.Duration(answer.ExpiresIn)*time.Second)
		if answer.Interval > 0 {
			sl.interval = time.Duration(answer.Interval) * time.Second
		}
		e.mu.Unlock()
		e.work.add(func(ctx context.Context) { e.follow(ctx, sl) })
	}
	return sl.id
}

// tillCall posts a form to the workspace as the sale's client and decodes a successful answer into out. failure is the
// OAuth error that came instead.
func (e *Emulator) tillCall(ctx context.Context, sl *sale, path string, form url.Values,
	out any) (failure *oauthError, err error) {
	body := form.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.WorkspaceIssuer()+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set(correlationHeader, sl.id)
	req.SetBasicAuth(url.QueryEscape(sl.device.ID), url.QueryEscape(sl.device.Secret))
	a, err := e.tillExchange(sl, req, body)
	if err != nil {
		return nil, err
	}
	if a.Status != http.StatusOK {
		failure = &oauthError{}
		if json.Unmarshal(a.Body, failure) != nil || failure.Code == "" {
			return nil, fmt.Errorf("the answer was status %d without an OAuth error", a.Status)
		}
		return failure, nil
	}
	return nil, json.Unmarshal(a.Body, out)
}

// askConsent creates the sale's consent as its client, and has the authentication request name it.
func (e *Emulator) askConsent(ctx context.Context, sl *sale, form url.Values) error {
	s, _ := findSample(sl.ask.sample)
	t, _ := consentType(s.consentType)
	var token tokenResponse
	failure, err := e.tillCall(ctx, sl, "/oauth2/token",
		url.Values{"grant_type": {"client_credentials"}, "scope": {t.Scope}}, &token)
	if err != nil {
		return err
	}
	if failure != nil {
		return errors.New(failure.Description)
	}
	body, err := json.Marshal(s.request())
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.WorkspaceIssuer()+t.Create, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(correlationHeader, sl.id)
	req.Header.Set("Authorization", "Bearer "+token.AccessToken)
	a, err := e.tillExchange(sl, req, string(body))
	if err != nil {
		return err
	}
	var made struct{ Data struct{ ConsentID string } }
	if a.Status != http.StatusCreated || json.Unmarshal(a.Body, &made) != nil || made.Data.ConsentID == "" {
		return fmt.Errorf("it answered %d", a.Status)
	}
	id := made.Data.ConsentID
	e.mu.Lock()
	sl.consent = id
	e.mu.Unlock()
	form.Set("scope", "openid "+t.Scope)
	switch sl.ask.way {
	case ByScope:
		form.Set("scope", "openid "+t.Scope+" "+(&Consent{ID: id, Type: t}).scope())
	case ByHint:
		form.Set("login_hint", id)
	default:
		form.Set("openbanking_intent_id", id)
	}
	return nil
}

func (e *Emulator) tillExchange(sl *sale, req *http.Request, body string) (Answer, error) {
	x := e.book.begin(sl.id, laneTill, laneACP, req, []byte(body), e.now(), "")
	a, err := e.exchange(req)
	e.book.end(x, a.Status, a.Header, a.Body, e.now())
	return a, err
}

// follow waits for the result as the sale's delivery mode wants it.
func (e *Emulator) follow(ctx context.Context, sl *sale) {
	for interval := sl.interval; ; {
		left := sl.expires.Sub(e.now())
		wait := min(interval, max(left, 0)+time.Second)
		if sl.ask.delivery == Ping { // no news until the end means that the time is over
			wait = max(left, 0) + time.Second
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-sl.cancelled:
			timer.Stop()
			return
		case <-sl.pinged:
			timer.Stop()
		case <-timer.C:
		}
		var tokens tokenResponse
		failure, err := e.tillCall(ctx, sl, "/oauth2/token",
			url.Values{"grant_type": {cibaGrant}, "auth_req_id": {sl.authReqID}}, &tokens)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && e.now().After(sl.expires):
			e.endSale(sl, saleFailed, func() { sl.failure = oauthError{Code: "no_answer", Description: err.Error()} })
			return
		case err != nil:
		case failure == nil:
			e.receive(ctx, sl, tokens)
			return
		case failure.Code == "authorization_pending":
		case failure.Code == "slow_down":
			interval += slower
		default:
			state := map[string]saleState{"access_denied": saleDenied, "expired_token": saleExpired}[failure.Code]
			if state == "" {
				state = saleFailed
			}
			e.endSale(sl, state, func() { sl.failure = *failure })
			return
		}
	}
}

// receive checks the tokens as a client must before it ends the sale.
func (e *Emulator) receive(ctx context.Context, sl *sale, tokens tokenResponse) {
	claims, err := e.checkTokens(ctx, sl, tokens)
	if err != nil {
		e.endSale(sl, saleFailed, func() { sl.failure = oauthError{Code: "bad_token", Description: err.Error()} })
		return
	}
	e.endSale(sl, saleApproved, func() { sl.tokens, sl.claims = tokens, claims })
}

// checkTokens validates the ID token with the published keys: OpenID Connect Core section 3.1.3.7,
// CIBA Core section 10.1.1.
func (e *Emulator) checkTokens(ctx context.Context, sl *sale, tokens tokenResponse) (map[string]any, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.WorkspaceIssuer()+"/.well-known/jwks.json", nil)
	if err != nil {
		return nil, err
	}
	a, err := e.tillExchange(sl, req, "")
	if err != nil {
		return nil, err
	}
	var keys jose.JSONWebKeySet
	if err := json.Unmarshal(a.Body, &keys); err != nil {
		return nil, fmt.Errorf("the key set: %w", err)
	}
	token, err := jwt.ParseSigned(tokens.IDToken, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return nil, fmt.Errorf("the ID token: %w", err)
	}
	var id idClaims
	claims := map[string]any{}
	if err := token.Claims(keys, &id, &claims); err != nil {
		return nil, fmt.Errorf("the ID token's signature: %w", err)
	}
	expected := jwt.Expected{Issuer: e.WorkspaceIssuer(), AnyAudience: jwt.Audience{sl.device.ID}, Time: e.now()}
	if err := id.ValidateWithLeeway(expected, time.Minute); err != nil {
		return nil, err
	}
	if id.AtHash != atHash(tokens.AccessToken) || id.AuthReqID != sl.authReqID {
		return nil, errors.New("the ID token belongs to another answer")
	}
	return claims, nil
}

// endSale moves a waiting sale to its end, once; set fills in what belongs to it.
func (e *Emulator) endSale(sl *sale, state saleState, set func()) {
	now := e.now()
	e.mu.Lock()
	if sl.state == saleWaiting {
		sl.state, sl.ended = state, now
		set()
	}
	e.mu.Unlock()
	e.book.close(sl.id)
}

// cancelSale stops the till's asking. CIBA has no way to withdraw a request, so ACP's session lives on.
func (e *Emulator) cancelSale(sl *sale) {
	e.endSale(sl, saleCancelled, func() { close(sl.cancelled) })
}

func (e *Emulator) findSale(id string) (*sale, sale, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	sl, found := e.sales[id]
	if !found {
		return nil, sale{}, false
	}
	return sl, *sl, true
}

// pruneSales forgets the oldest sales. The caller holds mu.
func (e *Emulator) pruneSales(now time.Time) {
	e.saleOrder = slices.DeleteFunc(e.saleOrder, func(id string) bool {
		sl := e.sales[id]
		old := sl.state != saleWaiting && now.Sub(sl.ended) > keepFor
		if !old && len(e.sales) <= mostSales {
			return false
		}
		if sl.state == saleWaiting {
			close(sl.cancelled)
			sl.state, sl.ended = saleCancelled, now
		}
		delete(e.sales, id)
		e.book.forget(id)
		return true
	})
}

// notified takes a ping: CIBA Core section 10.2.
func (e *Emulator) notified(w http.ResponseWriter, r *http.Request) {
	_, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	raw, err := readJSON(r)
	var n notification
	if err == nil {
		err = json.Unmarshal(raw, &n)
	}
	if err != nil || n.AuthReqID == "" {
		oauthFailure(http.StatusBadRequest, "invalid_request", "the body must be JSON with auth_req_id").write(w)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, sl := range e.sales {
		if sl.notificationToken == "" ||
			subtle.ConstantTimeCompare([]byte(sl.notificationToken), []byte(bearer)) != 1 ||
			sl.authReqID != n.AuthReqID {
			continue
		}
		select {
		case sl.pinged <- struct{}{}:
		default:
		}
		w.WriteHeader(http.StatusNoContent)
		return
	}
	oauthFailure(http.StatusUnauthorized, "invalid_token", "no sale waits for this").write(w)
}

// codeWords are short, unlike one another, and read aloud without spelling.
var codeWords = []string{"PLUM", "IRON", "LAKE", "MINT", "OTTER", "CEDAR", "BRICK", "TULIP", "FALCON", "MAPLE",
	"COPPER", "RIVER", "WALNUT", "HERON", "LEMON", "SLATE"}

// freshCode is a binding message that two people can compare aloud, such as K7-PLUM.
func freshCode() string {
	const letters, digits = "ABCDEFGHJKLMNPRTUVWXYZ", "23456789"
	return string(letters[random(len(letters))]) + string(digits[random(len(digits))]) + "-" +
		codeWords[random(len(codeWords))]
}

func random(n int) int {
	i, _ := rand.Int(rand.Reader, big.NewInt(int64(n))) // never fails, as in randomHex
	return int(i.Int64())
}
