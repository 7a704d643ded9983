package admin

import (
	"context"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing"
)

// clientInfo is the ClientInfo service.
type clientInfo struct {
	adminv1.UnimplementedClientInfoServer
	roll     Roll
	verifier Verifier
	now      func() time.Time
}

// List shows what the parties are told of one another.
func (s *clientInfo) List(_ context.Context, req *adminv1.ClientInfoListRequest) (*adminv1.ClientInfoListResponse, error) {
	members, err := s.seenBy(req.GetReader())
	if err != nil {
		return nil, err
	}
	var out adminv1.ClientInfoListResponse
	for _, m := range members {
		out.Entries = append(out.Entries, &adminv1.ClientInfoEntry{
			CountryCode: m.Party.Country,
			PartyId:     m.Party.ID,
			Role:        string(m.Role),
			Status:      string(m.Status),
			LastUpdated: timestamp(m.Updated),
			PlatformId:  m.PlatformID,
		})
	}
	return &out, nil
}

// seenBy returns the members that the platforms of a party are told of; all
// when no reader is named.
func (s *clientInfo) seenBy(reader string) ([]parties.Member, error) {
	dir := s.roll.Directory()
	if reader == "" {
		return dir.Members(), nil
	}
	party, err := ocpi.ParsePartyID(reader)
	if err != nil {
		return nil, fault.New(fault.Invalid, "reader: %v", err)
	}
	homes := dir.Homes(party)
	if len(homes) == 0 {
		return nil, fault.New(fault.NotFound, "party %s is not on this hub: parties list shows those that are", party)
	}
	var seen []parties.Member
	for _, m := range dir.Members() {
		sees := func(h parties.Home) bool { return dir.Sees(h.Platform, m, s.now()) }
		if i := slices.IndexFunc(homes, sees); i >= 0 {
			seen = append(seen, dir.SeenBy(homes[i].Platform, m, s.now()))
		}
	}
	return seen, nil
}

// Verify compares a platform's copies with what it was told.
func (s *clientInfo) Verify(ctx context.Context, req *adminv1.ClientInfoVerifyRequest) (*adminv1.ClientInfoVerifyResponse, error) {
	id, err := readPlatformID(req.GetPlatformId())
	if err != nil {
		return nil, err
	}
	copies, err := s.verifier.Verify(ctx, id, req.GetDryRun())
	if err != nil {
		return nil, err
	}
	var out adminv1.ClientInfoVerifyResponse
	for _, c := range copies {
		out.Copies = append(out.Copies, showCopy(c))
	}
	return &out, nil
}

func showCopy(c routing.Copy) *adminv1.ClientInfoCopy {
	return &adminv1.ClientInfoCopy{
		Party:      c.Party.String(),
		Role:       string(c.Role),
		Status:     string(c.Status),
		CopyStatus: string(c.Held),
		Result:     string(c.Result),
		Reason:     c.Reason,
		Pushed:     c.Pushed,
		Mended:     c.Mended,
	}
}
