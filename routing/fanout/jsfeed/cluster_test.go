package jsfeed_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/internal/natsconn"
	"github.com/ocpihub/ocpihub/internal/natstest"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/fanout/feedtest"
	"github.com/ocpihub/ocpihub/routing/fanout/jsfeed"
)

// external opens a feed on a NATS beside this process, through a connection like
// that of the hub.
func external(t testing.TB, s *natstest.Servers, o jsfeed.Options) *jsfeed.Feed {
	t.Helper()
	client, err := natsconn.Open(t.Context(), natsconn.Options{URL: s.URL()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close(t.Context()) })
	o.Conn = client.Conn()
	f, err := jsfeed.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// empty removes what other tests left.
func empty(t testing.TB, s *natstest.Servers) {
	t.Helper()
	js, err := jetstream.New(s.Connect())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"OCPI_FEED", "KV_OCPI_PROGRESS"} {
		if err := js.DeleteStream(t.Context(), name); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			t.Fatal(err)
		}
	}
}

func TestAFeedOnANATSOfItsOwn(t *testing.T) {
	s := natstest.Single(t)
	feedtest.Run(t, func(t *testing.T) (fanout.Feed, fanout.Progress) {
		empty(t, s)
		f := external(t, s, roomy)
		return f, f
	})
}

func TestAFeedOnACluster(t *testing.T) {
	s := natstest.Cluster(t)
	o := roomy
	o.Replicas = 3
	feedtest.Run(t, func(t *testing.T) (fanout.Feed, fanout.Progress) {
		empty(t, s)
		f := external(t, s, o)
		return f, f
	})
}

// A NATS that others use too may be full although the feed is not.
func TestAChangeIsRefusedWhileTheServerIsFullAndTakenOnceThereIsRoom(t *testing.T) {
	const room = 72 << 20 // the bucket of the marks takes 64 MiB of it
	s := natstest.Single(t, func(c *natstest.Config) { c.MaxFileStore = room })
	o := roomy
	o.Bytes = 1 << 20
	f := external(t, s, o)
	change := fanout.Renewal(catalog.Key{Module: ocpi.Locations, Owner: ocpi.NewPartyID("DE", "ABC"), ID: "L1"}, ocpi.CPO)
	first, err := f.Publish(t.Context(), change)
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(s.Connect())
	if err != nil {
		t.Fatal(err)
	}
	greedy, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "OTHERS", Subjects: []string{"others"}})
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = js.Publish(t.Context(), "others", make([]byte, 512<<10))
	}
	if seq, err := f.Publish(t.Context(), change); err == nil {
		t.Errorf("the change is acknowledged as %d by a server that is full", seq)
	}
	if err := greedy.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	next, err := f.Publish(t.Context(), change)
	if err != nil || next <= first {
		t.Errorf("with room again: %d after %d, %v", next, first, err)
	}
}
