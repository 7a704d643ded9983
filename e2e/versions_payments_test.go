package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// payments lets the provider of payment terminals and a CPO play all that the
// extension has for the two. Drivers' eMSPs have no part in it.
func (w *world) payments(t *testing.T) {
	cpo, emsp := w.newest()
	w.terminals(t, cpo)
	w.confirmations(t, cpo)
	w.adHoc(t)
	order := ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Sender, Method: http.MethodPost, Path: "terminals/activate", Body: w.stamped(`{"customer_reference":"K2"}`)}
	for _, to := range []ocpi.PartyID{{}, cpo.Hub()} {
		order.To = to
		w.refused(t, cpo, order, ocpi.StatusInvalidParameters)
	}
	for _, cpo := range w.cpos {
		if cpo.v != ocpi.V230 {
			w.refused(t, w.ptp, ocpitest.Request{
				Module: ocpi.Payments, Interface: ocpi.Receiver, Method: http.MethodPost, Path: "terminals", To: cpo.id, Body: w.stamped(`{"terminal_id":"T9"}`),
			}, ocpi.StatusHubError)
		}
	}
	order.To = w.ptp.id
	w.refused(t, emsp, order, ocpi.StatusInvalidParameters)
	w.without(t, ocpi.Payments, "terminals")
}

// terminals orders a terminal, says where it stands, and gives it back.
func (w *world) terminals(t *testing.T, cpo *resident) {
	t.Helper()
	ask := func(method, path string, body []byte) []byte {
		t.Helper()
		return cpo.tell(t, w.ptp, ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Sender, Method: method, Path: path, To: w.ptp.id, Body: body})
	}
	order := w.stamped(fmt.Sprintf(`{"customer_reference":"K1","party_id":%q,"country_code":%q}`, cpo.id.ID, cpo.id.Country))
	wantSound(t, "TerminalActivation", order)
	ask(http.MethodPost, "terminals/activate", order)
	offered := w.ptp.Offers(ocpi.Payments)
	if len(offered) != 1 || offered[0].Type != ocpitest.Terminals {
		t.Fatalf("the provider has %+v", offered)
	}
	own := offered[0]
	wantSound(t, "Terminal", own.Raw)
	say := func(method, path string, body []byte) []byte {
		t.Helper()
		return w.ptp.tell(t, cpo, ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Receiver, Method: method, Path: path, To: cpo.id, Body: body})
	}
	say(http.MethodPost, "terminals", own.Raw)
	if got := say(http.MethodGet, "terminals/"+own.ID, nil); !bytes.Equal(got, own.Raw) {
		t.Errorf("the terminal comes back as %s", got)
	}
	ask(http.MethodPatch, "terminals/"+own.ID, w.stamped(fmt.Sprintf(`{"location_ids":[%q]}`, cpo.place())))
	placed := ask(http.MethodGet, "terminals/"+own.ID, nil)
	if dig(placed, "location_ids.0") != cpo.place() || dig(placed, "customer_reference") != "K1" {
		t.Errorf("the terminal is %s", placed)
	}
	placed = ocpi.SetMember(w.stamped(string(placed)), "evse_uids", []byte(`["E1"]`))
	ask(http.MethodPut, "terminals/"+own.ID, placed)
	if got := w.paid(t, cpo, "terminals"); len(got) != 1 || !bytes.Equal(got[0], placed) {
		t.Errorf("the terminals are %s, want %s", got, placed)
	}
	ask(http.MethodPost, "terminals/"+own.ID+"/deactivate", nil)
	if got := w.paid(t, cpo, "terminals"); len(got) > 0 {
		t.Errorf("after it was given back there is %s", got)
	}
}

// confirmations tells a CPO what was paid at its terminal.
func (w *world) confirmations(t *testing.T, cpo *resident) {
	t.Helper()
	const below = "financial-advice-confirmations"
	paid := w.stamped(`{"id":"F1","authorization_reference":"R1","total_costs":{"before_taxes":3.10,"taxes":[{"name":"VAT","amount":0.59}]},"currency":"EUR",` +
		`"eft_data":["x"],"capture_status_code":"SUCCESS"}`)
	wantSound(t, "FinancialAdviceConfirmation", paid)
	w.ptp.Offer(ocpi.Payments, paid)
	say := ocpitest.Request{Module: ocpi.Payments, Interface: ocpi.Receiver, Method: http.MethodPost, Path: below, To: cpo.id, Body: paid}
	w.ptp.tell(t, cpo, say)
	say.Method, say.Path, say.Body = http.MethodGet, below+"/F1", nil
	if got := w.ptp.tell(t, cpo, say); !bytes.Equal(got, paid) {
		t.Errorf("the confirmation comes back as %s", got)
	}
	say.Interface, say.To = ocpi.Sender, w.ptp.id
	if got := cpo.tell(t, w.ptp, say); !bytes.Equal(got, paid) {
		t.Errorf("the provider has the confirmation as %s", got)
	}
	if got := w.paid(t, cpo, below); len(got) != 1 || !bytes.Equal(got[0], paid) {
		t.Errorf("the confirmations are %s", got)
	}
}

// paid lists a part of payments at the provider.
func (w *world) paid(t *testing.T, cpo *resident, part string) (out [][]byte) {
	t.Helper()
	_, err := cpo.GetAll(soon(t), ocpitest.List{Module: ocpi.Payments, Path: part, To: w.ptp.id}, func(raw []byte) error {
		out = append(out, slices.Clone(raw))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// adHoc lets somebody pay at a terminal of each CPO, of whatever version: the
// provider has the locations, and starts the session.
func (w *world) adHoc(t *testing.T) {
	t.Helper()
	for _, cpo := range w.cpos {
		w.compare(t, cpo, w.ptp, ocpi.Locations, cpo.place())
		of := w.sample(w.ptp)
		card := ocpi.SetMember(of.Token("PAID-1"), "type", ocpi.Quote("AD_HOC_USER"))
		start := w.command(t, w.ptp, cpo, ocpitest.Order{Name: "START_SESSION", To: cpo.id, Body: of.StartSession(cpo.place(), card)}, "ACCEPTED")
		want := map[bool]string{true: "OTHER", false: "AD_HOC_USER"}[cpo.v == ocpi.V211]
		if got := dig(start, "token.type"); got != want {
			t.Errorf("%s is told to start with a token of type %s, want %s", cpo.Name(), got, want)
		}
	}
}
