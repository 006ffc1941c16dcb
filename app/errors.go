package app

import (
	"errors"
	"time"
)

// ErrorKind is the closed set of reasons for which a use case refuses. Only
// the web layer knows the status code of each.
type ErrorKind string

// The kinds of error. An error without one is internal.
const (
	Internal     ErrorKind = "internal"     // a fault of ours
	Invalid      ErrorKind = "invalid"      // the input is malformed
	Unauthorized ErrorKind = "unauthorized" // who is asking isn't known
	Forbidden    ErrorKind = "forbidden"    // known, and not allowed
	NotFound     ErrorKind = "not_found"    // no such thing, or none for the caller
	Conflict     ErrorKind = "conflict"     // the state does not allow it (any more)
	Gone         ErrorKind = "gone"         // it was there and has ended
	TooMany      ErrorKind = "too_many"     // slow down
	Unavailable  ErrorKind = "unavailable"  // another system can't be reached; try again
)

// Error is a refusal that a caller may see. Code is stable and names the
// message in the catalogue; Message is plain English for machines and logs;
// the cause stays inside.
type Error struct {
	Kind       ErrorKind
	Code       string
	Message    string
	Field      string        // the input field at fault, if one is
	RetryAfter time.Duration // when trying again makes sense, if known
	cause      error
}

// Error implements error with the message and, for logs, the cause.
func (e *Error) Error() string {
	if e.cause != nil {
		return e.Message + ": " + e.cause.Error()
	}
	return e.Message
}

// Unwrap gives the hidden cause.
func (e *Error) Unwrap() error { return e.cause }

