package device

import (
	"encoding/json"
	"net/http"
	"time"

	"assent/app"
	"assent/app/consent"
	"assent/app/i18n"
	"assent/app/login"
	"assent/app/passkey"
	"assent/app/receipt"
	"assent/app/slip"
	"assent/web/httpx"
)

// responseLimit bounds what a browser sends to a ceremony, in bytes.
const responseLimit = 64 << 10

// begin is the body that starts a ceremony; only an approval says anything.
type begin struct {
	Seen           string   `json:"seen"`  // digest of the sheet
	Words          string   `json:"words"` // digest of the words that the page drew of it
	Scopes         []string `json:"scopes"`
	Claims         []string `json:"claims"`
	VerifiedClaims []string `json:"verified_claims"`
	Accounts       []string `json:"accounts"`
	Code           string   `json:"code"` // of the binding message, where it is asked for
	Invite         string   `json:"invite"`
}

// finish is the body that ends one.
type finish struct {
	Credential json.RawMessage `json:"credential"`
	Standalone bool            `json:"standalone"` // display-mode standalone: an installed app
	Tablet     bool            `json:"tablet"`     // an iPad whose User-Agent says Macintosh
	Zone       string          `json:"zone"`       // IANA time zone of the browser
	Invite     string          `json:"invite"`
}

// next tells the browser where to go.
type next struct {
	Next string `json:"next"`
}

// browser describes the browser that r comes from, for a session to be.
func (h *handlers) browser(r *http.Request, in finish) (passkey.Browser, string) {
	token := app.NewToken()
	name, platform := describe(r, h.words(r))
	if in.Tablet && platform == "mac" {
		name, platform = "iPad", "ipad"
	}
	return passkey.Browser{
		Name: name, Platform: platform, SessionKey: app.NewID(), Hash: app.TokenHash(token), Known: h.Login.Known(r),
		InApp: in.Standalone, AppExpected: isIOS(platform) && !in.Standalone,
	}, token
}

func guest(r *http.Request) app.Actor {
	return app.Actor{Kind: app.ActorGuest, Source: httpx.Source(r.Context())}
}

// stranger slows down prompts that nobody signed in asks for, and answers to
// them: each prompt is a row, and each answer work for whoever checks it.
func (h *handlers) stranger(r *http.Request) error {
	if wait := h.strangers.Hit(httpx.Source(r.Context())); wait > 0 {
		return app.ErrTooMany.After(wait)
	}
	return nil
}

// enrolBegin answers POST /enrol/{token}/passkey.
func (h *handlers) enrolBegin(w http.ResponseWriter, r *http.Request) error {
	if err := h.stranger(r); err != nil {
		return err
	}
	inv, err := h.invitation(r, r.PathValue("token"))
	if err != nil {
		return err
	}
	prompt, err := h.Passkeys.BeginEnrol(r.Context(), inv, h.activation(r))
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, prompt)
}

// enrolFinish answers POST /enrol/{token}/passkey/{ceremony}.
func (h *handlers) enrolFinish(w http.ResponseWriter, r *http.Request) error {
	if err := h.stranger(r); err != nil {
		return err
	}
	inv, err := h.invitation(r, r.PathValue("token"))
	if err != nil {
		return err
	}
	in, err := httpx.JSON[finish](w, r, responseLimit)
	if err != nil {
		return err
	}
	b, token := h.browser(r, in)
	b.Activation = h.activation(r)
	d, err := h.Passkeys.FinishEnrol(r.Context(), guest(r), inv, r.PathValue("ceremony"), in.Credential, b)
	if err != nil {
		return err
	}
	return h.signedIn(w, r, d, token, in.Zone)
}

// signInBegin answers POST /sign-in/passkey.
func (h *handlers) signInBegin(w http.ResponseWriter, r *http.Request) error {
	if err := h.stranger(r); err != nil {
		return err
	}
	prompt, err := h.Passkeys.BeginSignIn(r.Context())
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, prompt)
}

// signInFinish answers POST /sign-in/passkey/{ceremony}. A sign-in that came
// from an invitation uses it up, where this browser may use it. Elsewhere it is
// a sign-in like any other, for which the passkey is enough.
func (h *handlers) signInFinish(w http.ResponseWriter, r *http.Request) error {
	if err := h.stranger(r); err != nil {
		return err
	}
	in, err := httpx.JSON[finish](w, r, responseLimit)
	if err != nil {
		return err
	}
	b, token := h.browser(r, in)
	if in.Invite != "" {
		now, brought := h.Store.Now(), h.activation(r)
		if inv, err := h.invitation(r, in.Invite); err == nil && inv.Check(now) == nil &&
			inv.Activated(brought, now) == nil {
			b.InvitationID, b.Activation = inv.ID, brought
		}
	}
	d, err := h.Passkeys.FinishSignIn(r.Context(), guest(r), r.PathValue("ceremony"), in.Credential, b)
	if err != nil {
		return err
	}
	return h.signedIn(w, r, d, token, in.Zone)
}

