package app

import "time"

// RequestState is where a request stands. All but pending are terminal, with
// one exception: an approval that ACP isn't known to have becomes cancelled
// where its person, device or passkey is lost, or an administrator cancels it.
// Where ACP may have it all the same it is withdrawn; see Withdrawal.
type RequestState string

// The states of a request.
const (
	Pending   RequestState = "pending"
	Approved  RequestState = "approved"
	Denied    RequestState = "denied"
	Expired   RequestState = "expired"
	Cancelled RequestState = "cancelled"
)

// DeliveryState is what became of telling ACP.
type DeliveryState string

// The states of a delivery. Unconfirmed means that ACP no longer knows the
// login after a try whose answer was lost: it very likely took effect.
const (
	DeliveryNone        DeliveryState = "none"
	DeliveryWaiting     DeliveryState = "waiting"
	DeliveryDelivered   DeliveryState = "delivered"
	DeliveryUnconfirmed DeliveryState = "unconfirmed"
	DeliveryFailed      DeliveryState = "failed"
)

// Reason says why a request was cancelled or how it was denied.
type Reason string

// The reasons.
const (
	ReasonNone         Reason = ""
	ReasonPerson       Reason = "by_person"       // denied by the person
	ReasonReported     Reason = "reported"        // denied as "I didn't ask for this"
	ReasonUnsupported  Reason = "unsupported"     // a kind that can't be served
	ReasonLate         Reason = "late"            // expired on arrival
	ReasonNoDevice     Reason = "no_device"       // no device could answer
	ReasonSuspended    Reason = "suspended"       // the person was suspended
	ReasonDeviceLost   Reason = "device_lost"     // the deciding device was removed or suspended
	ReasonOtherPerson  Reason = "other_person"    // ACP's subject is a different known person
	ReasonGone         Reason = "gone"            // ACP no longer knows the login session
	ReasonSettledByACP Reason = "settled_by_acp"  // ACP says that it was decided already
	ReasonNoScopes     Reason = "nothing_allowed" // no requested scope may be granted

	ReasonConsentState    Reason = "consent_state"      // the consent no longer awaits authorisation
	ReasonNotOwner        Reason = "not_owner"          // Brazil: the consent's CPF isn't the person's
	ReasonOtherCompany    Reason = "other_company"      // Brazil: the person doesn't act for the consent's company
	ReasonDebtorNotTheirs Reason = "debtor_not_theirs"  // the consent fixes an account that isn't the person's
	ReasonDebtorCannotPay Reason = "debtor_cannot_pay"  // or one that can't pay
	ReasonNoAccount       Reason = "no_account"         // the person has no account that it could be about
	ReasonPaused          Reason = "paused"             // a report paused the person's requests
	ReasonCode            Reason = "code_mismatch"      // denied: the code that was typed isn't the message's
	ReasonNoCode          Reason = "code_missing"       // its message has no code, and the policy asks for one
	ReasonOperator        Reason = "by_operator"        // an administrator cancelled it
	ReasonUnreadable      Reason = "consent_unreadable" // ACP's two answers about the consent contradict each other
)

// Quiet says why nothing was sent of a request that is stored and shown.
type Quiet string

// The causes, and none.
const (
	QuietNone    Quiet = ""
	QuietMuted   Quiet = "muted"    // the person muted its client
	QuietBackOff Quiet = "back_off" // the person said no to its client a short while ago
	QuietBurst   Quiet = "burst"    // its client asks too often
	QuietFlood   Quiet = "flood"    // all clients together do
)

// Attack tells whether the cause is a sign that its person is under attack.
func (q Quiet) Attack() bool { return q == QuietBurst || q == QuietFlood }

// AttackWindow is how long after a sign of an attack a person counts as under
// attack.
const AttackWindow = time.Hour

// KnownFor is how long a client is one that the person knows, after they
// approved a request of it.
const KnownFor = 90 * 24 * time.Hour

// Attack is a sign that a person is under attack.
type Attack string

// The signs.
const (
	AttackBurst  Attack = Attack(QuietBurst)
	AttackFlood  Attack = Attack(QuietFlood)
	AttackReport Attack = "report" // "I didn't ask for this"
)

// The kinds that matter everywhere; the others are those of the acp package.
// Unknown is an open banking request of which nothing says yet what it is about.
const (
	KindUnknown = ""
	KindRegular = "regular" // OAuth scopes, no consent
	KindTest    = "test"    // an administrator's: ACP has nothing to do with it
)

