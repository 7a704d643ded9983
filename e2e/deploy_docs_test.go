package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/e2e/harness"
)

// The guide starts Redis, NATS, two replicas and a proxy, and tells the story of
// the demo there.
func TestEveryCommandOfTheGuideForDeploymentPrintsWhatStandsBelowIt(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"redis-server", "nginx", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("the commands of docs/deploy.md need %s: `make needs` installs it", tool)
		}
	}
	g := open(t, "../docs/deploy.md")
	for _, name := range []string{"REDIS_PORT", "NATS_PORT", "PROXY_PORT", "A", "A_ADMIN", "B", "B_ADMIN"} {
		addr, err := harness.FreeAddr()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_PORT") {
			addr = addr[strings.LastIndex(addr, ":")+1:]
		}
		g.values[name] = addr
	}
	g.shell.run(fmt.Sprintf(`PATH="%s:$PATH"; trap 'kill $STARTED 2>/dev/null; wait' EXIT`, programs))
	g.run()
}
