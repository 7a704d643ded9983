package main

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// changing asks the hub to change a platform and returns it as it is then.
type changing func(context.Context, adminv1.PlatformsClient, string) (*adminv1.Platform, error)

// newChanges are the commands that change the state of a platform.
func newChanges(o *options) []*cobra.Command {
	return []*cobra.Command{
		newChange(o, "suspend ID", "Stop all exchange with a platform until it is resumed", suspend),
		newChange(o, "resume ID", "End the suspension of a platform", resume),
		newChange(o, "remove ID", "End the connection with a platform for good", remove),
	}
}

func newChange(o *options, use, short string, do changing) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				p, err := do(ctx, adminv1.NewPlatformsClient(conn), args[0])
				if err != nil {
					return err
				}
				return printPlatform(o, cmd, p)
			})
		},
	}
}

func suspend(ctx context.Context, c adminv1.PlatformsClient, id string) (*adminv1.Platform, error) {
	resp, err := c.Suspend(ctx, &adminv1.PlatformsSuspendRequest{PlatformId: id})
	return resp.GetPlatform(), err
}

func resume(ctx context.Context, c adminv1.PlatformsClient, id string) (*adminv1.Platform, error) {
	resp, err := c.Resume(ctx, &adminv1.PlatformsResumeRequest{PlatformId: id})
	return resp.GetPlatform(), err
}

func remove(ctx context.Context, c adminv1.PlatformsClient, id string) (*adminv1.Platform, error) {
	resp, err := c.Remove(ctx, &adminv1.PlatformsRemoveRequest{PlatformId: id})
	return resp.GetPlatform(), err
}
