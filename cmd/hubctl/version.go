package main

import (
	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/internal/cli"
)

// version and commit are written by the linker when a release is made.
var version, commit string

func newVersion(o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print version, commit and Go version of hubctl",
		Example: `  hubctl version`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := cli.ReadBuild(version, commit)
			if o.output == outputJSON {
				return printJSON(cmd.OutOrStdout(), b)
			}
			return printRows(cmd.OutOrStdout(), [][]string{{"hubctl", b.Version}, {"commit", b.Commit}, {"go", b.GoVersion}})
		},
	}
}
