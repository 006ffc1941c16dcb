// Package browsertest gives tests a real Firefox with everything that Web Push
// needs around it: a push service that speaks Mozilla's protocol on both sides,
// and a desktop that shows notifications and clicks them. Nothing leaves the
// machine. A machine without Firefox or D-Bus skips such a test and says so.
package browsertest
