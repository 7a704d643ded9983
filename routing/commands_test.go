package routing

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

var (
	commandReceiver = ocpi.Address{Version: ocpi.V221, Module: ocpi.Commands, Interface: ocpi.Receiver}
	profileReceiver = ocpi.Address{Version: ocpi.V221, Module: ocpi.ChargingProfiles, Interface: ocpi.Receiver}
)

// resultAt is a response_url of a platform.
func resultAt(platform ocpi.PartyID) string {
	return "http://127.0.0.1/" + platform.String() + "/result/1"
}

func start(by, tokenOf ocpi.PartyID) string {
	return fmt.Sprintf(`{"token":{"country_code":%q,"party_id":%q,"uid":"U","type":"RFID"},"location_id":"L1","response_url":%q,"authorization_reference":"AUTH-7"}`,
		tokenOf.Country, tokenOf.ID, resultAt(by))
}

func TestH169_ALateResultIsForwardedAndTheTimeoutPassesUnchanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, aaa)
		w.script[cpo] = says(`{"result":"ACCEPTED","timeout":5,"message":[]}`)
		w.script[aaa] = says("")
		answer, err := w.sendFrom(aaa, "POST", commandReceiver, "START_SESSION", start(aaa, aaa), cpo)
		if env, _ := ocpi.ParseEnvelope(answer.Body); err != nil || string(env.Data) != `{"result":"ACCEPTED","timeout":5,"message":[]}` {
			t.Fatalf("the answer is %s, %v", answer.Body, err)
		}
		given := ocpi.FindString(w.calls[0].Body, "response_url")
		key := given[strings.LastIndex(given, "/")+1:]
		time.Sleep(5 * time.Second) // now the eMSP may assume that no result comes
		time.Sleep(2 * time.Hour)
		_, err = w.Deliver(t.Context(), Result{Key: key, Sender: w.cpo, Version: ocpi.V221, Body: []byte(`{"result":"ACCEPTED"}`)})
		if last := w.calls[len(w.calls)-1]; err != nil || last.URL != resultAt(aaa) || string(last.Body) != `{"result":"ACCEPTED"}` {
			t.Errorf("the late result went to %s as %s, %v", last.URL, last.Body, err)
		}
	})
}

func TestQ45_TheWayBackIsKeptAsLongAsAPeerTakesForItsCommands(t *testing.T) {
	for _, within := range []time.Duration{30 * time.Second, 600 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, aaa)
			w.script[cpo] = says(fmt.Sprintf(`{"result":"ACCEPTED","timeout":%d}`, int(within.Seconds())))
			w.script[aaa] = says("")
			if _, err := w.sendFrom(aaa, "POST", commandReceiver, "START_SESSION", start(aaa, aaa), cpo); err != nil {
				t.Fatal(err)
			}
			given := ocpi.FindString(w.calls[0].Body, "response_url")
			time.Sleep(within)
			key := given[strings.LastIndex(given, "/")+1:]
			if _, err := w.Deliver(t.Context(), Result{Key: key, Sender: w.cpo, Version: ocpi.V221, Body: []byte(`{"result":"ACCEPTED"}`)}); err != nil {
				t.Errorf("a result after %s: %v", within, err)
			}
		})
	}
}

func TestH177_ACommandIsRecordedWithItsNameAndThePartyThatSentIt(t *testing.T) {
	w := newWorld(t, aaa)
	w.script[cpo] = says(`{"result":"ACCEPTED","timeout":5}`)
	body := fmt.Sprintf(`{"location_id":"L1","evse_uid":"E1","connector_id":"1","response_url":%q}`, resultAt(aaa))
	if _, err := w.sendFrom(aaa, "POST", commandReceiver, "UNLOCK_CONNECTOR", body, cpo); err != nil {
		t.Fatal(err)
	}
	if rec := w.last(); rec.From != (Speaker{aaa, ocpi.EMSP}) || rec.To != cpo || rec.Module != ocpi.Commands || rec.Path != "UNLOCK_CONNECTOR" {
		t.Errorf("it is recorded as %+v", rec)
	}
}

