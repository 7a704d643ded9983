package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
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
		known, err := d.operator.known(ctx)
		at := slices.IndexFunc(known, func(k *adminv1.Platform) bool { return k.GetName() == p.Name() })
		return err == nil && at >= 0 && known[at].GetStatus() == string(want)
	})
}

// settle looks at the hub's own numbers, and once more at everybody's state.
func (d *Demo) settle(ctx context.Context) (string, error) {
	var stats []*adminv1.Delivery
	err := await(ctx, "deliveries are still pending", func() bool {
		var err error
		stats, err = d.operator.delivered(ctx)
		return err == nil && !slices.ContainsFunc(stats, func(s *adminv1.Delivery) bool {
			return s.GetPending() > 0 || s.GetState() != "live"
		})
	})
	if err != nil {
		return "", err
	}
	delivered := int64(0)
	for _, s := range stats {
		if s.GetRejected() > 0 {
			return "", fmt.Errorf("%s were rejected by platform %s: %s", count(int(s.GetRejected()), "delivery"), s.GetPlatformId(), s.GetLastError().GetReason())
		}
		delivered += s.GetDelivered()
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
