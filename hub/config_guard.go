package hub

import (
	"errors"
	"time"

	"github.com/ocpihub/ocpihub/routing"
)

// GuardConfig says what waits for the operator's yes.
type GuardConfig struct {
	MassChange string
	Share      float64 // of a party's EVSEs: more than it
	Minimum    int     // EVSEs: at least so many
	Window     time.Duration
}

// The values of guard.mass_change.
const (
	MassChangeOff  = "off"
	MassChangeHold = "hold"
)

func defaultGuard() GuardConfig {
	return GuardConfig{MassChange: MassChangeOff, Share: 0.9, Minimum: 20, Window: time.Hour}
}

func (g *GuardConfig) verify() error {
	return errors.Join(
		verifyOneOf("guard.mass_change", g.MassChange, MassChangeOff, MassChangeHold),
		verifyShare("guard.share", g.Share),
		verifyAtLeastOne("guard.minimum", g.Minimum),
		verifyPositive("guard.window", g.Window),
	)
}

func (g *GuardConfig) limits() routing.MassLimits {
	return routing.MassLimits{Hold: g.MassChange == MassChangeHold, Share: g.Share, Minimum: g.Minimum, Window: g.Window}
}
