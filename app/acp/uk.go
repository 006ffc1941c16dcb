package acp

import "slices"

// The mappings of the UK's consents (OBIE Read/Write API 3.1): fields in the
// order in which a person wants them. ACP puts what OBIE calls Data and Risk
// side by side.

// ukSilent means nothing to a person: the transport's ids and times, and what
// the exemption from a check was asked with.
var ukSilent = []string{"StatusUpdateDateTime", "SCASupportData"}

var ukAccess = mapping{
	id: "ConsentId", status: "Status", permissions: "Permissions",
	fields: []field{
		{TransactionsFrom, "TransactionFromDateTime", moment},
		{TransactionsTo, "TransactionToDateTime", moment},
		{ExpiresAt, "ExpirationDateTime", moment},
		{CreatedAt, "CreationDateTime", moment},
	},
	silent: ukSilent,
}

var (
	// The payee is who is paid: never the debtor, who pays.
	ukPayee = []field{
		{Payee, "Initiation.CreditorAccount.Name", text},
		{PayeeAccount, "Initiation.CreditorAccount", account(ukAccount)},
	}
	ukAddress = []field{
		{PayeeAddress, "Initiation.CreditorPostalAddress", address},
	}
	ukCreditor = []field{
		{PayeeParty, "Initiation.Creditor.Name", text},
		{PayeeAddress, "Initiation.Creditor.PostalAddress", address},
		{PayeeBank, "Initiation.CreditorAgent", bank},
		{PayeeBankAddress, "Initiation.CreditorAgent.PostalAddress", address},
		{Destination, "Initiation.DestinationCountryCode", text},
	}
	ukAmount = []field{
		{Amount, "Initiation.InstructedAmount", money},
	}
	ukPayOn = []field{
		{PayOn, "Initiation.RequestedExecutionDateTime", moment},
	}
	ukRemittance = []field{
		{Reference, "Initiation.RemittanceInformation.Reference", text},
		{Remittance, "Initiation.RemittanceInformation.Unstructured", text},
	}
	ukReference = []field{
		{Reference, "Initiation.Reference", text},
	}
	ukFirst = []field{
		{FirstPayment, "Initiation.FirstPayment", paid},
		{RecurringPayment, "Initiation.RecurringPayment", payment},
	}
	// An international standing order has one amount for all its payments.
	ukStarts = []field{
		{FirstPayment, "Initiation.FirstPayment", payment},
	}
	ukStanding = []field{
		{Frequency, "Initiation.Frequency", frequency},
		{FinalPayment, "Initiation.FinalPayment", payment},
		{NumberOfPayments, "Initiation.NumberOfPayments", count},
	}
	ukTransfer = []field{
		{TransferCurrency, "Initiation.CurrencyOfTransfer", text},
	}
	// The rate is the consent's own; the client's wish is another thing.
	ukRate = []field{
		{ExchangeRate, "ExchangeRateInformation", rate},
		{RequestedRate, "Initiation.ExchangeRateInformation", rate},
	}
	ukBearer = []field{
		{ChargeBearer, "Initiation.ChargeBearer", text},
	}
	ukPurpose = []field{
		{Priority, "Initiation.InstructionPriority", text},
		{Purpose, "Initiation.Purpose", text},
		{ExtendedPurpose, "Initiation.ExtendedPurpose", text},
	}
	// What all payments end with.
	ukCommon = []field{
		{ChargeList, "Charges", charges},
		{ExpectedExecution, "ExpectedExecutionDateTime", moment},
		{ExpectedSettle, "ExpectedSettlementDateTime", moment},
		{CutOff, "CutOffDateTime", moment},
		{PaymentContext, "PaymentContextCode", text},
		{MerchantCategory, "MerchantCategoryCode", text},
		{MerchantCustomer, "MerchantCustomerIdentification", text},
		{DeliveryAddress, "DeliveryAddress", address},
		{LocalInstrument, "Initiation.LocalInstrument", text},
		{InstructionID, "Initiation.InstructionIdentification", text},
		{EndToEndID, "Initiation.EndToEndIdentification", text},
		{CreatedAt, "CreationDateTime", moment},
	}
)

// ukPayment puts a mapping together.
func ukPayment(needed []FactName, fields ...[]field) mapping {
	return mapping{
		id: "ConsentId", status: "Status", debtor: "Initiation.DebtorAccount", account: ukAccount,
		fields: append(slices.Concat(fields...), ukCommon...), needed: needed, silent: append([]string{"Permission"}, ukSilent...),
	}
}

var (
	ukDomestic = ukPayment([]FactName{Amount, Payee, PayeeAccount},
		ukAmount, ukPayee, ukRemittance, ukAddress)
	ukScheduled = ukPayment([]FactName{Amount, Payee, PayeeAccount, PayOn},
		ukAmount, ukPayee, ukPayOn, ukRemittance, ukAddress)
	ukStandingOrder = ukPayment([]FactName{FirstPayment, Payee, PayeeAccount, Frequency},
		ukPayee, ukFirst, ukStanding, ukReference)
	ukFile = ukPayment([]FactName{FileType, FileHash}, []field{
		{FileTransactions, "Initiation.NumberOfTransactions", count},
		{FileControlSum, "Initiation.ControlSum", decimal},
		{FileReference, "Initiation.FileReference", text},
		{FileType, "Initiation.FileType", text},
		{FileHash, "Initiation.FileHash", text},
	}, ukPayOn, ukRemittance)
	ukInternational = ukPayment([]FactName{Amount, Payee, PayeeAccount},
		ukAmount, ukTransfer, ukPayee, ukRate, ukBearer, ukCreditor, ukRemittance, ukPurpose)
	ukInternationalScheduled = ukPayment([]FactName{Amount, Payee, PayeeAccount, PayOn},
		ukAmount, ukTransfer, ukPayee, ukPayOn, ukRate, ukBearer, ukCreditor, ukRemittance, ukPurpose)
	ukInternationalStandingOrder = ukPayment([]FactName{Amount, Payee, PayeeAccount, Frequency},
		ukAmount, ukTransfer, ukPayee, ukStarts, ukStanding, ukBearer, ukCreditor, ukReference, ukPurpose)
)
