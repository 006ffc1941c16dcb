package cmd_test

import (
	"strings"
	"testing"

	"assent/app"
	"assent/app/cmd"
)

// The command line takes the roles of the table, and no other.
func TestAdminAddTakesTheRoles(t *testing.T) {
	for _, role := range app.AdminRoles {
		if err := cmd.Parse([]string{"admin", "add", "olive@bank.example", "--role=" + string(role)}); err != nil {
			t.Errorf("%s: %v", role, err)
		}
	}
	err := cmd.Parse([]string{"admin", "add", "olive@bank.example", "--role=root"})
	if err == nil {
		t.Fatal("a role that isn't one is taken")
	}
	for _, role := range app.AdminRoles {
		if !strings.Contains(err.Error(), `"`+string(role)+`"`) {
			t.Errorf("the refusal doesn't name %s: %v", role, err)
		}
	}
}
