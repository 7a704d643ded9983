package jsjournal

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// full is a record that has everything.
func full() journal.Entry {
	return journal.Entry{
		Time: time.Unix(1, 2).UTC(), CorrelationID: `a"\<b>&c`, RequestID: "r\u2028\x01é", TraceID: "4bf92f3577b34da6a3ce929d0e0e4736",
		From: ocpi.NewPartyID("DE", "ABC"), To: ocpi.NewPartyID("NL", "TNM"), FromPlatform: "p1", ToPlatform: "p2",
		Module: ocpi.Locations, Method: "PATCH", Object: "DE/ABC/LOC1/3256", Route: "direct", HTTPStatus: 200, OCPIStatus: 1000,
		Duration: 1234567, Attempt: 3, Reason: "to_names_a_party", Command: "c\t", Reference: "REF", Covers: []string{"x", `y"`}, LeftOut: 7,
		Bridged: []journal.Bridged{{
			Class: bridge.Location, From: ocpi.V221, To: ocpi.V211, Withheld: bridge.NotPublished, More: 3,
			Findings: []journal.Finding{{Reason: bridge.State, Pointer: "/st<ate", Times: 2}, {Reason: bridge.Unspecified, Times: 1}},
		}, {Class: bridge.Token, From: ocpi.V211, To: ocpi.V230}},
	}
}

func TestALineIsWrittenAsEncodingJSONWritesIt(t *testing.T) {
	e := full()
	want, err := json.Marshal(line{
		e.Time.UnixNano(), e.CorrelationID, e.RequestID, written(e.From), written(e.To), e.FromPlatform, e.ToPlatform, e.Module, e.Method,
		e.Object, e.Route, e.HTTPStatus, e.OCPIStatus, e.Duration, e.Attempt, e.Reason, e.Command, e.Reference, e.TraceID, e.LeftOut, e.Covers, writtenBridged(e.Bridged),
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(encode([]journal.Entry{e, {Time: e.Time}})), "\n")
	if lines[0] != string(want) || lines[1] != `{"t":1000000002}` {
		t.Errorf("got\n%s\n%s\nwant\n%s", lines[0], lines[1], want)
	}
	if got, err := decode([]byte(lines[0])); err != nil || !reflect.DeepEqual(got, e) {
		t.Errorf("read again it is %+v, %v", got, err)
	}
}

// BenchmarkEncode is what a batch of the journal costs: one allocation.
func BenchmarkEncode(b *testing.B) {
	e := full()
	e.CorrelationID, e.RequestID, e.Command, e.Covers, e.Bridged = "c0ffee", "d00d1e", "", nil, nil
	entries := make([]journal.Entry, 256)
	for i := range entries {
		entries[i] = e
	}
	b.ReportAllocs()
	for b.Loop() {
		encode(entries)
	}
}
