package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/hub"
)

func newMigrate(migrate func(ctx context.Context, cfg hub.Config, progress io.Writer) error) *cobra.Command {
	var from, to string
	cmd := &cobra.Command{
		Use:   "migrate --from DATA_DIR --to REDIS_URL",
		Short: "Move an embedded hub into Redis",
		Long: `Migrate copies what an embedded hub keeps in its data directory into Redis:
platforms, agreements, access tokens, the catalog with its order and what was
deleted, trails, marks, what is held and what was rejected, findings and alerts.
It compares both sides and tells what it does on standard error.

Stop the hub first. When migrate is stopped, run it again: it goes on where it
was. It refuses a Redis that holds another hub's data. The streams stay in their
files: see docs/operate.md.`,
		Example: "  ocpi-hub migrate --from ./data --to redis://redis:6379",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd.Flags())
			if err != nil {
				return err
			}
			cfg.DataDir, cfg.Registry.RedisURL = from, to
			return migrate(cmd.Context(), cfg, cmd.ErrOrStderr())
		},
	}
	addConfigFlags(cmd.Flags())
	cmd.Flags().StringVar(&from, "from", "", "data directory of the hub")
	cmd.Flags().StringVar(&to, "to", "", "URL of the Redis, as registry.redis_url")
	_ = cmd.MarkFlagRequired("from")
	_ = cmd.MarkFlagRequired("to")
	return cmd
}
