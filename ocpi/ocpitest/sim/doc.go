// Package sim runs a simulated party platform: an ocpitest.Platform with a
// life of its own. It connects to a hub, publishes what it offers, pulls what
// others offer, pushes status changes, and tells what happens as events.
package sim
