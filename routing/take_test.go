package routing

import (
	"context"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/trail"
)

// register is a registry with a CPO that is pulled and an eMSP.
type register struct {
	cpo, emsp *parties.Platform
}

func newRegister() register {
	return register{
		cpo: &parties.Platform{ID: "c", Status: parties.Connected, Version: ocpi.V221, Parties: []parties.Party{party(ocpi.CPO, cpo)}},
		emsp: &parties.Platform{
			ID: "e", Status: parties.Connected, Version: ocpi.V221, Parties: []parties.Party{party(ocpi.EMSP, emsp)},
			Endpoints: []ocpi.Endpoint{
				{Module: ocpi.Sessions, Interface: ocpi.Receiver, URL: "https://emsp.example/sessions"},
				{Module: ocpi.CDRs, Interface: ocpi.Receiver, URL: "https://emsp.example/cdrs"},
			},
		},
	}
}

func (r register) Directory() *parties.Directory {
	return parties.NewDirectory([]*parties.Platform{r.cpo, r.emsp}, 1)
}

func (register) Token(*parties.Platform) (string, ocpi.TokenEncoding, error) {
	return "t", ocpi.TokenBase64, nil
}

// line answers calls, and remembers them.
type line struct {
	mu     sync.Mutex
	calls  []peer.Call
	answer func(peer.Call) (peer.Reply, error)
}

func (l *line) Do(_ context.Context, call peer.Call) (peer.Reply, error) {
	l.mu.Lock()
	l.calls = append(l.calls, call)
	l.mu.Unlock()
	if l.answer != nil {
		return l.answer(call)
	}
	return peer.Reply{Status: 200, Body: []byte(`{"status_code":1000}`)}, nil
}

func (*line) Guard() peer.Guard { return peer.NewGuard(nil) }

// desk is a router with all that it stands on.
type desk struct {
	*Router
	register
	feed *feed
	line *line
}

func newDesk() *desk {
	d := &desk{register: newRegister(), feed: &feed{}, line: &line{}}
	objects := catalog.NewMemory()
	d.Router = New(Options{
		Self: Self{Party: hub, PublicURL: "https://hub.example"}, Registry: d.register, Catalog: objects, Transit: objects,
		Trails: trail.NewMemory(), Feed: d.feed, Caller: d.line, Enforce: true,
		Now: func() time.Time { return time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) },
	})
	return d
}

// pulled makes an object as it would be read some time after the desk opened.
func (d *desk) pulled(m ocpi.ModuleID, body string) Pulled {
	return Pulled{Platform: d.cpo, Module: m, Body: []byte(body), Asked: d.Now().Add(time.Hour), CorrelationID: "corr"}
}

func (d *desk) take(t *testing.T, want catalog.Outcome, p Pulled) {
	t.Helper()
	got, err := d.Take(t.Context(), p)
	if err != nil || got != want {
		t.Errorf("taking gave %q, %v; want %q", got, err, want)
	}
}

func tariffBody(name, at string) string {
	return `{"country_code":"DE","party_id":"ABC","id":"T1","currency":"EUR","x-name":"` + name + `",` +
		`"elements":[{"price_components":[{"type":"FLAT","price":1.0,"step_size":1}]}],"last_updated":"2026-01-01T00:0` + at + `:00Z"}`
}

func TestAPulledObjectGoesTheWayOfAPushToAll(t *testing.T) {
	d := newDesk()
	d.take(t, catalog.Created, d.pulled(ocpi.Tariffs, tariffBody("a", "1")))
	if len(d.feed.taken) != 1 {
		t.Fatalf("%d changes are in the stream", len(d.feed.taken))
	}
	got := d.feed.taken[0]
	if got.Method != http.MethodPut || got.Path != "DE/ABC/T1" || got.Role != ocpi.CPO || got.Platform != "c" ||
		got.CorrelationID != "corr" || string(got.Body) != tariffBody("a", "1") || got.Key != (catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: "T1"}) {
		t.Errorf("the stream holds %+v", got)
	}
}

