package lease_test

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/lease"
	"github.com/ocpihub/ocpihub/internal/lease/leasetest"
)

func TestAloneHoldsEverything(t *testing.T) {
	leasetest.Leases(t, func(*testing.T) lease.Leases { return lease.NewAlone("one", "1.0", time.Now()) })
}

func TestAKeeperWithoutOthersHoldsEverything(t *testing.T) {
	leasetest.Leases(t, func(t *testing.T) lease.Leases {
		k, err := lease.New(lease.Options{Bucket: lease.NewMemory(), ID: "one"})
		if err != nil {
			t.Fatal(err)
		}
		return k
	})
}

func TestMemoryIsABucket(t *testing.T) {
	leasetest.Bucket(t, func(*testing.T) lease.Bucket { return lease.NewMemory() })
}
