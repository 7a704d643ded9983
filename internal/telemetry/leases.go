package telemetry

// Leases shows how many leases this replica holds of each group: shard, hub, pull.
// It asks count whenever the metrics are read; it must be called at most once.
func (m *Metrics) Leases(count func() map[string]int) {
	m.count("ocpi_hub_leases", "Leases that this replica holds: of shards of the deliveries, of tasks of the hub, of pulls under way.", "group", count)
}

// Replicas shows how many processes are the hub, as this one sees it. It asks count
// whenever the metrics are read; it must be called at most once.
func (m *Metrics) Replicas(count func() int) {
	m.gauge("ocpi_hub_replicas", "Processes that are this hub, as this one sees it; 0 while it sees none.", count)
}
