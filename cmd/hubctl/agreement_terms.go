package main

import (
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// termFlags are the flags that write and change the terms of an agreement.
type termFlags struct {
	modules, cpoOnly, emspOnly, custom []string
	from, until, catchUp               string
	standIn, dry                       bool
}

func (f *termFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.modules, "modules", nil, "the modules they may exchange, separated by commas; none named: all")
	flags.StringSliceVar(&f.cpoOnly, "cpo-only", nil, "modules in which only the CPO side may send requests")
	flags.StringSliceVar(&f.emspOnly, "emsp-only", nil, "modules in which only the eMSP side may send requests")
	flags.StringSliceVar(&f.custom, "custom-modules", nil, "modules outside OCPI that the hub carries between them")
	flags.StringVar(&f.from, "from", "", "first day or moment, RFC 3339; default now")
	flags.StringVar(&f.until, "until", "", "last day, or the moment when it is over, RFC 3339; default no end")
	flags.BoolVar(&f.standIn, "stand-in", false, "the hub may authorise from the whitelist of tokens while the eMSP cannot be reached")
	flags.StringVar(&f.catchUp, "catch-up", "", "what one that was away gets of the other's pushes: latest or none; default as delivery.catch_up says")
	dryRun(cmd, &f.dry)
}

func (f *termFlags) order() *adminv1.AgreementOrder {
	return &adminv1.AgreementOrder{By: whoAmI(), DryRun: f.dry}
}

func (f *termFlags) read() (*adminv1.AgreementTerms, error) {
	t := &adminv1.AgreementTerms{
		Modules: modulesOf(f.modules), CpoOnly: modulesOf(f.cpoOnly), EmspOnly: modulesOf(f.emspOnly),
		CustomModules: modulesOf(f.custom), StandIn: f.standIn, CatchUp: f.catchUp,
	}
	var err error
	if f.from != "" {
		if t.From, err = firstDay(f.from); err != nil {
			return nil, err
		}
	}
	t.Until, err = lastDay(f.until)
	return t, err
}

// modulesOf reads a list of modules; one word stands for an empty one.
func modulesOf(list []string) []string {
	if len(list) == 1 && (list[0] == "all" || list[0] == "none" || list[0] == "") {
		return nil
	}
	return list
}

// mask names the terms whose flags were given.
func (f *termFlags) mask(cmd *cobra.Command) *fieldmaskpb.FieldMask {
	var mask fieldmaskpb.FieldMask
	for _, flag := range []string{"modules", "cpo-only", "emsp-only", "custom-modules", "from", "until", "stand-in", "catch-up"} {
		if cmd.Flags().Changed(flag) {
			mask.Paths = append(mask.Paths, strings.ReplaceAll(flag, "-", "_"))
		}
	}
	return &mask
}

func printAgreement(o *options, cmd *cobra.Command, a *adminv1.Agreement) error {
	words := [][]string{
		{"agreement:", orDash(a.GetAgreementId())},
		{"cpo:", a.GetCpo()},
		{"emsp:", a.GetEmsp()},
		{"status:", a.GetStatus()},
		{"modules:", orWord(a.GetModules(), "all")},
		{"cpo only:", orWord(a.GetCpoOnly(), "-")},
		{"emsp only:", orWord(a.GetEmspOnly(), "-")},
		{"custom modules:", orWord(a.GetCustomModules(), "-")},
		{"from:", showTime(a.GetFrom())},
		{"until:", showTime(a.GetUntil())},
		{"stand-in:", strconv.FormatBool(a.GetStandIn())},
		{"catch-up:", orWord([]string{a.GetCatchUp()}, "as delivery.catch_up says")},
	}
	for _, e := range a.GetHistory() {
		words = append(words, []string{showTime(e.GetAt()), e.GetBy() + ": " + e.GetWhat()})
	}
	if a.GetDryRun() {
		words = append(words, changeNote(a.GetChange(), true))
	}
	if a.GetDryRun() && a.GetChange() != "" {
		words = append(words, outlookRows(a)...)
	}
	return printOne(o, cmd.OutOrStdout(), a, words)
}

func agreementRow(a *adminv1.Agreement) []string {
	return []string{
		a.GetAgreementId(), a.GetCpo(), a.GetEmsp(), a.GetStatus(), orWord(a.GetModules(), "all"),
		orWord(a.GetCustomModules(), "-"), showTime(a.GetFrom()), showTime(a.GetUntil()),
	}
}

// orWord writes a list, or a word for an empty one.
func orWord(list []string, none string) string {
	if s := strings.Join(list, ","); s != "" {
		return s
	}
	return none
}
