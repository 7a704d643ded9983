package admin

import (
	"context"
	"maps"
	"slices"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// How many objects of a module a report looks at.
const (
	usualSample = 1000
	mostSample  = 100_000
)

// bridgeReports is the Bridge service.
type bridgeReports struct {
	adminv1.UnimplementedBridgeServer
	source Bridge
	turn   chan struct{} // held by the report that is being made
}

func newBridgeReports(source Bridge) *bridgeReports {
	return &bridgeReports{source: source, turn: make(chan struct{}, 1)}
}

// Report counts what a version would make of the objects of a party.
func (s *bridgeReports) Report(ctx context.Context, req *adminv1.BridgeReportRequest) (*adminv1.BridgeReportResponse, error) {
	q, err := readReport(req)
	if err != nil {
		return nil, err
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	default:
		return nil, fault.New(fault.Busy, "another report is being made: try again when it is done")
	}
	report, err := s.source.Report(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &adminv1.BridgeReportResponse{Party: q.Party.String(), ToVersion: string(q.To)}
	for _, m := range report.Modules {
		out.Modules = append(out.Modules, &adminv1.BridgeModule{
			Module: string(m.Module), Objects: int64(m.Held), LookedAt: int64(m.Looked),
			Unchanged: int64(m.Same), Withheld: int64(m.Withheld), Unreadable: int64(m.Unreadable), Stored: stored(m.Stored),
		})
	}
	for _, r := range report.Rows {
		out.Losses = append(out.Losses, loss(r, q.To))
	}
	return out, nil
}

// stored tells how many objects are kept in which version, the oldest first.
func stored(of map[ocpi.Version]int) (out []*adminv1.BridgeStored) {
	for _, v := range slices.SortedFunc(maps.Keys(of), ocpi.Version.Compare) {
		out = append(out, &adminv1.BridgeStored{Version: string(v), LookedAt: int64(of[v])})
	}
	return out
}

func loss(r interpret.Row, to ocpi.Version) *adminv1.BridgeLoss {
	return &adminv1.BridgeLoss{
		Object: string(r.Class), Kind: string(r.Reason.Kind()), Reason: string(r.Reason), Field: r.Reason.Field(), Why: r.Reason.Why(),
		Objects: int64(r.Objects), Times: int64(r.Times),
		Example:     &adminv1.BridgeExample{ObjectId: r.ObjectID, Pointer: r.Pointer},
		FromVersion: string(r.Stored), ToVersion: string(to),
	}
}

func readReport(req *adminv1.BridgeReportRequest) (q interpret.Question, err error) {
	if q.Party, err = ocpi.ParsePartyID(req.GetParty()); err != nil {
		return q, fault.New(fault.Invalid, "party: %v", err)
	}
	q.To = ocpi.Version(req.GetToVersion())
	if known := ocpi.KnownVersions(); !slices.Contains(known, q.To) {
		return q, fault.New(fault.Invalid, "to_version: want one of %v, got %q", known, req.GetToVersion())
	}
	switch q.Sample = int(req.GetSample()); {
	case q.Sample < 0 || q.Sample > mostSample:
		return q, fault.New(fault.Invalid, "sample: want 1 to %d, got %d", mostSample, q.Sample)
	case q.Sample == 0:
		q.Sample = usualSample
	}
	return q, nil
}
