// Package app is the vocabulary of Assent: people and their devices, the
// requests that ACP starts, the states these pass through and the errors that
// use cases answer with. It is pure: no I/O, nothing but the standard library.
package app
