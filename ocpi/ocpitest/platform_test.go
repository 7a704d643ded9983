package ocpitest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	cedar = ocpi.NewPartyID("NL", "CDR")
	drive = ocpi.NewPartyID("DE", "DRV")
)

// pair starts a CPO and an eMSP, and registers the first with the second.
func pair(t *testing.T, edit func(cpo, emsp *ocpitest.Options)) (cpo, emsp *ocpitest.Platform) {
	t.Helper()
	c := ocpitest.Options{Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: cedar}}}
	e := ocpitest.Options{Name: "Drive", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: drive}}}
	if edit != nil {
		edit(&c, &e)
	}
	cpo, emsp = ocpitest.Run(t, c), ocpitest.Run(t, e)
	if err := cpo.Register(within(t), emsp.VersionsURL(), emsp.Invite()); err != nil {
		t.Fatal(err)
	}
	return cpo, emsp
}

// within bounds a test that waits for something that does not come.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func location(id, updated string) []byte {
	return fmt.Appendf(nil, `{"country_code":"NL","party_id":"CDR","id":%q,"publish":true,`+
		`"address":"Kade 1","city":"Delft","country":"NLD","coordinates":{"latitude":"52.01","longitude":"4.36"},`+
		`"evses":[{"uid":"E1","status":"AVAILABLE","connectors":[{"id":"1","max_voltage":2.30e2,"last_updated":%[2]q}],"last_updated":%[2]q},`+
		`{"uid":"E2","status":"CHARGING","connectors":[],"last_updated":%[2]q}],`+
		`"time_zone":"Europe/Amsterdam","last_updated":%[2]q}`, id, updated)
}

func mustOK(t *testing.T, reply ocpitest.Reply, err error) ocpitest.Reply {
	t.Helper()
	if err = errors.Join(err, reply.Err()); err != nil {
		t.Fatal(err)
	}
	return reply
}

func TestRegistrationGivesBothSidesAToken(t *testing.T) {
	cpo, emsp := pair(t, nil)
	theirs, err := cpo.Partner()
	if err != nil {
		t.Fatal(err)
	}
	ours, err := emsp.Partner()
	if err != nil {
		t.Fatal(err)
	}
	if theirs.Token == ours.Token || theirs.Token == "" || ours.Token == "" {
		t.Errorf("the tokens are %q and %q, want two", theirs.Token, ours.Token)
	}
	if got := cpo.Hub(); got != drive {
		t.Errorf("the partner is %s, want %s", got, drive)
	}
	if got := ours.Endpoint(ocpi.Locations, ocpi.Sender); got == "" {
		t.Error("the eMSP did not find the CPO's locations")
	}
}

func TestTheReceiverLooksAtTheVersionsBeforeItAnswers(t *testing.T) {
	cpo, emsp := pair(t, nil)
	if got := len(cpo.Calls(ocpitest.Is(ocpi.Versions, http.MethodGet))); got != 2 {
		t.Errorf("the CPO was asked %d times for versions and details, want 2", got)
	}
	if got := len(emsp.Calls(ocpitest.Is(ocpi.Credentials, http.MethodPost))); got != 1 {
		t.Errorf("the eMSP got %d POST credentials, want 1", got)
	}
}

func TestAnInvitationIsGoodOnce(t *testing.T) {
	ctx := within(t)
	emsp := ocpitest.Run(t, ocpitest.Options{Name: "Drive", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: drive}}})
	cpo := ocpitest.Run(t, ocpitest.Options{Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: cedar}}})
	token := emsp.Invite()
	if err := cpo.Register(ctx, emsp.VersionsURL(), token); err != nil {
		t.Fatal(err)
	}
	err := cpo.Register(ctx, emsp.VersionsURL(), token)
	refused, ok := errors.AsType[*ocpitest.RefusedError](err)
	if !ok || refused.Reply.Status != http.StatusUnauthorized {
		t.Errorf("the second registration gave %v, want a refusal with 401", err)
	}
}

func TestRegistrationWhileThePlatformCannotBeReachedIs3001(t *testing.T) {
	ctx := within(t)
	cpo, emsp := ocpitest.Run(t, ocpitest.Options{Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: cedar}}}),
		ocpitest.Run(t, ocpitest.Options{Name: "Drive", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: drive}}})
	cpo.Fail(ocpitest.Fault{Module: ocpi.Versions, HTTPStatus: http.StatusInternalServerError})
	err := cpo.Register(ctx, emsp.VersionsURL(), emsp.Invite())
	refused, ok := errors.AsType[*ocpitest.RefusedError](err)
	if !ok || refused.Reply.Code() != ocpi.StatusUnableToUseClient {
		t.Errorf("the registration gave %v, want 3001", err)
	}
}

