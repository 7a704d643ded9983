package routing

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/interpret"
)

// speaking is a world whose eMSP speaks another version than its CPO, 2.2.1.
func speaking(t *testing.T, v ocpi.Version) *world {
	w := newWorld(t, aaa)
	w.directory.Homes(aaa)[0].Platform.Version = v
	w.script[aaa] = says(`null`)
	return w
}

// lastCall is the last call that was made.
func (w *world) lastCall() peer.Call {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.calls[len(w.calls)-1]
}

var (
	sessionsAt = ocpi.Address{Version: ocpi.V221, Module: ocpi.Sessions, Interface: ocpi.Receiver}
	commandsAt = ocpi.Address{Version: ocpi.V221, Module: ocpi.Commands, Interface: ocpi.Receiver}
)

const session221 = `{"country_code":"DE","party_id":"ABC","id":"S1","start_date_time":"2026-01-01T10:00:00Z","kwh":1.50,
 "cdr_token":{"country_code":"NL","party_id":"AAA","uid":"U1","type":"RFID","contract_id":"NL-AAA-1"},"auth_method":"WHITELIST",
 "location_id":"L1","evse_uid":"E1","connector_id":"1","currency":"EUR","status":"ACTIVE",
 "total_cost":{"excl_vat":4.00,"incl_vat":4.76},"last_updated":"2026-01-01T10:00:00Z"}`

func TestASessionReachesAPartyOfAnotherVersionInItsOwnWords(t *testing.T) {
	w := speaking(t, ocpi.V230)
	if _, err := w.send("PUT", sessionsAt, "DE/ABC/S1", session221, aaa); err != nil {
		t.Fatal(err)
	}
	sent := w.lastCall().Body
	cost := ocpi.FindObject(sent, "total_cost")
	taxes, _ := ocpi.Find(cost, "taxes")
	if v, _ := ocpi.Find(cost, "before_taxes"); string(v.Value) != "4.00" || !strings.Contains(string(taxes.Value), `"amount":0.76`) {
		t.Errorf("the price went as %s", cost)
	}
	held, err := w.Catalog.Get(t.Context(), catalog.Key{Module: ocpi.Sessions, Owner: cpo, Audience: aaa, ID: "S1"}, catalog.Part{})
	if err != nil || held.Version != ocpi.V221 || string(held.Body) != session221 {
		t.Errorf("the hub does not keep what came, but %s (%v)", held.Body, err)
	}
}

func TestAMessageBetweenPartiesOfOneVersionKeepsItsBytes(t *testing.T) {
	w := speaking(t, ocpi.V221)
	if _, err := w.send("PUT", sessionsAt, "DE/ABC/S1", session221, aaa); err != nil {
		t.Fatal(err)
	}
	if got := string(w.lastCall().Body); got != session221 {
		t.Errorf("it went as %s", got)
	}
}

func TestAPatchThatNeedsTheWholeGoesAsAPut(t *testing.T) {
	w := speaking(t, ocpi.V211)
	if _, err := w.send("PUT", sessionsAt, "DE/ABC/S1", session221, aaa); err == nil {
		t.Fatal("a session went to 2.1.1 without its location, which nobody knows")
	}
	w.holds(ocpi.V221, catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, location221)
	if _, err := w.send("PUT", sessionsAt, "DE/ABC/S1", session221, aaa); err != nil {
		t.Fatal(err)
	}
	patch := `{"location_id":"L1","evse_uid":"E1","connector_id":"1","kwh":2.5,"last_updated":"2026-01-01T11:00:00Z"}`
	if _, err := w.send("PATCH", sessionsAt, "DE/ABC/S1", patch, aaa); err != nil {
		t.Fatal(err)
	}
	got := w.lastCall()
	if kwh, _ := ocpi.Find(got.Body, "kwh"); got.Method != http.MethodPut || string(kwh.Value) != "2.5" || ocpi.FindObject(got.Body, "location") == nil {
		t.Errorf("it went as %s %s", got.Method, got.Body)
	}
	if f := ocpi.CheckObject(ocpi.V211, "Session", got.Body, false); len(f) > 0 {
		t.Errorf("it is no session of 2.1.1: %v\n%s", f, got.Body)
	}
}

