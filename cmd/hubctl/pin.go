package main

import (
	"context"

	"github.com/spf13/cobra"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// anyVersion ends a pin.
const anyVersion = "any"

func newPin(o *options) *cobra.Command {
	var version string
	pin := func(ctx context.Context, c adminv1.PlatformsClient, id string, dry bool) (*adminv1.Platform, error) {
		req := &adminv1.PlatformsPinRequest{PlatformId: id, Version: version, DryRun: dry}
		if version == anyVersion {
			req.Version = ""
		}
		resp, err := c.Pin(ctx, req)
		return resp.GetPlatform(), err
	}
	cmd := newChange(o, pin, &cobra.Command{
		Use:   "pin ID --ocpi VERSION",
		Short: "Keep a platform to one version of OCPI",
		Long: `Pin keeps a platform to one version of OCPI: it is shown no other, and cannot change
to another by itself. With --ocpi any it may speak the highest that both have. What it
speaks now it goes on to speak until the credentials are renewed, by the platform or
with hubctl platforms rotate.`,
		Example: `  hubctl platforms pin k7vv4jntu6r6 --ocpi 2.2.1 --dry-run
  hubctl platforms pin k7vv4jntu6r6 --ocpi any`,
	})
	cmd.Flags().StringVar(&version, "ocpi", "", "the version, for example 2.2.1, or "+anyVersion)
	require(cmd, "ocpi")
	return cmd
}
