package authz

import "assent/app"

// Consent is an open banking consent as a person must see it, whichever
// country and version it comes in. What ACP says of it and isn't known here
// stays in Details.Unknown, so that it is neither lost nor taken for more than
// it is.
type Consent struct {
	ID      string `json:"id"`
	Status  string `json:"-"`                 // as it came; see Awaiting
	Version string `json:"version,omitempty"` // Brazil: v1, v2, ...
	CPF     string `json:"cpf,omitempty"`     // Brazil: whose consent it is, digits only
	CNPJ    string `json:"cnpj,omitempty"`    // Brazil: the company it is for, without punctuation

	// Debtor is the account to pay from, where the consent fixes it.
	Debtor *app.AccountRef `json:"debtor,omitempty"`
	// Permissions are those of a data consent, as they came.
	Permissions []string `json:"permissions,omitempty"`
	// Facts are all other fields that a person may see, in the order of their
	// kind's mapping. A field that the consent doesn't have has no fact.
	Facts []Fact `json:"facts,omitempty"`
}

// Fact is one field of a consent. Which of its values are set follows from
// its name; all are as they came, since only the person's language says how
// they read.
type Fact struct {
	Name     FactName        `json:"name"`
	Text     string          `json:"text,omitempty"` // free text, or a code
	Money    *Money          `json:"money,omitempty"`
	Account  *app.AccountRef `json:"account,omitempty"`
	At       string          `json:"at,omitempty"`   // RFC 3339 with a time, or a date alone
	List     []string        `json:"list,omitempty"` // lines of an address, unstructured lines
	Schedule *Schedule       `json:"schedule,omitempty"`
	Rate     *Rate           `json:"rate,omitempty"`
	Charges  []Charge        `json:"charges,omitempty"`
}

// Money is a decimal amount, digit for digit as it came, never a float.
type Money struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"` // ISO 4217
}

// Rate is an exchange rate of a UK international payment.
type Rate struct {
	Unit       string `json:"unit"`               // UnitCurrency
	Rate       string `json:"rate,omitempty"`     // a decimal
	Type       string `json:"type"`               // Actual, Agreed, Indicative
	Contract   string `json:"contract,omitempty"` // ContractIdentification
	ValidUntil string `json:"valid_until,omitempty"`
}

// Charge is one charge of a UK payment.
type Charge struct {
	Bearer string `json:"bearer"` // BorneByCreditor, BorneByDebtor, FollowingServiceLevel, Shared
	Type   string `json:"type"`   // UK.OBIE.CHAPSOut, ...
	Money  Money  `json:"money"`
}

// Schedule is how often a payment is made: by the OBIE frequency code in the
// UK, by the kind of schedule in Brazil (payments v4).
type Schedule struct {
	Frequency  string   `json:"frequency,omitempty"` // OBIE: EvryDay, IntrvlWkDay:01:03, ...
	Every      string   `json:"every,omitempty"`     // Brazil: single, daily, weekly, monthly, custom
	Start      string   `json:"start,omitempty"`     // date
	Quantity   int      `json:"quantity,omitempty"`  // how many payments; 0 when it doesn't say
	DayOfWeek  string   `json:"day_of_week,omitempty"`
	DayOfMonth int      `json:"day_of_month,omitempty"`
	Dates      []string `json:"dates,omitempty"` // custom: each of them
	Note       string   `json:"note,omitempty"`  // custom: additionalInformation
}

// FactName names a field of a consent, alike for all kinds that have it.
type FactName string

// The names of facts, with the value that each has.
const (
	// Payments.
	Amount           FactName = "amount"             // Money: InstructedAmount, payment.amount
	FirstPayment     FactName = "first_payment"      // Money and At
	RecurringPayment FactName = "recurring_payment"  // Money and At
	FinalPayment     FactName = "final_payment"      // Money and At
	NumberOfPayments FactName = "number_of_payments" // Text
	Frequency        FactName = "frequency"          // Schedule
	Payee            FactName = "payee"              // Text: the name
	// Text: Creditor.Name of an international payment, where the account has another name
	PayeeParty       FactName = "payee_party"
	PayeeDocument    FactName = "payee_document"     // Text: CPF or CNPJ, without punctuation
	PayeePersonType  FactName = "payee_person_type"  // Text: PESSOA_NATURAL, PESSOA_JURIDICA
	PayeeAccount     FactName = "payee_account"      // Account
	PayeeAddress     FactName = "payee_address"      // List
	PayeeBank        FactName = "payee_bank"         // Text: the agent's name; Account: its scheme and identification
	PayeeBankAddress FactName = "payee_bank_address" // List
	PayeeProxy       FactName = "payee_proxy"        // Text: the Pix key
	Reference        FactName = "reference"          // Text
	Remittance       FactName = "remittance"         // Text: unstructured; Brazil: remittanceInformation, "descrição"
	// At: RequestedExecutionDateTime, payment.date, schedule.single.date
	PayOn             FactName = "pay_on"
	Method            FactName = "method"              // Text: Brazil payment.type, PIX
	LocalInstrument   FactName = "local_instrument"    // Text: MANU, DICT, QRDN, QRES, INIC, UK.OBIE....
	QRCode            FactName = "qr_code"             // Text
	IBGETownCode      FactName = "ibge_town_code"      // Text
	TransactionID     FactName = "transaction_id"      // Text: Brazil transactionIdentification
	InstructionID     FactName = "instruction_id"      // Text
	EndToEndID        FactName = "end_to_end_id"       // Text
	TransferCurrency  FactName = "transfer_currency"   // Text: CurrencyOfTransfer
	ExchangeRate      FactName = "exchange_rate"       // Rate: the consent's own
	RequestedRate     FactName = "requested_rate"      // Rate: of the Initiation
	ChargeBearer      FactName = "charge_bearer"       // Text
	ChargeList        FactName = "charges"             // Charges
	Priority          FactName = "priority"            // Text: Normal, Urgent
	Purpose           FactName = "purpose"             // Text: a code, or the client's words
	ExtendedPurpose   FactName = "extended_purpose"    // Text
	Destination       FactName = "destination_country" // Text: ISO 3166-1 alpha-2
	ExpectedExecution FactName = "expected_execution"  // At
	ExpectedSettle    FactName = "expected_settlement" // At
	CutOff            FactName = "cut_off"             // At
	PaymentContext    FactName = "payment_context"     // Text: BillPayment, EcommerceGoods, ...
	MerchantCategory  FactName = "merchant_category"   // Text: ISO 18245
	MerchantCustomer  FactName = "merchant_customer"   // Text: the customer's id at the merchant
	DeliveryAddress   FactName = "delivery_address"    // List
	FileTransactions  FactName = "file_transactions"   // Text: NumberOfTransactions
	FileControlSum    FactName = "file_control_sum"    // Text: a decimal without a currency
	FileReference     FactName = "file_reference"      // Text
	FileType          FactName = "file_type"           // Text
	FileHash          FactName = "file_hash"           // Text: whole; pages shorten it

	// Data.
	ExpiresAt        FactName = "expires_at"        // At; a data consent without it is open-ended
	TransactionsFrom FactName = "transactions_from" // At
	TransactionsTo   FactName = "transactions_to"   // At
	CreatedAt        FactName = "created_at"        // At: when the client asked
)

// Fact finds a fact by its name.
func (c *Consent) Fact(name FactName) (Fact, bool) {
	if c == nil {
		return Fact{}, false
	}
	for _, f := range c.Facts {
		if f.Name == name {
			return f, true
		}
	}
	return Fact{}, false
}
