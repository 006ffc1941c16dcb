package page

import "assent/web/view"

// SetUpAgain says how a device gets another passkey in place of one that fails
// its checks.
type SetUpAgain struct {
	Other bool // another device of the person's can give the link
}

func (p SetUpAgain) frame(f view.Frame) view.Page {
	return view.Page{Title: f.Words.T("again.title", "here", f.Here.This(f.Words)), Tab: view.TabDevices}
}
