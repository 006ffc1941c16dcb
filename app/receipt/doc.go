// Package receipt makes an approval provable. A Document is exactly what a
// person was shown and what approving it grants; its SHA-256 is the WebAuthn
// challenge, so that the passkey's signature is one over the document and over
// nothing else. A receipt is the document with that signature, sealed with the
// installation's own key: one file that anyone can verify without the database
// and without a network.
//
// This is the dynamic linking of Commission Delegated Regulation (EU) 2018/389
// (SCA-RTS), Article 5: the authentication code (the assertion) is specific to
// the amount and the payee that were shown, and any change invalidates it.
//
// Everything that is hashed or signed is in the canonical form of RFC 8785.
// The file is in it too and has no other bytes, so the document inside is byte
// for byte what was hashed for the challenge.
package receipt
