package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/internal/telemetry"
)

func newCheckConfig() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check-config",
		Short: "Validate the configuration and print the effective one",
		Long: `Check-config puts the configuration together as serve does, validates it and
prints it as YAML, with passwords masked. The OTEL_* variables are looked at too.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(cmd.Flags())
			if err != nil {
				return err
			}
			if err := telemetry.CheckEnvironment(os.Getenv); err != nil {
				return err
			}
			return printConfig(cmd.OutOrStdout(), cfg.Masked())
		},
	}
	addConfigFlags(cmd.Flags())
	return cmd
}

// printConfig writes a configuration as a file that serve reads.
func printConfig(w io.Writer, cfg hub.Config) error {
	var b strings.Builder
	open := ""
	for _, s := range cfg.Settings() {
		section, name, nested := strings.Cut(s.Key, ".")
		if !nested {
			section, name = "", s.Key
		}
		if section != open && nested {
			fmt.Fprintf(&b, "%s:\n", section)
		}
		if open = section; nested {
			b.WriteString("  ")
		}
		fmt.Fprintf(&b, "%s: %s\n", name, yamlValue(s))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// yamlValue writes every value as a double-quoted string, which YAML never
// takes for a number or a time.
func yamlValue(s hub.Setting) string {
	if !s.List {
		return strconv.Quote(s.Text())
	}
	if s.Text() == "" {
		return "[]"
	}
	words := strings.Split(s.Text(), ",")
	for i, word := range words {
		words[i] = strconv.Quote(word)
	}
	return "[" + strings.Join(words, ", ") + "]"
}
