package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/ocpihub/ocpihub/hub"
)

// flagKeys are the keys that have a flag.
func flagKeys() map[string]string {
	return map[string]string{
		"listen":       "listen",
		"public-url":   "public_url",
		"admin-listen": "admin.listen",
		"data-dir":     "data_dir",
		"redis-url":    "registry.redis_url",
		"nats-url":     "nats.url",
	}
}

func addConfigFlags(flags *pflag.FlagSet) {
	d := hub.Defaults()
	flags.String("config", "", "configuration file (YAML)")
	flags.String("listen", d.Listen, "address of the OCPI front-end")
	flags.String("public-url", d.PublicURL, "base of every URL that parties are given")
	flags.String("admin-listen", d.Admin.Listen, "address of admin API, probes and metrics")
	flags.String("data-dir", d.DataDir, "directory of everything that the hub keeps")
	flags.String("redis-url", d.Registry.RedisURL, "Redis of registry and catalog; empty: embedded")
	flags.String("nats-url", d.NATS.URL, "NATS with JetStream; empty: embedded")
}

// loadConfig puts the configuration together from flags, environment, file and
// defaults, the first that has a key counts, and verifies it.
func loadConfig(flags *pflag.FlagSet) (hub.Config, error) {
	cfg := hub.Defaults()
	settings := cfg.Settings()
	v, err := sources(flags, settings)
	if err != nil {
		return cfg, err
	}
	if err := errors.Join(readFile(v, settings), refuseUnknownVariables(os.Environ(), settings)); err != nil {
		return cfg, err
	}
	var errs []error
	for _, s := range settings {
		errs = append(errs, take(v, s))
	}
	if err := errors.Join(errs...); err != nil {
		return cfg, err
	}
	return cfg, cfg.Verify()
}

// sources gives viper everything that it reads from.
func sources(flags *pflag.FlagSet, settings []hub.Setting) (*viper.Viper, error) {
	v := viper.New()
	for _, s := range settings {
		v.SetDefault(s.Key, s.Text())
		if err := v.BindEnv(s.Key, s.EnvName()); err != nil {
			return nil, err
		}
	}
	for flag, key := range flagKeys() {
		if err := v.BindPFlag(key, flags.Lookup(flag)); err != nil {
			return nil, err
		}
	}
	file, err := flags.GetString("config")
	v.SetConfigFile(file)
	return v, err
}

// readFile reads the configuration file, if one is named. It reads it a second
// time on its own: beside the defaults, a key without value cannot be told from
// one that is not there.
func readFile(v *viper.Viper, settings []hub.Setting) error {
	file := v.ConfigFileUsed()
	if file == "" {
		return nil
	}
	content, err := os.ReadFile(file) //nolint:gosec // the path is the operator's
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--config %s: there is no such file", file)
	}
	if err != nil {
		return fmt.Errorf("--config: %w", err)
	}
	alone := viper.New()
	for _, reader := range []*viper.Viper{v, alone} {
		reader.SetConfigType(format(file))
		if err := reader.ReadConfig(bytes.NewReader(content)); err != nil {
			return fmt.Errorf("--config %s: %w", file, err)
		}
	}
	if err := refuseUnknownKeys(alone, settings); err != nil {
		return fmt.Errorf("--config %s: %w", file, err)
	}
	return nil
}

// format is YAML unless the name of the file says otherwise.
func format(file string) string {
	extension := strings.TrimPrefix(filepath.Ext(file), ".")
	if slices.Contains(viper.SupportedExts, extension) {
		return extension
	}
	return "yaml"
}

// refuseUnknownKeys names the keys of a file that stand for nothing. The name
// of a section without content is none.
func refuseUnknownKeys(file *viper.Viper, settings []hub.Setting) error {
	known, sections := map[string]bool{}, map[string]bool{}
	for _, s := range settings {
		known[s.Key] = true
		if section, _, ok := strings.Cut(s.Key, "."); ok {
			sections[section] = true
		}
	}
	var unknown []string
	for _, key := range file.AllKeys() {
		emptySection := sections[key] && file.Get(key) == nil
		if !known[key] && !emptySection {
			unknown = append(unknown, key)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown)
	return fmt.Errorf("unknown keys: %s", strings.Join(unknown, ", "))
}

func refuseUnknownVariables(environ []string, settings []hub.Setting) error {
	known := map[string]bool{}
	for _, s := range settings {
		known[s.EnvName()] = true
	}
	var errs []error
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, hub.EnvPrefix) && !known[name] {
			errs = append(errs, fmt.Errorf("%s: the environment has a variable that stands for no key%s", name, serviceLink(name)))
		}
	}
	return errors.Join(errs...)
}

// serviceLink explains the variables that Kubernetes puts into every pod of a
// namespace with a service named ocpi-hub.
func serviceLink(name string) string {
	rest := strings.TrimPrefix(name, hub.EnvPrefix)
	if strings.HasPrefix(rest, "SERVICE_") || rest == "PORT" || strings.HasPrefix(rest, "PORT_") {
		return " (Kubernetes sets it for a service; set enableServiceLinks: false in the pod)"
	}
	return ""
}

// take moves one value from viper into the configuration.
func take(v *viper.Viper, s hub.Setting) error {
	switch raw := v.Get(s.Key).(type) {
	case nil: // a key without a value in the file: the default stays
		return nil
	case map[string]any:
		return fmt.Errorf("%s: want a value, got a section", s.Key)
	case []any:
		if !s.List {
			return fmt.Errorf("%s: want one value, got a list", s.Key)
		}
		words := make([]string, len(raw))
		for i, word := range raw {
			words[i] = fmt.Sprint(word)
		}
		return s.Set(strings.Join(words, ","))
	default:
		return s.Set(fmt.Sprint(raw))
	}
}
