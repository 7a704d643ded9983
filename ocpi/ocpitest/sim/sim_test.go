package sim_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest/sim"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func partner(t *testing.T, role ocpi.Role) *ocpitest.Platform {
	t.Helper()
	return ocpitest.Run(t, ocpitest.Options{
		Name:    "Partner",
		Parties: []ocpitest.Party{{Role: role, ID: ocpi.NewPartyID("DE", "PRT")}},
	})
}

// run runs a platform to its end and returns what it told.
func run(t *testing.T, c sim.Config) ([]sim.Event, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var told []sim.Event
	err := sim.Run(ctx, c, func(e sim.Event) { told = append(told, e) })
	if ctx.Err() != nil {
		t.Fatal("the platform does not end")
	}
	return told, err
}

func find(t *testing.T, told []sim.Event, name string) sim.Event {
	t.Helper()
	i := slices.IndexFunc(told, func(e sim.Event) bool { return e.Name == name })
	if i < 0 {
		t.Fatalf("no %s among %v", name, told)
	}
	return told[i]
}

func TestACPOPublishesAndPushesWhatThePartnerThenHas(t *testing.T) {
	emsp := partner(t, ocpi.EMSP)
	file := filepath.Join(t.TempDir(), "state.json")
	told, err := run(t, sim.Config{
		Platform: ocpitest.Options{Name: "Cedar"}, Role: ocpi.CPO,
		VersionsURL: emsp.VersionsURL(), TokenA: emsp.Invite(),
		Publish: true, PushRate: 10000, PushCount: 300, State: file, Once: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, told, "published").Fields["objects"]; got != int64(40) {
		t.Errorf("published %v, want 40", got)
	}
	if got := find(t, told, "pushed").Fields["changes"]; got != int64(300) {
		t.Errorf("pushed %v, want 300", got)
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var state struct {
		Own     map[string]string `json:"own_evse_status"`
		Parties []string          `json:"parties"`
	}
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(state.Own, ocpitest.Statuses(emsp.Objects(ocpi.Locations, nil))); diff != "" {
		t.Errorf("the partner has other statuses than the CPO: %s", diff)
	}
	if len(state.Parties) != 6 || len(emsp.Regressions()) != 0 {
		t.Errorf("parties %v, regressions %v", state.Parties, emsp.Regressions())
	}
}

func TestAnEMSPPullsAndKeepsWhatItIsGiven(t *testing.T) {
	cpo := partner(t, ocpi.CPO)
	for location, err := range ocpitest.ReadLocations("") {
		if err != nil {
			t.Fatal(err)
		}
		raw := ocpi.SetMember(location.Raw, "country_code", []byte(`"DE"`))
		cpo.Offer(ocpi.Locations, ocpi.SetMember(raw, "party_id", []byte(`"PRT"`)))
	}
	told, err := run(t, sim.Config{
		Platform: ocpitest.Options{Name: "Drive", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: ocpi.NewPartyID("NL", "DRV")}}},
		Role:     ocpi.EMSP, VersionsURL: cpo.VersionsURL(), TokenA: cpo.Invite(),
		Tokens: 5, Publish: true, Pull: true, Once: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := find(t, told, "pulled").Fields["objects"]; got != 40 {
		t.Errorf("pulled %v, want 40", got)
	}
	if got := len(cpo.Objects(ocpi.Tokens, nil)); got != 5 {
		t.Errorf("the CPO has %d tokens, want 5", got)
	}
}

func TestARefusalFailsARunThatEnds(t *testing.T) {
	emsp := partner(t, ocpi.EMSP)
	emsp.Fail(ocpitest.Fault{Module: ocpi.Locations, Code: ocpi.StatusInvalidParameters, Times: 1})
	_, err := run(t, sim.Config{
		Platform: ocpitest.Options{Name: "Cedar"}, Role: ocpi.CPO,
		VersionsURL: emsp.VersionsURL(), TokenA: emsp.Invite(), Publish: true, Once: true,
	})
	if err == nil || !strings.Contains(err.Error(), "1 messages were refused") {
		t.Errorf("got %v", err)
	}
}

func TestWhatThePartnerCannotTakeNowIsSentAgain(t *testing.T) {
	emsp := partner(t, ocpi.EMSP)
	emsp.Fail(ocpitest.Fault{Module: ocpi.Locations, HTTPStatus: 503, Times: 2})
	_, err := run(t, sim.Config{
		Platform: ocpitest.Options{Name: "Cedar"}, Role: ocpi.CPO,
		VersionsURL: emsp.VersionsURL(), TokenA: emsp.Invite(), Publish: true, Once: true,
	})
	if got := len(emsp.Objects(ocpi.Locations, nil)); err != nil || got != 40 {
		t.Errorf("the partner has %d locations, want 40; %v", got, err)
	}
}

func TestThePartnerMayConnectAndThePlatformServesUntilItIsTold(t *testing.T) {
	hub := partner(t, ocpi.EMSP)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	told := make(chan sim.Event, 100)
	dump := make(chan struct{})
	ended := make(chan error, 1)
	file := filepath.Join(t.TempDir(), "state.json")
	go func() {
		ended <- sim.Run(ctx, sim.Config{
			Platform: ocpitest.Options{Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: ocpi.NewPartyID("NL", "OWN")}}},
			Role:     ocpi.CPO, AcceptToken: "secret-a", State: file, Dump: dump,
		}, func(e sim.Event) { told <- e })
	}()
	url, _ := (<-told).Fields["versions_url"].(string)
	if err := hub.Register(ctx, url, "secret-a"); err != nil {
		t.Fatal(err)
	}
	for e := range told {
		if e.Name == "registered" {
			break
		}
	}
	crawl, err := hub.GetAll(ctx, ocpitest.List{Module: ocpi.Locations, To: hub.Hub()}, nil)
	if err != nil || crawl.Objects != 40 {
		t.Errorf("the sample is not the party's own: %+v, %v", crawl, err)
	}
	dump <- struct{}{}
	for e := range told {
		if e.Name == "state_written" {
			break
		}
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("told to end, it gave %v", err)
	}
}

