package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func TestEveryCommandSaysWhatItDoesAndGivesAnExample(t *testing.T) {
	everyCommand(func(cmd *cobra.Command) {
		if cmd.Short == "" {
			t.Errorf("%s has no Short", cmd.CommandPath())
		}
		if cmd.Runnable() && cmd.Example == "" {
			t.Errorf("%s has no Example", cmd.CommandPath())
		}
		for line := range strings.Lines(cmd.Example) {
			if !strings.HasPrefix(line, "  ") {
				t.Errorf("%s: the example %q is not indented by two blanks", cmd.CommandPath(), line)
			}
		}
	})
}

func TestEveryExampleIsRightUsage(t *testing.T) {
	seen := 0
	everyCommand(func(of *cobra.Command) {
		for line := range strings.Lines(of.Example) {
			for _, args := range calls(t, strings.TrimSpace(line)) {
				seen++
				root := newRoot()
				cmd, rest, err := root.Find(args)
				if err == nil {
					err = cmd.ParseFlags(rest)
				}
				if err == nil {
					err = cmd.ValidateArgs(cmd.Flags().Args())
				}
				if err == nil {
					err = cmd.ValidateRequiredFlags()
				}
				if err != nil || !cmd.Runnable() {
					t.Errorf("example of %s: hubctl %v: %v", of.CommandPath(), args, err)
				}
			}
		}
	})
	if seen < 40 {
		t.Errorf("only %d examples were found", seen)
	}
}

// calls are the arguments of each call of hubctl in a line of shell.
func calls(t *testing.T, line string) (out [][]string) {
	t.Helper()
	words, err := exec.Command("bash", "-c", `hubctl() { printf '\001'; printf '%s\002' "$@"; }; `+
		strings.NewReplacer("source <(", "(", "| hubctl", "; hubctl", "| Out-String | Invoke-Expression", "", " > ", " # ", "< ", "# ").Replace(line)).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	for call := range strings.SplitSeq(string(words), "\x01") {
		if call != "" {
			out = append(out, strings.Split(strings.TrimSuffix(call, "\x02"), "\x02"))
		}
	}
	if len(out) == 0 {
		t.Errorf("no call of hubctl in %q", line)
	}
	return out
}

func TestTheScriptForEachShellIsWritten(t *testing.T) {
	for shell, has := range map[string]string{"bash": "complete -o default", "zsh": "#compdef hubctl", "fish": "complete -c hubctl", "powershell": "Register-ArgumentCompleter"} {
		code, out, errs := hubctl(t, "completion", shell)
		if code != 0 || errs != "" || !strings.Contains(out, has) {
			t.Errorf("%s: exit code %d, %s, %d bytes without %q", shell, code, errs, len(out), has)
		}
	}
	_, script, _ := hubctl(t, "completion", "bash")
	check := exec.Command("bash", "-n")
	check.Stdin = strings.NewReader(script)
	if out, err := check.CombinedOutput(); err != nil {
		t.Errorf("bash does not take its script: %v, %s", err, out)
	}
}

// complete asks as a shell does and returns what is offered.
func complete(t *testing.T, args ...string) []string {
	t.Helper()
	code, out, errs := hubctl(t, append([]string{"__complete"}, args...)...)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if last := len(lines) - 1; code == 0 && strings.HasPrefix(lines[last], ":") && strings.HasPrefix(errs, "Completion ended") && strings.Count(errs, "\n") == 1 {
		return lines[:last]
	}
	t.Errorf("%v: exit code %d, %q, %q", args, code, out, errs)
	return nil
}

func (s *stage) complete(t *testing.T, args ...string) []string {
	t.Helper()
	return complete(t, append([]string{"--addr", s.addr, "--token-file", s.tokenFile}, args...)...)
}

