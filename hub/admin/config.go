package admin

import (
	"context"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// config is the Config service.
type config struct {
	adminv1.UnimplementedConfigServer
	roll   Roll
	setups Setups
	// versionsURL is the hub's, for invitations.
	versionsURL string
	now         func() time.Time
}

// The kinds that a configuration holds, as requests name them.
const (
	kindPlatforms  = "platforms"
	kindAgreements = "agreements"
)

// Export writes down what is configured.
func (s *config) Export(_ context.Context, req *adminv1.ConfigExportRequest) (*adminv1.ConfigExportResponse, error) {
	kinds, err := readKinds("kinds", req.GetKinds())
	if err != nil {
		return nil, err
	}
	setup := s.roll.Directory().Setup(s.now())
	out := &adminv1.ConfigExportResponse{Config: showSetup(setup), Revision: setup.Revision()}
	if len(kinds) > 0 && !slices.Contains(kinds, kindPlatforms) {
		out.Config.Platforms = nil
	}
	if len(kinds) > 0 && !slices.Contains(kinds, kindAgreements) {
		out.Config.Agreements = nil
	}
	return out, nil
}

// Apply brings the hub to what is written down.
func (s *config) Apply(ctx context.Context, req *adminv1.ConfigApplyRequest) (*adminv1.ConfigApplyResponse, error) {
	order, err := readSetupOrder(ctx, req)
	if err != nil {
		return nil, err
	}
	if order.PrunePlatforms && !order.Dry { // as Platforms.Remove
		if err := permit(callOf(ctx).caller, access.Admin); err != nil {
			return nil, err
		}
	}
	want, err := readSetup(req.GetConfig())
	if err != nil {
		return nil, err
	}
	done, err := s.setups.Apply(ctx, order, want)
	if err != nil {
		return nil, err
	}
	out := &adminv1.ConfigApplyResponse{Unchanged: int64(done.Unchanged), Revision: done.Revision, VersionsUrl: s.versionsURL, DryRun: order.Dry}
	for _, c := range done.Changes {
		out.Changes = append(out.Changes, &adminv1.ConfigChange{
			Action: string(c.Action), Kind: string(c.Kind), Id: c.ID, Field: c.Field, Old: c.Old, New: c.New, TokenA: c.TokenA,
		})
	}
	return out, nil
}

func showSetup(s parties.Setup) *adminv1.Configuration {
	out := &adminv1.Configuration{}
	for _, p := range s.Platforms {
		shown := &adminv1.ConfigPlatform{PlatformId: p.ID, Name: p.Name, Suspended: p.Suspended, VersionsUrl: p.VersionsURL, PinnedVersion: string(p.Pinned), As: showParty(p.As)}
		for _, c := range p.Claims {
			shown.Claims = append(shown.Claims, c.String())
		}
		for _, q := range p.Parties {
			shown.Parties = append(shown.Parties, &adminv1.ConfigParty{Party: q.String(), Name: q.Name, Website: q.Website})
		}
		out.Platforms = append(out.Platforms, shown)
	}
	for i := range s.Agreements {
		a := &s.Agreements[i]
		out.Agreements = append(out.Agreements, &adminv1.ConfigAgreement{
			AgreementId: a.ID, Cpo: a.CPO.String(), Emsp: a.EMSP.String(), State: string(a.State),
			Modules: moduleNames(a.Modules), CpoOnly: moduleNames(a.CPOOnly), EmspOnly: moduleNames(a.EMSPOnly),
			CustomModules: moduleNames(a.Custom), From: timestamp(a.From), Until: timestamp(a.Until),
			StandIn: a.StandIn, CatchUp: string(a.CatchUp),
		})
	}
	return out
}

func readSetupOrder(ctx context.Context, req *adminv1.ConfigApplyRequest) (o parties.SetupOrder, err error) {
	by, err := readBy(ctx, "by", req.GetBy())
	if err != nil {
		return o, err
	}
	prune, err := readKinds("prune", req.GetPrune())
	if err != nil {
		return o, err
	}
	return parties.SetupOrder{
		Order:           parties.Order{By: by, Dry: req.GetDryRun()},
		PrunePlatforms:  slices.Contains(prune, kindPlatforms),
		PruneAgreements: slices.Contains(prune, kindAgreements),
		Tokens:          req.GetShowTokens(), Revision: req.GetRevision(),
	}, nil
}

func readKinds(field string, kinds []string) ([]string, error) {
	for _, k := range kinds {
		if k != kindPlatforms && k != kindAgreements {
			return nil, fault.New(fault.Invalid, "%s: want %s or %s, got %q", field, kindPlatforms, kindAgreements, k)
		}
	}
	return kinds, nil
}