func TestH178_ACommandWithAForeignTokenIsRefusedWhereTheHubChecksIt(t *testing.T) {
	for _, row := range []struct {
		own     bool
		tokenOf ocpi.PartyID
		refused bool
	}{{false, aaa, false}, {false, bbb, false}, {true, aaa, false}, {true, bbb, true}} {
		for _, command := range []string{"START_SESSION", "RESERVE_NOW"} {
			t.Run(fmt.Sprint(command, row), func(t *testing.T) {
				w := newWorld(t, aaa, bbb)
				w.OwnTokens, w.Enforce = row.own, false
				w.script[cpo] = says(`{"result":"ACCEPTED","timeout":5}`)
				_, err := w.sendFrom(aaa, "POST", commandReceiver, command, start(aaa, row.tokenOf), cpo)
				if fault.Is(err, fault.Invalid) != row.refused || (len(w.asked()) == 0) != row.refused {
					t.Errorf("got %v, %v were called", err, w.asked())
				}
			})
		}
	}
	t.Run("a command without a token passes", func(t *testing.T) {
		w := newWorld(t, aaa)
		w.OwnTokens = true
		w.script[cpo] = says(`{"result":"ACCEPTED","timeout":5}`)
		body := fmt.Sprintf(`{"session_id":"S1","response_url":%q}`, resultAt(aaa))
		if _, err := w.sendFrom(aaa, "POST", commandReceiver, "STOP_SESSION", body, cpo); err != nil {
			t.Error(err)
		}
	})
}

func TestH174_SessionIDsTowardAnSCSPAreRoutedByOCPIToOnly(t *testing.T) {
	w := newWorld(t, aaa)
	scsp := ocpi.NewPartyID("NL", "SMA")
	w.directory = parties.NewDirectory([]*parties.Platform{
		w.cpo, home("NL*AAA", parties.Connected, party(ocpi.EMSP, aaa)), home(scsp.String(), parties.Connected, party(ocpi.SCSP, scsp)),
	}, 2)
	w.script[aaa], w.script[scsp] = answers(200, 1000), answers(200, 1000)
	w.script[cpo] = says(`{"result":"ACCEPTED","timeout":5}`)
	body := fmt.Sprintf(`{"charging_profile":{"charging_rate_unit":"W"},"response_url":%q}`, resultAt(scsp))
	for _, alias := range []string{"ALIAS-1", "ALIAS-2"} { // both for one session of the CPO
		if _, err := w.sendFrom(scsp, "PUT", profileReceiver, alias, body, cpo); err != nil {
			t.Fatal(err)
		}
		call := w.calls[len(w.calls)-1]
		if call.Routing != (ocpi.Routing{To: cpo, From: scsp}) || !strings.HasSuffix(call.URL, "/chargingprofiles/"+alias) {
			t.Errorf("%s went to %s with %+v", alias, call.URL, call.Routing)
		}
		sender := ocpi.Address{Version: ocpi.V221, Module: ocpi.ChargingProfiles, Interface: ocpi.Sender}
		active := `{"start_date_time":"2026-01-01T00:00:00Z","charging_profile":{"charging_rate_unit":"W"}}`
		if answer, err := w.send("PUT", sender, alias, active, ocpi.PartyID{}); err != nil || answer.Routing.From != scsp {
			t.Errorf("the active profile of %s went to %s, %v", alias, answer.Routing.From, err)
		}
	}
	if _, err := w.sendFrom(scsp, "PUT", profileReceiver, "ALIAS-1", body, ocpi.PartyID{}); !fault.Is(err, fault.UnknownReceiver) {
		t.Errorf("an alias without OCPI-to: %v, want 4001", err)
	}
}

func TestH184_ASessionIsTakenAsReservedInBothSpellings(t *testing.T) {
	for _, status := range []string{"RESERVATION", "RESERVED"} {
		w := newWorld(t, aaa)
		var got string
		w.script[aaa] = func(_ context.Context, c peer.Call) (peer.Reply, error) {
			got = ocpi.FindString(c.Body, "status")
			return reply(200, 1000, ""), nil
		}
		body := strings.Replace(sessionOf("S1"), `"ACTIVE"`, `"`+status+`"`, 1)
		if _, err := w.send("PUT", sessionReceiver, "DE/ABC/S1", body, ocpi.PartyID{}); err != nil || got != status {
			t.Errorf("%s arrived as %q, %v", status, got, err)
		}
	}
}

// sessionOf is a session of a driver of AAA that conforms.
func sessionOf(id string) string {
	return fmt.Sprintf(`{"country_code":"DE","party_id":"ABC","id":%q,"start_date_time":"2026-01-01T10:00:00Z","kwh":1.50,`+
		`"cdr_token":{"country_code":"NL","party_id":"AAA","uid":"U","type":"RFID","contract_id":"C"},"auth_method":"WHITELIST","location_id":"L",`+
		`"evse_uid":"E","connector_id":"1","currency":"EUR","status":"ACTIVE","last_updated":"2026-01-01T10:00:00Z"}`, id)
}
