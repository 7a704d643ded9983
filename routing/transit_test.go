package routing

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/trail"
)

var (
	cdrReceiver     = ocpi.Address{Version: ocpi.V221, Module: ocpi.CDRs, Interface: ocpi.Receiver}
	sessionReceiver = ocpi.Address{Version: ocpi.V221, Module: ocpi.Sessions, Interface: ocpi.Receiver}

	errDisk = errors.New("the disk is full")
)

func cdrOf(id string) string {
	return fmt.Sprintf(`{"country_code":"DE","party_id":"ABC","id":%q,"start_date_time":"2026-01-01T10:00:00Z","end_date_time":"2026-01-01T11:00:00Z",`+
		`"cdr_token":{"country_code":"NL","party_id":"AAA","uid":"U","type":"RFID","contract_id":"C"},"auth_method":"WHITELIST",`+
		`"cdr_location":{"id":"L","address":"A","city":"C","country":"NLD","coordinates":{"latitude":"52.37","longitude":"4.89"},`+
		`"evse_uid":"E","evse_id":"E","connector_id":"1","connector_standard":"IEC_62196_T2","connector_format":"SOCKET","connector_power_type":"AC_3_PHASE"},`+
		`"currency":"EUR","charging_periods":[{"start_date_time":"2026-01-01T10:00:00Z","dimensions":[{"type":"ENERGY","volume":12.50}]}],`+
		`"total_cost":{"excl_vat":4.00},"total_energy":12.50,"total_time":1,"last_updated":"2026-01-01T11:00:00Z"}`, id)
}

func (w *world) posts(id string) (Answer, error) {
	w.t.Helper()
	return w.send("POST", cdrReceiver, "", cdrOf(id), ocpi.PartyID{})
}

// listed tells what GET all gives an eMSP.
func (w *world) listed(m ocpi.ModuleID, reader ocpi.PartyID) (ids []string) {
	w.t.Helper()
	page, err := w.Catalog.List(w.t.Context(), catalog.Query{Module: m, Reader: reader, Limit: 100})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range page.Objects {
		ids = append(ids, o.Key.ID)
	}
	return ids
}

func (w *world) wantListed(what string, want ...string) {
	w.t.Helper()
	if got := w.listed(ocpi.CDRs, aaa); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%s: the list is %v, want %v", what, got, want)
	}
}

func fails(kind fault.Kind) receiver {
	return func(context.Context, peer.Call) (peer.Reply, error) {
		return peer.Reply{}, fault.New(kind, "it failed")
	}
}

func answers(status int, code ocpi.StatusCode) receiver {
	return func(context.Context, peer.Call) (peer.Reply, error) { return reply(status, code, ""), nil }
}

func TestWhatBecomesOfACDRDecidesWhetherItIsInTheListOfItsEMSP(t *testing.T) {
	for _, row := range []struct {
		name   string
		says   receiver
		listed bool
	}{
		{"taken with 1000", answers(200, 1000), true},
		{"created with 1000", answers(201, 1000), true},
		{"refused with 2001", answers(200, 2001), false},
		{"refused with 404", answers(404, 2000), false},
		{"H-199 missed with 3000", answers(200, 3000), true},
		{"H-199 missed: not connected", fails(fault.NotConnected), true},
		{"H-199 missed: no answer in time", fails(fault.Timeout), true},
		{"H-199 missed: garbage", func(context.Context, peer.Call) (peer.Reply, error) { return peer.Reply{Status: 500}, nil }, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWorld(t, aaa, bbb)
			w.script[aaa] = row.says
			_, _ = w.posts("C1")
			if got := w.listed(ocpi.CDRs, aaa); (len(got) == 1) != row.listed {
				t.Errorf("the list is %v", got)
			}
			if got := w.listed(ocpi.CDRs, bbb); len(got) > 0 {
				t.Errorf("H-209 another eMSP is shown %v", got)
			}
			if open, err := w.Transit.Announced(t.Context(), time.Time{}); err != nil || len(open) > 0 {
				t.Errorf("tickets stay open: %v, %v", open, err)
			}
		})
	}
}

