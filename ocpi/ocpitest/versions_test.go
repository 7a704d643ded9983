package ocpitest_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// pairIn starts a CPO and an eMSP that speak some versions, and registers the
// first with the second.
func pairIn(t *testing.T, cpo, emsp []ocpi.Version) (c, e *ocpitest.Platform) {
	t.Helper()
	return pair(t, func(c, e *ocpitest.Options) { c.Versions, e.Versions = cpo, emsp })
}

func all() []ocpi.Version { return ocpi.KnownVersions() }

// eachVersion plays a piece between a CPO and an eMSP of every version.
func eachVersion(t *testing.T, play func(t *testing.T, v ocpi.Version, cpo, emsp *ocpitest.Platform)) {
	for _, v := range all() {
		t.Run(string(v), func(t *testing.T) {
			cpo, emsp := pairIn(t, []ocpi.Version{v}, all())
			play(t, v, cpo, emsp)
		})
	}
}

func TestPlatformsSpeakTheHighestVersionThatBothHave(t *testing.T) {
	for _, test := range []struct {
		cpo, emsp []ocpi.Version
		want      ocpi.Version
	}{
		{nil, nil, ocpi.V221},
		{all(), all(), ocpi.V230},
		{[]ocpi.Version{ocpi.V211, ocpi.V221}, all(), ocpi.V221},
		{all(), []ocpi.Version{"2.10", ocpi.V211}, ocpi.V211},
	} {
		cpo, emsp := pairIn(t, test.cpo, test.emsp)
		if cpo.Version() != test.want || emsp.Version() != test.want {
			t.Errorf("%v and %v speak %s and %s, want %s", test.cpo, test.emsp, cpo.Version(), emsp.Version(), test.want)
		}
	}
}

func TestPlatformsWithoutAMutualVersionDoNotRegister(t *testing.T) {
	cpo := ocpitest.Run(t, ocpitest.Options{
		Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: cedar}}, Versions: []ocpi.Version{ocpi.V211},
	})
	emsp := ocpitest.Run(t, ocpitest.Options{
		Name: "Drive", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: drive}}, Versions: []ocpi.Version{ocpi.V230},
	})
	if err := cpo.Register(within(t), emsp.VersionsURL(), emsp.Invite()); err == nil || !strings.Contains(err.Error(), "no mutual version") {
		t.Errorf("got %v", err)
	}
}

func TestObjectsPassBetweenPlatformsOfEachVersion(t *testing.T) {
	eachVersion(t, func(t *testing.T, v ocpi.Version, cpo, emsp *ocpitest.Platform) {
		ctx, of := within(t), cpo.SampleOf(cedar)
		token := emsp.SampleOf(drive).Token("04A1")
		charge := ocpitest.Charge{Location: of.Location("LOC1"), Token: token}
		for m, body := range map[ocpi.ModuleID][]byte{
			ocpi.Locations: charge.Location, ocpi.Tariffs: of.Tariff("T1"), ocpi.Sessions: of.Session("S1", charge), ocpi.CDRs: of.CDR("C1", charge),
		} {
			reply, err := cpo.Push(ctx, m, drive, body)
			mustOK(t, reply, err)
			got, ok := emsp.Object(cpo.KeyOf(m, body), drive)
			if !ok || string(got.Raw) != string(body) || got.Version != v {
				t.Errorf("%s in %s: kept %s of %s, sent %s", m, v, got.Raw, got.Version, body)
			}
		}
		reply, err := emsp.Push(ctx, ocpi.Tokens, cedar, token)
		mustOK(t, reply, err)
		if got := cpo.Objects(ocpi.Tokens, nil); len(got) != 1 || got[0].Owner != drive || got[0].To != cedar {
			t.Errorf("the CPO has %+v", got)
		}
	})
}

func TestListsArePagedInEachVersion(t *testing.T) {
	eachVersion(t, func(t *testing.T, _ ocpi.Version, cpo, emsp *ocpitest.Platform) {
		for _, id := range []string{"LOC1", "LOC2", "LOC3"} {
			cpo.Offer(ocpi.Locations, cpo.SampleOf(cedar).Location(id))
		}
		crawl, err := emsp.GetAll(within(t), ocpitest.List{Module: ocpi.Locations, To: cedar, Limit: 2}, nil)
		if diff := cmp.Diff(ocpitest.Crawl{Objects: 3, Pages: 2, Total: 3}, crawl); err != nil || diff != "" {
			t.Errorf("%v, %s", err, diff)
		}
		reply, err := emsp.Do(within(t), ocpitest.Request{
			Module: ocpi.Locations, Interface: ocpi.Sender, Method: http.MethodGet, Path: "LOC2/E1/1", To: cedar,
		})
		mustOK(t, reply, err)
	})
}

