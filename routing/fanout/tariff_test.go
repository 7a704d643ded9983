package fanout_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// Promises 1 and 2 for objects that can be deleted, under the same troubles as
// locations.
func TestADeletedTariffStaysDeletedAndOneThatIsBackIsThere(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(steps(), 1, 60).Draw(rt, "script")
		slow := time.Duration(rapid.IntRange(0, 10).Draw(rt, "slow")) * time.Millisecond
		lag := time.Duration(rapid.IntRange(0, 100).Draw(rt, "lag")) * time.Millisecond
		var broken []string
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, receiver("p1", "AAA", "BBB"), receiver("p2", "CCC"))
			w.options.Entries, w.options.Parallel = 3, 2
			w.slow, w.lag = slow, lag
			w.playTariffs(script)
			broken = w.broken
		})
		if len(broken) > 0 {
			rt.Fatal(strings.Join(broken, "\n"))
		}
	})
}

// playTariffs takes the pushes of a script for those of tariffs: a patch of
// the whole location for a DELETE.
func (w *world) playTariffs(script []step) {
	w.module = ocpi.Tariffs
	w.start()
	pushes, pushed := make(chan func(), 1000), make(chan struct{})
	go func() {
		defer close(pushed)
		for push := range pushes {
			push()
		}
	}()
	for _, s := range script {
		switch {
		case s.what == "patch" && s.part == "":
			pushes <- func() { w.pushTariff(s.object, http.MethodDelete) }
		case s.what == "patch" || s.what == "put":
			pushes <- func() { w.pushTariff(s.object, http.MethodPut) }
		default:
			w.do(s, pushes)
		}
	}
	close(pushes)
	<-pushed
	for _, p := range w.platforms {
		w.free(p)
	}
	time.Sleep(5 * time.Minute)
	for _, p := range w.platforms {
		w.operate(p, "retry")
	}
	time.Sleep(5 * time.Minute)
	for _, p := range w.platforms {
		w.tariffsAreRight(p)
	}
	w.end()
}

func (w *world) pushTariff(id, method string) {
	lane := w.lane(id)
	lane <- struct{}{}
	defer func() { <-lane }()
	w.mu.Lock()
	w.clock++
	c := fanout.Change{
		Key:    catalog.Key{Module: ocpi.Tariffs, Owner: cpo, ID: id},
		Method: method, Path: "DE/CPO/" + id, Role: ocpi.CPO, Version: ocpi.V221, CorrelationID: fmt.Sprint("c", w.clock),
	}
	if delete(w.tariffs, id); method == http.MethodPut {
		w.tariffs[id] = w.clock
		c.Body, _ = json.Marshal(versions{"": w.clock}) // numbers always can be written
	}
	w.stored[c.Key] = time.Now()
	w.mu.Unlock()
	linger(w.slow)
	for w.engine.Accept(w.t.Context(), c) != nil {
		time.Sleep(time.Millisecond)
	}
}

// tariffsAreRight goes through all that a platform was sent. What was sent
// last of each tariff must be its state; and what is deleted may not come back
// in a state from before.
func (w *world) tariffsAreRight(p *platform) {
	w.mu.Lock()
	defer w.mu.Unlock()
	newest, last, gone := map[string]int{}, map[string]int{}, map[string]bool{}
	for _, d := range p.got {
		at := d.To.String() + " " + d.Key.ID
		if d.Method == http.MethodDelete {
			if last[at] != 0 {
				newest[at]++ // whatever comes next must be newer
			}
			gone[at], last[at] = true, 0
			continue
		}
		var v versions
		if err := json.Unmarshal(d.Body, &v); err != nil || v[""] < newest[at] {
			w.breaks("%s brings %s %q after %d, %v", d.Method, at, d.Body, newest[at], err)
		}
		gone[at], newest[at], last[at] = false, v[""], v[""]
	}
	for key := range w.stored {
		for _, to := range p.parties {
			at := to.String() + " " + key.ID
			if _, known := gone[at]; !known || last[at] != w.tariffs[key.ID] {
				w.breaks("%s holds state %d of %s, want %d", to, last[at], key.ID, w.tariffs[key.ID])
			}
		}
	}
}
