package acp

import "assent/app/authz"

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
