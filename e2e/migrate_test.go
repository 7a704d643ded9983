package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// shown is all that a platform is shown in a list, in order.
func shown(t *testing.T, p *ocpitest.Platform, m ocpi.ModuleID) (bodies []string) {
	t.Helper()
	_, err := p.GetAll(t.Context(), ocpitest.List{Module: m, To: hubParty, From: p.Parties()[0].ID}, func(raw []byte) error {
		bodies = append(bodies, string(raw))
		return nil
	})
	if err != nil {
		t.Fatalf("list of %s: %v", m, err)
	}
	return bodies
}

// everything is what a CPO and an eMSP, and the operator, see of the hub.
func everything(t *testing.T, h *hubProcess, emsp *ocpitest.Platform) map[string]any {
	t.Helper()
	out := map[string]any{}
	for _, m := range []ocpi.ModuleID{ocpi.Locations, ocpi.Tariffs, ocpi.CDRs} {
		out[string(m)] = shown(t, emsp, m)
	}
	var stats, parties, tokens any
	for words, into := range map[string]*any{"catalog stats": &stats, "parties list": &parties, "tokens list": &tokens} {
		if err := h.Hubctl(into, strings.Fields(words)...); err != nil {
			t.Fatalf("%s: %v", words, err)
		}
		out[words] = *into
	}
	return out
}

func migrate(h *hubProcess, url string) *exec.Cmd {
	return exec.Command(programs.Path("ocpi-hub"), "migrate", "--from", h.Dir+"/data", "--to", url)
}

func TestAHubThatMovedIntoRedisShowsEverybodyWhatItShowedBefore(t *testing.T) {
	t.Parallel()
	h := startHub(t)
	cpo, emsp := h.join(platformOf(ocpi.CPO, "DE*ABC")), h.join(platformOf(ocpi.EMSP, "NL*TNM"))
	publish(t, []*ocpitest.Platform{cpo})
	for i := range 20 {
		id := fmt.Sprint("LOC", i)
		reply, err := cpo.Patch(t.Context(), ocpitest.Change{
			Key: ocpitest.Key{Module: ocpi.Locations, Owner: abc, ID: id}, Parts: []string{id + "-0"}, To: hubParty,
			Body: fmt.Appendf(nil, `{"status":"CHARGING","last_updated":"2026-07-01T00:00:%02dZ"}`, i),
		})
		if err != nil || !reply.OK() {
			t.Fatalf("patch: %v, %v", err, reply.Err())
		}
	}
	for i := range 30 {
		if reply, err := cpo.Push(t.Context(), ocpi.CDRs, emsp.Parties()[0].ID, []byte(cdrOf(abc, fmt.Sprint("C", i), emsp.Parties()[0].ID))); err != nil || !reply.OK() {
			t.Fatalf("CDR: %v, %v", err, reply.Err())
		}
	}
	before := everything(t, h, emsp)
	setup := redistest.Single(t)
	if out, err := migrate(h, setup.URL()).CombinedOutput(); err == nil || !strings.Contains(string(out), "in use") {
		t.Errorf("while the hub runs: %v\n%s", err, out)
	}
	if err := h.Stop(); err != nil {
		t.Fatal(err)
	}
	for range 4 { // killed in the middle, wherever that is
		m := migrate(h, setup.URL())
		if err := m.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Millisecond)
		_ = m.Process.Kill()
		_ = m.Wait()
	}
	var told [2]string
	for i := range told { // the second finds all of it there
		out, err := migrate(h, setup.URL()).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		told[i] = string(out)
	}
	if told[0] != told[1] {
		t.Errorf("run again it tells\n%s\nbefore it told\n%s", told[1], told[0])
	}
	h.Env = append(h.Env, "OCPI_HUB_REGISTRY_REDIS_URL="+setup.URL())
	h.start()
	if diff := cmp.Diff(before, everything(t, h, emsp)); diff != "" {
		t.Errorf("(-before +in Redis)\n%s", diff)
	}
	if reply, err := cpo.Push(t.Context(), ocpi.Locations, hubParty, []byte(locationWith(abc, "NEW", 1))); err != nil || !reply.OK() {
		t.Errorf("a push afterwards: %v, %v", err, reply.Err())
	}

	other := startHub(t)
	other.join(platformOf(ocpi.CPO, "DE*XYZ"))
	if err := other.Stop(); err != nil {
		t.Fatal(err)
	}
	if out, err := migrate(other, setup.URL()).CombinedOutput(); err == nil || !strings.Contains(string(out), "another") {
		t.Errorf("another hub into the same Redis: %v\n%s", err, out)
	}
}