// Request is one authentication that ACP asked for.
type Request struct {
	ID             string        `db:"id"`
	Ref            string        `db:"ref"`
	Connection     string        `db:"connection"` // the ACP connection it came by
	TenantID       string        `db:"tenant_id"`
	ServerID       string        `db:"server_id"` // workspace
	LoginID        string        `db:"login_id"`
	LoginState     string        `db:"login_state"` // ACP's anti-CSRF value, echoed on accept and reject
	UserIdentifier string        `db:"user_identifier"`
	PersonID       string        `db:"person_id"`
	Nth            int64         `db:"nth"` // of all that the person was ever asked
	Kind           string        `db:"kind"`
	ConsentID      string        `db:"consent_id"` // of an open banking consent, as far as the start named it
	Payee          string        `db:"payee"`      // name, as it was shown
	ClientID       string        `db:"client_id"`
	ClientName     string        `db:"client_name"`
	BindingMessage string        `db:"binding_message"`
	Scopes         Strings       `db:"scopes"` // as the start payload named them
	ACR            Strings       `db:"acr"`
	Payload        string        `db:"payload"`     // the start payload as received, for support
	Quiet          Quiet         `db:"quiet_cause"` // why it was stored without a notice
	NoticePool     string        `db:"notice_pool"` // the limit that its notice counted towards
	State          RequestState  `db:"state"`
	Reason         Reason        `db:"reason"`
	Details        string        `db:"details"`        // ACP's details as last shown, JSON
	DetailsDigest  string        `db:"details_digest"` // of what was shown
	Granted        string        `db:"granted"`        // what was granted, JSON
	DecidedBy      string        `db:"decided_by"`     // device
	Receipt        string        `db:"receipt"`        // of the approval; see package receipt
	CreatedAt      Instant       `db:"created_at"`
	ExpiresAt      Instant       `db:"expires_at"`
	OpenedAt       Instant       `db:"opened_at"`
	DecidedAt      Instant       `db:"decided_at"` // or ended
	Delivery       DeliveryState `db:"delivery"`
	DeliveryCause  Cause         `db:"delivery_cause"`
	DeliveryTries  int           `db:"delivery_tries"`
	DeliveryUnsure bool          `db:"delivery_unsure"` // the last try may have taken effect
	DeliveredAt    Instant       `db:"delivered_at"`
	// when the approval was withdrawn after a try that may have taken effect
	WithdrawnAt Instant `db:"withdrawn_at"`
	ACPApproved bool    `db:"acp_approved"` // ACP holds an approval, although the request ended otherwise
	ResolvedAt  Instant `db:"resolved_at"`  // when an administrator had dealt with what ACP holds or may hold
	// what ACP wrote when it refused something of it last, verbatim; may name people
	Said string `db:"acp_said"`
}

// Tellable tells whether ACP can be told of the request: what that takes goes
// with what retention erases of it, and with its person.
func (r Request) Tellable() bool { return r.LoginState != "" || r.Payload != "" }

// Withdrawal is how far an approval is taken back that ACP may have had.
type Withdrawal string

// The states of a withdrawal.
const (
	NotWithdrawn Withdrawal = ""
	Withdrawing  Withdrawal = "withdrawing" // ACP is asked what it holds, and told to reject
	Withdrawn    Withdrawal = "withdrawn"   // ACP holds the rejection
	Unclear      Withdrawal = "unclear"     // ACP can't tell (any more): the approval may have taken effect
	ACPHolds     Withdrawal = "held"        // ACP holds the approval
)

// Withdrawal tells how far the approval is taken back.
func (r Request) Withdrawal() Withdrawal {
	switch {
	case r.ACPApproved:
		return ACPHolds
	case r.WithdrawnAt == 0:
		return NotWithdrawn
	case r.Delivery == DeliveryWaiting:
		return Withdrawing
	case r.Delivery == DeliveryDelivered:
		return Withdrawn
	}
	return Unclear
}

// InDoubt tells whether ACP holds an approval that it should not, or may.
func (w Withdrawal) InDoubt() bool { return w == Unclear || w == ACPHolds }

// Approval is a decision that a passkey signed.
type Approval struct {
	Digest       string // of what was shown
	Granted      string // JSON
	Receipt      string
	CredentialID string
	At           Instant  // when it was decided, as the receipt says
	Payment      *Payment // what it pays, if it does
}

