package demo

import (
	"context"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// operator runs the hub by its admin API, be it the demo's own hub or a given
// one: the story comes through the doors that everybody has.
type operator struct {
	conn       *grpc.ClientConn
	platforms  adminv1.PlatformsClient
	deliveries adminv1.DeliveriesClient
}

func openOperator(addr, tokenFile string) (*operator, error) {
	token, err := os.ReadFile(tokenFile) //nolint:gosec // whoever runs the demo names it
	if err != nil {
		return nil, fmt.Errorf("the operator's token: %w", err)
	}
	conn, err := grpc.NewClient("passthrough:///"+addr,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(bearer(strings.TrimSpace(string(token)))))
	if err != nil {
		return nil, fmt.Errorf("the admin address %s: %w", addr, err)
	}
	return &operator{conn, adminv1.NewPlatformsClient(conn), adminv1.NewDeliveriesClient(conn)}, nil
}

// invite makes a place for a platform and its parties at the hub.
func (o *operator) invite(ctx context.Context, p *ocpitest.Platform) (*adminv1.PlatformsInviteResponse, error) {
	req := &adminv1.PlatformsInviteRequest{Name: p.Name()}
	for _, party := range p.Parties() {
		req.Claims = append(req.Claims, &adminv1.PartyRole{
			Role: string(party.Role), CountryCode: party.ID.Country, PartyId: party.ID.ID,
		})
	}
	return o.platforms.Invite(ctx, req)
}

// offers are the URL that partners are given, and the versions that they find
// there; a dry invitation of a CPO tells them.
func (o *operator) offers(ctx context.Context) (versionsURL string, versions []string, err error) {
	cpo := &adminv1.PartyRole{Role: string(ocpi.CPO), CountryCode: "XX", PartyId: "DRY"}
	resp, err := o.platforms.Invite(ctx, &adminv1.PlatformsInviteRequest{Name: "demo", Claims: []*adminv1.PartyRole{cpo}, DryRun: true})
	return resp.GetVersionsUrl(), resp.GetVersions(), err
}

// connect lets the hub register at a platform.
func (o *operator) connect(ctx context.Context, p *ocpitest.Platform) error {
	_, err := o.platforms.Connect(ctx, &adminv1.PlatformsConnectRequest{Name: p.Name(), VersionsUrl: p.VersionsURL(), Token: p.Invite()})
	return err
}

// known are the platforms of the hub.
func (o *operator) known(ctx context.Context) ([]*adminv1.Platform, error) {
	resp, err := o.platforms.List(ctx, &adminv1.PlatformsListRequest{})
	return resp.GetPlatforms(), err
}

// delivered is how far the hub is with each platform.
func (o *operator) delivered(ctx context.Context) ([]*adminv1.Delivery, error) {
	resp, err := o.deliveries.List(ctx, &adminv1.DeliveriesListRequest{})
	return resp.GetDeliveries(), err
}

// bearer sends the token with every call.
type bearer string

// GetRequestMetadata is the header of a call.
func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

// RequireTransportSecurity allows the call without TLS.
func (bearer) RequireTransportSecurity() bool { return false }
