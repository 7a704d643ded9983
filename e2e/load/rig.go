package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"

	"github.com/ocpihub/ocpihub/e2e/harness"
	"github.com/ocpihub/ocpihub/ocpi"
)

// rig is what the chapters stand on.
type rig struct {
	options
	table    table
	dir      string
	programs harness.Programs
	hubs     int
}

func newRig(o options) (*rig, error) {
	dir, err := os.MkdirTemp("", "ocpi-load-")
	if err != nil {
		return nil, err
	}
	programs, err := harness.Build()
	return &rig{options: o, dir: dir, programs: programs}, err
}

func (r *rig) close() { _ = os.RemoveAll(r.dir) }

// site is a hub with a crowd of platforms that are connected with it.
type site struct {
	*harness.Hub
	crowd *crowd
}

// open starts a hub and connects platforms, each with the roles given.
func (r *rig) open(ctx context.Context, platforms int, roles func(n int) []role) (*site, error) {
	r.hubs++
	hub, err := harness.NewHub(r.programs, filepath.Join(r.dir, fmt.Sprint("hub", r.hubs)),
		"OCPI_HUB_LIMITS_REQUESTS_PER_SECOND=10000000", "OCPI_HUB_LIMITS_BURST=10000000", "OCPI_HUB_LOG_LEVEL=warn")
	if err != nil {
		return nil, err
	}
	if err := hub.Start(); err != nil {
		return nil, err
	}
	s := &site{Hub: hub}
	if s.crowd, err = newCrowd(roles); err == nil {
		err = s.connect(ctx, platforms)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *site) close() {
	_ = s.Stop()
	if s.crowd != nil {
		s.crowd.close()
	}
}

// connect has the hub register with the platforms that are not connected yet.
func (s *site) connect(ctx context.Context, platforms int) error {
	operator, err := harness.NewOperator(s.Admin, s.TokenFile())
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for n := range platforms {
		if s.crowd.token(n) != "" {
			continue
		}
		group.Go(func() error {
			_, err := operator.Platforms.Connect(ctx, &adminv1.PlatformsConnectRequest{
				Name: fmt.Sprint("platform ", n), VersionsUrl: s.crowd.versionsURL(n), Token: fmt.Sprint("invited-", n),
			})
			if err != nil {
				return fmt.Errorf("connect platform %d: %w", n, err)
			}
			return nil
		})
	}
	return errors.Join(group.Wait(), operator.Close())
}

// target is the hub as platform 0 sees it.
func (s *site) target(requests []request) target {
	return target{
		name: "the hub", addr: s.Listen, pid: s.PID(), requests: requests,
		header: map[string]string{"Authorization": "Token " + base64.StdEncoding.EncodeToString([]byte(s.crowd.token(0)))},
	}
}

// The hub's endpoints for a module.
func receiver(m ocpi.ModuleID) string { return "/ocpi/2.2.1/receiver/" + string(m) }
func sender(m ocpi.ModuleID) string   { return "/ocpi/2.2.1/sender/" + string(m) }

// routed are the headers of a message from one party to another.
func routed(from, to ocpi.PartyID) map[string]string {
	return map[string]string{
		"OCPI-from-country-code": from.Country, "OCPI-from-party-id": from.ID,
		"OCPI-to-country-code": to.Country, "OCPI-to-party-id": to.ID,
		"Content-Type": "application/json",
	}
}
