package routing

import "testing"

func TestQ31_ContentIsTheSameWhateverLastUpdatedAndTheOrderOfMembersAre(t *testing.T) {
	const held = `{"id":"L1","coordinates":{"latitude":"52.1","longitude":"4.8"},"evses":[{"uid":"1","last_updated":"a"},{"uid":"2"}],"power":1.10,"last_updated":"2026-01-01T00:00:00Z"}`
	for _, c := range []struct {
		name, body string
		same       bool
	}{
		{"the same bytes", held, true},
		{"touched", `{"id":"L1","coordinates":{"latitude":"52.1","longitude":"4.8"},"evses":[{"uid":"1","last_updated":"b"},{"uid":"2"}],"power":1.10,"last_updated":"2026-06-01T00:00:00Z"}`, true},
		{"in another order and with blanks", `{ "last_updated":"2026-06-01T00:00:00Z","power":1.10, "evses": [ {"uid":"1"}, {"last_updated":"x","uid":"2"} ],"coordinates":{"longitude":"4.8","latitude":"52.1"},"id":"L1" }`, true},
		{"a value changed", `{"id":"L1","coordinates":{"latitude":"52.2","longitude":"4.8"},"evses":[{"uid":"1"},{"uid":"2"}],"power":1.10}`, false},
		{"a number is spelled otherwise", `{"id":"L1","coordinates":{"latitude":"52.1","longitude":"4.8"},"evses":[{"uid":"1"},{"uid":"2"}],"power":1.1}`, false},
		{"a member came", `{"id":"L1","coordinates":{"latitude":"52.1","longitude":"4.8"},"evses":[{"uid":"1"},{"uid":"2"}],"power":1.10,"name":"n"}`, false},
		{"a member went", `{"id":"L1","coordinates":{"latitude":"52.1","longitude":"4.8"},"evses":[{"uid":"1"},{"uid":"2"}]}`, false},
		{"an EVSE went", `{"id":"L1","coordinates":{"latitude":"52.1","longitude":"4.8"},"evses":[{"uid":"1"}],"power":1.10}`, false},
		{"an EVSE came", `{"id":"L1","coordinates":{"latitude":"52.1","longitude":"4.8"},"evses":[{"uid":"1"},{"uid":"2"},{"uid":"3"}],"power":1.10}`, false},
		{"EVSEs changed places", `{"id":"L1","coordinates":{"latitude":"52.1","longitude":"4.8"},"evses":[{"uid":"2"},{"uid":"1"}],"power":1.10}`, false},
		{"nothing", ``, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sameContent([]byte(held), []byte(c.body)); got != c.same {
				t.Errorf("same is %v, want %v", got, c.same)
			}
			if got := sameContent([]byte(c.body), []byte(held)); got != c.same {
				t.Errorf("the other way round same is %v, want %v", got, c.same)
			}
		})
	}
}
