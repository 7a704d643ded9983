package ocpitest_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func key(id string) ocpitest.Key { return ocpitest.Key{Module: ocpi.Locations, Owner: cedar, ID: id} }

func TestAPushedObjectIsKeptToTheByte(t *testing.T) {
	cpo, emsp := pair(t, nil)
	sent := location("LOC1", "2025-01-01T00:00:00Z")
	reply, err := cpo.Push(within(t), ocpi.Locations, drive, sent)
	mustOK(t, reply, err)
	if reply.Status != http.StatusCreated {
		t.Errorf("a new object was answered %d, want 201", reply.Status)
	}
	got, ok := emsp.Object(key("loc1"), drive)
	if !ok || !bytes.Equal(got.Raw, sent) {
		t.Errorf("kept %s, sent %s", got.Raw, sent)
	}
}

func TestAnswersTurnTheHeadersRoundAndRepeatTheIDs(t *testing.T) {
	cpo, emsp := pair(t, nil)
	reply, err := cpo.Push(within(t), ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
	mustOK(t, reply, err)
	want := ocpi.Routing{To: cedar, From: drive}
	if diff := cmp.Diff(want, reply.Routing()); diff != "" {
		t.Errorf("routing headers of the answer: %s", diff)
	}
	if got := reply.Header.Get(ocpi.HeaderRequestID); got != reply.RequestID {
		t.Errorf("X-Request-ID %q, want %q", got, reply.RequestID)
	}
	call := emsp.Calls(ocpitest.Is(ocpi.Locations, http.MethodPut))[0]
	if call.CorrelationID() != reply.CorrelationID || call.Below != "NL/CDR/LOC1" || call.Interface != ocpi.Receiver {
		t.Errorf("recorded %+v", call)
	}
}

func TestAPatchOfAnEVSELandsInItsLocation(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	reply, err := cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
	mustOK(t, reply, err)
	reply, err = cpo.Patch(ctx, ocpitest.Change{
		Key: key("LOC1"), Parts: []string{"E1"}, To: drive,
		Body: []byte(`{"status":"CHARGING","last_updated":"2025-01-02T00:00:00Z"}`),
	})
	mustOK(t, reply, err)
	got, _ := emsp.Object(key("LOC1"), drive)
	want := map[string]string{"E1": "CHARGING", "E2": "CHARGING"}
	if diff := cmp.Diff(want, got.Statuses()); diff != "" {
		t.Errorf("statuses: %s", diff)
	}
	if s := ocpi.FindString(got.Raw, "last_updated"); s != "2025-01-02T00:00:00Z" {
		t.Errorf("last_updated of the location is %s", s)
	}
	if !bytes.Contains(got.Raw, []byte("2.30e2")) {
		t.Error("a number was spelt anew")
	}
	mine, _ := cpo.Offered(key("LOC1"))
	if !bytes.Equal(mine.Raw, got.Raw) {
		t.Errorf("the owner has %s, the receiver %s", mine.Raw, got.Raw)
	}
	if diff := cmp.Diff(ocpitest.Statuses(cpo.Offers(ocpi.Locations)), ocpitest.Statuses(emsp.Objects(ocpi.Locations, nil))); diff != "" {
		t.Errorf("all statuses: %s", diff)
	}
}

func TestPartsOfALocationCanBePutAndGot(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	reply, err := cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
	mustOK(t, reply, err)
	connector := `{"id":"2","standard":"CHADEMO","last_updated":"2025-01-03T00:00:00Z"}`
	reply, err = cpo.Put(ctx, ocpitest.Change{Key: key("LOC1"), Parts: []string{"E1", "2"}, To: drive, Body: []byte(connector)})
	mustOK(t, reply, err)
	reply, err = cpo.Do(ctx, ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Receiver, Method: http.MethodGet, Path: "NL/CDR/LOC1/E1/2", To: drive,
	})
	mustOK(t, reply, err)
	if got := string(reply.Envelope.Data); got != connector {
		t.Errorf("got %s", got)
	}
	reply, err = emsp.Do(ctx, ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Sender, Method: http.MethodGet, Path: "LOC1/E1/2", To: cedar,
	})
	mustOK(t, reply, err)
	if got := string(reply.Envelope.Data); got != connector {
		t.Errorf("the owner gave %s", got)
	}
}

