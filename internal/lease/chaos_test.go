package lease_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"
)

// trouble is a run of some replicas over which faults come by a seed.
type trouble struct {
	*world
	rnd  *rand.Rand
	live []*replica
	dead []*replica
	born int
}

func (c *trouble) add() {
	c.born++
	r := c.join(fmt.Sprintf("r%d", c.born))
	r.linger = time.Duration(c.random(int64(3 * time.Second)))
	c.live = append(c.live, r)
}

// step does something to one of the replicas.
func (c *trouble) step() {
	i := int(c.random(int64(len(c.live))))
	r := c.live[i]
	switch c.random(9) {
	case 0, 1:
		r.cut(true)
	case 2, 3:
		r.cut(false)
	case 4:
		r.set(func(l *line) { l.deaf = !l.deaf })
	case 5:
		r.set(func(l *line) {
			l.late = func() time.Duration { return time.Duration(c.random(int64(5 * time.Second))) }
		})
	case 6:
		r.set(func(l *line) { l.late = nil })
	case 7:
		if len(c.live) < 5 {
			c.add()
		}
	case 8:
		if len(c.live) < 3 {
			return
		}
		if c.random(2) == 0 {
			r.kill()
		} else {
			r.stop()
		}
		c.live = append(c.live[:i:i], c.live[i+1:]...)
		c.dead = append(c.dead, r)
	}
}

// random is for the goroutines of the replicas.
func (c *trouble) random(n int64) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.rnd.Int64N(n)
}

// heal ends all faults.
func (c *trouble) heal() {
	for _, r := range c.live {
		r.set(func(l *line) { l.deaf, l.late = false, nil })
		r.cut(false)
	}
}

// settled fails the test unless each lease has one holder, and the replicas have
// the same number up to one.
func (c *trouble) settled(names int) {
	all, most, least := 0, 0, names
	for _, r := range c.live {
		n := c.counts()[r.id]
		all, most, least = all+n, max(most, n), min(least, n)
	}
	if all != names || most-least > 1 {
		c.t.Errorf("after some quiet: %v over %d replicas", c.counts(), len(c.live))
	}
}

func TestWhateverHappensALeaseHasAtMostOneValidHolderAndSoonOneAgain(t *testing.T) {
	const names = 7
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := &trouble{world: newWorld(t, shards(names)...), rnd: rand.New(rand.NewPCG(seed, 1))}
				for range 3 + seed%3 {
					c.add()
				}
				for range 2 {
					for range 10 {
						time.Sleep(time.Duration(c.random(int64(4 * time.Second))))
						c.step()
					}
					c.heal()
					time.Sleep(time.Minute)
					c.settled(names)
				}
				end(append(c.live, c.dead...)...)
			})
		})
	}
}