func TestQ31_WhatIsUnchangedOrOlderIsNotFannedOut(t *testing.T) {
	d := newDesk()
	d.take(t, catalog.Created, d.pulled(ocpi.Tariffs, tariffBody("a", "1")))
	d.take(t, catalog.Unchanged, d.pulled(ocpi.Tariffs, tariffBody("a", "1")))
	d.take(t, catalog.Unchanged, d.pulled(ocpi.Tariffs, tariffBody("a", "3")))
	d.take(t, catalog.Stale, d.pulled(ocpi.Tariffs, tariffBody("b", "2")))
	if len(d.feed.taken) != 1 {
		t.Errorf("%d changes are in the stream, want the first alone", len(d.feed.taken))
	}
	d.take(t, catalog.Updated, d.pulled(ocpi.Tariffs, tariffBody("b", "4")))
	if len(d.feed.taken) != 2 {
		t.Errorf("%d changes are in the stream, want 2", len(d.feed.taken))
	}
}

func TestWhatTheStreamDidNotTakeGoesOutWhenItIsRepeated(t *testing.T) {
	d := newDesk()
	d.feed.fails = true
	p := d.pulled(ocpi.Tariffs, tariffBody("a", "1"))
	if _, err := d.Take(t.Context(), p); !fault.Is(err, fault.Unavailable) {
		t.Fatalf("got %v, want a refusal", err)
	}
	d.feed.fails, p.Repeat = false, true
	d.take(t, catalog.Unchanged, p)
	if len(d.feed.taken) != 1 {
		t.Errorf("%d changes are in the stream, want 1", len(d.feed.taken))
	}
}

func TestATokenIsToldByItsType(t *testing.T) {
	d := newDesk()
	body := `{"country_code":"NL","party_id":"TNM","uid":"a/b","type":"APP_USER","contract_id":"C","issuer":"I","valid":true,"whitelist":"NEVER","last_updated":"2026-01-01T00:00:00Z"}`
	p := d.pulled(ocpi.Tokens, body)
	p.Platform = d.emsp
	d.take(t, catalog.Created, p)
	if got := d.feed.taken[0]; got.Path != "NL/TNM/a%2Fb" || got.Query != "type=APP_USER" || got.Key.ID != catalog.TokenID("a/b", "APP_USER") {
		t.Errorf("the stream holds %+v", got)
	}
}

func TestH139_APulledObjectThatIsNotThePlatformsOwnOrBrokenIsLeftOut(t *testing.T) {
	d := newDesk()
	for name, c := range map[string]struct {
		module ocpi.ModuleID
		body   string
		want   fault.Kind
		names  string
	}{
		"of another platform's party": {ocpi.Tariffs, strings.Replace(tariffBody("a", "1"), `"ABC"`, `"XYZ"`, 1), fault.ForeignOwner, "DE*XYZ"},
		"of nobody":                   {ocpi.Tariffs, `{"id":"T1"}`, fault.ForeignOwner, "/country_code"},
		"without an id":               {ocpi.Tariffs, strings.Replace(tariffBody("a", "1"), `"id":"T1",`, "", 1), fault.Invalid, "id"},
		"with an id that is no path":  {ocpi.Tariffs, strings.Replace(tariffBody("a", "1"), `"T1"`, `".."`, 1), fault.Invalid, "id"},
		"with a field missing":        {ocpi.Tariffs, strings.Replace(tariffBody("a", "1"), `"currency":"EUR",`, "", 1), fault.Invalid, "/currency"},
		"that the role does not send": {ocpi.Tokens, `{"country_code":"DE","party_id":"ABC","uid":"T1"}`, fault.Invalid, "role"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := d.Take(t.Context(), d.pulled(c.module, c.body))
			if !fault.Is(err, c.want) || !strings.Contains(err.Error(), c.names) {
				t.Errorf("got %v", err)
			}
		})
	}
	if len(d.feed.taken) > 0 {
		t.Errorf("the stream holds %+v", d.feed.taken)
	}
}

