package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/cli"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// trafficFlags are those of traffic that need more than to be sent.
type trafficFlags struct {
	since  string
	follow bool
}

func newTraffic(o *options) *cobra.Command {
	var flags trafficFlags
	req := adminv1.TrafficListRequest{Filter: &adminv1.TrafficFilter{}}
	cmd := &cobra.Command{
		Use:   "traffic [--correlation-id ID] [--party CC*PID] [--module M] [--status N] [--since D] [--limit N] [--follow] [--bodies]",
		Short: "Show the message log",
		Long: `Show the message log, the newest records first: one for each message, with
attempt 0, and one for each attempt of the hub to bring it to a receiver. What
was refused at the door has no route; of a flood of such requests only some are
recorded, each with the number of those before it that were not.

With --correlation-id the table is the whole conversation, from its beginning:
the message, what the hub decided and why, each copy and attempt, and the result
of a command; with --bodies, where the hub keeps them (journal.bodies), what each
carried and what was answered, masked. Between versions of OCPI it tells what was
lost, narrowed, invented or withheld. With --follow records are shown as they
come, within two seconds, until you interrupt it; with -o json each is an object on
a line of its own.`,
		Example: `  hubctl traffic --party 'DE*ABC' --module locations --since 1h
  hubctl traffic --correlation-id 5f1c8f1e-43a8-4a56-8d5a-1c2d3e4f5a6b
  hubctl traffic --correlation-id 5f1c8f1e-43a8-4a56-8d5a-1c2d3e4f5a6b --bodies
  hubctl traffic --status 4003 --follow`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			since, err := readSince(flags.since, time.Now())
			if err != nil {
				return err
			}
			if flags.follow && req.GetBodies() {
				return cli.Usage("--bodies: they cannot be followed, give --correlation-id instead of --follow")
			}
			if req.Filter.Since = since; flags.follow {
				return o.followTraffic(cmd, req.GetFilter())
			}
			return o.listTraffic(cmd, &req)
		},
	}
	f := cmd.Flags()
	f.StringVar(&req.Filter.CorrelationId, "correlation-id", "", "only this conversation")
	f.StringVar(&req.Filter.TraceId, "trace-id", "", "only this trace: the 32 hexadecimal digits in a traceparent")
	f.StringVar(&req.Filter.Party, "party", "", "only what this party sent or got, CC*PID")
	f.StringVar(&req.Filter.Module, "module", "", "only this module, for example locations")
	f.Int32Var(&req.Filter.Status, "status", 0, "only this HTTP or OCPI status code")
	f.StringVar(&flags.since, "since", "", "only from this time on: a duration such as 2h, a date or a date-time")
	f.Int32Var(&req.Limit, "limit", 0, "how many records at most (default 100, of a conversation 1000)")
	f.BoolVar(&req.Bodies, "bodies", false, "with the bodies of a conversation, masked")
	f.BoolVar(&flags.follow, "follow", false, "show records as they come, until interrupted")
	return cmd
}

// readSince reads the value of --since, counted back from now where it is a
// duration.
func readSince(s string, now time.Time) (*timestamppb.Timestamp, error) {
	if s == "" {
		return nil, nil
	}
	if d, err := time.ParseDuration(s); err == nil && d >= 0 {
		return timestamppb.New(now.Add(-d)), nil
	}
	t, _, err := readDate("--since", s)
	if err != nil {
		return nil, cli.Usage("--since %q: want a duration such as 2h, a date such as 2026-12-31 or a date-time such as 2026-12-31T12:00:00Z", s)
	}
	return t, nil
}

func (o *options) listTraffic(cmd *cobra.Command, req *adminv1.TrafficListRequest) error {
	return o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		resp, err := adminv1.NewTrafficClient(conn).List(ctx, req)
		if err != nil {
			return err
		}
		if o.output == outputTable && req.GetFilter().GetCorrelationId() != "" {
			return printConversation(cmd.OutOrStdout(), resp.GetRecords())
		}
		return printList(o, cmd.OutOrStdout(), resp.GetRecords(), trafficColumns(), trafficRow)
	})
}

// followTraffic prints records until it is interrupted, which is its proper
// end, or the hub stops, which is an error.
func (o *options) followTraffic(cmd *cobra.Command, filter *adminv1.TrafficFilter) error {
	untimed := *o
	untimed.timeout = time.Duration(1<<63 - 1)
	return untimed.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) error {
		stream, err := adminv1.NewTrafficClient(conn).Follow(ctx, &adminv1.TrafficFollowRequest{Filter: filter})
		for err == nil {
			var r *adminv1.TrafficRecord
			if r, err = stream.Recv(); err == nil {
				err = o.printRecord(cmd.OutOrStdout(), r)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return fmt.Errorf("the hub at %s has stopped: follow its message log again when it runs", o.addr)
		case status.Code(err) == codes.Canceled && ctx.Err() != nil:
			return nil
		}
		return err
	})
}

// printRecord prints a record on a line of its own.
func (o *options) printRecord(w io.Writer, r *adminv1.TrafficRecord) error {
	if o.output == outputTable {
		return printRows(w, [][]string{trafficRow(r)})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(plainMessage(r.ProtoReflect()))
}

func trafficColumns() []string {
	return []string{"TIME", "FROM", "TO", "MODULE", "METHOD", "OBJECT", "ROUTE", "ATTEMPT", "HTTP", "OCPI", "MS", "REASON", "CORRELATION ID"}
}

func trafficRow(r *adminv1.TrafficRecord) []string {
	return []string{
		showTime(r.GetTime()), orDash(r.GetFrom()), orDash(r.GetTo()), r.GetModule(), r.GetMethod(), orDash(r.GetObject()),
		orDash(r.GetRoute()), count(int64(r.GetAttempt())), code(r.GetHttpStatus()), code(r.GetOcpiStatus()),
		count(r.GetDurationMs()), reason(r) + crossed(r), r.GetCorrelationId(),
	}
}

// reason is the reason of a record; where others like it were left out, with
// their number.
func reason(r *adminv1.TrafficRecord) string {
	if r.GetLeftOut() == 0 {
		return r.GetReason()
	}
	return fmt.Sprintf("%s (and %d more)", r.GetReason(), r.GetLeftOut())
}

// crossed counts what changed between versions; empty where both sides speak the
// same.
func crossed(r *adminv1.TrafficRecord) string {
	var out strings.Builder
	for _, t := range r.GetTranslations() {
		fmt.Fprintf(&out, ", %s to %s", t.GetFromVersion(), t.GetToVersion())
		switch n := found(t); {
		case t.GetWithheld() != "":
			out.WriteString(": withheld, " + t.GetWithheld())
		case n == 1:
			out.WriteString(": 1 finding")
		case n > 1:
			fmt.Fprintf(&out, ": %d findings", n)
		}
	}
	return out.String()
}

// found is how many findings there are.
func found(t *adminv1.TrafficTranslation) int64 {
	n := t.GetMore()
	for _, f := range t.GetFindings() {
		n += f.GetTimes()
	}
	return n
}

// code shows a status code; there is none where nobody answered.
func code(n int32) string {
	if n == 0 {
		return "-"
	}
	return count(int64(n))
}
