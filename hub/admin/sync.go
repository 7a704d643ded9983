package admin

import (
	"strings"

	"google.golang.org/grpc"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/pull"
)

// pulls is the Sync service.
type pulls struct {
	adminv1.UnimplementedSyncServer
	puller Puller
}

// Pull pulls a platform, and tells of each list that was read.
func (s *pulls) Pull(req *adminv1.SyncPullRequest, out grpc.ServerStreamingServer[adminv1.SyncPullResponse]) error {
	id, err := readPlatformID(req.GetPlatformId())
	if err != nil {
		return err
	}
	ask := pull.Request{Full: req.GetFull(), Dry: req.GetDryRun()}
	if m := strings.ToLower(req.GetModule()); m != "" {
		ask.Modules = []ocpi.ModuleID{ocpi.ModuleID(m)}
	}
	var gone error
	_, err = s.puller.Sync(out.Context(), id, ask, func(r pull.ListReport) {
		if gone == nil {
			list := showList(r)
			list.DryRun = ask.Dry
			gone = out.Send(&adminv1.SyncPullResponse{List: list})
		}
	})
	if err == nil {
		err = gone
	}
	return err
}

func showList(r pull.ListReport) *adminv1.SyncList {
	out := &adminv1.SyncList{
		Module: string(r.Module), Party: r.Party.String(), Pages: int64(r.Pages), Fetched: int64(r.Fetched),
		New: int64(r.New), Updated: int64(r.Updated), Unchanged: int64(r.Unchanged), Rejected: int64(r.Rejected),
		Since: timestamp(r.Since),
	}
	for _, x := range r.Rejections {
		out.Rejections = append(out.Rejections, &adminv1.SyncRejection{
			Page: int64(x.Page), Pointer: x.Pointer, Id: x.ID, Reason: x.Reason,
		})
	}
	switch {
	case r.Err == nil:
	case fault.KindOf(r.Err) == fault.Internal:
		out.Error = "internal error; see the log of the hub"
	default:
		out.Error = pull.Message(r.Err)
	}
	return out
}
