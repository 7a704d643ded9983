package hub_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

// holder waits until one of the hubs holds a lease.
func (r *replicas) holder(lease string) (holder *hub.Hub) {
	r.Helper()
	r.eventually("somebody holds "+lease, func() bool {
		i := slices.IndexFunc(r.hubs, func(h *hub.Hub) bool { return slices.Contains(h.Leases(), lease) })
		if i >= 0 {
			holder = r.hubs[i]
		}
		return i >= 0
	})
	return holder
}

// settled waits until what is done once per hub is spread evenly: then nothing of it
// moves by itself.
func (r *replicas) settled() {
	r.Helper()
	even := func(count func(*hub.Hub) int, least int) bool {
		var all []int
		sum := 0
		for _, h := range r.hubs {
			all, sum = append(all, count(h)), sum+count(h)
		}
		return sum >= least && slices.Max(all)-slices.Min(all) <= 1
	}
	r.eventually("what is done once is spread", func() bool { return even((*hub.Hub).Shards, 8) && even((*hub.Hub).Tasks, 7) })
}

// others are the hubs without one.
func (r *replicas) others(h *hub.Hub) []*hub.Hub {
	return slices.DeleteFunc(slices.Clone(r.hubs), func(other *hub.Hub) bool { return other == h })
}

// stop closes a hub, as a process that is asked to stop does.
func (r *replicas) stop(h *hub.Hub) {
	r.Helper()
	live := r.others(h)
	r.live.Store(&live)
	if err := h.Close(r.Context()); err != nil {
		r.Fatal(err)
	}
	r.hubs = live
}

// pings are when a platform was asked for a sign of life.
func pings(p *ocpitest.Platform) (at []time.Time) {
	for _, c := range p.Calls(ocpitest.Is(ocpi.Versions, http.MethodGet)) {
		at = append(at, c.At)
	}
	return at
}

// pingedOnce wants the next pings of a platform to be those of one watchdog, which
// leaves a second between two of them.
func (r *replicas) pingedOnce(p *ocpitest.Platform) {
	r.Helper()
	p.ForgetCalls()
	r.eventually("a silent platform is pinged", func() bool { return len(pings(p)) >= 4 })
	if at := pings(p); at[3].Sub(at[0]) < 2*time.Second {
		r.Errorf("four pings within %s", at[3].Sub(at[0]))
	}
}

func TestOneReplicaAsksForSignsOfLifeAndAnotherGoesOnWhenItStops(t *testing.T) {
	r := startReplicas(t, 3, watchful)
	c := join(t, r.hubs[0], of(ocpi.CPO, cpo))
	r.settled()
	r.pingedOnce(c)
	r.stop(r.holder("hub.alive"))
	c.ForgetCalls()
	r.eventually("it is pinged by another one", func() bool { return len(pings(c)) > 0 })
}

func TestWhatAReplicaHeldIsAtTheOthersOnceItHasStopped(t *testing.T) {
	r := startReplicas(t, 2)
	r.settled()
	left := r.hubs[0].Leases()
	r.stop(r.hubs[0])
	stopped := time.Now()
	r.eventually("the other one holds what it left", func() bool {
		return !slices.ContainsFunc(left, func(lease string) bool { return !slices.Contains(r.hubs[0].Leases(), lease) })
	})
	t.Logf("%d leases were at the other one %s after the stop", len(left), time.Since(stopped))
	r.eventually("the one that stopped is no member", func() bool { return len(r.hubs[0].Members()) == 1 })
}

func TestAPlatformIsPulledByOneReplicaAndNotAgainByItsHeir(t *testing.T) {
	r := startReplicas(t, 2, pulling)
	r.settled()
	e := join(t, r.hubs[0], of(ocpi.EMSP, emsp))
	offering := func(party ocpi.PartyID) *ocpitest.Platform {
		return joinOffering(t, r.hubs[len(r.hubs)-1], of(ocpi.CPO, party), func(p *ocpitest.Platform) {
			p.Offer(ocpi.Locations, []byte(location(party, "L1", t0)))
		})
	}
	pulledOnce := func(p *ocpitest.Platform, party ocpi.PartyID) {
		t.Helper()
		until(t, e, "what it offers has come", func() bool {
			_, ok := e.Object(ocpitest.Key{Module: ocpi.Locations, Owner: party, ID: "L1"}, emsp)
			return ok
		})
		r.eventually("its last list was read and the pull has ended", func() bool {
			return len(p.Calls(ocpitest.Is(ocpi.CDRs, http.MethodGet))) > 0 && !slices.ContainsFunc(r.hubs, (*hub.Hub).Pulls)
		})
		if calls := p.Calls(ocpitest.Is(ocpi.Locations, http.MethodGet)); len(calls) != 1 {
			t.Errorf("the locations were read by %v", calls)
		}
	}
	c := offering(cpo)
	pulledOnce(c, cpo)
	r.stop(r.holder("hub.pulls"))
	c2 := offering(cpo2) // whoever pulls it has looked who is due
	pulledOnce(c2, cpo2)
	pulledOnce(c, cpo)
}