func TestAPlatformOffersWhatItHasInTheVersionThatIsSpoken(t *testing.T) {
	for _, v := range ocpi.KnownVersions() {
		hub := ocpitest.Run(t, ocpitest.Options{
			Name: "Partner", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: ocpi.NewPartyID("DE", "PRT")}}, Versions: []ocpi.Version{v},
		})
		told, err := run(t, sim.Config{
			Platform: ocpitest.Options{
				Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: ocpi.NewPartyID("NL", "OWN")}}, Versions: ocpi.KnownVersions(),
			},
			Role: ocpi.CPO, VersionsURL: hub.VersionsURL(), TokenA: hub.Invite(),
			Publish: true, PushRate: 10000, PushCount: 50, Once: true,
		})
		if err != nil {
			t.Fatalf("in %s: %v", v, err)
		}
		if got := find(t, told, "registered").Fields["ocpi"]; got != v {
			t.Errorf("registered in %v, want %s", got, v)
		}
		locations := hub.Objects(ocpi.Locations, nil)
		for _, o := range locations {
			if found := ocpi.CheckObject(v, "Location", o.Raw, false); len(found) > 0 {
				t.Errorf("in %s: %v", v, found)
			}
		}
		if len(locations) != 40 || locations[0].Owner != ocpi.NewPartyID("NL", "OWN") {
			t.Errorf("in %s the partner has %d locations", v, len(locations))
		}
	}
}

func TestTokensAreSoundInTheVersionThatIsSpoken(t *testing.T) {
	for _, v := range ocpi.KnownVersions() {
		cpo := ocpitest.Run(t, ocpitest.Options{
			Name: "Partner", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: ocpi.NewPartyID("DE", "PRT")}}, Versions: []ocpi.Version{v},
		})
		_, err := run(t, sim.Config{
			Platform: ocpitest.Options{
				Name: "Drive", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: ocpi.NewPartyID("NL", "DRV")}}, Versions: []ocpi.Version{v},
			},
			Role: ocpi.EMSP, VersionsURL: cpo.VersionsURL(), TokenA: cpo.Invite(), Tokens: 3, Publish: true, Pull: true, Once: true,
		})
		if err != nil {
			t.Fatalf("in %s: %v", v, err)
		}
		tokens := cpo.Objects(ocpi.Tokens, nil)
		if len(tokens) != 3 {
			t.Errorf("in %s the CPO has %d tokens, want 3", v, len(tokens))
		}
		for _, o := range tokens {
			if found := ocpi.Review(v, "Token", o.Raw, ocpi.Reviewing{}); len(found) > 0 {
				t.Errorf("in %s: %v", v, found)
			}
		}
	}
}

func TestALocationFileOf211NeedNotNameItsOwner(t *testing.T) {
	emsp := ocpitest.Run(t, ocpitest.Options{
		Name: "Partner", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: ocpi.NewPartyID("DE", "PRT")}}, Versions: []ocpi.Version{ocpi.V211},
	})
	file := filepath.Join(t.TempDir(), "locations.jsonl")
	if err := os.WriteFile(file, []byte(`{"id":"1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	owner := ocpi.NewPartyID("NL", "OWN")
	_, err := run(t, sim.Config{
		Platform: ocpitest.Options{
			Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: owner}}, Versions: []ocpi.Version{ocpi.V211},
		},
		Role: ocpi.CPO, Locations: file, VersionsURL: emsp.VersionsURL(), TokenA: emsp.Invite(), Publish: true, Once: true,
	})
	if got := emsp.Objects(ocpi.Locations, nil); err != nil || len(got) != 1 || got[0].Owner != owner {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestALocationFileWithoutTheirLocationsIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "locations.jsonl")
	if err := os.WriteFile(file, []byte(`{"country_code":"NL","party_id":"ABC","id":"1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := run(t, sim.Config{
		Platform: ocpitest.Options{Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: ocpi.NewPartyID("NL", "OWN")}}},
		Role:     ocpi.CPO, Locations: file,
	})
	if err == nil {
		t.Error("a platform with nothing to offer ran")
	}
}