func TestCredentialsCanBeUpdatedAndEnded(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	before, _ := cpo.Partner()
	if err := cpo.UpdateCredentials(ctx); err != nil {
		t.Fatal(err)
	}
	after, _ := cpo.Partner()
	if before.Token == after.Token {
		t.Error("the token is still the same after PUT credentials")
	}
	reply, err := cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
	mustOK(t, reply, err)
	if err := cpo.Unregister(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := emsp.Partner(); !errors.Is(err, ocpitest.ErrNotRegistered) {
		t.Errorf("after DELETE the partner is still there: %v", err)
	}
	if _, err := cpo.Do(ctx, ocpitest.Request{Module: ocpi.Locations}); !errors.Is(err, ocpitest.ErrNotRegistered) {
		t.Errorf("a call after Unregister gave %v", err)
	}
}

func TestStrangersAreAnswered401(t *testing.T) {
	cpo, emsp := pair(t, nil)
	for _, token := range []string{"nobody", ""} {
		req := ocpitest.Request{Module: ocpi.Locations, Interface: ocpi.Receiver, Method: http.MethodGet, Path: "NL/CDR/LOC1", Token: token}
		if token == "" {
			req.Header = http.Header{"Authorization": nil}
		}
		reply, err := cpo.Do(within(t), req)
		if err != nil || reply.Status != http.StatusUnauthorized {
			t.Errorf("token %q: got %d, %v, want 401", token, reply.Status, err)
		}
	}
	if got := len(emsp.Calls(func(c ocpitest.Call) bool { return c.Status == http.StatusUnauthorized })); got != 2 {
		t.Errorf("%d refused calls were recorded, want 2", got)
	}
}

func TestATokenIsTakenInBothSpellings(t *testing.T) {
	for _, encoding := range []ocpi.TokenEncoding{ocpi.TokenBase64, ocpi.TokenRaw} {
		t.Run(string(encoding), func(t *testing.T) {
			cpo, emsp := pair(t, func(c, _ *ocpitest.Options) { c.TokenEncoding = encoding })
			reply, err := cpo.Push(within(t), ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
			mustOK(t, reply, err)
			if got := emsp.Calls(ocpitest.Is(ocpi.Locations, "")); len(got) != 1 || got[0].Token == "" {
				t.Errorf("recorded %v, want one call with its token", got)
			}
		})
	}
}

func TestAStrictPlatformTakesItsOwnSpellingOnly(t *testing.T) {
	emsp := ocpitest.Run(t, ocpitest.Options{
		Name: "Drive", Parties: []ocpitest.Party{{Role: ocpi.EMSP, ID: drive}},
		TokenEncoding: ocpi.TokenRaw, StrictEncoding: true,
	})
	cpo := ocpitest.Run(t, ocpitest.Options{Name: "Cedar", Parties: []ocpitest.Party{{Role: ocpi.CPO, ID: cedar}}})
	if err := cpo.Register(within(t), emsp.VersionsURL(), emsp.Invite()); err == nil {
		t.Error("a Base64 token was taken by a platform that knows raw ones only")
	}
}

func TestStopAndStartKeepAddressAndState(t *testing.T) {
	cpo, emsp := pair(t, nil)
	ctx := within(t)
	reply, err := cpo.Push(ctx, ocpi.Locations, drive, location("LOC1", "2025-01-01T00:00:00Z"))
	mustOK(t, reply, err)
	addr := emsp.Addr()
	for range 3 {
		emsp.Stop()
		if _, err := cpo.Push(ctx, ocpi.Locations, drive, location("LOC2", "2025-01-01T00:00:00Z")); err == nil {
			t.Error("a platform that is away answered")
		}
		if err := emsp.Start(); err != nil {
			t.Fatal(err)
		}
	}
	if emsp.Addr() != addr {
		t.Errorf("the platform came back at %s, was at %s", emsp.Addr(), addr)
	}
	reply, err = cpo.Push(ctx, ocpi.Locations, drive, location("LOC2", "2025-01-01T00:00:00Z"))
	mustOK(t, reply, err)
	if got := len(emsp.Objects(ocpi.Locations, nil)); got != 2 {
		t.Errorf("the platform holds %d locations, want 2", got)
	}
}

func TestEndpointsCanBeOverridden(t *testing.T) {
	cpo, emsp := pair(t, func(_, e *ocpitest.Options) {
		e.TrailingSlash = true
		e.Endpoints = func(all []ocpi.Endpoint) []ocpi.Endpoint {
			return slices.DeleteFunc(all, func(e ocpi.Endpoint) bool { return e.Module == ocpi.Tariffs })
		}
	})
	partner, _ := cpo.Partner()
	if got := partner.Endpoint(ocpi.Tariffs, ocpi.Receiver); got != "" {
		t.Errorf("the tariffs are still listed: %s", got)
	}
	if got := partner.Endpoint(ocpi.Locations, ocpi.Receiver); got != "http://"+emsp.Addr()+"/ocpi/2.2.1/receiver/locations/" {
		t.Errorf("locations are at %s", got)
	}
}