const location221 = `{"country_code":"DE","party_id":"ABC","id":"L1","publish":true,"address":"Dam 1","city":"Amsterdam","postal_code":"1012","country":"NLD",
 "coordinates":{"latitude":"52.370216","longitude":"4.895168"},"time_zone":"Europe/Amsterdam","evses":[{"uid":"E1","evse_id":"DE*ABC*E1","status":"AVAILABLE",
 "connectors":[{"id":"1","standard":"IEC_62196_T2","format":"SOCKET","power_type":"AC_3_PHASE","max_voltage":230,"max_amperage":16,"tariff_ids":["T1"],
 "last_updated":"2026-01-01T00:00:00Z"}],"last_updated":"2026-01-01T00:00:00Z"}],"last_updated":"2026-01-01T00:00:00Z"}`

// holds puts an object into the catalog.
func (w *world) holds(v ocpi.Version, k catalog.Key, body string) {
	w.t.Helper()
	if _, err := w.Catalog.Apply(w.t.Context(), catalog.Change{Key: k, Op: catalog.Put, Version: v, Body: []byte(body), At: w.Now()}); err != nil {
		w.t.Fatal(err)
	}
}

func TestAnAnswerComesBackInTheVersionOfTheQuestion(t *testing.T) {
	w := speaking(t, ocpi.V211)
	w.script[cpo] = says(`{"result":"ACCEPTED"}`)
	w.directory.Homes(cpo)[0].Platform.Version = ocpi.V211
	body := `{"response_url":"http://127.0.0.1/AAA/back","token":{"country_code":"NL","party_id":"AAA","uid":"U1","type":"RFID","contract_id":"C",
 "issuer":"I","valid":true,"whitelist":"ALLOWED","last_updated":"2026-01-01T00:00:00Z"},"location_id":"L1"}`
	answer, err := w.sendFrom(aaa, "POST", commandsAt, "START_SESSION", body, cpo)
	if err != nil {
		t.Fatal(err)
	}
	env, _ := ocpi.ParseEnvelope(answer.Body)
	if f := ocpi.CheckObject(ocpi.V221, "CommandResponse", env.Data, false); len(f) > 0 {
		t.Errorf("the answer is no CommandResponse of 2.2.1: %v\n%s", f, env.Data)
	}
	sent := w.lastCall().Body
	if f := ocpi.CheckObject(ocpi.V211, "StartSession", sent, false); len(f) > 0 {
		t.Errorf("the command is none of 2.1.1: %v\n%s", f, sent)
	}
	key, its := strings.CutPrefix(ocpi.FindString(sent, "response_url"), "http://hub/ocpi/2.1.1/callbacks/")
	if !its {
		t.Errorf("the result is to come to %s, in another version than that of the CPO", sent)
	}
	result := Result{Key: key, Sender: w.directory.Homes(cpo)[0].Platform, Version: ocpi.V211, Body: []byte(`[]`)}
	if _, err := w.Deliver(t.Context(), result); !fault.Is(err, fault.Invalid) {
		t.Errorf("a list instead of a result: %v", err)
	}
}

func TestAPartyOf211IsAskedForItsObjectsByItsOwnIDs(t *testing.T) {
	w := speaking(t, ocpi.V221)
	w.directory.Homes(cpo)[0].Platform.Version = ocpi.V211
	w.script[cpo] = says(`null`)
	at := ocpi.Address{Version: ocpi.V221, Module: ocpi.Locations, Interface: ocpi.Sender}
	if _, err := w.sendFrom(aaa, "GET", at, "L1/E1", "", cpo); err != nil {
		t.Fatal(err)
	}
	if url := w.lastCall().URL; !strings.HasSuffix(url, "/L1/E1") || strings.Contains(url, "*") {
		t.Errorf("it is asked at %s", url)
	}
}

func TestAPartyOf211AsksForObjectsByTheIDsThatItWasGiven(t *testing.T) {
	w := speaking(t, ocpi.V211)
	w.script[cpo] = says(`null`)
	at := ocpi.Address{Version: ocpi.V211, Module: ocpi.Locations, Interface: ocpi.Sender}
	if _, err := w.sendFrom(aaa, "GET", at, "DE*ABC*L1/E1", "", cpo); err != nil {
		t.Fatal(err)
	}
	if url := w.lastCall().URL; !strings.HasSuffix(url, "/L1/E1") || strings.Contains(url, "*") {
		t.Errorf("the CPO is asked at %s", url)
	}
}

