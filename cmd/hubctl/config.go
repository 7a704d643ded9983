package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

func newExport(o *options) *cobra.Command {
	var kinds []string
	cmd := &cobra.Command{
		Use:   "export [--what platforms,agreements]",
		Short: "Write down platforms and agreements as YAML",
		Long: `Export writes down what is configured, as YAML that hubctl apply takes: platforms
with their parties, and agreements. Tokens are not among it, nor is what the hub
observes: whether a platform answers, its version, when it was last seen.`,
		Example: `  hubctl export > hub.yaml
  hubctl export | hubctl --addr other-hub:8081 apply -f -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewConfigClient(conn).Export(ctx, &adminv1.ConfigExportRequest{Kinds: kinds})
				if err != nil {
					return err
				}
				if o.output == outputJSON {
					return printOne(o, cmd.OutOrStdout(), resp.GetConfig(), nil)
				}
				return writeYAML(cmd.OutOrStdout(), resp.GetConfig(), kinds)
			})
		},
	}
	cmd.Flags().StringSliceVar(&kinds, "what", nil, "only platforms, or only agreements")
	return cmd
}

func newApply(o *options) *cobra.Command {
	var file string
	var prune bool
	req := &adminv1.ConfigApplyRequest{}
	cmd := &cobra.Command{
		Use:   "apply -f FILE",
		Short: "Bring platforms and agreements to what a file says",
		Long: `Apply changes what differs from a file of the form that hubctl export writes, all
of it or nothing, and shows each difference. A second time it changes nothing.

A platform that is not on the hub is made under its platform_id in state PLANNED.
It has no token yet: hubctl platforms rotate ID makes one, or --show-tokens shows
one for each. Without platform_id it is found by its name, an agreement without
agreement_id by its two parties. Once a platform has registered, its own word on
parties, website and versions URL counts.

What is not in the file stays, unless --prune is given: then platforms that are not
in its section platforms are removed, and agreements that are not in its section
agreements are ended. A section that is not there prunes nothing.

--dry-run shows the differences and their revision; with --revision the hub refuses
if what is configured has changed since.`,
		Example: `  hubctl apply -f hub.yaml --dry-run
  hubctl apply -f hub.yaml --prune
  hubctl export | hubctl --addr other-hub:8081 apply -f -`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			m, err := openManifest(cmd, file)
			if err != nil {
				return err
			}
			req.Config, req.By = m.config, whoAmI()
			if prune {
				req.Prune = m.sections
			}
			return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
				resp, err := adminv1.NewConfigClient(conn).Apply(ctx, req)
				if err != nil {
					return m.locate(o.inWords(err))
				}
				return printApplied(o, cmd.OutOrStdout(), resp)
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&file, "file", "f", "", "the file; - reads standard input")
	dryRun(cmd, &req.DryRun)
	flags.BoolVar(&prune, "prune", false, "remove platforms and end agreements that are not in the file")
	flags.BoolVar(&req.ShowTokens, "show-tokens", false, "make a token A for each new platform, and show it")
	flags.StringVar(&req.Revision, "revision", "", "only if the hub is at this revision, as --dry-run shows it")
	require(cmd, "file")
	return cmd
}

// maxManifest bounds a file, in bytes.
const maxManifest = 16 << 20

func openManifest(cmd *cobra.Command, file string) (*manifest, error) {
	in, name := cmd.InOrStdin(), "standard input"
	if file != "-" {
		f, err := os.Open(file) //nolint:gosec // the operator names the file
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in, name = f, file
	}
	raw, err := io.ReadAll(io.LimitReader(in, maxManifest+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(raw) > maxManifest {
		return nil, fmt.Errorf("%s has more than %d MiB", name, maxManifest>>20)
	}
	m, err := readManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(m.sections) == 0 {
		return nil, fmt.Errorf("%s says nothing: want platforms, agreements or both, as hubctl export writes them", name)
	}
	return m, nil
}

// locate adds lines to the places that a refusal of the hub names.
func (m *manifest) locate(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(places().ReplaceAllStringFunc(err.Error(), m.locateOne))
}

// locateOne adds the line to one place, or that of what it is in.
func (m *manifest) locateOne(path string) string {
	for found := path; found != ""; {
		if p, ok := m.places[found]; ok {
			return p.String() + strings.TrimPrefix(path, found) + fmt.Sprintf(" (line %d)", p.line)
		}
		cut := strings.LastIndexAny(found, ".[")
		found = found[:max(cut, 0)]
	}
	return path
}

// printApplied prints the differences; with -o json they alone.
func printApplied(o *options, w io.Writer, resp *adminv1.ConfigApplyResponse) error {
	if o.output == outputJSON {
		return printList(o, w, resp.GetChanges(), nil, nil)
	}
	var rows [][]string
	for _, c := range resp.GetChanges() {
		rows = append(rows, changeRow(c))
	}
	if n := resp.GetUnchanged(); n > 0 {
		rows = append(rows, []string{"= unchanged", count(n)})
	}
	if err := printRows(w, rows); err != nil {
		return err
	}
	return printRows(w, appliedNotes(resp))
}

func changeRow(c *adminv1.ConfigChange) []string {
	id := orDash(c.GetId())
	switch c.GetAction() {
	case "create":
		return []string{"+ create", c.GetKind(), id, c.GetNew()}
	case "remove":
		return []string{"- remove", c.GetKind(), id, c.GetOld()}
	}
	return []string{"~ change", c.GetKind(), id, c.GetField() + ": " + c.GetOld() + " -> " + c.GetNew()}
}

// appliedNotes say what is to be done now.
func appliedNotes(resp *adminv1.ConfigApplyResponse) (notes [][]string) {
	note := func(format string, args ...any) { notes = append(notes, []string{fmt.Sprintf(format, args...)}) }
	switch {
	case len(resp.GetChanges()) == 0:
		note("Nothing to change.")
		return notes
	case resp.GetDryRun():
		note("Nothing was changed. These differences, and no others: --revision %s", resp.GetRevision())
		return notes
	}
	for _, c := range resp.GetChanges() {
		switch {
		case c.GetKind() != "platform" || c.GetAction() != "create":
		case c.GetTokenA() == "":
			note("%s has no token yet: hubctl platforms rotate %s", c.GetId(), c.GetId())
		default:
			note("%s: versions URL %s, CREDENTIALS_TOKEN_A %s, shown only now", c.GetId(), resp.GetVersionsUrl(), c.GetTokenA())
		}
	}
	return notes
}
