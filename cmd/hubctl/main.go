// Hubctl is the operator's command line of the hub. It speaks to the admin API
// of a running hub and to nothing else.
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
