package page

// codeAsk is the form that asks for an activation code.
type codeAsk struct {
	Action    string
	Colleague bool   // who looks made the link, and leaves its code to a colleague
	Words     string // that were typed and aren't what a page shows
	Fault     string // why they weren't taken, in words
}

func (c codeAsk) describedBy() string {
	if c.Fault != "" {
		return "words-fault words-hint"
	}
	return "words-hint"
}
