package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// remover is a CPO with 30 EVSEs at L1 that removes them all, and what the eMSP
// knows of them.
type remover struct {
	*hubProcess
	t         *testing.T
	cpo, emsp *ocpitest.Platform
}

const removable = 30

func newRemover(t *testing.T) *remover {
	r := &remover{t: t, hubProcess: startHub(t, "OCPI_HUB_GUARD_MASS_CHANGE=hold")}
	r.cpo, r.emsp = r.join(platformOf(ocpi.CPO, "DE*ABC")), r.join(platformOf(ocpi.EMSP, "NL*TNM"))
	push(t, r.cpo, ocpi.Locations, hubParty, locationWith(id(r.cpo), "L1", removable))
	r.knows(0)
	for n := range removable {
		r.set(n, "REMOVED", 1)
	}
	return r
}

// set pushes a status of an EVSE.
func (r *remover) set(n int, status string, second int) {
	r.t.Helper()
	reply, err := r.cpo.Patch(r.t.Context(), ocpitest.Change{
		Key: ocpitest.Key{Module: ocpi.Locations, Owner: id(r.cpo), ID: "L1"}, Parts: []string{fmt.Sprint("L1-", n)}, To: hubParty,
		Body: fmt.Appendf(nil, `{"status":%q,"last_updated":"2026-02-01T00:00:%02dZ"}`, status, second),
	})
	if err != nil || !reply.OK() {
		r.t.Fatalf("EVSE %d: %v, %v", n, err, reply.Err())
	}
}

// knows waits until the eMSP has so many EVSEs as REMOVED, and all others not.
func (r *remover) knows(want int) {
	r.t.Helper()
	eventually(r.t, untilDelivered, fmt.Sprint("the eMSP knows of ", want, " removals"), func() error {
		statuses := ocpitest.Statuses(r.emsp.Objects(ocpi.Locations, nil))
		if n := removals(statuses); n != want || len(statuses) != removable {
			return fmt.Errorf("it knows of %d of %d", n, len(statuses))
		}
		return nil
	})
}

func removals(statuses map[string]string) (n int) {
	for _, s := range statuses {
		if s == "REMOVED" {
			n++
		}
	}
	return n
}

// shows wants the hub to list so many EVSEs as REMOVED.
func (r *remover) shows(want int) {
	r.t.Helper()
	got := 0
	_, err := r.emsp.GetAll(r.t.Context(), ocpitest.List{Module: ocpi.Locations, To: hubParty}, func(raw []byte) error {
		got += strings.Count(string(raw), `"REMOVED"`)
		return nil
	})
	if err != nil || got != want {
		r.t.Errorf("the hub shows %d removals, %v, want %d", got, err, want)
	}
}

// held wants the removals of these EVSEs to wait, in order.
func (r *remover) held(want ...int) {
	r.t.Helper()
	var rows []struct{ Party, Module, Method, Object, Status string }
	r.hubctl(&rows, "held", "list", "--party", "DE*ABC")
	if len(rows) != len(want) {
		r.t.Fatalf("%d are held: %v, want %d", len(rows), rows, len(want))
	}
	for i, n := range want {
		if object := fmt.Sprint("DE/ABC/L1/L1-", n); rows[i].Object != object || rows[i].Status != "REMOVED" || rows[i].Method != "PATCH" || rows[i].Party != "DE*ABC" {
			r.t.Errorf("held is %+v, want %s", rows[i], object)
		}
	}
}

func TestAMassRemovalIsHeldOverAKillAndReleasedInOrder(t *testing.T) {
	t.Parallel()
	r := newRemover(t)
	r.held(27, 28, 29)
	r.kill()
	r.start()
	r.held(27, 28, 29)
	r.knows(27)
	r.shows(27)
	r.hubctl(nil, "held", "release", "DE*ABC", "--dry-run")
	r.held(27, 28, 29)
	r.set(27, "AVAILABLE", 2) // the party takes it back
	r.held(28, 29)
	r.hubctl(nil, "held", "release", "DE*ABC")
	r.held()
	r.knows(29)
	r.shows(29)
	if old := r.emsp.Regressions(); len(old) > 0 {
		t.Errorf("older states came after newer ones: %v", old)
	}
}

func TestADiscardedRemovalIsGoneAndALaterOneGoesOut(t *testing.T) {
	t.Parallel()
	r := newRemover(t)
	r.held(27, 28, 29)
	r.hubctl(nil, "held", "discard", "DE*ABC")
	r.held()
	r.set(29, "REMOVED", 3)
	r.held()
	r.knows(28)
	r.shows(28)
}

// heldCommands are the tests of the commands about what is held.
func heldCommands() map[string]func(*testing.T, *desk) {
	remove := func(t *testing.T, d *desk) string {
		p, _ := d.guest(t, ocpi.CPO)
		l := locationWith(id(p), "L1", 2)
		push(t, p, ocpi.Locations, hubParty, l)
		push(t, p, ocpi.Locations, hubParty, strings.ReplaceAll(l, "AVAILABLE", "REMOVED"))
		return id(p).String()
	}
	return map[string]func(*testing.T, *desk){
		"held list": func(t *testing.T, d *desk) {
			party := remove(t, d)
			d.table(t, []string{"HELD SINCE", party, "PUT", "/L1"}, "held", "list")
			rows := d.rows(t, "party module method object status held_since correlation_id", "held", "list", "--party", party)
			want(t, row(t, rows, "party", party), fields{"module": "locations", "method": "PUT"})
		},
		"held release": func(t *testing.T, d *desk) {
			party := remove(t, d)
			d.table(t, []string{party, "Would be: 1 held push released"}, "held", "release", party, "--dry-run")
			want(t, d.object(t, "party count change dry_run", "held", "release", party), fields{"change": "1 held push released"})
			d.table(t, []string{"Nothing was changed"}, "held", "release", party)
		},
		"held discard": func(t *testing.T, d *desk) {
			party := remove(t, d)
			d.table(t, []string{party, "Would be: 1 held push discarded"}, "held", "discard", party, "--dry-run")
			want(t, d.object(t, "party count change dry_run", "held", "discard", party), fields{"change": "1 held push discarded"})
		},
	}
}