// Is makes two refusals of the same code equal to errors.Is, whatever their cause.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Because returns a copy of e that hides cause inside.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// After returns a copy of e that asks the caller to wait for d.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// In returns a copy of e that names the input field at fault.
func (e *Error) In(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// KindOf is the kind of err: Internal for anything that isn't an *Error.
func KindOf(err error) ErrorKind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// The refusals of the use cases.
var (
	ErrMalformed      = &Error{Kind: Invalid, Code: "malformed", Message: "the input is malformed"}
	ErrUnknownPerson  = &Error{Kind: NotFound, Code: "unknown_person", Message: "no such person"}
	ErrUnknownRequest = &Error{Kind: NotFound, Code: "unknown_request", Message: "no such request"}
	ErrUnknownDevice  = &Error{Kind: NotFound, Code: "unknown_device", Message: "no such device"}
	ErrNotPending     = &Error{Kind: Conflict, Code: "not_pending", Message: "the request is no longer pending"}
	ErrExpired        = &Error{Kind: Conflict, Code: "expired", Message: "the request has expired"}
	ErrChanged        = &Error{Kind: Conflict, Code: "changed", Message: "the request is no longer what was shown"}
	ErrLoginConflict  = &Error{
		Kind:    Conflict,
		Code:    "login_conflict",
		Message: "this login_id was started for another user or state",
	}
	ErrIdentifierTaken = &Error{
		Kind:    Conflict,
		Code:    "identifier_taken",
		Message: "another person has this identifier",
	}
	ErrIdentifierPoses = &Error{
		Kind:    Invalid,
		Code:    "identifier_poses",
		Message: "a user name or customer number can't be an e-mail address, a phone number with + or a CPF",
	}
	ErrIdentifierMistaken = &Error{
		Kind:    Conflict,
		Code:    "identifier_mistakable",
		Message: "it could be taken for an identifier of another person",
	}
	ErrIdentifierMoves = &Error{
		Kind:    Conflict,
		Code:    "identifier_moves",
		Message: "it was another person's until lately",
	}
	ErrSuspended = &Error{
		Kind:    Forbidden,
		Code:    "suspended",
		Message: "the person or device is suspended or gone",
	}
	ErrWrongTenant = &Error{
		Kind:    Forbidden,
		Code:    "wrong_tenant",
		Message: "tenant_id is not the one of these credentials",
	}
	ErrWrongClient = &Error{
		Kind:    Forbidden,
		Code:    "wrong_client",
		Message: "client_id may not ask this person or in this workspace",
	}
	ErrWrongWorkspace = &Error{
		Kind:    Forbidden,
		Code:    "wrong_workspace",
		Message: "server_id is not among the workspaces of these credentials",
	}
	ErrTooMany         = &Error{Kind: TooMany, Code: "too_many", Message: "too many attempts"}
	ErrSignedOut       = &Error{Kind: Unauthorized, Code: "signed_out", Message: "not signed in"}
	ErrInvitation      = &Error{Kind: NotFound, Code: "invitation_unknown", Message: "no such invitation"}
	ErrInvitationUsed  = &Error{Kind: Gone, Code: "invitation_used", Message: "the invitation was used"}
	ErrInvitationEnded = &Error{
		Kind:    Gone,
		Code:    "invitation_ended",
		Message: "the invitation has expired or was replaced",
	}
	ErrNoInvitation = &Error{
		Kind:    Conflict,
		Code:    "invitation_none",
		Message: "the person has no open invitation",
	}
	ErrActivation = &Error{
		Kind:    Conflict,
		Code:    "activation",
		Message: "the invitation was not activated in this browser",
	}
	ErrActivationWrong = &Error{Kind: Forbidden, Code: "activation_wrong", Message: "the activation code is wrong"}
	ErrActivationLate  = &Error{Kind: Gone, Code: "activation_late", Message: "the activation code has expired"}
	ErrActivationEnded = &Error{
		Kind:    Gone,
		Code:    "activation_ended",
		Message: "the activation code was used, replaced or tried too often, or there is none",
	}
	ErrOwnLink = &Error{
		Kind:    Forbidden,
		Code:    "own_link",
		Message: "who made the link can't make its code: another administrator does",
	}
	ErrRelatedLink = &Error{
		Kind:    Forbidden,
		Code:    "related_link",
		Message: "who made the link let who asks in lately, or the other way round",
	}
	ErrCeremony = &Error{
		Kind:    Conflict,
		Code:    "ceremony_ended",
		Message: "the passkey prompt took too long or was answered already",
	}
	ErrPasskey        = &Error{Kind: Forbidden, Code: "passkey_refused", Message: "the passkey was not accepted"}
	ErrUnknownPasskey = &Error{
		Kind:    Forbidden,
		Code:    "passkey_unknown",
		Message: "the passkey is not known here (any more)",
	}
	ErrPasskeyUnfit = &Error{
		Kind:    Forbidden,
		Code:    "passkey_unfit",
		Message: "the passkey fails its checks and must be replaced",
	}
	ErrPasskeySynced = &Error{
		Kind:    Forbidden,
		Code:    "passkey_synced",
		Message: "the passkey can be copied to other devices, which the policy doesn't allow",
	}
	ErrPasskeyModel = &Error{
		Kind:    Forbidden,
		Code:    "passkey_model",
		Message: "the passkey's authenticator is not one that the policy allows",
	}
	ErrACPUnreachable = &Error{
		Kind:       Unavailable,
		Code:       "acp_unreachable",
		Message:    "ACP can't be reached",
		RetryAfter: 5 * time.Second,
	}
	ErrAccountsUnavailable = &Error{
		Kind:       Unavailable,
		Code:       "accounts_unavailable",
		Message:    "the accounts can't be read",
		RetryAfter: 5 * time.Second,
	}
	ErrAccountChoice = &Error{
		Kind:    Invalid,
		Code:    "account_choice",
		Message: "the choice of accounts is not one that can be approved",
	}
	ErrCodeMissing = &Error{Kind: Invalid, Code: "code_missing", Message: "the code of the message is needed"}
	ErrNoPush      = &Error{Kind: Conflict, Code: "no_push", Message: "the device has no push subscription"}
	ErrNotInDoubt  = &Error{
		Kind:    Conflict,
		Code:    "not_in_doubt",
		Message: "ACP holds nothing against how the request ended, or it was dealt with",
	}
	ErrNotFailed = &Error{Kind: Conflict, Code: "not_failed", Message: "the delivery has not failed"}
	ErrTestOpen  = &Error{Kind: Conflict, Code: "test_open", Message: "a test waits on this device already"}
	ErrManyTests = &Error{
		Kind:    TooMany,
		Code:    "many_tests",
		Message: "this administrator has sent ten tests within an hour",
	}
	ErrCooling      = &Error{Kind: Forbidden, Code: "cooling", Message: "the device is too new to approve payments"}
	ErrPushEndpoint = &Error{
		Kind:    Invalid,
		Code:    "push_endpoint",
		Message: "the push endpoint is not one of an allowed push service",
	}
	ErrPushGone = &Error{
		Kind:    Conflict,
		Code:    "push_gone",
		Message: "the push service has ended this subscription",
	}
	ErrLeaseLost = &Error{
		Kind:    Conflict,
		Code:    "lease_lost",
		Message: "the lease of the job has ended, or another worker has it",
	}
	ErrDataDirInUse = &Error{
		Kind:    Conflict,
		Code:    "data_dir_in_use",
		Message: "another assent serve or demo runs on this data directory",
	}
	ErrDataDirPurpose = &Error{
		Kind:    Conflict,
		Code:    "data_dir_purpose",
		Message: "the data directory belongs to the other of serve and demo",
	}
	ErrDatabaseTooNew = &Error{
		Kind:    Conflict,
		Code:    "database_too_new",
		Message: "the database was written by a newer version of assent",
	}
	ErrAmbiguousPerson = &Error{
		Kind:    NotFound,
		Code:    "ambiguous_person",
		Message: "the identifier fits more than one person",
	}
	ErrForbidden   = &Error{Kind: Forbidden, Code: "forbidden", Message: "the role does not allow this"}
	ErrUnconfirmed = &Error{
		Kind:    Forbidden,
		Code:    "unconfirmed",
		Message: "the passkey must be asked for again first",
	}
	ErrUnknownAdmin = &Error{Kind: NotFound, Code: "unknown_admin", Message: "no such administrator"}
	ErrEmailTaken   = &Error{
		Kind:    Conflict,
		Code:    "email_taken",
		Message: "another administrator has this email address",
	}
	ErrLastOwner      = &Error{Kind: Conflict, Code: "last_owner", Message: "this is the last owner who can sign in"}
	ErrUnknownVersion = &Error{Kind: NotFound, Code: "unknown_version", Message: "no such version of a setting"}
	ErrUnknownImport  = &Error{
		Kind:    NotFound,
		Code:    "unknown_import",
		Message: "no such import, or its files are gone",
	}
	ErrImportActor = &Error{
		Kind:    Forbidden,
		Code:    "import_actor",
		Message: "whoever started the import may not any more",
	}
	ErrImportState = &Error{
		Kind:    Conflict,
		Code:    "import_state",
		Message: "the import is no longer as it was shown",
	}
	ErrImportSize = &Error{
		Kind:    Invalid,
		Code:    "import_size",
		Message: "the file is larger than an import may be",
	}
	ErrUnknownProposal = &Error{Kind: NotFound, Code: "unknown_proposal", Message: "no such proposal"}
	ErrProposalOver    = &Error{
		Kind:    Conflict,
		Code:    "proposal_over",
		Message: "the proposal was decided, has ended, or its proposer may no longer ask for it",
	}
	ErrOwnProposal = &Error{
		Kind:    Forbidden,
		Code:    "own_proposal",
		Message: "another administrator must decide this",
	}
	ErrAlreadyCompleted = &Error{Kind: Conflict, Code: "already_done", Message: "that was done already"}
)
