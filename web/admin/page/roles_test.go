package page_test

import (
	"testing"

	"assent/app"
	"assent/app/i18n"
)

// Every role has a name and a sentence in all languages.
func TestEveryRoleHasWords(t *testing.T) {
	for _, lang := range i18n.Tags {
		w := frame(t, lang).Words
		for _, role := range app.AdminRoles {
			for _, key := range []i18n.Key{i18n.Key("admin.role." + string(role)),
				i18n.Key("admin.role_meaning." + string(role))} {
				if !w.Has(key) {
					t.Errorf("%s has no %s", lang, key)
				}
			}
		}
	}
}
