package main

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/grpc"

	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// offer lists what may stand in a place of the command line, each with a word
// about it.
type offer func(ask asking) []cobra.Completion

// asking asks the hub, when it can be reached. Whatever goes wrong is kept
// quiet: a shell that completes has no place for it.
type asking func(func(context.Context, *grpc.ClientConn) error)

// offerWithin bounds how long the shell waits for the hub.
const offerWithin = 2 * time.Second

// addOffers teaches every command below what the shell may offer for its
// arguments and flags, by the words in Use and the names of the flags.
func addOffers(cmd *cobra.Command, o *options) {
	for _, sub := range cmd.Commands() {
		addOffers(sub, o)
	}
	if places := placesOf(cmd); len(places) > 0 && cmd.ValidArgsFunction == nil {
		cmd.ValidArgsFunction = o.offerPlaces(places)
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if _, has := cmd.GetFlagCompletionFunc(f.Name); has {
			return
		}
		if list := flagOffer(cmd, f.Name); list != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, o.offer(list)) // the flag is there, and has none yet
		}
	})
}

// placesOf reads what the arguments of a command are from its Use: "show ID" has
// one place, an id of what its group is about.
func placesOf(cmd *cobra.Command) (out []offer) {
	group := cmd.Name()
	if cmd.Parent() != nil && cmd.Parent().HasParent() {
		group = cmd.Parent().Name()
	}
	for _, word := range strings.Fields(cmd.Use)[1:] {
		word = strings.Trim(word, "[].")
		if strings.ContainsAny(word[:min(1, len(word))], "-(") || strings.ContainsFunc(word, unicode.IsLower) {
			return out
		}
		out = append(out, placeOffer(group, word))
	}
	return out
}

// placeOffer says what a word in the Use of a command stands for.
func placeOffer(group, word string) offer {
	switch group + " " + word {
	case "platforms ID", "sync ID":
		return offerPlatforms
	case "agreements ID":
		return offerAgreements
	case "alerts ID":
		return offerAlerts
	case "tokens NAME":
		return offerTokens
	}
	if word == "PLATFORM" {
		return offerPlatforms
	}
	return offerNothing
}

// flagOffer says what a flag takes; nil leaves it to the shell, which offers
// files.
func flagOffer(cmd *cobra.Command, flag string) offer {
	switch flag {
	case "party":
		if cmd.Name() == "invite" {
			return offerWords("CPO:", "EMSP:", "NAP:", "NSP:", "OTHER:", "SCSP:", "PTP:")
		}
		return offerParties
	case "from", "to":
		return endOffer(cmd.Name(), flag)
	case "cpo", "emsp", "reader", "owner":
		return offerParties
	case "platform":
		return offerPlatforms
	case "module", "modules", "cpo-only", "emsp-only":
		return offerModules
	case "custom-modules":
		return offerCustomModules
	case "role":
		return offerWords("viewer", "operator", "admin")
	case "method":
		return offerWords(http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete)
	case "catch-up":
		return offerWords("latest", "none")
	case "output":
		return offerWords(outputTable, outputJSON)
	case "file", "token-file":
		return nil
	}
	return offerNothing
}

// endOffer says what --from and --to take: parties, or a version, or days.
func endOffer(command, flag string) offer {
	switch {
	case command == "report" && flag == "to":
		return offerWords(string(ocpi.V211), string(ocpi.V221), string(ocpi.V230))
	case command == "report", command == "explain":
		return offerParties
	}
	return offerNothing
}

// offerPlaces offers for each argument what belongs into its place.
func (o *options) offerPlaces(places []offer) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) >= len(places) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return o.offer(places[len(args)])(cmd, args, typed)
	}
}

// offer keeps of a list what begins as typed.
func (o *options) offer(list offer) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		quick := *o
		quick.timeout = min(o.timeout, offerWithin)
		found := list(func(ask func(context.Context, *grpc.ClientConn) error) { _ = quick.call(cmd, ask) })
		before := typed[:strings.LastIndex(typed, ",")+1] // of a list, what is there already
		var out []cobra.Completion
		for _, c := range found {
			if strings.HasPrefix(before+c, typed) {
				out = append(out, before+c)
			}
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

func offerNothing(asking) []cobra.Completion { return nil }

func offerWords(words ...string) offer {
	return func(asking) []cobra.Completion { return words }
}

func offerPlatforms(ask asking) (out []cobra.Completion) {
	ask(func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := adminv1.NewPlatformsClient(conn).List(ctx, &adminv1.PlatformsListRequest{})
		for _, p := range resp.GetPlatforms() {
			out = append(out, described(p.GetPlatformId(), p.GetName()+", "+p.GetStatus()))
		}
		return err
	})
	return out
}

func offerAgreements(ask asking) (out []cobra.Completion) {
	for _, a := range agreementsOf(ask) {
		out = append(out, described(a.GetAgreementId(), a.GetCpo()+" and "+a.GetEmsp()+", "+a.GetStatus()))
	}
	return out
}

func agreementsOf(ask asking) (list []*adminv1.Agreement) {
	ask(func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := adminv1.NewAgreementsClient(conn).List(ctx, &adminv1.AgreementsListRequest{})
		list = resp.GetAgreements()
		return err
	})
	return list
}

func offerTokens(ask asking) (out []cobra.Completion) {
	ask(func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := adminv1.NewTokensClient(conn).List(ctx, &adminv1.TokensListRequest{})
		for _, t := range resp.GetTokens() {
			out = append(out, described(t.GetName(), t.GetRole()))
		}
		return err
	})
	return out
}

func offerAlerts(ask asking) (out []cobra.Completion) {
	ask(func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := adminv1.NewAlertsClient(conn).List(ctx, &adminv1.AlertsListRequest{})
		for _, a := range resp.GetAlerts() {
			out = append(out, described(a.GetAlertId(), a.GetKind()+" "+about(a)))
		}
		return err
	})
	return out
}

// offerParties names each party once, with its roles.
func offerParties(ask asking) (out []cobra.Completion) {
	roles := map[string]string{}
	ask(func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := adminv1.NewPartiesClient(conn).List(ctx, &adminv1.PartiesListRequest{})
		for _, p := range resp.GetParties() {
			id := p.GetCountryCode() + "*" + p.GetPartyId()
			roles[id] = strings.TrimSpace(roles[id] + " " + p.GetRole())
		}
		return err
	})
	for _, id := range slices.Sorted(maps.Keys(roles)) {
		out = append(out, described(id, roles[id]))
	}
	return out
}

// offerModules names the modules of OCPI, and those that agreements add.
func offerModules(ask asking) []cobra.Completion {
	modules := []cobra.Completion{
		string(ocpi.Locations), string(ocpi.Sessions), string(ocpi.CDRs), string(ocpi.Tariffs), string(ocpi.Tokens),
		string(ocpi.Commands), string(ocpi.ChargingProfiles), string(ocpi.HubClientInfo),
	}
	return append(modules, offerCustomModules(ask)...)
}

func offerCustomModules(ask asking) (out []cobra.Completion) {
	for _, a := range agreementsOf(ask) {
		for _, m := range a.GetCustomModules() {
			out = append(out, printable(m))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// described is an offer with a word about it, which partners may have written.
func described(value, about string) cobra.Completion {
	return cobra.CompletionWithDesc(printable(value), printable(about))
}
