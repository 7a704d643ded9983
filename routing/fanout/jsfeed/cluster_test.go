package jsfeed_test

import (
	"errors"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/internal/natsconn"
	"github.com/ocpihub/ocpihub/internal/natstest"
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
