package receipt

// Canonical is what the package hashes and signs.
var Canonical = canonical