func TestItIsKnownWhoIsCPOAndWhoIsEMSPWhoeverCallsWhom(t *testing.T) {
	w := speaking(t, ocpi.V221)
	for _, test := range []struct {
		module ocpi.ModuleID
		called ocpi.Interface
		method string
		path   string
		byCPO  bool
		owner  ocpi.PartyID
	}{
		{ocpi.Locations, ocpi.Sender, "GET", "L1", false, cpo},
		{ocpi.Sessions, ocpi.Sender, "PUT", "S1/charging_preferences", false, cpo},
		{ocpi.Sessions, ocpi.Receiver, "GET", "DE/ABC/S1", true, cpo},
		{ocpi.CDRs, ocpi.Receiver, "POST", "", true, cpo},
		{ocpi.CDRs, ocpi.Receiver, "GET", "C1", true, cpo},
		{ocpi.CDRs, ocpi.Sender, "GET", "", false, cpo},
		{ocpi.Tokens, ocpi.Sender, "GET", "", true, aaa},
		{ocpi.Tokens, ocpi.Sender, "POST", "U1/authorize", true, cpo},
		{ocpi.Tokens, ocpi.Receiver, "PUT", "NL/AAA/U1", false, aaa},
		{ocpi.Commands, ocpi.Receiver, "POST", "START_SESSION", false, cpo},
	} {
		rule, segments, _, _ := ocpi.Match(ocpi.Address{Version: ocpi.V221, Module: test.module, Interface: test.called}, test.method, test.path)
		plan := Plan{From: Speaker{Party: aaa}, To: cpo}
		if test.byCPO {
			plan = Plan{From: Speaker{Party: cpo}, To: aaa}
		}
		got := w.talk(&Message{Rule: rule, Segments: segments}, plan)
		if got.Owner != test.owner || got.EMSP != aaa || got.Writer != plan.From.Party || got.Reader != plan.To {
			t.Errorf("%s of %s %s: %+v", test.method, test.module, test.path, got)
		}
	}
}

func TestWhatTheVersionOfAReceiverDoesNotHaveIsNotSupported(t *testing.T) {
	w := speaking(t, ocpi.V221)
	w.directory.Homes(cpo)[0].Platform.Version = ocpi.V211
	for path, at := range map[string]ocpi.Address{
		"CANCEL_RESERVATION": commandsAt,
		"S1":                 {Version: ocpi.V221, Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver},
	} {
		method := "POST"
		if path == "S1" {
			method = "PUT"
		}
		body := `{"response_url":"http://127.0.0.1/AAA/back","reservation_id":"R1","charging_profile":{"charging_rate_unit":"A"}}`
		answer, err := w.sendFrom(aaa, method, at, path, body, cpo)
		env, _ := ocpi.ParseEnvelope(answer.Body)
		if err != nil || ocpi.FindString(env.Data, "result") != "NOT_SUPPORTED" || answer.Routing.From != hub || len(w.calls) > 0 {
			t.Errorf("%s: %s, %v, %d calls", path, answer.Body, err, len(w.calls))
		}
	}
}

func TestTheObjectsOfAllAreListedInTheVersionOfTheReader(t *testing.T) {
	w := speaking(t, ocpi.V230)
	w.holds(ocpi.V221, catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: "T1"}, `{"country_code":"DE","party_id":"ABC","id":"T1","currency":"EUR",
 "min_price":{"excl_vat":1,"incl_vat":1.19},"elements":[{"price_components":[{"type":"ENERGY","price":0.25,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`)
	at := ocpi.Address{Version: ocpi.V230, Module: ocpi.Tariffs, Interface: ocpi.Sender}
	answer, err := w.sendFrom(aaa, "GET", at, "", "", hub)
	if err != nil {
		t.Fatal(err)
	}
	env, _ := ocpi.ParseEnvelope(answer.Body)
	for tariff := range ocpi.Elements(env.Data) {
		if f := ocpi.CheckObject(ocpi.V230, "Tariff", tariff, false); len(f) > 0 {
			t.Errorf("it is no tariff of 2.3.0: %v\n%s", f, tariff)
		}
	}
	if count(env.Data) != 1 {
		t.Errorf("the list is %s", env.Data)
	}
}

func TestAListComesBackInTheVersionOfTheQuestionThoughNothingIsLost(t *testing.T) {
	w := speaking(t, ocpi.V211)
	w.script[aaa] = says(`[{"uid":"U1","type":"RFID","auth_id":"C1","issuer":"I","valid":true,"whitelist":"ALLOWED","last_updated":"2026-01-01T00:00:00Z"}]`)
	at := ocpi.Address{Version: ocpi.V221, Module: ocpi.Tokens, Interface: ocpi.Sender}
	answer, err := w.send("GET", at, "", "", aaa)
	if err != nil {
		t.Fatal(err)
	}
	env, _ := ocpi.ParseEnvelope(answer.Body)
	for token := range ocpi.Elements(env.Data) {
		if f := ocpi.CheckObject(ocpi.V221, "Token", token, false); len(f) > 0 {
			t.Errorf("it is no token of 2.2.1: %v\n%s", f, token)
		}
	}
	if count(env.Data) != 1 {
		t.Errorf("the list is %s", env.Data)
	}
}

