package conformance

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

// tailors are a CPO and an eMSP that have agreed on a custom module, and a
// stranger. The eMSP serves the module; got is what came there.
type tailors struct {
	*stage
	cpo, emsp, stranger *ocpitest.Platform
	module              ocpi.ModuleID

	mu      sync.Mutex
	got     []string
	routing ocpi.Routing
}

const tailored = `{"data" :[{"n":1.10}],"status_code":1000,"timestamp":"2026-01-01T00:00:00Z"}`

func newTailors(t *testing.T) *tailors {
	t.Helper()
	w := &tailors{stage: newStage(t), module: "nltnm-x"}
	edit, _ := w.stub(w.module, ocpi.Receiver, func(r *http.Request, body []byte) (int, http.Header, string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.got = append(w.got, r.Method+" "+r.RequestURI+" "+string(body))
		w.routing, _ = ocpi.ParseRouting(r.Header) // zero if it is wrong
		return 200, nil, tailored
	})
	w.cpo, w.stranger = w.stage.cpo(), w.stage.emsp()
	o := w.options(ocpi.EMSP)
	o.Endpoints = func(all []ocpi.Endpoint) []ocpi.Endpoint {
		return edit(append(slices.Clip(all), ocpi.Endpoint{Module: w.module, Interface: ocpi.Receiver, URL: "here"}))
	}
	w.emsp = w.join(o)
	w.agree(w.cpo, w.emsp, string(w.module))
	return w
}

// at is the URL of the custom module at the hub.
func (w *tailors) at(below string) string {
	return strings.TrimSuffix(w.partner(w.cpo).Endpoint(ocpi.Locations, ocpi.Receiver), "locations") + string(w.module) + below
}

// shown says whether the hub lists the module to a platform.
func (w *tailors) shown(p *ocpitest.Platform) bool {
	w.Helper()
	for _, e := range w.details(p) {
		if e.Identifier == string(w.module) {
			return true
		}
	}
	return false
}

func TestH044_CustomModulesAreShownToThoseWhoAgreedOnThem(t *testing.T) {
	w := newTailors(t)
	if spoken() == ocpi.V211 { // which cannot say for whom a message is: nobody is shown it
		w.check(!w.shown(w.cpo) && !w.shown(w.emsp) && !w.shown(w.stranger), "it is shown to a platform of 2.1.1")
		return
	}
	w.check(w.shown(w.cpo) && w.shown(w.emsp), "it is not shown to those who agreed on it")
	w.check(!w.shown(w.stranger), "it is shown to a stranger")
	req := ocpitest.Request{Module: w.module, Method: "PUT", URL: w.at("/a"), From: id(w.stranger), To: id(w.emsp), Body: []byte("{}")}
	reply := w.send(w.stranger, req)
	w.check(!reply.OK() && len(w.got) == 0, "a stranger's is answered HTTP %d with %d; %v came", reply.Status, reply.Code(), w.got)
	agreements := adminv1.NewAgreementsClient(w.operator().Conn)
	list, err := agreements.List(w.soon(), &adminv1.AgreementsListRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list.GetAgreements() {
		if a.GetCpo() == id(w.cpo).String() {
			if _, err := agreements.End(w.soon(), &adminv1.AgreementsEndRequest{Order: &adminv1.AgreementOrder{By: "the tests"}, AgreementId: a.GetAgreementId()}); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.check(!w.shown(w.cpo), "it is shown after the agreement ended")
}

func TestH045_ACustomModuleIsCarriedUnchanged(t *testing.T) {
	w := newTailors(t)
	const body = "[ 1.10,\r\n \"é\", {\"b\":1, \"a\":null} ]"
	for _, call := range []struct{ method, below, body string }{
		{"PUT", "/a%2Fb/c%20d/?q=%7e", body}, {"POST", "", body}, {"PATCH", "/1/2/3/4/5/6/7", "{}"}, {"DELETE", "/a", ""}, {"GET", "/a?date_from=x", ""},
	} {
		reply := w.ok(w.cpo, ocpitest.Request{
			Module: w.module, Method: call.method, URL: w.at(call.below), From: id(w.cpo), To: id(w.emsp), Body: []byte(call.body),
		})
		w.check(string(reply.Body) == tailored && reply.Routing() == routing(id(w.cpo), id(w.emsp)), "%s is answered %s from %+v", call.method, reply.Body, reply.Routing())
		w.mu.Lock()
		want := call.method + " /stub" + call.below + " " + call.body
		w.check(len(w.got) > 0 && w.got[len(w.got)-1] == want && w.routing == routing(id(w.emsp), id(w.cpo)), "it arrived as %q with %+v, want %q", w.got, w.routing, want)
		w.mu.Unlock()
	}
}