func TestClientInfoIsAnnouncedByOneReplica(t *testing.T) {
	r := startReplicas(t, 3)
	r.settled()
	e := join(t, r.hubs[0], of(ocpi.EMSP, emsp))
	join(t, r.hubs[1], of(ocpi.CPO, cpo))
	join(t, r.hubs[2], of(ocpi.CPO, cpo2))
	knows := func(party ocpi.PartyID, status parties.Status) {
		until(t, e, party.String()+" is "+string(status), func() bool {
			return slices.ContainsFunc(e.ClientInfos(), func(i ocpitest.ClientInfo) bool {
				return i.Party.ID == party && i.Status == string(status)
			})
		})
	}
	knows(cpo, parties.Connected)
	knows(cpo2, parties.Connected)
	suspend := func(party ocpi.PartyID) {
		at := r.hubs[0].Registry()
		if _, err := at.Suspend(t.Context(), at.Directory().Homes(party)[0].Platform.ID); err != nil {
			t.Fatal(err)
		}
		knows(party, parties.Suspended)
	}
	var told atomic.Int64
	_, err := r.hubs[0].Stream().Subscribe("ocpi.feed."+string(ocpi.HubClientInfo), func(m *nats.Msg) {
		if ocpi.FindString(m.Data, "party_id") == cpo.ID {
			told.Add(1)
		}
	})
	if err = errors.Join(err, r.hubs[0].Stream().Flush()); err != nil {
		t.Fatal(err)
	}
	suspend(cpo)
	suspend(cpo2) // every replica that announces has come by the first one
	if n := told.Load(); n != 1 {
		t.Errorf("the feed was told %d times", n)
	}
}

// renewals are how often the hub renewed its credentials with a platform.
func renewals(p *ocpitest.Platform) int {
	return len(p.Calls(ocpitest.Is(ocpi.Credentials, http.MethodPut)))
}

// reaches waits until a platform of 2.3.0 is told of exactly these parties, by one
// renewal more than before.
func (r *replicas) reaches(p *ocpitest.Platform, before int, parties ...ocpi.PartyID) {
	r.Helper()
	r.eventually("a platform is told whom it can reach", func() bool {
		var known []ocpi.PartyID
		for _, party := range p.Reachable() {
			known = append(known, party.ID)
		}
		slices.SortFunc(known, func(a, b ocpi.PartyID) int { return strings.Compare(a.String(), b.String()) })
		return slices.Equal(known, parties)
	})
	if n := renewals(p); n != before+1 {
		r.Errorf("credentials were renewed %d times, want once", n-before)
	}
}

func TestWhomAPlatformReachesIsToldByOneReplicaAndByAnotherWhenItDies(t *testing.T) {
	r := startReplicas(t, 3, ofBoth)
	r.settled()
	e := join(t, r.hubs[0], in230(of(ocpi.EMSP, emsp)))
	join(t, r.hubs[1], of(ocpi.CPO, cpo))
	r.reaches(e, 0, cpo)
	join(t, r.hubs[2], of(ocpi.CPO, cpo2)) // whoever would have told of the first one, too, has
	r.reaches(e, 1, cpo2, cpo)
	first := r.holder("hub.roles")
	r.cut(slices.Index(r.hubs, first))
	alive := r.others(first)
	r.eventually("another one holds what it did", func() bool {
		return slices.ContainsFunc(alive, func(h *hub.Hub) bool { return slices.Contains(h.Leases(), "hub.roles") })
	})
	join(t, alive[0], of(ocpi.CPO, other))
	r.reaches(e, 2, cpo2, cpo, other)
}