func TestAnOlderStateAfterANewerIsNoticed(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	for _, at := range []string{"2025-01-01T00:00:00Z", "2025-01-03T00:00:00Z", "2025-01-03T00:00:00Z"} {
		reply, err := cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", at))
		mustOK(t, reply, err)
	}
	if got := emsp.Regressions(); len(got) != 0 {
		t.Fatalf("in order, and yet: %v", got)
	}
	reply, err := cpo.Patch(ctx, ocpitest.Change{
		Key: key("LOC1"), Parts: []string{"E1"}, To: drive,
		Body: []byte(`{"status":"CHARGING","last_updated":"2025-01-02T00:00:00Z"}`),
	})
	mustOK(t, reply, err)
	if got := emsp.Regressions(); len(got) != 1 || got[0].Part != "E1" {
		t.Errorf("got %v, want one of E1", got)
	}
}

func TestAPatchOfAnUnknownLocationIs2003(t *testing.T) {
	cpo, _ := pair(t, nil)
	reply, err := cpo.Patch(within(t), ocpitest.Change{Key: key("LOC9"), To: drive, Body: []byte(`{"publish":false}`)})
	if err != nil || reply.Status != http.StatusNotFound || reply.Code() != ocpi.StatusUnknownLocation {
		t.Errorf("got %d/%d, %v", reply.Status, reply.Code(), err)
	}
}

func TestAPatchOfASessionAddsItsChargingPeriods(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	session := `{"country_code":"NL","party_id":"CDR","id":"S1","kwh":0,"charging_periods":[1],"last_updated":"2025-01-01T00:00:00Z"}`
	reply, err := cpo.Push(ctx, ocpi.Sessions, drive, []byte(session))
	mustOK(t, reply, err)
	change := ocpitest.Change{
		Key: ocpitest.Key{Module: ocpi.Sessions, Owner: cedar, ID: "S1"}, To: drive,
		Body: []byte(`{"kwh":1.50,"charging_periods":[2],"last_updated":"2025-01-01T01:00:00Z"}`),
	}
	reply, err = cpo.Patch(ctx, change)
	mustOK(t, reply, err)
	got, _ := emsp.Object(change.Key, drive)
	want := `{"country_code":"NL","party_id":"CDR","id":"S1","kwh":1.50,"charging_periods":[1,2],"last_updated":"2025-01-01T01:00:00Z"}`
	if diff := cmp.Diff(want, string(got.Raw)); diff != "" {
		t.Error(diff)
	}
}

func TestTariffsCanBeDeleted(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	reply, err := cpo.Push(ctx, ocpi.Tariffs, drive, []byte(`{"country_code":"NL","party_id":"CDR","id":"T1","last_updated":"2025-01-01T00:00:00Z"}`))
	mustOK(t, reply, err)
	reply, err = cpo.Delete(ctx, ocpitest.Key{Module: ocpi.Tariffs, Owner: cedar, ID: "T1"}, drive)
	mustOK(t, reply, err)
	if got := emsp.Objects(ocpi.Tariffs, nil); len(got) != 0 {
		t.Errorf("still there: %v", got)
	}
}

func TestACDRIsGotWhereItsAnswerPoints(t *testing.T) {
	cpo, _ := pair(t, nil)
	ctx := within(t)
	cdr := `{"country_code":"NL","party_id":"CDR","id":"a/b c","last_updated":"2025-01-01T00:00:00Z"}`
	reply, err := cpo.Push(ctx, ocpi.CDRs, drive, []byte(cdr))
	mustOK(t, reply, err)
	reply, err = cpo.Do(ctx, ocpitest.Request{
		URL: reply.Header.Get("Location"), Module: ocpi.CDRs, Interface: ocpi.Receiver, Method: http.MethodGet, To: drive,
	})
	mustOK(t, reply, err)
	if string(reply.Envelope.Data) != cdr {
		t.Errorf("got %s", reply.Envelope.Data)
	}
}