// signedIn makes the session and sends the browser on: to notifications if
// they were not talked about on this device yet, else to the inbox.
func (h *handlers) signedIn(w http.ResponseWriter, r *http.Request, d app.Device, browserToken, zone string) error {
	if err := h.Login.SignIn(w, r, d, browserToken); err != nil {
		return err
	}
	by := app.Actor{Kind: app.ActorDevice, ID: d.ID, PersonID: d.PersonID, Source: httpx.Source(r.Context())}
	p, err := h.Store.Person(r.Context(), d.PersonID)
	if err != nil {
		return err
	}
	if _, err := time.LoadLocation(zone); err != nil || zone == "" || zone == "Local" || len(zone) > 64 ||
		p.Zone != "" {
		zone = "" // unknown here, or the person has one
	}
	lang := ""
	if p.Lang == "" {
		lang = h.Words.Match("", r.Header.Get("Accept-Language")).Tag()
	}
	if zone != "" || lang != "" {
		if err := h.People.SetPreferences(r.Context(), by, lang, zone); err != nil {
			return err
		}
	}
	to := "/"
	if d.PushChoice == app.PushUnasked {
		to = "/notifications"
	}
	return httpx.WriteJSON(w, http.StatusOK, next{to})
}

// approvalBegin answers POST /requests/{id}/approval.
func (h *handlers) approvalBegin(w http.ResponseWriter, r *http.Request) error {
	id, err := login.From(r.Context())
	if err != nil {
		return err
	}
	in, err := httpx.JSON[begin](w, r, responseLimit)
	if err != nil {
		return err
	}
	choice := consent.Choice{
		Digest:         in.Seen,
		Scopes:         in.Scopes,
		Claims:         in.Claims,
		VerifiedClaims: in.VerifiedClaims,
		Accounts:       in.Accounts,
		Code:           in.Code,
	}
	prepared, err := h.Consent.Prepare(r.Context(), actor(r, id), r.PathValue("id"), choice)
	if err != nil {
		return err
	}
	text := prepared.Sheet.Text(reader(h.frame(r)))
	_, digest, err := text.Digest()
	if err != nil {
		return err
	}
	if digest != in.Words {
		return app.ErrChanged // in another language now, or on another day
	}
	words, _, err := answered(text, prepared.Grant).Digest()
	if err != nil {
		return err
	}
	prompt, err := h.Passkeys.BeginApproval(r.Context(), id.Device, content(prepared, words), choice)
	if err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, prompt)
}

// answered is what the page drew with what the person left out marked.
func answered(t slip.Text, g consent.Grant) slip.Text {
	return t.Answered(slip.Answer{
		Scopes:         g.Scopes,
		Claims:         g.Claims,
		VerifiedClaims: g.VerifiedClaims,
		Accounts:       g.Accounts,
	})
}

// content is what the person signs: what the page drew, and what it grants.
func content(p consent.Prepared, words []byte) receipt.Content {
	r, g := p.Request, p.Grant
	return receipt.Content{
		Request: receipt.Request{ID: r.ID, Ref: r.Ref},
		Client:  receipt.Client{ID: r.ClientID, Name: i18n.Plain(p.Sheet.Client.Name)},
		Kind:    r.Kind,
		Details: r.DetailsDigest, Shown: words, Deadline: receipt.Time(r.ExpiresAt),
		Granted: receipt.Grant{
			Scopes:         g.Scopes,
			Claims:         g.Claims,
			VerifiedClaims: g.VerifiedClaims,
			Accounts:       g.Accounts,
		},
	}
}

// approvalFinish answers POST /requests/{id}/approval/{ceremony}.
func (h *handlers) approvalFinish(w http.ResponseWriter, r *http.Request) error {
	id, err := login.From(r.Context())
	if err != nil {
		return err
	}
	in, err := httpx.JSON[finish](w, r, responseLimit)
	if err != nil {
		return err
	}
	request := r.PathValue("id")
	var choice consent.Choice
	sig, err := h.Passkeys.FinishApproval(r.Context(), id.Device, request, r.PathValue("ceremony"), in.Credential,
		&choice)
	if err != nil {
		return err
	}
	if err := h.Consent.Approve(r.Context(), actor(r, id), request, choice, sig); err != nil {
		return err
	}
	return httpx.WriteJSON(w, http.StatusOK, next{"/requests/" + request})
}

// actor is the person on the device that r comes from.
func actor(r *http.Request, id login.Identity) app.Actor {
	return app.Actor{
		Kind:     app.ActorDevice,
		ID:       id.Device.ID,
		PersonID: id.Person.ID,
		Session:  id.Device.SessionKey,
		Source:   httpx.Source(r.Context()),
	}
}
