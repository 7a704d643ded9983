package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEveryCommandOfHubctlHasAnEndToEndTest(t *testing.T) {
	t.Parallel()
	found := leaves(t)
	if len(found) < 30 {
		t.Fatalf("hubctl --help leads to %d commands only: %v", len(found), found)
	}
	if diff := cmp.Diff(found, slices.Sorted(maps.Keys(commandTests()))); diff != "" {
		t.Errorf("the commands of hubctl differ from commandTests (-commands +tests):\n%s", diff)
	}
}

// leaves walks hubctl's help and returns the commands that do something.
func leaves(t *testing.T, path ...string) (out []string) {
	t.Helper()
	help, errs, code := run(t, "hubctl", append(path, "--help")...)
	if code != 0 || errs != "" {
		t.Fatalf("hubctl %v --help: exit code %d, %s", path, code, errs)
	}
	about, commands, group := strings.Cut(help, "\nAvailable Commands:\n")
	if !group || strings.Contains(about, "\nExamples:\n") { // a group that does something by itself says how
		out = append(out, strings.Join(path, " "))
	}
	commands, _, _ = strings.Cut(commands, "\n\n")
	for line := range strings.Lines(commands) {
		if name, _, found := strings.Cut(strings.TrimSpace(line), " "); group && found && name != "help" {
			out = append(out, leaves(t, append(slices.Clone(path), name)...)...)
		}
	}
	slices.Sort(out)
	return out
}
