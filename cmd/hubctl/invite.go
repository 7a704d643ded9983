package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newInvite(o *options) *cobra.Command {
	var req adminv1.PlatformsInviteRequest
	var claims []string
	cmd := &cobra.Command{
		Use:   "invite --name N [--party ROLE:CC*PID ...] [--ocpi VERSION | --as CC*PID]",
		Short: "Make a platform and the one-time token with which it registers",
		Long: `Invite makes a platform and a one-time token A, and prints the text to send to the
partner: where the hub is, the token and how to write it, what to register, how to
try it. A platform of OCPI 2.1.1 needs --party: its credentials do not say whether it
is a CPO or an eMSP, and it has one party. With --as it gets a connection of 2.1.1 on
which the hub stands for one party alone, by its name: one for each of its partners.`,
		Example: `  hubctl platforms invite --name "Acme Charging" --party 'CPO:DE*ACM'
  hubctl platforms invite --name "Any party that is free"
  hubctl platforms invite --name "An old CPO, for XYZ" --party 'CPO:DE*OLD' --as 'NL*XYZ'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if req.Claims, err = parseParties(claims); err != nil {
				return err
			}
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewPlatformsClient(conn).Invite(ctx, &req)
				if err != nil {
					return err
				}
				return printInvitation(o, cmd.OutOrStdout(), resp, &req)
			})
		},
	}
	cmd.Flags().StringVar(&req.Name, "name", "", "what you call the platform")
	partiesFlag(cmd, &claims)
	ocpiFlag(cmd, &req.PinnedVersion)
	asFlag(cmd, &req.As)
	dryRun(cmd, &req.DryRun)
	require(cmd, "name")
	return cmd
}

func newRotate(o *options) *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   "rotate ID",
		Short: "Renew the credentials of a platform",
		Long: `Rotate renews the tokens of both sides over OCPI (PUT credentials) with a platform
that is registered. Any other gets a new token A; the old one is dead.`,
		Example: `  hubctl platforms rotate k7vv4jntu6r6 --dry-run
  hubctl platforms rotate k7vv4jntu6r6`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				req := &adminv1.PlatformsRotateRequest{PlatformId: args[0], DryRun: dry}
				client := adminv1.NewPlatformsClient(conn)
				resp, err := client.Rotate(ctx, req)
				if err != nil {
					return err
				}
				of, err := client.Get(ctx, &adminv1.PlatformsGetRequest{PlatformId: args[0]})
				if err != nil {
					of = nil // the token must be shown all the same
				}
				return printRotation(o, cmd.OutOrStdout(), resp, of.GetPlatform())
			})
		},
	}
	dryRun(cmd, &dry)
	return cmd
}

func printInvitation(o *options, w io.Writer, resp *adminv1.PlatformsInviteResponse, req *adminv1.PlatformsInviteRequest) error {
	switch {
	case o.output == outputJSON:
		return printOne(o, w, resp, nil)
	case resp.GetDryRun():
		return printRows(w, [][]string{changeNote(resp.GetChange(), true)})
	}
	if _, err := fmt.Fprintf(w, "Platform %s is invited.\n", resp.GetPlatformId()); err != nil {
		return err
	}
	return letter{resp.GetVersionsUrl(), resp.GetTokenA(), req.GetClaims(), resp.GetVersions(), req.GetAs()}.print(w)
}

func printRotation(o *options, w io.Writer, resp *adminv1.PlatformsRotateResponse, of *adminv1.Platform) error {
	switch {
	case o.output == outputJSON:
		return printOne(o, w, resp, nil)
	case resp.GetDryRun():
		return printRows(w, [][]string{changeNote(resp.GetChange(), true)})
	case resp.GetTokenA() == "":
		_, err := fmt.Fprintf(w, "Platform %s has new credentials.\n", resp.GetPlatformId())
		return err
	}
	if _, err := fmt.Fprintf(w, "Platform %s has a new invitation.\n", resp.GetPlatformId()); err != nil {
		return err
	}
	return letter{resp.GetVersionsUrl(), resp.GetTokenA(), of.GetClaims(), resp.GetVersions(), of.GetAs()}.print(w)
}
