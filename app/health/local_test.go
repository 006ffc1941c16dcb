package health

import "testing"

func TestRoom(t *testing.T) {
	const gib = 1 << 30
	for _, c := range []struct {
		free, size int64
		state      State
	}{
		{100 * gib, gib, OK}, {2 * gib, 2 * gib, OK}, {2*gib - 1, 0, Warn}, {50 * gib, 51 * gib, Warn},
		{gib / 2, 0, Warn}, {gib/2 - 1, 0, Bad}, {0, 51 * gib, Bad},
	} {
		if got := room(c.free, c.size); got.State != c.state || (got.Do.Key == "") != (c.state == OK) {
			t.Errorf("%d free beside %d: %+v", c.free, c.size, got)
		}
	}
}
