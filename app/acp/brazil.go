package acp

// The mappings of Open Finance Brasil's consents. The versions of one kind
// differ in what they may hold, not in where it stands.

var brData = mapping{
	id: "consentId", status: "status", permissions: "permissions",
	cpf: "loggedUser.document", cnpj: "document",
	fields: []field{
		{TransactionsFrom, "transactionFromDateTime", moment},
		{TransactionsTo, "transactionToDateTime", moment},
		{ExpiresAt, "expirationDateTime", moment},
		{CreatedAt, "creationDateTime", moment},
	},
	silent: []string{"statusUpdateDateTime"},
}

var brPayment = mapping{
	id: "consentId", status: "status",
	debtor: "debtorAccount", account: brAccount,
	cpf: "loggedUser.document", cnpj: "businessEntity.document",
	fields: []field{
		{Amount, "payment.amount", brMoney},
		{Payee, "creditor.name", text},
		{PayeeDocument, "creditor.cpfCnpj", document},
		{PayeePersonType, "creditor.personType", text},
		{PayeeAccount, "payment.details.creditorAccount", account(brAccount)},
		{PayOn, "payment.date", moment},
		{PayOn, "payment.schedule.single.date", moment},
		{Frequency, "payment.schedule.daily", every},
		{Frequency, "payment.schedule.weekly", every},
		{Frequency, "payment.schedule.monthly", every},
		{Frequency, "payment.schedule.custom", every},
		// The Swagger has no description of a payment; where Open Finance
		// Brasil writes one, it is by these names.
		{Remittance, "payment.remittanceInformation", text},
		{Remittance, "payment.details.remittanceInformation", text},
		{Remittance, "remittanceInformation", text},
		{Method, "payment.type", text},
		{LocalInstrument, "payment.details.localInstrument", text},
		{PayeeProxy, "payment.details.proxy", text},
		{QRCode, "payment.details.qrCode", text},
		{IBGETownCode, "payment.ibgeTownCode", text},
		{TransactionID, "payment.transactionIdentification", text},
		{TransactionID, "payment.details.transactionIdentification", text},
		{TransactionID, "transactionIdentification", text},
		{EndToEndID, "payment.endToEndId", text},
		{EndToEndID, "endToEndId", text},
		{CreatedAt, "creationDateTime", moment},
	},
	needed:   []FactName{Amount, Payee, PayeeDocument},
	schedule: "payment.schedule",
	// Such a consent expires with the login that it is answered by.
	silent: []string{"statusUpdateDateTime", "expirationDateTime"},
}
