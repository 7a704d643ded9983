package hub_test

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

// ofBoth is a hub of 2.3.0 and 2.2.1 that tells of changes soon.
func ofBoth(c *hub.Config) {
	c.Versions, c.Credentials.Gather = []ocpi.Version{ocpi.V230, ocpi.V221}, 20*time.Millisecond
}

func in230(o ocpitest.Options) ocpitest.Options {
	o.Versions = []ocpi.Version{ocpi.V230}
	return o
}

func TestH030_H031_WhoComesAndGoesIsToldTo230PlatformsByPUTCredentials(t *testing.T) {
	h := startHub(t, ofBoth)
	e := join(t, h, in230(of(ocpi.EMSP, emsp)))
	if got := e.Reachable(); len(got) != 1 || got[0].ID != hubParty || got[0].Role != ocpi.OTHER || e.Hub() != hubParty {
		t.Errorf("at first it can reach %v through %v", got, e.Hub())
	}
	c := join(t, h, in230(of(ocpi.CPO, cpo)))
	old := join(t, h, of(ocpi.CPO, cpo2))
	if got := c.Reachable(); !slices.Equal(got, []ocpitest.Party{{Role: ocpi.EMSP, ID: emsp}}) {
		t.Errorf("the second can reach %v", got)
	}
	until(t, e, "both CPOs", func() bool {
		return slices.Equal(e.Reachable(), []ocpitest.Party{{Role: ocpi.CPO, ID: cpo2}, {Role: ocpi.CPO, ID: cpo}})
	})
	body := location(cpo, "L1", t0)
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", body)), 200, 1000) // by the tokens of now
	until(t, e, "the location", func() bool {
		_, ok := e.Object(ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, emsp)
		return ok
	})
	dir := h.Registry().Directory()
	if _, err := h.Registry().Suspend(t.Context(), dir.Homes(cpo2)[0].Platform.ID); err != nil {
		t.Fatal(err)
	}
	until(t, e, "one CPO", func() bool { return slices.Equal(e.Reachable(), []ocpitest.Party{{Role: ocpi.CPO, ID: cpo}}) })
	if len(old.Reachable()) > 0 {
		t.Errorf("the platform of 2.2.1 was told %v", old.Reachable())
	}
	for _, call := range old.Calls() {
		if call.Method == "PUT" && call.Module == ocpi.Credentials {
			t.Error("the credentials of the platform of 2.2.1 were renewed")
		}
	}
}

func TestAPlatformThatUpgradesTo230KeepsItsQueueItsAgreementsAndItsMarks(t *testing.T) {
	h := startHub(t, ofBoth, byAgreement)
	c := join(t, h, in230(of(ocpi.CPO, cpo)))
	e := join(t, h, of(ocpi.EMSP, emsp))
	agree(t, h, cpo, emsp)
	before := h.Registry().Directory().Homes(emsp)[0].Platform
	if _, _, err := h.Registry().PauseDeliveries(t.Context(), before.ID, ""); err != nil {
		t.Fatal(err)
	}
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	if err := e.Upgrade(t.Context(), ocpi.V230); err != nil {
		t.Fatal(err)
	}
	after := h.Registry().Directory().Homes(emsp)[0].Platform
	if after.ID != before.ID || after.Version != ocpi.V230 || !after.Paused.All || !after.Created.Equal(before.Created) {
		t.Errorf("it was %+v, and is %+v", before, after)
	}
	if got := e.Reachable(); !slices.Equal(got, []ocpitest.Party{{Role: ocpi.CPO, ID: cpo}}) {
		t.Errorf("by its agreement it can reach %v", got)
	}
	if _, _, err := h.Registry().ResumeDeliveries(t.Context(), before.ID, ""); err != nil {
		t.Fatal(err)
	}
	until(t, e, "what waited for it", func() bool {
		_, ok := e.Object(ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, emsp)
		return ok
	})
}

func TestAPlatformThatIsPinnedIsShownItsVersionAlone(t *testing.T) {
	h := startHub(t, ofBoth)
	_, tokenA, err := h.Registry().InviteNewcomer(t.Context(), parties.Newcomer{Name: "kept", Pinned: ocpi.V221})
	if err != nil {
		t.Fatal(err)
	}
	o := of(ocpi.EMSP, emsp)
	o.Name, o.Versions = "kept", []ocpi.Version{ocpi.V230, ocpi.V221}
	p, err := ocpitest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := p.Register(t.Context(), h.VersionsURL(), tokenA); err != nil {
		t.Fatal(err)
	}
	if got := p.Version(); got != ocpi.V221 {
		t.Errorf("it speaks %s", got)
	}
	if err := p.Upgrade(t.Context(), ocpi.V230); err == nil {
		t.Error("it moved by itself")
	}
	id := h.Registry().Directory().Homes(emsp)[0].Platform.ID
	if _, err := h.Registry().Pin(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	if err := p.Upgrade(t.Context(), ocpi.V230); err != nil || p.Version() != ocpi.V230 {
		t.Errorf("without the pin: %v", err)
	}
}

func TestAVersionThatIsTakenOutWhilePlatformsSpeakItIsToldAndTheseAreStillCalled(t *testing.T) {
	cfg := hubConfig(t, ofBoth)
	h, err := hub.Start(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c := join(t, h, of(ocpi.CPO, cpo))
	e := join(t, h, in230(of(ocpi.EMSP, emsp)))
	if err := h.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cfg.Versions, cfg.PublicURL = []ocpi.Version{ocpi.V221}, ""
	h, err = hub.Start(t.Context(), cfg, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatal(err)
	}
	told := log.String()
	t.Cleanup(func() { _ = h.Close(context.Background()) })
	if !strings.Contains(told, "version=2.3.0") || strings.Count(told, "not in versions") != 1 {
		t.Errorf("the log says %s", told)
	}
	e.ForgetCalls()
	id := h.Registry().Directory().Homes(cpo)[0].Platform.ID
	if _, _, err := h.Registry().Rotate(t.Context(), id); err != nil { // the hub has another address now
		t.Fatal(err)
	}
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	until(t, e, "the location", func() bool {
		_, ok := e.Object(ocpitest.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, emsp)
		return ok
	})
}
