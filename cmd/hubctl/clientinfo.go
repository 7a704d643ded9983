package main

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newClientInfo(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "clientinfo",
		Short: "Show and verify what the parties are told of one another",
	}
	cmd.AddCommand(newClientInfoList(o), newClientInfoVerify(o))
	return cmd
}

func newClientInfoList(o *options) *cobra.Command {
	var req adminv1.ClientInfoListRequest
	cmd := &cobra.Command{
		Use:     "list [--reader CC*PID]",
		Short:   "List the ClientInfo of every party in each of its roles",
		Example: `  hubctl clientinfo list --reader 'NL*TNM'`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewClientInfoClient(conn).List(ctx, &req)
				if err != nil {
					return err
				}
				columns := []string{"PARTY", "ROLE", "STATUS", "LAST UPDATED", "PLATFORM"}
				return printList(o, cmd.OutOrStdout(), resp.GetEntries(), columns, clientInfoRow)
			})
		},
	}
	cmd.Flags().StringVar(&req.Reader, "reader", "", "only what the platform of this party is told of, CC*PID")
	return cmd
}

func clientInfoRow(e *adminv1.ClientInfoEntry) []string {
	return []string{
		e.GetCountryCode() + "*" + e.GetPartyId(), e.GetRole(), e.GetStatus(), showTime(e.GetLastUpdated()), e.GetPlatformId(),
	}
}

func newClientInfoVerify(o *options) *cobra.Command {
	var req adminv1.ClientInfoVerifyRequest
	cmd := &cobra.Command{
		Use:   "verify PLATFORM",
		Short: "Compare a platform's copy of the ClientInfo with what it was told",
		Long: `Verify gets the ClientInfo of every party from a platform (GET on its RECEIVER
interface of hubclientinfo), shows what it keeps, and pushes again what is
missing or differs.

The result is one of
  same        the copy has the status that the hub told
  missing     the platform does not know the party
  differs     it has another status
  other_role  it keeps another role of this party: OCPI's URL names no role
  unreadable  it did not let its copy be read; the reason follows`,
		Example: `  hubctl clientinfo verify 4f7c1b9e --dry-run`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.PlatformId = args[0]
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewClientInfoClient(conn).Verify(ctx, &req)
				if err != nil {
					return err
				}
				columns := []string{"PARTY", "ROLE", "STATUS", "COPY", "RESULT", "PUSHED", "REASON"}
				return printList(o, cmd.OutOrStdout(), resp.GetCopies(), columns, copyRow)
			})
		},
	}
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "only report: push nothing")
	return cmd
}

func copyRow(c *adminv1.ClientInfoCopy) []string {
	pushed := "-"
	switch {
	case c.GetMended():
		pushed = "mended"
	case c.GetPushed():
		pushed = "pushed, not taken"
	}
	return []string{
		c.GetParty(), c.GetRole(), c.GetStatus(), orDash(c.GetCopyStatus()), c.GetResult(), pushed, orDash(c.GetReason()),
	}
}
