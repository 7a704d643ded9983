package admin

import (
	"context"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// replicas is the Replicas service.
type replicas struct {
	adminv1.UnimplementedReplicasServer
	source Replicas
}

// List shows the processes that are this hub.
func (s *replicas) List(context.Context, *adminv1.ReplicasListRequest) (*adminv1.ReplicasListResponse, error) {
	var out adminv1.ReplicasListResponse
	for _, r := range s.source.Replicas() {
		out.Replicas = append(out.Replicas, &adminv1.Replica{
			ReplicaId: r.ID, Version: r.Version, Since: timestamp(r.Since), Leases: r.Leases, Self: r.Self, Leaving: r.Leaving,
		})
	}
	return &out, nil
}
