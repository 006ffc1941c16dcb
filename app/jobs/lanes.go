package jobs

import "sync"

// lanes counts what runs of one kind of job, by lane. It is this process's
// count, and not the leases in the store: those of a process that was killed
// would fill a lane until they end.
type lanes struct {
	most int

	mu      sync.Mutex
	running map[string]int
}

// full are the lanes that have no room. The lock is held.
func (l *lanes) full() []string {
	var out []string
	for lane, n := range l.running {
		if n >= l.most {
			out = append(out, lane)
		}
	}
	return out
}

// leave gives a place back and tells whether the lane was full until then.
func (l *lanes) leave(lane string) (wasFull bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.running[lane]
	if n == 1 {
		delete(l.running, lane)
	} else {
		l.running[lane] = n - 1
	}
	return n >= l.most
}