// Event tells live parts of the process what has just been committed.
type Event struct {
	Topic     Topic
	PersonID  string
	RequestID string
	DeviceID  string
	State     RequestState
}

// Topic sorts events.
type Topic string

// The topics.
const (
	TopicRequest Topic = "request" // a request is new or changed
	TopicDevice  Topic = "device"  // a device, its session or its person changed
	TopicJob     Topic = "job"     // there is work in the outbox
	TopicEnding  Topic = "ending"  // what was ended at once has steps left
)

// Job is a row of the outbox: work that must reach another system, written in
// the transaction of the fact it reports.
type Job struct {
	ID        string  `db:"id"`
	Kind      JobKind `db:"kind"`
	Rank      JobRank `db:"rank"`
	RequestID string  `db:"request_id"`
	DeviceID  string  `db:"device_id"`
	Lane      string  `db:"lane"` // who must answer: an ACP connection, a push service's host
	Payload   string  `db:"payload"`
	Attempts  int     `db:"attempts"` // this one included
	LeaseID   string  `db:"lease_id"`
	RunAt     Instant `db:"run_at"`
	Deadline  Instant `db:"deadline"` // no further try after it
}

// JobRank orders jobs of a kind: those of the first rank go before the others.
type JobRank int

// The ranks.
const (
	RankFirst JobRank = 0 // a person or an administrator waits for it
	RankLater JobRank = 1 // everything else, of which one person may cause any number
)

// JobKind names what a job does.
type JobKind string

// The kinds of job.
const (
	JobSettle JobKind = "acp.settle" // tell ACP what was decided
	JobPush   JobKind = "push.send"  // send one notice to one device

	JobRecognise JobKind = "acp.recognise" // ask ACP what an open banking request is about
)

// Notice is the payload of a JobPush: which text to send.
type Notice string

// The notices.
const (
	NoticeRequest      Notice = "request"
	NoticeDeviceComing Notice = "device_coming" // one is about to be added
	NoticeDeviceAdded  Notice = "device_added"
	NoticeHandled      Notice = "handled" // a request that was notified no longer waits
	NoticeTest         Notice = "test"    // to see that notices arrive

	NoticePushMoved     Notice = "push_moved"      // another device's notices go elsewhere now
	NoticePushLeft      Notice = "push_left"       // this device's do: sent to where they went before
	NoticePushSkipped   Notice = "push_skipped"    // another device goes without notices
	NoticeSignedOut     Notice = "signed_out"      // another device signed out
	NoticeSignedOutHere Notice = "signed_out_here" // this one did: sent to where its notices went
	NoticeRemoved       Notice = "device_removed"  // another device was removed, by a device
	NoticeRemovedHere   Notice = "removed_here"    // this one was: sent to where its notices went
	NoticeRenamed       Notice = "device_renamed"
	NoticeMuted         Notice = "client_muted" // on another device

	NoticePasskeySynced Notice = "passkey_synced" // a passkey of theirs became one that can be copied

	NoticeIdentifierAdded Notice = "identifier_added" // the person can be asked by another name
	NoticeIdentifierLost  Notice = "identifier_lost"  // a name of theirs was given to another person
	// identifiers or companies of theirs were removed, replaced or added
	NoticeIdentityChanged Notice = "identity_changed"
)

// Outcome is a handler's verdict on one run of a job.
type Outcome struct {
	Verdict Verdict
	After   time.Duration // pause before the next run; zero lets the worker choose
	Cause   Cause
	Err     error // what happened, for the log alone; nil where the cause says it all
}

// Verdict sorts outcomes.
type Verdict int

// The verdicts. JobRetry past the job's deadline becomes JobFailed.
const (
	JobDone Verdict = iota
	JobRetry
	JobFailed
)

// Query is what ACP says of the person it means.
type Query struct {
	Connection string // the ACP connection that asks
	ServerID   string // workspace, if it says
	Identifier string
	AnyKind    bool // the identifier is no login hint: it may be of kinds that hints of the connection can't be
}

// SameLogin tells whether a repeated start says the same as the stored one.
func SameLogin(stored, again Request) error {
	if stored.UserIdentifier != again.UserIdentifier || stored.LoginState != again.LoginState {
		return ErrLoginConflict
	}
	return nil
}
