package app

// ActorKind tells who acts.
type ActorKind string

// The kinds of actor.
const (
	ActorACP      ActorKind = "acp"      // a caller of the served API; ID is the connection's name
	ActorDevice   ActorKind = "device"   // a person on one of their devices
	ActorGuest    ActorKind = "guest"    // someone in a browser who isn't signed in yet
	ActorOperator ActorKind = "operator" // the command line
	ActorSystem   ActorKind = "system"   // a worker of ours
	ActorAdmin    ActorKind = "admin"    // an administrator in the console
)

// Actor is who asks for a change, and from where. Every method that changes
// something takes one, and the audit row names it.
type Actor struct {
	Kind     ActorKind
	ID       string // device, connection, operator, administrator
	PersonID string // for devices
	Session  string // for devices: the key of the session that they came with
	Source   string // remote address, or for the command line who ran it and where; may be empty
}

// System is the actor of our own workers.
var System = Actor{Kind: ActorSystem, ID: "assent"}

// Operator is the actor of the command line. The command adds who ran it as its
// Source.
var Operator = Actor{Kind: ActorOperator, ID: "cli"}
