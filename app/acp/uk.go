package acp

import (
	"slices"
	"strings"

	"assent/app/authz"
)

// The mappings of the UK's consents (OBIE Read/Write API 3.1): fields in the
// order in which a person wants them. ACP puts what OBIE calls Data and Risk
// side by side.

// ukKinds are the rows of the UK's kinds.
var ukKinds = []kind{
	ukKind(authz.UKAccountAccess, ukAccess),
	ukKind(authz.UKDomesticPayment, ukDomestic),
	ukKind(authz.UKDomesticScheduledPayment, ukScheduled),
	ukKind(authz.UKDomesticStandingOrder, ukStandingOrder),
	ukKind(authz.UKFilePayment, ukFile),
	ukKind(authz.UKInternationalPayment, ukInternational),
	ukKind(authz.UKInternationalScheduledPayment, ukInternationalScheduled),
	ukKind(authz.UKInternationalStandingOrder, ukInternationalStandingOrder),
}

// ukKind is the row of a UK kind. ACP's path, member and types of it are its name
// in their spelling: of uk-file-payment, file-payment-consent, file_payment_consent
// and filepayment.
func ukKind(name authz.Kind, m mapping) kind {
	bare := strings.TrimPrefix(string(name), "uk-")
	path, letters := bare+"-consent", authz.Letters(bare)
	base := "/open-banking/" + path + "/{login}"
	return kind{
		name: name, scope: consentScope, base: base,
		consentTypes: []string{letters, letters + "consent"},
		accept:       everywhere(acceptConsent),
		versions:     []version{{member: strings.ReplaceAll(path, "-", "_"), details: base, system: true, mapping: m}},
	}
}

// ukSilent means nothing to a person: the transport's ids and times, and what
// the exemption from a check was asked with.
var ukSilent = []string{"StatusUpdateDateTime", "SCASupportData"}

var ukAccess = mapping{
	id: "ConsentId", status: "Status", permissions: "Permissions",
	fields: []field{
		{authz.TransactionsFrom, "TransactionFromDateTime", moment},
		{authz.TransactionsTo, "TransactionToDateTime", moment},
		{authz.ExpiresAt, "ExpirationDateTime", moment},
		{authz.CreatedAt, "CreationDateTime", moment},
	},
	silent: ukSilent,
}

var (
	// The payee is who is paid: never the debtor, who pays.
	ukPayee = []field{
		{authz.Payee, "Initiation.CreditorAccount.Name", text},
		{authz.PayeeAccount, "Initiation.CreditorAccount", account(ukAccount)},
	}
	ukAddress = []field{
		{authz.PayeeAddress, "Initiation.CreditorPostalAddress", address},
	}
	ukCreditor = []field{
		{authz.PayeeParty, "Initiation.Creditor.Name", text},
		{authz.PayeeAddress, "Initiation.Creditor.PostalAddress", address},
		{authz.PayeeBank, "Initiation.CreditorAgent", bank},
		{authz.PayeeBankAddress, "Initiation.CreditorAgent.PostalAddress", address},
		{authz.Destination, "Initiation.DestinationCountryCode", text},
	}
	ukAmount = []field{
		{authz.Amount, "Initiation.InstructedAmount", money},
	}
	ukPayOn = []field{
		{authz.PayOn, "Initiation.RequestedExecutionDateTime", moment},
	}
	ukRemittance = []field{
		{authz.Reference, "Initiation.RemittanceInformation.Reference", text},
		{authz.Remittance, "Initiation.RemittanceInformation.Unstructured", text},
	}
	ukReference = []field{
		{authz.Reference, "Initiation.Reference", text},
	}
	ukFirst = []field{
		{authz.FirstPayment, "Initiation.FirstPayment", paid},
		{authz.RecurringPayment, "Initiation.RecurringPayment", payment},
	}
	// An international standing order has one amount for all its payments.
	ukStarts = []field{
		{authz.FirstPayment, "Initiation.FirstPayment", payment},
	}
	ukStanding = []field{
		{authz.Frequency, "Initiation.Frequency", frequency},
		{authz.FinalPayment, "Initiation.FinalPayment", payment},
		{authz.NumberOfPayments, "Initiation.NumberOfPayments", count},
	}
	ukTransfer = []field{
		{authz.TransferCurrency, "Initiation.CurrencyOfTransfer", text},
	}
	// The rate is the consent's own; the client's wish is another thing.
	ukRate = []field{
		{authz.ExchangeRate, "ExchangeRateInformation", rate},
		{authz.RequestedRate, "Initiation.ExchangeRateInformation", rate},
	}
	ukBearer = []field{
		{authz.ChargeBearer, "Initiation.ChargeBearer", text},
	}
	ukPurpose = []field{
		{authz.Priority, "Initiation.InstructionPriority", text},
		{authz.Purpose, "Initiation.Purpose", text},
		{authz.ExtendedPurpose, "Initiation.ExtendedPurpose", text},
	}
	// What all payments end with.
	ukCommon = []field{
		{authz.ChargeList, "Charges", charges},
		{authz.ExpectedExecution, "ExpectedExecutionDateTime", moment},
		{authz.ExpectedSettle, "ExpectedSettlementDateTime", moment},
		{authz.CutOff, "CutOffDateTime", moment},
		{authz.PaymentContext, "PaymentContextCode", text},
		{authz.MerchantCategory, "MerchantCategoryCode", text},
		{authz.MerchantCustomer, "MerchantCustomerIdentification", text},
		{authz.DeliveryAddress, "DeliveryAddress", address},
		{authz.LocalInstrument, "Initiation.LocalInstrument", text},
		{authz.InstructionID, "Initiation.InstructionIdentification", text},
		{authz.EndToEndID, "Initiation.EndToEndIdentification", text},
		{authz.CreatedAt, "CreationDateTime", moment},
	}
)

