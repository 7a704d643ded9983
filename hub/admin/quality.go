package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/quality"
)

// findings is the Quality service.
type findings struct {
	adminv1.UnimplementedQualityServer
	source Findings
}

// List shows what is wrong with the objects of parties.
func (s *findings) List(ctx context.Context, req *adminv1.QualityListRequest) (*adminv1.QualityListResponse, error) {
	q, err := readQuery(req)
	if err != nil {
		return nil, err
	}
	rows, err := s.source.Rows(ctx, q)
	if err != nil {
		return nil, unread(err)
	}
	var out adminv1.QualityListResponse
	for _, r := range rows {
		out.Findings = append(out.Findings, &adminv1.Finding{
			Party: r.Party.String(), Module: string(r.Module), Kind: string(r.Kind), Field: r.Field, Count: r.Count,
			Example:   &adminv1.FindingExample{ObjectId: r.Example.ObjectID, Pointer: r.Example.Pointer, Value: r.Example.Value},
			FirstSeen: timestamp(r.FirstSeen), LastSeen: timestamp(r.LastSeen),
		})
	}
	return &out, nil
}

// Clear forgets what was found with a party.
func (s *findings) Clear(ctx context.Context, req *adminv1.QualityClearRequest) (*adminv1.QualityClearResponse, error) {
	party, err := ocpi.ParsePartyID(req.GetParty())
	if err != nil {
		return nil, fault.New(fault.Invalid, "party: %v", err)
	}
	rows, err := s.source.Rows(ctx, quality.Query{Party: party})
	if err != nil {
		return nil, unread(err)
	}
	change := cleared(rows)
	if req.GetDryRun() {
		return &adminv1.QualityClearResponse{Party: party.String(), Change: change, DryRun: true}, nil
	}
	if err := s.source.Clear(ctx, party); err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the findings cannot be cleared now")
	}
	return &adminv1.QualityClearResponse{Party: party.String(), Change: change}, nil
}

func unread(cause error) error {
	return fault.Wrap(fault.Unavailable, cause, "the findings cannot be read now: try again")
}

// cleared says what is forgotten with these rows.
func cleared(rows []quality.Row) string {
	if len(rows) == 0 {
		return ""
	}
	var count int64
	for i := range rows {
		count += rows[i].Count
	}
	return fmt.Sprintf("%s, counted %s, forgotten", many(len(rows), "finding", "findings"), many(int(count), "time", "times"))
}

func readQuery(req *adminv1.QualityListRequest) (q quality.Query, err error) {
	if req.GetParty() != "" {
		if q.Party, err = ocpi.ParsePartyID(req.GetParty()); err != nil {
			return q, fault.New(fault.Invalid, "party: %v", err)
		}
	}
	q.Module = ocpi.ModuleID(strings.ToLower(req.GetModule()))
	q.Kind = ocpi.FindingKind(strings.ToLower(req.GetKind()))
	if q.Kind != "" && !slices.Contains(quality.Kinds(), q.Kind) {
		known := strings.Trim(fmt.Sprint(quality.Kinds()), "[]")
		return q, fault.New(fault.Invalid, "kind: want one of %s, got %q", known, req.GetKind())
	}
	return q, nil
}
