package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/ocpihub/ocpihub/hub/demo"
	"github.com/ocpihub/ocpihub/internal/cli"
)

func newDemo() *cobra.Command {
	var (
		o    demo.Options
		once bool
	)
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a hub with simulated CPOs and eMSPs that tell the story",
		Long: `Demo runs a hub in a temporary data directory, with simulated platforms of CPOs
and eMSPs in the same process that speak OCPI over loopback HTTP. They register,
publish, pull, authorise, charge, go away and come back; each step is printed
with what was checked. Then the hub stays up until it is interrupted.

With --addr and --token-file the story is told at a hub that runs, through its
proxy if it has one: to see that a deployment does what it should. The hub must
be without platforms, allowed to call loopback addresses (egress.allow), and quick
to notice who is away (alive.interval: 2s); the platforms of the demo stay
registered there.

To try out the checks, --sabotage drop-push lets a CPO forget to push a location:
the story must fail, naming the step.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Out, o.Terminal = cmd.OutOrStdout(), isTerminal(cmd.OutOrStdout())
			for flag, n := range map[string]int{"cpos": o.CPOs, "emsps": o.EMSPs} {
				if n < 1 || n > demo.MaxPlatforms {
					return cli.Usage("--%s: want 1 to %d, got %d", flag, demo.MaxPlatforms, n)
				}
			}
			if (o.AdminAddr == "") != (o.TokenFile == "") {
				return cli.Usage("--addr: give it together with --token-file, for the hub that the story is to be told at")
			}
			if o.Sabotage != "" && o.Sabotage != demo.DropPush {
				return cli.Usage("--sabotage: want %s, got %q", demo.DropPush, o.Sabotage)
			}
			return runDemo(cmd.Context(), o, once)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&once, "once", false, "end after the story: exit code 0 only if every step was verified")
	flags.IntVar(&o.CPOs, "cpos", 2, "number of CPO platforms")
	flags.IntVar(&o.EMSPs, "emsps", 3, "number of eMSP platforms")
	flags.StringVar(&o.Locations, "locations", "", "file of OCPI locations, one a line, .gz or not (default a small sample)")
	flags.StringVar(&o.AdminAddr, "addr", "", "admin address of a running hub to tell the story at (default a hub of its own)")
	flags.StringVar(&o.TokenFile, "token-file", "", "file of that hub's operator's token")
	flags.StringVar(&o.Sabotage, "sabotage", "", "let a simulator do something wrong: "+demo.DropPush)
	_ = flags.MarkHidden("sabotage") // it exists
	return cmd
}

// runDemo tells the story and, unless it is told only once, leaves the hub to
// be looked at until ctx ends.
func runDemo(ctx context.Context, o demo.Options, once bool) (err error) {
	d, err := demo.Start(ctx, o)
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	defer func() { err = errors.Join(err, d.Close(ctx)) }()
	if err := d.Tell(ctx); err != nil {
		if ctx.Err() != nil && !once {
			return nil
		}
		return err
	}
	if once {
		return nil
	}
	_, err = fmt.Fprintf(o.Out, "the hub stays up until it is interrupted\nversions URL  %s\nadmin address %s\nadmin token   %s\n"+
		"for example   hubctl --addr %s --token-file %s platforms list\n",
		d.VersionsURL(), d.AdminAddr, d.TokenFile, d.AdminAddr, d.TokenFile)
	<-ctx.Done()
	return err
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
