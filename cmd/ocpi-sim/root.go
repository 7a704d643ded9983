package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/internal/cli"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest/sim"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "ocpi-sim",
		Short: "Simulate a party platform that speaks OCPI to a hub",
		Long: `Ocpi-sim is a simulated party platform: it connects to a hub, publishes, pulls
and pushes, and serves all modules of its roles until it is interrupted.

Parties are written CC*PID or ROLE:CC*PID, for example DE*ABC; quote them, * is
special to most shells. SIGUSR1 writes the state file, SIGUSR2 ends the faults.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
	}
	root.AddCommand(
		newRole("cpo", ocpi.CPO, "Simulate the platform of charge point operators"),
		newRole("emsp", ocpi.EMSP, "Simulate the platform of e-mobility service providers"),
		newFaults(),
	)
	return root
}

func newRole(use string, role ocpi.Role, short string) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := f.config(role)
			if err != nil {
				return err
			}
			dump, heal, release := orders()
			defer release()
			config.Dump, config.Heal = dump, heal
			return sim.Run(cmd.Context(), config, printer(cmd.OutOrStdout(), f.output))
		},
	}
	f.register(cmd.Flags(), use)
	return cmd
}

// printer writes events to w, one a line.
func printer(w io.Writer, output string) func(sim.Event) {
	if output == outputText {
		return func(e sim.Event) { _, _ = fmt.Fprintln(w, e) } // nobody may be reading
	}
	lines := json.NewEncoder(w)
	return func(e sim.Event) { _ = lines.Encode(e) } // nobody may be reading
}

// The forms of the output.
const (
	outputText = "text"
	outputJSON = "json"
)

func checkOutput(output string) error {
	if output != outputText && output != outputJSON {
		return cli.Usage("--output: want text or json, got %q", output)
	}
	return nil
}
