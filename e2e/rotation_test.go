package e2e

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// talk is traffic between a CPO and an eMSP, in both directions at once: each
// is called by the hub as often as it calls.
type talk struct {
	cpo, emsp *ocpitest.Platform
	stop      func()
	done, ok  atomic.Int64
	mu        sync.Mutex
	refused   map[string]int // by who asked, HTTP status and status_code
}

// beginTalk lets the two talk until end is called.
func beginTalk(t *testing.T, cpo, emsp *ocpitest.Platform) *talk {
	t.Helper()
	k := &talk{cpo: cpo, emsp: emsp, refused: map[string]int{}}
	ctx, cancel := context.WithCancel(t.Context())
	var crew sync.WaitGroup
	for range 4 {
		crew.Go(func() { k.each(ctx, cpo, session(emsp)) })
		crew.Go(func() { k.each(ctx, emsp, locationsOf(cpo)) })
	}
	k.stop = sync.OnceFunc(func() { cancel(); crew.Wait() })
	t.Cleanup(k.stop)
	k.goesOn(t, 20)
	return k
}

// session is a push of a session to an eMSP, which is forwarded.
func session(to *ocpitest.Platform) func(by *ocpitest.Platform) ocpitest.Request {
	return func(by *ocpitest.Platform) ocpitest.Request {
		return pushed(ocpi.Sessions, "PUT", at(id(by), "S1"), id(to), sessionOf(id(by), "S1", id(to)))
	}
}

// locationsOf is a GET of the list of a CPO, which is forwarded.
func locationsOf(of *ocpitest.Platform) func(by *ocpitest.Platform) ocpitest.Request {
	return func(*ocpitest.Platform) ocpitest.Request { return listed(ocpi.Locations, id(of)) }
}

// each asks again and again, and counts what is not a success.
func (k *talk) each(ctx context.Context, by *ocpitest.Platform, ask func(*ocpitest.Platform) ocpitest.Request) {
	for ctx.Err() == nil {
		reply, err := by.Do(ctx, ask(by))
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			k.note(fmt.Sprintf("%s: %v", by.Name(), err))
		case !reply.OK():
			k.note(fmt.Sprintf("%s: HTTP %d with %d %s", by.Name(), reply.Status, reply.Code(), reply.Envelope.StatusMessage))
		default:
			k.ok.Add(1)
		}
		k.done.Add(1)
		time.Sleep(time.Millisecond) // others want the processor too
	}
}

func (k *talk) note(what string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.refused[what]++
}

// refusals returns what was refused since it was last asked.
func (k *talk) refusals() map[string]int {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := k.refused
	k.refused = map[string]int{}
	return out
}

// goesOn waits for some more messages.
func (k *talk) goesOn(t *testing.T, more int64) {
	t.Helper()
	from := k.done.Load()
	eventually(t, untilDelivered, "the traffic goes on", func() error {
		if n := k.done.Load() - from; n < more {
			return fmt.Errorf("%d messages", n)
		}
		return nil
	})
}

// undisturbed ends the traffic and wants none of it refused, by the hub or by
// the platforms.
func (k *talk) undisturbed(t *testing.T) {
	t.Helper()
	k.stop()
	if refused := k.refusals(); len(refused) > 0 {
		t.Errorf("of %d messages were refused: %v", k.done.Load(), refused)
	}
	for _, p := range []*ocpitest.Platform{k.cpo, k.emsp} {
		for c, n := range p.Counts() {
			if c.Status == http.StatusUnauthorized {
				t.Errorf("%s refused %d calls of the hub: %+v", p.Name(), n, c)
			}
		}
	}
}

// tokenTowardsHub is the token that a platform uses towards the hub.
func tokenTowardsHub(t *testing.T, p *ocpitest.Platform) string {
	t.Helper()
	partner, err := p.Partner()
	if err != nil {
		t.Fatal(err)
	}
	return partner.Token
}

// wantDead waits until a token opens nothing at the hub.
func wantDead(t *testing.T, p *ocpitest.Platform, token string) {
	t.Helper()
	eventually(t, 2*time.Second, "the old token is dead", func() error {
		reply, err := p.Do(t.Context(), ocpitest.Request{Module: ocpi.Credentials, Method: "GET", Token: token})
		if err == nil && reply.Status != http.StatusUnauthorized {
			return fmt.Errorf("HTTP %d", reply.Status)
		}
		return err
	})
}

