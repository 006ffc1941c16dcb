package app

import "time"

// Area is what the policy of four eyes can name: actions of administrators that
// wait until a second administrator confirms them.
type Area string

// The areas.
const (
	AreaEnrolment   Area = "enrolment"   // links by which people enrol devices
	AreaIdentifiers Area = "identifiers" // people's identifiers: adding, editing and importing people
	AreaOwners      Area = "owners"      // who is an owner, and owners' set-up links
	AreaSettings    Area = "settings"    // everything that the console lets one choose
)

// Areas are all of them.
var Areas = []Area{AreaEnrolment, AreaIdentifiers, AreaOwners, AreaSettings}

// ProposalTTL is how long a proposal waits, and how long one that was confirmed
// may be carried out.
const ProposalTTL = 24 * time.Hour

// ProposalState is where a proposal stands. Waiting and confirmed are open.
type ProposalState string

// The states of a proposal.
const (
	ProposalWaiting   ProposalState = "waiting"   // for a second administrator
	ProposalConfirmed ProposalState = "confirmed" // may be carried out, once
	ProposalDone      ProposalState = "done"      // was carried out
	ProposalFailed    ProposalState = "failed"    // could not be: things had changed
	ProposalRefused   ProposalState = "refused"   // by a second administrator
	ProposalEnded     ProposalState = "ended"     // taken back, out of time, or its proposer is gone
)

// Proposal is an action that an administrator asked for and that a second one
// must confirm.
type Proposal struct {
	ID         string        `db:"id"`
	Area       Area          `db:"area"`
	Action     string        `db:"action"`  // names it in package admin
	Subject    string        `db:"subject"` // id of the person or administrator it is about; may be empty
	Payload    string        `db:"payload"` // what it is carried out with, JSON; empty once it is over
	ProposedBy string        `db:"proposed_by"`
	DecidedBy  string        `db:"decided_by"` // who confirmed or refused it; empty where nobody did
	State      ProposalState `db:"state"`
	Cause      string        `db:"cause"` // code of the refusal that it failed with
	CreatedAt  Instant       `db:"created_at"`
	ExpiresAt  Instant       `db:"expires_at"`
	DecidedAt  Instant       `db:"decided_at"`
	EndedAt    Instant       `db:"ended_at"`
}
