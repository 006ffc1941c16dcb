package emulator

import (
	"net/http"
	"testing"
	"time"
)

func TestLongTranscriptsDropTheirOldestPolls(t *testing.T) {
	j := newJournal()
	j.open("sale")
	changed, stop := j.watch("sale")
	defer stop()
	ask := func(path string) *exchange {
		req, err := http.NewRequest(http.MethodPost, "http://acp.example"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return j.begin("sale", laneTill, laneACP, req, nil, time.Now(), "")
	}
	first := ask(backchannelPath)
	for range longestTranscript + 9 {
		j.end(ask("/demo/shop/oauth2/token"), http.StatusBadRequest, nil, nil, time.Now())
	}
	all, dropped := j.read("sale")
	if len(all) != longestTranscript || dropped != 10 || all[0].n != first.n || all[1].n != first.n+11 {
		t.Errorf("%d kept, %d dropped, beginning %d %d", len(all), dropped, all[0].n, all[1].n)
	}
	select {
	case <-changed:
	default:
		t.Error("nobody was told")
	}
}
