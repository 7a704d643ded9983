package probe_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/probe"
)

// before211 puts a prober before a CPO that speaks 2.1.1: without roles of
// endpoints, without headers of OCPI, with its token as it is.
func before211(t *testing.T, edit func([]ocpi.Endpoint) []ocpi.Endpoint) *stage {
	t.Helper()
	p := ocpitest.Run(t, ocpitest.Options{
		Name: "CPO", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: cpo}}, Versions: []ocpi.Version{ocpi.V211},
		Endpoints: edit, StrictEncoding: true,
	})
	for _, id := range []string{"LOC1", "LOC2", "LOC3"} {
		p.Offer(ocpi.Locations, p.SampleOf(cpo).Location(id))
		p.Offer(ocpi.Tariffs, p.SampleOf(cpo).Tariff(id))
	}
	h := ocpitest.Run(t, ocpitest.Options{Name: "Hub", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: hub}}, Versions: []ocpi.Version{ocpi.V211}})
	if err := h.Register(t.Context(), p.VersionsURL(), p.Invite()); err != nil {
		t.Fatal(err)
	}
	partner, err := h.Partner()
	if err != nil {
		t.Fatal(err)
	}
	client := peer.New(peer.Options{Guard: peer.NewGuard([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}), MaxBody: 1 << 20})
	t.Cleanup(client.Close)
	s := &stage{token: partner.Token, encoding: ocpi.TokenRaw, platform: &parties.Platform{
		ID: "c", Status: parties.Connected, SealedToken: []byte("sealed"), Version: ocpi.V211, VersionsURL: p.VersionsURL(), Endpoints: partner.Endpoints,
		Parties: []parties.Party{{Claim: parties.Claim{Role: ocpi.CPO, Party: cpo}}},
	}}
	s.prober = &probe.Prober{Self: hub, Registry: s, Caller: client, Timeout: 20 * time.Second}
	return s
}

func TestAPlatformOf211IsJudgedByWhat211Asks(t *testing.T) {
	lines := before211(t, nil).check(t, probe.Request{})
	for _, l := range lines {
		if l.Outcome != probe.OK {
			t.Errorf("%+v", l)
		}
		if slices.Contains([]string{"endpoint_roles", "routing_headers", "message_ids"}, l.Check) {
			t.Errorf("2.1.1 knows nothing of %s: %+v", l.Check, l)
		}
		if l.Specification != "" && !strings.HasPrefix(l.Specification, "2.1.1 ") || strings.Contains(l.Specification, "terminology") {
			t.Errorf("%s is not said by %q", l.Check, l.Specification)
		}
	}
	var lists []ocpi.ModuleID
	for _, l := range lines {
		if l.Check == "list" {
			lists = append(lists, l.Module)
		}
	}
	if len(lists) != 4 || len(lines) < 25 { // not that of tokens, which it takes
		t.Errorf("%d checks, of the lists %v", len(lines), lists)
	}
}

func TestAPlatformOf211WithoutALocationsModuleIsTold(t *testing.T) {
	without := func(all []ocpi.Endpoint) []ocpi.Endpoint {
		return slices.DeleteFunc(all, func(e ocpi.Endpoint) bool { return e.Module == ocpi.Locations })
	}
	if got := troubles(before211(t, without).check(t, probe.Request{VersionOnly: true})); !slices.Equal(got, []string{"modules"}) {
		t.Errorf("got %v", got)
	}
}
