package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/cli"
	"github.com/ocpihub/ocpihub/ocpi"
)

// build says what this program was made from.
type build struct {
	Version      string         `json:"version"`
	Commit       string         `json:"commit"`
	GoVersion    string         `json:"go_version"`
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

// version and commit are written by the linker when a release is made. Without
// them, what the Go tool noted down counts.
var version, commit string

func readBuild() build {
	b := build{Version: version, Commit: commit, GoVersion: runtime.Version(), OCPIVersions: hub.Defaults().Versions}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = cmp.Or(b.Commit, s.Value)
			}
		}
	}
	b.Version, b.Commit = cmp.Or(b.Version, "unknown"), cmp.Or(b.Commit, "unknown")
	return b
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
