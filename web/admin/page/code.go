package page

// CodeHand says how who looks stands to who made a link, where that matters to
// its code.
type CodeHand string

// The hands, which also name their words and test ids.
const (
	HandFree      CodeHand = ""
	HandColleague CodeHand = "colleague" // made the link, and leaves its code to a colleague
	HandRelated   CodeHand = "related"   // is too near to who made it, and leaves its code to a colleague
	HandAlone     CodeHand = "alone"     // made the link, and no colleague can make its code
)

// codeAsk is the form that asks for an activation code.
type codeAsk struct {
	Action string
	Hand   CodeHand
	Words  string // that were typed and aren't what a page shows
	Fault  string // why they weren't taken, in words
}

// barred tells whether who looks may not make the code.
func (c codeAsk) barred() bool { return c.Hand == HandColleague || c.Hand == HandRelated }

func (c codeAsk) describedBy() string {
	if c.Fault != "" {
		return "words-fault words-hint"
	}
	return "words-hint"
}
