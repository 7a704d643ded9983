package sim

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// good is an object that the platform offers.
type good struct {
	module ocpi.ModuleID
	raw    []byte
}

// load brings together what the platform offers in a version: the locations of
// its CPOs and the tokens of its eMSPs. It fills in the parties, where they are
// open.
func load(c *Config, v ocpi.Version) ([]good, error) {
	var out []good
	takesAll := c.Role == ocpi.CPO && len(c.Platform.Parties) == 0
	if takesAll || len(cpos(c.Platform.Parties)) > 0 {
		found, err := locations(c, v)
		if err != nil {
			return nil, err
		}
		out = found
	}
	for _, party := range c.Platform.Parties {
		for n := range c.Tokens {
			if party.Role == ocpi.EMSP {
				out = append(out, good{ocpi.Tokens, token(v, party.ID, n+1)})
			}
		}
	}
	return out, nil
}

// locations reads the locations of the platform's CPOs. A platform without
// parties takes over all owners of the file; the sample is given to the CPOs
// that there are. Locations of 2.1.1 may not name an owner: who reads them is it.
func locations(c *Config, v ocpi.Version) ([]good, error) {
	if c.Locations == "" && len(c.Platform.Parties) > 0 {
		return adopt(v, cpos(c.Platform.Parties))
	}
	own := map[ocpi.PartyID]bool{{}: v == ocpi.V211 && len(c.Platform.Parties) == 1}
	for _, id := range cpos(c.Platform.Parties) {
		own[id] = true
	}
	open := len(c.Platform.Parties) == 0
	var out []good
	for location, err := range ocpitest.ReadLocationsIn(v, c.Locations) {
		if err != nil {
			return nil, fmt.Errorf("locations: %w", err)
		}
		if open && !own[location.Owner] {
			own[location.Owner] = true
			c.Platform.Parties = append(c.Platform.Parties, ocpitest.Party{Role: c.Role, ID: location.Owner})
		}
		if own[location.Owner] {
			out = append(out, good{ocpi.Locations, location.Raw})
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%s holds no location of the platform's parties", c.Locations)
	}
	return out, nil
}

func cpos(parties []ocpitest.Party) []ocpi.PartyID {
	var out []ocpi.PartyID
	for _, party := range parties {
		if party.Role == ocpi.CPO {
			out = append(out, party.ID)
		}
	}
	return out
}

// adopt gives the locations of the sample to CPOs, in turn. Their ids begin
// with the party, so that several platforms do not offer the same ones.
func adopt(v ocpi.Version, owners []ocpi.PartyID) ([]good, error) {
	var out []good
	for location, err := range ocpitest.ReadLocationsIn(v, "") {
		if err != nil {
			return nil, fmt.Errorf("locations: %w", err)
		}
		owner := owners[len(out)%len(owners)]
		raw := ocpi.SetMember(location.Raw, "id", ocpi.Quote(owner.Country+owner.ID+"-"+location.ID))
		if v != ocpi.V211 {
			raw = ocpi.SetMember(raw, "country_code", ocpi.Quote(owner.Country))
			raw = ocpi.SetMember(raw, "party_id", ocpi.Quote(owner.ID))
		}
		out = append(out, good{ocpi.Locations, raw})
	}
	return out, nil
}

// token makes up the nth token of an eMSP.
func token(v ocpi.Version, owner ocpi.PartyID, n int) []byte {
	if v == ocpi.V211 {
		return fmt.Appendf(nil, `{"uid":"%s%s%06d","type":"RFID","auth_id":"%[1]s-%[2]s-C%08[3]d","issuer":"%[1]s*%[2]s",`+
			`"valid":true,"whitelist":"ALLOWED","last_updated":"2025-01-01T00:00:00Z"}`, owner.Country, owner.ID, n)
	}
	return fmt.Appendf(nil, `{"country_code":%q,"party_id":%q,"uid":"%s%s%06d","type":"RFID",`+
		`"contract_id":"%[1]s-%[2]s-C%[5]08d","issuer":"%[1]s*%[2]s","valid":true,"whitelist":"ALLOWED",`+
		`"last_updated":"2025-01-01T00:00:00Z"}`, owner.Country, owner.ID, owner.Country, owner.ID, n)
}

// publish sends all that is offered to the hub, for all.
func (s *simulation) publish(ctx context.Context, goods []good) {
	before := s.tally.refused.Load()
	s.share(len(goods), func(i int) {
		g := goods[i]
		reply, err := s.insist(ctx, func() (ocpitest.Reply, error) {
			return s.platform.Push(ctx, g.module, s.platform.Hub(), g.raw)
		})
		if s.tally.count(reply, err) {
			s.tally.published.Add(1)
		}
	})
	s.event("published", fields{"objects": s.tally.published.Load(), "refused": s.tally.refused.Load() - before})
}

// share does n things with the workers of the platform. Things whose numbers
// differ by a multiple of the number of workers are done by the same one, in
// order.
func (s *simulation) share(n int, do func(i int)) {
	var crew sync.WaitGroup
	for w := range min(s.Workers, n) {
		crew.Go(func() {
			for i := w; i < n; i += s.Workers {
				do(i)
			}
		})
	}
	crew.Wait()
}

// pull gets what the hub has for the platform's first party: tokens for a CPO,
// locations and tariffs for all others.
func (s *simulation) pull(ctx context.Context) error {
	first := s.platform.Parties()[0]
	modules := []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs}
	if first.Role == ocpi.CPO {
		modules = []ocpi.ModuleID{ocpi.Tokens}
	}
	for _, m := range modules {
		if partner, err := s.platform.Partner(); err != nil || partner.Endpoint(m, ocpi.Sender) == "" {
			continue
		}
		owners := map[string]bool{}
		crawl, err := s.platform.GetAll(ctx, ocpitest.List{Module: m, From: first.ID, To: s.platform.Hub()}, func(raw []byte) error {
			if id := ocpi.FindString(raw, "party_id"); id != "" { // 2.1.1 does not tell
				owners[strings.ToUpper(ocpi.FindString(raw, "country_code")+"*"+id)] = true
			}
			return nil
		})
		if err != nil {
			return err
		}
		s.event("pulled", fields{
			"module": m, "objects": crawl.Objects, "pages": crawl.Pages, "total": crawl.Total, "owners": len(owners),
		})
	}
	return nil
}
