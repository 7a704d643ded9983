package hub_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

func TestH036_H040_APlatformOf211RegistersRenewsAndSignsOff(t *testing.T) {
	h := startHub(t, both211)
	for _, c := range []struct {
		role ocpi.Role
		id   ocpi.PartyID
		tree string
	}{{ocpi.EMSP, emsp, "/ocpi/2.1.1/cpo/"}, {ocpi.CPO, cpo, "/ocpi/2.1.1/emsp/"}} {
		o := olderAt(t, h, c.role, c.id)
		at := o.endpoint(ocpi.V211, ocpi.Credentials)
		if !strings.HasSuffix(at, c.tree+"credentials") {
			t.Errorf("%s has its credentials at %s", c.role, at)
		}
		got := o.send(http.MethodGet, at, "")
		if ocpi.FindString(got.data, "party_id") != "HUB" || ocpi.FindString(got.data, "country_code") != "NL" ||
			strings.Contains(string(got.data), "roles") || ocpi.FindString(got.data, "token") != o.theirs {
			t.Errorf("the hub's credentials are %s", got.data)
		}
		before := o.theirs
		if got := o.register(http.MethodPut, ocpi.V211, "own-2-"+c.id.ID); got.code != ocpi.StatusOK || o.theirs == before {
			t.Errorf("PUT: %d %q", got.code, got.message)
		}
		if got := o.register(http.MethodPost, ocpi.V211, "own-2-"+c.id.ID); got.status != 405 {
			t.Errorf("H-018 a second POST: HTTP %d", got.status)
		}
		p := o.platform()
		if p.Status != parties.Connected || p.Version != ocpi.V211 || p.TokenEncoding != ocpi.TokenRaw || len(p.Parties) != 1 || p.Parties[0].Claim != o.claim {
			t.Errorf("it is %+v", p)
		}
		if got := o.send(http.MethodDelete, at, ""); got.code != ocpi.StatusOK {
			t.Errorf("DELETE: %d %q", got.code, got.message)
		}
		if got := o.send(http.MethodGet, h.VersionsURL(), ""); got.status != 401 {
			t.Errorf("H-022 after DELETE: HTTP %d", got.status)
		}
	}
}

func TestH003_ATokenOf211IsTakenPlainAndInBase64AndGivenPlain(t *testing.T) {
	h := startHub(t, both211)
	o := olderAt(t, h, ocpi.EMSP, emsp)
	plain := o.theirs
	for _, token := range []string{plain, base64.StdEncoding.EncodeToString([]byte(plain))} {
		o.theirs = token
		if got := o.send(http.MethodGet, h.VersionsURL(), ""); got.status != 200 {
			t.Errorf("%q: HTTP %d", token, got.status)
		}
	}
	o.theirs = plain
	if _, _, err := h.Registry().Rotate(t.Context(), o.platform().ID); err != nil { // the platform refuses Base64
		t.Fatal(err)
	}
	if call := o.took(http.MethodPut, "/2.1.1/credentials"); ocpi.FindString(call.body, "party_id") != "HUB" || strings.Contains(string(call.body), "roles") {
		t.Errorf("H-036 the hub sent %s", call.body)
	}
}

