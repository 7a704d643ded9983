package main

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// changing asks the hub to change a platform, or to try it, and returns it as it
// is then.
type changing func(ctx context.Context, c adminv1.PlatformsClient, id string, dry bool) (*adminv1.Platform, error)

// newChanges are the commands that change the state of a platform.
func newChanges(o *options) []*cobra.Command {
	return []*cobra.Command{
		newChange(o, suspend, &cobra.Command{
			Use:   "suspend ID",
			Short: "Stop all exchange with a platform until it is resumed",
			Long: `Suspend stops all exchange with a platform: its requests get 403, messages to its
parties 4003, and the others are told that they are SUSPENDED. Its tokens and its
agreements stay; what is pushed meanwhile reaches it after resume.`,
			Example: `  hubctl platforms suspend k7vv4jntu6r6 --dry-run
  hubctl platforms suspend k7vv4jntu6r6`,
		}),
		newChange(o, resume, &cobra.Command{
			Use:     "resume ID",
			Short:   "End the suspension of a platform",
			Example: `  hubctl platforms resume k7vv4jntu6r6`,
		}),
		newChange(o, remove, &cobra.Command{
			Use:   "remove ID",
			Short: "End the connection with a platform for good",
			Long: `Remove ends the connection with a platform for good: its tokens are dead at once,
and its parties may be registered by another platform. To stop it for a while,
suspend it.

Agreements are between parties, not platforms: those of its parties stay, so that a
party can move to another platform, and pass nothing until one registers it. The
command names them; end those that are over with hubctl agreements end.`,
			Example: `  hubctl platforms remove k7vv4jntu6r6 --dry-run
  hubctl platforms remove k7vv4jntu6r6`,
		}),
	}
}

func newChange(o *options, do changing, cmd *cobra.Command) *cobra.Command {
	var dry bool
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
			p, err := do(ctx, adminv1.NewPlatformsClient(conn), args[0], dry)
			if err != nil {
				return err
			}
			return printPlatform(o, cmd, p)
		})
	}
	dryRun(cmd, &dry)
	return cmd
}

// dryRun adds the flag by which a changing command is only tried.
func dryRun(cmd *cobra.Command, dry *bool) {
	cmd.Flags().BoolVar(dry, "dry-run", false, "only say what would change")
}

// changeNote is what is said of a change that was made or tried.
func changeNote(change string, dry bool) []string {
	switch {
	case change == "":
		if dry {
			return []string{"Nothing would change."}
		}
		return []string{"Nothing was changed."}
	case dry:
		return []string{"Nothing was changed. Would be: " + change}
	}
	return []string{"Done: " + change}
}

func suspend(ctx context.Context, c adminv1.PlatformsClient, id string, dry bool) (*adminv1.Platform, error) {
	resp, err := c.Suspend(ctx, &adminv1.PlatformsSuspendRequest{PlatformId: id, DryRun: dry})
	return resp.GetPlatform(), err
}

func resume(ctx context.Context, c adminv1.PlatformsClient, id string, dry bool) (*adminv1.Platform, error) {
	resp, err := c.Resume(ctx, &adminv1.PlatformsResumeRequest{PlatformId: id, DryRun: dry})
	return resp.GetPlatform(), err
}

func remove(ctx context.Context, c adminv1.PlatformsClient, id string, dry bool) (*adminv1.Platform, error) {
	resp, err := c.Remove(ctx, &adminv1.PlatformsRemoveRequest{PlatformId: id, DryRun: dry})
	return resp.GetPlatform(), err
}
