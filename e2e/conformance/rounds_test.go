package conformance

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

var rounds = flag.String("ocpi", "2.2.1,2.3.0,2.1.1", "the versions of OCPI that the scripted platforms speak: the suite runs once in each")

// round is the version of the round that is on. Answers to calls that come late
// ask for it, too.
var round atomic.Pointer[ocpi.Version]

// spoken is the version of the round that is on: platforms speak it, and objects
// are of it, unless a test says otherwise.
func spoken() ocpi.Version { return *round.Load() }

// runRounds runs the suite once in each version, with the tests of the rules
// that hold in it. The line before each round is read by `make rules`.
func runRounds(m *testing.M) (code int) {
	asked := flag.Lookup("test.skip").Value.String()
	for v := range strings.SplitSeq(*rounds, ",") {
		in := ocpi.Version(strings.TrimSpace(v))
		if !slices.Contains(ocpi.KnownVersions(), in) {
			fmt.Fprintf(os.Stderr, "conformance: -ocpi %s: no version %q is known\n", *rounds, in)
			return 2
		}
		round.Store(&in)
		skip, err := elsewhere(in)
		if err != nil {
			fmt.Fprintln(os.Stderr, "conformance:", err)
			return 1
		}
		if asked != "" {
			skip += "|" + asked
		}
		_ = flag.Set("test.skip", skip)
		fmt.Printf("with partners of OCPI %s\n", in)
		failed := m.Run()
		stopHubs(failed != 0)
		code = max(code, failed)
	}
	return code
}

const rulesFile = "../rules/rules.txt"

var ruleLine = regexp.MustCompile(`(?m)^H-(\d{3}) (\S+)`)

// elsewhere is a pattern of the tests whose rules a version does not have.
func elsewhere(v ocpi.Version) (string, error) {
	list, err := os.ReadFile(rulesFile)
	if err != nil {
		return "", err
	}
	digits := strings.ReplaceAll(string(v), ".", "")
	var others []string
	for _, rule := range ruleLine.FindAllStringSubmatch(string(list), -1) {
		number, versions := rule[1], rule[2]
		has := strings.HasPrefix(versions, "all") || strings.Contains(versions, digits)
		if !has {
			others = append(others, "H"+number+"_")
		}
	}
	if v == ocpi.V211 {
		others = append(others, "EveryPath")
	}
	return "^Test(" + strings.Join(others, "|") + ")", nil
}
