package hub

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/internal/telemetry"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// showCounts puts what is there on the metrics page. A reading asks within ctx.
func (h *Hub) showCounts(ctx context.Context) {
	h.metrics.Build(version())
	h.metrics.Platforms(func() map[string]int {
		return countBy(h.registry.Directory().Platforms(), func(p *parties.Platform) string { return string(p.Status) },
			parties.Planned, parties.Connected, parties.Offline, parties.Suspended)
	})
	h.metrics.Versions(func() map[string]int { return spokenBy(h.registry.Directory().Platforms(), h.cfg.Versions) })
	h.metrics.Parties(func() map[string]int {
		return countBy(h.registry.Directory().Members(), func(m parties.Member) string { return string(m.Role) }, ocpi.CPO, ocpi.EMSP)
	})
	h.metrics.Agreements(func() map[string]int {
		now := time.Now()
		return countBy(h.registry.Directory().Agreements(), func(a *parties.Agreement) string { return string(a.Status(now)) },
			parties.AgreementDraft, parties.AgreementScheduled, parties.AgreementActive, parties.AgreementSuspended, parties.AgreementEnded)
	})
	h.metrics.HeldChanges(func() int { return len(h.router.Guard.Held(ocpi.PartyID{})) })
	h.metrics.Deliveries(h.backlogs)
	h.metrics.Feed(func() (first, last uint64, ok bool) { return h.feedBounds(ctx) })
	h.metrics.Leases(h.leasesHeld)
	h.metrics.Replicas(func() int { return len(h.leases.Members()) })
	h.metrics.Ready(func() map[string]int { return h.parts(ctx) })
}

// parts asks each part that readiness asks, all at once: 1 where it serves.
func (h *Hub) parts(ctx context.Context) map[string]int {
	ctx, cancel := context.WithTimeout(ctx, scrapeWithin)
	defer cancel()
	checks := h.checks()
	serves := make([]int, len(checks))
	var all sync.WaitGroup
	for i, c := range checks {
		all.Go(func() {
			if c.Ping(ctx) == nil {
				serves[i] = 1
			}
		})
	}
	all.Wait()
	out := map[string]int{}
	for i, c := range checks {
		out[c.Name] = serves[i]
	}
	return out
}

// leasesHeld counts what this replica holds, by group. What a name begins with says
// its group, up to the first sign that is no letter.
func (h *Hub) leasesHeld() map[string]int {
	var held []string
	for _, r := range h.leases.Replicas() {
		if r.Self {
			held = r.Leases
		}
	}
	return countBy(held, func(name string) string { return name[:strings.IndexAny(name+".", ".-")] }, "shard", "hub", "pull")
}

// countBy counts things by what by says of them. What is usual is there also
// where there is none of it, so that it can be seen to come and go.
func countBy[T any, L ~string](all []T, by func(T) string, usual ...L) map[string]int {
	counts := map[string]int{}
	for _, label := range usual {
		counts[string(label)] = 0
	}
	for _, one := range all {
		counts[by(one)]++
	}
	return counts
}

func (h *Hub) backlogs() []telemetry.Backlog {
	stats := h.engine.Served()
	out := make([]telemetry.Backlog, 0, len(stats))
	for _, s := range stats {
		out = append(out, telemetry.Backlog{PlatformID: s.Platform, Pending: s.Pending, Oldest: s.OldestPending, State: string(s.State)})
	}
	return out
}

// scrapeWithin bounds what reading the metrics waits for.
const scrapeWithin = time.Second

func (h *Hub) feedBounds(ctx context.Context) (first, last uint64, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, scrapeWithin)
	defer cancel()
	first, last, err := h.stores.feed.Bounds(ctx)
	return first, last, err == nil
}

// stocktaker counts the objects of the catalog, which takes a walk through all
// of them, beside everything else: at most a hundredth of the time.
type stocktaker struct {
	count func(context.Context) (map[ocpi.ModuleID]int, error)
	show  func(map[ocpi.ModuleID]int)
	every time.Duration
}

// stockEvery is how often the catalog is counted.
const stockEvery = time.Minute

// countable are the modules of which the catalog holds objects.
func countable() []ocpi.ModuleID {
	return []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs, ocpi.Tokens, ocpi.Sessions, ocpi.CDRs}
}

// run counts until ctx ends. A count that fails leaves the last one standing; in
// the end none does, for another replica may count then.
func (s *stocktaker) run(ctx context.Context) error {
	defer s.show(nil)
	for {
		began := time.Now()
		if counts, err := s.count(ctx); err == nil {
			s.show(counts)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(s.every, 100*time.Since(began))):
		}
	}
}

// stock counts the objects of each module, also where there are none.
func (h *Hub) stock(ctx context.Context) (map[ocpi.ModuleID]int, error) {
	stats, err := h.stores.catalog.Stats(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[ocpi.ModuleID]int{}
	for _, m := range countable() {
		counts[m] = 0
	}
	for _, s := range stats {
		counts[s.Module] += s.Objects
	}
	return counts, nil
}
