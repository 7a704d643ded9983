package main

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// agreeing asks the hub to change the state of an agreement and returns it as it
// is then.
type agreeing func(context.Context, adminv1.AgreementsClient, *adminv1.AgreementOrder, string) (*adminv1.Agreement, error)

// newAgreementMoves are the commands that change the state of an agreement.
func newAgreementMoves(o *options) []*cobra.Command {
	return []*cobra.Command{
		newAgreementMove(o, "activate", "Put a draft into force", activateAgreement),
		newAgreementMove(o, "suspend", "Stop what an agreement allows until it is resumed", suspendAgreement),
		newAgreementMove(o, "resume", "End the suspension of an agreement", resumeAgreement),
		newAgreementMove(o, "end", "End an agreement for good", endAgreement),
	}
}

func newAgreementMove(o *options, name, short string, do agreeing) *cobra.Command {
	var dry bool
	cmd := &cobra.Command{
		Use:   name + " ID",
		Short: short,
		Example: "  hubctl agreements " + name + " k3v9c1x0p2m4 --dry-run\n" +
			"  hubctl agreements " + name + " k3v9c1x0p2m4",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				order := &adminv1.AgreementOrder{By: whoAmI(), DryRun: dry}
				a, err := do(ctx, adminv1.NewAgreementsClient(conn), order, args[0])
				if err != nil {
					return err
				}
				return printAgreement(o, cmd, a)
			})
		},
	}
	dryRun(cmd, &dry)
	return cmd
}

func activateAgreement(ctx context.Context, c adminv1.AgreementsClient, o *adminv1.AgreementOrder, id string) (*adminv1.Agreement, error) {
	resp, err := c.Activate(ctx, &adminv1.AgreementsActivateRequest{Order: o, AgreementId: id})
	return resp.GetAgreement(), err
}

func suspendAgreement(ctx context.Context, c adminv1.AgreementsClient, o *adminv1.AgreementOrder, id string) (*adminv1.Agreement, error) {
	resp, err := c.Suspend(ctx, &adminv1.AgreementsSuspendRequest{Order: o, AgreementId: id})
	return resp.GetAgreement(), err
}

func resumeAgreement(ctx context.Context, c adminv1.AgreementsClient, o *adminv1.AgreementOrder, id string) (*adminv1.Agreement, error) {
	resp, err := c.Resume(ctx, &adminv1.AgreementsResumeRequest{Order: o, AgreementId: id})
	return resp.GetAgreement(), err
}

func endAgreement(ctx context.Context, c adminv1.AgreementsClient, o *adminv1.AgreementOrder, id string) (*adminv1.Agreement, error) {
	resp, err := c.End(ctx, &adminv1.AgreementsEndRequest{Order: o, AgreementId: id})
	return resp.GetAgreement(), err
}
