package demo

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// pushers is how many pushes are under way at once.
const pushers = 32

// publish pushes every location to all, as its operator.
func (d *Demo) publish(ctx context.Context) (string, error) {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(pushers)
	var done atomic.Int64
	for i, l := range d.locations {
		cpo := d.homes[l.Owner]
		if d.Sabotage == DropPush && i == len(d.locations)/2 {
			continue // not offered either: the pull on connect would make up for it
		}
		work.Go(func() error {
			defer done.Add(1)
			return accepted(cpo.Push(ctx, ocpi.Locations, d.hubParty(), l.Raw))
		})
		d.counter.show(int(done.Load()), len(d.locations), "pushed")
	}
	if err := work.Wait(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s of %s pushed to the hub, each answered 1000",
		count(int(done.Load()), "location"), count(len(d.homes), "operator")), nil
}

// accepted makes an error of an answer that is not 1000.
func accepted(reply ocpitest.Reply, err error) error {
	if err == nil {
		err = reply.Err()
	}
	if err == nil && reply.Code() != ocpi.StatusOK {
		err = fmt.Errorf("the answer is %d, want %d", reply.Code(), ocpi.StatusOK)
	}
	return err
}

// received compares what every eMSP has with what was published.
func (d *Demo) received(ctx context.Context) (string, error) {
	d.awaitLocations(ctx)
	repeated := 0
	for _, r := range d.receivers() {
		more, err := d.compare(r)
		if err != nil {
			return "", fmt.Errorf("%s: %w", r.party, err)
		}
		repeated += more
	}
	facts := fmt.Sprintf("%d copies at %s, none missing or doubled, each byte as published",
		len(d.locations)*len(d.receivers()), count(len(d.receivers()), "eMSP"))
	if repeated > 0 {
		facts += fmt.Sprintf(" (%d came again after a catch-up)", repeated)
	}
	return facts, nil
}

// awaitLocations waits until as many locations have come as there must be, or
// none has come for a while: what is wrong then, the comparison tells.
func (d *Demo) awaitLocations(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	all := len(d.locations) * len(d.receivers())
	last, since := -1, time.Now()
	_ = await(ctx, "locations", func() bool { // the comparison gives the error
		come, complete := 0, true
		for _, p := range d.emsps {
			puts := puts(p)
			come += puts
			complete = complete && puts >= len(d.locations)*len(p.Parties()) && held(p) >= len(d.locations)*len(p.Parties())
		}
		d.counter.show(come, all, "received")
		if come != last {
			last, since = come, time.Now()
		}
		return complete || time.Since(since) > d.Quiet
	})
}

// puts is how many locations were put to a platform.
func puts(p *ocpitest.Platform) int {
	n := 0
	for c, times := range p.Counts() {
		if c.Module == ocpi.Locations && c.Method == http.MethodPut {
			n += times
		}
	}
	return n
}

// held is how many locations a platform has, for all of its parties.
func held(p *ocpitest.Platform) int { return len(p.Objects(ocpi.Locations, nil)) }

// compare holds an eMSP's locations against what was published, and returns how
// many came more than once.
func (d *Demo) compare(r receiver) (repeated int, err error) {
	want := make(map[string][]byte, len(d.locations))
	for _, l := range d.locations {
		want[nameOf(l.Owner, l.ID)] = l.Raw
	}
	for _, o := range r.objects(ocpi.Locations) {
		name := nameOf(o.Owner, o.ID)
		published, ok := want[name]
		switch {
		case !ok:
			return 0, fmt.Errorf("%s is there but was not published, or is there twice", name)
		case !bytes.Equal(published, o.Raw):
			return 0, fmt.Errorf("%s is not as it was published", name)
		}
		delete(want, name)
		repeated += o.Changes - 1
	}
	for name := range want {
		return 0, fmt.Errorf("%d of %s missing, for example %s", len(want), count(len(d.locations), "location"), name)
	}
	return repeated, nil
}

// pull gets all locations of all operators, page by page.
func (d *Demo) pull(ctx context.Context) (string, error) {
	r := d.receivers()[0]
	want := make(map[string][]byte, len(d.locations))
	for _, l := range d.locations {
		want[nameOf(l.Owner, l.ID)] = l.Raw
	}
	page := min(max(len(d.locations)/6, 2), 500) // so that there are several
	list := ocpitest.List{Module: ocpi.Locations, From: r.party, To: d.hubParty(), Limit: page}
	seen := 0
	crawl, err := r.platform.GetAll(ctx, list, func(raw []byte) error {
		owner := ocpi.NewPartyID(ocpi.FindString(raw, "country_code"), ocpi.FindString(raw, "party_id"))
		name := nameOf(owner, ocpi.FindString(raw, "id"))
		if !bytes.Equal(want[name], raw) {
			return fmt.Errorf("%s comes twice, or is not as it was published", name)
		}
		delete(want, name)
		seen++
		d.counter.show(seen, len(d.locations), "pulled")
		return nil
	})
	switch {
	case err != nil:
		return "", err
	case len(want) > 0:
		return "", fmt.Errorf("%d of %s were not listed", len(want), count(len(d.locations), "location"))
	case crawl.Total != len(d.locations):
		return "", fmt.Errorf("X-Total-Count is %d, want %d", crawl.Total, len(d.locations))
	}
	return fmt.Sprintf("%s got %s on %s by following Link, none missing or doubled, X-Total-Count %d",
		r.party, count(crawl.Objects, "location"), count(crawl.Pages, "page"), crawl.Total), nil
}
