package e2e

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// oldFields writes the fields of OCPI 2.1.1 beside the roles.
func oldFields(own []byte) []byte {
	for _, name := range []string{"country_code", "party_id"} {
		roles, _ := ocpi.Find(own, "roles")
		for role := range ocpi.Elements(roles.Value) {
			own = ocpi.SetMember(own, name, ocpi.Quote(ocpi.FindString(role, name)))
		}
	}
	return ocpi.SetMember(own, "business_details", []byte(`{"name":"Old","logo":null}`))
}

func TestQ12_CredentialsMayHaveTheOldFieldsAndAreAnsweredInKind(t *testing.T) {
	f := inTheField(t)
	for name, edit := range map[string]func([]byte) []byte{"with old fields": oldFields, "without": nil} {
		t.Run(name, func(t *testing.T) {
			f := f.in(t)
			o := described([]ocpi.Role{ocpi.EMSP})
			o.Credentials = edit
			p := ocpitest.Run(t, o)
			var answer []byte
			tokenA := f.invite(p)
			if err := p.Register(soon(t), f.hub.VersionsURL(), tokenA); err != nil {
				t.Fatal(err)
			}
			f.signOff(p)
			answer = f.ok(p, ocpitest.Request{Module: ocpi.Credentials, Method: "GET"}).Envelope.Data
			old := ocpi.FindString(answer, "country_code") == "NL" && ocpi.FindString(answer, "party_id") == "HUB" &&
				ocpi.FindString(ocpi.FindObject(answer, "business_details"), "name") != ""
			if old != (edit != nil) {
				t.Errorf("the hub's credentials are %s", masked(answer))
			}
			if roles, _ := ocpi.Find(answer, "roles"); !strings.Contains(string(roles.Value), `"HUB"`) {
				t.Errorf("the roles are %s", roles.Value)
			}
		})
	}
}

// masked takes the token out of credentials.
func masked(credentials []byte) []byte {
	return ocpi.SetMember(credentials, "token", []byte(`"..."`))
}

func TestQ13_VersionsAndDetailsAreReadInEveryShape(t *testing.T) {
	for name, habits := range map[string][]ocpitest.Habit{
		"without an envelope":          {ocpitest.BareVersions},
		"a list of endpoints, no role": {ocpitest.BareEndpoints},
		"both":                         {ocpitest.BareEndpoints, ocpitest.BareVersions},
	} {
		t.Run(name, func(t *testing.T) {
			f := inTheField(t)
			cpo := f.cpo()
			registered := ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}))
			connected := ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}))
			for _, p := range []*ocpitest.Platform{registered, connected} {
				p.Follow(ocpitest.Script{Habits: habits})
			}
			f.register(registered)
			if _, err := f.connect(connected, connected.VersionsURL()); err != nil {
				t.Fatal(err)
			}
			for _, p := range []*ocpitest.Platform{registered, connected} {
				f.passes(cpo, p, ocpi.Locations, at(id(cpo), "L-"+id(p).ID), locationWith(id(cpo), "L-"+id(p).ID, 1))
			}
		})
	}
	t.Run("and a platform that has only 2.2 is told what is missing", func(t *testing.T) {
		f := inTheField(t)
		p := ocpitest.Run(t, described([]ocpi.Role{ocpi.CPO}, func(o *ocpitest.Options) { o.Versions = []ocpi.Version{"2.2"} }))
		if _, err := f.connect(p, p.VersionsURL()); err == nil || !strings.Contains(err.Error(), "2.2.1") {
			t.Errorf("connecting gives %v", err)
		}
	})
}

func TestQ14_APlatformThatTakesTheHubForRegisteredGetsAPUT(t *testing.T) {
	f := inTheField(t)
	cpo := f.cpo()
	p := ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}, func(o *ocpitest.Options) { o.KnowsPartner = true }))
	p.Follow(ocpitest.Script{Habits: []ocpitest.Habit{
		ocpitest.Instead(ocpitest.Is(ocpi.Credentials, "POST"), 405, "application/json", `{"detail":"Client is already registered"}`),
	}})
	if _, err := f.connect(p, p.VersionsURL()); err != nil {
		t.Fatal(err)
	}
	f.passes(cpo, p, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
}

