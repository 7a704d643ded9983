package hub_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/fanout"
	"github.com/ocpihub/ocpihub/routing/held"
	"github.com/ocpihub/ocpihub/routing/held/boltheld"
	"github.com/ocpihub/ocpihub/routing/watch"
	"github.com/ocpihub/ocpihub/routing/watch/boltwatch"
)

// dryStage is a hub with something to change for every method.
type dryStage struct {
	conn                     *grpc.ClientConn
	dir                      string
	partners                 []*ocpitest.Platform
	outsideURL, outsideToken string // of a platform that is not registered
	cpo, emsp, away          string // platforms; away is suspended, and its pushes are paused
	active, draft, stopped   string // agreements
}

// keepHeld has a hub in a data directory hold a removal of each party.
func keepHeld(t *testing.T, dir string, owners ...ocpi.PartyID) {
	t.Helper()
	store, err := boltheld.Open(filepath.Join(dir, "held.db"))
	noError(t, err)
	for _, owner := range owners {
		_, err := store.Add(t.Context(), held.Entry{Since: time.Now(), Push: fanout.Change{
			Key:  catalog.Key{Module: ocpi.Locations, Owner: owner, ID: "GONE"},
			Part: catalog.Part{EVSE: "E1"}, Method: http.MethodPatch, Body: []byte(`{"status":"REMOVED"}`),
		}}, nil)
		noError(t, err)
	}
	noError(t, store.Close())
}

// keepAlert has a hub in a data directory find an alert that holds.
func keepAlert(t *testing.T, dir string) {
	t.Helper()
	store, err := boltwatch.Open(filepath.Join(dir, "alerts.db"))
	if err != nil {
		t.Fatal(err)
	}
	alert := watch.Alert{ID: "a1", Kind: watch.TokenExpiry, Severity: watch.Warning, State: watch.Firing, Since: time.Now()}
	if err := errors.Join(store.Save(t.Context(), watch.Memo{Alerts: []watch.Alert{alert}}, nil), store.Close()); err != nil {
		t.Fatal(err)
	}
}

// openDryStage starts the hub twice: what the registrations brought about is
// written when the first one has stopped, and the second one is left alone.
func openDryStage(t *testing.T) *dryStage {
	t.Helper()
	d := &dryStage{dir: t.TempDir()}
	own := func(c *hub.Config) { c.DataDir, c.Alerts.Interval = d.dir, time.Hour }
	keepAlert(t, d.dir)
	keepHeld(t, d.dir, ocpi.NewPartyID("DE", "ABC"), ocpi.NewPartyID("DE", "AB2"))
	first := startHub(t, own)
	for _, o := range []ocpitest.Options{of(ocpi.CPO, cpo, cpo2), of(ocpi.EMSP, emsp, emsp2), of(ocpi.EMSP, other)} {
		d.partners = append(d.partners, join(t, first, o))
	}
	d.partners[0].Offer(ocpi.Locations, []byte(location(cpo, "L1", "2026-01-01T00:00:00Z")))
	faulty := strings.Replace(location(cpo, "L2", "2026-01-01T00:00:00Z"), "AVAILABLE", "FREE", 1)
	d.partners[1].Fail(ocpitest.Fault{Module: ocpi.Locations, Code: ocpi.StatusClientError})
	_, err := d.partners[0].Push(t.Context(), ocpi.Locations, hubParty, []byte(faulty))
	noError(t, err)
	d.rejected(t, first)
	r := first.Registry()
	all := r.Directory().Platforms()
	d.cpo, d.emsp, d.away = all[0].ID, all[1].ID, all[2].ID
	_, err = r.Suspend(t.Context(), d.away)
	noError(t, err)
	_, _, err = r.PauseDeliveries(t.Context(), d.away, "")
	noError(t, err)
	d.active, d.draft, d.stopped = agreed(t, r, cpo, emsp, false), agreed(t, r, cpo, emsp2, true), agreed(t, r, cpo2, emsp, false)
	_, _, err = r.SuspendAgreement(t.Context(), parties.Order{}, d.stopped)
	noError(t, err)
	noError(t, first.Close(t.Context()))

	second := startHub(t, own)
	newcomer := of(ocpi.CPO, ocpi.NewPartyID("FR", "NEW"))
	newcomer.Name = "outside"
	outside, err := ocpitest.New(newcomer)
	noError(t, err)
	t.Cleanup(outside.Close)
	d.partners, d.outsideURL, d.outsideToken = append(d.partners, outside), outside.VersionsURL(), outside.Invite()
	d.conn = d.dial(t, second.AdminAddr())
	_, err = adminv1.NewTokensClient(d.conn).Create(t.Context(), &adminv1.TokensCreateRequest{Name: "old", Role: "viewer"})
	noError(t, err)
	d.settle(t)
	return d
}

