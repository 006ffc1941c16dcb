package page

import (
	"context"
	"io"
	"strings"

	"github.com/a-h/templ"
)

// breaking is text whose lines break only between its parts. No white space may
// come between them, as it would in a template.
func breaking(parts []string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		escaped := make([]string, len(parts))
		for i, p := range parts {
			escaped[i] = templ.EscapeString(p)
		}
		_, err := io.WriteString(w, strings.Join(escaped, "<wbr>"))
		return err
	})
}

// emphasised is a sentence with its figures set apart, its spaces as they are.
func emphasised(runs []run) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		var b strings.Builder
		for _, r := range runs {
			text := templ.EscapeString(r.text)
			if r.figure {
				text = "<b>" + text + "</b>"
			}
			b.WriteString(text)
		}
		_, err := io.WriteString(w, b.String())
		return err
	})
}
