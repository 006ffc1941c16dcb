// Package emulator is an honest stand-in for Cloudentity ACP, together with a consumption device: a shop till and a
// call centre that ask for backchannel authentication and show every protocol step as it happens.
//
// It keeps login sessions and lets them expire, checks what the authentication service sends as
// strictly as the contract
// allows, calls the service's two endpoints as ACP does, and issues signed tokens. Nothing in it is
// a shortcut: the till
// is an ordinary OAuth client that reaches the stand-in over HTTP. For tests it injects faults before and after a call
// takes effect, and keeps a log of every departure from the contract (see Emulator.Fail and Emulator.Mismatches).
//
// Specifications: OpenID CIBA Core 1.0, RFC 6749, RFC 7523, RFC 8414, RFC 8705, RFC 9068 and ACP's system API.
package emulator
