package routing

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

var (
	hub   = ocpi.NewPartyID("NL", "HUB")
	cpo   = ocpi.NewPartyID("DE", "ABC")
	cpo2  = ocpi.NewPartyID("DE", "XYZ")
	emsp  = ocpi.NewPartyID("NL", "TNM")
	both  = ocpi.NewPartyID("BE", "TWO")
	other = ocpi.NewPartyID("FR", "OTH")
)

func party(role ocpi.Role, id ocpi.PartyID) parties.Party {
	return parties.Party{Claim: parties.Claim{Role: role, Party: id}}
}

// message makes a message of a platform with these parties.
func message(t testing.TB, sender []parties.Party, method string, at ocpi.Interface, module ocpi.ModuleID, path string, routing ocpi.Routing) *Message {
	t.Helper()
	rule, segments, _, why := ocpi.Match(ocpi.Address{Version: ocpi.V221, Module: module, Interface: at}, method, path)
	if why != ocpi.Matched {
		t.Fatalf("%s %s %s %q matches no rule (%d)", method, at, module, path, why)
	}
	return &Message{Rule: rule, Sender: &parties.Platform{ID: "sender", Parties: sender}, Routing: routing, Path: path, Segments: segments}
}

func TestAddressTellsTheRoutingModesApart(t *testing.T) {
	cpos := []parties.Party{party(ocpi.CPO, cpo)}
	emsps := []parties.Party{party(ocpi.EMSP, emsp)}
	for _, c := range []struct {
		name         string
		sender       []parties.Party
		method       string
		at           ocpi.Interface
		module       ocpi.ModuleID
		path         string
		to           ocpi.PartyID
		want         Way
		wantTo       ocpi.PartyID
		refusedAs    fault.Kind
		wantsRefusal bool
	}{
		{name: "H-070 to a party goes direct", sender: cpos, method: "PUT", at: ocpi.Receiver, module: ocpi.Locations, path: "DE/ABC/L1", to: emsp, want: Direct, wantTo: emsp},
		{name: "H-093 a push to the hub is broadcast", sender: cpos, method: "PUT", at: ocpi.Receiver, module: ocpi.Locations, path: "DE/ABC/L1", to: hub, want: Broadcast},
		{name: "H-115 a push to nobody is broadcast where the module allows", sender: cpos, method: "PATCH", at: ocpi.Receiver, module: ocpi.Locations, path: "DE/ABC/L1/E1", want: Broadcast},
		{name: "H-100 DELETE of a tariff is broadcast", sender: cpos, method: "DELETE", at: ocpi.Receiver, module: ocpi.Tariffs, path: "DE/ABC/T1", to: hub, want: Broadcast},
		{name: "H-099 a session to the hub is not broadcast but found by its content", sender: cpos, method: "PUT", at: ocpi.Receiver, module: ocpi.Sessions, path: "DE/ABC/S1", to: hub, want: Open, wantTo: hub},
		{name: "H-110 a session to nobody is found by its content", sender: cpos, method: "PUT", at: ocpi.Receiver, module: ocpi.Sessions, path: "DE/ABC/S1", want: Open},
		{name: "H-118 GET of a list to the hub is GET all", sender: emsps, method: "GET", at: ocpi.Sender, module: ocpi.Locations, to: hub, want: GetAll},
		{name: "GET of a list to oneself means the hub", sender: emsps, method: "GET", at: ocpi.Sender, module: ocpi.Locations, to: emsp, want: GetAll},
		{name: "GET of a list to a party is forwarded", sender: emsps, method: "GET", at: ocpi.Sender, module: ocpi.Locations, to: cpo, want: Direct, wantTo: cpo},
		{name: "H-112 GET of a list to nobody is refused", sender: emsps, method: "GET", at: ocpi.Sender, module: ocpi.Locations, wantsRefusal: true, refusedAs: fault.Invalid},
		{name: "H-098 GET on a receiver interface to the hub is refused", sender: cpos, method: "GET", at: ocpi.Receiver, module: ocpi.Locations, path: "DE/ABC/L1", to: hub, wantsRefusal: true, refusedAs: fault.Invalid},
		{name: "H-123 GET of one object to the hub is found by its id", sender: emsps, method: "GET", at: ocpi.Sender, module: ocpi.Locations, path: "L1", to: hub, want: Open, wantTo: hub},
		{name: "H-153 GET on a receiver interface to a party is forwarded", sender: cpos, method: "GET", at: ocpi.Receiver, module: ocpi.Locations, path: "DE/ABC/L1", to: emsp, want: Direct, wantTo: emsp},
		{name: "H-150 the Location of a CDR leads back whoever OCPI-to names", sender: cpos, method: "GET", at: ocpi.Receiver, module: ocpi.CDRs, path: "C1", to: emsp, want: Open, wantTo: emsp},
		{name: "a command to nobody is found by its location", sender: emsps, method: "POST", at: ocpi.Receiver, module: ocpi.Commands, path: "START_SESSION", want: Open},
		{name: "an eMSP cannot push locations", sender: emsps, method: "PUT", at: ocpi.Receiver, module: ocpi.Locations, path: "NL/TNM/L1", to: hub, wantsRefusal: true, refusedAs: fault.Invalid},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(t, c.sender, c.method, c.at, c.module, c.path, ocpi.Routing{To: c.to, From: c.sender[0].Party})
			plan, err := Address(m, hub)
			if c.wantsRefusal {
				if !fault.Is(err, c.refusedAs) {
					t.Fatalf("got %v and error %v, want a refusal", plan, err)
				}
				return
			}
			if err != nil || plan.Way != c.want {
				t.Fatalf("got way %q and error %v, want %q", plan.Way, err, c.want)
			}
			if c.want == Direct && plan.To != c.wantTo {
				t.Errorf("goes to %s, want %s", plan.To, c.wantTo)
			}
		})
	}
}

