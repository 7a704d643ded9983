package routing

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

var (
	locationsAt  = ocpi.Address{Version: ocpi.V221, Module: ocpi.Locations, Interface: ocpi.Receiver}
	listed211    = ocpi.Address{Version: ocpi.V211, Module: ocpi.Locations, Interface: ocpi.Sender}
	unpublished  = strings.NewReplacer(`"publish":true`, `"publish":false`, "Dam 1", "Secret 7", "2026-01-01", "2026-01-02").Replace(location221)
	unpublishing = `{"publish":false,"last_updated":"2026-01-02T00:00:00Z"}`
)

// wantGone wants that a location of 2.1.1 is as it was published, with all EVSEs
// REMOVED as of the owner's change.
func wantGone(t *testing.T, body []byte) {
	t.Helper()
	if f := ocpi.CheckObject(ocpi.V211, "Location", body, false); len(f) > 0 {
		t.Errorf("it is no location of 2.1.1: %v\n%s", f, body)
	}
	evses, _ := ocpi.Find(body, "evses")
	for e := range ocpi.Elements(evses.Value) {
		if ocpi.FindString(e, "status") != "REMOVED" || ocpi.FindString(e, "last_updated") != "2026-01-02T00:00:00Z" {
			t.Errorf("an EVSE stays: %s", e)
		}
	}
	if count(evses.Value) != 1 || ocpi.FindString(body, "address") != "Dam 1" || ocpi.FindString(body, "last_updated") != "2026-01-02T00:00:00Z" {
		t.Errorf("it went as %s", body)
	}
}

func TestALocationThatIsNotPublishedAnyMoreIsTakenAwayFromReceiversOf211(t *testing.T) {
	for says, change := range map[string]struct{ method, body string }{
		"by PUT": {"PUT", unpublished}, "by PATCH": {"PATCH", unpublishing},
	} {
		t.Run(says, func(t *testing.T) {
			w := speaking(t, ocpi.V211)
			f := &feed{}
			w.Feed = f
			for _, push := range []struct{ method, body string }{{"PUT", location221}, change, change} {
				answer, err := w.send(push.method, locationsAt, "DE/ABC/L1", push.body, hub)
				if err != nil {
					t.Fatal(err)
				}
				if env, _ := ocpi.ParseEnvelope(answer.Body); push.body == unpublished && !strings.Contains(env.StatusMessage, takenAway) {
					t.Errorf("the sender is told %q", env.StatusMessage)
				}
			}
			now, err := w.Catalog.Get(t.Context(), f.taken[0].Key, catalog.Part{})
			if err != nil {
				t.Fatal(err)
			}
			newest := fanout.Change{Key: f.taken[0].Key, Method: "PUT", Path: "DE/ABC/L1", Version: now.Version, Body: now.Body}
			answer, calls := copyTo(t, ocpi.V211, w.Catalog, newest)
			wantGone(t, calls[0].Body)
			if v := fanout.Judge(newest, answer, nil, 1); v.Outcome != fanout.Delivered {
				t.Errorf("the verdict is %+v", v)
			}
			found := answer.Bridged[0].Findings
			if !slices.Contains(found, bridge.Finding{Kind: bridge.Refused, Reason: bridge.NotPublished, Pointer: "/publish"}) ||
				!slices.Contains(found, bridge.Finding{Kind: bridge.Narrowed, Reason: bridge.GoneFrom211, Pointer: "/evses/0/status"}) {
				t.Errorf("the findings are %v", found)
			}
			if stats, err := w.Catalog.Stats(t.Context()); err != nil || len(stats) != 1 || stats[0].Objects != 1 {
				t.Errorf("what was published last is counted: %+v, %v", stats, err)
			}
		})
	}
}

func TestALocationThatNeverWasPublishedIsNotSentTo211AsRemoved(t *testing.T) {
	w := speaking(t, ocpi.V211)
	f := &feed{}
	w.Feed = f
	for range 2 {
		answer, err := w.send("PUT", locationsAt, "DE/ABC/L1", unpublished, hub)
		if env, _ := ocpi.ParseEnvelope(answer.Body); err != nil || strings.Contains(env.StatusMessage, takenAway) {
			t.Errorf("the sender is told %q, %v", env.StatusMessage, err)
		}
	}
	if answer, calls := copyTo(t, ocpi.V211, w.Catalog, f.taken[1]); len(calls) > 0 || answer.Bridged[0].Withheld != bridge.NotPublished {
		t.Errorf("%d calls, bridged %+v", len(calls), answer.Bridged)
	}
}

