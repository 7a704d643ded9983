package conformance

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
)

func TestH198_AMessageToOnePartyIsNeverQueued(t *testing.T) {
	s := special(t, watchful, "a short alive.interval")
	cpo, emsp := s.pair()
	emsp.Stop()
	missed := []ocpitest.Request{
		put(ocpi.CDRs, id(emsp), cdr(id(cpo), s.id("C"), id(emsp), s.at(0))), put(ocpi.Sessions, id(emsp), session(id(cpo), s.id("S"), id(emsp), s.at(0))),
	}
	if spoken() != ocpi.V211 { // where no location is for one party
		missed = append(missed, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L1"), s.at(0))),
			patch(ocpi.Locations, id(emsp), id(cpo), `{"name":"x","last_updated":"`+s.at(1)+`"}`, s.id("L1")))
	}
	for _, req := range missed {
		s.want(cpo, req, 200, 4003)
	}
	s.away(emsp)
	emsp.ForgetCalls()
	s.back(emsp)
	s.ok(cpo, put(ocpi.Locations, id(emsp), location(id(cpo), s.id("L2"), s.at(0))))
	s.wait(emsp, "what is for all now", of(s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L3"), s.at(0))))))
	for _, c := range emsp.Calls(func(c ocpitest.Call) bool { return c.Interface == ocpi.Receiver }) {
		was := c.Module == ocpi.CDRs || c.Module == ocpi.Sessions || c.Module == ocpi.Locations && names(s.id("L1"))(c)
		s.check(!was, "%v came later", c)
	}
}

func TestH199_AReceiverThatIsBackFindsWhatItMissedInTheLists(t *testing.T) {
	s := newStage(t)
	cpo, emsp := s.pair()
	emsp.Stop()
	bill := cdr(id(cpo), s.id("C"), id(emsp), s.at(0))
	offer(cpo, ocpi.CDRs, bill)
	s.want(cpo, put(ocpi.CDRs, id(emsp), bill), 200, 4003)
	s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	if err := emsp.Start(); err != nil {
		t.Fatal(err)
	}
	s.ok(emsp, ocpitest.Request{Module: ocpi.Credentials, Method: "GET"}) // it is back
	got := s.all(emsp, ocpi.CDRs)
	s.check(len(got) == 1 && got[0] == carried(ocpi.CDRs, bill), "the hub lists the CDRs %v", got)
	s.check(len(s.all(emsp, ocpi.Locations)) == 1, "the hub lists the locations %v", s.all(emsp, ocpi.Locations))
	reply := s.ok(emsp, get(ocpi.CDRs, id(cpo), "", s.today()))
	s.check(ids(reply) == s.id("C"), "the CPO lists %s", reply.Body)
}

func TestH200_APlatformWithoutReceiverInterfacesIsSkippedAndPulls(t *testing.T) {
	s := newStage(t)
	cpo, other := s.pair()
	o := s.options(ocpi.EMSP)
	o.Endpoints = func(all []ocpi.Endpoint) (out []ocpi.Endpoint) {
		for _, e := range all {
			if e.Interface == ocpi.Sender {
				out = append(out, e)
			}
		}
		return out
	}
	emsp := s.join(o)
	reply := s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L1"), s.at(0))))
	s.wait(other, "the copy of another", of(reply))
	s.check(len(s.all(emsp, ocpi.Locations)) == 1, "it pulls %v", s.all(emsp, ocpi.Locations))
	marker := s.ok(cpo, put(ocpi.Locations, cpo.Hub(), location(id(cpo), s.id("L2"), s.at(0))))
	s.wait(other, "the next copy", of(marker))
	calls := emsp.Calls(func(c ocpitest.Call) bool { return c.Interface == ocpi.Receiver })
	s.check(len(calls) == 0, "it was pushed to: %v", calls)
}

func TestH219_EachModuleMayHaveATimeoutOfItsOwn(t *testing.T) {
	s := special(t, watchful, "forward.timeouts")
	cpo, emsp := s.pair()
	emsp.Fail(ocpitest.Fault{Module: ocpi.CDRs, Hang: true})
	cpo.Fail(ocpitest.Fault{Module: ocpi.Commands, Hang: true})
	slow := make(chan ocpi.StatusCode, 1)
	go func() {
		reply, _ := cpo.Do(s.soon(), put(ocpi.CDRs, id(emsp), cdr(id(cpo), s.id("C"), id(emsp), time.Now().UTC().Format(time.RFC3339))))
		slow <- reply.Code()
	}()
	s.wait(emsp, "the CDR", ocpitest.Is(ocpi.CDRs, "POST"))
	req, _ := s.command(emsp, id(cpo), "UNLOCK_CONNECTOR", unlock)
	s.want(emsp, req, 200, 4002)
	select {
	case code := <-slow:
		t.Errorf("the CDR is answered %d in the time of a command", code)
	default:
	}
	emsp.Heal() // drops it
	s.check(<-slow == 4003, "the CDR was not waited for")
}