func TestDriversAreAuthorisedInEachVersion(t *testing.T) {
	eachVersion(t, func(t *testing.T, v ocpi.Version, cpo, emsp *ocpitest.Platform) {
		emsp.Offer(ocpi.Tokens, emsp.SampleOf(drive).Token("04A1"))
		reply, err := cpo.Authorize(within(t), "04A1", cedar, drive, cpo.SampleOf(cedar).Where("LOC1"))
		mustOK(t, reply, err)
		mustBeSound(t, v, "AuthorizationInfo", reply.Envelope.Data)
		reply, err = cpo.Authorize(within(t), "04FF", cedar, drive, nil)
		want := ocpi.StatusUnknownToken
		if v == ocpi.V211 {
			want = ocpi.StatusClientError
		}
		if err != nil || reply.Status != http.StatusNotFound || reply.Code() != want {
			t.Errorf("an unknown token is answered %d with %d, %v", reply.Status, reply.Code(), err)
		}
	})
}

func TestCommandsGetTheirResultInEachVersion(t *testing.T) {
	eachVersion(t, func(t *testing.T, v ocpi.Version, cpo, emsp *ocpitest.Platform) {
		of := emsp.SampleOf(drive)
		result, later, err := emsp.Command(within(t), ocpitest.Order{
			Name: "START_SESSION", From: drive, To: cedar, Body: of.StartSession("LOC1", of.Token("04A1")),
		})
		if err != nil || result != "ACCEPTED" {
			t.Fatalf("got %q, %v", result, err)
		}
		answer, err := later.Wait(within(t))
		if err != nil || answer.Result() != "ACCEPTED" || answer.Version != v {
			t.Errorf("the result is %s in %s, %v", answer.Body, answer.Version, err)
		}
		if got := cpo.Calls(ocpitest.Is(ocpi.Commands, http.MethodPost)); len(got) != 1 || got[0].Below != "START_SESSION" {
			t.Errorf("the CPO was called %v", got)
		}
	})
}

func TestIn211TheDetailsNameNoRoleAndEachModuleOnce(t *testing.T) {
	cpo, emsp := pairIn(t, []ocpi.Version{ocpi.V211}, []ocpi.Version{ocpi.V211})
	for p, partner := range map[*ocpitest.Platform]*ocpitest.Platform{cpo: emsp, emsp: cpo} {
		known, err := partner.Partner()
		if err != nil {
			t.Fatal(err)
		}
		reply, err := partner.Do(within(t), ocpitest.Request{
			URL: strings.TrimSuffix(p.VersionsURL(), "versions") + "2.1.1", Module: ocpi.Versions, Method: http.MethodGet, Token: known.Token,
		})
		mustOK(t, reply, err)
		var details struct {
			Endpoints []map[string]string `json:"endpoints"`
		}
		if err := json.Unmarshal(reply.Envelope.Data, &details); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, e := range details.Endpoints {
			if _, hasRole := e["role"]; hasRole || seen[e["identifier"]] {
				t.Errorf("%s lists %v", p.Name(), e)
			}
			seen[e["identifier"]] = true
		}
		if len(seen) != 7 {
			t.Errorf("%s lists %d modules, want credentials and six more", p.Name(), len(seen))
		}
	}
	known, _ := emsp.Partner()
	if known.Endpoint(ocpi.Locations, ocpi.Sender) == "" || known.Endpoint(ocpi.Locations, ocpi.Receiver) != "" {
		t.Errorf("the eMSP takes the CPO's endpoints for %v", known.Endpoints)
	}
}

func TestIn211CredentialsNameOnePartyAndTokensAreRaw(t *testing.T) {
	cpo, emsp := pairIn(t, []ocpi.Version{ocpi.V211}, all())
	call := emsp.Calls(ocpitest.Is(ocpi.Credentials, http.MethodPost))[0]
	if got := ocpi.FindString(call.Body, "party_id"); got != "CDR" || strings.Contains(string(call.Body), "roles") {
		t.Errorf("the credentials are %s", call.Body)
	}
	if got := call.Header.Get("Authorization"); got != "Token "+call.Token {
		t.Errorf("the token came as %q", got)
	}
	mustBeSound(t, ocpi.V211, "Credentials", call.Body)
	if cpo.Hub() != drive || emsp.Hub() != cedar {
		t.Errorf("they know each other as %v and %v", cpo.Hub(), emsp.Hub())
	}
}