func TestALocationIsPublishedAgainAsItIs(t *testing.T) {
	w := speaking(t, ocpi.V211)
	f := &feed{}
	w.Feed = f
	again := strings.ReplaceAll(location221, "2026-01-01", "2026-01-03")
	for _, body := range []string{location221, unpublished, again} {
		if _, err := w.send("PUT", locationsAt, "DE/ABC/L1", body, hub); err != nil {
			t.Fatal(err)
		}
	}
	_, calls := copyTo(t, ocpi.V211, w.Catalog, f.taken[2])
	if strings.Contains(string(calls[0].Body), "REMOVED") {
		t.Errorf("it went as %s", calls[0].Body)
	}
}

func TestALocationIsTakenAwayFromTheOneReceiverThatItWasSentTo(t *testing.T) {
	for says, change := range map[string]struct{ method, body string }{
		"by PUT": {"PUT", unpublished}, "by PATCH": {"PATCH", unpublishing},
	} {
		t.Run(says, func(t *testing.T) {
			w := speaking(t, ocpi.V211)
			if _, err := w.send("PUT", locationsAt, "DE/ABC/L1", unpublished, aaa); !fault.Is(err, fault.Invalid) || len(w.calls) > 0 {
				t.Fatalf("one that was never published: %v, %d calls", err, len(w.calls))
			}
			if _, err := w.send("PUT", locationsAt, "DE/ABC/L1", location221, aaa); err != nil {
				t.Fatal(err)
			}
			answer, err := w.send(change.method, locationsAt, "DE/ABC/L1", change.body, aaa)
			if env, _ := ocpi.ParseEnvelope(answer.Body); err != nil || !strings.Contains(env.StatusMessage, takenAway) {
				t.Errorf("the sender is told %q, %v", env.StatusMessage, err)
			}
			if call := w.lastCall(); call.Method != http.MethodPut || !strings.HasSuffix(call.URL, "/DE*ABC*L1") {
				t.Errorf("it went by %s to %s", call.Method, call.URL)
			}
			wantGone(t, w.lastCall().Body)
			list, err := w.sendFrom(aaa, "GET", listed211, "", "", hub)
			if env, _ := ocpi.ParseEnvelope(list.Body); err != nil || count(env.Data) != 0 {
				t.Errorf("its list is %s, %v", env.Data, err)
			}
			if _, err := w.send("PUT", locationsAt, "DE/ABC/L1", unpublished, aaa); !fault.Is(err, fault.Invalid) || len(w.calls) != 2 {
				t.Errorf("what is gone is taken away again: %v, %d calls", err, len(w.calls))
			}
		})
	}
}

func TestTheTotalOfAListOnOnePageIsWhatTheReaderGets(t *testing.T) {
	w := speaking(t, ocpi.V211)
	for id, body := range map[string]string{"L1": location221, "L2": strings.ReplaceAll(location221, `"publish":true`, `"publish":false`)} {
		w.holds(ocpi.V221, catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: id}, strings.ReplaceAll(body, `"L1"`, `"`+id+`"`))
	}
	for query, want := range map[string]string{"": "1", "limit=2": "1", "limit=1": "2", "offset=1": "2"} {
		answer, err := w.ask(aaa, listed211, query)
		if err != nil || answer.TotalCount != want {
			t.Errorf("with %q the total is %s, want %s (%v)", query, answer.TotalCount, want, err)
		}
	}
}

// ask reads a list of the hub.
func (w *world) ask(from ocpi.PartyID, at ocpi.Address, query string) (Answer, error) {
	rule, segments, _, _ := ocpi.Match(at, "GET", "")
	return w.Route(w.t.Context(), &Message{
		Rule: rule, Sender: w.directory.Homes(from)[0].Platform, Routing: ocpi.Routing{From: from, To: hub}, Segments: segments, Query: query,
		RequestID: "r", CorrelationID: "c",
	})
}
