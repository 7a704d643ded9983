package conformance

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// offering registers a CPO that offers objects and pushes none.
func (s *stage) offering(pageLimit int, m ocpi.ModuleID, objects func(owner ocpi.PartyID) []string, script ...func(*ocpitest.Platform) ocpitest.Script) *ocpitest.Platform {
	s.Helper()
	o := s.options(ocpi.CPO)
	o.PageLimit = pageLimit
	n := s.newcomer(o)
	for _, raw := range objects(id(n.Platform)) {
		offer(n.Platform, m, raw)
	}
	for _, follow := range script {
		n.Follow(follow(n.Platform))
	}
	s.register(n.Platform, n.at, n.tokenA)
	return n.Platform
}

// tariffs makes n tariffs, each a minute newer.
func (s *stage) tariffs(n int) func(ocpi.PartyID) []string {
	return func(owner ocpi.PartyID) (out []string) {
		for i := range n {
			out = append(out, tariff(owner, s.id(fmt.Sprint("T", i)), s.at(i)))
		}
		return out
	}
}

// lists are the first pages of the list of a module that the hub asked for.
func lists(p *ocpitest.Platform, m ocpi.ModuleID) []ocpitest.Call {
	return p.Calls(ocpitest.Is(m, "GET"), func(c ocpitest.Call) bool {
		return c.Interface == ocpi.Sender && c.Below == "" && offset(c) == "0"
	})
}

func offset(c ocpitest.Call) string {
	values, err := url.ParseQuery(c.Query)
	if err != nil || values.Get("offset") == "" {
		return "0"
	}
	return values.Get("offset")
}

func TestH132_ATotalThatShrinksDuringAPullLosesNothing(t *testing.T) {
	s := newStage(t)
	emsp := s.emsp()
	var once sync.Once
	cpo := s.offering(2, ocpi.Tariffs, s.tariffs(5), func(p *ocpitest.Platform) ocpitest.Script {
		return ocpitest.Script{Paging: ocpitest.Paging{Before: func(c ocpitest.Call) {
			if c.Module == ocpi.Tariffs && offset(c) == "2" { // what is third moves to the page before
				once.Do(func() { p.Withdraw(ocpitest.Key{Module: ocpi.Tariffs, Owner: id(p), ID: s.id("T0")}) })
			}
		}}}
	})
	s.until(emsp, "all that is left", func() bool {
		for _, n := range []int{1, 2, 3, 4} {
			if held(emsp, ocpi.Tariffs, id(cpo), s.id(fmt.Sprint("T", n))) == "" {
				return false
			}
		}
		return true
	})
}

func TestH134_PullsAreAsSeldomAsTheOperatorWants(t *testing.T) {
	s := special(t, plain, "a short pull.interval")
	const interval = 2 * time.Second
	s.site = s.ownHub("OCPI_HUB_PULL_MODE=always", "OCPI_HUB_PULL_INTERVAL="+interval.String())
	began := time.Now()
	cpo := s.offering(0, ocpi.Tariffs, s.tariffs(1))
	s.until(cpo, "three pulls", func() bool { return len(lists(cpo, ocpi.Tariffs)) >= 3 })
	third := lists(cpo, ocpi.Tariffs)[2].At.Sub(began)
	s.check(third >= 2*interval*9/10, "the third pull came after %s, want two intervals less a tenth at least", third)
}

func TestH135_ABrokenObjectInAListDoesNotStopTheOthers(t *testing.T) {
	s := newStage(t)
	emsp := s.emsp()
	cpo := s.offering(0, ocpi.Locations, func(owner ocpi.PartyID) (out []string) {
		for n := range 3 {
			out = append(out, location(owner, s.id(fmt.Sprint("L", n)), s.at(n)))
		}
		out[1] = strings.Replace(out[1], `"address"`, `"x-address"`, 1)
		return out
	})
	s.until(emsp, "the sound ones", func() bool {
		return held(emsp, ocpi.Locations, id(cpo), s.id("L0")) != "" && held(emsp, ocpi.Locations, id(cpo), s.id("L2")) != ""
	})
	reply := s.ok(emsp, get(ocpi.Locations, emsp.Hub(), "", s.today()))
	s.check(ids(reply) == s.id("L0")+" "+s.id("L2") && held(emsp, ocpi.Locations, id(cpo), s.id("L1")) == "", "the hub lists %s", ids(reply))
}