func TestIn211NoMessageCarriesRoutingHeadersOrIDs(t *testing.T) {
	cpo, emsp := pairIn(t, []ocpi.Version{ocpi.V211}, []ocpi.Version{ocpi.V211})
	reply, err := cpo.Push(within(t), ocpi.Locations, drive, cpo.SampleOf(cedar).Location("LOC1"))
	mustOK(t, reply, err)
	call := emsp.Calls(ocpitest.Is(ocpi.Locations, ""))[0]
	for _, header := range []http.Header{call.Header, reply.Header} {
		for name := range header {
			if strings.HasPrefix(name, "Ocpi-") || name == ocpi.HeaderRequestID || name == ocpi.HeaderCorrelationID {
				t.Errorf("there is a header %s", name)
			}
		}
	}
}

func TestIn211HeadersThatComeAllTheSameMeanNothing(t *testing.T) {
	cpo, emsp := pairIn(t, []ocpi.Version{ocpi.V211}, []ocpi.Version{ocpi.V211})
	reply, err := cpo.Do(within(t), ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Receiver, Method: http.MethodPut, Path: "NL/CDR/LOC1",
		Body:   cpo.SampleOf(cedar).Location("LOC1"),
		Header: http.Header{ocpi.HeaderToParty: {"ZZZ"}, ocpi.HeaderToCountry: {"XX"}, ocpi.HeaderFromParty: {"HALF"}},
	})
	mustOK(t, reply, err)
	if _, ok := emsp.Object(key("LOC1"), drive); !ok {
		t.Error("the location was not kept")
	}
}

func TestACDROf211IsGotWhereItsAnswerPoints(t *testing.T) {
	cpo, _ := pairIn(t, []ocpi.Version{ocpi.V211}, []ocpi.Version{ocpi.V211})
	of := cpo.SampleOf(cedar)
	cdr := of.CDR("C1", ocpitest.Charge{Location: of.Location("LOC1"), Token: of.Token("04A1")})
	reply, err := cpo.Push(within(t), ocpi.CDRs, ocpi.PartyID{}, cdr)
	mustOK(t, reply, err)
	reply, err = cpo.Do(within(t), ocpitest.Request{URL: reply.Header.Get("Location"), Module: ocpi.CDRs, Method: http.MethodGet})
	mustOK(t, reply, err)
	if string(reply.Envelope.Data) != string(cdr) {
		t.Errorf("got %s", reply.Envelope.Data)
	}
}

func TestAPlatformUpgradesByPUTOnTheNewVersionsEndpoint(t *testing.T) {
	cpo, emsp := pairIn(t, []ocpi.Version{ocpi.V211}, all())
	reply, err := cpo.Push(within(t), ocpi.Locations, drive, cpo.SampleOf(cedar).Location("LOC1"))
	mustOK(t, reply, err)
	for _, v := range []ocpi.Version{ocpi.V221, ocpi.V230, ocpi.V211} {
		if err := cpo.Upgrade(within(t), v); err != nil {
			t.Fatal(err)
		}
		if cpo.Version() != v || emsp.Version() != v {
			t.Errorf("after the upgrade to %s they speak %s and %s", v, cpo.Version(), emsp.Version())
		}
		location := cpo.SampleOf(cedar).Location("LOC1")
		reply, err := cpo.Push(within(t), ocpi.Locations, drive, location)
		mustOK(t, reply, err)
		if got, _ := emsp.Object(key("LOC1"), drive); got.Version != v || string(got.Raw) != string(location) {
			t.Errorf("after the upgrade to %s the eMSP has %s of %s", v, got.Raw, got.Version)
		}
	}
	if got := len(emsp.Calls(ocpitest.Is(ocpi.Credentials, http.MethodPut))); got != 3 {
		t.Errorf("%d PUT credentials, want 3", got)
	}
}

func TestAnUpgradeThatThePartnerDoesNotHaveChangesNothing(t *testing.T) {
	cpo, _ := pairIn(t, []ocpi.Version{ocpi.V221}, []ocpi.Version{ocpi.V221})
	if err := cpo.Upgrade(within(t), ocpi.V230); err == nil || cpo.Version() != ocpi.V221 {
		t.Errorf("got %v, and it speaks %s", err, cpo.Version())
	}
}

func TestTheNewestVersionIsFoundWhenCredentialsAreSentAgain(t *testing.T) {
	cpo, emsp := pairIn(t, []ocpi.Version{ocpi.V221}, all())
	cpo.SetVersions(ocpi.V221, ocpi.V230)
	if err := cpo.UpdateCredentials(within(t)); err != nil || emsp.Version() != ocpi.V230 {
		t.Errorf("got %v, and the partner speaks %s", err, emsp.Version())
	}
}

