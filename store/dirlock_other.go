//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package store

import (
	"errors"
	"os"
)

// lockFile refuses: without a lock of the kernel two services could work on one
// database.
func lockFile(*os.File) (taken bool, err error) {
	return false, errors.New("this system has no file locks that Assent knows")
}
