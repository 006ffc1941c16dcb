// Package settings holds what administrators choose while the service runs: the
// institution's brand, the policies of protection, and how long records are
// kept. Every choice is a version that can be brought back.
//
// What was set where the service is started (a flag, a variable, the file) wins
// over a choice and can't be changed here. What wasn't is the default. What
// results is held in memory: Service.Current costs nothing, and a change applies
// from the next call on.
package settings
