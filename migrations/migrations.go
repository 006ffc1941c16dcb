// Package migrations holds the schema of the database as numbered, forward-only
// SQL files, run in order by the store when it opens.
package migrations

import "embed"

// FS holds the files.
//
//go:embed *.sql
var FS embed.FS
