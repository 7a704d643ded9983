// Package cli runs the command trees of the programs: it keeps their exit codes
// and their errors alike. An error is one line on standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// The exit codes.
const (
	Done       = 0
	Failed     = 1
	WrongUsage = 2
)

// Execute runs the command tree and returns the exit code. Whatever goes wrong
// before a command runs (unknown commands and flags, wrong arguments) is wrong
// usage, and so is what a command reports with Usage.
func Execute(ctx context.Context, root *cobra.Command) int {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.HiddenDefaultCmd = true
	ran := false
	watch(root, &ran)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return Done
	}
	if _, usage := errors.AsType[*usageError](err); ran && !usage {
		report(root.ErrOrStderr(), root.Name(), err.Error())
		return Failed
	}
	report(root.ErrOrStderr(), root.Name(), err.Error()+" (see "+cmd.CommandPath()+" --help)")
	return WrongUsage
}

// Usage makes an error that says how the program was called wrongly.
func Usage(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

type usageError struct{ error }

func (e *usageError) Unwrap() error { return e.error }

// watch notes when a command begins to run: cobra gives no other way to tell
// its own errors from those of the commands. A command that only has
// sub-commands refuses to be called without one.
func watch(cmd *cobra.Command, ran *bool) {
	if run := cmd.RunE; run != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			*ran = true
			return run(cmd, args)
		}
	} else if cmd.Run == nil && cmd.HasSubCommands() {
		cmd.RunE = needsSubcommand
	}
	for _, sub := range cmd.Commands() {
		watch(sub, ran)
	}
}

func needsSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	}
	return fmt.Errorf("%q needs a command", cmd.CommandPath())
}

// report writes one line. When even that fails, the exit code is left to tell.
func report(w io.Writer, program, text string) {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	_, _ = fmt.Fprintf(w, "%s: %s\n", program, strings.Join(lines, "; "))
}
