// Ocpi-hub is an OCPI roaming hub: one program, which with no configuration at
// all keeps everything it needs in its data directory.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/ocpihub/ocpihub/internal/cli"
)

func main() { os.Exit(run()) }

// run makes the first signal stop the hub in order. A second one ends the
// process at once: signals have their usual effect again by then.
func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return cli.Execute(ctx, newRoot())
}
