package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newDeliveriesRejected(o *options) *cobra.Command {
	var req adminv1.DeliveriesListRejectedRequest
	var since string
	cmd := &cobra.Command{
		Use:   "rejected [PLATFORM] [--module M] [--since D]",
		Short: "List the deliveries that receivers refused",
		Long: `Rejected lists the deliveries that receivers refused by an OCPI answer, and have not
taken since: the last one of each object and party, the newest first, at most 1,000
of a platform; the oldest go first. It outlives a restart. A rejection ends when the
receiver takes a PUT of the object or of what it is a part of.`,
		Example: `  hubctl deliveries rejected
  hubctl deliveries rejected k7vv4jntu6r6 --module locations --since 24h`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			from, err := readSince(since, time.Now())
			if err != nil {
				return err
			}
			if req.Since = from; len(args) > 0 {
				req.PlatformId = args[0]
			}
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewDeliveriesClient(conn).ListRejected(ctx, &req)
				if err != nil {
					return err
				}
				columns := []string{"ID", "TIME", "PLATFORM", "TO", "MODULE", "METHOD", "OBJECT", "ANSWER", "ATTEMPTS", "CORRELATION ID", "MESSAGE"}
				return printList(o, cmd.OutOrStdout(), resp.GetRejected(), columns, rejectedRow)
			})
		},
	}
	cmd.Flags().StringVar(&req.Module, "module", "", pushedModule)
	cmd.Flags().StringVar(&since, "since", "", "only from this time on: a duration such as 2h, a date or a date-time")
	return cmd
}

func rejectedRow(r *adminv1.RejectedDelivery) []string {
	return []string{
		r.GetId(), showTime(r.GetTime()), r.GetPlatformId(), r.GetTo(), r.GetModule(), r.GetMethod(), r.GetObject(),
		fmt.Sprintf("HTTP %d, %d", r.GetHttpStatus(), r.GetOcpiStatus()), count(r.GetAttempts()), r.GetCorrelationId(), orDash(r.GetStatusMessage()),
	}
}

func newDeliveriesRetry(o *options) *cobra.Command {
	var req adminv1.DeliveriesRetryRequest
	cmd := &cobra.Command{
		Use:   "retry PLATFORM (--id ID | --module M | --all)",
		Short: "Send rejected deliveries again",
		Long: `Retry sends the objects of rejected deliveries again, each as it is now, to the party
that refused it. It returns when they are in the queue; hubctl deliveries rejected
shows what was refused again.

The result is one of
  queued        it goes out
  paused        the operator holds the pushes back: resume them first
  away          the platform is away: try again when it is back
  not_entitled  no agreement or role lets the party have the object now
  gone          the hub holds the object no more; the rejection is over`,
		Example: `  hubctl deliveries retry k7vv4jntu6r6 --all --dry-run
  hubctl deliveries retry k7vv4jntu6r6 --id 5f0c11d2a9be`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.PlatformId = args[0]
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewDeliveriesClient(conn).Retry(ctx, &req)
				if err != nil {
					return err
				}
				return printOne(o, cmd.OutOrStdout(), resp, retriedWords(resp))
			})
		},
	}
	cmd.Flags().StringVar(&req.Id, "id", "", "only the rejection with this id")
	cmd.Flags().StringVar(&req.Module, "module", "", pushedModule)
	cmd.Flags().BoolVar(&req.All, "all", false, "all that the platform rejected")
	dryRun(cmd, &req.DryRun)
	return cmd
}

func retriedWords(resp *adminv1.DeliveriesRetryResponse) [][]string {
	words := [][]string{{"ID", "TO", "MODULE", "OBJECT", "RESULT"}}
	queued := 0
	for _, r := range resp.GetRetried() {
		of := r.GetRejected()
		words = append(words, []string{of.GetId(), of.GetTo(), of.GetModule(), of.GetObject(), r.GetResult()})
		if r.GetResult() == "queued" {
			queued++
		}
	}
	change := ""
	if queued > 0 {
		change = fmt.Sprintf("sent again: %d", queued)
	}
	return append(words, changeNote(change, resp.GetDryRun()))
}
