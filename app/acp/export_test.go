package acp

// DecodeDetails is for fuzzing.
var DecodeDetails = decodeDetails
