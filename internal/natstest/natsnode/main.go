// Natsnode is a NATS server for tests that kill it (natstest).
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/ocpihub/ocpihub/internal/natstest"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "natsnode:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: natsnode '<natstest.Config as JSON>'")
	}
	var c natstest.Config
	if err := json.Unmarshal([]byte(args[0]), &c); err != nil {
		return err
	}
	o, err := c.Options()
	if err != nil {
		return err
	}
	s, err := server.NewServer(o)
	if err != nil {
		return err
	}
	s.Start()
	s.WaitForShutdown()
	return nil
}
