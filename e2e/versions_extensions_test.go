package e2e

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// speaking finds the resident that speaks a version.
func speaking(list []*resident, v ocpi.Version) *resident {
	return list[slices.IndexFunc(list, func(r *resident) bool { return r.v == v })]
}

// newest are the CPO and the eMSP that speak 2.3.0, which has modules that no
// version before it has.
func (w *world) newest() (cpo, emsp *resident) {
	return speaking(w.cpos, ocpi.V230), speaking(w.emsps, ocpi.V230)
}

// tell sends a message to another resident of the same version. It arrives as it
// was sent, whether OCPI-to names the other or not. The data of the answer is
// returned.
func (r *resident) tell(t *testing.T, other *resident, req ocpitest.Request) []byte {
	t.Helper()
	what := req.Method + " " + string(req.Module) + "/" + req.Path
	wanted := ocpitest.Is(req.Module, req.Method)
	before := len(other.Calls(wanted))
	reply, err := r.Do(soon(t), req)
	data := ok(t, what, reply, err).Envelope.Data
	calls := other.Calls(wanted)[before:]
	if len(calls) != 1 || calls[0].Below != req.Path || calls[0].Interface != req.Interface || calls[0].Routing.From != r.id {
		t.Fatalf("%s: %s was called %v", what, other.Name(), calls)
	}
	if !bytes.Equal(calls[0].Body, req.Body) {
		t.Errorf("%s: %s was sent %s, want %s", what, other.Name(), calls[0].Body, req.Body)
	}
	return data
}

// wantSound fails for an object that breaks OCPI 2.3.0.
func wantSound(t *testing.T, class string, raw []byte) {
	t.Helper()
	for _, f := range ocpi.CheckObject(ocpi.V230, class, raw, false) {
		t.Errorf("%v in %s", f, raw)
	}
}

// refused sends a message and wants an OCPI status_code for it, and that nobody
// hears of it.
func (w *world) refused(t *testing.T, from *resident, req ocpitest.Request, want ocpi.StatusCode) {
	t.Helper()
	before := w.heard(req.Module)
	reply, err := from.Do(soon(t), req)
	if err != nil || reply.Status != http.StatusOK || reply.Code() != want {
		t.Errorf("%s of %s by %s to %s: HTTP %d with %d %q, %v; want %d", req.Method, req.Module, from.Name(), req.To,
			reply.Status, reply.Code(), reply.Envelope.StatusMessage, err, want)
	}
	if after := w.heard(req.Module); after != before {
		t.Errorf("%s of %s by %s to %s: somebody was called", req.Method, req.Module, from.Name(), req.To)
	}
}

// heard counts the calls of a module at all residents.
func (w *world) heard(m ocpi.ModuleID) (n int) {
	for _, r := range w.everybody() {
		n += len(r.Calls(ocpitest.Is(m, "")))
	}
	return n
}

// without checks that a module of 2.3.0 is not there for those who speak an older
// version: it is not listed, and who calls it all the same is told so.
func (w *world) without(t *testing.T, m ocpi.ModuleID, path string) {
	t.Helper()
	for _, r := range w.everybody() {
		if r.v == ocpi.V230 {
			continue
		}
		partner, err := r.Partner()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range partner.Endpoints {
			if e.Module == m {
				t.Errorf("%s is offered %s", r.Name(), m)
			}
			if e.Module != ocpi.Locations {
				continue
			}
			reply, err := r.Do(soon(t), ocpitest.Request{
				URL: ocpi.JoinURL(strings.Replace(e.URL, string(ocpi.Locations), string(m), 1), path), Module: m, Interface: e.Interface, Method: http.MethodGet,
			})
			if err != nil || reply.Status != http.StatusNotFound || reply.Code() != ocpi.StatusClientError {
				t.Errorf("%s asks for %s: HTTP %d with %d, %v", r.Name(), m, reply.Status, reply.Code(), err)
			}
		}
	}
}

// invoices sends records of invoices both ways, each as often as the module can.
func (w *world) invoices(t *testing.T) {
	cpo, emsp := w.newest()
	for _, way := range [][2]*resident{{cpo, emsp}, {emsp, cpo}} {
		w.reconcile(t, way[0], way[1])
	}
	record := ocpitest.Request{Module: ocpi.InvoiceReconciliation, Interface: ocpi.Receiver, Method: http.MethodPost, Body: w.invoice(cpo)}
	for _, to := range []ocpi.PartyID{{}, cpo.Hub()} {
		record.To = to
		w.refused(t, cpo, record, ocpi.StatusInvalidParameters)
	}
	for _, older := range slices.Concat(w.cpos, w.emsps) {
		if older.v == ocpi.V230 {
			continue
		}
		from := cpo
		if slices.Contains(w.cpos, older) {
			from = emsp
		}
		record.To, record.Body = older.id, w.invoice(from)
		w.refused(t, from, record, ocpi.StatusHubError)
	}
	w.without(t, ocpi.InvoiceReconciliation, "")
}

func (w *world) invoice(owner *resident) []byte {
	return w.stamped(`{"country_code":"` + owner.id.Country + `","party_id":"` + owner.id.ID + `","id":"I-1","invoice_id":"2026-17","cdrs":["C1"]}`)
}

// reconcile tells another of an invoice, changes it, has it read, and takes it
// away.
func (w *world) reconcile(t *testing.T, from, to *resident) {
	t.Helper()
	record, below := w.invoice(from), from.id.Country+"/"+from.id.ID+"/I-1"
	wantSound(t, "InvoiceReconciliationRecord", record)
	say := func(method, path string, body []byte) []byte {
		t.Helper()
		return from.tell(t, to, ocpitest.Request{Module: ocpi.InvoiceReconciliation, Interface: ocpi.Receiver, Method: method, Path: path, To: to.id, Body: body})
	}
	say(http.MethodPost, "", record)
	record = ocpi.SetMember(w.stamped(string(record)), "invoice_id", ocpi.Quote("2026-18"))
	from.Offer(ocpi.InvoiceReconciliation, record)
	say(http.MethodPut, below, record)
	if got := say(http.MethodGet, below, nil); !bytes.Equal(got, record) {
		t.Errorf("the record comes back as %s", got)
	}
	for _, asked := range []ocpi.PartyID{to.Hub(), from.id} {
		if got := to.invoices(t, asked); len(got) != 1 || !bytes.Equal(got[0], record) {
			t.Errorf("%s lists %s at %s", to.Name(), got, asked)
		}
	}
	if got := from.invoices(t, from.Hub()); len(got) > 0 {
		t.Errorf("%s is given the record that it sent: %s", from.Name(), got)
	}
	say(http.MethodDelete, below, nil)
	if got := to.invoices(t, to.Hub()); len(got) > 0 {
		t.Errorf("what was taken away is listed: %s", got)
	}
}

// invoices lists records of invoices at a party, or at the hub.
func (r *resident) invoices(t *testing.T, to ocpi.PartyID) (out [][]byte) {
	t.Helper()
	_, err := r.GetAll(soon(t), ocpitest.List{Module: ocpi.InvoiceReconciliation, To: to}, func(raw []byte) error {
		out = append(out, slices.Clone(raw))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
