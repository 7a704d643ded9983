package hub

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
)

// club is a registry of one platform that speaks 2.3.0 and of others that come.
type club struct {
	*roster
	mu      sync.Mutex
	reader  *parties.Platform
	members []*parties.Platform
	told    []time.Duration // since the beginning
	fails   error
	began   time.Time
	dir     *parties.Directory
}

func newClub(t *testing.T) *club { return newClubOf(t, ocpi.V230, ocpi.V221) }

// newClubOf is one at a hub that offers some versions.
func newClubOf(t *testing.T, offered ...ocpi.Version) *club {
	c := &club{began: time.Now(), reader: &parties.Platform{
		ID: "reader", Status: parties.Connected, Version: ocpi.V230, SealedToken: []byte{1},
		Parties: []parties.Party{{Claim: parties.Claim{Role: ocpi.EMSP, Party: ocpi.NewPartyID("NL", "TNM")}}},
	}}
	c.roster = &roster{
		offered:   slices.Contains(offered, ocpi.V230),
		directory: func() *parties.Directory { c.mu.Lock(); defer c.mu.Unlock(); return c.dir }, show: c.take, gather: 10 * time.Second, now: time.Now,
		log: slog.New(slog.DiscardHandler), wake: make(chan struct{}, 1), tries: map[string]try{},
	}
	c.publish()
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- c.run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *club) publish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.enter()
	if c.reader.Shown == "" {
		c.reader.Shown = c.dir.Print(c.reader, time.Now())
		c.enter()
	}
	c.changed(nil, nil)
}

// enter makes the directory of what there is.
func (c *club) enter() {
	all := []*parties.Platform{c.reader.Clone()}
	for _, p := range c.members {
		all = append(all, p.Clone())
	}
	c.dir = parties.NewDirectory(all, 1).Govern(parties.PolicyOpen, nil)
}

// turn gives the reader another status.
func (c *club) turn(s parties.Status) {
	c.mu.Lock()
	c.reader.Status = s
	c.mu.Unlock()
	c.publish()
}

// join lets a CPO come.
func (c *club) join() {
	c.mu.Lock()
	n := strconv.Itoa(len(c.members))
	c.members = append(c.members, &parties.Platform{
		ID: n, Status: parties.Connected, SealedToken: []byte{1},
		Parties: []parties.Party{{Claim: parties.Claim{Role: ocpi.CPO, Party: ocpi.NewPartyID("DE", "A"+n)}}},
	})
	c.mu.Unlock()
	c.publish()
}

// take is the PUT of credentials.
func (c *club) take(_ context.Context, id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = append(c.told, time.Since(c.began))
	if c.fails == nil && id == c.reader.ID {
		c.reader.Shown = c.dir.Print(c.reader, time.Now())
		c.enter()
	}
	return c.fails
}

// times are when somebody was told, since the last time.
func (c *club) times() []time.Duration {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.told
	c.told = nil
	return out
}

func TestH031_ThoseWhoJoinTogetherAreToldOfByOnePUT(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClub(t)
		if got := c.times(); len(got) > 0 {
			t.Errorf("told at %v, and nothing was new", got)
		}
		for range 5 {
			c.join()
			time.Sleep(time.Second)
		}
		time.Sleep(time.Minute)
		if got := c.times(); len(got) != 1 || got[0] > 11*time.Second {
			t.Errorf("told at %v", got)
		}
		c.join()
		time.Sleep(30 * time.Second)
		c.join()
		time.Sleep(2 * time.Minute)
		got := c.times()
		if len(got) != 2 || got[1]-got[0] < time.Minute {
			t.Errorf("told at %v: it changes its token each time", got)
		}
		c.publish() // something else has changed
		time.Sleep(time.Hour)
		if got := c.times(); len(got) > 0 {
			t.Errorf("told at %v, and nothing was new", got)
		}
	})
}

func TestH031_WhoDoesNotTakeItIsTriedEverMoreSeldomAndNotForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClub(t)
		c.fails = errors.New("HTTP 500")
		c.join()
		time.Sleep(48 * time.Hour)
		got := c.times()
		if len(got) != rosterTries {
			t.Fatalf("tried %d times: %v", len(got), got)
		}
		gaps := make([]time.Duration, 0, len(got))
		for i := 1; i < len(got); i++ {
			gaps = append(gaps, got[i]-got[i-1])
		}
		if !slices.IsSorted(gaps) || gaps[0] < rosterAgain || gaps[len(gaps)-1] < rosterSeldom {
			t.Errorf("the gaps are %v", gaps)
		}
		c.mu.Lock()
		c.fails = nil
		c.mu.Unlock()
		c.join() // there is something new
		time.Sleep(time.Minute)
		if got := c.times(); len(got) != 1 {
			t.Errorf("told at %v", got)
		}
	})
}

func TestAPlatformThatWasAwayIsToldWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClub(t)
		c.turn(parties.Offline)
		c.join()
		time.Sleep(time.Hour)
		if got := c.times(); len(got) > 0 {
			t.Errorf("told at %v while it was away", got)
		}
		c.turn(parties.Connected)
		time.Sleep(time.Minute)
		if got := c.times(); len(got) != 1 {
			t.Errorf("told at %v", got)
		}
	})
}

func TestWhoSpeaks230IsNotMovedByAHubThatDoesNotHaveItAnyMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClubOf(t, ocpi.V221)
		c.join()
		time.Sleep(time.Hour)
		if got := c.times(); len(got) > 0 {
			t.Errorf("its credentials were renewed at %v", got)
		}
	})
}