// ukPayment puts a mapping together.
func ukPayment(needed []authz.FactName, fields ...[]field) mapping {
	return mapping{
		id: "ConsentId", status: "Status", debtor: "Initiation.DebtorAccount", account: ukAccount,
		fields: append(slices.Concat(fields...), ukCommon...),
		needed: needed,
		silent: append([]string{"Permission"}, ukSilent...),
	}
}

var (
	ukDomestic = ukPayment([]authz.FactName{authz.Amount, authz.Payee, authz.PayeeAccount},
		ukAmount, ukPayee, ukRemittance, ukAddress)
	ukScheduled = ukPayment([]authz.FactName{authz.Amount, authz.Payee, authz.PayeeAccount, authz.PayOn},
		ukAmount, ukPayee, ukPayOn, ukRemittance, ukAddress)
	ukStandingOrder = ukPayment([]authz.FactName{authz.FirstPayment, authz.Payee, authz.PayeeAccount, authz.Frequency},
		ukPayee, ukFirst, ukStanding, ukReference)
	ukFile = ukPayment([]authz.FactName{authz.FileType, authz.FileHash}, []field{
		{authz.FileTransactions, "Initiation.NumberOfTransactions", count},
		{authz.FileControlSum, "Initiation.ControlSum", decimal},
		{authz.FileReference, "Initiation.FileReference", text},
		{authz.FileType, "Initiation.FileType", text},
		{authz.FileHash, "Initiation.FileHash", text},
	}, ukPayOn, ukRemittance)
	ukInternational = ukPayment([]authz.FactName{authz.Amount, authz.Payee, authz.PayeeAccount},
		ukAmount, ukTransfer, ukPayee, ukRate, ukBearer, ukCreditor, ukRemittance, ukPurpose)
	ukInternationalScheduled = ukPayment([]authz.FactName{authz.Amount, authz.Payee, authz.PayeeAccount, authz.PayOn},
		ukAmount, ukTransfer, ukPayee, ukPayOn, ukRate, ukBearer, ukCreditor, ukRemittance, ukPurpose)
	ukInternationalStandingOrder = ukPayment([]authz.FactName{authz.Amount, authz.Payee, authz.PayeeAccount,
		authz.Frequency},
		ukAmount, ukTransfer, ukPayee, ukStarts, ukStanding, ukBearer, ukCreditor, ukReference, ukPurpose)
)