func TestWhatIsNotListedIsNotServed(t *testing.T) {
	cpo, emsp := pairIn(t, []ocpi.Version{ocpi.V221}, all())
	known, _ := emsp.Partner()
	base := strings.TrimSuffix(cpo.VersionsURL(), "versions")
	for _, path := range []string{"2.3.0", "2.3.0/credentials", "2.3.0/sender/locations", "2.1.1/locations", "2.2.1/sender/payments"} {
		reply, err := emsp.Do(within(t), ocpitest.Request{URL: base + path, Module: ocpi.Locations, Method: http.MethodGet, Token: known.Token})
		if err != nil || reply.Status != http.StatusNotFound {
			t.Errorf("%s: %d, %v", path, reply.Status, err)
		}
	}
}

func TestAListHoldsTheObjectsOfItsVersion(t *testing.T) {
	cpo, emsp := pairIn(t, []ocpi.Version{ocpi.V221}, all())
	cpo.Offer(ocpi.Locations, cpo.SampleOf(cedar).Location("OLD"))
	if err := cpo.Upgrade(within(t), ocpi.V230); err != nil {
		t.Fatal(err)
	}
	cpo.Offer(ocpi.Locations, cpo.SampleOf(cedar).Location("NEW"))
	var ids []string
	_, err := emsp.GetAll(within(t), ocpitest.List{Module: ocpi.Locations, To: cedar}, func(raw []byte) error {
		ids = append(ids, ocpi.FindString(raw, "id"))
		return nil
	})
	if err != nil || !slices.Equal(ids, []string{"NEW"}) {
		t.Errorf("listed are %v, %v", ids, err)
	}
}

func TestAHubOf230IsKnownByItsIDAndTellsWhomItReaches(t *testing.T) {
	hub := ocpi.NewPartyID("NL", "HUB")
	cpo, emsp := pair(t, func(c, e *ocpitest.Options) {
		c.Versions, e.Versions = all(), all()
		e.Credentials = func(body []byte) []byte { return ocpi.SetMember(body, "hub_party_id", ocpi.Quote("NLHUB")) }
	})
	if cpo.Hub() != hub {
		t.Errorf("the hub is %v, want %v", cpo.Hub(), hub)
	}
	want := []ocpitest.Party{{Role: ocpi.EMSP, ID: drive}}
	if diff := cmp.Diff(want, cpo.Reachable()); diff != "" {
		t.Errorf("reachable: %s", diff)
	}
	if emsp.Reachable() != nil {
		t.Error("a party platform is taken for a hub")
	}
}

func TestAHubTellsByPUTWhomItReachesNow(t *testing.T) {
	cpo, hub := pair(t, func(c, e *ocpitest.Options) {
		c.Versions, e.Versions = all(), all()
		e.Credentials = func(body []byte) []byte { return ocpi.SetMember(body, "hub_party_id", ocpi.Quote("NLHUB")) }
	})
	before, _ := cpo.Partner()
	if err := hub.UpdateCredentials(within(t)); err != nil {
		t.Fatal(err)
	}
	after, _ := cpo.Partner()
	if before.Token == after.Token || after.Version != ocpi.V230 || len(cpo.Reachable()) != 1 {
		t.Errorf("after the PUT the CPO knows %+v", after)
	}
	reply, err := cpo.Push(within(t), ocpi.Locations, cpo.Hub(), cpo.SampleOf(cedar).Location("LOC1"))
	if err != nil || reply.Code() != ocpi.StatusInvalidParameters { // the eMSP that plays the hub has no such party
		t.Errorf("got %d, %v", reply.Code(), err)
	}
}

func TestA211PlatformOfTwoPartiesNamesTheFirst(t *testing.T) {
	second := ocpi.NewPartyID("NL", "TWO")
	_, emsp := pair(t, func(c, e *ocpitest.Options) {
		c.Versions, e.Versions = []ocpi.Version{ocpi.V211}, all()
		c.Parties = append(c.Parties, ocpitest.Party{Role: ocpi.CPO, ID: second})
	})
	if got := emsp.Hub(); got != cedar {
		t.Errorf("the eMSP knows %v, want %v", got, cedar)
	}
}

func TestThePartnerMayBeTheOneThatConnectsInEachVersion(t *testing.T) {
	for _, v := range all() {
		cpo := ocpitest.Run(t, ocpitest.Options{Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: cedar}}, Versions: []ocpi.Version{v}})
		emsp := ocpitest.Run(t, ocpitest.Options{Name: "Drive", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: drive}}, Versions: all()})
		err := errors.Join(emsp.Register(within(t), cpo.VersionsURL(), cpo.Invite()), cpo.WaitRegistered(within(t)))
		if err != nil || cpo.Version() != v || cpo.Hub() != drive {
			t.Errorf("in %s: %v; the CPO speaks %s with %v", v, err, cpo.Version(), cpo.Hub())
		}
	}
}
