package store_test

import (
	"regexp"
	"slices"
	"testing"

	"assent/app"
	"assent/store/storetest"
)

// The schema's list of roles is the table's: another role would be refused only
// when an administrator gets it.
func TestRolesOfTheSchemaAreTheTables(t *testing.T) {
	db := storetest.New(t)
	var schema string
	if err := rawDB(t,
		db.Dir).QueryRow(`SELECT sql FROM sqlite_schema WHERE type = 'table'
			AND name = 'admins'`).Scan(&schema); err != nil {
		t.Fatal(err)
	}
	check := regexp.MustCompile(`CHECK \(role IN \(([^)]*)\)\)`).FindStringSubmatch(schema)
	if check == nil {
		t.Fatalf("the table holds no list of roles: %s", schema)
	}
	var listed []app.AdminRole
	for _, m := range regexp.MustCompile(`'([^']*)'`).FindAllStringSubmatch(check[1], -1) {
		listed = append(listed, app.AdminRole(m[1]))
	}
	slices.Sort(listed)
	if roles := slices.Sorted(slices.Values(app.AdminRoles)); !slices.Equal(listed, roles) {
		t.Errorf("the schema takes %q, the table has %q", listed, roles)
	}
}