// copyTo delivers a copy of a change of the CPO's to an eMSP of a version.
func copyTo(t *testing.T, v ocpi.Version, objects catalog.Store, c fanout.Change) (fanout.Answer, []peer.Call) {
	t.Helper()
	d := newDesk()
	d.emsp.Version = v
	d.emsp.Endpoints = append(d.emsp.Endpoints,
		ocpi.Endpoint{Module: ocpi.Tariffs, Interface: ocpi.Receiver, URL: "https://emsp.example/tariffs"},
		ocpi.Endpoint{Module: ocpi.Tokens, Interface: ocpi.Receiver, URL: "https://emsp.example/tokens"},
		ocpi.Endpoint{Module: ocpi.Locations, Interface: ocpi.Receiver, URL: "https://emsp.example/locations"})
	courier := Courier{
		Registry: d.register, Caller: d.line, Hub: hub,
		Copier: NewCopier(interpret.New(interpret.Options{Catalog: objects})),
	}
	answer, err := courier.Deliver(context.Background(), fanout.Delivery{Platform: "e", To: emsp, Change: c})
	if err != nil {
		t.Fatal(err)
	}
	return answer, d.line.calls
}

func TestACopyGoesOutInTheVersionOfItsReceiver(t *testing.T) {
	change := fanout.Change{
		Key:    catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"},
		Method: "PUT", Path: "DE/ABC/L1", Version: ocpi.V221, Body: []byte(location221),
	}
	answer, calls := copyTo(t, ocpi.V211, catalog.NewMemory(), change)
	if f := ocpi.CheckObject(ocpi.V211, "Location", calls[0].Body, false); len(f) > 0 {
		t.Errorf("it is no location of 2.1.1: %v\n%s", f, calls[0].Body)
	}
	if want := "https://emsp.example/locations/DE/ABC/DE*ABC*L1"; calls[0].URL != want {
		t.Errorf("it went to %s, want %s", calls[0].URL, want)
	}
	if id := ocpi.FindString(calls[0].Body, "id"); id != "DE*ABC*L1" || len(answer.Bridged[0].Findings) == 0 {
		t.Errorf("its id is %s, it has the findings %v", id, answer.Bridged)
	}
}

func TestH152_AnUnpublishedLocationDoesNotGoTo211(t *testing.T) {
	hidden := strings.Replace(location221, `"publish":true`, `"publish":false`, 1)
	key := catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}
	objects := catalog.NewMemory()
	if _, err := objects.Apply(t.Context(), catalog.Change{Key: key, Op: catalog.Put, Version: ocpi.V221, Body: []byte(hidden)}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]fanout.Change{
		"the location": {Key: key, Method: "PUT", Path: "DE/ABC/L1", Version: ocpi.V221, Body: []byte(hidden)},
		"an EVSE": {
			Key: key, Part: catalog.Part{EVSE: "E1"}, Method: "PATCH", Path: "DE/ABC/L1/E1", Version: ocpi.V221,
			Body: []byte(`{"status":"CHARGING","last_updated":"2026-01-01T00:00:00Z"}`),
		},
	} {
		answer, calls := copyTo(t, ocpi.V211, objects, change)
		if len(calls) > 0 || len(answer.Bridged) == 0 || answer.Bridged[0].Withheld != bridge.NotPublished {
			t.Errorf("%s: %d calls, bridged: %+v", name, len(calls), answer.Bridged)
		}
		if v := fanout.Judge(change, answer, nil, 1); v.Outcome != fanout.Rejected || v.Reason != fanout.ReasonWithheld {
			t.Errorf("%s: the verdict is %+v", name, v)
		}
		if _, calls := copyTo(t, ocpi.V230, objects, change); len(calls) != 1 {
			t.Errorf("%s does not go to 2.3.0 either", name)
		}
	}
}