func sessionBody(status, at, driver string) string {
	return `{"country_code":"DE","party_id":"ABC","id":"S1","start_date_time":"2026-01-01T10:00:00Z","kwh":1.5,` +
		`"cdr_token":{"country_code":"NL","party_id":"` + driver + `","uid":"0123","type":"RFID","contract_id":"C1"},"auth_method":"WHITELIST",` +
		`"location_id":"L1","evse_uid":"E1","connector_id":"1","currency":"EUR","status":"` + status + `","last_updated":"2026-01-01T10:0` + at + `:00Z"}`
}

func cdrBody(driver string) string {
	return `{"country_code":"DE","party_id":"ABC","id":"C1","start_date_time":"2026-01-01T10:00:00Z","end_date_time":"2026-01-01T11:00:00Z",` +
		`"cdr_token":{"country_code":"NL","party_id":"` + driver + `","uid":"0123","type":"RFID","contract_id":"C1"},"auth_method":"WHITELIST",` +
		`"cdr_location":{"id":"L1","address":"Dam 1","city":"Amsterdam","country":"NLD","coordinates":{"latitude":"52.370216","longitude":"4.895168"},` +
		`"evse_uid":"1","evse_id":"NL*ABC*E1","connector_id":"1","connector_standard":"IEC_62196_T2","connector_format":"SOCKET","connector_power_type":"AC_3_PHASE"},` +
		`"currency":"EUR","charging_periods":[{"start_date_time":"2026-01-01T10:00:00Z","dimensions":[{"type":"ENERGY","volume":12.50}]}],` +
		`"total_cost":{"excl_vat":4.00},"total_energy":12.50,"total_time":1.0,"last_updated":"2026-01-01T11:00:00Z"}`
}

func (d *desk) held(t *testing.T, m ocpi.ModuleID, id string) string {
	t.Helper()
	o, err := d.Catalog.Get(t.Context(), catalog.Key{Module: m, Owner: cpo, Audience: emsp, ID: id}, catalog.Part{})
	if err != nil {
		return ""
	}
	return string(o.Body)
}

func TestAPulledSessionGoesToThePartyOfItsDriverAlone(t *testing.T) {
	d := newDesk()
	d.take(t, catalog.Created, d.pulled(ocpi.Sessions, sessionBody("ACTIVE", "1", "TNM")))
	d.take(t, catalog.Unchanged, d.pulled(ocpi.Sessions, sessionBody("ACTIVE", "2", "TNM")))
	d.take(t, catalog.Unchanged, d.pulled(ocpi.Sessions, sessionBody("PENDING", "0", "TNM")))
	d.take(t, catalog.Updated, d.pulled(ocpi.Sessions, sessionBody("COMPLETED", "3", "TNM")))
	if len(d.line.calls) != 2 || len(d.feed.taken) > 0 {
		t.Fatalf("%d calls, %d changes in the stream", len(d.line.calls), len(d.feed.taken))
	}
	call := d.line.calls[1]
	if call.Method != http.MethodPut || call.URL != "https://emsp.example/sessions/DE/ABC/S1" ||
		call.Routing != (ocpi.Routing{To: emsp, From: cpo}) || string(call.Body) != sessionBody("COMPLETED", "3", "TNM") {
		t.Errorf("the eMSP was sent %+v", call)
	}
	if got := d.held(t, ocpi.Sessions, "S1"); got != sessionBody("COMPLETED", "3", "TNM") {
		t.Errorf("the catalog holds %s", got)
	}
}

