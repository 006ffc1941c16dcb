package consent_test

import (
	"errors"
	"log/slog"
	"testing"

	"assent/app"
	"assent/app/config"
	"assent/app/consent"
	"assent/app/settings"
)

// A policy that an administrator chooses applies to requests that wait already,
// and one that they take back no more.
func TestChosenPolicyAppliesAtOnce(t *testing.T) {
	w := newWorld(t)
	chosen, err := settings.New(t.Context(),
		settings.Config{Store: w.Store, Institution: "Northmoor", Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	w.config.Protection = func() consent.Protection { return consent.Protection(chosen.Current().Protection) }
	w.svc = consent.New(w.config)
	owner := app.Actor{Kind: app.ActorAdmin, ID: "owner"}
	_, r := w.start()
	if v := w.view(r.ID); v.Sheet.AskCode {
		t.Fatal("it asks for a code without a policy")
	}
	if err := chosen.ChooseProtection(t.Context(), owner,
		settings.Protection{MatchCode: []string{"regular"}, ReportPauses: app.PauseAll}, 0); err != nil {
		t.Fatal(err)
	}
	v := w.view(r.ID)
	if !v.Sheet.AskCode {
		t.Error("a policy that was chosen doesn't apply to what waits")
	}
	if err := w.approve(r.ID, consent.Choice{Digest: v.Digest, Scopes: nil}); !errors.Is(err, app.ErrCodeMissing) {
		t.Errorf("without the code: %v", err)
	}
	if _, err := chosen.Revert(t.Context(), owner, 1, 1); err != nil {
		t.Fatal(err)
	}
	if err := chosen.Reset(t.Context(), owner, settings.ProtectionName, 1); err != nil {
		t.Fatal(err)
	}
	if v := w.view(r.ID); v.Sheet.AskCode {
		t.Error("a policy that was taken back applies still")
	}
	if got := chosen.Current().Protection; got.ReportPauses != (config.Protection{}).ReportPauses {
		t.Errorf("what counts: %+v", got)
	}
}
