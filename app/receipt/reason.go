package receipt

import "fmt"

// Reason is why something is not a genuine receipt, in plain words. The errors
// of this package wrap one, to be asked for with errors.Is.
type Reason string

// The reasons that lie in the file's form.
const (
	ErrSize         Reason = "it does not have the size of a receipt"
	ErrNotJSON      Reason = "it is not JSON"
	ErrText         Reason = "it holds text that is not valid Unicode"
	ErrRepeated     Reason = "a member appears twice"
	ErrNumber       Reason = "it holds a number that might not keep its digits"
	ErrDepth        Reason = "it is nested too deeply"
	ErrNotCanonical Reason = "it is not in canonical form"
	ErrVersion      Reason = "its format is not one that is known here"
	ErrMembers      Reason = "it does not have exactly the members of the format"
	ErrValue        Reason = "a value is not what the format allows"
)

// The reasons that lie in what the passkey signed.
const (
	ErrSignature     Reason = "the passkey's signature does not fit: its data, its key or the signature itself has been changed"
	ErrClientData    Reason = "what the browser said of the prompt cannot be read beyond doubt"
	ErrNotApproval   Reason = "the passkey signed something other than an answer to a prompt"
	ErrChanged       Reason = "what was shown or granted has been changed after it was signed"
	ErrOtherDocument Reason = "the passkey's signature is one over another document"
	ErrOrigin        Reason = "it was signed on another site"
	ErrRelyingParty  Reason = "the passkey signed for another relying party"
	ErrNotPresent    Reason = "the passkey did not find anybody present"
	ErrNotVerified   Reason = "the passkey did not verify the person"
	ErrFlags         Reason = "the receipt says something else about the passkey than the passkey did"
	ErrOwner         Reason = "the passkey belongs to someone else than the person who was asked"
	ErrLate          Reason = "it was decided after the deadline"
)

// The reasons that lie in the installation's seal.
const (
	ErrSealChanged Reason = "it has been changed after the installation sealed it"
	ErrOtherKey    Reason = "the installation's signature is not by this key"
	ErrKey         Reason = "that is not a key for receipts"
)

// Error implements error.
func (r Reason) Error() string { return string(r) }

// with gives r with what exactly is wrong.
func (r Reason) with(format string, args ...any) error {
	return &detailed{r, fmt.Sprintf(format, args...)}
}

type detailed struct {
	reason Reason
	detail string
}

func (d *detailed) Error() string { return string(d.reason) + ": " + d.detail }
func (d *detailed) Unwrap() error { return d.reason }
