package cmd_test

import (
	"strings"
	"testing"

	"assent/web/emulator"
	"assent/web/emulator/emulatortest"
)

// The command says what works, and what to do about what doesn't.
func TestACPTest(t *testing.T) {
	em := emulatortest.Start(t, emulator.Options{Client: emulator.Client{ID: "assent", Secret: "the client's secret"}})
	args := func(secret string) []string {
		return []string{"acp", "test", "--data-dir=" + t.TempDir(), "--public-url=http://localhost:9",
			"--api-username=acp", "--api-password=correct horse battery",
			"--acp-issuer=" + em.Issuer(), "--acp-client-id=assent", "--acp-client-secret=" + secret}
	}
	out := must(t, args("the client's secret")...)
	if !strings.Contains(out, "Scope manage_scope_grants") || !strings.Contains(out, "Brazil: payments") ||
		strings.Contains(out, "BAD") {
		t.Errorf("where all is well:\n%s", out)
	}
	out, _, err := run(t, args("wrong")...)
	if err == nil || !strings.Contains(out, "BAD") || !strings.Contains(out, "Compare client id") ||
		strings.Contains(out, "the client's secret") {
		t.Errorf("with a wrong secret: %v\n%s", err, out)
	}
	if _, _, err := run(t, append(args("the client's secret"), "other")...); err == nil ||
		!strings.Contains(err.Error(), `no connection "other"`) {
		t.Errorf("another connection: %v", err)
	}
}
