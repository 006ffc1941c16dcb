// Package audit answers for what happened: it verifies the audit's chain and
// tells the result in words, exports it, and logs its head.
//
// Each row of the audit holds the hash of the row before it and its own, which
// is the SHA-256, in lower-case hexadecimal, of these fields in this order:
//
//	assent-audit/1, prev_hash, id, at, actor_kind, actor_id, source,
//	action, person_id, device_id, request_id, detail
//
// Each is written as a netstring (its length in bytes in decimal, a colon, the
// bytes, a comma), id and at (milliseconds since the Unix epoch) in decimal. The
// first row's prev_hash is 64 zeros. Rows are numbered without a gap. An export
// in JSON Lines holds the fields by these names, so that anybody can check it
// without this program: static/docs/audit.md has one in Python that does.
//
// The chain finds what was done to single rows. Whoever can write the database
// can also cut its end off, or write all of it anew; these are found by a head
// that was kept elsewhere, which is why it goes to the log every hour. Retention
// leaves a checkpoint signed with the installation's key where it dropped rows.
// That key is in the same database: against somebody who has that, the heads in
// the log are what counts.
package audit
