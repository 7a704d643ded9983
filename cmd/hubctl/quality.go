package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newQuality(o *options) *cobra.Command {
	var req adminv1.QualityListRequest
	cmd := &cobra.Command{
		Use:   "quality [--party CC*PID] [--module M] [--kind K]",
		Short: "Show what is wrong with the objects that parties send",
		Long: `Show what is wrong with the objects that parties send: how often each kind of
fault was found in each field, with the newest example. What each kind means,
and what to tell the partner, is in docs/quality.md.`,
		Example: `  hubctl quality --party 'DE*ABC' --module locations
  hubctl quality clear --party 'DE*ABC'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewQualityClient(conn).List(ctx, &req)
				if err != nil {
					return err
				}
				columns := []string{"PARTY", "MODULE", "KIND", "FIELD", "COUNT", "LAST SEEN", "EXAMPLE"}
				return printList(o, cmd.OutOrStdout(), resp.GetFindings(), columns, findingRow)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&req.Party, "party", "", "only this party, CC*PID")
	flags.StringVar(&req.Module, "module", "", "only this module, for example locations")
	flags.StringVar(&req.Kind, "kind", "", "only this kind, for example too_long")
	cmd.AddCommand(newQualityClear(o))
	return cmd
}

func findingRow(f *adminv1.Finding) []string {
	e := f.GetExample()
	example := strings.Join(strings.Fields(e.GetObjectId()+" "+e.GetPointer()+" "+e.GetValue()), " ")
	return []string{
		f.GetParty(), orDash(f.GetModule()), f.GetKind(), orDash(f.GetField()), count(f.GetCount()), showTime(f.GetLastSeen()), orDash(example),
	}
}

func newQualityClear(o *options) *cobra.Command {
	var req adminv1.QualityClearRequest
	cmd := &cobra.Command{
		Use:     "clear --party CC*PID",
		Short:   "Forget what was found with a party, to count anew",
		Example: `  hubctl quality clear --party 'DE*ABC'`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewQualityClient(conn).Clear(ctx, &req)
				if err != nil {
					return err
				}
				return printOne(o, cmd.OutOrStdout(), resp, [][]string{
					{"party:", resp.GetParty()}, changeNote(resp.GetChange(), resp.GetDryRun()),
				})
			})
		},
	}
	cmd.Flags().StringVar(&req.Party, "party", "", "the party, CC*PID")
	dryRun(cmd, &req.DryRun)
	require(cmd, "party")
	return cmd
}
