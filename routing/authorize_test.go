package routing

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

var (
	aaa = ocpi.NewPartyID("NL", "AAA")
	bbb = ocpi.NewPartyID("NL", "BBB")
	ccc = ocpi.NewPartyID("NL", "CCC")

	authorization = ocpi.Address{Version: ocpi.V221, Module: ocpi.Tokens, Interface: ocpi.Sender}
)

func allowed(how string) receiver { return says(fmt.Sprintf(`{"allowed":%q,"token":{}}`, how)) }

// after answers later, when everybody has been asked.
func after(d time.Duration, answer receiver) receiver {
	return func(ctx context.Context, c peer.Call) (peer.Reply, error) {
		time.Sleep(d)
		return answer(ctx, c)
	}
}

func (w *world) authorizes(uid string) (Answer, error) {
	w.t.Helper()
	return w.send("POST", authorization, uid+"/authorize", "", ocpi.PartyID{})
}

// gives puts a token of an eMSP into the catalog, as a push for all does.
func (w *world) gives(owner ocpi.PartyID, uid, member string) {
	w.t.Helper()
	w.givesTo(catalog.Everyone, owner, uid, member)
}

// givesTo puts a token into the catalog that was sent to one CPO alone.
func (w *world) givesTo(audience, owner ocpi.PartyID, uid, member string) {
	w.t.Helper()
	_, err := w.Catalog.Apply(w.t.Context(), catalog.Change{
		Key: catalog.Key{Module: ocpi.Tokens, Owner: owner, Audience: audience, ID: catalog.TokenID(uid, "RFID")}, Op: catalog.Put,
		Body: fmt.Appendf(nil, `{"country_code":%q,"party_id":%q,"uid":%q,"type":"RFID","contract_id":"C1",%s,"last_updated":"2026-01-01T00:00:00Z"}`,
			owner.Country, owner.ID, uid, member),
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantFrom(a Answer, err error, from ocpi.PartyID, allowed string) {
	w.t.Helper()
	env, _ := ocpi.ParseEnvelope(a.Body)
	if got := ocpi.FindString(env.Data, "allowed"); err != nil || a.Routing.From != from || got != allowed {
		w.t.Errorf("got %q of %s, %v; want %s of %s", got, a.Routing.From, err, allowed, from)
	}
}

func TestAnAllowedIsPassedOnAtOnceAndTheOthersAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, aaa, bbb, ccc)
		w.script[aaa], w.script[bbb], w.script[ccc] = silence, after(time.Second, allowed("ALLOWED")), silence
		began := time.Now()
		answer, err := w.authorizes("T1")
		w.wantFrom(answer, err, bbb, "ALLOWED")
		if took := time.Since(began); took != time.Second {
			t.Errorf("it took %s", took)
		}
		rec := w.last()
		if rec.Reason != ByAskingAll || rec.To != bbb || rec.Failed || len(rec.Attempts) != 3 {
			t.Errorf("the poll is recorded as %+v", rec)
		}
		for _, a := range rec.Attempts {
			if a.GivenUp != (a.To != bbb) {
				t.Errorf("an attempt is %+v", a)
			}
		}
		if len(w.doubts) > 0 {
			t.Errorf("those that were given up are in doubt: %v", w.doubts)
		}
	})
}

func TestWhoAsksAboutAnUnknownTokenIsNotAskedItself(t *testing.T) {
	w := newWorld(t, aaa)
	w.directory = parties.NewDirectory([]*parties.Platform{
		home("nap", parties.Connected, party(ocpi.NAP, bbb)), home("emsp", parties.Connected, party(ocpi.EMSP, aaa)),
	}, 2)
	w.script[aaa], w.script[bbb] = unknown, unknown
	if _, err := w.sendFrom(bbb, "POST", authorization, "T1/authorize", "", ocpi.PartyID{}); !fault.Is(err, fault.UnknownToken) {
		t.Errorf("got %v, want an unknown token", err)
	}
	if got := w.asked(); !slices.Equal(got, []string{"NL*AAA"}) {
		t.Errorf("asked were %v", got)
	}
}

func TestOneDeadlineHoldsForAllWhoAreAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, aaa, bbb, ccc)
		w.Authorization.FanOut = 1
		w.script[aaa], w.script[bbb], w.script[ccc] = silence, silence, silence
		began := time.Now()
		_, err := w.authorizes("T1")
		if took := time.Since(began); !fault.Is(err, fault.UnknownToken) || took != 3*time.Second {
			t.Errorf("got %v after %s, want an unknown token after 3s", err, took)
		}
	})
}

func TestAnEMSPThatFailsDoesNotSpoilTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, aaa, bbb, ccc)
		w.script[aaa] = func(context.Context, peer.Call) (peer.Reply, error) { return peer.Reply{Status: 500}, nil }
		w.script[bbb] = silence
		w.script[ccc] = func(ctx context.Context, c peer.Call) (peer.Reply, error) {
			time.Sleep(2 * time.Second)
			return allowed("ALLOWED")(ctx, c)
		}
		answer, err := w.authorizes("T1")
		w.wantFrom(answer, err, ccc, "ALLOWED")
		if first := w.last().Attempts[0]; first.To != aaa || first.Fault != fault.BadAnswer {
			t.Errorf("the failure is recorded as %+v", first)
		}
	})
}

