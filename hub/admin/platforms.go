package admin

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// platforms is the Platforms service.
type platforms struct {
	adminv1.UnimplementedPlatformsServer
	registry    Registry
	rehearse    func() Registry
	deliveries  Deliveries
	versionsURL string
	versions    []ocpi.Version // that the hub offers
	now         func() time.Time
}

// desk is where an order is carried out, or only tried.
func (s *platforms) desk(dry bool) Registry {
	if dry {
		return s.rehearse()
	}
	return s.registry
}

// Invite makes a platform and its token A.
func (s *platforms) Invite(ctx context.Context, req *adminv1.PlatformsInviteRequest) (*adminv1.PlatformsInviteResponse, error) {
	name, err := readName(req.GetName())
	if err != nil {
		return nil, err
	}
	claims, err := readClaims(req.GetClaims())
	if err != nil {
		return nil, err
	}
	as, err := readAs(req.GetAs())
	if err != nil {
		return nil, err
	}
	p, tokenA, err := s.desk(req.GetDryRun()).InviteNewcomer(ctx, parties.Newcomer{
		Name: name, Claims: claims, Pinned: ocpi.Version(req.GetPinnedVersion()), As: as,
	})
	if err != nil {
		return nil, err
	}
	out := &adminv1.PlatformsInviteResponse{
		PlatformId: p.ID, TokenA: tokenA, VersionsUrl: s.versionsURL, Versions: s.offered(p), Change: s.invited(p), DryRun: req.GetDryRun(),
	}
	if out.GetDryRun() {
		out.PlatformId, out.TokenA = "", "" // they will be others
	}
	return out, nil
}

// Connect makes the handshake as Sender.
func (s *platforms) Connect(ctx context.Context, req *adminv1.PlatformsConnectRequest) (*adminv1.PlatformsConnectResponse, error) {
	name, err := readName(req.GetName())
	if err != nil {
		return nil, err
	}
	url, err := readVersionsURL(req.GetVersionsUrl())
	if err != nil {
		return nil, err
	}
	token, err := readPartnerToken(req.GetToken())
	if err != nil {
		return nil, err
	}
	claims, err := readClaims(req.GetClaims())
	if err != nil {
		return nil, err
	}
	as, err := readAs(req.GetAs())
	if err != nil {
		return nil, err
	}
	p, err := s.desk(req.GetDryRun()).Connect(ctx, parties.Invitation{
		Name: name, VersionsURL: url, Token: token, Claims: claims, Pinned: ocpi.Version(req.GetPinnedVersion()), As: as,
	})
	if err != nil {
		return nil, err
	}
	out := s.show(p)
	out.Change, out.DryRun = connected(p), req.GetDryRun()
	if _, known := s.registry.Directory().Platform(p.ID); !known {
		out.PlatformId = "" // tried only: it will be another one
	}
	return &adminv1.PlatformsConnectResponse{Platform: out}, nil
}

// offered are the versions that the hub offers to a platform.
func (s *platforms) offered(p *parties.Platform) (out []string) {
	for _, v := range p.Speakable(s.versions) {
		out = append(out, string(v))
	}
	return out
}

// List shows every platform that is not removed.
func (s *platforms) List(context.Context, *adminv1.PlatformsListRequest) (*adminv1.PlatformsListResponse, error) {
	var out adminv1.PlatformsListResponse
	for _, p := range s.registry.Directory().Platforms() {
		out.Platforms = append(out.Platforms, s.show(p))
	}
	return &out, nil
}

// Get shows one platform.
func (s *platforms) Get(_ context.Context, req *adminv1.PlatformsGetRequest) (*adminv1.PlatformsGetResponse, error) {
	id, err := readPlatformID(req.GetPlatformId())
	if err != nil {
		return nil, err
	}
	p, ok := s.registry.Directory().Platform(id)
	if !ok {
		return nil, fault.New(fault.NotFound, "there is no platform %q; platforms list shows those that are", id)
	}
	return &adminv1.PlatformsGetResponse{Platform: s.show(p)}, nil
}

// Suspend stops the exchange.
func (s *platforms) Suspend(ctx context.Context, req *adminv1.PlatformsSuspendRequest) (*adminv1.PlatformsSuspendResponse, error) {
	p, err := s.change(ctx, req, Registry.Suspend, suspended)
	if err != nil {
		return nil, err
	}
	return &adminv1.PlatformsSuspendResponse{Platform: p}, nil
}

