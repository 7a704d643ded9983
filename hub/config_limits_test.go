package hub_test

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/hub"
)

func TestABadLimitIsRefusedByItsKey(t *testing.T) {
	for key, values := range map[string][]string{
		"limits.connections":          {"0", "-1", "many"},
		"limits.requests":             {"0", "x"},
		"limits.requests_of_platform": {"0", "x"},
		"limits.bodies":               {"0", "15MiB", "much"},
		"limits.calls_to_platform":    {"0", "x"},
		"limits.breaker_failures":     {"-1", "x"},
		"limits.breaker_pause":        {"0s", "2m", "x"},
	} {
		for _, value := range values {
			c := hub.Defaults()
			err := setting(t, &c, key).Set(value)
			if err == nil {
				err = c.Verify()
			}
			if err == nil || !strings.HasPrefix(err.Error(), key+": ") {
				t.Errorf("%s=%s: got error %v", key, value, err)
			}
		}
	}
}
