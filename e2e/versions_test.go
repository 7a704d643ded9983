package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// resident is a platform of one party that speaks one version.
type resident struct {
	*ocpitest.Platform
	v  ocpi.Version
	id ocpi.PartyID
}

// world is a hub with a CPO and an eMSP in each version that it offers, and a
// provider of payment terminals, of whom only 2.3.0 knows.
type world struct {
	*testing.T
	hub         *hubProcess
	cpos, emsps []*resident
	ptp         *resident
	clock       time.Time
}

// offered lists the versions that the hub offers when it is not told otherwise.
func offered(t *testing.T) []ocpi.Version {
	t.Helper()
	out, err := exec.Command(programs.Path("ocpi-hub"), "version", "-o", "json").Output()
	var build struct {
		Versions []ocpi.Version `json:"ocpi_versions"`
	}
	if err == nil {
		err = json.Unmarshal(out, &build)
	}
	if err != nil || len(build.Versions) == 0 {
		t.Fatalf("ocpi-hub version printed %s: %v", out, err)
	}
	return build.Versions
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{T: t, hub: startHub(t), clock: time.Now().Add(-3 * time.Hour).Truncate(time.Second)}
	for _, v := range offered(t) {
		digits := strings.ReplaceAll(string(v), ".", "")[:2]
		w.cpos = append(w.cpos, w.settle(v, ocpi.CPO, ocpi.NewPartyID("DE", "C"+digits)))
		w.emsps = append(w.emsps, w.settle(v, ocpi.EMSP, ocpi.NewPartyID("NL", "E"+digits)))
	}
	w.ptp = w.settle(ocpi.V230, ocpi.PTP, ocpi.NewPartyID("SE", "PAY"))
	return w
}

// settle registers a platform that speaks one version.
func (w *world) settle(v ocpi.Version, role ocpi.Role, id ocpi.PartyID) *resident {
	w.Helper()
	o := ocpitest.Options{
		Name: fmt.Sprintf("%s in %s", role, v), Parties: []ocpitest.Party{{Role: role, ID: id}},
		Versions: []ocpi.Version{v}, CallsKept: 1000,
	}
	return &resident{w.hub.join(o), v, id}
}

func (w *world) everybody() []*resident { return slices.Concat(w.cpos, w.emsps, []*resident{w.ptp}) }

// now is a second later each time.
func (w *world) now() time.Time {
	w.clock = w.clock.Add(time.Second)
	return w.clock
}

// sample makes objects of a resident, newer than all before.
func (w *world) sample(r *resident) ocpitest.Sample {
	out := r.SampleOf(r.id)
	out.At = w.now()
	return out
}

// pairs plays a piece with each CPO and each eMSP.
func (w *world) pairs(t *testing.T, play func(t *testing.T, cpo, emsp *resident)) {
	t.Helper()
	for _, cpo := range w.cpos {
		for _, emsp := range w.emsps {
			t.Run(fmt.Sprintf("a CPO of %s, an eMSP of %s", cpo.v, emsp.v), func(t *testing.T) { play(t, cpo, emsp) })
		}
	}
}

// sees is the id by which a resident knows an object of another: in 2.1.1 all
// are of one hub, and the id names their owner.
func (r *resident) sees(owner *resident, id string) string {
	if r.v == ocpi.V211 {
		return owner.id.String() + "*" + id
	}
	return id
}

// got waits for an object of another that a resident is given.
func (r *resident) got(t *testing.T, owner *resident, m ocpi.ModuleID, id string) ocpitest.Object {
	t.Helper()
	key := ocpitest.Key{Module: m, Owner: owner.id, ID: id}
	switch {
	case r.v == ocpi.V211 && m == ocpi.CDRs:
		key.Owner = r.Hub() // whose it is stands nowhere
	case m != ocpi.CDRs && m != ocpi.Tokens:
		key.ID = r.sees(owner, id)
	}
	var out ocpitest.Object
	holds(t, r.Platform, fmt.Sprintf("%s gets %s %s of %s", r.Name(), m, key.ID, owner.id), func() (ok bool) {
		out, ok = r.Object(key, r.id)
		return ok
	})
	return out
}

// key names an object of a resident's own.
func (r *resident) key(m ocpi.ModuleID, id string) ocpitest.Key {
	return ocpitest.Key{Module: m, Owner: r.id, ID: id}
}

// to is the party to which a message is addressed, where the version of its
// sender can say so.
func (r *resident) to(other *resident) ocpi.PartyID {
	if r.v == ocpi.V211 {
		return ocpi.PartyID{}
	}
	return other.id
}

// ok fails for an answer that is no success.
func ok(t *testing.T, what string, reply ocpitest.Reply, err error) ocpitest.Reply {
	t.Helper()
	if err != nil || !reply.OK() {
		t.Fatalf("%s: %v, %v", what, err, reply.Err())
	}
	return reply
}

func TestVersionsMeetAtOneHub(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, step := range []struct {
		name string
		play func(*testing.T)
	}{
		{"each platform is known in its version", w.known},
		{"tokens go to every CPO", w.tokens},
		{"locations and tariffs go to every eMSP", w.locations},
		{"changes of a part go to every eMSP", w.changes},
		{"lists hold the objects of all", w.lists},
		{"one object is asked for", w.single},
		{"drivers are authorised", w.authorise},
		{"commands get their results", w.commands},
		{"sessions go to the driver's eMSP", w.sessions},
		{"sessions are stopped", w.stops},
		{"charging profiles go where they are known", w.profiles},
		{"what the CPO's version does not have is said", w.gaps},
		{"what is carried between versions is foretold", w.foretold},
		{"payments are between those of 2.3.0", w.payments},
		{"bookings are between those of 2.3.0", w.bookings},
		{"invoices are between those of 2.3.0", w.invoices},
		{"the parties are told of each other", w.directory},
		{"CDRs go to the driver's eMSP", w.cdrs},
		{"sessions and CDRs are listed to the driver's eMSP", w.bills},
		{"a CPO goes from 2.2.1 to 2.3.0", w.upgradeCPO},
		{"an eMSP goes from 2.1.1 to 2.2.1", w.upgradeEMSP},
		{"tariffs go away", w.deletions},
		{"nobody was given an older state after a newer one", w.inOrder},
	} {
		if !t.Run(step.name, step.play) {
			return // what comes builds on it
		}
	}
}

// known checks that the hub speaks to each in its version.
func (w *world) known(t *testing.T) {
	var platforms []struct {
		Name    string `json:"name"`
		Version string `json:"version"`
		Status  string `json:"status"`
	}
	w.hub.hubctl(&platforms, "platforms", "list")
	for _, r := range w.everybody() {
		found := false
		for _, p := range platforms {
			found = found || p.Name == r.Name() && p.Version == string(r.v) && p.Status == "CONNECTED"
		}
		if !found || r.Version() != r.v {
			t.Errorf("%s speaks %s; the hub has %+v", r.Name(), r.Version(), platforms)
		}
	}
}

func (w *world) inOrder(t *testing.T) {
	for _, r := range w.everybody() {
		for _, wrong := range r.Regressions() {
			t.Errorf("%s: %s", r.Name(), wrong)
		}
	}
}
