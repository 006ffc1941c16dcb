package app

// ConsentOwner is what ACP says of an open banking consent that it names
// instead of a person (Open Finance Brasil, CIBA profile 2.1).
type ConsentOwner struct {
	Connection string  `db:"connection"`
	ConsentID  string  `db:"consent_id"`
	ServerID   string  `db:"server_id"` // the workspace that has it
	Kind       string  `db:"kind"`
	CPF        string  `db:"cpf"`  // digits only
	CNPJ       string  `db:"cnpj"` // without punctuation; empty for a consent of a person's own
	ExpiresAt  Instant `db:"expires_at"`
}