func TestACDRThatTheHubHasIsNotSentAgain(t *testing.T) {
	d := newDesk()
	d.take(t, catalog.Created, d.pulled(ocpi.CDRs, cdrBody("TNM")))
	touched := strings.Replace(cdrBody("TNM"), "2026-01-01T11:00:00Z\"}", "2026-01-02T11:00:00Z\"}", 1)
	d.take(t, catalog.Unchanged, d.pulled(ocpi.CDRs, touched))
	if len(d.line.calls) != 1 || d.line.calls[0].Method != http.MethodPost || d.line.calls[0].URL != "https://emsp.example/cdrs" {
		t.Errorf("the eMSP was sent %+v", d.line.calls)
	}
}

func TestH199_ACDRWhoseReceiverIsAwayOrTakesNoPushesIsKeptForItsGET(t *testing.T) {
	for name, hurt := range map[string]func(*desk){
		"H-200 no receiver interface": func(d *desk) { d.emsp.Endpoints = nil },
		"offline":                     func(d *desk) { d.emsp.Status = parties.Offline },
		"no answer": func(d *desk) {
			d.line.answer = func(peer.Call) (peer.Reply, error) { return peer.Reply{}, fault.New(fault.Timeout, "late") }
		},
		"5xx": func(d *desk) {
			d.line.answer = func(peer.Call) (peer.Reply, error) { return peer.Reply{Status: 500}, nil }
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			hurt(d)
			d.take(t, catalog.Created, d.pulled(ocpi.CDRs, cdrBody("TNM")))
			if d.held(t, ocpi.CDRs, "C1") != cdrBody("TNM") {
				t.Error("the CDR is not kept")
			}
		})
	}
}

func TestACDRThatNobodyHereMayHaveOrThatItsReceiverRefusesIsReported(t *testing.T) {
	d := newDesk()
	if _, err := d.Take(t.Context(), d.pulled(ocpi.CDRs, cdrBody("NIL"))); !fault.Is(err, fault.UnknownReceiver) {
		t.Errorf("of an unknown party: %v", err)
	}
	d.line.answer = func(peer.Call) (peer.Reply, error) {
		return peer.Reply{Status: 200, Body: []byte(`{"status_code":2001,"status_message":"no such token"}`)}, nil
	}
	if _, err := d.Take(t.Context(), d.pulled(ocpi.CDRs, cdrBody("TNM"))); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "2001") {
		t.Errorf("refused by the receiver: %v", err)
	}
	if d.held(t, ocpi.CDRs, "C1") != "" {
		t.Error("what the receiver refused is kept")
	}
}

// waiting counts those who have or want a turn.
func (d *desk) waiting() (n int) {
	d.turns.mu.Lock()
	defer d.turns.mu.Unlock()
	for _, t := range d.turns.taken {
		n += t.users
	}
	return n
}

func TestAPulledCDRWaitsForThePushOfItThatIsUnderWay(t *testing.T) {
	d := newDesk()
	called, answer := make(chan struct{}), make(chan struct{})
	d.line.answer = func(peer.Call) (peer.Reply, error) {
		close(called) // a second call would panic
		<-answer
		return peer.Reply{Status: 200, Body: []byte(`{"status_code":1000}`)}, nil
	}
	m := message(t, d.cpo.Parties, http.MethodPost, ocpi.Receiver, ocpi.CDRs, "", ocpi.Routing{To: emsp, From: cpo})
	m.Body = []byte(cdrBody("TNM"))
	var pushes sync.WaitGroup
	pushes.Go(func() {
		if _, err := d.Route(t.Context(), m); err != nil {
			t.Error(err)
		}
	})
	<-called
	pushes.Go(func() { d.take(t, catalog.Unchanged, d.pulled(ocpi.CDRs, cdrBody("TNM"))) })
	for d.waiting() < 2 {
		runtime.Gosched()
	}
	close(answer)
	pushes.Wait()
	if len(d.turns.taken) > 0 {
		t.Errorf("turns are left: %v", d.turns.taken)
	}
}
