package app

// DeviceState tells whether a device may answer requests.
type DeviceState string

// The states of a device. Removed is terminal.
const (
	DeviceActive    DeviceState = "active"
	DeviceSuspended DeviceState = "suspended"
	DeviceRemoved   DeviceState = "removed"
)

// PushChoice is what the person said about notifications on a device.
type PushChoice string

// The choices. PushUnasked lasts until the person was asked.
const (
	PushUnasked PushChoice = ""
	PushOn      PushChoice = "on"
	PushSkipped PushChoice = "skipped"
)

// Device is one browser installation: a session and, with notifications, a
// push subscription, that signs with one of the person's passkeys.
type Device struct {
	ID           string      `db:"id"`
	PersonID     string      `db:"person_id"`
	Name         string      `db:"name"`
	Platform     string      `db:"platform"` // such as android, iphone, mac, windows, linux
	CredentialID string      `db:"credential_id"`
	State        DeviceState `db:"state"`
	SessionKey   string      `db:"session_key"` // equals the one in the live session; another ends it
	Theme        string      `db:"theme"`       // light, dark, or empty for the system's
	PushChoice   PushChoice  `db:"push_choice"`
	AppUntil     Instant     `db:"app_until"` // until then a Home Screen app may take this device over
	CreatedAt    Instant     `db:"created_at"`
	LastSeenAt   Instant     `db:"last_seen_at"`
	RemovedAt    Instant     `db:"removed_at"`
	// Since when the device that approved the link of this one, and the passkey
	// that it signed with then, were the person's; 0 where no device did.
	ApproverSince Instant `db:"approver_since"`
}

// Subscription is a device's push subscription (W3C Push API).
type Subscription struct {
	DeviceID       string  `db:"device_id"`
	Endpoint       string  `db:"endpoint"`
	P256DH         string  `db:"p256dh"`
	Auth           string  `db:"auth"`
	CreatedAt      Instant `db:"created_at"`
	LastAcceptedAt Instant `db:"last_accepted_at"`
	LastOpenedAt   Instant `db:"last_opened_at"`
	ProvenAt       Instant `db:"proven_at"` // the first notice was opened: they arrive
	EndedAt        Instant `db:"ended_at"`
	LastError      string  `db:"last_error"`
	// Replaces is the endpoint that the browser says it had before, of one that it
	// makes; empty where it doesn't say.
	Replaces string `db:"-"`
}

// Credential is a passkey of a person. Record is the library's credential
// record as JSON; the rest is what queries and people ask for.
type Credential struct {
	ID         string  `db:"id"` // base64url of the raw credential id
	PersonID   string  `db:"person_id"`
	Record     string  `db:"record"`
	BackedUp   bool    `db:"backed_up"`   // BS flag: synced
	BackupElig bool    `db:"backup_elig"` // BE flag: may be synced
	CreatedAt  Instant `db:"created_at"`
	LastUsedAt Instant `db:"last_used_at"`
	RevokedAt  Instant `db:"revoked_at"`
	UnfitAt    Instant `db:"unfit_at"` // since when it fails its checks; 0 while it passes them
}
