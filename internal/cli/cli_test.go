package cli_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/spf13/cobra"

	"github.com/ocpihub/ocpihub/internal/cli"
)

func program(run func() error) *cobra.Command {
	root := &cobra.Command{Use: "tool"}
	group := &cobra.Command{Use: "group", Short: "a group"}
	one := &cobra.Command{
		Use: "one", Short: "one thing", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return run() },
	}
	one.Flags().String("must", "", "")
	if err := one.MarkFlagRequired("must"); err != nil {
		panic(err)
	}
	group.AddCommand(one)
	root.AddCommand(group)
	return root
}

func TestExitCodesAndErrors(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		err  error
		code int
		want string
	}{
		{"done", []string{"group", "one", "--must", "x"}, nil, cli.Done, ""},
		{"help", []string{"--help"}, nil, cli.Done, ""},
		{"failed", []string{"group", "one", "--must", "x"}, errors.New("mend it"), cli.Failed, "tool: mend it\n"},
		{"failed over lines", []string{"group", "one", "--must", "x"}, errors.Join(errors.New("a"), errors.New(" b\n")), cli.Failed, "tool: a; b\n"},
		{
			"usage found while running",
			[]string{"group", "one", "--must", "x"},
			cli.Usage("--must: want y"), cli.WrongUsage,
			"tool: --must: want y (see tool group one --help)\n",
		},
		{"required flag", []string{"group", "one"}, nil, cli.WrongUsage, "tool: required flag(s) \"must\" not set (see tool group one --help)\n"},
		{"unknown flag", []string{"group", "one", "--may"}, nil, cli.WrongUsage, "tool: unknown flag: --may (see tool group one --help)\n"},
		{"unknown command", []string{"two"}, nil, cli.WrongUsage, "tool: unknown command \"two\" for \"tool\" (see tool --help)\n"},
		{"unknown sub-command", []string{"group", "two"}, nil, cli.WrongUsage, "tool: unknown command \"two\" for \"tool group\" (see tool group --help)\n"},
		{"no command", nil, nil, cli.WrongUsage, "tool: \"tool\" needs a command (see tool --help)\n"},
		{"arguments", []string{"group", "one", "more", "--must", "x"}, nil, cli.WrongUsage, "tool: unknown command \"more\" for \"tool group one\" (see tool group one --help)\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := program(func() error { return tt.err })
			var errs bytes.Buffer
			root.SetErr(&errs)
			root.SetOut(&bytes.Buffer{})
			root.SetArgs(tt.args)
			if tt.args == nil {
				root.SetArgs([]string{})
			}
			if code := cli.Execute(t.Context(), root); code != tt.code || errs.String() != tt.want {
				t.Errorf("exit code %d, want %d; error %q, want %q", code, tt.code, errs.String(), tt.want)
			}
		})
	}
}
