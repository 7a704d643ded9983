// Package admin is the operator's door of the hub: one port that serves the
// gRPC admin API (proto/ocpihub/admin/v1) with health and reflection, and over
// plain HTTP /healthz, /readyz and /metrics.
//
//	request -> gRPC?  -> log, recover, faults -> token, role -> service -> port
//	        -> HTTP   -> /healthz, /readyz, /metrics
//
// Services validate and convert, nothing more: what is done lies behind the
// ports. All gRPC calls but health need a bearer token whose role (package
// access) covers what the table in duties.go asks for; the three HTTP paths need
// none and tell nothing that a stranger may not know.
package admin
