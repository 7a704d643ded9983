package e2e

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

func tokenCommands() map[string]func(*testing.T, *desk) {
	const shown = "name role created created_by last_used expires"
	return map[string]func(*testing.T, *desk){
		"tokens create": func(t *testing.T, d *desk) {
			create := []string{"tokens", "create", "--name", "made", "--role", "viewer", "--expires", "24h"}
			d.table(t, []string{"made", "viewer", "Nothing was made"}, append(create, "--dry-run")...)
			made := d.object(t, shown[:len("name role created created_by")]+" token expires", create...)
			want(t, made, fields{"name": "made", "role": "viewer", "created_by": "root", "dry_run": false})
			if made["token"] == "" || made["expires"] == nil {
				t.Errorf("made %v", made)
			}
		},
		"tokens list": func(t *testing.T, d *desk) {
			made := d.object(t, "token", "tokens", "create", "--name", "listed", "--role", "operator")
			d.table(t, []string{"NAME", "listed", "operator", "never"}, "tokens", "list")
			want(t, row(t, d.rows(t, shown, "tokens", "list"), "name", "listed"), fields{"role": "operator", "created_by": "root", "expired": false})
			if out := d.done(t, "tokens", "list", "-o", "json"); strings.Contains(out, made["token"].(string)) || strings.Contains(out, "hash") {
				t.Errorf("the list has the token: %s", out)
			}
		},
		"tokens revoke": func(t *testing.T, d *desk) {
			d.done(t, "tokens", "create", "--name", "gone", "--role", "admin")
			d.table(t, []string{"would be revoked", "gone"}, "tokens", "revoke", "gone", "--dry-run")
			d.object(t, "token dry_run", "tokens", "revoke", "gone")
			if _, errs, code := d.call(t, "tokens", "revoke", "gone"); code != 1 || !strings.Contains(errs, `no token "gone"`) {
				t.Errorf("revoked twice: exit code %d, %s", code, errs)
			}
		},
	}
}

// holder makes a token and the file of its holder.
func (h *hubProcess) holder(t *testing.T, name, role string) (file string) {
	t.Helper()
	var made struct{ Token string }
	h.hubctl(&made, "tokens", "create", "--name", name, "--role", role)
	file = filepath.Join(t.TempDir(), name+".token")
	if err := os.WriteFile(file, []byte(made.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestATokenDoesWhatItsRoleSaysUntilItIsRevoked(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	h.join(platformOf(ocpi.CPO, "DE*ABC"))
	platform := h.platformOf(t, ocpi.NewPartyID("DE", "ABC"))
	viewer, operator := h.holder(t, "eve", "viewer"), h.holder(t, "otto", "operator")
	try := func(file, says string, code int, args ...string) {
		t.Helper()
		_, errs, got := run(t, "hubctl", append([]string{"--addr", h.admin, "--token-file", file}, args...)...)
		if got != code || !strings.Contains(errs, says) {
			t.Errorf("%s %v: exit code %d, %s; want %d, %q", filepath.Base(file), args, got, errs, code, says)
		}
	}
	try(viewer, "", 0, "platforms", "list")
	try(viewer, "needs the role operator", 1, "platforms", "suspend", platform)
	try(operator, "", 0, "platforms", "suspend", platform)
	try(operator, "", 0, "platforms", "resume", platform)
	try(operator, "needs the role admin", 1, "platforms", "remove", platform)
	try(operator, "needs the role admin", 1, "tokens", "create", "--name", "x", "--role", "admin")
	try(operator, "", 0, "platforms", "invite", "--name", "expected", "--party", "EMSP:NL*TNM")
	try(operator, "", 0, "agreements", "create", "--cpo", "DE*ABC", "--emsp", "NL*TNM")
	var list []struct{ History []struct{ By string } }
	h.hubctl(&list, "agreements", "list")
	if len(list) != 1 || !strings.HasPrefix(list[0].History[0].By, "otto") {
		t.Errorf("the history says %+v", list)
	}
	if log := h.Log(); !strings.Contains(log, "admin change") || !strings.Contains(log, "otto") {
		t.Errorf("the log does not say who did it")
	}
	h.kill()
	h.start()
	try(viewer, "", 0, "platforms", "list")
	h.hubctl(nil, "tokens", "revoke", "otto")
	try(operator, "does not take the token", 1, "platforms", "list")
	h.kill()
	h.start()
	try(operator, "does not take the token", 1, "platforms", "list")
	try(viewer, "", 0, "platforms", "list")
}

func TestFollowingTheTrafficEndsWithTheTokenThatItWasOpenedWith(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	c := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	follow := exec.CommandContext(t.Context(), programs.Path("hubctl"), "--addr", h.admin, "--token-file", h.holder(t, "eve", "viewer"), "traffic", "--follow")
	var errs bytes.Buffer
	follow.Stderr = &errs
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	line := make(chan string, 1)
	go func() {
		first, _ := bufio.NewReader(out).ReadString('\n')
		line <- first
	}()
	eventually(t, untilDelivered, "a message is followed", func() error {
		push(t, c, ocpi.Locations, hubParty, locationWith(id(c), "L1", 1))
		select {
		case <-line:
			return nil
		case <-time.After(100 * time.Millisecond):
			return os.ErrDeadlineExceeded
		}
	})
	h.hubctl(nil, "tokens", "revoke", "eve")
	ended := make(chan error, 1)
	go func() { ended <- follow.Wait() }()
	select {
	case <-ended:
	case <-time.After(untilDelivered):
		t.Fatal("it goes on")
	}
	if code := follow.ProcessState.ExitCode(); code != 1 || !strings.Contains(errs.String(), "revoked") {
		t.Errorf("it ended with exit code %d, %s", code, errs.String())
	}
}

func TestHubctlEndsWithTheExitCodesOfItsHelp(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	wrong := filepath.Join(t.TempDir(), "wrong")
	if err := os.WriteFile(wrong, []byte("nobodys\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		code int
		args []string
	}{
		"done":                     {0, []string{"platforms", "list"}},
		"help":                     {0, []string{"platforms", "--help"}},
		"no such platform":         {1, []string{"platforms", "show", "nobody"}},
		"the hub refuses a value":  {1, []string{"tokens", "create", "--name", "x", "--role", "king"}},
		"the token is wrong":       {1, []string{"--token-file", wrong, "platforms", "list"}},
		"there is no token":        {1, []string{"--token-file", wrong + "er", "platforms", "list"}},
		"there is no hub":          {1, []string{"--addr", freeAddr(t), "platforms", "list"}},
		"the partner cannot serve": {1, []string{"platforms", "connect", "--name", "x", "--versions-url", "http://" + freeAddr(t), "--token", "t"}},
		"no command":               {2, nil},
		"no such command":          {2, []string{"dance"}},
		"no such flag":             {2, []string{"platforms", "list", "--dance"}},
		"an argument is missing":   {2, []string{"platforms", "show"}},
		"a flag is missing":        {2, []string{"explain", "--from", "DE*ABC"}},
		"a value has a wrong form": {2, []string{"traffic", "--since", "soon"}},
		"an unknown output":        {2, []string{"platforms", "list", "-o", "xml"}},
	} {
		args := append([]string{"--addr", h.admin, "--token-file", h.TokenFile()}, test.args...)
		_, errs, code := run(t, "hubctl", args...)
		lines := 1
		if test.code == 0 {
			lines = 0
		}
		if code != test.code || strings.Count(errs, "\n") != lines {
			t.Errorf("%s: exit code %d, want %d: %s", name, code, test.code, errs)
		}
	}
}
