package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// deliveryRow is a line of hubctl deliveries.
type deliveryRow struct {
	ID            string   `json:"platform_id"`
	State         string   `json:"state"`
	Pending       int      `json:"pending"`
	Rejected      int      `json:"rejected"`
	PausedModules []string `json:"paused_modules"`
	LastError     *struct {
		Reason string `json:"reason"`
	} `json:"last_error"`
}

// idOf is the id of the platform with a name.
func (h *hubProcess) idOf(name string) string {
	h.t.Helper()
	var platforms []struct {
		ID   string `json:"platform_id"`
		Name string `json:"name"`
	}
	h.hubctl(&platforms, "platforms", "list")
	for _, p := range platforms {
		if p.Name == name {
			return p.ID
		}
	}
	h.t.Fatalf("no platform is named %s", name)
	return ""
}

func (h *hubProcess) deliveries(id string) deliveryRow {
	h.t.Helper()
	var rows []deliveryRow
	h.hubctl(&rows, "deliveries")
	i := slices.IndexFunc(rows, func(r deliveryRow) bool { return r.ID == id })
	if i < 0 {
		h.t.Fatalf("no deliveries to %s in %v", id, rows)
	}
	return rows[i]
}

// reaches waits until the deliveries to a platform have a state and nothing is
// pending where want is live.
func (h *hubProcess) reaches(id, want string) {
	h.t.Helper()
	eventually(h.t, untilDelivered, "the deliveries are "+want, func() error {
		if row := h.deliveries(id); row.State != want || want == "live" && row.Pending > 0 {
			return fmt.Errorf("they are %+v", row)
		}
		return nil
	})
}

func TestWhatIsPausedStaysPausedOverAKillAndThenComesWhole(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	h, id := o.hub, o.hub.idOf(o.away.Name())
	h.hubctl(nil, "deliveries", "pause", id, "--dry-run")
	if row := h.deliveries(id); row.State == "paused" {
		t.Error("a pause that was only tried was made")
	}
	h.hubctl(nil, "deliveries", "pause", id)
	h.reaches(id, "paused")
	o.away.ForgetCalls()
	const rounds = 14 // of 150 patches each
	o.patchAll(t, rounds/2)
	h.kill()
	h.start()
	h.reaches(id, "paused")
	newest := o.patchAll(t, rounds-rounds/2)
	wantStatuses(t, o.stayed, newest, 0)
	if calls := o.away.Calls(ocpitest.Is(ocpi.Locations, "")); len(calls) > 0 {
		t.Fatalf("%d deliveries went out in the pause, the first %s %s", len(calls), calls[0].Method, calls[0].Below)
	}
	if row := h.deliveries(id); row.Pending < rounds*len(o.pumps) {
		t.Errorf("%d changes are pending, want %d", row.Pending, rounds*len(o.pumps))
	}
	o.directGoesOn(t)
	h.hubctl(nil, "deliveries", "resume", id)
	h.reaches(id, "live")
	wantStatuses(t, o.away, newest, 0)
}

// directGoesOn sends a message to one party of the paused platform.
func (o *outage) directGoesOn(t *testing.T) {
	t.Helper()
	reply, err := o.cpo.Do(t.Context(), ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Receiver, Method: "PUT", From: abc, To: dr2, Path: "DE/ABC/DIRECT",
		Body: []byte(locationWith(abc, "DIRECT", 1)),
	})
	if err != nil || !reply.OK() {
		t.Errorf("a message to one party of a paused platform: %v, %v", err, reply.Err())
	}
}

func TestAModuleIsPausedByItself(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	h, id := o.hub, o.hub.idOf(o.away.Name())
	h.hubctl(nil, "deliveries", "pause", id, "--module", "locations")
	eventually(t, untilDelivered, "locations are paused", func() error {
		if row := h.deliveries(id); !slices.Equal(row.PausedModules, []string{"locations"}) {
			return fmt.Errorf("%+v", row)
		}
		return nil
	})
	o.away.ForgetCalls()
	newest := o.patchAll(t, 1)
	reply, err := o.cpo.Push(t.Context(), ocpi.Tariffs, hubParty, []byte(tariffOf(abc, "T1")))
	if err != nil || !reply.OK() {
		t.Fatalf("push a tariff: %v, %v", err, reply.Err())
	}
	holds(t, o.away, "the tariff", func() bool { return len(o.away.Objects(ocpi.Tariffs, nil)) == len(o.away.Parties()) })
	wantStatuses(t, o.stayed, newest, 0)
	if calls := o.away.Calls(ocpitest.Is(ocpi.Locations, "")); len(calls) > 0 {
		t.Fatalf("%d locations went out in the pause", len(calls))
	}
	if err := h.tryHubctl(nil, "deliveries", "pause", id, "--module", "sessions"); err == nil || !strings.Contains(err.Error(), "module: want one of") {
		t.Errorf("a module that is not pushed to all: %v", err)
	}
	h.hubctl(nil, "deliveries", "resume", id, "--module", "locations")
	h.reaches(id, "live")
	wantStatuses(t, o.away, newest, 0)
}

func TestAReceiverThatLostItsDatabaseHasEverythingAfterAResync(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	h, id := o.hub, o.hub.idOf(o.away.Name())
	newest := o.patchAll(t, 2)
	wantStatuses(t, o.away, newest, 0)
	h.reaches(id, "live")
	o.away.ForgetObjects()
	o.away.ForgetCalls()
	var found struct {
		Modules []struct {
			Module  string
			Objects int
		}
	}
	h.hubctl(&found, "deliveries", "resync", id, "--module", "locations", "--dry-run")
	if len(found.Modules) != 1 || found.Modules[0].Objects != locationsOfACPO {
		t.Errorf("it would bring %+v", found)
	}
	if calls := o.away.Calls(ocpitest.Is(ocpi.Locations, "")); len(calls) > 0 {
		t.Fatal("a resync that was only tried was made")
	}
	h.hubctl(nil, "deliveries", "resync", id)
	h.reaches(id, "live")
	wantStatuses(t, o.away, newest, 0)
	if n, want := len(o.away.Calls(ocpitest.Is(ocpi.Locations, ""))), locationsOfACPO*len(o.away.Parties()); n != want {
		t.Errorf("%d locations came, want each once for each party: %d", n, want)
	}
	if told(o.away, abc) != "CONNECTED" {
		t.Error("the client info did not come")
	}
	if err := h.tryHubctl(nil, "deliveries", "resync", "nobody"); err == nil || !strings.Contains(err.Error(), "gets no pushes") {
		t.Errorf("a resync of nobody: %v", err)
	}
}
