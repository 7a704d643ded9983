package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/telemetry"
)

// running is a hub that runs until ctx ends; hub.Run.
type running func(ctx context.Context, cfg hub.Config, log *slog.Logger) error

func newRoot() *cobra.Command {
	serve := newServe(hub.Run)
	root := &cobra.Command{
		Use:   "ocpi-hub",
		Short: "An OCPI roaming hub",
		Long: `Ocpi-hub is an OCPI roaming hub. With no configuration at all it keeps everything
it needs in its data directory. Without a command it serves.

Flags win over the environment (OCPI_HUB_ and the key in capitals, with _ for .),
the environment over the file, the file over the defaults.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		Args: cobra.NoArgs,
		RunE: serve.RunE,
	}
	addConfigFlags(root.Flags())
	root.AddCommand(serve, newDemo(), newCheckConfig(), newMigrate(hub.Migrate), newVersion())
	return root
}

func newServe(run running) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the hub until it is interrupted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd.Flags())
			if err != nil {
				return err
			}
			log, err := telemetry.NewLogger(cmd.ErrOrStderr(), cfg.Log.Level, cfg.Log.Format)
			if err != nil {
				return err
			}
			return run(cmd.Context(), cfg, log)
		},
	}
	addConfigFlags(cmd.Flags())
	return cmd
}
