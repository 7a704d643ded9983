package storetest

import (
	"context"
	"strconv"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// standingTests are those of connections that are for one party each.
func standingTests() map[string]func(*testing.T, parties.Store) {
	return map[string]func(*testing.T, parties.Store){
		"a party may have a connection for each of its partners":     onePerPartner,
		"a party has one connection for a partner":                   sameAgain,
		"a connection for all is not beside those for one party":     allBesideOne,
		"a connection for one party that is given up is free":        standingGivenUp,
		"a batch may put connections for one party for that for all": splitInBatch,
		"of many concurrent connections for a partner one wins":      concurrentStandings,
	}
}

// standing is a holder of one party on a connection that is for another one.
func standing(id, as, party string) *parties.Platform {
	p := holder(id, party)
	p.As = ocpi.NewPartyID("DE", as)
	return p
}

func onePerPartner(t *testing.T, s parties.Store) {
	first := standing("p1", "ONE", "AAA")
	save(t, s, first)
	save(t, s, standing("p2", "TWO", "AAA"))
	save(t, s, standing("p3", "ONE", "BBB"))
	save(t, s, holder("p4", "AA")) // whose name only begins alike
	save(t, s, first)              // its own are in nobody's way
}

func sameAgain(t *testing.T, s parties.Store) {
	save(t, s, standing("p1", "ONE", "AAA"))
	save(t, s, standing("p2", "TWO", "AAA"))
	refuse(t, s, standing("p3", "ONE", "AAA"), parties.ErrClaimed)
	refuse(t, s, standing("p3", "TWO", "AAA"), parties.ErrClaimed)
	other := standing("p3", "ONE", "AAA")
	other.Parties[0].Role = ocpi.EMSP
	save(t, s, other)
}

func allBesideOne(t *testing.T, s parties.Store) {
	save(t, s, standing("p1", "ONE", "AAA"))
	refuse(t, s, holder("p2", "CCC", "AAA"), parties.ErrClaimed)
	save(t, s, holder("p2", "CCC"))
	refuse(t, s, standing("p3", "ONE", "CCC"), parties.ErrClaimed)
	if platforms, epoch := load(t, s); len(platforms) != 2 || epoch != 2 {
		t.Errorf("%d platforms, epoch %d; want 2 each", len(platforms), epoch)
	}
}

func standingGivenUp(t *testing.T, s parties.Store) {
	one, two := standing("p1", "ONE", "AAA"), standing("p2", "TWO", "AAA")
	save(t, s, one)
	save(t, s, two)
	one.Removed = true
	save(t, s, one)
	refuse(t, s, holder("p3", "AAA"), parties.ErrClaimed) // the other is still there
	save(t, s, standing("p4", "ONE", "AAA"))
	one.Removed = false
	refuse(t, s, one, parties.ErrClaimed)
	two.As = ocpi.NewPartyID("DE", "SIX")
	save(t, s, two)
	save(t, s, standing("p5", "TWO", "AAA"))
}

func splitInBatch(t *testing.T, s parties.Store) {
	all := holder("p1", "AAA")
	saveAll(t, s, []*parties.Platform{all})
	all.As = ocpi.NewPartyID("DE", "ONE")
	two := standing("p2", "TWO", "AAA")
	saveAll(t, s, []*parties.Platform{two, all})
	refuse(t, s, holder("p3", "AAA"), parties.ErrClaimed)
	refuse(t, s, standing("p3", "ONE", "AAA"), parties.ErrClaimed)
	one, again := standing("p4", "SIX", "AAA"), standing("p5", "SIX", "AAA")
	refuseBatch(t, s, batch(t, s, []*parties.Platform{one, again}), parties.ErrClaimed)
	two.Removed, all.As = true, ocpi.PartyID{}
	saveAll(t, s, []*parties.Platform{all, two})
	refuse(t, s, standing("p3", "TWO", "AAA"), parties.ErrClaimed)
}

func concurrentStandings(t *testing.T, s parties.Store) {
	won := contend(t, s, parties.ErrClaimed, func(n int) error {
		return s.Save(context.WithoutCancel(t.Context()), standing("p"+strconv.Itoa(n), "ONE", "AAA"))
	})
	if won != 1 {
		t.Errorf("%d connections won, want 1", won)
	}
}