func TestAddressFindsTheSpeaker(t *testing.T) {
	several := []parties.Party{party(ocpi.CPO, cpo), party(ocpi.CPO, cpo2), party(ocpi.EMSP, emsp)}
	mixed := []parties.Party{party(ocpi.CPO, both), party(ocpi.EMSP, both)}
	for _, c := range []struct {
		name   string
		sender []parties.Party
		from   ocpi.PartyID
		module ocpi.ModuleID
		want   Speaker
		refuse bool
	}{
		{name: "H-072 a party of another platform is refused", sender: several, from: other, module: ocpi.Locations, refuse: true},
		{name: "H-073 several fitting parties and no OCPI-from are refused", sender: several, module: ocpi.Locations, refuse: true},
		{name: "H-073 the one fitting party speaks without OCPI-from", sender: several, module: ocpi.Tokens, want: Speaker{emsp, ocpi.EMSP}},
		{name: "H-035 a party with two roles speaks in the one that fits: CPO", sender: mixed, from: both, module: ocpi.Locations, want: Speaker{both, ocpi.CPO}},
		{name: "H-035 a party with two roles speaks in the one that fits: eMSP", sender: mixed, from: both, module: ocpi.Tokens, want: Speaker{both, ocpi.EMSP}},
		{name: "a party without a fitting role is refused", sender: several, from: emsp, module: ocpi.Locations, refuse: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := message(t, c.sender, "PUT", ocpi.Receiver, c.module, "AA/BBB/1", ocpi.Routing{To: hub, From: c.from})
			plan, err := Address(m, hub)
			if c.refuse {
				if !fault.Is(err, fault.Invalid) {
					t.Fatalf("got %v, %v; want a refusal", plan, err)
				}
				return
			}
			if err != nil || plan.From != c.want {
				t.Fatalf("got %v, %v; want %v", plan.From, err, c.want)
			}
		})
	}
}