func TestTheShellIsOfferedWhatTheHubKnows(t *testing.T) {
	s := start(t)
	platforms := []string{"p-1\tAcme Charging, CONNECTED", "p-2\tLate \uFFFD[31m<&>, PLANNED"}
	agreements := []string{"a-1\tDE*ACM and NL*MSP, active", "a-2\tDE*ACM and BE*ECO, draft"}
	tokens := []string{"ann\toperator", "bob@x\tviewer"}
	parties := []string{"DE*ACM\tCPO EMSP", "NL*MSP\tEMSP"}
	modules := []string{"locations", "sessions", "cdrs", "tariffs", "tokens", "commands", "chargingprofiles", "hubclientinfo", "x-y"}
	for _, test := range []struct {
		args string
		want []string
	}{
		{"platforms show ", platforms},
		{"platforms suspend p-2", platforms[1:]},
		{"platforms resume x", nil},
		{"platforms remove p-1 ", nil},
		{"platforms rotate ", platforms},
		{"platforms pin p-1", platforms[:1]},
		{"sync ", platforms},
		{"clientinfo verify ", platforms},
		{"agreements show ", agreements},
		{"agreements update ", agreements},
		{"agreements end a-1", agreements[:1]},
		{"agreements create --cpo ", parties},
		{"agreements create --emsp DE", parties[:1]},
		{"agreements create --modules ", modules},
		{"agreements create --modules cdrs,t", []string{"cdrs,tariffs", "cdrs,tokens"}},
		{"agreements update a-1 --custom-modules ", []string{"x-y"}},
		{"agreements create --catch-up ", []string{"latest", "none"}},
		{"agreements create --from ", nil},
		{"tokens revoke ", tokens},
		{"tokens create --role o", []string{"operator"}},
		{"traffic --party ", parties},
		{"traffic --module lo", modules[:1]},
		{"explain --from ", parties},
		{"explain --to NL", parties[1:]},
		{"explain --method P", []string{"POST", "PUT", "PATCH"}},
		{"quality --party ", parties},
		{"clientinfo list --reader ", parties},
		{"platforms invite --party C", []string{"CPO:"}},
		{"deliveries -o j", []string{"json"}},
	} {
		if diff := cmp.Diff(test.want, s.complete(t, strings.Split(test.args, " ")...), cmpEmpty()); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", test.args, diff)
		}
	}
}

// cmpEmpty lets a list without elements equal none.
func cmpEmpty() cmp.Option {
	return cmp.Transformer("empty", func(list []string) []string { return append([]string{}, list...) })
}

func TestWithoutAHubTheShellIsOfferedNothingAndHearsNothing(t *testing.T) {
	s := start(t)
	s.addr = freeAddr(t)
	for _, args := range []string{"platforms show ", "agreements end ", "tokens revoke ", "traffic --party "} {
		if got := s.complete(t, strings.Split(args, " ")...); len(got) > 0 {
			t.Errorf("%q: %q", args, got)
		}
		if got := complete(t, append([]string{"--token-file", "/none"}, strings.Split(args, " ")...)...); len(got) > 0 {
			t.Errorf("%q without a token: %q", args, got)
		}
	}
	if got := s.complete(t, "traffic", "--module", "cd"); !slices.Equal(got, []string{"cdrs"}) {
		t.Errorf("the modules of OCPI need no hub: %q", got)
	}
}

func TestEveryCommandWithArgumentsOffersThem(t *testing.T) {
	everyCommand(func(cmd *cobra.Command) {
		words := append(strings.Fields(cmd.Use), "-")
		if place := words[1]; cmd.Runnable() && !strings.ContainsAny(place, "-[") && cmd.ValidArgsFunction == nil {
			t.Errorf("%s takes %s, but offers.go does not know it", cmd.CommandPath(), place)
		}
	})
}

func TestVersionNamesProgramAndGo(t *testing.T) {
	code, out, errs := hubctl(t, "version")
	if code != 0 || !strings.HasPrefix(out, "hubctl  ") || !strings.Contains(out, "go1.") {
		t.Errorf("exit code %d, %q, %s", code, out, errs)
	}
	code, out, _ = hubctl(t, "version", "-o", "json")
	for _, field := range []string{`"version"`, `"commit"`, `"go_version"`} {
		if code != 0 || !strings.Contains(out, field) {
			t.Errorf("exit code %d, %s lacks %s", code, out, field)
		}
	}
}