func TestAListIsReadPageByPage(t *testing.T) {
	cpo, emsp := pair(t, func(c, _ *ocpitest.Options) { c.PageLimit = 4 })
	for i := range 10 {
		cpo.Offer(ocpi.Locations, location(fmt.Sprintf("LOC%d", i), fmt.Sprintf("2025-01-%02dT00:00:00Z", i+1)))
	}
	ctx := within(t)
	var ids []string
	crawl, err := emsp.GetAll(ctx, ocpitest.List{Module: ocpi.Locations, To: cedar, Limit: 3}, func(raw []byte) error {
		ids = append(ids, ocpi.FindString(raw, "id"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ocpitest.Crawl{Objects: 10, Pages: 4, Total: 10}, crawl); diff != "" || ids[0] != "LOC0" || ids[9] != "LOC9" {
		t.Errorf("crawl: %s; ids %v", diff, ids)
	}
	window := url.Values{"date_from": {"2025-01-02T00:00:00Z"}, "date_to": {"2025-01-09T00:00:00Z"}}
	crawl, err = emsp.GetAll(ctx, ocpitest.List{Module: ocpi.Locations, To: cedar, Query: window}, nil)
	if diff := cmp.Diff(ocpitest.Crawl{Objects: 7, Pages: 2, Total: 7}, crawl); diff != "" || err != nil {
		t.Errorf("crawl of a window: %s, %v", diff, err)
	}
}

func TestSessionsAreListedByDateOnly(t *testing.T) {
	_, emsp := pair(t, nil)
	_, err := emsp.GetAll(within(t), ocpitest.List{Module: ocpi.Sessions, To: cedar}, nil)
	if err == nil {
		t.Error("a list of sessions without date_from was given")
	}
}

func TestClientInfosAreKept(t *testing.T) {
	cpo, emsp := pair(t, nil)
	reply, err := cpo.Do(within(t), ocpitest.Request{
		Module: ocpi.HubClientInfo, Interface: ocpi.Receiver, Method: http.MethodPut, Path: "NL/XYZ",
		Body: []byte(`{"country_code":"NL","party_id":"XYZ","role":"CPO","status":"PLANNED","last_updated":"2025-01-01T00:00:00Z"}`),
	})
	mustOK(t, reply, err)
	if !reply.Routing().To.IsZero() {
		t.Error("a configuration module was answered with routing headers")
	}
	got := emsp.ClientInfos()
	if len(got) != 1 || got[0].Status != "PLANNED" || got[0].Party.String() != "CPO:NL*XYZ" {
		t.Errorf("got %v", got)
	}
}

func TestTheSampleLocationsAreWhole(t *testing.T) {
	owners, n := map[ocpi.PartyID]bool{}, 0
	for location, err := range ocpitest.ReadLocations("") {
		if err != nil {
			t.Fatal(err)
		}
		owners[location.Owner] = true
		n++
		for _, name := range []string{"publish", "address", "city", "country", "coordinates", "time_zone", "last_updated"} {
			if _, ok := ocpi.Find(location.Raw, name); !ok {
				t.Errorf("%s lacks %s", location.ID, name)
			}
		}
		if evses := (ocpitest.Object{Raw: location.Raw}).Statuses(); len(evses) < 1 || len(evses) > 6 {
			t.Errorf("%s has %d EVSEs", location.ID, len(evses))
		}
	}
	if n != 40 || len(owners) != 6 {
		t.Errorf("%d locations of %d operators, want 40 of 6", n, len(owners))
	}
}
