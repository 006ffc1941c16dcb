package emulator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// The kinds of open banking consent, each with its own place in ACP's API.
const (
	UKAccountAccess                 Kind = "uk-account-access"
	UKDomesticPayment               Kind = "uk-domestic-payment"
	UKDomesticScheduledPayment      Kind = "uk-domestic-scheduled-payment"
	UKDomesticStandingOrder         Kind = "uk-domestic-standing-order"
	UKFilePayment                   Kind = "uk-file-payment"
	UKInternationalPayment          Kind = "uk-international-payment"
	UKInternationalScheduledPayment Kind = "uk-international-scheduled-payment"
	UKInternationalStandingOrder    Kind = "uk-international-standing-order"
	BRData                          Kind = "br-data"
	BRPayment                       Kind = "br-payment"

	// Refused are consents that ACP takes from a TPP and has no consent page's calls for: UK VRP,
	// recurring payments of Brazil.
	Refused Kind = "refused"
)

// Layout is where ACP keeps its open banking calls.
type Layout string

// The layouts: under the system workspace's issuer, and under the system API as up to ACP 1.14.
const (
	LayoutWorkspace Layout = "workspace"
	LayoutSystem    Layout = "system"
)

// Way is how a client's request names its consent.
type Way string

// The ways: a parameter of its own, a dynamic scope, or the consent id in place of the person's.
const (
	ByMember Way = "openbanking_intent_id"
	ByScope  Way = "scope"
	ByHint   Way = "user_identifier"
)

// ConsentType is one kind and version of consent: all that differs between them.
type ConsentType struct {
	// Name is unique, such as br-payment-v3.
	Name string
	Kind Kind
	// Brazil says whose rules it follows; else it is the UK's.
	Brazil bool
	// Version is of Brazil's consents.
	Version string
	// Member holds the consent in GET's answer, PayloadType is consent_type in a start payload.
	Member, PayloadType string
	// Create is where a client creates it, under the workspace.
	Create string
	// Scope is what a client asks for with it.
	Scope string
	// Read is where it is read by login; empty when it can't be.
	Read string
	// System says that LayoutSystem carries it too.
	System bool
	base   string // where it is accepted and rejected
}

func ukType(name Kind, path, create, scope string) ConsentType {
	member := strings.ReplaceAll(path, "-", "_")
	base := "/open-banking/" + path
	return ConsentType{
		Name:        string(name),
		Kind:        name,
		Member:      member,
		PayloadType: strings.TrimSuffix(member, "_consent"),
		Create:      "/open-banking/v3.1/" + create,
		Scope:       scope,
		Read:        base,
		System:      true,
		base:        base,
	}
}

func brType(kind Kind, version, member, create, scope, payload, read, base string) ConsentType {
	return ConsentType{
		Name:        string(kind) + "-" + version,
		Kind:        kind,
		Brazil:      true,
		Version:     version,
		Member:      member,
		PayloadType: payload,
		Create:      "/open-banking/" + create,
		Scope:       scope,
		Read:        read,
		System:      version == "v1",
		base:        base,
	}
}

// consentTypes is the table: another kind or version is another row.
var consentTypes = []ConsentType{
	ukType(UKAccountAccess, "account-access-consent", "aisp/account-access-consents", "accounts"),
	ukType(UKDomesticPayment, "domestic-payment-consent", "pisp/domestic-payment-consents", "payments"),
	ukType(UKDomesticScheduledPayment, "domestic-scheduled-payment-consent", "pisp/domestic-scheduled-payment-consents",
		"payments"),
	ukType(UKDomesticStandingOrder, "domestic-standing-order-consent", "pisp/domestic-standing-order-consents",
		"payments"),
	ukType(UKFilePayment, "file-payment-consent", "pisp/file-payment-consents", "payments"),
	ukType(UKInternationalPayment, "international-payment-consent", "pisp/international-payment-consents", "payments"),
	ukType(UKInternationalScheduledPayment, "international-scheduled-payment-consent",
		"pisp/international-scheduled-payment-consents", "payments"),
	ukType(UKInternationalStandingOrder, "international-standing-order-consent",
		"pisp/international-standing-order-consents", "payments"),
	brType(BRData, "v1", "customer_data_access_consent", "consents/v1/consents", "consents", "consents", brDataPath,
		brDataPath),
	brType(BRData, "v2", "customer_data_access_consent_v2", "consents/v2/consents", "consents", "consents", brDataPath,
		brDataPath),
	brType(BRPayment, "v1", "customer_payment_consent", "payments/v1/consents", "payments", "payments", brPaymentPath,
		brPaymentPath),
	brType(BRPayment, "v2", "customer_payment_consent_v2", "payments/v2/consents", "payments", "payments",
		brPaymentPath+"/v2", brPaymentPath),
	brType(BRPayment, "v3", "customer_payment_consent_v3", "payments/v3/consents", "payments", "payments",
		brPaymentPath+"/v3", brPaymentPath),
	brType(BRPayment, "v4", "customer_payment_consent_v4", "payments/v4/consents", "payments", "payments", "",
		brPaymentPath),
	{
		Name:   "uk-vrp",
		Kind:   Refused,
		Member: "domestic_vrp_consent",
		Create: "/open-banking/v3.1/pisp/domestic-vrp-consents",
		Scope:  "payments",
	},
	{
		Name:    "br-recurring-v1",
		Kind:    Refused,
		Brazil:  true,
		Version: "v1",
		Member:  "customer_recurring_payment_consent_v1",
		Create:  "/open-banking/automatic-payments/v1/recurring-consents",
		Scope:   "recurring-payments",
	},
}

