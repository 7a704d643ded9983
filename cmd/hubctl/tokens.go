package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/cli"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newTokens(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "tokens",
		Aliases: []string{"token"},
		Short:   "Make, list and revoke the tokens of the admin API",
		Long: `Tokens open the admin API to people and programs, each under its own name and
with one role:

  viewer    reads
  operator  reads and changes: platforms, agreements, deliveries, syncs
  admin     all, tokens and the removal of platforms too

The token in the hub's admin.token file is the root admin; it is not listed, and
changes only with the file.`,
	}
	cmd.AddCommand(newTokensCreate(o), newTokensList(o), newTokensRevoke(o))
	return cmd
}

func newTokensCreate(o *options) *cobra.Command {
	var req adminv1.TokensCreateRequest
	var expires string
	cmd := &cobra.Command{
		Use:   "create --name N --role viewer|operator|admin [--expires D]",
		Short: "Make a token, which is shown only once",
		Example: `  hubctl tokens create --name ann --role operator
  hubctl tokens create --name dashboard --role viewer --expires 2160h
  hubctl --token-file ann.token platforms list`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if req.Expires, err = readExpires(expires, time.Now()); err != nil {
				return err
			}
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewTokensClient(conn).Create(ctx, &req)
				if err != nil {
					return err
				}
				return printNewToken(o, cmd.OutOrStdout(), resp)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&req.Name, "name", "", "who holds it: letters, digits and any of . _ - @")
	flags.StringVar(&req.Role, "role", "", "what it allows: viewer, operator or admin")
	flags.StringVar(&expires, "expires", "", "when it ends: a duration such as 720h, a last day or a date-time; default never")
	flags.BoolVar(&req.DryRun, "dry-run", false, "only say what would be made")
	require(cmd, "name", "role")
	return cmd
}

// readExpires reads the value of --expires, counted from now where it is a
// duration; a date is the last day.
func readExpires(s string, now time.Time) (*timestamppb.Timestamp, error) {
	if s == "" {
		return nil, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		return timestamppb.New(now.Add(d)), nil
	}
	t, day, err := readDate("--expires", s)
	if err != nil {
		return nil, cli.Usage("--expires %q: want a duration such as 720h, a date such as 2026-12-31 or a date-time such as 2026-12-31T12:00:00Z", s)
	}
	if day {
		t = timestamppb.New(t.AsTime().AddDate(0, 0, 1))
	}
	return t, nil
}

func printNewToken(o *options, w io.Writer, t *adminv1.TokensCreateResponse) error {
	if o.output == outputJSON {
		return printOne(o, w, t, nil)
	}
	words := [][]string{{"name:", t.GetName()}, {"role:", t.GetRole()}, {"expires:", never(t.GetExpires())}}
	if t.GetDryRun() {
		return printRows(w, append(words, []string{"Nothing was made. It would be like this."}))
	}
	if err := printRows(w, append(words, []string{"token:", t.GetToken()})); err != nil {
		return err
	}
	_, err := fmt.Fprintln(w, "Write the token into a file that only its holder can read; it is shown only now.")
	return err
}

func never(t *timestamppb.Timestamp) string {
	if t == nil {
		return "never"
	}
	return showTime(t)
}

func newTokensList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List the named tokens, expired ones too",
		Example: `  hubctl tokens list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewTokensClient(conn).List(ctx, &adminv1.TokensListRequest{})
				if err != nil {
					return err
				}
				columns := []string{"NAME", "ROLE", "CREATED", "BY", "LAST USED", "EXPIRES"}
				return printList(o, cmd.OutOrStdout(), resp.GetTokens(), columns, tokenRow)
			})
		},
	}
}

func tokenRow(t *adminv1.AdminToken) []string {
	expires := never(t.GetExpires())
	if t.GetExpired() {
		expires += " (expired)"
	}
	return []string{t.GetName(), t.GetRole(), showTime(t.GetCreated()), t.GetCreatedBy(), showTime(t.GetLastUsed()), expires}
}

func newTokensRevoke(o *options) *cobra.Command {
	var req adminv1.TokensRevokeRequest
	cmd := &cobra.Command{
		Use:   "revoke NAME",
		Short: "End a token at once, with all that it opened",
		Example: `  hubctl tokens revoke ann
  hubctl tokens revoke ann --dry-run`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			req.Name = args[0]
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewTokensClient(conn).Revoke(ctx, &req)
				if err != nil {
					return err
				}
				t, done := resp.GetToken(), "revoked:"
				if resp.GetDryRun() {
					done = "would be revoked:"
				}
				words := [][]string{{done, t.GetName()}, {"role:", t.GetRole()}, {"last used:", showTime(t.GetLastUsed())}}
				return printOne(o, cmd.OutOrStdout(), resp, words)
			})
		},
	}
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "only say what would be revoked")
	return cmd
}
