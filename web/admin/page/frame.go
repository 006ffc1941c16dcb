// Package page draws the console: its frame, the kit that its pages are built
// of, and the pages themselves. Pages take plain typed values and know nothing
// of where they come from.
//
// A page is a struct with a method Page(Frame) templ.Component that fills
// Layout. Its head is a Head: the way up, the title in serif, a sentence or a
// verdict under it, and at the right its actions. The rest is made of the
// classes of static/admin.css:
//
//	.console-table   a table with a sticky head; put it into Scroll, which gives
//	                 narrow screens a region of its own to scroll. Figures are
//	                 right-aligned by .figure; a link with .row-link makes its
//	                 whole row the target; rows take the keys j and k when the
//	                 table has data-rows; with .stacks its rows become blocks on
//	                 a phone, where a cell's data-label says what it is
//	.grid-aside      content beside an aside of 20 rem, stacked where narrow
//	.section         an ink hairline, a head (h2) with .section-head, content
//	.facts           a definition list of label and value
//	.toolbar         a line of fields and buttons over a table
//	.form            fields under each other, 30 rem wide
//	.button.small    a button of 36 px (44 on touch); .primary and .danger as ever
//	.tag             a word in a hairline, for a role or a kind
//
// The code of a refusal is worded by Told, never by Words.Error, which speaks to
// people with a phone. A field that the key / should go to has data-search. An element with
// data-copy=ID is a button that copies the text of the element ID.
package page

import (
	"strings"

	"assent/app"
	"assent/app/i18n"
	"assent/web/view"
)

// Frame is what every page of the console needs around its own content.
type Frame struct {
	view.Frame
	Who  Who    // who is signed in; the zero value while nobody is
	Menu []Item // the sections that they may open
	Path string // path and query of the request, to come back to
}

// Who is the administrator who is signed in.
type Who struct {
	Name string
	Role app.AdminRole
}

// Item is one entry of the navigation.
type Item struct {
	Path  string // of the section's first page; its other pages lie under it
	Title i18n.Key
	Icon  view.IconName
	Count string // how many there are, in words; may be empty
}

// here tells whether the page belongs to the section.
func (i Item) here(f Frame) bool {
	path, _, _ := strings.Cut(f.Path, "?")
	return path == i.Path || strings.HasPrefix(path, i.Path+"/")
}

// Role is a role in words.
func Role(w i18n.Words, r app.AdminRole) string { return w.T(i18n.Key("admin.role." + string(r))) }

// RoleMeaning says in a sentence what a role may do.
func RoleMeaning(w i18n.Words, r app.AdminRole) string {
	return w.T(i18n.Key("admin.role_meaning." + string(r)))
}

// Roles lists roles in words, "Owner, Operator or Auditor".
func Roles(w i18n.Words, roles []app.AdminRole) string {
	var names []string
	for _, r := range roles {
		names = append(names, Role(w, r))
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return w.T("admin.roles_or", "first", strings.Join(names[:last], ", "), "last", names[last])
}

// Up is the link over a title to the page that this one lies under.
type Up struct {
	Path, Name string
}

// Head is the beginning of a page.
type Head struct {
	Up    Up     // may be empty
	Title string // serif
	Name  bool   // the title is the name of one person or thing: larger
	State view.State
	Lead  string // a sentence that says how things stand
	Help  string // what the documentation says of it: a page, or page#heading; may be empty
}

// themeChoices are the themes in the order in which they are offered.
var themeChoices = []struct {
	value string
	words i18n.Key
}{
	{"", "settings.theme_system"},
	{"light", "settings.theme_light"},
	{"dark", "settings.theme_dark"},
}

// languages are the languages by their own names.
var languages = []struct{ tag, name string }{{"en-GB", "English"}, {"pt-BR", "Português"}}

// lastPart is the last part of a path.
func lastPart(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }
