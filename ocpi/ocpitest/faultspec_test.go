package ocpitest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestFaultsAreReadAsWritten(t *testing.T) {
	tests := map[string]ocpitest.Fault{
		"delay:2s": {Delay: 2 * time.Second},
		"status:503,module=locations,method=put,times=3": {
			HTTPStatus: 503, Module: ocpi.Locations, Method: http.MethodPut, Times: 3,
		},
		"code:2001": {Code: ocpi.StatusInvalidParameters},
		"lost":      {Drop: true, TakesEffect: true},
	}
	for written, want := range tests {
		got, err := ocpitest.ParseFault(written)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %s, %v", written, diff, err)
		}
	}
	for _, wrong := range []string{"", "slow", "delay:x", "status:99", "drop,often", "drop,times=x"} {
		if _, err := ocpitest.ParseFault(wrong); err == nil {
			t.Errorf("%q was taken for a fault", wrong)
		}
	}
}
