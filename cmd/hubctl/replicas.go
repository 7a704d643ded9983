package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newReplicas(o *options) *cobra.Command {
	cmd := newReplicasList(o, "replicas")
	cmd.Long = `Show the processes that are this hub, as the one that answers sees them, and what
each of them does that is done once per hub: shard.I-of-N is a part of the
deliveries, hub.TASK a task, pull-PLATFORM a pull that is under way. A hub of one
process shows that one.`
	cmd.AddCommand(newReplicasList(o, "list"))
	return cmd
}

// newReplicasList is the list, under both of its names.
func newReplicasList(o *options, use string) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: "Show the processes that are this hub, and which of them does what",
		Example: `  hubctl replicas
  hubctl replicas list -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewReplicasClient(conn).List(ctx, &adminv1.ReplicasListRequest{})
				if err != nil {
					return err
				}
				columns := []string{"REPLICA", "VERSION", "SINCE", "STATE", "LEASES"}
				return printList(o, cmd.OutOrStdout(), resp.GetReplicas(), columns, replicaRow)
			})
		},
	}
}

func replicaRow(r *adminv1.Replica) []string {
	return []string{
		r.GetReplicaId(), r.GetVersion(), showTime(r.GetSince()), replicaState(r), orDash(strings.Join(r.GetLeases(), " ")),
	}
}

func replicaState(r *adminv1.Replica) string {
	state := "works"
	if r.GetLeaving() {
		state = "leaves"
	}
	if r.GetSelf() {
		state += ", answers"
	}
	return state
}
