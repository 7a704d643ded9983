// Package admin is the operator's door of the hub: one port that serves the
// gRPC admin API (proto/ocpihub/admin/v1) with health and reflection, and over
// plain HTTP /healthz, /readyz and /metrics.
//
//	request -> gRPC?  -> token -> log, recover, faults -> service -> port
//	        -> HTTP   -> /healthz, /readyz, /metrics
//
// Services validate and convert, nothing more: what is done lies behind the
// ports. All gRPC calls but health need the bearer token; the HTTP paths need
// none and tell nothing that a stranger may not know.
package admin