func TestH199_ACDROfAnEMSPThatIsAwayIs4003AndIsThereForItsGETAfterwards(t *testing.T) {
	w := newWorld(t, aaa)
	w.directory = parties.NewDirectory([]*parties.Platform{w.cpo, home("a", parties.Offline, party(ocpi.EMSP, aaa))}, 2)
	if _, err := w.posts("C1"); !fault.Is(err, fault.NotConnected) {
		t.Errorf("got %v, want 4003", err)
	}
	w.wantListed("away", "C1")
	if len(w.asked()) > 0 {
		t.Errorf("it was called: %v", w.asked())
	}
}

func TestACDRThatWasMissedAndIsRefusedWhenItComesAgainIsListedNoMore(t *testing.T) {
	w := newWorld(t, aaa)
	w.script[aaa] = fails(fault.Timeout)
	_, _ = w.posts("C1")
	w.wantListed("missed", "C1")
	w.script[aaa] = answers(200, 2001)
	_, _ = w.posts("C1")
	w.wantListed("refused")
}

func TestACDRForAnUnknownReceiverIsNotKept(t *testing.T) {
	w := newWorld(t, bbb)
	if _, err := w.posts("C1"); !fault.Is(err, fault.UnknownReceiver) {
		t.Errorf("got %v, want 4001", err)
	}
	w.wantListed("unknown receiver")
}

// full is a catalog that cannot write any more at one step.
type full struct {
	catalog.Transit
	announce, settle error
}

func (f full) Announce(ctx context.Context, c catalog.Change) (catalog.Ticket, error) {
	if f.announce != nil {
		return 0, f.announce
	}
	return f.Transit.Announce(ctx, c)
}

func (f full) Settle(ctx context.Context, t catalog.Ticket, fate catalog.Fate) (catalog.Outcome, error) {
	if f.settle != nil {
		return "", f.settle
	}
	return f.Transit.Settle(ctx, t, fate)
}

func TestAStoreThatFailsIsToldBeforeTheReceiverHasTheCDR(t *testing.T) {
	w := newWorld(t, aaa)
	w.script[aaa] = answers(200, 1000)
	w.Transit = full{Transit: w.Transit, announce: errDisk}
	if _, err := w.posts("C1"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want 503", err)
	}
	if got := w.asked(); len(got) > 0 {
		t.Errorf("it was sent to %v", got)
	}
}

func TestACDRIsNotAcknowledgedWhenItsAcceptanceCannotBeKept(t *testing.T) {
	w := newWorld(t, aaa)
	w.script[aaa] = answers(200, 1000)
	sound := w.Transit
	w.Transit = full{Transit: sound, settle: errDisk}
	if _, err := w.posts("C1"); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v, want 503", err)
	}
	w.wantListed("not settled")
	open, err := sound.Announced(t.Context(), time.Time{})
	if err != nil || len(open) != 1 {
		t.Fatalf("the open tickets are %v, %v", open, err)
	}
	// The next start settles it.
	if _, err := sound.Settle(t.Context(), open[0], catalog.Missed); err != nil {
		t.Fatal(err)
	}
	w.wantListed("settled", "C1")
}

func TestACDRIsKeptThoughItsSenderHungUpMeanwhile(t *testing.T) {
	w := newWorld(t, aaa)
	ctx, hangUp := context.WithCancel(t.Context())
	w.script[aaa] = func(context.Context, peer.Call) (peer.Reply, error) {
		hangUp()
		return reply(200, 1000, ""), nil
	}
	rule, segments, _, _ := ocpi.Match(cdrReceiver, "POST", "")
	_, err := w.Route(ctx, &Message{Rule: rule, Segments: segments, Sender: w.cpo, Routing: ocpi.Routing{From: cpo, To: aaa}, Body: []byte(cdrOf("C1"))})
	if err != nil {
		t.Fatal(err)
	}
	w.wantListed("hung up", "C1")
}

// lost is a trail store that keeps nothing.
type lost struct{ trail.Store }

func (lost) Remember(context.Context, trail.Trail) error { return errDisk }

func TestACDRThatIsTakenAndKeptIsAcknowledgedThoughItsLocationCannotBe(t *testing.T) {
	w := newWorld(t, aaa)
	w.script[aaa] = func(context.Context, peer.Call) (peer.Reply, error) {
		r := reply(200, 1000, "")
		r.Location = "http://NL*AAA/cdrs/1"
		return r, nil
	}
	answer, err := w.posts("C1")
	if err != nil || answer.Location == "" {
		t.Errorf("got %+v, %v; want a Location", answer, err)
	}
	w.Trails = lost{w.Trails}
	answer, err = w.posts("C2")
	if err != nil || answer.Location != "" {
		t.Errorf("got %+v, %v", answer, err)
	}
	w.wantListed("both", "C1", "C2")
}