// directory is a hub with a CPO, an eMSP, and one platform of both roles.
func directory() *parties.Directory {
	receives := func(modules ...ocpi.ModuleID) (out []ocpi.Endpoint) {
		for _, m := range modules {
			out = append(out, ocpi.Endpoint{Module: m, Interface: ocpi.Receiver, URL: "http://x/" + string(m)})
		}
		return out
	}
	platform := func(id string, status parties.Status, endpoints []ocpi.Endpoint, list ...parties.Party) *parties.Platform {
		return &parties.Platform{ID: id, Status: status, Parties: list, Endpoints: endpoints, SealedToken: []byte{1}}
	}
	return parties.NewDirectory([]*parties.Platform{
		platform("c", parties.Connected, receives(ocpi.Commands, ocpi.Tokens), party(ocpi.CPO, cpo), party(ocpi.CPO, cpo2)),
		platform("e", parties.Connected, receives(ocpi.Locations, ocpi.Sessions), party(ocpi.EMSP, emsp)),
		platform("b1", parties.Connected, receives(ocpi.Tokens), party(ocpi.CPO, both)),
		platform("b2", parties.Connected, receives(ocpi.Sessions), party(ocpi.EMSP, both)),
		platform("o", parties.Offline, receives(ocpi.Locations), party(ocpi.EMSP, other)),
	}, 1)
}

func TestPermitFindsTheHomeOfAReceiver(t *testing.T) {
	dir := directory()
	fromCPO, fromEMSP := Speaker{cpo, ocpi.CPO}, Speaker{emsp, ocpi.EMSP}
	for _, c := range []struct {
		name   string
		from   Speaker
		to     ocpi.PartyID
		module ocpi.ModuleID
		method string
		path   string
		home   string
		fault  fault.Kind
	}{
		{name: "a receiver that offers the module", from: fromCPO, to: emsp, module: ocpi.Locations, method: "PUT", path: "DE/ABC/1", home: "e"},
		{name: "H-058 an unknown receiver", from: fromCPO, to: ocpi.NewPartyID("XX", "ZZZ"), module: ocpi.Locations, method: "PUT", path: "DE/ABC/1", fault: fault.UnknownReceiver},
		{name: "a receiver of the same side reads as unknown", from: fromCPO, to: cpo2, module: ocpi.Locations, method: "PUT", path: "DE/ABC/1", fault: fault.UnknownReceiver},
		{name: "H-060 a receiver that is away", from: fromCPO, to: other, module: ocpi.Locations, method: "PUT", path: "DE/ABC/1", fault: fault.NotConnected},
		{name: "H-064 a receiver without the module", from: fromCPO, to: emsp, module: ocpi.Tariffs, method: "PUT", path: "DE/ABC/1", fault: fault.NoInterface},
		{name: "H-035 a token for the CPO home of a party with two homes", from: fromEMSP, to: both, module: ocpi.Tokens, method: "PUT", path: "NL/TNM/1", home: "b1"},
		{name: "H-035 a session for the eMSP home of a party with two homes", from: fromCPO, to: both, module: ocpi.Sessions, method: "PUT", path: "DE/ABC/1", home: "b2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rule, _, _, _ := ocpi.Match(ocpi.Address{Version: ocpi.V221, Module: c.module, Interface: ocpi.Receiver}, c.method, c.path)
			target, err := Permit(dir, c.from, c.to, rule, time.Now())
			if c.home == "" {
				if !fault.Is(err, c.fault) {
					t.Fatalf("got %v, want fault kind %d", err, c.fault)
				}
				return
			}
			if err != nil || target.Platform.ID != c.home {
				t.Fatalf("got %+v, %v; want platform %s", target, err, c.home)
			}
		})
	}
}

func BenchmarkAddressAndPermit(b *testing.B) {
	dir := directory()
	m := message(b, []parties.Party{party(ocpi.CPO, cpo)}, "PUT", ocpi.Receiver, ocpi.Locations, "DE/ABC/L1", ocpi.Routing{To: emsp, From: cpo})
	b.ReportAllocs()
	for b.Loop() {
		plan, err := Address(m, hub)
		if err == nil {
			_, err = Permit(dir, plan.From, plan.To, m.Rule, time.Now())
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}
