package bridge_test

import (
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

func TestAPartyOf211IsToldInCodesThatItKnows(t *testing.T) {
	for was, want := range map[ocpi.StatusCode]bridge.Status{
		ocpi.StatusOK:              {HTTP: 200, Code: 1000, Message: "m"},
		ocpi.StatusUnknownLocation: {HTTP: 200, Code: 2003, Message: "m"},
		ocpi.StatusUnknownToken:    {HTTP: 404, Code: 2000, Message: "2004: m"},
		ocpi.StatusUnknownReceiver: {HTTP: 404, Code: 2000, Message: "4001: m"},
		ocpi.StatusHubError:        {HTTP: 200, Code: 3000, Message: "4000: m"},
		ocpi.StatusTimeout:         {HTTP: 200, Code: 3000, Message: "4002: m"},
		ocpi.StatusNotConnected:    {HTTP: 200, Code: 3000, Message: "4003: m"},
	} {
		answer := bridge.Status{HTTP: 200, Code: was, Message: "m"}
		if got := bridge.StatusFor(ocpi.V211, answer); got != want {
			t.Errorf("%d becomes %+v, want %+v", was, got, want)
		}
		if got := bridge.StatusFor(ocpi.V230, answer); got != answer {
			t.Errorf("%d becomes %+v towards 2.3.0", was, got)
		}
	}
}