func TestH148_TheSameCDRTwiceIsForwardedTwiceAndNeverMerged(t *testing.T) {
	w := newWorld(t, aaa)
	w.script[aaa] = answers(200, 1000)
	for range 2 {
		if _, err := w.posts("C1"); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.asked(); len(got) != 2 {
		t.Errorf("the eMSP got it %d times", len(got))
	}
	w.wantListed("twice", "C1")
}

func TestH144_H222_APATCHOfASessionAppendsItsChargingPeriodsInTheHubsCopy(t *testing.T) {
	w := newWorld(t, aaa)
	w.script[aaa] = answers(200, 1000)
	session := func(periods, at string) string {
		return fmt.Sprintf(`{"country_code":"DE","party_id":"ABC","id":"S1","start_date_time":"2026-01-01T10:00:00Z","kwh":1,`+
			`"cdr_token":{"country_code":"NL","party_id":"AAA","uid":"U","type":"RFID","contract_id":"C"},"auth_method":"WHITELIST","location_id":"L",`+
			`"evse_uid":"E","connector_id":"1","currency":"EUR","charging_periods":[%s],"status":"ACTIVE","last_updated":%q}`, periods, at)
	}
	period := func(n int) string {
		return fmt.Sprintf(`{"start_date_time":"2026-01-01T10:0%d:00Z","dimensions":[{"type":"ENERGY","volume":%d.0}]}`, n, n)
	}
	for _, step := range []struct{ method, body, held string }{
		{"PUT", session(period(1), "2026-01-01T10:01:00Z"), "[" + period(1) + "]"},
		{"PATCH", `{"charging_periods":[` + period(2) + `],"last_updated":"2026-01-01T10:02:00Z"}`, "[" + period(1) + "," + period(2) + "]"},
		{"PATCH", `{"charging_periods":[],"kwh":3,"last_updated":"2026-01-01T10:03:00Z"}`, "[" + period(1) + "," + period(2) + "]"},
		{"PUT", session(period(4), "2026-01-01T10:04:00Z"), "[" + period(4) + "]"},
	} {
		if _, err := w.send(step.method, sessionReceiver, "DE/ABC/S1", step.body, ocpi.PartyID{}); err != nil {
			t.Fatalf("%s: %v", step.method, err)
		}
		if sent := w.calls[len(w.calls)-1]; string(sent.Body) != step.body {
			t.Errorf("%s went on as %s", step.method, sent.Body)
		}
		o, err := w.Catalog.Get(t.Context(), catalog.Key{Module: ocpi.Sessions, Owner: cpo, Audience: aaa, ID: "S1"}, catalog.Part{})
		if periods, _ := ocpi.Find(o.Body, "charging_periods"); err != nil || string(periods.Value) != step.held {
			t.Errorf("after %s the hub holds %s, %v; want %s", step.method, periods.Value, err, step.held)
		}
	}
}

func TestACDRWithoutOwnerOrIDIsKeptWhereTheHubLetsItThrough(t *testing.T) {
	w := newWorld(t, aaa)
	w.Enforce = false
	w.script[aaa] = answers(200, 1000)
	one, two := `{"cdr_token":{"country_code":"NL","party_id":"AAA"},"n":1}`, `{"cdr_token":{"country_code":"NL","party_id":"AAA"},"n":2}`
	for _, body := range []string{one, one, two, two} {
		if _, err := w.send("POST", cdrReceiver, "", body, ocpi.PartyID{}); err != nil {
			t.Fatal(err)
		}
	}
	q, bodies := catalog.Query{Module: ocpi.CDRs, Reader: aaa, Limit: 1}, ""
	for more := true; more; more = q.Cursor != "" {
		page, err := w.Catalog.List(t.Context(), q)
		if err != nil || page.Total != 2 || len(page.Objects) != 1 || page.Objects[0].Key.Owner != cpo {
			t.Fatalf("a page is %+v, %v", page, err)
		}
		bodies += string(page.Objects[0].Body)
		q.Cursor = page.Next
	}
	if bodies != one+two {
		t.Errorf("the list is %s", bodies)
	}
}