func TestQ15_CredentialsThatAreTheHubsOwnAreRefused(t *testing.T) {
	f := inTheField(t)
	p := ocpitest.Run(t, described([]ocpi.Role{ocpi.CPO}))
	p.Follow(ocpitest.Script{Habits: []ocpitest.Habit{ocpitest.EchoCredentials}})
	_, err := f.connect(p, p.VersionsURL())
	if err == nil || !strings.Contains(err.Error(), "hub's own credentials") {
		t.Errorf("connecting gives %v", err)
	}
	list, err := f.operator.Platforms.List(soon(t), &adminv1.PlatformsListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, platform := range list.GetPlatforms() {
		if platform.GetName() == p.Name() {
			t.Errorf("it is listed as %s", platform)
		}
	}
}

func TestQ16_EndpointsAreTakenByIdentifierAndWhatIsMissingIsTold(t *testing.T) {
	f := inTheField(t)
	t.Run("a CPO that lists both interfaces of everything", func(t *testing.T) {
		f := f.in(t)
		both := func(o *ocpitest.Options) {
			o.Endpoints = func(list []ocpi.Endpoint) []ocpi.Endpoint {
				for _, e := range list {
					other := e
					other.Interface = e.Interface.Other()
					list = append(list, other)
				}
				return list
			}
		}
		cpo, emsp := f.cpo(both), f.emsp(both)
		f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
		if calls := cpo.Calls(ocpitest.Is(ocpi.Locations, "PUT")); len(calls) > 0 {
			t.Errorf("a CPO got locations: %v", calls)
		}
	})
	t.Run("a CPO without commands", func(t *testing.T) {
		f := f.in(t)
		cpo, emsp := f.cpo(func(o *ocpitest.Options) {
			o.Endpoints = func(list []ocpi.Endpoint) (out []ocpi.Endpoint) {
				for _, e := range list {
					if e.Module != ocpi.Commands {
						out = append(out, e)
					}
				}
				return out
			}
		}), f.emsp()
		req := command(emsp, "UNLOCK_CONNECTOR", `"location_id":"L1","evse_uid":"1","connector_id":"1"`)
		req.To = id(cpo)
		if reply := f.answered(emsp, req, 200, 4000); !strings.Contains(reply.Envelope.StatusMessage, "commands") {
			t.Errorf("the message is %q", reply.Envelope.StatusMessage)
		}
	})
}

func TestQ23_ACredentialsGETEndsNothingAndSilenceCountsAsGone(t *testing.T) {
	f := inTheField(t)
	cpo, emsp := f.cpo(), f.emsp()
	f.ok(cpo, ocpitest.Request{Module: ocpi.Credentials, Method: "GET"})
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
	cpo.Stop() // without a word
	err := emsp.Until(soon(t), func() bool {
		for _, info := range emsp.ClientInfos() {
			if info.Party.ID == id(cpo) && info.Status == "OFFLINE" {
				return true
			}
		}
		return false
	})
	if err != nil {
		t.Error(err)
	}
	if err := cpo.Start(); err != nil {
		t.Error(err)
	}
}

// named describes a platform of one party.
func named(role ocpi.Role, id string) ocpitest.Options {
	o := platformOf(role, id)
	o.Name = id
	return o
}

func TestQ41_LongPartyIDsAreTakenFromThoseWhoseInvitationNamesThem(t *testing.T) {
	f := inTheField(t)
	emsp := f.emsp()
	for _, party := range []string{"NL*NUMO001T", "BE*1234567890"} {
		t.Run(party, func(t *testing.T) {
			f := f.in(t)
			cpo := f.join(named(ocpi.CPO, party))
			f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
			req := command(emsp, "UNLOCK_CONNECTOR", `"location_id":"L1","evse_uid":"1","connector_id":"1"`)
			req.To = id(cpo)
			f.ok(emsp, req)
			if call := f.arrives(cpo, ocpi.Commands, "POST", "/UNLOCK_CONNECTOR"); call.Routing != routing(id(cpo), id(emsp)) {
				t.Errorf("it arrived with %+v", call.Routing)
			}
			var decision struct {
				Receivers []json.RawMessage `json:"receivers"`
			}
			if err := f.hub.Hubctl(&decision, "explain", "--from", id(emsp).String(), "--to", party, "--module", "commands", "--method", "POST", "--path", "UNLOCK_CONNECTOR"); err != nil || len(decision.Receivers) != 1 {
				t.Errorf("explain gives %v, %v", decision, err)
			}
			var list []struct {
				CountryCode string `json:"country_code"`
				PartyID     string `json:"party_id"`
			}
			if err := f.hub.Hubctl(&list, "parties", "list"); err != nil {
				t.Fatal(err)
			}
			listed := false
			for _, p := range list {
				listed = listed || p.CountryCode+"*"+p.PartyID == party
			}
			if !listed {
				t.Errorf("hubctl does not list %s", party)
			}
		})
	}
	t.Run("and from nobody else", func(t *testing.T) {
		f := f.in(t)
		o := named(ocpi.CPO, "NL*UNNAMED9")
		p := ocpitest.Run(t, o)
		resp, err := f.operator.Platforms.Invite(soon(t), &adminv1.PlatformsInviteRequest{Name: o.Name})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Register(soon(t), f.hub.VersionsURL(), resp.GetTokenA()); err == nil || !strings.Contains(err.Error(), "invitation") {
			t.Errorf("registering gives %v", err)
		}
	})
}

func TestQ48_PartiesOfEveryCountryAreTaken(t *testing.T) {
	f := inTheField(t)
	emsp := f.emsp()
	for _, party := range []string{"XK*ABC", "IS*ABC", "RU*ABC", "UK*ABC"} {
		cpo := f.join(named(ocpi.CPO, party))
		f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
	}
}

func TestQ19_CredentialsMayHoldNulls(t *testing.T) {
	f := inTheField(t)
	emsp := f.emsp(func(o *ocpitest.Options) {
		o.Credentials = func(own []byte) []byte {
			own = bytes.Replace(own, []byte(`"name":`), []byte(`"logo":null,"website":null,"name":`), 1)
			for _, name := range []string{"hub_party_id", "country_code", "party_id", "business_details"} {
				own = ocpi.SetMember(own, name, []byte("null"))
			}
			return own
		}
	})
	cpo := f.cpo()
	f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
}
