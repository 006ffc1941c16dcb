package acp

import _ "embed"

// openAPI describes both endpoints (OpenAPI 3.1); a test holds the handlers
// against it.
//
//go:embed openapi.json
var openAPI []byte
