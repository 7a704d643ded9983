// Package demo runs a hub and simulated platforms of CPOs and eMSPs in one
// process, and tells the story of what they do with each other: they register,
// publish, pull, authorise, charge, fail and come back. They speak OCPI over
// loopback HTTP, as strangers would; what each step brought about is read from
// the platforms, not from the hub.
//
//	Start -> hub, cast of platforms
//	Tell  -> step 1 ... step n, each checked, each within a bound
//	Close -> everything stopped, the data directory gone
//
// It is no load test: it pushes as fast as a few clients can, and measures
// nothing.
package demo
