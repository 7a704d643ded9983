package main

import (
	"context"
	"os/user"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"github.com/ocpihub/ocpihub/internal/cli"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newAgreements(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "agreements",
		Aliases: []string{"agreement"},
		Short:   "Make, show, change and end agreements between parties",
		Long: `Agreements say which two parties may exchange which modules, and for how long.

With policy.default: agreement only what an agreement in force allows is
exchanged; with open, agreements count for their options and custom modules.

With --dry-run a change is only tried. The answer then also says, by module,
direction and route, which messages of the last 24 hours between the two would
have been allowed or refused. It knows those that the message log holds: without
one (journal.max_age), or of a busy party, it says how far it could look. What
never found a receiver is not counted.`,
	}
	cmd.AddCommand(newAgreementsCreate(o), newAgreementsList(o), newAgreementsShow(o), newAgreementsUpdate(o))
	cmd.AddCommand(newAgreementMoves(o)...)
	return cmd
}

func newAgreementsCreate(o *options) *cobra.Command {
	var req adminv1.AgreementsCreateRequest
	var terms termFlags
	cmd := &cobra.Command{
		Use:   "create --cpo CC*PID --emsp CC*PID",
		Short: "Let two parties exchange",
		Example: `  hubctl agreements create --cpo 'DE*ABC' --emsp 'NL*TNM'
  hubctl agreements create --cpo 'DE*ABC' --emsp 'NL*TNM' --modules locations,tokens --from 2026-01-01 --until 2026-12-31
  hubctl agreements create --cpo 'DE*ABC' --emsp 'NL*TNM' --custom-modules nltnm-tokens --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			for flag, party := range map[string]string{"--cpo": req.GetCpo(), "--emsp": req.GetEmsp()} {
				if _, err := ocpi.ParsePartyID(party); err != nil {
					return cli.Usage("%s: %w", flag, err)
				}
			}
			var err error
			if req.Terms, err = terms.read(); err != nil {
				return err
			}
			req.Order = terms.order()
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewAgreementsClient(conn).Create(ctx, &req)
				if err != nil {
					return err
				}
				return printAgreement(o, cmd, resp.GetAgreement())
			})
		},
	}
	cmd.Flags().StringVar(&req.Cpo, "cpo", "", "the party that runs charge points, CC*PID")
	cmd.Flags().StringVar(&req.Emsp, "emsp", "", "the party that serves drivers, CC*PID: eMSP, NSP, NAP, SCSP or OTHER")
	cmd.Flags().BoolVar(&req.Draft, "draft", false, "write it down only; agreements activate puts it into force")
	terms.add(cmd)
	require(cmd, "cpo", "emsp")
	return cmd
}

func newAgreementsUpdate(o *options) *cobra.Command {
	var terms termFlags
	cmd := &cobra.Command{
		Use:   "update ID",
		Short: "Change the terms of an agreement",
		Long: `Update changes the terms that are named; all others stay. A list replaces the
old one: "all" or "none" empties it.`,
		Example: `  hubctl agreements update k3v9c1x0p2m4 --modules locations,tariffs,tokens --until none`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req := &adminv1.AgreementsUpdateRequest{AgreementId: args[0], Order: terms.order(), UpdateMask: terms.mask(cmd)}
			if len(req.GetUpdateMask().GetPaths()) == 0 {
				return cli.Usage("name what is to change, for example --until 2026-12-31")
			}
			var err error
			if req.Terms, err = terms.read(); err != nil {
				return err
			}
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewAgreementsClient(conn).Update(ctx, req)
				if err != nil {
					return err
				}
				return printAgreement(o, cmd, resp.GetAgreement())
			})
		},
	}
	terms.add(cmd)
	return cmd
}

func newAgreementsList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "List all agreements, ended ones too",
		Example: `  hubctl agreements list
  hubctl agreements list -o json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewAgreementsClient(conn).List(ctx, &adminv1.AgreementsListRequest{})
				if err != nil {
					return err
				}
				columns := []string{"AGREEMENT", "CPO", "EMSP", "STATUS", "MODULES", "CUSTOM", "FROM", "UNTIL"}
				return printList(o, cmd.OutOrStdout(), resp.GetAgreements(), columns, agreementRow)
			})
		},
	}
}

func newAgreementsShow(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show one agreement with its history",
		Example: `  hubctl agreements show k3v9c1x0p2m4`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewAgreementsClient(conn).Get(ctx, &adminv1.AgreementsGetRequest{AgreementId: args[0]})
				if err != nil {
					return err
				}
				return printAgreement(o, cmd, resp.GetAgreement())
			})
		},
	}
}

// whoAmI is the name under which changes are kept in the history.
func whoAmI() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.Username
}