func TestNoMoreEMSPsThanTheFanOutAreAskedAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, aaa, bbb, ccc)
		w.Authorization.FanOut = 2
		now, most := make(chan struct{}, 3), 0
		for _, e := range []ocpi.PartyID{aaa, bbb, ccc} {
			w.script[e] = func(ctx context.Context, c peer.Call) (peer.Reply, error) {
				now <- struct{}{}
				time.Sleep(time.Second)
				w.mu.Lock()
				most = max(most, len(now))
				w.mu.Unlock()
				<-now
				return unknown(ctx, c)
			}
		}
		if _, err := w.authorizes("T1"); !fault.Is(err, fault.UnknownToken) || most != 2 || len(w.last().Attempts) != 3 {
			t.Errorf("got %v, %d at a time", err, most)
		}
	})
}

func TestTheRefusalThatComesNearestToAGoodTokenCounts(t *testing.T) {
	needsMore := func(context.Context, peer.Call) (peer.Reply, error) { return reply(200, ocpi.StatusNotEnough, ""), nil }
	order := []struct {
		name, allowed string
		says          receiver
	}{
		{"NOT_ALLOWED", "NOT_ALLOWED", allowed("NOT_ALLOWED")},
		{"NO_CREDIT", "NO_CREDIT", allowed("NO_CREDIT")},
		{"EXPIRED", "EXPIRED", allowed("EXPIRED")},
		{"BLOCKED", "BLOCKED", allowed("BLOCKED")},
		{"2002", "", needsMore},
		{"2004", "", unknown},
	}
	for i, better := range order {
		for _, worse := range order[i+1:] {
			t.Run(better.name+" before "+worse.name, func(t *testing.T) {
				w := newWorld(t, aaa, bbb)
				w.script[aaa], w.script[bbb] = worse.says, better.says
				answer, err := w.authorizes("T1")
				w.wantFrom(answer, err, bbb, better.allowed)
			})
		}
	}
	t.Run("of equals the same one, whoever was faster", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, bbb, aaa)
			w.script[bbb] = allowed("BLOCKED")
			w.script[aaa] = func(ctx context.Context, c peer.Call) (peer.Reply, error) {
				time.Sleep(time.Second)
				return allowed("BLOCKED")(ctx, c)
			}
			answer, err := w.authorizes("T1")
			w.wantFrom(answer, err, aaa, "BLOCKED")
		})
	})
}

func TestH155_ATokenThatNobodyKnowsIsUnknown(t *testing.T) {
	w := newWorld(t, aaa, bbb)
	w.script[aaa] = unknown
	w.script[bbb] = func(context.Context, peer.Call) (peer.Reply, error) {
		return reply(200, ocpi.StatusUnknownToken, ""), nil
	}
	if _, err := w.authorizes("T1"); !fault.Is(err, fault.UnknownToken) {
		t.Errorf("got %v, want an unknown token", err)
	}
	if got := w.last(); !got.Failed || got.Fault != fault.UnknownToken || len(got.Attempts) != 2 {
		t.Errorf("it is recorded as %+v", got)
	}
}

func TestH159_H163_AKnownTokenGoesToItsOwnerAlone(t *testing.T) {
	w := newWorld(t, aaa, bbb)
	w.gives(bbb, "Token1", `"whitelist":"ALWAYS"`)
	w.script[aaa], w.script[bbb] = allowed("ALLOWED"), allowed("NO_CREDIT")
	for _, uid := range []string{"Token1", "TOKEN1", "token1"} {
		answer, err := w.authorizes(uid)
		w.wantFrom(answer, err, bbb, "NO_CREDIT")
	}
	if got := w.asked(); !slices.Equal(got, []string{"NL*BBB", "NL*BBB", "NL*BBB"}) || w.last().Reason != ByContent {
		t.Errorf("%v were asked, because of %s", got, w.last().Reason)
	}
	rule, segments, _, _ := ocpi.Match(authorization, "POST", "Token1/authorize")
	answer, err := w.Route(t.Context(), &Message{
		Rule: rule, Segments: segments, Path: "Token1/authorize", Query: "type=APP_USER", Sender: w.cpo, Routing: ocpi.Routing{From: cpo},
	})
	w.wantFrom(answer, err, aaa, "ALLOWED") // of this type nobody gave it: all are asked
}

