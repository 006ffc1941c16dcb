package acp_test

import (
	"net/http"
	"testing"
	"time"

	"assent/app/acp"
	"assent/app/clock"
	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// Any answer of ACP tells the service's clock what time it is there: a leap is
// believed where both agree, and nowhere else.
func TestAnAnswerOfACPDecidesALeap(t *testing.T) {
	for _, c := range []struct {
		name   string
		theirs time.Duration // how far ACP's clock is off the leapt one
		follow bool
	}{{"it agrees with the machine", 0, true}, {"it agrees with the service", 5 * time.Hour, false}} {
		for way, answer := range map[string]func(*acp.Client) error{
			"asked for its Date": func(client *acp.Client) error { return client.AskDate(t.Context()) },
			"any call": func(client *acp.Client) error {
				return client.Check(t.Context(),
					acp.SignInAPI).Token
			},
		} {
			t.Run(c.name+", "+way, func(t *testing.T) {
				wall := time.Date(2026, 11, 22, 14, 30, 0, 0, time.UTC)
				clk := clock.New(clock.Config{
					Wall: func() time.Time { return wall },
					Mono: func() time.Duration { return 0 },
				})
				wall = wall.Add(-5 * time.Hour)
				em := emulatortest.Start(t,
					emulator.Options{
						Now:    func() time.Time { return wall.Add(c.theirs) },
						Client: emulator.Client{ID: "assent", Secret: "secret"},
					})
				client, err := acp.New(acp.Config{
					Issuer:       em.Issuer(),
					ClientID:     "assent",
					ClientSecret: "secret",
					HTTP:         &http.Client{Timeout: 2 * time.Second},
					Now:          clk.Now,
					Heard:        clk.Heard,
				})
				if err != nil {
					t.Fatal(err)
				}
				if clk.Leapt() != -5*time.Hour {
					t.Fatalf("it leapt %v", clk.Leapt())
				}
				if err := answer(client); err != nil {
					t.Fatal(err)
				}
				if followed := clk.Leapt() == 0 && clk.Now().Equal(wall); followed != c.follow {
					t.Errorf("leapt %v, and it is %v", clk.Leapt(), clk.Now())
				}
				if ahead := client.Ahead(); ahead != 0 {
					t.Errorf("ACP's clock is %v ahead", ahead)
				}
			})
		}
	}
}
