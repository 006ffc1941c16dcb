package acp

import "assent/app/authz"

// kind is one row of the table: all that differs between kinds.
type kind struct {
	name    authz.Kind
	country country
	scope   string // of the token
	// base is where the kind lives under its root; {login} stands for the
	// login's id. Accept and reject are posted under it.
	base string
	// consentTypes are the spellings in a start payload, lower-case letters only.
	consentTypes []string
	// accept gives the body of an accept in each layout that carries the kind.
	accept map[Layout]func(authz.Login, authz.Grant) any
	// reasons are the codes of a rejection where ACP takes one.
	reasons map[authz.Why]string
	// versions are what an answer may hold, the newest first. A plain login
	// has none: it carries no consent.
	versions []version
}

// version is one form of a kind's consent.
type version struct {
	name    string // Brazil: v1, v2, ...
	member  string // of the answer
	details string // where it is read by login, {login} as above; empty where it can't be
	system  bool   // LayoutSystem carries it too
	mapping mapping
}

// country is whose rules a kind follows.
type country string

const (
	nowhere country = ""
	uk      country = "uk"
	brazil  country = "br"
)

const (
	grantScope   = "manage_scope_grants"
	consentScope = "manage_openbanking_consents"
)

// kinds is the table. Its order is the one in which the types of a UK consent
// are asked for.
var kinds = []kind{
	{
		name: authz.Regular, scope: grantScope, base: "/scope-grants/{login}",
		accept: everywhere(acceptScopeGrant),
	},
	ukKind(authz.UKAccountAccess, "account-access-consent", "account_access_consent", ukAccess, "accountaccess"),
	ukKind(authz.UKDomesticPayment, "domestic-payment-consent", "domestic_payment_consent", ukDomestic, "domesticpayment"),
	ukKind(authz.UKDomesticScheduledPayment, "domestic-scheduled-payment-consent", "domestic_scheduled_payment_consent", ukScheduled, "domesticscheduledpayment"),
	ukKind(authz.UKDomesticStandingOrder, "domestic-standing-order-consent", "domestic_standing_order_consent", ukStandingOrder, "domesticstandingorder"),
	ukKind(authz.UKFilePayment, "file-payment-consent", "file_payment_consent", ukFile, "filepayment"),
	ukKind(authz.UKInternationalPayment, "international-payment-consent", "international_payment_consent", ukInternational, "internationalpayment"),
	ukKind(authz.UKInternationalScheduledPayment, "international-scheduled-payment-consent", "international_scheduled_payment_consent", ukInternationalScheduled, "internationalscheduledpayment"),
	ukKind(authz.UKInternationalStandingOrder, "international-standing-order-consent", "international_standing_order_consent", ukInternationalStandingOrder, "internationalstandingorder"),
	{
		name: authz.BRData, country: brazil, scope: consentScope, base: "/open-banking-brasil/consent/{login}",
		consentTypes: []string{"consents"},
		accept:       everywhere(acceptConsent),
		reasons: map[authz.Why]string{
			authz.ByPerson: "CUSTOMER_MANUALLY_REJECTED", authz.Security: "INTERNAL_SECURITY_REASON", authz.Technical: "CONSENT_TECHNICAL_ISSUE",
			authz.AccountCannotPay: "CONSENT_TECHNICAL_ISSUE", authz.Balance: "CONSENT_TECHNICAL_ISSUE",
		},
		versions: []version{
			{name: "v2", member: "customer_data_access_consent_v2", details: "/open-banking-brasil/consent/{login}", mapping: brData},
			{name: "v1", member: "customer_data_access_consent", details: "/open-banking-brasil/consent/{login}", system: true, mapping: brData},
		},
	},
	{
		name: authz.BRPayment, country: brazil, scope: consentScope, base: "/open-banking-brasil/payment/{login}",
		consentTypes: []string{"payments"},
		accept:       map[Layout]func(authz.Login, authz.Grant) any{LayoutWorkspace: acceptPayment, LayoutSystem: acceptConsent},
		reasons: map[authz.Why]string{
			authz.ByPerson: "REJEITADO_USUARIO", authz.AccountCannotPay: "CONTA_NAO_PERMITE_PAGAMENTO", authz.Balance: "SALDO_INSUFICIENTE",
			authz.Security: "FALHA_INFRAESTRUTURA", authz.Technical: "FALHA_INFRAESTRUTURA",
		},
		versions: []version{
			{name: "v4", member: "customer_payment_consent_v4", mapping: brPayment},
			{name: "v3", member: "customer_payment_consent_v3", details: "/open-banking-brasil/payment/v3/{login}", mapping: brPayment},
			{name: "v2", member: "customer_payment_consent_v2", details: "/open-banking-brasil/payment/v2/{login}", mapping: brPayment},
			{name: "v1", member: "customer_payment_consent", details: "/open-banking-brasil/payment/{login}", system: true, mapping: brPayment},
		},
	},
}

// uncarried are the consents that ACP has no calls for, by their member of a
// Brazilian consent, with the reason for operators.
var uncarried = map[string]string{
	"customer_recurring_payment_consent_v1":  recurring,
	"customer_insurance_data_access_consent": "ACP can't accept Open Insurance data consents by login",
}

const (
	recurring = "ACP can't accept recurring payments of Brazil (Pix Automático) by login"
	vrp       = "ACP has no UK consent of a known type for this login; variable recurring payments (VRP) have no calls for a consent page"
)

func ukKind(name authz.Kind, path, member string, m mapping, consentType string) kind {
	base := "/open-banking/" + path + "/{login}"
	return kind{
		name: name, country: uk, scope: consentScope, base: base,
		consentTypes: []string{consentType, consentType + "consent"},
		accept:       everywhere(acceptConsent),
		versions:     []version{{member: member, details: base, system: true, mapping: m}},
	}
}

// everywhere is for a kind that all layouts carry alike.
func everywhere(body func(authz.Login, authz.Grant) any) map[Layout]func(authz.Login, authz.Grant) any {
	return map[Layout]func(authz.Login, authz.Grant) any{LayoutWorkspace: body, LayoutSystem: body}
}

// rowOf finds a kind's row.
func rowOf(name authz.Kind) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

// holder finds whose consent a member of an answer holds.
func holder(member string) (*kind, *version) {
	for i := range kinds {
		for j := range kinds[i].versions {
			if kinds[i].versions[j].member == member {
				return &kinds[i], &kinds[i].versions[j]
			}
		}
	}
	return nil, nil
}
