package fanout_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/memfeed"
)

// crowd is an audience of many platforms that take everything at once.
type crowd struct {
	platforms []fanout.Target
	taken     sync.WaitGroup
}

func (c *crowd) Platforms() []fanout.Target { return c.platforms }

var aParty = []ocpi.PartyID{{Country: "NL", ID: "AAA"}}

func (c *crowd) Receivers(string, fanout.Change) []ocpi.PartyID { return aParty }

func (c *crowd) Newest(context.Context, string, catalog.Key, catalog.Part) (fanout.Content, error) {
	return fanout.Content{Version: ocpi.V221, Body: []byte("{}")}, nil
}

func (c *crowd) Deliver(context.Context, fanout.Delivery) (fanout.Answer, error) {
	c.taken.Done()
	return ok(), nil
}

// BenchmarkPush measures what the fan-out itself costs: one push, until every
// receiver has it. Feed, network and receivers cost nothing.
func BenchmarkPush(b *testing.B) {
	for _, receivers := range []int{10, 100, 500} {
		b.Run(fmt.Sprintf("%d receivers", receivers), func(b *testing.B) {
			c := &crowd{}
			for i := range receivers {
				c.platforms = append(c.platforms, fanout.Target{Platform: fmt.Sprint("p", i)})
			}
			f := memfeed.New(time.Now)
			e := fanout.New(fanout.Options{Feed: f, Progress: f, Audience: c, States: c, Courier: c})
			ctx, cancel := context.WithCancel(b.Context())
			ended := make(chan error, 1)
			go func() { ended <- e.Run(ctx) }()
			for len(e.Deliveries()) < receivers {
				time.Sleep(time.Millisecond)
			}
			n := 0
			for b.Loop() {
				n++
				c.taken.Add(receivers)
				change := fanout.Change{Key: location(fmt.Sprint("L", n)), Method: "PUT", Path: "DE/CPO/L", Body: []byte("{}")}
				if err := e.Accept(ctx, change); err != nil {
					b.Fatal(err)
				}
				c.taken.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*receivers), "ns/delivery")
			cancel()
			if err := <-ended; err != nil {
				b.Error(err)
			}
		})
	}
}
