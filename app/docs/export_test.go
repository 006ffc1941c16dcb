package docs

// Parse is parse, for tests.
var Parse = parse
