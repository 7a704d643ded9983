package main

import (
	"context"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newHeld(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "held",
		Short: "Show and end what waits for the operator's yes",
		Long: `Held shows and ends what waits for the operator's yes: with guard.mass_change: hold,
the removals of a party that has set nearly all its EVSEs to REMOVED. They were
acknowledged, and nobody has got them.`,
	}
	cmd.AddCommand(newHeldList(o), newHeldRelease(o), newHeldDiscard(o))
	return cmd
}

func newHeldList(o *options) *cobra.Command {
	var req adminv1.HeldListRequest
	cmd := &cobra.Command{
		Use:   "list [--party CC*PID]",
		Short: "List the pushes that are held, in the order in which they came",
		Example: `  hubctl held list
  hubctl held list --party 'DE*ABC' -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewHeldClient(conn).List(ctx, &req)
				if err != nil {
					return err
				}
				columns := []string{"PARTY", "MODULE", "METHOD", "OBJECT", "STATUS", "HELD SINCE", "CORRELATION ID"}
				return printList(o, cmd.OutOrStdout(), resp.GetHeld(), columns, heldRow)
			})
		},
	}
	cmd.Flags().StringVar(&req.Party, "party", "", "only this party, CC*PID")
	return cmd
}

func heldRow(h *adminv1.HeldPush) []string {
	return []string{
		h.GetParty(), h.GetModule(), h.GetMethod(), h.GetObject(), orDash(h.GetStatus()), showTime(h.GetHeldSince()), orDash(h.GetCorrelationId()),
	}
}

func newHeldRelease(o *options) *cobra.Command {
	release := func(ctx context.Context, c adminv1.HeldClient, party string, dry bool) (settled, error) {
		return c.Release(ctx, &adminv1.HeldReleaseRequest{Party: party, DryRun: dry})
	}
	return newHeldEnd(o, release, &cobra.Command{
		Use:   "release CC*PID",
		Short: "Let out what is held of a party",
		Long: `Release does with the pushes that are held of a party, in order, what would have been
done with them when they came. Then its removals count anew.`,
		Example: `  hubctl held release 'DE*ABC' --dry-run
  hubctl held release 'DE*ABC'`,
	})
}

func newHeldDiscard(o *options) *cobra.Command {
	discard := func(ctx context.Context, c adminv1.HeldClient, party string, dry bool) (settled, error) {
		return c.Discard(ctx, &adminv1.HeldDiscardRequest{Party: party, DryRun: dry})
	}
	return newHeldEnd(o, discard, &cobra.Command{
		Use:   "discard CC*PID",
		Short: "Drop what is held of a party",
		Long: `Discard drops the pushes that are held of a party: nobody gets them, though the party
was told that they were taken. Tell the party: it has to push the state that it
means. Then its removals count anew.`,
		Example: `  hubctl held discard 'DE*ABC' --dry-run
  hubctl held discard 'DE*ABC'`,
	})
}

// settled is the answer to an order about what is held of a party.
type settled interface {
	proto.Message
	GetParty() string
	GetChange() string
	GetDryRun() bool
}

// newHeldEnd completes a command that ends the holding of one party's pushes.
func newHeldEnd(o *options, do func(ctx context.Context, c adminv1.HeldClient, party string, dry bool) (settled, error), cmd *cobra.Command) *cobra.Command {
	var dry bool
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
			resp, err := do(ctx, adminv1.NewHeldClient(conn), args[0], dry)
			if err != nil {
				return err
			}
			return printOne(o, cmd.OutOrStdout(), resp, [][]string{
				{"party:", resp.GetParty()}, changeNote(resp.GetChange(), resp.GetDryRun()),
			})
		})
	}
	dryRun(cmd, &dry)
	return cmd
}
