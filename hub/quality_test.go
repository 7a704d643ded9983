package hub_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/routing/quality"
)

// wantRows waits until exactly these rows are counted, each written as party,
// module, kind, field and count.
func wantRows(t *testing.T, h *hub.Hub, want ...string) []quality.Row {
	t.Helper()
	slices.Sort(want)
	for ctx := patient(t); ; time.Sleep(5 * time.Millisecond) {
		rows, err := h.Findings(t.Context(), quality.Query{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range rows {
			got = append(got, fmt.Sprint(r.Party, " ", r.Module, " ", r.Kind, " ", r.Field, " ", r.Count))
		}
		slices.Sort(got)
		diff := cmp.Diff(want, got)
		if diff == "" {
			return rows
		}
		if ctx.Err() != nil {
			t.Fatalf("(-want +got)\n%s", diff)
		}
	}
}

func TestWhatIsSoftlyWrongIsForwardedUntouchedAndCounted(t *testing.T) {
	h := startHub(t, unlimited)
	r := &road{t: t, c: join(t, h, of(ocpi.CPO, cpo)), e: join(t, h, of(ocpi.EMSP, emsp))}
	var want []string
	for _, row := range []struct{ rule, member, finding string }{
		{"H-079 an enum value out of list", `"parking_type":"ON_THE_MOON"`, "unknown_value parking_type"},
		{"H-079 one in a list", `"facilities":["HOTEL","FOO"]`, "unknown_value facilities"},
		{"H-206 a name of 256 characters", `"name":"` + strings.Repeat("n", 256) + `"`, "too_long name"},
		{"H-206 a state of 46 characters", `"state":"` + strings.Repeat("n", 46) + `"`, "too_long state"},
		{"H-207 a text of 600 characters", `"directions":[{"language":"nl","text":"` + strings.Repeat("é", 600) + `"}]`, "too_long directions.text"},
		{"H-208 a number within quotes", `"energy_mix":{"is_green_energy":true,"energy_sources":[{"source":"WIND","percentage":"100"}]}`, "number_as_string energy_mix.energy_sources.percentage"},
		{"H-208 five decimals", `"energy_mix":{"is_green_energy":true,"environ_impact":[{"category":"CARBON_DIOXIDE","amount":1.23456}]}`, "too_precise energy_mix.environ_impact.amount"},
		{"H-204 a control character", `"name":"a\u0007b"`, "bad_characters name"},
		{"a misspelled field", `"openingTimes":{}`, "misspelled_field openingTimes"},
	} {
		t.Log(row.rule)
		r.wantSame(row.member) // once to the eMSP, once to all
		want = append(want, "DE*ABC locations "+row.finding+" 2")
	}
	for _, fine := range []string{
		`"name":"Café 🚗","state":"é` + strings.Repeat("n", 44) + `"`,      // H-204, H-206
		`"images":null,"operator":null,"directions":[],"facilities":null`, // H-205
		`"foo":{"bar":[1]}`, // H-077
	} {
		r.wantSame(fine)
	}
	rows := wantRows(t, h, want...)
	i := slices.IndexFunc(rows, func(r quality.Row) bool { return r.Field == "parking_type" })
	if e := rows[i].Example; e.ObjectID != "L2" || e.Pointer != "/parking_type" || e.Value != `"ON_THE_MOON"` {
		t.Errorf("the example is %+v", e)
	}
	wantMetric(t, h, `ocpi_hub_findings_total{kind="unknown_value"} 4`)
	wantMetric(t, h, `ocpi_hub_findings_total{kind="contradiction"} 0`)
	wantMetric(t, h, `ocpi_hub_findings_dropped_objects_total 0`)
}

func TestH206_AnAddressOf200CharactersIsNoFinding(t *testing.T) {
	h := startHub(t)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	long := strings.Repeat("a", 200)
	body := strings.Replace(cdr(cpo, "C1", emsp), "Dam 1", long, 1)
	if reply, err := c.Push(t.Context(), ocpi.CDRs, emsp, []byte(body)); err != nil || !reply.OK() {
		t.Fatalf("%v, %v", err, reply.Err())
	}
	if calls := e.Calls(ocpitest.Is(ocpi.CDRs, "POST")); len(calls) != 1 || string(calls[0].Body) != body {
		t.Errorf("arrived %v", calls)
	}
	tooLong := strings.Replace(cdr(cpo, "C2", emsp), "Dam 1", long+long, 1)
	if reply, err := c.Push(t.Context(), ocpi.CDRs, emsp, []byte(tooLong)); err != nil || !reply.OK() {
		t.Fatalf("%v, %v", err, reply.Err())
	}
	wantRows(t, h, "DE*ABC cdrs too_long cdr_location.address 1")
}

func TestH151_AReservationOfNothingIsNoFinding(t *testing.T) {
	h := startHub(t)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	na := strings.NewReplacer(`"evse_uid":"L1-1"`, `"evse_uid":"#NA"`, `"connector_id":"1"`, `"connector_id":"#NA"`, `"NL*ABC*E1"`, `"#NA"`)
	s, d := na.Replace(session(cpo, "S1", emsp)), na.Replace(cdr(cpo, "C1", emsp))
	for m, body := range map[ocpi.ModuleID]string{ocpi.Sessions: s, ocpi.CDRs: d} {
		reply, err := c.Push(t.Context(), m, emsp, []byte(body))
		if err != nil || !reply.OK() || strings.Count(body, "#NA") < 2 {
			t.Fatalf("%s: %v, %v", m, err, reply.Err())
		}
		if calls := e.Calls(ocpitest.Is(m, "")); len(calls) != 1 || string(calls[0].Body) != body {
			t.Errorf("%s: arrived %v", m, calls)
		}
	}
	if reply, err := c.Push(t.Context(), ocpi.Sessions, emsp, []byte(strings.Replace(s, "EUR", "eur", 1))); err != nil || !reply.OK() {
		t.Fatalf("%v, %v", err, reply.Err())
	}
	wantRows(t, h, "DE*ABC sessions bad_code currency 1") // which was looked at last
}

func TestStructuralFaultsAreCountedRefusedOrNot(t *testing.T) {
	broken := strings.Replace(location(cpo, "L1", t0), `"city":"Amsterdam"`, `"city":null`, 1)
	for mode, code := range map[string]ocpi.StatusCode{hub.ValidationEnforce: 2001, hub.ValidationReport: 1000} {
		t.Run(mode, func(t *testing.T) {
			h := startHub(t, func(c *hub.Config) { c.Validation.Mode = mode })
			c := join(t, h, of(ocpi.CPO, cpo))
			join(t, h, of(ocpi.EMSP, emsp))
			reply := send(t, c, putLocation(hubParty, cpo, "L1", broken))
			want(t, reply, 200, code)
			wantRows(t, h, "DE*ABC locations missing city 1")
		})
	}
}

func TestObjectsOfOthersAreNotHeldAgainstTheSender(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	body := strings.Replace(location(other, "L1", t0), `"city":"Amsterdam"`, `"city":null`, 1)
	want(t, send(t, c, putLocation(hubParty, cpo, "L1", body)), 404, 2001)
	want(t, send(t, c, putLocation(hubParty, cpo, "L2", strings.Replace(location(cpo, "L2", t0), `"NLD"`, `"NL"`, 1))), 200, 1000)
	wantRows(t, h, "DE*ABC locations bad_code country 1")
}

func TestAPushThatIsOlderThanWhatTheHubHoldsWentBack(t *testing.T) {
	h := startHub(t)
	c := join(t, h, of(ocpi.CPO, cpo))
	join(t, h, of(ocpi.EMSP, emsp))
	const t1 = "2026-01-02T00:00:00Z"
	for _, to := range []ocpi.PartyID{hubParty, emsp} {
		for _, at := range []string{t1, t0, t1} {
			if reply := send(t, c, putLocation(to, cpo, "L1", location(cpo, "L1", at))); !reply.OK() {
				t.Fatal(reply.Err())
			}
		}
		if reply, err := c.Push(t.Context(), ocpi.Sessions, emsp, []byte(session(cpo, "S1", emsp))); err != nil || !reply.OK() {
			t.Fatalf("%v, %v", err, reply.Err())
		}
	}
	older := strings.ReplaceAll(session(cpo, "S1", emsp), `"last_updated":"2026-01-01T10`, `"last_updated":"2026-01-01T09`)
	if reply, err := c.Push(t.Context(), ocpi.Sessions, emsp, []byte(older)); err != nil || !reply.OK() {
		t.Fatalf("%v, %v", err, reply.Err())
	}
	wantRows(t, h, "DE*ABC locations went_back last_updated 2", "DE*ABC sessions went_back last_updated 1")
}

func TestCommandsAnswersAndResultsAreLookedAt(t *testing.T) {
	h := startHub(t)
	c, e := join(t, h, of(ocpi.CPO, cpo)), join(t, h, of(ocpi.EMSP, emsp))
	c.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome {
		return ocpitest.Outcome{Timeout: -1, Result: "DONE"}
	}})
	uid := strings.Repeat("0123456789", 4)
	_, later, err := e.Command(t.Context(), ocpitest.Order{
		Name: "START_SESSION", From: emsp, To: cpo, Body: []byte(`{"token":` + token(emsp, uid) + `,"location_id":"L1","connector_id":"1"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := later.Wait(patient(t)); err != nil {
		t.Fatal(err)
	}
	e.Follow(ocpitest.Script{Authorize: func(ocpitest.Authorization) ocpitest.Verdict { return ocpitest.Verdict{Allowed: "SURE"} }})
	if reply, err := c.Authorize(t.Context(), "0123", cpo, emsp, []byte(`{"location_id":"`+strings.Repeat("L", 37)+`"}`)); err != nil || !reply.OK() {
		t.Fatalf("%v, %v", err, reply.Err())
	}
	rows := wantRows(t, h,
		"NL*TNM commands too_long token.uid 1", "NL*TNM commands contradiction evse_uid 1",
		"DE*ABC commands out_of_range timeout 1", "DE*ABC commands unknown_value result 1",
		"NL*TNM tokens unknown_value allowed 1", "DE*ABC tokens too_long location_id 1",
	)
	for _, r := range rows {
		if strings.Contains(fmt.Sprint(r), "0123") {
			t.Errorf("H-210 a token is shown: %+v", r)
		}
	}
}
