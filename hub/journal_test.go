package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// conversation waits until a conversation holds so many records, and returns
// them as lines.
func conversation(t *testing.T, h *hub.Hub, id string, records int) []string {
	t.Helper()
	for ctx := patient(t); ; time.Sleep(10 * time.Millisecond) {
		entries, err := h.Messages(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) >= records {
			var lines []string
			for _, e := range entries {
				lines = append(lines, short(e))
			}
			return lines
		}
		if ctx.Err() != nil {
			t.Fatalf("%d records of %d: %v", len(entries), records, entries)
		}
	}
}

func short(e journal.Entry) string {
	return fmt.Sprintf("%s>%s %s #%d %d/%d %s", e.From, e.To, e.Route, e.Attempt, e.HTTPStatus, e.OCPIStatus, e.Reason)
}

// wantLines compares records without regard to their order: those of different
// receivers come as they come.
func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	left := map[string]int{}
	for _, line := range got {
		left[line]++
	}
	for _, line := range want {
		if left[line]--; left[line] < 0 {
			t.Errorf("there is no record %q in\n%s", line, strings.Join(got, "\n"))
		}
	}
	if len(got) != len(want) {
		t.Errorf("there are %d records, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
}

func TestABroadcastIsOneConversationWithEveryCopyAndAttempt(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	e := join(t, h, of(ocpi.EMSP, emsp))
	join(t, h, of(ocpi.EMSP, emsp2))
	e.Fail(ocpitest.Fault{Module: ocpi.Locations, HTTPStatus: 500, Times: 1})
	reply := send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0)))
	want(t, reply, 200, 1000)
	wantLines(t, conversation(t, h, reply.CorrelationID, 4),
		"DE*ABC>NL*HUB broadcast #0 200/1000 to_names_the_hub",
		"DE*ABC>NL*TNM broadcast #1 500/3000 receiver_server_error",
		"DE*ABC>NL*TNM broadcast #2 201/1000 accepted",
		"DE*ABC>BE*ECO broadcast #1 201/1000 accepted",
	)
	entries, _ := h.Messages(t.Context(), reply.CorrelationID)
	ids := map[string]bool{}
	for _, e := range entries {
		if e.RequestID == "" || ids[e.RequestID] || e.Object != "DE/ABC/L1" || e.Time.IsZero() || e.Method != "PUT" {
			t.Errorf("a record is %+v", e)
		}
		if ids[e.RequestID] = true; (e.FromPlatform == "") == (e.ToPlatform == "") {
			t.Errorf("the platforms of a record are %q and %q", e.FromPlatform, e.ToPlatform)
		}
	}
}

func TestACommandIsOneConversationWithItsResult(t *testing.T) {
	h := startHub(t)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	c.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true} }})
	later := e.NewCallback(ocpi.Commands)
	body := ocpi.SetMember([]byte(`{"location_id":"L1","evse_uid":"L1-1","connector_id":"1"}`), "response_url", ocpi.Quote(later.URL))
	command := send(t, e, ocpitest.Request{
		Module: ocpi.Commands, Interface: ocpi.Receiver, Method: "POST", Path: "UNLOCK_CONNECTOR", To: cpo, Body: body, CorrelationID: "of-the-command",
	})
	want(t, command, 200, 1000)
	given := ocpi.FindString(c.Calls(ocpitest.Is(ocpi.Commands, "POST"))[0].Body, "response_url")
	want(t, send(t, c, ocpitest.Request{
		Module: ocpi.Commands, Method: "POST", URL: given, Body: []byte(`{"result":"ACCEPTED"}`), CorrelationID: "of-the-result",
	}), 200, 1000)
	for _, id := range []string{"of-the-command", "of-the-result"} {
		wantLines(t, conversation(t, h, id, 4),
			"NL*TNM>DE*ABC direct #0 200/1000 to_names_a_party",
			"NL*TNM>DE*ABC direct #1 200/1000 accepted",
			"DE*ABC>NL*TNM callback #0 200/1000 response_url",
			"DE*ABC>NL*TNM callback #1 200/1000 accepted",
		)
	}
}

func TestAMessageThatGoesNowhereIsRecordedWithTheReason(t *testing.T) {
	h := startHub(t)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	e.Fail(ocpitest.Fault{Module: ocpi.Locations, Garbage: true})
	for to, lines := range map[ocpi.PartyID][]string{
		other: {"DE*ABC>FR*OTH direct #0 200/4001 unknown_receiver"},
		emsp:  {"DE*ABC>NL*TNM direct #0 200/4000 bad_answer", "DE*ABC>NL*TNM direct #1 200/0 bad_answer"},
	} {
		reply := send(t, c, putLocation(to, cpo, "L1", location(cpo, "L1", t0)))
		wantLines(t, conversation(t, h, reply.CorrelationID, len(lines)), lines...)
	}
}

func TestASenderThatAsksIsToldTheWayOfItsMessage(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	join(t, h, of(ocpi.EMSP, emsp))
	for _, s := range []struct {
		to   ocpi.PartyID
		ask  string
		want string
	}{
		{emsp, "1", "direct; reason=to_names_a_party"},
		{hubParty, "1", "broadcast; reason=to_names_the_hub"},
		{other, "1", "direct; reason=unknown_receiver"},
		{emsp, "", ""},
	} {
		req := putLocation(s.to, cpo, "L1", location(cpo, "L1", t0))
		req.Header = map[string][]string{"X-Hub-Explain": {s.ask}}
		if got := send(t, c, req).Header.Get("X-Hub-Route"); got != s.want {
			t.Errorf("to %s it is told %q, want %q", s.to, got, s.want)
		}
	}
}

func TestWithoutAnAgeNoMessageLogIsKept(t *testing.T) {
	h := startHub(t, func(c *hub.Config) { c.Journal.MaxAge = 0 })
	c := join(t, h, of(ocpi.CPO, cpo))
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", t0))), 200, 1000)
	wantMetric(t, h, "ocpi_hub_journal_dropped_total 0")
}

func TestPushesThatMeetOnTheirWayEachShowTheDeliveryThatBroughtThem(t *testing.T) {
	h := startHub(t)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	e.Fail(ocpitest.Fault{Module: ocpi.Locations, HTTPStatus: 500, Times: 1})
	var ids []string
	for _, at := range []string{"2026-01-01T00:00:01Z", "2026-01-01T00:00:02Z", "2026-01-01T00:00:03Z"} {
		reply := send(t, c, putLocation(hubParty, cpo, "L1", location(cpo, "L1", at)))
		want(t, reply, 200, 1000)
		ids = append(ids, reply.CorrelationID)
	}
	until(t, e, "the newest state", func() bool { return strings.Contains(arrived(e, emsp, "L1"), "00:00:03Z") })
	for n, id := range ids {
		brought := func() bool {
			entries, err := h.Messages(t.Context(), id)
			return err == nil && slices.ContainsFunc(entries, func(r journal.Entry) bool {
				return r.To == emsp && r.Reason == "accepted" && (r.CorrelationID == id || slices.Contains(r.Covers, id))
			})
		}
		for ctx := patient(t); !brought(); time.Sleep(10 * time.Millisecond) {
			if ctx.Err() != nil {
				t.Fatalf("push %d shows no delivery", n)
			}
		}
	}
}
