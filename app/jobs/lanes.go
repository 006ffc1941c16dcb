package jobs

import (
	"sync"

	"assent/app"
	"assent/store"
)

// laterEvery is how often a lease looks at the jobs of app.RankLater first, so
// that an unending stream of those of app.RankFirst doesn't keep them for ever:
// they get a quarter of the leases.
const laterEvery = 4

// lanes counts what runs of one kind of job, by lane. It is this process's
// count, and not the leases in the store: those of a process that was killed
// would fill a lane until they end.
//
// Where a lane has two places or more, one of each lane's, and one worker of all,
// is kept for jobs of app.RankFirst: what is slow and of no hurry leaves room for
// what a person waits for.
type lanes struct {
	most    int // runs of one lane
	workers int

	mu     sync.Mutex
	all    map[string]int // runs by lane
	later  map[string]int // those of app.RankLater
	laters int            // of all lanes
	leases int            // so far
}

func newLanes(most, workers int) *lanes {
	return &lanes{most: most, workers: workers, all: map[string]int{}, later: map[string]int{}}
}

// fullFor tells whether a lane has no room for a job of a rank. The lock is held.
func (l *lanes) fullFor(lane string, rank app.JobRank) bool {
	return l.all[lane] >= l.most || rank == app.RankLater && l.later[lane] >= max(1, l.most-1)
}

// spent tells whether jobs of app.RankLater have all workers that they may have.
// The lock is held.
func (l *lanes) spent() bool { return l.most > 1 && l.laters >= l.workers-1 }

// turns is where the next lease looks. The lock is held.
func (l *lanes) turns() []store.Turn {
	first, later := store.Turn{Rank: app.RankFirst}, store.Turn{Rank: app.RankLater}
	for lane := range l.all {
		if l.fullFor(lane, app.RankFirst) {
			first.Full = append(first.Full, lane)
		}
		if l.fullFor(lane, app.RankLater) {
			later.Full = append(later.Full, lane)
		}
	}
	switch {
	case l.spent():
		return []store.Turn{first}
	case l.leases%laterEvery == laterEvery-1:
		return []store.Turn{later, first}
	}
	return []store.Turn{first, later}
}

// enter takes the place of a job that was leased. The lock is held.
func (l *lanes) enter(j app.Job) {
	l.leases++
	l.all[j.Lane]++
	if j.Rank == app.RankLater {
		l.later[j.Lane]++
		l.laters++
	}
}

// leave gives a place back and tells whether there were jobs that idle workers
// didn't look at for want of it.
func (l *lanes) leave(j app.Job) (wasFull bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	wasFull = l.fullFor(j.Lane, app.RankLater) || l.spent()
	if l.all[j.Lane]--; l.all[j.Lane] == 0 {
		delete(l.all, j.Lane)
	}
	if j.Rank == app.RankLater {
		l.laters--
		if l.later[j.Lane]--; l.later[j.Lane] == 0 {
			delete(l.later, j.Lane)
		}
	}
	return wasFull
}
