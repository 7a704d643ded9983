package e2e

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// tokenB is what the partner of a guide gives the hub.
const tokenB = "token-B-of-the-guide"

func TestEveryCommandOfTheGuideForCPOsPrintsWhatStandsBelowIt(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	emsp := h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	emsp.Offer(ocpi.Tokens, []byte(tokenOf(tnm, "T-100")))
	cpo := ocpitest.Run(t, platformOf(ocpi.CPO, "DE*ABC"))
	var command *ocpitest.Callback
	g := follow(t, h, "../docs/connect-cpo.md", cpo)
	g.alsoIn(h, ocpi.V211, platformOf(ocpi.CPO, "DE*OLD"))
	g.alsoIn(h, ocpi.V230, platformOf(ocpi.CPO, "DE*NEW"))
	g.before["RESPONSE_URL"] = func() string {
		cpo.Follow(ocpitest.Script{Command: func(ocpitest.Command) ocpitest.Outcome { return ocpitest.Outcome{NoResult: true} }})
		body := fmt.Sprintf(`{"token":%s,"location_id":"LOC1"}`, tokenOf(tnm, "T-100"))
		var err error
		if _, command, err = emsp.Command(t.Context(), ocpitest.Order{Name: "START_SESSION", To: abc, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
		return ocpi.FindString(cpo.Calls(ocpitest.Is(ocpi.Commands, "POST"))[0].Body, "response_url")
	}
	g.run()

	if got, err := command.Wait(soon(t)); err != nil || got.Result() != "ACCEPTED" {
		t.Errorf("the eMSP got the result %q: %v", got.Result(), err)
	}
	for m, id := range map[ocpi.ModuleID]string{ocpi.Locations: "LOC1", ocpi.Tariffs: "T1", ocpi.Sessions: "S1", ocpi.CDRs: "CDR1"} {
		eventually(t, untilDelivered, "the eMSP has "+id, func() error {
			if _, found := emsp.Object(ocpitest.Key{Module: m, Owner: abc, ID: id}, tnm); !found {
				return fmt.Errorf("no %s %s", m, id)
			}
			return nil
		})
	}
}

func TestEveryCommandOfTheGuideForEMSPsPrintsWhatStandsBelowIt(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	cpo := h.join(platformOf(ocpi.CPO, "DE*ABC"))
	for _, id := range []string{"LOC1", "LOC2", "LOC3"} {
		push(t, cpo, ocpi.Locations, hubParty, locationWith(abc, id, 1))
	}
	push(t, cpo, ocpi.Tariffs, hubParty, trafficTariff)
	emsp := ocpitest.Run(t, platformOf(ocpi.EMSP, "NL*TNM"))
	g := follow(t, h, "../docs/connect-emsp.md", emsp)
	g.alsoIn(h, ocpi.V211, platformOf(ocpi.EMSP, "NL*OLD"))
	g.alsoIn(h, ocpi.V230, platformOf(ocpi.EMSP, "NL*NEW"))
	result := emsp.NewCallback(ocpi.Commands)
	g.before["RESPONSE_URL"] = func() string {
		push(t, cpo, ocpi.CDRs, tnm, cdrOf(abc, "CDR1", tnm))
		return result.URL
	}
	g.run()

	if got, err := result.Wait(soon(t)); err != nil || got.Result() != "ACCEPTED" {
		t.Errorf("the result is %q: %v", got.Result(), err)
	}
	eventually(t, untilDelivered, "the CPO has the token", func() error {
		if _, found := cpo.Object(ocpitest.Key{Module: ocpi.Tokens, Owner: tnm, ID: "T-200"}, abc); !found {
			return fmt.Errorf("no token")
		}
		return nil
	})
}

func TestEveryCommandOfTheGuideForOperatorsPrintsWhatStandsBelowIt(t *testing.T) {
	t.Parallel()
	h := startHub(t, "OCPI_HUB_POLICY_DEFAULT=agreement")
	g := open(t, "../docs/operate.md")
	g.values["ADMIN"] = h.admin
	g.shell.run(fmt.Sprintf(`PATH="%s:$PATH"; trap 'kill $(jobs -p) 2>/dev/null' EXIT
hubctl() { %s --addr %s --token-file %s "$@"; }`, programs, programs.Path("hubctl"), h.admin, h.TokenFile()))
	g.run()
}

// guide is a document whose commands are run one by one in one shell.
type guide struct {
	t      *testing.T
	blocks []string
	values map[string]string        // of the variables that the reader fills in
	before map[string]func() string // those that are known only then
	shell  *shell
}

// follow opens a guide for a partner that was invited to a hub.
func follow(t *testing.T, h *hubProcess, document string, partner *ocpitest.Platform) *guide {
	t.Helper()
	partner.Entrust(tokenB)
	g := open(t, document)
	g.values = map[string]string{
		"HUB_VERSIONS_URL": h.versionsURL(), "MY_VERSIONS_URL": partner.VersionsURL(), "TOKEN_B": tokenB,
		"TOKEN": h.invite(ocpitest.Options{Name: partner.Name(), Parties: partner.Parties()}),
	}
	return g
}

// alsoIn gives the guide a partner of another version.
func (g *guide) alsoIn(h *hubProcess, v ocpi.Version, o ocpitest.Options) {
	g.t.Helper()
	o.Versions = []ocpi.Version{v}
	partner := ocpitest.Run(g.t, o)
	partner.Entrust(tokenB)
	name := strings.ReplaceAll(string(v), ".", "")
	g.values["MY_VERSIONS_URL_"+name] = partner.VersionsURL()
	g.values["TOKEN_"+name] = h.invite(ocpitest.Options{Name: partner.Name(), Parties: partner.Parties()})
}

// open reads a guide.
func open(t *testing.T, document string) *guide {
	t.Helper()
	for _, tool := range []string{"curl", "jq", "sh"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("the commands of %s need %s: `make needs` installs it", document, tool)
		}
	}
	g := &guide{t: t, values: map[string]string{}, before: map[string]func() string{}, shell: openShell(t)}
	for _, m := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(read(t, document), -1) {
		g.blocks = append(g.blocks, m[1])
	}
	return g
}

// assigned matches a variable that the reader fills in: one with a plain value.
var assigned = regexp.MustCompile(`^([A-Z0-9_]+)=[^$'"\s]*(\s+#.*)?$`)

// run runs the commands. A comment on a line of its own is what is printed.
func (g *guide) run() {
	g.t.Helper()
	for _, block := range g.blocks {
		var want, commands []string
		for line := range strings.Lines(block) {
			line = strings.TrimSuffix(line, "\n")
			if printed, found := strings.CutPrefix(line, "# "); found {
				want = append(want, printed)
				continue
			}
			commands = append(commands, g.filled(line))
		}
		got := g.shell.run(strings.Join(commands, "\n"))
		if strings.Join(want, "\n") != got {
			g.t.Fatalf("these commands\n%s\nprint\n%s\nthe guide says\n%s", block, got, strings.Join(want, "\n"))
		}
	}
}

func (g *guide) filled(line string) string {
	m := assigned.FindStringSubmatch(line)
	if m == nil {
		return line
	}
	value, known := g.values[m[1]]
	if learn := g.before[m[1]]; learn != nil {
		value, known = learn(), true
	}
	if !known {
		return line
	}
	return m[1] + "='" + value + "'"
}

// shell is a POSIX shell that is given commands one after the other.
type shell struct {
	t       *testing.T
	process *os.Process
	in      io.Writer
	out     *bufio.Reader
}

const endOfBlock = "the block has ended with "

func openShell(t *testing.T) *shell {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh")
	cmd.Dir = t.TempDir()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	return &shell{t: t, process: cmd.Process, in: in, out: bufio.NewReader(out)}
}

// run runs commands and returns what they print.
func (s *shell) run(commands string) string {
	s.t.Helper()
	if _, err := fmt.Fprintf(s.in, "%s\necho; echo '%s'$?\n", commands, endOfBlock); err != nil {
		s.t.Fatal(err)
	}
	stuck := time.AfterFunc(2*untilDelivered, func() {
		s.t.Error("a block of commands does not end")
		_ = s.process.Kill()
	})
	defer stuck.Stop()
	var printed strings.Builder
	for {
		line, err := s.out.ReadString('\n')
		if err != nil {
			s.t.Fatalf("the shell ended: %v\n%s", err, printed.String())
		}
		if strings.HasPrefix(line, endOfBlock) {
			return strings.TrimSuffix(strings.TrimSuffix(printed.String(), "\n"), "\n")
		}
		printed.WriteString(line)
	}
}
