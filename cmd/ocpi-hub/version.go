package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/cli"
	"github.com/ocpihub/ocpihub/ocpi"
)

// build says what this program was made from.
type build struct {
	cli.Build
	OCPIVersions []ocpi.Version `json:"ocpi_versions"`
}

func newVersion() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print version, commit, Go version and OCPI versions",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch output {
			case "text":
				return printBuild(cmd.OutOrStdout(), readBuild())
			case "json":
				return json.NewEncoder(cmd.OutOrStdout()).Encode(readBuild())
			}
			return cli.Usage("--output: want text or json, got %q", output)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "text", "form of the output: text or json")
	return cmd
}

// version and commit are written by the linker when a release is made.
var version, commit string

func readBuild() build {
	return build{Build: cli.ReadBuild(version, commit), OCPIVersions: hub.Defaults().Versions}
}

func printBuild(w io.Writer, b build) error {
	versions := make([]string, len(b.OCPIVersions))
	for i, v := range b.OCPIVersions {
		versions[i] = string(v)
	}
	_, err := fmt.Fprintf(w, "ocpi-hub %s\ncommit %s\n%s\nOCPI %s\n",
		b.Version, b.Commit, b.GoVersion, strings.Join(versions, ", "))
	return err
}
