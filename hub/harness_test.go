package hub_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

var (
	hubParty = ocpi.NewPartyID("NL", "HUB")
	cpo      = ocpi.NewPartyID("DE", "ABC")
	cpo2     = ocpi.NewPartyID("DE", "AB2")
	emsp     = ocpi.NewPartyID("NL", "TNM")
	emsp2    = ocpi.NewPartyID("BE", "ECO")
	other    = ocpi.NewPartyID("FR", "OTH")

	loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
)

// hubConfig is the configuration of a hub in this process, on loopback, with a
// data directory of its own.
func hubConfig(t testing.TB, edit ...func(*hub.Config)) hub.Config {
	t.Helper()
	cfg := hub.Defaults()
	cfg.Listen, cfg.Admin.Listen, cfg.PublicURL = "127.0.0.1:0", "127.0.0.1:0", ""
	cfg.DataDir = t.TempDir()
	cfg.Egress.Allow = loopback
	cfg.Forward.Timeout = 2 * time.Second
	cfg.Pull.Mode = hub.PullNever // most tests count the calls at a platform exactly
	for _, e := range edit {
		e(&cfg)
	}
	return cfg
}

// startHub runs a hub.
func startHub(t testing.TB, edit ...func(*hub.Config)) *hub.Hub {
	t.Helper()
	h, err := hub.Start(t.Context(), hubConfig(t, edit...), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			t.Errorf("the hub did not stop cleanly: %v", err)
		}
	})
	return h
}

// join starts a platform with these parties and registers it at the hub.
func join(t testing.TB, h *hub.Hub, o ocpitest.Options) *ocpitest.Platform {
	t.Helper()
	if o.Name == "" {
		o.Name = o.Parties[0].String()
	}
	p, err := ocpitest.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if err := p.Register(t.Context(), h.VersionsURL(), invite(t, h, o.Name, o.Parties...)); err != nil {
		t.Fatal(err)
	}
	return p
}

func invite(t testing.TB, h *hub.Hub, name string, list ...ocpitest.Party) (tokenA string) {
	t.Helper()
	var claims []parties.Claim
	for _, p := range list {
		claims = append(claims, parties.Claim{Role: p.Role, Party: p.ID})
	}
	_, tokenA, err := h.Registry().Invite(t.Context(), name, claims)
	if err != nil {
		t.Fatal(err)
	}
	return tokenA
}

func of(role ocpi.Role, ids ...ocpi.PartyID) ocpitest.Options {
	var o ocpitest.Options
	for _, id := range ids {
		o.Parties = append(o.Parties, ocpitest.Party{Role: role, ID: id})
	}
	return o
}

// location is a small location that conforms, with one EVSE.
func location(owner ocpi.PartyID, id, lastUpdated string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"publish":true,"address":"Dam 1","city":"Amsterdam",`+
		`"country":"NLD","coordinates":{"latitude":"52.370216","longitude":"4.895168"},"evses":[%s],`+
		`"time_zone":"Europe/Amsterdam","x-new":{"n":1.10},"last_updated":%q}`,
		owner.Country, owner.ID, id, evse(id+"-1", lastUpdated), lastUpdated)
}

func evse(uid, lastUpdated string) string {
	return fmt.Sprintf(`{"uid":%q,"status":"AVAILABLE","connectors":[{"id":"1","standard":"IEC_62196_T2","format":"SOCKET",`+
		`"power_type":"AC_3_PHASE","max_voltage":230,"max_amperage":32,"last_updated":%q}],"last_updated":%q}`, uid, lastUpdated, lastUpdated)
}

func session(owner ocpi.PartyID, id string, driver ocpi.PartyID) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"start_date_time":"2026-01-01T10:00:00Z","kwh":1.5,`+
		`"cdr_token":{"country_code":%q,"party_id":%q,"uid":"0123","type":"RFID","contract_id":"C1"},"auth_method":"WHITELIST",`+
		`"location_id":"L1","evse_uid":"L1-1","connector_id":"1","currency":"EUR","status":"ACTIVE","last_updated":"2026-01-01T10:00:00Z"}`,
		owner.Country, owner.ID, id, driver.Country, driver.ID)
}

// send makes a call that must reach the hub, and returns its answer.
func send(t testing.TB, p *ocpitest.Platform, req ocpitest.Request) ocpitest.Reply {
	t.Helper()
	reply, err := p.Do(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func want(t testing.TB, reply ocpitest.Reply, status int, code ocpi.StatusCode) {
	t.Helper()
	if reply.Status != status || reply.Code() != code {
		t.Errorf("got HTTP %d with %d %q, want HTTP %d with %d",
			reply.Status, reply.Code(), reply.Envelope.StatusMessage, status, code)
	}
}

// putLocation is a push of a location to one receiver.
func putLocation(to ocpi.PartyID, owner ocpi.PartyID, id, body string) ocpitest.Request {
	return ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "PUT", From: owner, To: to,
		Path: owner.Country + "/" + owner.ID + "/" + id, Body: []byte(body),
	}
}

func token(owner ocpi.PartyID, uid string) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"uid":%q,"type":"RFID","contract_id":"C1","issuer":"I","valid":true,`+
		`"whitelist":"NEVER","last_updated":"2026-01-01T00:00:00Z"}`, owner.Country, owner.ID, uid)
}

func cdr(owner ocpi.PartyID, id string, driver ocpi.PartyID) string {
	return fmt.Sprintf(`{"country_code":%q,"party_id":%q,"id":%q,"start_date_time":"2026-01-01T10:00:00Z","end_date_time":"2026-01-01T11:00:00Z",`+
		`"cdr_token":{"country_code":%q,"party_id":%q,"uid":"0123","type":"RFID","contract_id":"C1"},"auth_method":"WHITELIST",`+
		`"cdr_location":{"id":"L1","address":"Dam 1","city":"Amsterdam","country":"NLD","coordinates":{"latitude":"52.370216","longitude":"4.895168"},`+
		`"evse_uid":"L1-1","evse_id":"NL*ABC*E1","connector_id":"1","connector_standard":"IEC_62196_T2","connector_format":"SOCKET","connector_power_type":"AC_3_PHASE"},`+
		`"currency":"EUR","charging_periods":[{"start_date_time":"2026-01-01T10:00:00Z","dimensions":[{"type":"ENERGY","volume":12.50}]}],`+
		`"total_cost":{"excl_vat":4.00,"incl_vat":4.84},"total_energy":12.50,"total_time":1.0,"last_updated":"2026-01-01T11:00:00Z"}`,
		owner.Country, owner.ID, id, driver.Country, driver.ID)
}