func TestATokenOfSeveralOwnersIsAskedOfThemAlone(t *testing.T) {
	w := newWorld(t, aaa, bbb, ccc)
	w.gives(aaa, "T1", `"valid":true`)
	w.gives(ccc, "t1", `"valid":true`)
	w.script[aaa], w.script[bbb], w.script[ccc] = allowed("EXPIRED"), allowed("ALLOWED"), allowed("NO_CREDIT")
	answer, err := w.authorizes("T1")
	w.wantFrom(answer, err, ccc, "NO_CREDIT")
	if got := w.asked(); slices.Contains(got, "NL*BBB") || w.last().Reason != ByAskingOwners {
		t.Errorf("%v were asked, because of %s", got, w.last().Reason)
	}
	w.script[aaa], w.script[ccc] = nil, nil // both away
	if _, err := w.authorizes("T1"); !fault.Is(err, fault.NotConnected) {
		t.Errorf("both away: got %v, want 4003", err)
	}
}

func TestH161_AnOwnerThatIsAwayIs4003AtOnceAndNobodyElseIsAsked(t *testing.T) {
	w := newWorld(t, aaa, bbb)
	w.gives(aaa, "T1", `"whitelist":"ALLOWED_OFFLINE"`)
	w.script[bbb] = allowed("ALLOWED")
	w.directory = parties.NewDirectory([]*parties.Platform{
		w.cpo, home("a", parties.Offline, party(ocpi.EMSP, aaa)), home("b", parties.Connected, party(ocpi.EMSP, bbb)),
	}, 2)
	_, err := w.authorizes("T1")
	if got := w.asked(); !fault.Is(err, fault.NotConnected) || len(got) > 0 || w.last().To != aaa {
		t.Errorf("got %v, %v were called", err, got)
	}
}

func TestH219_AuthorisationHasAShorterDeadlineWhoeverIsAsked(t *testing.T) {
	for name, to := range map[string]ocpi.PartyID{"OCPI-to names the eMSP": aaa, "the token names it": {}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, aaa)
				w.gives(aaa, "T1", `"valid":true`)
				w.script[aaa] = silence
				began := time.Now()
				_, err := w.send("POST", authorization, "T1/authorize", "", to)
				if took := time.Since(began); !fault.Is(err, fault.Timeout) || took != 3*time.Second {
					t.Errorf("got %v after %s, want a timeout after 3s", err, took)
				}
			})
		})
	}
}

func TestH219_EachModuleCanHaveATimeoutOfItsOwn(t *testing.T) {
	w := newWorld(t, aaa)
	w.Timeouts.Modules = map[ocpi.ModuleID]time.Duration{ocpi.Commands: 7 * time.Second}
	w.script[aaa] = says("")
	session := fmt.Sprintf(`{"country_code":"DE","party_id":"ABC","id":"S1","start_date_time":"2026-01-01T00:00:00Z","kwh":1,`+
		`"cdr_token":{"country_code":%q,"party_id":%q,"uid":"U","type":"RFID","contract_id":"C"},"auth_method":"WHITELIST","location_id":"L",`+
		`"evse_uid":"E","connector_id":"1","currency":"EUR","status":"ACTIVE","last_updated":"2026-01-01T00:00:00Z"}`, aaa.Country, aaa.ID)
	at := ocpi.Address{Version: ocpi.V221, Module: ocpi.Sessions, Interface: ocpi.Receiver}
	if _, err := w.send("PUT", at, "DE/ABC/S1", session, aaa); err != nil {
		t.Fatal(err)
	}
	if got := w.calls[0].Timeout; got != 30*time.Second || w.Timeouts.Of(ocpi.Commands) != 7*time.Second || w.Timeouts.Longest() != 30*time.Second {
		t.Errorf("a session may take %s", got)
	}
}

func TestATokenOfAnEMSPThatTheCPOHasNoAgreementWithIsAsUnknownAsAny(t *testing.T) {
	w := newWorld(t, aaa, bbb)
	w.gives(aaa, "T1", `"whitelist":"ALWAYS","valid":true`)
	w.script[aaa], w.script[bbb] = allowed("ALLOWED"), unknown
	a := w.agrees(bbb, true)
	w.directory.Govern(parties.PolicyByAgreement, []*parties.Agreement{a})
	for _, uid := range []string{"T1", "T2"} {
		if _, err := w.authorizes(uid); !fault.Is(err, fault.UnknownToken) {
			t.Errorf("%s: got %v, want an unknown token", uid, err)
		}
	}
	if got := w.asked(); slices.Contains(got, "NL*AAA") || len(got) != 2 {
		t.Errorf("%v were asked", got)
	}
}

// silentHerald never hears that a receiver was told of anybody.
type silentHerald struct{ noHerald }

func (silentHerald) Introduced(ctx context.Context, _ string, _ ocpi.PartyID) { <-ctx.Done() }

func TestADriverDoesNotWaitUntilTheReceiverHasHeardOfTheCPO(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, aaa)
		w.Herald, w.script[aaa] = silentHerald{}, after(time.Second, allowed("ALLOWED"))
		w.gives(aaa, "T1", `"valid":true`)
		began := time.Now()
		answer, err := w.authorizes("T1")
		w.wantFrom(answer, err, aaa, "ALLOWED")
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("it took %s, want a third of the time for authorisations and the second of the receiver", took)
		}
	})
}
