package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/ocpihub/ocpihub/internal/cli"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newAlerts(o *options) *cobra.Command {
	cmd := newAlertsList(o, "alerts [--all] [--party CC*PID] [--kind K]")
	cmd.Long = `Show silence and trouble that the hub noticed: those alerts that hold, the most
urgent first; with --all also those that ended within the last week. What each
kind means, and how to tune it, is in docs/alerts.md.`
	cmd.AddCommand(newAlertsList(o, "list [--all] [--party CC*PID] [--kind K]"), newAlertsRhythm(o), newAlertsAck(o))
	return cmd
}

// newAlertsList is the list, under both of its names.
func newAlertsList(o *options, use string) *cobra.Command {
	var req adminv1.AlertsListRequest
	cmd := &cobra.Command{
		Use:   use,
		Short: "Show silence and trouble that the hub noticed",
		Example: `  hubctl alerts
  hubctl alerts --all --party 'DE*ABC'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewAlertsClient(conn).List(ctx, &req)
				if err != nil {
					return err
				}
				columns := []string{"ALERT", "KIND", "SEVERITY", "STATE", "ABOUT", "SINCE", "VALUE", "THRESHOLD"}
				return printList(o, cmd.OutOrStdout(), resp.GetAlerts(), columns, alertRow)
			})
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&req.All, "all", false, "also those that ended within the last week")
	flags.StringVar(&req.Party, "party", "", "only this party, CC*PID")
	flags.StringVar(&req.Kind, "kind", "", "only this kind, for example silence")
	return cmd
}

func alertRow(a *adminv1.Alert) []string {
	return []string{
		a.GetAlertId(), a.GetKind(), a.GetSeverity(), alertState(a), orDash(about(a)), showTime(a.GetSince()), a.GetValue(), a.GetThreshold(),
	}
}

// alertState is the state, and that somebody knows.
func alertState(a *adminv1.Alert) string {
	if a.GetAcknowledged() {
		return a.GetState() + ", acknowledged"
	}
	return a.GetState()
}

func about(a *adminv1.Alert) string {
	words := a.GetParty() + " " + a.GetModule() + " " + a.GetPlatformId() + " " + a.GetSubject()
	return strings.Join(strings.Fields(words), " ")
}

func newAlertsRhythm(o *options) *cobra.Command {
	var req adminv1.AlertsRhythmRequest
	cmd := &cobra.Command{
		Use:   "rhythm [--party CC*PID]",
		Short: "Show what the hub holds for usual with the traffic of parties",
		Long: `Show what the hub holds for usual with the traffic of each party in each module.

An hour has twelve steps of five minutes. USUAL NOW says in how many of those of
the present hour of the week something usually comes. MISSED counts the steps
since the last message in which something would usually have come; when it is
over LIMIT that is a silence. LIMIT is 12, or one and a half times the LONGEST
usual pause. Hours of the week that were not watched yet expect nothing.`,
		Example: `  hubctl alerts rhythm --party 'DE*ABC'`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewAlertsClient(conn).Rhythm(ctx, &req)
				if err != nil {
					return err
				}
				columns := []string{"PARTY", "MODULE", "MESSAGES", "LAST SEEN", "HOURS KNOWN", "USUAL NOW", "MISSED", "LONGEST", "LIMIT"}
				return printList(o, cmd.OutOrStdout(), resp.GetRhythms(), columns, rhythmRow)
			})
		},
	}
	cmd.Flags().StringVar(&req.Party, "party", "", "only this party, CC*PID")
	return cmd
}

func rhythmRow(r *adminv1.Rhythm) []string {
	return []string{
		r.GetParty(), r.GetModule(), count(r.GetMessages()), showTime(r.GetLastSeen()), fmt.Sprintf("%d of 168", r.GetHoursKnown()),
		tenths(r.GetUsualNow()), tenths(r.GetMissed()), tenths(r.GetLongest()), tenths(r.GetLimit()),
	}
}

func tenths(f float64) string { return fmt.Sprintf("%.1f", f) }

func newAlertsAck(o *options) *cobra.Command {
	var req adminv1.AlertsAcknowledgeRequest
	var within time.Duration
	cmd := &cobra.Command{
		Use:   "ack ID [--for D]",
		Short: "Say that you know of an alert: the webhook is not told of it any more",
		Long: `Ack says that you know of an alert. It stays listed, and the webhook is not told
of it until it ends, or with --for until then.`,
		Example: `  hubctl alerts ack 3f2a91c07be4 --for 4h`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("for") {
				if within <= 0 {
					return cli.Usage("--for: want more than 0s, such as 4h, got %s", within)
				}
				req.For = durationpb.New(within)
			}
			req.AlertId = args[0]
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewAlertsClient(conn).Acknowledge(ctx, &req)
				if err != nil {
					return err
				}
				a := resp.GetAlert()
				return printOne(o, cmd.OutOrStdout(), resp, [][]string{
					{"alert:", a.GetAlertId()},
					{"kind:", a.GetKind()},
					{"about:", orDash(about(a))},
					{"state:", alertState(a)},
					{"do:", a.GetAction()},
					changeNote(resp.GetChange(), resp.GetDryRun()),
				})
			})
		},
	}
	cmd.Flags().DurationVar(&within, "for", 0, "for how long, for example 4h (default until the alert ends)")
	dryRun(cmd, &req.DryRun)
	return cmd
}
