package hub_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func pulling(cfg *hub.Config) { cfg.Pull.Mode = hub.PullAuto }

// joinOffering starts a platform that offers objects before it registers.
func joinOffering(t *testing.T, h *hub.Hub, o ocpitest.Options, offer func(*ocpitest.Platform)) *ocpitest.Platform {
	t.Helper()
	o.Name = o.Parties[0].String()
	p, err := ocpitest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	offer(p)
	if err := p.Register(t.Context(), h.VersionsURL(), invite(t, h, o.Name, o.Parties...)); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestH200_WhatACPOOnlyOffersReachesThoseWhoWantPushesAndThoseWhoPull(t *testing.T) {
	h := startHub(t, pulling)
	e := join(t, h, of(ocpi.EMSP, emsp))
	silent := of(ocpi.EMSP, emsp2)
	silent.Endpoints = func(all []ocpi.Endpoint) []ocpi.Endpoint {
		return slices.DeleteFunc(all, func(at ocpi.Endpoint) bool { return at.Interface == ocpi.Receiver && at.Module != ocpi.Credentials })
	}
	e2 := join(t, h, silent)
	c := joinOffering(t, h, of(ocpi.CPO, cpo), func(c *ocpitest.Platform) {
		c.Offer(ocpi.Locations, []byte(location(cpo, "L1", t0)))
		c.Offer(ocpi.CDRs, []byte(cdr(cpo, "C2", emsp2)))
		c.Offer(ocpi.CDRs, []byte(cdr(cpo, "C1", emsp)))
	})
	until(t, e, "the location", func() bool { return arrived(e, emsp, "L1") == location(cpo, "L1", t0) })
	until(t, e, "the CDR", func() bool {
		_, ok := e.Object(ocpitest.Key{Module: ocpi.CDRs, Owner: cpo, ID: "C1"}, emsp)
		return ok
	})
	for _, m := range []ocpi.ModuleID{ocpi.Locations, ocpi.CDRs} { // its CDR came before the other one
		crawl, err := e2.GetAll(t.Context(), ocpitest.List{Module: m, To: hubParty}, nil)
		if err != nil || crawl.Objects != 1 {
			t.Errorf("GET all of %s gives who takes no pushes %+v, %v", m, crawl, err)
		}
		if calls := e2.Calls(ocpitest.Is(m, "")); len(calls) > 0 {
			t.Errorf("who takes no pushes was called: %v", calls)
		}
	}
	for _, call := range c.Calls(ocpitest.Is("", http.MethodGet)) {
		if call.Interface == ocpi.Sender && (call.Routing != ocpi.Routing{From: hubParty, To: cpo} || call.RequestID() == "" || call.CorrelationID() == "") {
			t.Errorf("the hub asked %v", call)
		}
	}
}

func TestH135_OfThreeLocationsOneOfThemBrokenTwoAreKept(t *testing.T) {
	h := startHub(t, pulling)
	e := join(t, h, of(ocpi.EMSP, emsp))
	joinOffering(t, h, of(ocpi.CPO, cpo), func(c *ocpitest.Platform) {
		c.Offer(ocpi.Locations, []byte(location(cpo, "L1", t0)))
		c.Offer(ocpi.Locations, []byte(strings.Replace(location(cpo, "L2", t0), `"address"`, `"x-address"`, 1)))
		c.Offer(ocpi.Locations, []byte(location(cpo, "L3", t0)))
	})
	until(t, e, "the sound locations", func() bool { return arrived(e, emsp, "L1") != "" && arrived(e, emsp, "L3") != "" })
	crawl, err := e.GetAll(t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty}, nil)
	if err != nil || crawl.Objects != 2 || arrived(e, emsp, "L2") != "" {
		t.Errorf("GET all gives %+v, %v", crawl, err)
	}
}

func TestAPlatformThatComesBackIsPulledAgain(t *testing.T) {
	h := startHub(t, pulling, watchful)
	e := join(t, h, of(ocpi.EMSP, emsp))
	c := joinOffering(t, h, of(ocpi.CPO, cpo), func(c *ocpitest.Platform) {
		c.Offer(ocpi.Locations, []byte(location(cpo, "L1", t0)))
	})
	until(t, e, "the location", func() bool { return arrived(e, emsp, "L1") != "" })
	c.Stop()
	until(t, e, "the news that the CPO is away", func() bool {
		for _, info := range e.ClientInfos() {
			if info.Party.ID == cpo && info.Status == "OFFLINE" {
				return true
			}
		}
		return false
	})
	next := strings.Replace(location(cpo, "L1", "2026-02-01T00:00:00Z"), "AVAILABLE", "CHARGING", 1)
	c.Offer(ocpi.Locations, []byte(next))
	c.Offer(ocpi.Locations, []byte(location(cpo, "L2", t0)))
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, e, "what changed meanwhile", func() bool { return arrived(e, emsp, "L1") == next && arrived(e, emsp, "L2") != "" })
	list := c.Calls(ocpitest.Is(ocpi.Locations, http.MethodGet))
	if last := list[len(list)-1]; !strings.Contains(last.Query, "date_from=2025-12-31T23%3A55%3A00Z") {
		t.Errorf("after its return the CPO was asked %q", last.Query)
	}
	if n := len(e.Calls(ocpitest.Is(ocpi.Locations, http.MethodPut))); n != 3 {
		t.Errorf("the eMSP got %d PUTs of locations, want 3", n)
	}
}