func TestManyReceiversOfOneVersionShareATranslation(t *testing.T) {
	var carried int
	copier := NewCopier(interpret.New(interpret.Options{
		Catalog: catalog.NewMemory(), Observe: func(interpret.Talk, bridge.Result) { carried++ },
	}))
	d := newDesk()
	d.emsp.Version = ocpi.V211
	body := []byte(location221)
	for range 10 {
		_, got, err := copier.inVersion(t.Context(), fanout.Delivery{Platform: "e", To: emsp, Change: fanout.Change{
			Key: catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, Method: "PUT", Path: "DE/ABC/L1", Version: ocpi.V221, Body: body,
		}}, d.emsp)
		if err != nil || len(got.Bridged) == 0 {
			t.Fatal(err, got)
		}
	}
	if carried != 1 {
		t.Errorf("it was translated %d times", carried)
	}
}

func TestAnObjectHasOneNameIn211HoweverItsOwnerSpellsItsID(t *testing.T) {
	key := catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}
	objects := catalog.NewMemory()
	if _, err := objects.Apply(t.Context(), catalog.Change{Key: key, Op: catalog.Put, Version: ocpi.V221, Body: []byte(location221)}); err != nil {
		t.Fatal(err)
	}
	key.ID = "l1"
	again := strings.Replace(location221, `"id":"L1"`, `"id":"l1"`, 1)
	_, calls := copyTo(t, ocpi.V211, objects, fanout.Change{Key: key, Method: "PUT", Path: "DE/ABC/l1", Version: ocpi.V221, Body: []byte(again)})
	if id := ocpi.FindString(calls[0].Body, "id"); id != "DE*ABC*L1" || !strings.HasSuffix(calls[0].URL, "/DE*ABC*L1") {
		t.Errorf("it is called %s at %s", id, calls[0].URL)
	}
}

func TestWhatIsNoObjectIsTheFaultOfWhoSentIt(t *testing.T) {
	w := speaking(t, ocpi.V230)
	if _, err := w.send("POST", authorization, "T1/authorize", `[]`, aaa); !fault.Is(err, fault.Invalid) {
		t.Errorf("a list instead of location references: %v", err)
	}
	w.script[aaa] = says(`[7]`)
	if _, err := w.send("POST", authorization, "T1/authorize", `{"location_id":"L1"}`, aaa); !fault.Is(err, fault.BadAnswer) {
		t.Errorf("a list instead of an AuthorizationInfo: %v", err)
	}
	at := ocpi.Address{Version: ocpi.V221, Module: ocpi.Tokens, Interface: ocpi.Sender}
	if _, err := w.send("GET", at, "", "", aaa); !fault.Is(err, fault.BadAnswer) {
		t.Errorf("a number in a list of tokens: %v", err)
	}
}

// unread is a catalog that cannot read what is for one party.
type unread struct{ catalog.Store }

func (u unread) Get(ctx context.Context, k catalog.Key, p catalog.Part) (catalog.Object, error) {
	if k.Audience != catalog.Everyone {
		return catalog.Object{}, errDisk
	}
	return u.Store.Get(ctx, k, p)
}

func TestAPatchIsNotMergedIntoAnotherObjectWhileItsOwnCannotBeRead(t *testing.T) {
	w := speaking(t, ocpi.V211)
	w.holds(ocpi.V221, catalog.Key{Module: ocpi.Sessions, Owner: cpo, ID: "S1"}, session221)
	w.Catalog = unread{w.Catalog}
	patch := `{"charging_periods":[],"last_updated":"2026-01-01T11:00:00Z"}`
	if _, err := w.send("PATCH", sessionsAt, "DE/ABC/S1", patch, aaa); !fault.Is(err, fault.Unavailable) || len(w.calls) > 0 {
		t.Errorf("%v, %d calls", err, len(w.calls))
	}
}

func TestH152_NoPartOfAnUnpublishedLocationIsShownTo211(t *testing.T) {
	w := speaking(t, ocpi.V211)
	w.script[cpo] = says(`{"uid":"E1","status":"AVAILABLE","connectors":[],"last_updated":"2026-01-01T00:00:00Z"}`)
	at := ocpi.Address{Version: ocpi.V211, Module: ocpi.Locations, Interface: ocpi.Sender}
	for _, publish := range []string{"true", "false", "null"} {
		w.holds(ocpi.V221, catalog.Key{Module: ocpi.Locations, Owner: cpo, ID: "L1"}, strings.Replace(location221, `"publish":true`, `"publish":`+publish, 1))
		_, err := w.sendFrom(aaa, "GET", at, "DE*ABC*L1/E1", "", cpo)
		if shown := err == nil; shown != (publish == "true") || err != nil && !fault.Is(err, fault.NotFound) {
			t.Errorf("publish %s: %v", publish, err)
		}
	}
}
