package health

import "context"

// activation says so where a link alone sets up a device.
func (s *Service) activation(context.Context) []Result {
	if !s.cfg.LinkAlone {
		return nil
	}
	return []Result{{Part: Activation, State: Bad, Says: say("admin.overview.health.activation_off"), Do: say("admin.overview.health.activation_do")}}
}
