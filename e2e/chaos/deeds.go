package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/e2e/chaos/cast"
	"github.com/ocpihub/ocpihub/e2e/chaos/link"
	"github.com/ocpihub/ocpihub/e2e/chaos/site"
)

// doer does deeds to a site and to the links of its platforms.
type doer struct {
	site      *site.Site
	links     map[string]*link.Link
	processes map[string]*site.Process
	disks     map[string]*site.Disk
	clocks    map[string]*site.Clock
	tell      func(format string, v ...any)
}

func newDoer(s *site.Site, c *cast.Cast, tell func(string, ...any)) *doer {
	d := &doer{
		site: s, tell: tell, links: map[string]*link.Link{}, processes: map[string]*site.Process{},
		disks: map[string]*site.Disk{}, clocks: map[string]*site.Clock{},
	}
	for _, p := range s.Processes() {
		d.processes[p.Name] = p
	}
	for _, disk := range s.Disks {
		d.disks["disk of "+disk.Name] = disk
	}
	for _, h := range s.Hubs {
		d.links[h.Door.Name] = h.Door
		if h.Clock != nil {
			d.clocks["clock of "+h.Name] = h.Clock
		}
	}
	for _, l := range s.Behind {
		d.links[l.Name] = l
	}
	for _, m := range c.Members {
		d.links[m.Way.Name] = m.Way
	}
	return d
}

// stageOf names what can be done to a site, in an order that does not change.
func stageOf(s *site.Site, c *cast.Cast) stage {
	var out stage
	for _, p := range s.Processes() {
		out.processes = append(out.processes, p.Name)
	}
	for _, h := range s.Hubs {
		out.hubs = append(out.hubs, h.Name)
		out.links = append(out.links, h.Door.Name)
		if h.Clock != nil {
			out.clocks = append(out.clocks, h.Name)
		}
	}
	for _, l := range s.Behind {
		out.links = append(out.links, l.Name)
	}
	for _, m := range c.Members {
		out.ways = append(out.ways, m.Way.Name)
	}
	out.links = append(out.links, out.ways...)
	for _, d := range s.Disks {
		out.disks = append(out.disks, d.Name)
	}
	return out
}

// run does all deeds at their times and returns when ctx ends and each of them
// has been undone.
func (d *doer) run(ctx context.Context, deeds []deed) {
	began := time.Now()
	var all sync.WaitGroup
	defer all.Wait()
	for _, one := range deeds {
		if !sleep(ctx, time.Until(began.Add(one.at))) {
			return
		}
		d.tell("%s", one)
		all.Go(func() {
			if err := d.do(one); err != nil {
				d.tell("could not do it: %s: %v", one, err)
			}
			sleep(ctx, one.span)
			if err := d.undo(one); err != nil {
				d.tell("could not undo it: %s: %v", one, err)
			}
		})
	}
	<-ctx.Done()
}

func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

var modes = map[string]link.Mode{cut: link.Cut, slow: link.Slow, stall: link.Stalled, halfOpen: link.HalfOpen}

func (d *doer) do(one deed) error {
	switch one.what {
	case kill:
		d.processes[one.target].Kill()
	case pause:
		d.processes[one.target].Pause()
	case fill:
		return d.disks[one.target].Fill()
	case step:
		return d.clocks[one.target].Step(one.amount)
	default:
		mode, known := modes[one.what]
		if !known {
			return fmt.Errorf("there is no deed %s", one.what)
		}
		d.links[one.target].Set(mode, one.amount)
	}
	return nil
}

func (d *doer) undo(one deed) error {
	switch one.what {
	case kill:
		return d.processes[one.target].Start()
	case pause:
		d.processes[one.target].Resume()
	case fill:
		return d.disks[one.target].Free()
	case step:
		return d.clocks[one.target].Step(0)
	default:
		d.links[one.target].Set(link.Pass, 0)
	}
	return nil
}

// healAll ends every deed that may be left.
func (d *doer) healAll() error {
	for _, l := range d.links {
		l.Set(link.Pass, 0)
	}
	return d.site.Heal()
}

// kinds counts deeds by their kind and the sort of their target.
func kinds(deeds []deed) string {
	counts := map[string]int{}
	var order []string
	for _, one := range deeds {
		if counts[one.what]++; counts[one.what] == 1 {
			order = append(order, one.what)
		}
	}
	var out []string
	for _, what := range order {
		out = append(out, fmt.Sprintf("%s %d", what, counts[what]))
	}
	return strings.Join(out, ", ")
}
