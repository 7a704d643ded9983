package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// syncList is what hubctl sync prints of a list.
type syncList struct {
	Module, Party                              string
	Fetched, New, Updated, Unchanged, Rejected int
	Rejections                                 []struct{ Pointer, ID, Reason string }
	Error                                      string
}

func TestHubctlSyncPullsAndSaysWhatCame(t *testing.T) {
	t.Parallel()
	h := startHub(t) // which pulls nothing by itself
	emsp := h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	cpo := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	owner := cpo.Parties()[0].ID
	cpo.Offer(ocpi.Locations, []byte(locationWith(owner, "L1", 1)))
	cpo.Offer(ocpi.Locations, []byte(strings.Replace(locationWith(owner, "L2", 1), `"city":"Amsterdam",`, "", 1)))
	cpo.Offer(ocpi.Locations, []byte(locationWith(owner, "L3", 2)))
	platform := h.platformOf(t, owner)
	sync := func(args ...string) (lists []syncList) {
		t.Helper()
		h.hubctl(&lists, append([]string{"sync", platform}, args...)...)
		return lists
	}

	lists := sync("--module", "locations")
	if len(lists) != 1 || len(lists[0].Rejections) != 1 {
		t.Fatalf("H-135 the first sync: %+v", lists)
	}
	if r := lists[0].Rejections[0]; r.Pointer != "/data/1" || r.ID != "L2" || !strings.Contains(r.Reason, "/city") {
		t.Errorf("H-135 what is wrong is told by %+v", r)
	}
	lists[0].Rejections = nil
	if diff := cmp.Diff([]syncList{{Module: "locations", Party: "DE*ABC", Fetched: 3, New: 2, Rejected: 1}}, lists); diff != "" {
		t.Errorf("the first sync: %s", diff)
	}
	holds(t, emsp, "the eMSP gets what is sound", func() bool { return len(emsp.Objects(ocpi.Locations, nil)) == 2 })

	touched := strings.ReplaceAll(locationWith(owner, "L1", 1), "2026-01-01", "2026-02-01")
	changed := strings.Replace(strings.ReplaceAll(locationWith(owner, "L3", 2), "2026-01-01", "2026-02-01"), "AVAILABLE", "CHARGING", 1)
	cpo.Offer(ocpi.Locations, []byte(touched))
	cpo.Offer(ocpi.Locations, []byte(changed))
	want := []syncList{{Module: "locations", Party: "DE*ABC", Fetched: 3, Updated: 1, Unchanged: 1, Rejected: 1}}
	lists = sync("--module", "locations", "--full")
	lists[0].Rejections = nil
	if diff := cmp.Diff(want, lists); diff != "" {
		t.Errorf("Q31 the second sync: %s", diff)
	}
	key := ocpitest.Key{Module: ocpi.Locations, Owner: owner, ID: "L3"}
	holds(t, emsp, "the eMSP gets what changed", func() bool {
		o, _ := emsp.Object(key, ocpi.PartyID{})
		return string(o.Raw) == changed
	})
	if n := len(emsp.Calls(ocpitest.Is(ocpi.Locations, http.MethodPut))); n != 3 {
		t.Errorf("Q31 the eMSP got %d PUTs, want 3: what is only touched is not fanned out", n)
	}

	lists = sync()
	var modules []string
	for _, l := range lists {
		modules = append(modules, l.Module)
	}
	if diff := cmp.Diff([]string{"tariffs", "locations", "sessions", "cdrs"}, modules); diff != "" {
		t.Errorf("a sync of all: %s", diff)
	}
}

// platformOf returns the id of a party's platform.
func (h *hubProcess) platformOf(t *testing.T, party ocpi.PartyID) string {
	t.Helper()
	var list []struct {
		CountryCode string `json:"country_code"`
		PartyID     string `json:"party_id"`
		PlatformID  string `json:"platform_id"`
	}
	h.hubctl(&list, "parties", "list")
	for _, p := range list {
		if ocpi.NewPartyID(p.CountryCode, p.PartyID) == party {
			return p.PlatformID
		}
	}
	t.Fatalf("%s is not on the hub", party)
	return ""
}

func TestHubctlSyncSaysWhyAPlatformCannotBePulled(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	emsp := h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	id := h.platformOf(t, emsp.Parties()[0].ID)
	for _, c := range [][]string{
		{"is not known", "sync", "nobody"},
		{"offers no Sender interface of [locations]", "sync", id, "--module", "locations"},
		{"cannot be pulled", "sync", id, "--module", "commands"},
	} {
		if err := h.tryHubctl(nil, c[1:]...); err == nil || !strings.Contains(err.Error(), c[0]) {
			t.Errorf("%v: got %v", c[1:], err)
		}
	}
	h.hubctl(nil, "platforms", "suspend", id)
	if err := h.tryHubctl(nil, "sync", id); err == nil || !strings.Contains(err.Error(), "SUSPENDED") {
		t.Errorf("a suspended platform: got %v", err)
	}
}
