package login

import "context"

const keyActivation = "activation"

// Activate notes in the browser's session under which id it activated an
// invitation, so that this browser may go on and no other that has the link.
func (d *Devices) Activate(ctx context.Context, id string) error {
	if err := d.scs.RenewToken(ctx); err != nil {
		return err
	}
	d.scs.Put(ctx, keyActivation, id)
	return nil
}

// Activation gives the id that Activate noted, or "".
func (d *Devices) Activation(ctx context.Context) string { return d.scs.GetString(ctx, keyActivation) }
