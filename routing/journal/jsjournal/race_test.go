//go:build race

package jsjournal_test

// watched: the race detector watches, and all takes several times as long.
const watched = true
