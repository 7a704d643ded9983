package e2e

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// What differs from run to run in the tree of a conversation.
var (
	clock    = regexp.MustCompile(`(?m)^\d\d:\d\d:\d\d\.\d{3} +`)
	duration = regexp.MustCompile(`\d+ ms`)
	blanks   = regexp.MustCompile(`  +`)
)

// tree returns the lines of a conversation as hubctl shows them, without what
// differs from run to run; the copies of a broadcast in order of their receivers.
func (h *hubProcess) tree(id string) ([]string, error) {
	cmd := exec.Command(programs.Path("hubctl"), "--addr", h.admin, "--token-file", h.TokenFile(), "traffic", "--correlation-id", id)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	text := blanks.ReplaceAllString(duration.ReplaceAllString(clock.ReplaceAllString(string(out), ""), "N ms"), " | ")
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "trace ") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	first := slices.IndexFunc(lines, isCopy)
	last := len(lines)
	for last > max(first, 0) && !isCopy(lines[last-1]) {
		last--
	}
	slices.Sort(lines[max(first, 0):last]) // they stand together
	return lines, nil
}

func isCopy(line string) bool { return strings.HasPrefix(line, "├") }

func (h *hubProcess) wantTree(t *testing.T, name, id string, want ...string) {
	t.Helper()
	eventually(t, untilDelivered, name, func() error {
		got, err := h.tree(id)
		if err == nil && !cmp.Equal(want, got) {
			err = fmt.Errorf("the conversation is (-want +got):\n%s", cmp.Diff(want, got))
		}
		return err
	})
}

func TestTheTreeOfAConversationShowsEveryLeg(t *testing.T) {
	h := startHub(t)
	c := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	tnm, eco := h.join(platformOf(ocpi.EMSP, "NL*TNM")), h.join(platformOf(ocpi.EMSP, "BE*ECO"))
	h.join(platformOf(ocpi.EMSP, "FR*THR"))

	h.wantTree(t, "a message to one party", pushTariff(t, c, "NL*TNM", "T1"),
		"DE*ABC to NL*TNM | PUT tariffs DE/ABC/T1 | HTTP 201, OCPI 1000 | N ms | direct: to_names_a_party",
		"├─ to NL*TNM, attempt 1 | PUT tariffs DE/ABC/T1 | HTTP 201, OCPI 1000 | N ms | accepted",
	)

	eco.Fail(ocpitest.Fault{Module: ocpi.Tariffs, HTTPStatus: 500, Times: 1})
	h.wantTree(t, "a push to all", pushTariff(t, c, "NL*HUB", "T2"),
		"DE*ABC to NL*HUB | PUT tariffs DE/ABC/T2 | HTTP 200, OCPI 1000 | N ms | broadcast: to_names_the_hub",
		"├─ to BE*ECO, attempt 1 | PUT tariffs DE/ABC/T2 | HTTP 500, OCPI 3000 | N ms | receiver_server_error",
		"├─ to BE*ECO, attempt 2 | PUT tariffs DE/ABC/T2 | HTTP 201, OCPI 1000 | N ms | accepted",
		"├─ to FR*THR, attempt 1 | PUT tariffs DE/ABC/T2 | HTTP 201, OCPI 1000 | N ms | accepted",
		"├─ to NL*TNM, attempt 1 | PUT tariffs DE/ABC/T2 | HTTP 201, OCPI 1000 | N ms | accepted",
	)

	result, later, err := tnm.Command(t.Context(), ocpitest.Order{
		Name: "UNLOCK_CONNECTOR", To: abc, Body: []byte(`{"location_id":"L1","evse_uid":"E1","connector_id":"1"}`),
	})
	if err != nil || result != "ACCEPTED" {
		t.Fatal(result, err)
	}
	if _, err := later.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	command := c.Calls(ocpitest.Is(ocpi.Commands, "POST"))[0].Header.Get(ocpi.HeaderCorrelationID)
	h.wantTree(t, "a command", command,
		"NL*TNM to DE*ABC | POST commands UNLOCK_CONNECTOR | HTTP 200, OCPI 1000 | N ms | direct: to_names_a_party",
		"├─ to DE*ABC, attempt 1 | POST commands UNLOCK_CONNECTOR | HTTP 200, OCPI 1000 | N ms | accepted",
		"└─ result: DE*ABC to NL*TNM | POST commands | HTTP 200, OCPI 1000 | N ms | callback: response_url",
		"└─ to NL*TNM, attempt 1 | POST commands | HTTP 200, OCPI 1000 | N ms | accepted",
	)

	reply, err := c.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Sessions, Interface: ocpi.Receiver, Method: "PUT", Path: "DE/ABC/S1", Body: []byte(sessionOf(abc, "S1", ocpi.NewPartyID("BE", "ECO"))),
	})
	if err != nil || !reply.OK() {
		t.Fatal(err, reply.Err())
	}
	h.wantTree(t, "a session without a receiver", reply.CorrelationID,
		"DE*ABC to BE*ECO | PUT sessions DE/ABC/S1 | HTTP 201, OCPI 1000 | N ms | open: content",
		"├─ to BE*ECO, attempt 1 | PUT sessions DE/ABC/S1 | HTTP 201, OCPI 1000 | N ms | accepted",
	)

	reply, err = c.Do(t.Context(), ocpitest.Request{Module: ocpi.Tokens, Interface: ocpi.Sender, Method: "POST", Path: "04A2B3C4/authorize"})
	if err != nil {
		t.Fatal(err)
	}
	h.wantTree(t, "an authorisation that every eMSP was asked about", reply.CorrelationID,
		"DE*ABC to nobody named | POST tokens ***/authorize | HTTP 404, OCPI 2004 | N ms | open: not_found",
		"├─ to BE*ECO, attempt 1 | POST tokens ***/authorize | HTTP 404, OCPI 2004 | N ms | refused_by_receiver",
		"├─ to FR*THR, attempt 1 | POST tokens ***/authorize | HTTP 404, OCPI 2004 | N ms | refused_by_receiver",
		"├─ to NL*TNM, attempt 1 | POST tokens ***/authorize | HTTP 404, OCPI 2004 | N ms | refused_by_receiver",
	)
}
