package admin

import (
	"cmp"
	"context"
	"slices"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// members is the Parties service.
type members struct {
	adminv1.UnimplementedPartiesServer
	roll Roll
}

// List shows every party in each of its roles.
func (s *members) List(context.Context, *adminv1.PartiesListRequest) (*adminv1.PartiesListResponse, error) {
	var out adminv1.PartiesListResponse
	for _, m := range s.roll.Directory().Members() {
		out.Parties = append(out.Parties, &adminv1.Party{
			CountryCode: m.Party.Country,
			PartyId:     m.Party.ID,
			Role:        string(m.Role),
			PlatformId:  m.PlatformID,
			Status:      string(m.Status),
		})
	}
	return &out, nil
}

// stock is the Catalog service.
type stock struct {
	adminv1.UnimplementedCatalogServer
	stats Stats
}

// Stats counts what the catalog holds.
func (s *stock) Stats(ctx context.Context, _ *adminv1.CatalogStatsRequest) (*adminv1.CatalogStatsResponse, error) {
	stats, err := s.stats.Stats(ctx)
	if err != nil {
		return nil, fault.Wrap(fault.Unavailable, err, "the catalog cannot be read now")
	}
	slices.SortFunc(stats, func(a, b catalog.Stat) int {
		return cmp.Or(cmp.Compare(a.Owner.String(), b.Owner.String()), cmp.Compare(a.Module, b.Module))
	})
	var out adminv1.CatalogStatsResponse
	for _, st := range stats {
		out.Stats = append(out.Stats, &adminv1.CatalogStat{
			Owner:       st.Owner.String(),
			Module:      string(st.Module),
			Objects:     int64(st.Objects),
			LastUpdated: timestamp(st.LastUpdated),
		})
	}
	return &out, nil
}

// routes is the Routes service.
type routes struct {
	adminv1.UnimplementedRoutesServer
	explainer Explainer
}

// Explain says what would be done with a message.
func (s *routes) Explain(ctx context.Context, req *adminv1.RoutesExplainRequest) (*adminv1.RoutesExplainResponse, error) {
	q, err := readQuestion(req)
	if err != nil {
		return nil, err
	}
	e, err := s.explainer.Explain(ctx, q)
	if err != nil {
		return nil, err
	}
	out := &adminv1.RoutesExplainResponse{Decision: e.Decision, Reason: e.Reason}
	for _, r := range e.Receivers {
		out.Receivers = append(out.Receivers, r.String())
	}
	for _, t := range e.Translations {
		out.Translations = append(out.Translations, foreseen(t))
	}
	return out, nil
}

// foreseen is what would be carried to a receiver of another version.
func foreseen(t routing.Translation) *adminv1.RoutesTranslation {
	told := translations(journal.Crossings([]bridge.Crossing{t.Crossing}))[0]
	return &adminv1.RoutesTranslation{
		Receiver: t.Receiver.String(), Object: told.GetObject(), FromVersion: told.GetFromVersion(), ToVersion: told.GetToVersion(),
		Answer: t.Answer, LookedAt: t.Stored != "", StoredVersion: string(t.Stored),
		Withheld: told.GetWithheld(), WithheldWhy: told.GetWithheldWhy(), Findings: told.GetFindings(), More: told.GetMore(),
	}
}
