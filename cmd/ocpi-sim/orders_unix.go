//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// orders returns channels that get a value when the process is told to write
// its state (SIGUSR1) or to end the faults (SIGUSR2).
func orders() (dump, heal <-chan struct{}, release func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	dumps, heals := make(chan struct{}, 1), make(chan struct{}, 1)
	go func() {
		for s := range signals {
			order := heals
			if s == syscall.SIGUSR1 {
				order = dumps
			}
			select {
			case order <- struct{}{}:
			default: // told already
			}
		}
	}()
	return dumps, heals, func() {
		signal.Stop(signals)
		close(signals)
	}
}
