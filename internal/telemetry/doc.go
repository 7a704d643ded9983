// Package telemetry is what the hub tells about itself: its log and its
// metrics. Nothing here is global: a program, or a test, makes its own.
package telemetry
