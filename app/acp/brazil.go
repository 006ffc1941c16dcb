package acp

import "assent/app/authz"

const (
	brDataPath    = "/open-banking-brasil/consent/{login}"
	brPaymentPath = "/open-banking-brasil/payment"
)

// brazilKinds are the rows of Brazil's kinds.
var brazilKinds = []kind{
	{
		name: authz.BRData, scope: consentScope, base: brDataPath,
		consentTypes: []string{"consents"},
		accept:       everywhere(acceptConsent),
		reasons: map[authz.Why]string{
			authz.ByPerson: "CUSTOMER_MANUALLY_REJECTED", authz.Security: "INTERNAL_SECURITY_REASON",
			authz.Technical: "CONSENT_TECHNICAL_ISSUE", authz.AccountCannotPay: "CONSENT_TECHNICAL_ISSUE",
			authz.Balance: "CONSENT_TECHNICAL_ISSUE",
		},
		versions: []version{
			{name: "v2", member: "customer_data_access_consent_v2", details: brDataPath, mapping: brData},
			{name: "v1", member: "customer_data_access_consent", details: brDataPath, system: true, mapping: brData},
		},
	},
	{
		name: authz.BRPayment, scope: consentScope, base: brPaymentPath + "/{login}",
		consentTypes: []string{"payments"},
		accept: map[Layout]func(authz.Login, authz.Grant) any{
			LayoutWorkspace: acceptPayment,
			LayoutSystem:    acceptConsent,
		},
		reasons: map[authz.Why]string{
			authz.ByPerson: "REJEITADO_USUARIO", authz.AccountCannotPay: "CONTA_NAO_PERMITE_PAGAMENTO",
			authz.Balance:   "SALDO_INSUFICIENTE",
			authz.Security:  "FALHA_INFRAESTRUTURA",
			authz.Technical: "FALHA_INFRAESTRUTURA",
		},
		versions: []version{
			{name: "v4", member: "customer_payment_consent_v4", mapping: brPayment},
			{
				name:    "v3",
				member:  "customer_payment_consent_v3",
				details: brPaymentPath + "/v3/{login}",
				mapping: brPayment,
			},
			{
				name:    "v2",
				member:  "customer_payment_consent_v2",
				details: brPaymentPath + "/v2/{login}",
				mapping: brPayment,
			},
			{
				name:    "v1",
				member:  "customer_payment_consent",
				details: brPaymentPath + "/{login}",
				system:  true,
				mapping: brPayment,
			},
		},
	},
}

// The mappings of Open Finance Brasil's consents. The versions of one kind
// differ in what they may hold, not in where it stands.

var brData = mapping{
	id: "consentId", status: "status", permissions: "permissions",
	cpf: "loggedUser.document", cnpj: "document",
	fields: []field{
		{authz.TransactionsFrom, "transactionFromDateTime", moment},
		{authz.TransactionsTo, "transactionToDateTime", moment},
		{authz.ExpiresAt, "expirationDateTime", moment},
		{authz.CreatedAt, "creationDateTime", moment},
	},
	silent: []string{"statusUpdateDateTime"},
}

var brPayment = mapping{
	id: "consentId", status: "status",
	debtor: "debtorAccount", account: brAccount,
	cpf: "loggedUser.document", cnpj: "businessEntity.document",
	fields: []field{
		{authz.Amount, "payment.amount", brMoney},
		{authz.Payee, "creditor.name", text},
		{authz.PayeeDocument, "creditor.cpfCnpj", document},
		{authz.PayeePersonType, "creditor.personType", text},
		{authz.PayeeAccount, "payment.details.creditorAccount", account(brAccount)},
		{authz.PayOn, "payment.date", moment},
		{authz.PayOn, "payment.schedule.single.date", moment},
		{authz.Frequency, "payment.schedule.daily", every},
		{authz.Frequency, "payment.schedule.weekly", every},
		{authz.Frequency, "payment.schedule.monthly", every},
		{authz.Frequency, "payment.schedule.custom", every},
		// The Swagger has no description of a payment; where Open Finance
		// Brasil writes one, it is by these names.
		{authz.Remittance, "payment.remittanceInformation", text},
		{authz.Remittance, "payment.details.remittanceInformation", text},
		{authz.Remittance, "remittanceInformation", text},
		{authz.Method, "payment.type", text},
		{authz.LocalInstrument, "payment.details.localInstrument", text},
		{authz.PayeeProxy, "payment.details.proxy", text},
		{authz.QRCode, "payment.details.qrCode", text},
		{authz.IBGETownCode, "payment.ibgeTownCode", text},
		{authz.TransactionID, "payment.transactionIdentification", text},
		{authz.TransactionID, "payment.details.transactionIdentification", text},
		{authz.TransactionID, "transactionIdentification", text},
		{authz.EndToEndID, "payment.endToEndId", text},
		{authz.EndToEndID, "endToEndId", text},
		{authz.CreatedAt, "creationDateTime", moment},
	},
	needed:   []authz.FactName{authz.Amount, authz.Payee, authz.PayeeDocument},
	schedule: "payment.schedule",
	// Such a consent expires with the login that it is answered by.
	silent: []string{"statusUpdateDateTime", "expirationDateTime"},
}
