package bridge_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

var abc = ocpi.NewPartyID("NL", "ABC")

func TestALocationThatIsNotPublishedNeverReachesAPartyOf211(t *testing.T) {
	body := []byte(`{"country_code":"NL","party_id":"ABC","id":"LOC1","publish":false,"last_updated":"2026-03-01T10:11:12Z"}`)
	for _, from := range []ocpi.Version{"2.2.1", "2.3.0"} {
		got, err := bridge.Translate(bridge.Location, from, "2.1.1", body, bridge.Surroundings{})
		if err != nil {
			t.Fatal(err)
		}
		if got.Withheld == nil || got.Withheld.Reason != bridge.NotPublished || got.Body != nil {
			t.Errorf("from %s: %+v", from, got)
		}
	}
}

func TestWhatNeedsNoChangeGoesOnByteForByte(t *testing.T) {
	body := fourEVSEs()
	got, err := bridge.Translate(bridge.Location, "2.2.1", "2.3.0", body, bridge.Surroundings{})
	if err != nil || string(got.Body) != string(body) || got.Findings != nil {
		t.Errorf("%v, findings %v, body %s", err, got.Findings, got.Body)
	}
}
