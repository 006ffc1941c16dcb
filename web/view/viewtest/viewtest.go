// Package viewtest holds pages against what every page of the product must be.
package viewtest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// Page checks the HTML of a page in one language: it is well made, says
// everything in words, and can be used without seeing it. With ASSENT_GALLERY
// set to a folder it is written there too, to be looked at.
func Page(t *testing.T, name, lang string, html []byte) *goquery.Document {
	t.Helper()
	if dir := os.Getenv("ASSENT_GALLERY"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+"."+lang+".html"), html, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	doc, err := goquery.NewDocumentFromReader(bytes.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	fault := func(format string, args ...any) {
		t.Helper()
		t.Errorf(name+" ("+lang+"): "+format, args...)
	}
	if got := doc.Find("html").AttrOr("lang", ""); got != lang {
		fault("lang is %q", got)
	}
	// Of the panels of a page that script chooses from, one is shown.
	if n := doc.Find("h1").Length() - doc.Find("[data-panel][hidden] h1").Length(); n != 1 {
		fault("%d headings of the first level", n)
	}
	if n := doc.Find("main#main").Length(); n != 1 || doc.Find("main").Length() != 1 {
		fault("%d main elements", n)
	}
	if doc.Find("title").Text() == "" {
		fault("no title")
	}
	for _, bad := range []string{"{{", "<no value>", "%!", "\u202e"} {
		if bytes.Contains(html, []byte(bad)) {
			fault("contains %q", bad)
		}
	}
	for word := range strings.FieldsSeq(doc.Find("body").Text()) {
		if isKey(strings.Trim(word, ".,:;")) {
			fault("shows the key %q", word)
		}
	}
	ids := map[string]bool{}
	doc.Find("*").Each(func(_ int, el *goquery.Selection) {
		node, whole := el.Nodes[0], func() string { h, _ := goquery.OuterHtml(el); return h }
		for _, a := range node.Attr {
			switch {
			case a.Key == "style", strings.HasPrefix(a.Key, "on"):
				fault("an inline style or handler, which the CSP forbids: %s", whole())
			case a.Key == "id" && ids[a.Val]:
				fault("the id %q twice", a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			}
		}
		switch node.Data {
		case "script", "style":
			if el.AttrOr("src", "") == "" {
				fault("an inline script or style, which the CSP forbids: %s", whole())
			}
		case "button", "a":
			if strings.TrimSpace(el.Text()) == "" && el.AttrOr("aria-label", "") == "" {
				fault("a control without a name: %s", whole())
			}
		case "input", "select", "textarea":
			if el.AttrOr("type", "") != "hidden" && el.Closest("label").Length() == 0 &&
				doc.Find(`label[for="`+el.AttrOr("id", "-")+`"]`).Length() == 0 {
				fault("a field without a label: %s", whole())
			}
		case "form":
			if el.AttrOr("method", "") == "post" && !strings.HasPrefix(el.AttrOr("action", ""), "/") {
				fault("a form that posts to %q", el.AttrOr("action", ""))
			}
		}
	})
	return doc
}

// namespaces begin the keys of messages.
var namespaces = []string{"account", "admin", "ask", "asked", "br", "choice", "claim", "data", "device", "done",
	"enrol", "error", "history", "inbox", "kind",
	"left", "next", "outcome", "pay", "problem", "push", "reason", "request", "scope", "settings", "time", "uk"}

// isKey tells text that looks like a message's key: a namespace, then dots.
func isKey(word string) bool {
	first, rest, ok := strings.Cut(word, ".")
	return ok && rest != "" && 'a' <= rest[0] && rest[0] <= 'z' && strings.ToLower(rest) == rest &&
		slices.Contains(namespaces, first)
}
