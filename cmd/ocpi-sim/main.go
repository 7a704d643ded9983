// Ocpi-sim is a simulated party platform, a CPO or an eMSP, that speaks OCPI
// to a hub: for tests, demonstrations and load.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/ocpihub/ocpihub/internal/cli"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return cli.Execute(ctx, newRoot())
}
