package page

import (
	"assent/app/docs"
	"assent/app/i18n"
)

// Help lists the pages of the documentation, or what a search found in them.
type Help struct {
	Groups []docs.Group
	Query  string
	Found  []docs.Place
}

// HelpPage is one page of the documentation.
type HelpPage struct {
	Doc           *docs.Page
	Before, After *docs.Page // in the order of the list; nil at its ends
}

// helpPath is the address of a page of the documentation, or of a section of it:
// "audit", "audit#keeping-the-head".
func helpPath(at string) string { return docs.Path + "/" + at }

// placePath is the address of what a search found.
func placePath(p docs.Place) string {
	if p.Heading.ID == "" {
		return helpPath(p.Page.Name)
	}
	return helpPath(p.Page.Name + "#" + p.Heading.ID)
}

// foreign tells whether text is in another language than the frame.
func foreign(f Frame, lang string) bool { return f.Words.Tag() != lang }

func groupTitle(w i18n.Words, g docs.Group) string {
	return w.T(i18n.Key("admin.help.group." + g.Name))
}
