package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// callFaults are the kinds that ocpitest.ParseFault reads.
const callFaults = `
Call by call, with ,module=M ,method=M ,times=N behind them:
delay:DURATION	the answer takes that long
status:N	this HTTP status instead of an answer
code:N	this status_code of OCPI instead of an answer
garbage	a web page instead of an answer
drop	the connection is closed instead of an answer
lost	the call takes effect, then the connection is closed
hang	no answer, until SIGUSR2
noheaders	no message ids and routing headers in the answer
wrongheaders	wrong ones
`

func newFaults() *cobra.Command {
	return &cobra.Command{
		Use:     "faults",
		Short:   "List what --fault can make a platform do wrong",
		Example: "  ocpi-sim cpo --fault relative-link --fault clock-skew --fault status:503,module=locations,times=3 ...",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			_, _ = fmt.Fprintln(w, "All the time:") // what fails is told by Flush
			for _, f := range ocpitest.Flaws() {
				_, _ = fmt.Fprintf(w, "%s\t%s\n", f.Name, f.Does)
			}
			_, _ = fmt.Fprint(w, callFaults)
			return w.Flush()
		},
	}
}