const (
	brDataPath    = "/open-banking-brasil/consent"
	brPaymentPath = "/open-banking-brasil/payment"
)

// ConsentTypes lists what the emulator can be asked for, refused ones included.
func ConsentTypes() []ConsentType { return slices.Clone(consentTypes) }

func consentType(name string) (ConsentType, bool) {
	i := slices.IndexFunc(consentTypes, func(t ConsentType) bool { return t.Name == name })
	if i < 0 {
		return ConsentType{}, false
	}
	return consentTypes[i], true
}

// Carries tells whether a layout has calls for the type.
func (t ConsentType) Carries(l Layout) bool {
	return t.Kind != Refused && (l == LayoutWorkspace || t.System)
}

// awaiting, authorised and rejected are a consent's statuses as its country writes them.
func (t ConsentType) status(state State) string {
	uk, br := "AwaitingAuthorisation", "AWAITING_AUTHORISATION"
	switch state {
	case Approved:
		uk, br = "Authorised", "AUTHORISED"
	case Rejected:
		uk, br = "Rejected", "REJECTED"
	}
	if t.Brazil {
		return br
	}
	return uk
}

// Consent is what a client wants a person to agree to.
type Consent struct {
	ID     string
	Type   ConsentType
	Status string
	// CPF and CNPJ say whose a Brazilian consent is.
	CPF, CNPJ string
	// Body is the consent as ACP keeps it: the member of GET's answer. A test may put anything into it.
	Body map[string]any
	// AccountIDs and Debtor are what it was accepted with.
	AccountIDs []string
	Debtor     *DebtorAccount
	createdAt  time.Time
	client     string
}

func (c *Consent) clone() Consent {
	out := *c
	out.Body, out.AccountIDs = maps.Clone(c.Body), slices.Clone(c.AccountIDs)
	return out
}

// settle moves the consent's status along with its login.
func (c *Consent) settle(state State) {
	c.Status = c.Type.status(state)
	if c.Type.Brazil {
		c.Body["status"] = c.Status
	} else {
		c.Body["Status"] = c.Status
	}
}

// scope is the dynamic scope that names the consent.
func (c *Consent) scope() string {
	if c.Type.Kind == Refused {
		return "recurring-consent:" + c.ID
	}
	return "consent:" + c.ID
}

// shares tells whether a Brazilian data consent asks for accounts or cards.
func (c *Consent) shares() bool {
	list, _ := c.Body["permissions"].([]any)
	return slices.ContainsFunc(list, func(v any) bool {
		s, _ := v.(string)
		return strings.HasPrefix(s, "ACCOUNTS_") || strings.HasPrefix(s, "CREDIT_CARDS_")
	})
}

// AddConsent keeps a consent that a client created earlier, without the call: the type's first
// sample, changed by change.
func (e *Emulator) AddConsent(typeName string, change func(*Consent)) Consent {
	t, found := consentType(typeName)
	if !found {
		panic("emulator: no consent type " + typeName)
	}
	var request map[string]any
	for _, s := range samples {
		if s.consentType == typeName {
			request = s.request()
			break
		}
	}
	c, err := e.newConsent(t, request, "")
	if err != nil {
		panic("emulator: a sample that can't be asked for: " + err.Error())
	}
	if change != nil {
		change(c)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.consents[c.ID] = c
	return c.clone()
}

// Consent finds a consent as it stands.
func (e *Emulator) Consent(id string) (Consent, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, found := e.consents[id]
	if !found {
		return Consent{}, false
	}
	return c.clone(), true
}

// EditConsent changes a consent from now on; it says whether there is such a consent.
func (e *Emulator) EditConsent(id string, change func(*Consent)) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, found := e.consents[id]
	if found {
		c.Body = maps.Clone(c.Body)
		change(c)
	}
	return found
}

