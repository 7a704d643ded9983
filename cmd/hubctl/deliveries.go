package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newDeliveries(o *options) *cobra.Command {
	var modules bool
	cmd := &cobra.Command{
		Use:   "deliveries",
		Short: "Show and steer how the pushes reach each platform",
		Long: `Show how far the pushes to all have come with each platform that receives them.
Counts are those since the hub started, the rate is that of the last minute.

The state is one of
  live         each push goes out as it comes
  catching_up  the newest state of each object that changed goes out
  waiting      the platform is away: OFFLINE or SUSPENDED
  paused       the operator holds the pushes back`,
		Example: `  hubctl deliveries --modules
  hubctl deliveries pause k7vv4jntu6r6 --module tokens
  hubctl deliveries resync k7vv4jntu6r6 --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewDeliveriesClient(conn).List(ctx, &adminv1.DeliveriesListRequest{})
				if err != nil {
					return err
				}
				if modules && o.output == outputTable {
					return printRows(cmd.OutOrStdout(), moduleRows(resp.GetDeliveries()))
				}
				columns := []string{"PLATFORM", "STATE", "PENDING", "DELIVERED", "REJECTED", "OLDEST PENDING", "RATE", "LAST ERROR"}
				return printList(o, cmd.OutOrStdout(), resp.GetDeliveries(), columns, deliveryRow)
			})
		},
	}
	cmd.Flags().BoolVar(&modules, "modules", false, "a row for each module")
	cmd.AddCommand(newDeliveriesPause(o), newDeliveriesResume(o), newDeliveriesResync(o), newDeliveriesRejected(o), newDeliveriesRetry(o))
	return cmd
}

func deliveryRow(d *adminv1.Delivery) []string {
	oldest, state := "-", d.GetState()
	if d.GetPending() > 0 {
		oldest = strconv.FormatFloat(d.GetOldestPendingSeconds(), 'f', 1, 64) + "s"
	}
	if held := d.GetPausedModules(); len(held) > 0 {
		state += " (paused: " + strings.Join(held, " ") + ")"
	}
	return []string{
		d.GetPlatformId(), state, count(d.GetPending()), count(d.GetDelivered()), count(d.GetRejected()), oldest,
		strconv.FormatFloat(d.GetRate(), 'f', 1, 64) + "/s", lastError(d.GetLastError()),
	}
}

func lastError(e *adminv1.DeliveryError) string {
	if e == nil {
		return "-"
	}
	words := e.GetReason() + " (" + e.GetModule()
	if e.GetHttpStatus() != 0 {
		words += fmt.Sprintf(", HTTP %d", e.GetHttpStatus())
	}
	if e.GetOcpiStatus() != 0 {
		words += fmt.Sprintf(", %d", e.GetOcpiStatus())
	}
	return words + ") " + showTime(e.GetTime())
}

func moduleRows(all []*adminv1.Delivery) [][]string {
	rows := [][]string{{"PLATFORM", "MODULE", "STATE", "PENDING", "DELIVERED", "REJECTED"}}
	for _, d := range all {
		for _, m := range d.GetModules() {
			state := d.GetState()
			if m.GetPaused() {
				state = "paused"
			}
			rows = append(rows, []string{
				d.GetPlatformId(), m.GetModule(), state, count(m.GetPending()), count(m.GetDelivered()), count(m.GetRejected()),
			})
		}
	}
	return rows
}

// pushedModule is what is said of the flag --module.
const pushedModule = "only this module: hubclientinfo, tariffs, locations or tokens"

func newDeliveriesPause(o *options) *cobra.Command {
	pause := func(ctx context.Context, c adminv1.DeliveriesClient, v valve) (*adminv1.DeliveryPause, error) {
		resp, err := c.Pause(ctx, &adminv1.DeliveriesPauseRequest{PlatformId: v.platform, Module: v.module, DryRun: v.dry})
		return resp.GetPause(), err
	}
	return newValve(o, pause, &cobra.Command{
		Use:   "pause PLATFORM [--module M]",
		Short: "Hold back the pushes to a platform until they are resumed",
		Long: `Pause holds back the pushes to a platform, or those of one module, until resume; it
takes effect within two seconds and outlives a restart. Nothing is lost: the hub
keeps how far the platform is, and sends the newest state of each object that
changed when it is resumed.

Only pushes to all are held back. Messages that a party sends to one party of the
platform go their way; to stop those too, use hubctl platforms suspend.`,
		Example: `  hubctl deliveries pause k7vv4jntu6r6
  hubctl deliveries pause k7vv4jntu6r6 --module tokens --dry-run`,
	})
}

func newDeliveriesResume(o *options) *cobra.Command {
	resume := func(ctx context.Context, c adminv1.DeliveriesClient, v valve) (*adminv1.DeliveryPause, error) {
		resp, err := c.Resume(ctx, &adminv1.DeliveriesResumeRequest{PlatformId: v.platform, Module: v.module, DryRun: v.dry})
		return resp.GetPause(), err
	}
	return newValve(o, resume, &cobra.Command{
		Use:   "resume PLATFORM [--module M]",
		Short: "End a pause: the platform catches up",
		Example: `  hubctl deliveries resume k7vv4jntu6r6
  hubctl deliveries resume k7vv4jntu6r6 --module tokens`,
	})
}

// valve is what is to be held back, or let out again.
type valve struct {
	platform, module string
	dry              bool
}

// newValve completes a command that holds pushes back, or lets them out.
func newValve(o *options, turn func(context.Context, adminv1.DeliveriesClient, valve) (*adminv1.DeliveryPause, error), cmd *cobra.Command) *cobra.Command {
	var v valve
	cmd.Args = cobra.ExactArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		v.platform = args[0]
		return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
			pause, err := turn(ctx, adminv1.NewDeliveriesClient(conn), v)
			if err != nil {
				return err
			}
			return printPause(o, cmd, pause)
		})
	}
	cmd.Flags().StringVar(&v.module, "module", "", pushedModule)
	dryRun(cmd, &v.dry)
	return cmd
}

func printPause(o *options, cmd *cobra.Command, p *adminv1.DeliveryPause) error {
	what := "nothing"
	switch {
	case p.GetPaused():
		what = "all modules"
	case len(p.GetPausedModules()) > 0:
		what = strings.Join(p.GetPausedModules(), " ")
	}
	return printOne(o, cmd.OutOrStdout(), p, [][]string{
		{"platform:", p.GetPlatformId()}, {"paused:", what}, changeNote(p.GetChange(), p.GetDryRun()),
	})
}

func newDeliveriesResync(o *options) *cobra.Command {
	var req adminv1.DeliveriesResyncRequest
	var since string
	cmd := &cobra.Command{
		Use:   "resync PLATFORM [--module M] [--since D]",
		Short: "Send a platform the newest state of everything it is entitled to",
		Long: `Resync sends a platform the newest state of every object that it is entitled to now,
of all owners, once, each by PUT; for a partner that lost its database, or that
doubts it. It goes out beside what is live, and nothing older ever comes after
something newer. It goes on after a restart of the hub, and waits while the
platform is away or paused. hubctl deliveries shows catching_up, and pending counts
down. Ordered again while it is under way, it begins anew.`,
		Example: `  hubctl deliveries resync k7vv4jntu6r6 --dry-run
  hubctl deliveries resync k7vv4jntu6r6 --module locations --since 2026-11-01`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.PlatformId = args[0]
			from, err := readSince(since, time.Now())
			if err != nil {
				return err
			}
			req.Since = from
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewDeliveriesClient(conn).Resync(ctx, &req)
				if err != nil {
					return err
				}
				return printOne(o, cmd.OutOrStdout(), resp, resyncWords(resp))
			})
		},
	}
	cmd.Flags().StringVar(&req.Module, "module", "", pushedModule)
	cmd.Flags().StringVar(&since, "since", "", "only what was updated (last_updated) since this date, date-time, or so long ago: 36h")
	dryRun(cmd, &req.DryRun)
	return cmd
}

func resyncWords(resp *adminv1.DeliveriesResyncResponse) [][]string {
	words := [][]string{{"MODULE", "OBJECTS"}}
	objects := int64(0)
	for _, m := range resp.GetModules() {
		words = append(words, []string{m.GetModule(), count(m.GetObjects())})
		objects += m.GetObjects()
	}
	change := ""
	if objects > 0 {
		change = fmt.Sprintf("%d objects go out; hubctl deliveries shows how far it is", objects)
	}
	return append(words, changeNote(change, resp.GetDryRun()))
}
