// Package telemetry is what the hub tells about itself: its log, its metrics,
// and where it sends them and the spans of its traces when it is told to by the
// standard OTEL_* variables. Nothing here is global: a program, or a test,
// makes its own.
package telemetry
