package config

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"assent/app"
)

// Pauses is a setting that was once true or false, and is still read so: a flag
// without a value is true.
type Pauses app.PauseScope

// IsBool tells kong that the flag needs no value.
func (*Pauses) IsBool() bool { return true }

// Decode implements kong.MapperValue.
func (p *Pauses) Decode(ctx *kong.DecodeContext) error {
	text := "true"
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		text = strings.ToLower(fmt.Sprint(ctx.Scan.Pop().Value))
	}
	scope, err := app.ParsePauseScope(text)
	*p = Pauses(scope)
	return err
}

// String spells the scope as settings do.
func (p Pauses) String() string { return app.PauseScope(p).Setting() }