// platformOfParty finds the id of the platform of a party.
func (h *hubProcess) platformOfParty(p ocpi.PartyID) string {
	h.t.Helper()
	var rows []struct {
		Country  string `json:"country_code"`
		Party    string `json:"party_id"`
		Platform string `json:"platform_id"`
	}
	h.hubctl(&rows, "parties", "list")
	for _, r := range rows {
		if ocpi.NewPartyID(r.Country, r.Party) == p {
			return r.Platform
		}
	}
	h.t.Fatalf("no party %s", p)
	return ""
}

func TestH021_TokensAreRenewedFromEitherSideWhileMessagesGoBothWays(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	cpo, emsp := h.join(countedOnly(ocpi.CPO, "DE*ABC")), h.join(countedOnly(ocpi.EMSP, "NL*TNM"))
	cpo.Offer(ocpi.Locations, []byte(locationWith(id(cpo), "L1", 1)))
	k := beginTalk(t, cpo, emsp)
	for round := range 2 {
		for _, p := range []*ocpitest.Platform{cpo, emsp} {
			old := tokenTowardsHub(t, p)
			if round%2 == 0 {
				h.hubctl(nil, "platforms", "rotate", h.platformOfParty(id(p)))
			} else if err := p.UpdateCredentials(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tokenTowardsHub(t, p) == old {
				t.Fatalf("%s still has its old token", p.Name())
			}
			k.goesOn(t, 20) // with the new token
			wantDead(t, p, old)
			k.goesOn(t, 20)
		}
	}
	k.undisturbed(t)
}

// countedOnly describes a platform that counts calls and does not keep them.
func countedOnly(role ocpi.Role, ids ...string) ocpitest.Options {
	o := platformOf(role, ids...)
	o.CallsKept, o.Forget = -1, true
	return o
}

func TestSuspendResumeAndRemoveTakeEffectUnderTraffic(t *testing.T) {
	h := startHub(t)
	cpo, emsp := h.join(countedOnly(ocpi.CPO, "DE*ABC")), h.join(countedOnly(ocpi.EMSP, "NL*TNM"))
	cpo.Offer(ocpi.Locations, []byte(locationWith(id(cpo), "L1", 1)))
	k := beginTalk(t, cpo, emsp)
	platform := h.platformOfParty(id(emsp))

	h.hubctl(nil, "platforms", "suspend", platform)
	k.settled(t, emsp, "HTTP 403 with 2000", "HTTP 200 with 4003")
	h.hubctl(nil, "platforms", "resume", platform)
	k.settled(t, emsp)
	h.hubctl(nil, "platforms", "remove", platform)
	k.settled(t, emsp, "HTTP 401 with 2000", "HTTP 200 with 4003")
}

// settled wants within two seconds only these answers: the first to the
// platform that the order is about, the second to who addresses it. None are
// successes for both.
func (k *talk) settled(t *testing.T, about *ocpitest.Platform, answers ...string) {
	t.Helper()
	deadline := time.Now().Add(2 * time.Second)
	for {
		k.refusals()
		calls, successes := callsOf(about), k.ok.Load()
		k.goesOn(t, 40)
		problem := differs(k.refusals(), about, answers)
		if problem == nil && len(answers) > 0 && k.ok.Load() != successes {
			problem = errors.New("messages still pass")
		}
		if problem == nil && len(answers) > 0 && callsOf(about) != calls {
			problem = fmt.Errorf("%s is still called", about.Name())
		}
		if problem == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after two seconds: %v", problem)
		}
	}
}

// differs says which refusal is not as it should be.
func differs(refused map[string]int, about *ocpitest.Platform, answers []string) error {
	for what := range refused {
		if len(answers) == 0 {
			return errors.New(what)
		}
		want := answers[1]
		if strings.HasPrefix(what, about.Name()+": ") {
			want = answers[0]
		}
		if !strings.Contains(what, ": "+want) {
			return errors.New(what)
		}
	}
	return nil
}

// callsOf counts what a platform was asked about sessions.
func callsOf(p *ocpitest.Platform) (n int) {
	for c, times := range p.Counts() {
		if c.Module == ocpi.Sessions {
			n += times
		}
	}
	return n
}
