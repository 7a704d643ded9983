package redisstore_test

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/parties/redisstore"
	"github.com/ocpihub/ocpihub/parties/storetest"
)

func servers() map[string]func(testing.TB) *redisconn.Client {
	return map[string]func(testing.TB) *redisconn.Client{"single": redistest.Fresh, "cluster": redistest.FreshCluster}
}

func TestRedisKeepsThePortsContract(t *testing.T) {
	for name, fresh := range servers() {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) parties.Store { return redisstore.New(fresh(t)) })
		})
	}
}

func TestRedisIsABook(t *testing.T) {
	for name, fresh := range servers() {
		t.Run(name, func(t *testing.T) {
			storetest.RunBook(t, func(t *testing.T) storetest.Notes { return redisstore.New(fresh(t)) })
		})
	}
}

func TestWhatWasSavedIsThereAfterAKill(t *testing.T) {
	setup := redistest.Single(t)
	client := redistest.Open(t, setup, redisconn.Options{})
	want := storetest.Full("p1")
	if err := redisstore.New(client).Save(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	setup.Kill(t)
	setup.Restart(t)
	got, epoch, err := redisstore.New(client).Load(t.Context())
	if err != nil || len(got) != 1 || epoch != 1 {
		t.Fatalf("%d platforms, epoch %d, %v", len(got), epoch, err)
	}
	if diff := storetest.Compare(want, got[0]); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A failover may lose writes. What comes afterwards counts the same epochs again.
func TestAHistoryThatRedisLostIsNotTakenForTheNewOne(t *testing.T) {
	client := redistest.Fresh(t)
	store, other := redisstore.New(client), redisstore.New(client)
	for _, p := range []*parties.Platform{storetest.Full("p1"), {ID: "p2", Name: "lost"}} {
		if err := store.Save(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if _, epoch, err := store.Load(t.Context()); err != nil || epoch != 2 {
		t.Fatalf("epoch %d, %v", epoch, err)
	}
	// The second write is lost, another one takes its place.
	client.HDel(t.Context(), client.Key("registry", "platforms"), "p2")
	client.HDel(t.Context(), client.Key("registry", "revisions"), "platform/p2")
	client.Set(t.Context(), client.Key("registry", "epoch"), "1", 0)
	if err := other.Save(t.Context(), &parties.Platform{ID: "p3", Name: "new"}); err != nil {
		t.Fatal(err)
	}
	epoch, err := store.Epoch(t.Context())
	if err != nil || epoch != 3 {
		t.Errorf("epoch %d, %v; want one that nobody has seen", epoch, err)
	}
	if _, loaded, err := store.Load(t.Context()); err != nil || loaded != epoch {
		t.Errorf("loaded %d, %v", loaded, err)
	}
	for _, s := range []*redisstore.Store{store, other} {
		if again, err := s.Epoch(t.Context()); err != nil || again != epoch {
			t.Errorf("the epoch goes on rising: %d, %v", again, err)
		}
	}
}

func TestAnotherSealingKeyIsRefused(t *testing.T) {
	store := redisstore.New(redistest.Fresh(t))
	for _, fingerprint := range []string{"first", "first"} {
		if err := store.CheckSeal(t.Context(), fingerprint); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.CheckSeal(t.Context(), "second"); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("got %v", err)
	}
}

func TestRedisTellsReplicasOfOneAnother(t *testing.T) {
	for name, fresh := range servers() {
		t.Run(name, func(t *testing.T) {
			storetest.RunReplicas(t, func(t *testing.T) func(string) storetest.Member {
				client := fresh(t)
				return func(id string) storetest.Member { return redisstore.New(client).Join(id) }
			})
		})
	}
}
