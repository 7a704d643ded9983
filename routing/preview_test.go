package routing

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

// explained asks what would become of a message.
func (w *world) explained(t *testing.T, q Question) Explanation {
	t.Helper()
	out, err := w.Explain(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// brief is a translation without its findings.
func brief(t Translation) string {
	out := []string{t.Receiver.String(), string(t.Class), string(t.From), string(t.To)}
	if t.Answer {
		out = append(out, "answer")
	}
	return strings.Join(append(out, string(t.Stored), string(t.Withheld)), " ")
}

func TestAnExplanationTellsWhatIsCarriedBetweenVersions(t *testing.T) {
	w := speaking(t, ocpi.V211)
	p := w.directory.Homes(aaa)[0].Platform
	p.Endpoints = append(p.Endpoints, ocpi.Endpoint{Module: ocpi.Tariffs, Interface: ocpi.Receiver, URL: "http://127.0.0.1/tariffs"})
	hold := func(id, body string) {
		w.holds(ocpi.V221, catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: id}, strings.ReplaceAll(body, `"L1"`, `"`+id+`"`))
	}
	hold("L1", location221)
	hold("L2", string(ocpi.SetMember([]byte(location221), "publish", []byte("false"))))
	put := Question{From: cpo, To: aaa, Module: ocpi.Locations, Method: "PUT"}
	for _, c := range []struct {
		name, path string
		edit       func(*Question)
		want       string
	}{
		{"an object that is held", "DE/ABC/L1", nil, "NL*AAA Location 2.2.1 2.1.1 2.2.1 "},
		{"one that is not published", "DE/ABC/L2", nil, "NL*AAA Location 2.2.1 2.1.1 2.2.1 not_published"},
		{"a part of it", "DE/ABC/L2/E1", nil, "NL*AAA EVSE 2.2.1 2.1.1 2.2.1 not_published"},
		{"one that is not held", "DE/ABC/L9", nil, "NL*AAA Location 2.2.1 2.1.1  "},
		{"none that is named", "", nil, "NL*AAA Location 2.2.1 2.1.1  "},
		{"for all", "DE/ABC/L1", func(q *Question) { q.To = hub }, "NL*AAA Location 2.2.1 2.1.1 2.2.1 "},
		{"nothing, of what is deleted", "DE/ABC/T1", func(q *Question) { q.Module, q.Method = ocpi.Tariffs, "DELETE" }, "NL*AAA  2.2.1 2.1.1  "},
		{"the answer to a question", "L1", func(q *Question) { q.From, q.To, q.Method = aaa, cpo, "GET" }, "DE*ABC Location 2.2.1 2.1.1 answer 2.2.1 "},
		{"a command", "UNLOCK_CONNECTOR", func(q *Question) { q.From, q.To, q.Module, q.Method = aaa, cpo, ocpi.Commands, "POST" }, "DE*ABC UnlockConnector 2.1.1 2.2.1  "},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := put
			q.Path = c.path
			if c.edit != nil {
				c.edit(&q)
			}
			got := w.explained(t, q)
			if len(got.Translations) != 1 || brief(got.Translations[0]) != c.want {
				t.Errorf("got %+v, want %q", got, c.want)
			}
		})
	}
	put.Path = "DE/ABC/L1"
	found := w.explained(t, put).Translations[0].Findings
	if !slices.ContainsFunc(found, func(f bridge.Finding) bool { return f.Reason == bridge.LocationType }) {
		t.Errorf("of the location are told %v", found)
	}
	if len(w.calls) > 0 {
		t.Errorf("somebody was called: %v", w.calls)
	}
}

func TestBetweenPartiesOfOneVersionNothingIsCarried(t *testing.T) {
	w := speaking(t, ocpi.V221)
	w.holds(ocpi.V230, catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, location221)
	got := w.explained(t, Question{From: cpo, To: aaa, Module: ocpi.Locations, Method: "PUT", Path: "DE/ABC/L1"})
	want := Explanation{Decision: "direct", Reason: string(ByTo), Receivers: []ocpi.PartyID{aaa}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnExplanationSaysWhatTheReceiversVersionDoesNotHave(t *testing.T) {
	w := newWorld(t, aaa)
	w.directory.Homes(cpo)[0].Platform.Version = ocpi.V211
	got := w.explained(t, Question{From: aaa, To: cpo, Module: ocpi.Commands, Method: "POST", Path: "CANCEL_RESERVATION"})
	if got.Decision != "direct" || !strings.Contains(got.Reason, "NOT_SUPPORTED") || len(got.Receivers) > 0 {
		t.Errorf("got %+v", got)
	}
}
