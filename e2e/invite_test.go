package e2e

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"
)

func TestTheLetterToThePartnerHasACommandLineThatWorksAndLeavesTheTokenGood(t *testing.T) {
	h := startHub(t)
	operator := []string{"--addr", h.admin, "--token-file", h.TokenFile()}
	for _, role := range []struct{ party, guide, offers string }{
		{"CPO:DE*ABC", "docs/connect-cpo.md", "(SENDER):    locations"},
		{"EMSP:NL*TNM", "docs/connect-emsp.md", "(SENDER):    tokens"},
	} {
		letter, stderr, code := run(t, "hubctl", append(operator, "platforms", "invite", "--name", role.party, "--party", role.party)...)
		if code != 0 || !strings.Contains(letter, role.party) || !strings.Contains(letter, role.guide) || !strings.Contains(letter, role.offers) {
			t.Fatalf("exit code %d: %s%s", code, letter, stderr)
		}
		for range 2 { // it serves once, but not for this
			var answer struct {
				Status int `json:"status_code"`
				Data   []struct{ Version string }
			}
			if err := json.Unmarshal(curlOf(t, letter), &answer); err != nil || answer.Status != 1000 || answer.Data[0].Version != "2.3.0" {
				t.Errorf("the command line gives %+v, %v", answer, err)
			}
		}
	}
}

// curlOf runs the line of a letter that begins with curl.
func curlOf(t *testing.T, letter string) []byte {
	t.Helper()
	for line := range strings.Lines(letter) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "curl ") {
			out, err := exec.Command("sh", "-c", line).Output()
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			return out
		}
	}
	t.Fatalf("no line begins with curl:\n%s", letter)
	return nil
}
