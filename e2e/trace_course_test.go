package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/e2e/harness"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// The place in the trace is kept with the change in the stream, not in the
// process.
func TestATraceGoesOnAfterTheHubWasKilledAndTheReceiverWasAway(t *testing.T) {
	t.Parallel()
	c := collect(t, harness.NewCollector)
	s := setScene(t, exportTo(c.URL)...)
	away := s.emsps[2]
	away.Stop()
	s.push(t, traceparent())
	s.kill()
	if err := away.Start(); err != nil {
		t.Fatal(err)
	}
	s.start()
	eventually(t, untilDelivered, "the delivery that was owed", func() error {
		if n := len(away.Calls(ocpitest.Is(ocpi.Tariffs, "PUT"))); n == 0 {
			return fmt.Errorf("%d calls", n)
		}
		return nil
	})
	call := away.Calls(ocpitest.Is(ocpi.Tariffs, "PUT"))[0]
	if got := call.Header.Get("Traceparent"); !strings.Contains(got, partysTrace) {
		t.Errorf("it was called with the traceparent %q", got)
	}
	eventually(t, untilDelivered, "its span in the trace of the push", func() error {
		for _, span := range spansNamed(c.Trace(partysTrace), "deliver tariffs") {
			if span.Attributes["ocpi.to"] == away.Parties()[0].ID.String() {
				return nil
			}
		}
		return fmt.Errorf("spans %v", names(c.Trace(partysTrace)))
	})
}

// Lists are long: reading one is a trace, and each object that goes on begins
// one of its own.
func TestAPullIsOneTraceAndWhatItBringsGoesOnInOthers(t *testing.T) {
	t.Parallel()
	c := collect(t, harness.NewCollector)
	s := setScene(t, exportTo(c.URL)...)
	owner := s.cpo.Parties()[0].ID
	for _, id := range []string{"L1", "L2"} {
		s.cpo.Offer(ocpi.Locations, []byte(locationWith(owner, id, 1)))
	}
	s.hubctl(nil, "sync", s.platformOf(t, owner), "--module", "locations")
	var pulled harness.Span
	eventually(t, untilDelivered, "the pull below the operator's call, with its page", func() error {
		for _, list := range spansNamed(c.Spans(), "pull locations") {
			trace := c.Trace(list.Trace)
			page := spansNamed(trace, "GET locations")
			if len(page) == 1 && page[0].Parent == list.ID && spanBy(trace, list.Parent).Name == "ocpihub.admin.v1.Sync/Pull" {
				pulled = list
				return nil
			}
		}
		return fmt.Errorf("spans %v", names(c.Spans()))
	})
	eventually(t, untilDelivered, "two objects at three eMSPs each in a trace of its own", func() error {
		brought := map[string]int{}
		for _, change := range spansNamed(c.Spans(), "publish OCPI_FEED") {
			if slices.Contains(change.Links, pulled.Trace) {
				brought[change.Trace] = len(spansNamed(c.Trace(change.Trace), "PUT locations"))
			}
		}
		for _, calls := range brought {
			if calls != 3 {
				return fmt.Errorf("calls by trace: %v", brought)
			}
		}
		if len(brought) != 2 || brought[pulled.Trace] > 0 {
			return fmt.Errorf("calls by trace: %v", brought)
		}
		return nil
	})
}
