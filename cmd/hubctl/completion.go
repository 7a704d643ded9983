package main

import (
	"io"

	"github.com/spf13/cobra"
)

func newCompletion() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion",
		Short: "Write the script by which a shell completes hubctl",
		Long: `Completion writes the script by which a shell completes hubctl: commands, flags,
and, asked of the hub, platforms, parties, agreements, modules and tokens.`,
	}
	cmd.AddCommand(
		newCompletionOf("bash", "source <(hubctl completion bash)", func(root *cobra.Command, w io.Writer) error {
			return root.GenBashCompletionV2(w, true)
		}),
		newCompletionOf("zsh", `hubctl completion zsh > "${fpath[1]}/_hubctl"`, (*cobra.Command).GenZshCompletion),
		newCompletionOf("fish", "hubctl completion fish > ~/.config/fish/completions/hubctl.fish", func(root *cobra.Command, w io.Writer) error {
			return root.GenFishCompletion(w, true)
		}),
		newCompletionOf("powershell", "hubctl completion powershell | Out-String | Invoke-Expression", (*cobra.Command).GenPowerShellCompletionWithDesc),
	)
	return cmd
}

func newCompletionOf(shell, use string, write func(root *cobra.Command, w io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use:     shell,
		Short:   "Write the script for " + shell,
		Example: "  " + use,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return write(cmd.Root(), cmd.OutOrStdout()) },
	}
}
