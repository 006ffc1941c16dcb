package settings

// GroundsOf are paper, slip and sunk.
func GroundsOf(t Theme) []string {
	g := grounds[t]
	return []string{g.paper.String(), g.slip.String(), g.sunk.String()}
}
