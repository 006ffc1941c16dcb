package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	cibaGrant       = "urn:openid:params:grant-type:ciba"
	backchannelPath = "/oauth2/backchannel/authentication"

	// longestExpiry is the longest lifetime that a client may ask for: open banking's several approvers need days.
	longestExpiry = 15 * 24 * time.Hour
	// longestMessage is the longest binding message, in characters.
	longestMessage = 256
	// longestNotificationToken is CIBA Core's limit, in characters (section 7.1).
	longestNotificationToken = 1024
)

// backchannelAnswer is a successful authentication request: CIBA Core section 7.3.
type backchannelAnswer struct {
	AuthReqID string `json:"auth_req_id"`
	ExpiresIn int    `json:"expires_in"`
	Interval  int    `json:"interval"`
}

// bearerSyntax is what client_notification_token may consist of: CIBA Core section 7.1, RFC 6750 section 2.1.
var bearerSyntax = regexp.MustCompile(`^[A-Za-z0-9._~+/-]+=*$`)

// backchannelEndpoint takes an authentication request: CIBA Core section 7.
func (e *Emulator) backchannelEndpoint(r *http.Request) reply {
	form, err := formOf(r)
	if err != nil {
		return oauthFailure(http.StatusBadRequest, "invalid_request", err.Error())
	}
	device, refusal := e.authenticateDevice(r, form)
	if refusal != nil {
		return *refusal
	}
	ask, refusal := e.readAsk(form, device)
	if refusal != nil {
		return *refusal
	}
	ask.correlation = r.Header.Get(correlationHeader)
	if refusal := e.readIntent(form, device, &ask); refusal != nil {
		return *refusal
	}
	valid, err := e.verified(r.Context(), ask.correlation, ask.Hint)
	if err != nil {
		e.log.Warn("user verification failed", "error", err)
		return oauthFailure(http.StatusInternalServerError, "server_error",
			"the authentication service could not verify the user")
	}
	if !valid {
		return oauthFailure(http.StatusBadRequest, "unknown_user_id",
			"the authentication service cannot authenticate this user")
	}
	now := e.now()
	e.mu.Lock()
	s := e.begin(ask, now).snapshot(now)
	e.mu.Unlock()
	e.work.add(func(ctx context.Context) { e.deliverStart(ctx, s.ID) })
	return ok(backchannelAnswer{
		AuthReqID: s.AuthReqID,
		ExpiresIn: int(s.ExpiresAt.Sub(now) / time.Second),
		Interval:  int(e.opts.Interval / time.Second),
	})
}

func (e *Emulator) authenticateDevice(r *http.Request, form map[string]string) (Device, *reply) {
	who, err := e.authenticate(r, form, e.deviceClient, e.audiences(e.workspacePath))
	if err != nil {
		out := invalidClient(r, err)
		return Device{}, &out
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.devices[who.id], nil
}

func (e *Emulator) deviceClient(id string) (Client, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d, found := e.devices[id]
	return Client{ID: d.ID, Secret: d.Secret}.withDefaults(), found
}

func (e *Emulator) readAsk(form map[string]string, d Device) (Ask, *reply) {
	fail := func(code, format string, args ...any) (Ask, *reply) {
		out := oauthFailure(http.StatusBadRequest, code, fmt.Sprintf(format, args...))
		return Ask{}, &out
	}
	if form["request"] != "" || form["user_code"] != "" {
		return fail("invalid_request", "neither signed requests nor user codes are supported")
	}
	a := Ask{
		Device:         d.ID,
		Scopes:         strings.Fields(form["scope"]),
		BindingMessage: form["binding_message"],
		ACR:            strings.Fields(form["acr_values"]),
	}
	if unknown := e.unknownScopes(a.Scopes); len(unknown) > 0 {
		return fail("invalid_scope", "unknown scopes: %s", strings.Join(unknown, ", "))
	}
	if !slices.Contains(a.Scopes, "openid") {
		return fail("invalid_scope", "scope must contain openid")
	}
	if count(form["login_hint"] != "", form["login_hint_token"] != "", form["id_token_hint"] != "") != 1 {
		return fail("invalid_request", "exactly one of login_hint, login_hint_token and id_token_hint is required")
	}
	var err error
	switch a.Hint = form["login_hint"]; {
	case form["login_hint_token"] != "":
		return fail("invalid_request", "login_hint_token is not supported")
	case form["id_token_hint"] != "":
		if a.Hint, err = e.hintedSubject(form["id_token_hint"]); err != nil {
			return fail("invalid_request", "id_token_hint: %v", err)
		}
	}
	if a.Claims, a.VerifiedClaims, err = readClaims(form["claims"]); err != nil {
		return fail("invalid_request", "claims: %v", err)
	}
	if err := checkMessage(a.BindingMessage); err != nil {
		return fail("invalid_binding_message", "%v", err)
	}
	if v, given := form["requested_expiry"]; given {
		seconds, err := strconv.Atoi(v)
		if err != nil || seconds <= 0 {
			return fail("invalid_request", "requested_expiry must be a positive integer")
		}
		a.Expiry = min(time.Duration(min(seconds, int(longestExpiry/time.Second)))*time.Second, longestExpiry)
	}
	if d.Delivery == Ping {
		a.NotificationToken = form["client_notification_token"]
		if len(a.NotificationToken) > longestNotificationToken || !bearerSyntax.MatchString(a.NotificationToken) {
			return fail("invalid_request",
				"client_notification_token is required in ping mode, in the syntax of a bearer token")
		}
	}
	return a, nil
}

func checkMessage(m string) error {
	if utf8.RuneCountInString(m) > longestMessage {
		return fmt.Errorf("binding_message is longer than %d characters", longestMessage)
	}
	if !utf8.ValidString(m) || strings.ContainsFunc(m, unicode.IsControl) {
		return errors.New("binding_message must be plain text on one line")
	}
	return nil
}

// hintedSubject is the subject of an ID token that this workspace issued; an expired one is as good
// (OpenID Connect Core 3.1.2.1).
func (e *Emulator) hintedSubject(token string) (string, error) {
	var claims struct {
		Issuer  string `json:"iss"`
		Subject string `json:"sub"`
	}
	if err := e.keys.read(token, &claims); err != nil {
		return "", err
	}
	if claims.Issuer != e.WorkspaceIssuer() || claims.Subject == "" {
		return "", errors.New("not an ID token of this issuer")
	}
	return claims.Subject, nil
}
