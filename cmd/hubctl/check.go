package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// checkTimeout is how long a check may take unless --timeout says otherwise:
// slow platforms take half a minute for each of some fifty calls.
const checkTimeout = 30 * time.Minute

func newCheck(o *options) *cobra.Command {
	var req adminv1.ChecksRunRequest
	cmd := &cobra.Command{
		Use:   "check ID",
		Short: "Examine how a platform speaks OCPI, and say what its partner has to mend",
		Long: `Check makes read-only calls to a platform: versions, details, a wrong token, an
unknown path, and a few pages of each list of its Sender interfaces. It prints a
line for each check as it is done:

  OK    nothing is to be mended
  WARN  the hub lives with it, or trouble is ahead
  FAIL  the specification is broken, and it costs messages or will

with what to mend and its place in the specification. Nothing is changed at either
side, and neither tokens nor objects are shown. The command fails if a check does.`,
		Example: `  hubctl platforms check k7vv4jntu6r6
  hubctl platforms check k7vv4jntu6r6 --module locations
  hubctl platforms check k7vv4jntu6r6 --version-only -o json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("timeout") {
				o.timeout = checkTimeout
			}
			req.PlatformId = args[0]
			w := cmd.OutOrStdout()
			var lines []*adminv1.CheckLine
			err := o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
				lines, err = examine(ctx, adminv1.NewChecksClient(conn), &req, func(l *adminv1.CheckLine) error {
					if o.output == outputJSON {
						return nil
					}
					return printLine(w, l)
				})
				return err
			})
			if err != nil {
				return err
			}
			return concludeCheck(o, w, lines)
		},
	}
	cmd.Flags().BoolVar(&req.VersionOnly, "version-only", false, "only versions, details and the connection")
	cmd.Flags().StringVar(&req.Module, "module", "", "only the list of this module: tokens, tariffs, locations, sessions, cdrs or hubclientinfo")
	return cmd
}

// examine shows each line as it comes, and returns all.
func examine(ctx context.Context, c adminv1.ChecksClient, req *adminv1.ChecksRunRequest, show func(*adminv1.CheckLine) error) ([]*adminv1.CheckLine, error) {
	stream, err := c.Run(ctx, req)
	if err != nil {
		return nil, err
	}
	var lines []*adminv1.CheckLine
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, resp.GetLine())
		if err := show(resp.GetLine()); err != nil {
			return nil, err
		}
	}
}

// printLine prints one line of the report: the columns are as wide as the names
// of checks are, because the lines come one by one.
func printLine(w io.Writer, l *adminv1.CheckLine) error {
	found := l.GetFound()
	if l.GetModule() != "" {
		found = l.GetModule() + ": " + found
	}
	if _, err := fmt.Fprintf(w, "%-4s  %-16s  %s\n", l.GetOutcome(), l.GetCheck(), printable(found)); err != nil {
		return err
	}
	for _, more := range []struct{ word, text string }{{"mend:", l.GetMend()}, {"see:", l.GetSpecification()}} {
		if more.text == "" || l.GetMend() == "" {
			continue
		}
		if _, err := fmt.Fprintf(w, "      %-5s %s\n", more.word, printable(more.text)); err != nil {
			return err
		}
	}
	return nil
}

// concludeCheck prints the end of the report. What failed fails the command.
func concludeCheck(o *options, w io.Writer, lines []*adminv1.CheckLine) error {
	counts := map[string]int{}
	for _, l := range lines {
		counts[l.GetOutcome()]++
	}
	if o.output == outputJSON {
		if err := printList(o, w, lines, nil, nil); err != nil {
			return err
		}
	} else if _, err := fmt.Fprintf(w, "\n%d OK, %d WARN, %d FAIL\n", counts["OK"], counts["WARN"], counts["FAIL"]); err != nil {
		return err
	}
	if n := counts["FAIL"]; n > 0 {
		return fmt.Errorf("%d of %d checks failed: send the partner what to mend", n, len(lines))
	}
	return nil
}
