// Package catalog keeps the newest state of the objects that parties own:
// locations, tariffs, tokens, sessions, CDRs. This package holds the port and
// the algebra of objects (what a PUT or PATCH makes of what is stored), which
// is pure and shared, so that no adapter decides anything itself.
package catalog
