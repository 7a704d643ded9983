package main

import "github.com/ocpihub/ocpihub/internal/lease"

func (s *stage) Replicas() []lease.Replica {
	if s.empty {
		return nil
	}
	return []lease.Replica{
		{ID: "hub-0-k3x9aq", Version: "v1.4.0", Since: at(3), Leases: []string{"hub.alive", "shard.0-of-2", "shard.1-of-2"}, Self: true},
		{ID: "hub-1-p7c2zd", Version: "v1.5.0", Since: at(8), Leaving: true},
	}
}
