//go:build !race

package jsjournal_test

const watched = false
