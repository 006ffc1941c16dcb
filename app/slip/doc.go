// Package slip is what a person is shown of a request before deciding: the
// Sheet holds it in the product's own terms, whatever the language, and the
// Text is the sheet in words, exactly as the page shows it. A page draws
// nothing of a request that isn't in its Text, so that a signature over the
// Text is a signature over what was seen.
package slip
