package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newBridge(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bridge",
		Short: "Tell what versions of OCPI make of objects",
	}
	cmd.AddCommand(newBridgeReport(o))
	return cmd
}

// reportTimeout is how long a report may take unless --timeout says otherwise.
const reportTimeout = 10 * time.Minute

func newBridgeReport(o *options) *cobra.Command {
	var req adminv1.BridgeReportRequest
	cmd := &cobra.Command{
		Use:   "report --from CC*PID --to VERSION [--sample N]",
		Short: "Count what a party's objects lose on the way to a version of OCPI",
		Long: `Report translates what the hub holds of a party, as a reader of another version
gets it, and counts what comes of it: for each reason in how many objects and in
how many places, with one case of it.

  withheld  the object is not sent
  lost      the party says it, and the reader does not see it
  narrowed  the reader sees less, or reads it another way
  invented  the reader sees what the party did not say

An object is kept in the version in which the party sent it last: that is the one
that each line goes from.

Nothing is stored or sent, and the version need not be offered. What each reason
means is in docs/versions.md.`,
		Example: `  hubctl bridge report --from 'DE*ABC' --to 2.1.1
  hubctl bridge report --from 'DE*ABC' --to 2.3.0 --sample 20000 -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("timeout") {
				o.timeout = reportTimeout
			}
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewBridgeClient(conn).Report(ctx, &req)
				if err != nil {
					return err
				}
				if o.output == outputJSON {
					return printOne(o, cmd.OutOrStdout(), resp, nil)
				}
				return printReport(cmd.OutOrStdout(), resp)
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.Party, "from", "", "whose objects, CC*PID")
	f.StringVar(&req.ToVersion, "to", "", "the version of the reader: 2.1.1, 2.2.1 or 2.3.0")
	f.Int32Var(&req.Sample, "sample", 0, "how many objects of each module, those that were created last (default 1000)")
	require(cmd, "from", "to")
	return cmd
}

// printReport prints a table of modules and one of reasons.
func printReport(w io.Writer, r *adminv1.BridgeReportResponse) error {
	if len(r.GetModules()) == 0 {
		_, err := fmt.Fprintf(w, "the hub holds no objects of %s\n", r.GetParty())
		return err
	}
	rows := [][]string{{"MODULE", "OBJECTS", "LOOKED AT", "UNCHANGED", "WITHHELD", "UNREADABLE", "KEPT IN"}}
	for _, m := range r.GetModules() {
		rows = append(rows, []string{
			m.GetModule(), count(m.GetObjects()), count(m.GetLookedAt()), count(m.GetUnchanged()), count(m.GetWithheld()), count(m.GetUnreadable()), keptIn(m),
		})
	}
	if err := printRows(w, rows); err != nil {
		return err
	}
	if len(r.GetLosses()) == 0 {
		_, err := fmt.Fprintf(w, "\nnothing is lost on the way to %s\n", r.GetToVersion())
		return err
	}
	rows = [][]string{{"OBJECT", "FROM", "TO", "KIND", "REASON", "OBJECTS", "TIMES", "FIELD", "EXAMPLE", "WHY"}}
	for _, l := range r.GetLosses() {
		example := strings.TrimSpace(l.GetExample().GetObjectId() + " " + l.GetExample().GetPointer())
		rows = append(rows, []string{
			l.GetObject(), orDash(l.GetFromVersion()), orDash(l.GetToVersion()), l.GetKind(), l.GetReason(), count(l.GetObjects()), count(l.GetTimes()), orDash(l.GetField()), orDash(example), l.GetWhy(),
		})
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return printRows(w, rows)
}

// keptIn tells in which versions the objects of a module are kept and, where there
// are several, how many in each.
func keptIn(m *adminv1.BridgeModule) string {
	var out []string
	for _, s := range m.GetStored() {
		version := s.GetVersion()
		if len(m.GetStored()) > 1 {
			version += " (" + count(s.GetLookedAt()) + ")"
		}
		out = append(out, version)
	}
	return orDash(strings.Join(out, ", "))
}
