package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"github.com/ocpihub/ocpihub/internal/cli"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newPlatforms(o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "platforms",
		Aliases: []string{"platform"},
		Short:   "Invite, connect, show, check, suspend and remove platforms",
	}
	cmd.AddCommand(newInvite(o), newConnect(o), newPlatformsList(o), newShow(o), newCheck(o), newRotate(o), newPin(o))
	cmd.AddCommand(newChanges(o)...)
	return cmd
}

func newPlatformsList(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "list",
		Short:   "List all platforms",
		Example: `  hubctl platforms list`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewPlatformsClient(conn).List(ctx, &adminv1.PlatformsListRequest{})
				if err != nil {
					return err
				}
				columns := []string{"PLATFORM", "NAME", "STATUS", "VERSION", "PARTIES", "LAST SEEN"}
				return printList(o, cmd.OutOrStdout(), resp.GetPlatforms(), columns, platformRow)
			})
		},
	}
}

func newShow(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "show ID",
		Short:   "Show one platform",
		Example: `  hubctl platforms show k7vv4jntu6r6`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewPlatformsClient(conn).Get(ctx, &adminv1.PlatformsGetRequest{PlatformId: args[0]})
				if err != nil {
					return err
				}
				return printPlatform(o, cmd, resp.GetPlatform())
			})
		},
	}
}

func newConnect(o *options) *cobra.Command {
	var req adminv1.PlatformsConnectRequest
	var claims []string
	cmd := &cobra.Command{
		Use:   "connect --name N --versions-url URL --token TOKEN [--party ROLE:CC*PID ...] [--ocpi VERSION | --as CC*PID]",
		Short: "Register the hub with a platform that invited it",
		Long: `Connect registers the hub with a platform that gave you a token A, and returns when
that is done. With --dry-run the hub reads the platform's versions and details by
that token, says which version and endpoints it would use, and sends nothing: the
token stays good. A platform of OCPI 2.1.1 needs --party: its credentials do not say
whether it is a CPO or an eMSP. With --as the hub comes as that one party alone, for a
platform of 2.1.1 that wants one connection for each of its partners.`,
		Example: `  hubctl platforms connect --name "My eMSP" --versions-url https://emsp.example/ocpi/versions --token THEIR-TOKEN --dry-run
  hubctl platforms connect --name "An old CPO" --versions-url https://cpo.example/versions --token THEIR-TOKEN --party 'CPO:DE*ABC'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if req.Claims, err = parseParties(claims); err != nil {
				return err
			}
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewPlatformsClient(conn).Connect(ctx, &req)
				if err != nil {
					return err
				}
				return printPlatform(o, cmd, resp.GetPlatform())
			})
		},
	}
	cmd.Flags().StringVar(&req.Name, "name", "", "what you call the platform")
	cmd.Flags().StringVar(&req.VersionsUrl, "versions-url", "", "URL of the partner's version list")
	cmd.Flags().StringVar(&req.Token, "token", "", "the CREDENTIALS_TOKEN_A that the partner gave you")
	partiesFlag(cmd, &claims)
	ocpiFlag(cmd, &req.PinnedVersion)
	asFlag(cmd, &req.As)
	dryRun(cmd, &req.DryRun)
	require(cmd, "name", "versions-url", "token")
	return cmd
}

// partiesFlag is the flag --party of a command, for parseParties.
func partiesFlag(cmd *cobra.Command, into *[]string) {
	cmd.Flags().StringArrayVar(into, "party", nil, "a party that it may register, ROLE:CC*PID; may be repeated")
}

// ocpiFlag is the flag --ocpi of a command that brings a platform onto the hub.
func ocpiFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "ocpi", "", "keep it to this version of OCPI (default: the highest that both have)")
}

// asFlag is the flag --as of a command that brings a platform onto the hub.
func asFlag(cmd *cobra.Command, into *string) {
	cmd.Flags().StringVar(into, "as", "", "stand for this one party there, CC*PID (OCPI 2.1.1 only; default: for all)")
}

// require marks flags that a command defines as required.
func require(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		if err := cmd.MarkFlagRequired(name); err != nil {
			panic(err) // a flag that the command does not define
		}
	}
}

// printPlatform prints a platform; after a change with what was done.
func printPlatform(o *options, cmd *cobra.Command, p *adminv1.Platform) error {
	words := platformWords(p)
	if p.GetChange() != "" || p.GetDryRun() {
		words = append(words, changeNote(p.GetChange(), p.GetDryRun()))
	}
	return printOne(o, cmd.OutOrStdout(), p, words)
}

func platformWords(p *adminv1.Platform) [][]string {
	words := [][]string{
		{"platform:", orDash(p.GetPlatformId())},
		{"name:", p.GetName()},
		{"status:", p.GetStatus() + removedNote(p)},
		{"version:", orDash(p.GetVersion()) + pinNote(p)},
		{"versions url:", orDash(p.GetVersionsUrl())},
		{"parties:", roles(p.GetParties(), "-")},
		{"may register:", roles(p.GetClaims(), "any party that is free")},
		{"last seen:", showTime(p.GetLastSeen())},
	}
	if p.GetAs() != "" {
		words = append(words, []string{"the hub is:", p.GetAs() + " there, for nobody else"})
	}
	return words
}

func pinNote(p *adminv1.Platform) string {
	if p.GetPinnedVersion() != "" {
		return " (pinned to " + p.GetPinnedVersion() + ")"
	}
	return ""
}

func asNote(p *adminv1.Platform) string {
	if p.GetAs() != "" {
		return " (for " + p.GetAs() + ")"
	}
	return ""
}

func removedNote(p *adminv1.Platform) string {
	if p.GetRemoved() {
		return " (removed)"
	}
	return ""
}

func platformRow(p *adminv1.Platform) []string {
	return []string{
		p.GetPlatformId(), p.GetName(), p.GetStatus(), orDash(p.GetVersion()),
		roles(p.GetParties(), "-") + asNote(p), showTime(p.GetLastSeen()),
	}
}

// roles writes parties as parseParty reads them.
func roles(parties []*adminv1.PartyRole, none string) string {
	words := make([]string, len(parties))
	for i, p := range parties {
		words[i] = p.GetRole() + ":" + p.GetCountryCode() + "*" + p.GetPartyId()
	}
	if len(words) == 0 {
		return none
	}
	return strings.Join(words, " ")
}

// parseParties reads the parties that a platform may register.
func parseParties(words []string) (out []*adminv1.PartyRole, err error) {
	for _, s := range words {
		party, err := parseParty(s)
		if err != nil {
			return nil, err
		}
		out = append(out, party)
	}
	return out, nil
}

// parseParty reads ROLE:CC*PID.
func parseParty(s string) (*adminv1.PartyRole, error) {
	role, party, found := strings.Cut(s, ":")
	id, err := ocpi.ParsePartyID(party)
	if !found || role == "" || err != nil {
		return nil, cli.Usage("--party %q: want ROLE:CC*PID, for example CPO:DE*ABC", s)
	}
	return &adminv1.PartyRole{Role: strings.ToUpper(role), CountryCode: id.Country, PartyId: id.ID}, nil
}