// SetLayouts says which layouts answer: both by default. A path of another one is 404, whoever asks.
func (e *Emulator) SetLayouts(served ...Layout) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.layouts = slices.Clone(served)
}

func (e *Emulator) serves(l Layout) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.layouts, l)
}

// newConsent checks what a client asks for and makes it what ACP keeps. A UK payment is kept flat:
// data, risk and what the
// bank adds side by side.
func (e *Emulator) newConsent(t ConsentType, request map[string]any, client string) (*Consent, error) {
	now := e.now().UTC().Truncate(time.Second)
	c := &Consent{Type: t, Status: t.status(Pending), Body: map[string]any{}, createdAt: now, client: client}
	data, _ := request[map[bool]string{true: "data", false: "Data"}[t.Brazil]].(map[string]any)
	if data == nil {
		return nil, errors.New("the body has no data")
	}
	maps.Copy(c.Body, data)
	stamp := now.Format(time.RFC3339)
	if t.Brazil {
		c.ID = "urn:northmoor:" + strings.ToUpper(randomHex(8))
		c.CPF, c.CNPJ = identification(data, "loggedUser"), identification(data, "businessEntity")
		if c.CPF == "" {
			return nil, errors.New("loggedUser.document.identification is missing")
		}
		c.Body["consentId"], c.Body["status"], c.Body["creationDateTime"], c.Body["statusUpdateDateTime"] = c.ID, c.Status, stamp, stamp
		if t.Kind == BRData { // of the documents ACP keeps the company's in it, where it is for one
			if c.CNPJ != "" {
				c.Body["document"] = map[string]any{"identification": c.CNPJ, "rel": "CNPJ"}
			}
			delete(c.Body, "loggedUser")
			delete(c.Body, "businessEntity")
			if c.Body["expirationDateTime"] == nil {
				c.Body["expirationDateTime"] = "0001-01-01T00:00:00Z" // as ACP writes a time that isn't set
			}
		}
		if t.Kind == BRPayment {
			c.Body["expirationDateTime"] = now.Add(5 * time.Minute).Format(time.RFC3339)
		}
		return c, need(data, map[Kind][]string{BRData: {"permissions"}, BRPayment: {"creditor", "payment"}}[t.Kind]...)
	}
	c.ID = "acp-" + randomHex(8)
	c.Body["ConsentId"], c.Body["Status"], c.Body["CreationDateTime"], c.Body["StatusUpdateDateTime"] = c.ID, c.Status, stamp, stamp
	if risk, ok := request["Risk"].(map[string]any); ok {
		maps.Copy(c.Body, risk)
	}
	if t.Kind == UKAccountAccess {
		return c, need(data, "Permissions")
	}
	if bank, ok := request["Bank"].(map[string]any); ok { // what the bank adds to it
		maps.Copy(c.Body, bank)
	}
	if t.Kind == Refused {
		return c, nil
	}
	return c, need(data, "Initiation")
}

func need(m map[string]any, names ...string) error {
	for _, name := range names {
		if m[name] == nil {
			return fmt.Errorf("%s is missing", name)
		}
	}
	return nil
}

func identification(data map[string]any, of string) string {
	who, _ := data[of].(map[string]any)
	document, _ := who["document"].(map[string]any)
	id, _ := document["identification"].(string)
	return id
}

// consentDetails is GET's answer for a login that is about a consent.
func consentDetails(s *session) any {
	c := s.consent
	m := map[string]any{
		"client_id":              s.Details.ClientID,
		"client_info":            s.Details.ClientInfo,
		"consent_id":             c.ID,
		"tenant_id":              s.Details.TenantID,
		"server_id":              s.Details.ServerID,
		"requested_scopes":       s.Details.RequestedScopes,
		"status":                 c.Status,
		"created_at":             c.createdAt.Format(time.RFC3339),
		"authentication_context": map[string]any{},
		"account_ids":            append([]string{}, c.AccountIDs...),
		c.Type.Member:            c.Body,
	}
	if s.Details.Subject != "" {
		m["subject"] = s.Details.Subject
	}
	maps.Copy(m, s.Details.Extra)
	return m
}

// byID is BrazilConsent of ACP's API: a consent whatever login it is asked for by.
func byID(c *Consent, tenant, workspace string) any {
	m := map[string]any{
		"client_id": c.client, "consent_id": c.ID, "tenant_id": tenant, "server_id": workspace, "status": c.Status,
		"created_at": c.createdAt.Format(time.RFC3339), "cpf": c.CPF, c.Type.Member: c.Body,
	}
	if c.CNPJ != "" {
		m["cnpj"] = c.CNPJ
	}
	return m
}

