package acp

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"assent/app/authz"
)

func TestAnswersThatSayTooMuch(t *testing.T) {
	nested := func(depth, leaves int, name string) string {
		var b strings.Builder
		for i := range leaves {
			fmt.Fprintf(&b, `"l%d":1,`, i)
		}
		return strings.Repeat(`{"`+name+`":`, depth) + "{" + strings.TrimSuffix(b.String(), ",") + "}" +
			strings.Repeat("}", depth)
	}
	for _, c := range []struct {
		name, details string
		refused       bool
	}{
		{"an ordinary one", `{"type":"payment","amount":"12.50","to":{"name":"Ada"}}`, false},
		{"many values", nested(1, 2000, "a"), false},
		{"deep, with many values", nested(300, 2000, "some_name"), true}, // 27 KB, and 6 MB in words
		{"long names over many values", nested(2, 2000, strings.Repeat("n", 9000)), true},
		{"a very long value", `{"type":"` + strings.Repeat("x", bulkLimit) + `"}`, true},
	} {
		_, _, err := decodeDetails([]byte(`{"requested_scopes":[],"authorization_details":[`+c.details+`]}`),
			rowOf(authz.Regular))
		if refused := errors.Is(err, tooMuch); refused != c.refused || err != nil && !refused {
			t.Errorf("%s (%d bytes): %v, want refused %v", c.name, len(c.details), err, c.refused)
		}
	}
	if e := answered(tooMuch).(*authz.Error); e.Outcome != authz.Unreadable {
		t.Errorf("outcome %s, want %s: nobody can decide over it", e.Outcome, authz.Unreadable)
	}
}