// Resume ends a suspension.
func (s *platforms) Resume(ctx context.Context, req *adminv1.PlatformsResumeRequest) (*adminv1.PlatformsResumeResponse, error) {
	p, err := s.change(ctx, req, Registry.Resume, resumed)
	if err != nil {
		return nil, err
	}
	return &adminv1.PlatformsResumeResponse{Platform: p}, nil
}

// Pin keeps a platform to a version.
func (s *platforms) Pin(ctx context.Context, req *adminv1.PlatformsPinRequest) (*adminv1.PlatformsPinResponse, error) {
	pin := func(r Registry, ctx context.Context, id string) (*parties.Platform, error) {
		return r.Pin(ctx, id, ocpi.Version(req.GetVersion()))
	}
	p, err := s.change(ctx, req, pin, pinned)
	if err != nil {
		return nil, err
	}
	return &adminv1.PlatformsPinResponse{Platform: p}, nil
}

// Remove ends the connection for good.
func (s *platforms) Remove(ctx context.Context, req *adminv1.PlatformsRemoveRequest) (*adminv1.PlatformsRemoveResponse, error) {
	p, err := s.change(ctx, req, Registry.Remove, removed)
	if err != nil {
		return nil, err
	}
	return &adminv1.PlatformsRemoveResponse{Platform: p}, nil
}

// Rotate renews the credentials.
func (s *platforms) Rotate(ctx context.Context, req *adminv1.PlatformsRotateRequest) (*adminv1.PlatformsRotateResponse, error) {
	id, err := readPlatformID(req.GetPlatformId())
	if err != nil {
		return nil, err
	}
	p, tokenA, err := s.desk(req.GetDryRun()).Rotate(ctx, id)
	if err != nil {
		return nil, err
	}
	out := &adminv1.PlatformsRotateResponse{
		PlatformId: p.ID, TokenA: tokenA, VersionsUrl: s.versionsURL, Versions: s.offered(p), Status: string(p.Status),
		Change: rotated(p), DryRun: req.GetDryRun(),
	}
	if out.GetDryRun() {
		out.TokenA = "" // it will be another one
	}
	return out, nil
}

// aboutOne is a request to change one platform.
type aboutOne interface {
	GetPlatformId() string
	GetDryRun() bool
}

type changing func(r Registry, ctx context.Context, id string) (*parties.Platform, error)

// change makes or tries a change, and says what it brings about.
func (s *platforms) change(ctx context.Context, req aboutOne, do changing, tell func(bearing) string) (*adminv1.Platform, error) {
	id, err := readPlatformID(req.GetPlatformId())
	if err != nil {
		return nil, err
	}
	before, known := s.registry.Directory().Platform(id)
	p, err := do(s.desk(req.GetDryRun()), ctx, id)
	if err != nil {
		return nil, err
	}
	if !known {
		before = p
	}
	out := s.show(p)
	out.Change, out.DryRun = tell(s.bearing(before, p)), req.GetDryRun()
	return out, nil
}

// show takes what an operator may see: neither tokens nor their hashes.
func (s *platforms) show(p *parties.Platform) *adminv1.Platform {
	out := &adminv1.Platform{
		PlatformId:  p.ID,
		Name:        p.Name,
		Status:      string(p.Status),
		Version:     string(p.Version),
		LastSeen:    timestamp(s.registry.LastSeen(p.ID)),
		VersionsUrl: p.VersionsURL,
		Removed:     p.Removed,

		PinnedVersion: string(p.Pinned),
		As:            showParty(p.As),
	}
	for _, party := range p.Parties {
		out.Parties = append(out.Parties, partyRole(party.Claim))
	}
	for _, claim := range p.Claims {
		out.Claims = append(out.Claims, partyRole(claim))
	}
	return out
}

// showParty leaves nobody empty.
func showParty(p ocpi.PartyID) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}

func partyRole(c parties.Claim) *adminv1.PartyRole {
	return &adminv1.PartyRole{
		Role: string(c.Role), CountryCode: c.Party.Country, PartyId: c.Party.ID,
	}
}

// timestamp leaves the zero time unset.
func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