func TestH012_H036_TheHubRegistersAsSenderWithAPlatformOf211(t *testing.T) {
	h := startHub(t, both211)
	o := newOlder(t, h, ocpi.CPO, cpo)
	o.own = "token-a"
	in := parties.Invitation{Name: cpo.String(), VersionsURL: o.url + "/versions", Token: "token-a"}
	if _, err := h.Registry().Connect(t.Context(), in); err == nil || !strings.Contains(err.Error(), "ROLE:CC*PID") {
		t.Errorf("without its party: %v", err)
	}
	in.Claims = []parties.Claim{o.claim}
	p, err := h.Registry().Connect(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if _, sends := p.Endpoint(ocpi.Locations, ocpi.Sender); !sends || p.Version != ocpi.V211 || p.Parties[0].Claim != o.claim {
		t.Errorf("it is %+v", p)
	}
	if _, takes := p.Endpoint(ocpi.Locations, ocpi.Receiver); takes {
		t.Error("a CPO takes locations")
	}
	if got := o.send(http.MethodGet, o.endpoint(ocpi.V211, ocpi.Tokens), ""); got.code != ocpi.StatusOK {
		t.Errorf("a list: %d %q", got.code, got.message)
	}
}

func TestH036_CredentialsOfAnotherVersionThanTheEndpointAreRefused(t *testing.T) {
	h := startHub(t, both211)
	o := olderAt(t, h, ocpi.EMSP, emsp)
	for at, body := range map[ocpi.Version]ocpi.Version{ocpi.V211: ocpi.V221, ocpi.V221: ocpi.V211} {
		got := o.send(http.MethodPut, o.endpoint(at, ocpi.Credentials), o.credentials(body))
		if got.status != 200 || got.code != ocpi.StatusInvalidParameters || !strings.Contains(got.message, "is of OCPI "+string(body)) {
			t.Errorf("an object of %s on %s: HTTP %d with %d %q", body, at, got.status, got.code, got.message)
		}
	}
	if o.platform().Version != ocpi.V211 {
		t.Error("a refused PUT changed the version")
	}
}

func TestAPlatformGoesFrom211To221ByPUTAndKeepsEverything(t *testing.T) {
	h := startHub(t, both211)
	o := olderAt(t, h, ocpi.CPO, cpo)
	body := `{"id":"T1","currency":"EUR","elements":[{"price_components":[{"type":"FLAT","price":2,"step_size":1}]}],"last_updated":"2026-01-01T00:00:00Z"}`
	if got := o.send(http.MethodPut, o.endpoint(ocpi.V211, ocpi.Tariffs)+"/DE/ABC/T1", body); got.code != ocpi.StatusOK {
		t.Fatalf("a push: %d %q", got.code, got.message)
	}
	before := o.platform()
	o.mu.Lock()
	o.versions = []ocpi.Version{ocpi.V211, ocpi.V221}
	o.mu.Unlock()
	if got := o.register(http.MethodPut, ocpi.V221, "own-of-2.2.1"); got.code != ocpi.StatusOK || !strings.Contains(string(got.data), `"role":"HUB"`) {
		t.Fatalf("PUT: %d %q %s", got.code, got.message, got.data)
	}
	after := o.platform()
	if after.ID != before.ID || after.Version != ocpi.V221 || !after.Updated.Equal(before.Updated) || len(after.Former) > 0 || after.Parties[0].Claim != o.claim {
		t.Errorf("it was %+v, it is %+v", before, after)
	}
	if got := o.send(http.MethodGet, o.endpoint(ocpi.V221, ocpi.Credentials), ""); !strings.Contains(string(got.data), `"role":"HUB"`) {
		t.Errorf("the hub's credentials are %s", got.data)
	}
	// On an endpoint of 2.1.1 the answer is as 2.1.1 writes it, whatever the platform speaks.
	if got := o.send(http.MethodGet, o.endpoint(ocpi.V211, ocpi.Credentials), ""); strings.Contains(string(got.data), "roles") {
		t.Errorf("the hub's credentials are %s", got.data)
	}
}

func TestWhatWaitsForAPlatformOf211ComesInTheVersionToWhichItGoes(t *testing.T) {
	h := startHub(t, both211)
	sender := join(t, h, of(ocpi.CPO, cpo))
	o := of(ocpi.EMSP, emsp)
	o.Versions = []ocpi.Version{ocpi.V211}
	reader := join(t, h, o)
	id := h.Registry().Directory().Homes(emsp)[0].Platform.ID
	if _, _, err := h.Registry().PauseDeliveries(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	body := location(cpo, "L1", "2026-01-01T00:00:00Z")
	want(t, send(t, sender, putLocation(hubParty, cpo, "L1", body)), 200, ocpi.StatusOK)
	if err := reader.Upgrade(t.Context(), ocpi.V221); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Registry().ResumeDeliveries(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	got := waitFor(t, reader, ocpitest.Is(ocpi.Locations, "PUT"))
	if string(got.Body) != body || got.Version != ocpi.V221 {
		t.Errorf("in %s came %s", got.Version, got.Body)
	}
}

func TestH142_APatchOf211NeedsNoLastUpdatedAndHeadersMeanNothing(t *testing.T) {
	h := startHub(t, both211)
	o := olderAt(t, h, ocpi.EMSP, emsp)
	at := o.endpoint(ocpi.V211, ocpi.Tokens) + "/NL/TNM/012"
	body := `{"uid":"012","type":"RFID","auth_id":"C1","issuer":"I","valid":true,"whitelist":"NEVER","last_updated":"2026-01-01T00:00:00Z"}`
	for _, c := range [][2]string{{http.MethodPut, body}, {http.MethodPatch, `{"valid":false}`}} {
		method := c[0]
		got := o.send(method, at, c[1], "OCPI-to-country-code", "XX", "OCPI-to-party-id", "NOB", "OCPI-from-country-code", "XX", "OCPI-from-party-id", "NOB")
		if got.status != 200 && got.status != 201 || got.code != ocpi.StatusOK {
			t.Errorf("%s: HTTP %d with %d %q", method, got.status, got.code, got.message)
		}
		for name := range got.header {
			if strings.HasPrefix(strings.ToLower(name), "ocpi-") {
				t.Errorf("H-084 %s: the answer has %s", method, name)
			}
		}
	}
}

func TestH065_WhoeverIsNotThereIsToldIn211AsItKnows(t *testing.T) {
	h := startHub(t, both211)
	o := olderAt(t, h, ocpi.CPO, cpo)
	got := o.send(http.MethodPost, o.endpoint(ocpi.V211, ocpi.Tokens)+"/012/authorize", "{}")
	if got.status != 404 || got.code != ocpi.StatusClientError || !strings.HasPrefix(got.message, "2004: ") {
		t.Errorf("an unknown token: HTTP %d with %d %q", got.status, got.code, got.message)
	}
	o.recorded(got, "not_found")
	e := olderAt(t, h, ocpi.EMSP, emsp)
	got = e.send(http.MethodPost, e.endpoint(ocpi.V211, ocpi.Commands)+"/STOP_SESSION", `{"response_url":"`+e.url+`/cb","session_id":"S1"}`)
	if got.status != 404 || got.code != ocpi.StatusClientError || !strings.HasPrefix(got.message, "4001: ") {
		t.Errorf("a session of nobody: HTTP %d with %d %q", got.status, got.code, got.message)
	}
	e.recorded(got, "unknown_receiver")
	got = e.send(http.MethodGet, e.endpoint(ocpi.V211, ocpi.Commands), "")
	e.recorded(got, "not_found")
}

// recorded wants the message log to hold what the platform was answered, and the
// hub's reason for it.
func (o *older) recorded(got olderAnswer, reason string) {
	o.t.Helper()
	e := refusal(o.t, o.hub, ocpitest.Reply{CorrelationID: got.header.Get(ocpi.HeaderCorrelationID)})
	if e.HTTPStatus != got.status || e.OCPIStatus != got.code || e.Reason != reason {
		o.t.Errorf("HTTP %d with %d %q is recorded as HTTP %d with %d, %s", got.status, got.code, got.message, e.HTTPStatus, e.OCPIStatus, e.Reason)
	}
}
