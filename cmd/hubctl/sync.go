package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// syncTimeout is how long a sync may take unless --timeout says otherwise: the
// lists of a large platform have thousands of pages.
const syncTimeout = 24 * time.Hour

func newSync(o *options) *cobra.Command {
	var req adminv1.SyncPullRequest
	cmd := &cobra.Command{
		Use:   "sync ID",
		Short: "Pull from a platform's Sender interfaces now, and say what came",
		Long: `Pull from a platform's Sender interfaces now, and say what came.

The hub reads each list from the newest object that it has seen in it, takes what
is new or changed as if it had been pushed, and leaves out what is broken. The
command returns when all lists have been read; it waits as long as that takes,
unless --timeout bounds it.`,
		Example: `  hubctl sync k7vv4jntu6r6
  hubctl sync k7vv4jntu6r6 --module locations --full`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("timeout") {
				o.timeout = syncTimeout
			}
			req.PlatformId = args[0]
			var lists []*adminv1.SyncList
			err := o.call(cmd, func(ctx context.Context, conn *grpc.ClientConn) (err error) {
				lists, err = pull(ctx, adminv1.NewSyncClient(conn), &req)
				return err
			})
			if err != nil {
				return err
			}
			if req.GetDryRun() {
				return printList(o, cmd.OutOrStdout(), lists, []string{"WOULD READ", "OF", "SINCE"}, planRow)
			}
			return printSync(o, cmd.OutOrStdout(), lists)
		},
	}
	cmd.Flags().StringVar(&req.Module, "module", "", "only this module: locations, tariffs, tokens, sessions or cdrs")
	cmd.Flags().BoolVar(&req.Full, "full", false, "read the lists from their beginning")
	cmd.Flags().BoolVar(&req.DryRun, "dry-run", false, "only tell which lists would be read, and since when")
	return cmd
}

// pull collects what the hub tells of the lists.
func pull(ctx context.Context, c adminv1.SyncClient, req *adminv1.SyncPullRequest) ([]*adminv1.SyncList, error) {
	stream, err := c.Pull(ctx, req)
	if err != nil {
		return nil, err
	}
	var lists []*adminv1.SyncList
	for {
		resp, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return lists, nil
		}
		if err != nil {
			return nil, err
		}
		lists = append(lists, resp.GetList())
	}
}

// printSync prints what came. A list that was not read to its end is a failure.
func printSync(o *options, w io.Writer, lists []*adminv1.SyncList) error {
	columns := []string{"MODULE", "PARTY", "FETCHED", "NEW", "UPDATED", "UNCHANGED", "REJECTED"}
	if err := printList(o, w, lists, columns, syncRow); err != nil {
		return err
	}
	failed := 0
	for _, l := range lists {
		if l.GetError() != "" {
			failed++
		}
		if o.output == outputJSON {
			continue
		}
		if err := printRejections(w, l); err != nil {
			return err
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d lists were not read to their end", failed, len(lists))
	}
	return nil
}

func syncRow(l *adminv1.SyncList) []string {
	return []string{
		l.GetModule(), l.GetParty(), count(l.GetFetched()), count(l.GetNew()), count(l.GetUpdated()),
		count(l.GetUnchanged()), count(l.GetRejected()),
	}
}

// planRow is a list that would be read.
func planRow(l *adminv1.SyncList) []string {
	since := "its beginning"
	if l.GetSince() != nil {
		since = showTime(l.GetSince())
	}
	return []string{l.GetModule(), l.GetParty(), since}
}

// printRejections prints what was left out of a list, and why the list ended
// early.
func printRejections(w io.Writer, l *adminv1.SyncList) error {
	var rows [][]string
	for _, r := range l.GetRejections() {
		at := "page " + strconv.FormatInt(r.GetPage(), 10) + " " + r.GetPointer()
		rows = append(rows, []string{l.GetModule(), l.GetParty(), at, orDash(r.GetId()), r.GetReason()})
	}
	if l.GetError() != "" {
		rows = append(rows, []string{l.GetModule(), l.GetParty(), "not read to its end", "-", l.GetError()})
	}
	return printRows(w, rows)
}