// DebtorAccount is the account that a Brazilian payment is made from.
type DebtorAccount struct {
	ISPB        string `json:"ispb"`
	Issuer      string `json:"issuer,omitempty"`
	Number      string `json:"number"`
	AccountType string `json:"account_type"`
}

// RejectionReason is why a Brazilian consent was rejected.
type RejectionReason struct {
	Code    string `json:"code"`
	Details string `json:"details"`
}

// acceptConsent reads and checks AcceptConsentRequest, or for a payment of Brazil in
// LayoutWorkspace AcceptPaymentConsent.
func acceptConsent(l Layout) func(*session, []byte) (*AcceptBody, error) {
	return func(s *session, raw []byte) (*AcceptBody, error) {
		var b struct {
			LoginState    string         `json:"login_state"`
			GrantedScopes []string       `json:"granted_scopes"`
			AccountIDs    []string       `json:"account_ids"`
			Debtor        *DebtorAccount `json:"debtor_account"`
		}
		if err := strictJSON(raw, &b); err != nil {
			return nil, err
		}
		c := s.consent
		var faults []error
		fault := func(when bool, text string) {
			if when {
				faults = append(faults, errors.New(text))
			}
		}
		fault(b.LoginState != s.LoginState, "login_state is not the one of this login")
		names := slices.Sorted(maps.Keys(s.Details.grantable()))
		faults = append(faults, within("granted_scopes", b.GrantedScopes, names))
		fault(len(b.GrantedScopes) != len(names), "granted_scopes lacks some; none of a consent's may be left out")
		payment := c.Type.Kind != UKAccountAccess && c.Type.Kind != BRData
		fault(b.AccountIDs == nil, "account_ids is missing")
		fault(payment && len(b.AccountIDs) != 1, "a payment is made from one account")
		fault(c.Type.Kind == BRData && c.shares() != (len(b.AccountIDs) > 0),
			"account_ids are there exactly when accounts or cards are shared")
		fault(c.Type.Kind == UKAccountAccess && len(b.AccountIDs) == 0, "account_ids is empty")
		faults = append(faults, within("account_ids", b.AccountIDs, b.AccountIDs))
		wanted := c.Type.Kind == BRPayment && l == LayoutWorkspace && c.Body["debtorAccount"] == nil
		fault(wanted != (b.Debtor != nil), "debtor_account is there exactly when the consent came without one")
		if b.Debtor != nil {
			fault(b.Debtor.ISPB == "" || b.Debtor.Number == "" || b.Debtor.AccountType == "",
				"debtor_account is not complete")
		}
		return &AcceptBody{
			LoginState:    b.LoginState,
			ConsentID:     c.ID,
			GrantedScopes: b.GrantedScopes,
			AccountIDs:    b.AccountIDs,
			Debtor:        b.Debtor,
		}, errors.Join(faults...)
	}
}

// rejectionCodes are what Brazil takes as a reason.
var rejectionCodes = map[Kind][]string{
	BRData:    {"CUSTOMER_MANUALLY_REJECTED", "INTERNAL_SECURITY_REASON", "CONSENT_TECHNICAL_ISSUE"},
	BRPayment: {"REJEITADO_USUARIO", "CONTA_NAO_PERMITE_PAGAMENTO", "SALDO_INSUFICIENTE", "FALHA_INFRAESTRUTURA"},
}

func rejectConsent(s *session, raw []byte) (*RejectBody, error) {
	var b struct {
		RejectBody
		Reason *RejectionReason `json:"rejection_reason"`
	}
	if err := strictJSON(raw, &b); err != nil {
		return nil, err
	}
	plain := b.RejectBody
	plain.Reason = b.Reason
	faults := []error{matches(s, b.ID, b.LoginState)}
	if b.Error == "" || b.StatusCode != 403 {
		faults = append(faults, errors.New("error is missing, or status_code is not 403"))
	}
	switch codes := rejectionCodes[s.consent.Type.Kind]; {
	case codes == nil && b.Reason != nil:
		faults = append(faults, errors.New("rejection_reason is Brazil's"))
	case codes != nil && (b.Reason == nil || !slices.Contains(codes, b.Reason.Code) || b.Reason.Details == ""):
		faults = append(faults, fmt.Errorf("rejection_reason needs details and a code of %v", codes))
	}
	return &plain, errors.Join(faults...)
}
