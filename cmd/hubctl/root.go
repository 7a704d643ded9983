package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/internal/cli"
)

// options are the flags that every command takes.
type options struct {
	addr      string
	tokenFile string
	output    string
	timeout   time.Duration
}

// The forms of the output.
const (
	outputTable = "table"
	outputJSON  = "json"
)

func newRoot() *cobra.Command {
	var o options
	root := &cobra.Command{
		Use:   "hubctl",
		Short: "Operate an OCPI hub",
		Long: `Hubctl operates an OCPI hub through its admin API.

Parties are written CC*PID, for example DE*ABC; quote them, * is special to most
shells. With -o json every command prints one JSON document.

Exit codes: 0 done, 1 failed, 2 wrong usage.`,
		PersistentPreRunE: func(*cobra.Command, []string) error { return o.verify() },
	}
	flags := root.PersistentFlags()
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8081", "address of the hub's admin API")
	flags.StringVar(&o.tokenFile, "token-file", "data/admin.token", "file with the hub's admin token")
	flags.StringVarP(&o.output, "output", "o", outputTable, "form of the output: table or json")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "how long to wait for the hub")
	root.AddCommand(
		newPlatforms(&o),
		newParties(&o),
		newClientInfo(&o),
		newAgreements(&o),
		newExport(&o),
		newApply(&o),
		newDeliveries(&o),
		newCatalog(&o),
		newQuality(&o),
		newBridge(&o),
		newHeld(&o),
		newTraffic(&o),
		newAlerts(&o),
		newReplicas(&o),
		newExplain(&o),
		newSync(&o),
		newTokens(&o),
		newCompletion(),
		newVersion(&o),
	)
	addOffers(root, &o)
	return root
}

func (o *options) verify() error {
	if o.output != outputTable && o.output != outputJSON {
		return cli.Usage("--output: want table or json, got %q", o.output)
	}
	if o.timeout <= 0 {
		return cli.Usage("--timeout: want more than 0s, got %s", o.timeout)
	}
	return nil
}
