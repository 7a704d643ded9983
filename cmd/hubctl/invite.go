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
		Use:   "invite --name N [--party ROLE:CC*PID ...]",
		Short: "Make a platform and the one-time token with which it registers",
		Example: `  hubctl platforms invite --name "Acme Charging" --party 'CPO:DE*ACM'
  hubctl platforms invite --name "Any party that is free"`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, s := range claims {
				claim, err := parseParty(s)
				if err != nil {
					return err
				}
				req.Claims = append(req.Claims, claim)
			}
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewPlatformsClient(conn).Invite(ctx, &req)
				if err != nil {
					return err
				}
				return printInvitation(o, cmd.OutOrStdout(), resp)
			})
		},
	}
	cmd.Flags().StringVar(&req.Name, "name", "", "what you call the platform")
	cmd.Flags().StringArrayVar(&claims, "party", nil, "a party that it may register, ROLE:CC*PID; may be repeated")
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
				resp, err := adminv1.NewPlatformsClient(conn).Rotate(ctx, req)
				if err != nil {
					return err
				}
				return printRotation(o, cmd.OutOrStdout(), resp)
			})
		},
	}
	dryRun(cmd, &dry)
	return cmd
}

func printInvitation(o *options, w io.Writer, resp *adminv1.PlatformsInviteResponse) error {
	switch {
	case o.output == outputJSON:
		return printOne(o, w, resp, nil)
	case resp.GetDryRun():
		return printRows(w, [][]string{changeNote(resp.GetChange(), true)})
	}
	if _, err := fmt.Fprintf(w, "Platform %s is invited.\n", resp.GetPlatformId()); err != nil {
		return err
	}
	return printLetter(w, resp.GetVersionsUrl(), resp.GetTokenA())
}

func printRotation(o *options, w io.Writer, resp *adminv1.PlatformsRotateResponse) error {
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
	return printLetter(w, resp.GetVersionsUrl(), resp.GetTokenA())
}

// printLetter is what the operator sends to the partner (H-013).
func printLetter(w io.Writer, versionsURL, tokenA string) error {
	_, err := fmt.Fprintf(w, `Send this to the partner, over a channel that others cannot read. The token is
shown only now.

  versions URL:         %s
  CREDENTIALS_TOKEN_A:  %s

The partner fetches the versions URL with the header
"Authorization: Token <the token in Base64>" and registers with POST credentials.
The token serves once.
`, versionsURL, tokenA)
	return err
}
