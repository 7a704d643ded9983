package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// changedMeanwhile is how many EVSEs change while an eMSP is away.
const changedMeanwhile = 5

// outage takes an eMSP platform away, changes the status of some EVSEs twice,
// once before and once after the hub has noticed, and lets it come back.
func (d *Demo) outage(ctx context.Context) (string, error) {
	spots, err := d.spots(changedMeanwhile)
	if err != nil {
		return "", err
	}
	away := d.emsps[min(1, len(d.emsps)-1)]
	away.Stop()
	err = d.changeWhileAway(ctx, away, spots)
	if err := errors.Join(err, away.Start()); err != nil {
		return "", err
	}
	if err := d.awaitState(ctx, away, parties.Connected); err != nil {
		return "", err
	}
	evses := 0
	for _, r := range d.receivers() {
		for _, s := range spots {
			if err := r.awaitStatus(ctx, s, "AVAILABLE"); err != nil {
				return "", err
			}
		}
		if r.platform != away {
			continue
		}
		if evses, err = d.statuses(r); err != nil {
			return "", err
		}
	}
	if err := d.regressions(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s was OFFLINE while %s changed twice at all others; back again it has the newest status of all %s, without a step back",
		away.Name(), count(len(spots), "EVSE"), count(evses, "EVSE")), nil
}

// changeWhileAway makes both changes; the others see each of them.
func (d *Demo) changeWhileAway(ctx context.Context, away *ocpitest.Platform, spots []spot) error {
	if err := d.changeAll(ctx, away, spots, "OUTOFORDER"); err != nil {
		return err
	}
	if err := d.awaitState(ctx, away, parties.Offline); err != nil {
		return err
	}
	return d.changeAll(ctx, away, spots, "AVAILABLE")
}

func (d *Demo) changeAll(ctx context.Context, away *ocpitest.Platform, spots []spot, status string) error {
	for _, s := range spots {
		if err := d.patchStatus(ctx, s, status); err != nil {
			return err
		}
	}
	for _, r := range d.receivers() {
		for _, s := range spots {
			if r.platform == away {
				continue
			}
			if err := r.awaitStatus(ctx, s, status); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaitState waits until the hub sees a platform in a state.
func (d *Demo) awaitState(ctx context.Context, p *ocpitest.Platform, want parties.Status) error {
	return await(ctx, fmt.Sprintf("%s does not become %s", p.Name(), want), func() bool {
		homes := d.hub.Registry().Directory().Homes(p.Parties()[0].ID)
		return len(homes) == 1 && homes[0].Status == want
	})
}

// settle looks at the hub's own numbers, and once more at everybody's state.
func (d *Demo) settle(ctx context.Context) (string, error) {
	var stats []fanout.Stat
	err := await(ctx, "deliveries are still pending", func() bool {
		stats = d.hub.Deliveries()
		for _, s := range stats {
			if s.Pending > 0 || s.State != fanout.Live {
				return false
			}
		}
		return true
	})
	if err != nil {
		return "", err
	}
	delivered := 0
	for _, s := range stats {
		if s.Rejected > 0 {
			return "", fmt.Errorf("%s were rejected by platform %s: %s", count(s.Rejected, "delivery"), s.Platform, s.LastError.Reason)
		}
		delivered += s.Delivered
	}
	for _, r := range d.receivers() {
		if _, err := d.statuses(r); err != nil {
			return "", err
		}
	}
	if err := d.onlyTheDriver(d.charging.session()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d deliveries made, 0 rejected, 0 pending; every eMSP has the newest state", delivered), d.regressions()
}
