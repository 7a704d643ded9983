package main

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newParties(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "parties", Short: "Show who is on the hub"}
	cmd.AddCommand(&cobra.Command{
		Use:     "list",
		Short:   "List all parties in each of their roles",
		Example: `  hubctl parties list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewPartiesClient(conn).List(ctx, &adminv1.PartiesListRequest{})
				if err != nil {
					return err
				}
				columns := []string{"PARTY", "ROLE", "STATUS", "PLATFORM"}
				return printList(o, cmd.OutOrStdout(), resp.GetParties(), columns, partyRow)
			})
		},
	})
	return cmd
}

func partyRow(p *adminv1.Party) []string {
	return []string{p.GetCountryCode() + "*" + p.GetPartyId(), p.GetRole(), p.GetStatus(), p.GetPlatformId()}
}

func count(n int64) string { return strconv.FormatInt(n, 10) }

func newCatalog(o *options) *cobra.Command {
	cmd := &cobra.Command{Use: "catalog", Short: "Show what the hub holds for its parties"}
	cmd.AddCommand(&cobra.Command{
		Use:     "stats",
		Short:   "Count the objects of each owner in each module",
		Example: `  hubctl catalog stats`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewCatalogClient(conn).Stats(ctx, &adminv1.CatalogStatsRequest{})
				if err != nil {
					return err
				}
				columns := []string{"OWNER", "MODULE", "OBJECTS", "LAST UPDATED"}
				return printList(o, cmd.OutOrStdout(), resp.GetStats(), columns, statRow)
			})
		},
	})
	return cmd
}

func statRow(s *adminv1.CatalogStat) []string {
	return []string{s.GetOwner(), s.GetModule(), count(s.GetObjects()), showTime(s.GetLastUpdated())}
}

func newExplain(o *options) *cobra.Command {
	var req adminv1.RoutesExplainRequest
	cmd := &cobra.Command{
		Use:   "explain --from CC*PID [--to CC*PID] --module M --method M [--path P]",
		Short: "Say which rule would route a message where, without sending it",
		Long: `Explain says which rule would route a message where, without sending it, and for
each receiver of another version of OCPI what object is carried from which version
to which. Where the path names an object that the hub holds, it says what that one
would lose on the way, or why it would be withheld.`,
		Example: `  hubctl explain --from 'DE*ABC' --to 'NL*HUB' --module locations --method PUT --path DE/ABC/LOC1`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewRoutesClient(conn).Explain(ctx, &req)
				if err != nil {
					return err
				}
				return printOne(o, cmd.OutOrStdout(), resp, explanation(resp))
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&req.From, "from", "", "the sending party, CC*PID")
	flags.StringVar(&req.To, "to", "", "the receiving party, CC*PID; none: open routing")
	flags.StringVar(&req.Module, "module", "", "the module, for example locations")
	flags.StringVar(&req.Method, "method", "", "the HTTP method")
	flags.StringVar(&req.Path, "path", "", "the path below the module's endpoint")
	require(cmd, "from", "module", "method")
	return cmd
}

// explanation is an explanation in words.
func explanation(r *adminv1.RoutesExplainResponse) [][]string {
	rows := [][]string{
		{"decision:", r.GetDecision()},
		{"reason:", orDash(r.GetReason())},
		{"receivers:", orDash(strings.Join(r.GetReceivers(), " "))},
	}
	for i, t := range r.GetTranslations() {
		label := ""
		if i == 0 {
			label = "translated:"
		}
		rows = append(rows, []string{label, carried(t)})
		if t.GetWithheld() != "" {
			rows = append(rows, []string{"", "  withheld (" + t.GetWithheld() + "): " + t.GetWithheldWhy()})
		}
		for _, f := range t.GetFindings() {
			line := "  " + f.GetKind() + " " + f.GetPointer() + " (" + f.GetReason() + "): " + f.GetWhy()
			if f.GetTimes() > 1 {
				line += ", in " + count(f.GetTimes()) + " places"
			}
			rows = append(rows, []string{"", line})
		}
		if t.GetMore() > 0 {
			rows = append(rows, []string{"", "  and " + count(t.GetMore()) + " more"})
		}
	}
	return rows
}

// carried says in one line what goes between which versions.
func carried(t *adminv1.RoutesTranslation) string {
	what := t.GetObject()
	switch {
	case what == "":
		what = "no object"
	case t.GetAnswer():
		what += " in the answer"
	}
	line := t.GetReceiver() + ": " + what + " from " + t.GetFromVersion() + " to " + t.GetToVersion()
	switch {
	case !t.GetLookedAt():
		return line
	case t.GetStoredVersion() != t.GetFromVersion():
		line += ", held in " + t.GetStoredVersion()
	}
	if t.GetWithheld() == "" && len(t.GetFindings()) == 0 {
		line += ", nothing is lost"
	}
	return line
}