// rejected waits until the location was rejected by both parties of a platform.
func (d *dryStage) rejected(t *testing.T, h *hub.Hub) {
	t.Helper()
	for ctx := patient(t); ; time.Sleep(5 * time.Millisecond) {
		for _, s := range h.Deliveries() {
			if s.Rejected == 2 {
				d.partners[1].Heal()
				return
			}
		}
		if ctx.Err() != nil {
			t.Fatal("nothing was rejected")
		}
	}
}

func agreed(t *testing.T, r *parties.Registry, cpo, emsp ocpi.PartyID, draft bool) string {
	t.Helper()
	a, _, err := r.MakeAgreement(t.Context(), parties.Order{}, parties.Proposal{CPO: cpo, EMSP: emsp, Draft: draft})
	noError(t, err)
	return a.ID
}

func (d *dryStage) dial(t *testing.T, addr string) *grpc.ClientConn {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(d.dir, "admin.token"))
	noError(t, err)
	conn, err := grpc.NewClient("passthrough:///"+addr, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(bearer(strings.TrimSpace(string(token)))))
	noError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// bearer sends the token with every call.
type bearer string

func (b bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": "Bearer " + string(b)}, nil
}

func (bearer) RequireTransportSecurity() bool { return false }

// settle waits until nothing is on its way to the platforms, and forgets what
// was.
func (d *dryStage) settle(t *testing.T) {
	t.Helper()
	client := adminv1.NewDeliveriesClient(d.conn)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		list, err := client.List(t.Context(), &adminv1.DeliveriesListRequest{})
		noError(t, err)
		busy := func(e *adminv1.Delivery) bool {
			return e.GetPlatformId() != d.away && (e.GetState() != "live" || e.GetPending() > 0)
		}
		if len(list.GetDeliveries()) > 0 && !slices.ContainsFunc(list.GetDeliveries(), busy) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("deliveries go on: %v", list)
		}
	}
	for _, p := range d.partners {
		p.ForgetCalls()
	}
}

// ask calls a method, and returns what was answered.
func (d *dryStage) ask(t *testing.T, method string, req proto.Message) (replies []protoreflect.Message, err error) {
	t.Helper()
	m := methods()[method]
	if m == nil {
		t.Fatalf("there is no method %s", method)
	}
	path := "/" + string(m.Parent().FullName()) + "/" + string(m.Name())
	if !m.IsStreamingServer() {
		reply := dynamicpb.NewMessage(m.Output())
		return []protoreflect.Message{reply}, d.conn.Invoke(t.Context(), path, req, reply)
	}
	stream, err := d.conn.NewStream(t.Context(), &grpc.StreamDesc{ServerStreams: true}, path)
	noError(t, err)
	noError(t, stream.SendMsg(req))
	noError(t, stream.CloseSend())
	for {
		reply := dynamicpb.NewMessage(m.Output())
		if err := stream.RecvMsg(reply); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return replies, err
		}
		replies = append(replies, reply)
	}
}

// files are the stores of the hub, byte for byte. Trails are swept when a hub
// starts, and no method of the admin API has to do with them.
func (d *dryStage) files(t *testing.T) map[string][sha256.Size]byte {
	t.Helper()
	sums := map[string][sha256.Size]byte{}
	noError(t, filepath.WalkDir(d.dir, func(path string, e fs.DirEntry, err error) error {
		store := filepath.Ext(path) == ".db" || filepath.Ext(path) == ".blk"
		if err != nil || !store || filepath.Base(path) == "trails.db" {
			return err
		}
		raw, err := os.ReadFile(path)
		sums[path] = sha256.Sum256(raw)
		return err
	}))
	return sums
}

// still are the files once nothing is written any more: how far the deliveries
// are is written down beside them, twice a second.
func (d *dryStage) still(t *testing.T) map[string][sha256.Size]byte {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		before := d.files(t)
		time.Sleep(1500 * time.Millisecond)
		changed := differing(before, d.files(t))
		if len(changed) == 0 {
			return before
		}
		if time.Now().After(deadline) {
			t.Fatalf("there is no end of writing %v", changed)
		}
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
