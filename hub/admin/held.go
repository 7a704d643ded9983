package admin

import (
	"context"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/held"
)

// holdings is the Held service.
type holdings struct {
	adminv1.UnimplementedHeldServer
	source Held
}

// List shows what waits.
func (s *holdings) List(_ context.Context, req *adminv1.HeldListRequest) (*adminv1.HeldListResponse, error) {
	var party ocpi.PartyID
	if req.GetParty() != "" {
		var err error
		if party, err = readHeldParty(req.GetParty()); err != nil {
			return nil, err
		}
	}
	var out adminv1.HeldListResponse
	for _, e := range s.source.Held(party) {
		out.Held = append(out.Held, showHeld(&e))
	}
	return &out, nil
}

func showHeld(e *held.Entry) *adminv1.HeldPush {
	p := &e.Push
	return &adminv1.HeldPush{
		Party: p.Key.Owner.String(), Module: string(p.Key.Module), Method: p.Method, Object: p.Path,
		Status: ocpi.FindString(p.Body, "status"), HeldSince: timestamppb.New(e.Since), CorrelationId: p.CorrelationID,
	}
}

// Release lets out what waits.
func (s *holdings) Release(ctx context.Context, req *adminv1.HeldReleaseRequest) (*adminv1.HeldReleaseResponse, error) {
	party, n, err := s.finish(ctx, req.GetParty(), req.GetDryRun(), s.source.Release)
	if err != nil {
		return nil, err
	}
	return &adminv1.HeldReleaseResponse{Party: party.String(), Count: int64(n), Change: finished(n, "released"), DryRun: req.GetDryRun()}, nil
}

// Discard drops what waits.
func (s *holdings) Discard(ctx context.Context, req *adminv1.HeldDiscardRequest) (*adminv1.HeldDiscardResponse, error) {
	party, n, err := s.finish(ctx, req.GetParty(), req.GetDryRun(), s.source.Discard)
	if err != nil {
		return nil, err
	}
	return &adminv1.HeldDiscardResponse{Party: party.String(), Count: int64(n), Change: finished(n, "discarded"), DryRun: req.GetDryRun()}, nil
}

// finish ends a hold, or says of how much it would.
func (s *holdings) finish(ctx context.Context, name string, dry bool, end func(context.Context, ocpi.PartyID) (int, error)) (party ocpi.PartyID, n int, err error) {
	if party, err = readHeldParty(name); err != nil {
		return party, 0, err
	}
	if dry {
		return party, len(s.source.Held(party)), nil
	}
	n, err = end(ctx, party)
	return party, n, err
}

func finished(n int, how string) string {
	if n == 0 {
		return ""
	}
	return many(n, "held push", "held pushes") + " " + how
}

func readHeldParty(name string) (ocpi.PartyID, error) {
	party, err := ocpi.ParsePartyID(name)
	if err != nil {
		return party, fault.New(fault.Invalid, "party: %v", err)
	}
	return party, nil
}
