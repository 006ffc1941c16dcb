package store_test

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"

	"assent/app"
	"assent/store"
	"assent/store/storetest"
)

// benchPeople is how many people the benchmarks have: ASSENT_BENCH_PEOPLE, or
// twenty thousand.
func benchPeople(b *testing.B) int {
	b.Helper()
	n := 20_000
	if s := os.Getenv("ASSENT_BENCH_PEOPLE"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			b.Fatal(err)
		}
	}
	return n
}

var crowd struct {
	sync.Once
	*storetest.DB
}

var firstNames = []string{"Ada", "Bruno", "Clara", "Davi", "Elena", "Felipe", "Grace", "Heitor", "Ines", "João", "Kofi",
	"Luna", "Mateus", "Nina", "Olive", "Pedro", "Rafael", "Sofia", "Tiago", "Zoë"}
var lastNames = []string{"Quill", "Reis", "Álvares", "Okafor", "Silva", "Santos", "Hart", "Price", "Moreira", "Costa",
	"Owen", "Bianchi", "Novak", "Garcia", "Smith", "Jones", "Khan", "Li", "Tanaka", "Dubois"}

// populated is a database with a crowd, made once for all benchmarks.
func populated(b *testing.B) *storetest.DB {
	b.Helper()
	crowd.Do(func() {
		dir, err := os.MkdirTemp("", "assent-crowd-")
		if err != nil {
			b.Fatal(err)
		}
		crowd.DB = storetest.At(b, dir)
		if err := store.AddCrowd(b.Context(), crowd.Store, benchPeople(b), func(i int) (string, app.Identifier) {
			name := fmt.Sprintf("%s %s %s", firstNames[i%len(firstNames)], lastNames[i/7%len(lastNames)],
				lastNames[i/131%len(lastNames)])
			mail := fmt.Sprintf("p%07d@example.com", i)
			return name, app.Identifier{Kind: app.Email, Value: mail, Norm: mail}
		}); err != nil {
			b.Fatal(err)
		}
	})
	return crowd.DB
}

// Looking for people and listing them, first pages and deep ones.
func BenchmarkFindPeople(b *testing.B) {
	db := populated(b)
	deep, err := store.Middle(b.Context(), db.Reader)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		which      store.Which
		after      string
	}{
		{"everybody", "", store.Everybody, ""}, {"everybody deep", "", store.Everybody, deep},
		{"nobody is suspended", "", store.Suspended, ""},
		{"nobody is enrolled", "", store.Enrolled, ""}, {"a common name", "silva", store.Everybody, ""},
		{"two common words", "ada silva", store.Everybody, ""},
		{"a beginning", "s", store.Everybody, ""}, {"nothing", "xyzzy", store.Everybody, ""},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := db.FindPeople(b.Context(), c.text, c.which, c.after, 50); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("an identifier", func(b *testing.B) {
		for b.Loop() {
			if found, err := db.PeopleByIdentifier(b.Context(), []string{"p0000777@"}, store.Everybody,
				50); err != nil ||
				len(found) != 1 {
				b.Fatal(found, err)
			}
		}
	})
}
