package front_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

// listed is what version details name, as MODULE ROLE, in the paths of a version.
func listed(t *testing.T, url string, v ocpi.Version) (out []string) {
	t.Helper()
	var details struct {
		Version   ocpi.Version
		Endpoints []struct{ Identifier, Role, URL string }
	}
	got := do(t, "GET", url+"/ocpi/"+string(v), tokenC, "")
	if err := json.Unmarshal(got.env.Data, &details); err != nil || details.Version != v {
		t.Fatalf("details of %s: %s, %v", v, got.env.Data, err)
	}
	for _, e := range details.Endpoints {
		if !strings.HasPrefix(e.URL, "https://hub.example/ocpi/"+string(v)+"/") {
			t.Errorf("%s lists %s", v, e.URL)
		}
		out = append(out, e.Identifier+" "+e.Role)
	}
	return out
}

func TestH039_EachVersionOfTheOfferIsListedAndHasATreeOfItsOwn(t *testing.T) {
	offered := []ocpi.Version{ocpi.V230, ocpi.V221}
	url := offer(t, &router{}, offered...)
	var list []parties.VersionLink
	if err := json.Unmarshal(do(t, "GET", url+"/ocpi/versions", tokenC, "").env.Data, &list); err != nil || len(list) != len(offered) {
		t.Fatalf("%v, %v", list, err)
	}
	for i, v := range offered {
		if list[i].Version != v || list[i].URL != "https://hub.example/ocpi/"+string(v) {
			t.Errorf("listed as %v", list[i])
		}
		names := listed(t, url, v)
		for _, m := range ocpi.FunctionalModules(v) {
			if !slices.Contains(names, string(m)+" SENDER") || !slices.Contains(names, string(m)+" RECEIVER") {
				t.Errorf("%s lacks %s: %v", v, m, names)
			}
		}
		if !slices.Contains(names, "hubclientinfo SENDER") {
			t.Errorf("%s has no hub client info", v)
		}
	}
}

func TestAMessageIsOfTheVersionOfTheEndpointThatItCameTo(t *testing.T) {
	rt := &router{answer: routing.Answer{HTTPStatus: 200, Body: []byte(`{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`)}}
	url := offer(t, rt, ocpi.V221, ocpi.V230)
	for _, v := range []ocpi.Version{ocpi.V230, ocpi.V221} {
		do(t, "PUT", url+"/ocpi/"+string(v)+"/receiver/tariffs/DE/ABC/T1", tokenC, `{"id":"T1"}`)
		if rt.message == nil || rt.message.Rule.Version != v {
			t.Errorf("on the endpoint of %s: %+v", v, rt.message)
		}
	}
}

func TestWhatIsNotOfferedIsNotThere(t *testing.T) {
	url := offer(t, &router{}, ocpi.V211)
	for _, path := range []string{"2.2.1", "2.2.1/credentials", "2.3.0/receiver/tariffs/DE/ABC/T1", "2.1.1", "2.1.1/emsp/hubclientinfo", "2.1.1/receiver/tariffs/DE/ABC/T1", "2.1.1/emsp/chargingprofiles/S1", "2.1.1/emsp/commands", "versions/credentials", "2.1.1/versions", "2.1.1/hub/credentials"} {
		if got := do(t, "GET", url+"/ocpi/"+path, tokenC, ""); got.status != 404 {
			t.Errorf("%s: %d", path, got.status)
		}
	}
}

func TestH181_APathOfBookingsThatNobodyAgreesOnGoesToTheRouterAsItCame(t *testing.T) {
	rt := &router{answer: routing.Answer{HTTPStatus: 200, Body: []byte(`{"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`)}}
	url := offer(t, rt, ocpi.V230, ocpi.V221)
	for path, opaque := range map[string]bool{
		"DELETE DE/ABC/B1": true, "PUT requests/Q1": true,
		"PUT bookinglocations/DE/ABC/BL1": false, "PUT DE/ABC/booking_locations/BL1": false, "PATCH DE/ABC/B1": false,
	} {
		rt.message = nil
		method, below, _ := strings.Cut(path, " ")
		do(t, method, url+"/ocpi/2.3.0/receiver/bookings/"+below, tokenC, `{"id":"x"}`)
		if rt.message == nil || rt.message.Rule.Opaque != opaque || opaque && rt.message.Path != below {
			t.Errorf("%s: %+v", path, rt.message)
		}
	}
}
