//go:build linux || darwin || freebsd

package health

import "syscall"

// diskFree is how much may still be written where dir lies, in bytes.
func diskFree(dir string) (free int64, ok bool, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, true, err
	}
	return int64(s.Bavail) * int64(s.Bsize), true, nil
}
