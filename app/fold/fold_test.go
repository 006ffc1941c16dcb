package fold_test

import (
	"slices"
	"testing"

	"assent/app/fold"
)

func TestText(t *testing.T) {
	for _, same := range [][]string{
		{"joão", "JOÃO", "joao", "Joa\u0303o", "ＪＯＡＯ"},
		{"Łukasz Wałęsa", "lukasz walesa"},
		{"Søren Ørsted", "SOREN ORSTED"},
		{"Đorđe", "dorde"},
		{"Işık", "ISIK", "isik", "İsik"},
		{"O'Brien", "O’Brien", "Oʼbrien", "O`Brien", "O´Brien", "obrien"},
		{"Straße", "STRASSE"},
		{"Æthelred", "aethelred"},
		{"ﬁn", "FIN"},
	} {
		for _, s := range same {
			if got, want := fold.Text(s), fold.Text(same[0]); got != want {
				t.Errorf("%q is %q, and %q is %q", s, got, same[0], want)
			}
		}
	}
	if fold.Text("Ana") == fold.Text("Ama") {
		t.Error("other letters are the same")
	}
	if got := fold.Text("李 雷"); got != "李 雷" {
		t.Errorf("%q", got)
	}
}

func TestWords(t *testing.T) {
	if got, want := fold.Words("Inês D'Ávila-Łoś, Inês"), []string{"avila", "davila", "ines",
		"los"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	for _, typed := range []string{"D'Ávila", "davila", "d’avila"} {
		if got := fold.Query(typed); !slices.Equal(got, []string{"davila"}) {
			t.Errorf("%q is sought as %q", typed, got)
		}
	}
}
