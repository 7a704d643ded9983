package e2e

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// strict reads and writes tokens in one spelling only.
func strict(e ocpi.TokenEncoding) habit {
	return func(o *ocpitest.Options) { o.TokenEncoding, o.StrictEncoding = e, true }
}

func openVersions(o *ocpitest.Options) { o.OpenVersions = true }

var bothSpellings = []ocpi.TokenEncoding{ocpi.TokenRaw, ocpi.TokenBase64}

func TestQ01_EachPlatformIsSpokenToInTheSpellingOfTokensThatItReads(t *testing.T) {
	for _, spelling := range bothSpellings {
		t.Run(string(spelling), func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(strict(spelling)), f.emsp(strict(spelling))
			f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
			for _, call := range emsp.Calls(ocpitest.Is(ocpi.Locations, "")) {
				if call.Status == http.StatusUnauthorized {
					t.Errorf("the platform did not understand the token of %s", call)
				}
			}
		})
	}
}

func TestQ01_APlatformThatSwitchesItsSpellingIsFollowed(t *testing.T) {
	for i, spelling := range bothSpellings {
		t.Run("from "+string(spelling), func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(), f.emsp(strict(spelling))
			emsp.SpellToken(bothSpellings[1-i])
			f.passes(cpo, emsp, ocpi.Locations, at(id(cpo), "L1"), locationWith(id(cpo), "L1", 1))
			f.ok(emsp, listed(ocpi.Locations, hubParty))
			err := emsp.Until(soon(t), func() bool { _, ok := emsp.Object(locationKey(cpo, "L1"), id(emsp)); return ok })
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func locationKey(of *ocpitest.Platform, name string) ocpitest.Key {
	return ocpitest.Key{Module: ocpi.Locations, Owner: id(of), ID: name}
}

// stumbles answers tokens that it does not understand with a 500.
func stumbles(p *ocpitest.Platform) {
	p.Follow(ocpitest.Script{Habits: []ocpitest.Habit{
		ocpitest.Instead(func(c ocpitest.Call) bool { return c.Token == "" }, 500, "text/plain", "Internal Server Error"),
	}})
}

func TestQ02_APlatformThatStumblesOverTheSpellingIsAskedAgainAtRegistrationOnly(t *testing.T) {
	f := inTheField(t)
	cpo := f.cpo()
	emsp := ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}, strict(ocpi.TokenRaw)))
	stumbles(emsp)
	connected := ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}, strict(ocpi.TokenRaw)))
	stumbles(connected)
	f.register(emsp)
	if _, err := f.connect(connected, connected.VersionsURL()); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*ocpitest.Platform{emsp, connected} {
		f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(p), sessionOf(id(cpo), "S1", id(p))))
		p.Fail(ocpitest.Fault{Module: ocpi.Sessions, HTTPStatus: 401, Times: 1})
		p.ForgetCalls()
		f.answered(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S2"), id(p), sessionOf(id(cpo), "S2", id(p))), 200, 4000)
		if calls := p.Calls(ocpitest.Is(ocpi.Sessions, "")); len(calls) != 1 {
			t.Errorf("a forwarded message that was refused was sent again: %v", calls)
		}
	}
}

func TestQ03_VersionsThatAreOpenToAllDoNotTellHowTokensAreRead(t *testing.T) {
	for _, spelling := range bothSpellings {
		t.Run(string(spelling), func(t *testing.T) {
			f := inTheField(t)
			cpo, emsp := f.cpo(), f.emsp(strict(spelling), openVersions)
			other := ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}, strict(spelling), openVersions))
			if _, err := f.connect(other, other.VersionsURL()); err != nil {
				t.Fatal(err)
			}
			for _, p := range []*ocpitest.Platform{emsp, other} {
				f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(p), sessionOf(id(cpo), "S1", id(p))))
			}
		})
	}
}

func TestQ04_TokensInABodyAreNeverEncoded(t *testing.T) {
	f := inTheField(t)
	emsp := f.emsp()
	known, err := emsp.Partner()
	if err != nil {
		t.Fatal(err)
	}
	reply := f.ok(emsp, ocpitest.Request{Module: ocpi.Credentials, Method: "GET"})
	if got := ocpi.FindString(reply.Envelope.Data, "token"); got != known.Token {
		t.Error("GET credentials gives another token than the one in use")
	}
	other := ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}, strict(ocpi.TokenRaw)))
	if _, err := f.connect(other, other.VersionsURL()); err != nil {
		t.Fatal(err)
	}
	sent := other.Calls(ocpitest.Is(ocpi.Credentials, "POST"))
	if len(sent) != 1 {
		t.Fatalf("calls of credentials: %v", sent)
	}
	f.ok(other, ocpitest.Request{Module: ocpi.Versions, Method: "GET", URL: f.hub.VersionsURL(), Token: ocpi.FindString(sent[0].Body, "token")})
}

func TestQ34_AWrongTokenIsRefusedAndTheLogSaysWhichOneItWas(t *testing.T) {
	f := inTheField(t)
	p := ocpitest.Run(t, described([]ocpi.Role{ocpi.EMSP}))
	tokenA := f.invite(p)
	if err := p.Register(soon(t), f.hub.VersionsURL(), tokenA); err != nil {
		t.Fatal(err)
	}
	f.signOff(p)
	cpo := f.cpo()
	f.ok(cpo, pushed(ocpi.Sessions, "PUT", at(id(cpo), "S1"), id(p), sessionOf(id(cpo), "S1", id(p))))
	tokenB := p.Calls(ocpitest.Is(ocpi.Sessions, "PUT"))[0].Token
	for _, wrong := range []struct{ token, logged string }{
		{tokenA, "token A"}, {tokenB, "token B"}, {"made-up", ""},
	} {
		req := listed(ocpi.Locations, hubParty)
		req.Token, req.CorrelationID = wrong.token, "wrong-"+id(p).ID+wrong.token[:1]
		f.answered(p, req, 401, 2000)
		if wrong.logged == "" {
			continue
		}
		eventually(t, untilDelivered, "the log tells of "+wrong.logged, func() error {
			for line := range strings.Lines(f.hub.Log()) {
				if strings.Contains(line, wrong.token) {
					t.Errorf("the log holds the token: %s", line)
				}
				if strings.Contains(line, req.CorrelationID) && strings.Contains(line, wrong.logged) {
					return nil
				}
			}
			return errors.New("not yet")
		})
	}
}
