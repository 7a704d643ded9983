package e2e

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

// legsOf are the routing headers of a message through the hub, as the tables
// of the specification (Message Routing) list them for a scenario.
func legsOf(scenario string, requester, receiver ocpi.PartyID) legs {
	switch scenario {
	case "via hub":
		return legs{request: routing(receiver, requester), secondHop: routing(receiver, requester), answer: routing(requester, receiver)}
	case "broadcast push":
		return legs{request: routing(hubParty, requester), secondHop: routing(receiver, hubParty), answer: routing(requester, hubParty)}
	case "open routing":
		return legs{request: routing(ocpi.PartyID{}, requester), secondHop: routing(receiver, requester), answer: routing(requester, receiver)}
	case "get all via hub":
		return legs{request: routing(hubParty, requester), answer: routing(requester, hubParty)}
	}
	panic("no such scenario: " + scenario)
}

// The tables that the other tests compare with are checked themselves against
// the facts drawn from the specification, where those are at hand.
func TestTheLegsAreThoseOfTheTablesOfTheSpecification(t *testing.T) {
	const facts = "../../shared/ocpi/endpoints.json"
	raw, err := os.ReadFile(facts)
	if errors.Is(err, fs.ErrNotExist) && os.Getenv("CI") == "" {
		t.Skipf("NOT CHECKED: %s is not there", facts)
	}
	if err != nil {
		t.Fatal(err)
	}
	var tables struct {
		Rows []struct{ Scenario, Leg, To, From string } `json:"routing_header_values"`
	}
	if err := json.Unmarshal(raw, &tables); err != nil {
		t.Fatal(err)
	}
	parties := map[string]ocpi.PartyID{"": {}, "hub": hubParty, "requesting party": abc, "receiving party": tnm}
	checked := 0
	for _, row := range tables.Rows {
		if row.Scenario == "direct (no hub)" {
			continue
		}
		from, _, _ := strings.Cut(row.From, " (")
		want, got := routing(parties[row.To], parties[from]), legsOf(row.Scenario, abc, tnm)
		leg := map[string]ocpi.Routing{
			"request requester->hub": got.request, "request hub->receiver": got.secondHop,
			"response receiver->hub": got.secondHop.Reply(), "response hub->requester": got.answer,
		}[row.Leg]
		if leg != want {
			t.Errorf("%s, %s: %+v, want %+v", row.Scenario, row.Leg, leg, want)
		}
		checked++
	}
	if checked != 14 {
		t.Errorf("%d legs were checked, want 14", checked)
	}
}
