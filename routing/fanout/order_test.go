package fanout_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

// step is one thing that happens in a world.
type step struct {
	what     string
	object   string
	part     string
	platform int
	wait     time.Duration
}

func steps() *rapid.Generator[step] {
	return rapid.Custom(func(t *rapid.T) step {
		return step{
			what: rapid.SampledFrom([]string{
				"put", "patch", "patch", "patch", "patch", "patch", "wait", "wait", "long wait",
				"refuse", "fail", "garbage", "late", "slow", "mend", "mend", "away", "back", "back", "kill", "restart", "expire", "publish fails",
				"pause", "resume", "resume", "hold", "release", "release", "resync", "lose", "reject", "retry",
			}).Draw(t, "what"),
			object:   rapid.SampledFrom([]string{"L1", "L2", "L3"}).Draw(t, "object"),
			part:     rapid.SampledFrom([]string{"", "E1", "E2"}).Draw(t, "part"),
			platform: rapid.IntRange(0, 1).Draw(t, "platform"),
			wait:     time.Duration(rapid.IntRange(0, 40).Draw(t, "ms")) * time.Millisecond,
		}
	})
}

// Promises 1 and 2: whatever happens in between, every receiver ends with the
// newest state of each object and never sees an older one after a newer one.
func TestEveryReceiverEndsWithTheNewestStateAndNeverSeesAnOlderOneAfterANewerOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		script := rapid.SliceOfN(steps(), 1, 60).Draw(rt, "script")
		entries := rapid.SampledFrom([]int{0, 2, 5}).Draw(rt, "entries")
		slow := time.Duration(rapid.IntRange(0, 10).Draw(rt, "slow")) * time.Millisecond
		lag := time.Duration(rapid.IntRange(0, 100).Draw(rt, "lag")) * time.Millisecond
		var broken []string
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, receiver("p1", "AAA", "BBB"), receiver("p2", "CCC"))
			w.options.Entries, w.options.Parallel = entries, 2
			w.slow, w.lag = slow, lag
			w.play(script)
			broken = w.broken
		})
		if len(broken) > 0 {
			rt.Fatal(strings.Join(broken, "\n"))
		}
	})
}

func (w *world) play(script []step) {
	w.start()
	pushes := make(chan func(), 1000)
	pushed := make(chan struct{})
	go func() {
		defer close(pushed)
		for push := range pushes {
			push()
		}
	}()
	for _, id := range []string{"L1", "L2", "L3"} {
		w.put(id)
	}
	for _, s := range script {
		w.do(s, pushes)
	}
	close(pushes)
	<-pushed
	for _, p := range w.platforms {
		w.free(p)
	}
	time.Sleep(5 * time.Minute)
	for _, p := range w.platforms {
		if p.lost {
			w.operate(p, "resync")
		}
		w.operate(p, "retry")
	}
	time.Sleep(5 * time.Minute)
	w.settled()
	if left := w.rejections(); len(left) > 0 {
		w.breaks("rejections are left: %+v", left)
	}
	for _, s := range w.engine.Deliveries() {
		if s.State != fanout.Live || s.Pending != 0 {
			w.breaks("at the end %+v", s)
		}
	}
	w.end()
}

// free ends all that keeps deliveries from a platform.
func (w *world) free(p *platform) {
	w.behave(p, "mend")
	w.operate(p, "resume")
	w.operate(p, "release")
	w.present(p, true)
}

func (w *world) do(s step, pushes chan<- func()) {
	p := w.platforms[s.platform]
	switch s.what {
	case "put":
		pushes <- func() { w.put(s.object) }
	case "patch":
		pushes <- func() { w.patch(s.object, s.part) }
	case "wait":
		time.Sleep(s.wait)
	case "long wait":
		time.Sleep(s.wait * 3_000)
	case "away", "back":
		w.present(p, s.what == "back")
	case "pause", "resume", "hold", "release", "resync", "lose", "retry":
		w.operate(p, s.what)
	case "kill":
		w.hold(pushes, w.kill)
	case "restart":
		w.hold(pushes, w.end)
	case "expire":
		time.Sleep(time.Second) // the reader is not that far behind
		_, last, _ := w.feed.Bounds(w.t.Context())
		w.feed.Expire(last)
	default:
		w.behave(p, s.what)
	}
}

// hold stops the hub by one of its ways, and starts it again; meanwhile nothing
// is pushed.
func (w *world) hold(pushes chan<- func(), stop func()) {
	held, again := make(chan struct{}), make(chan struct{})
	pushes <- func() { close(held); <-again }
	<-held
	stop()
	w.start()
	close(again)
}

// behave makes a platform answer as it should not, or again as it should.
func (w *world) behave(p *platform, how string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	always := func(a fanout.Answer, err error) func(fanout.Delivery) (fanout.Answer, error, bool) {
		return func(fanout.Delivery) (fanout.Answer, error, bool) { return a, err, true }
	}
	switch how {
	case "refuse":
		p.answers = always(fanout.Answer{}, fault.New(fault.NotConnected, "refused"))
	case "fail":
		p.answers = always(fanout.Answer{HTTPStatus: 500}, nil)
	case "garbage":
		p.answers = always(fanout.Answer{HTTPStatus: 200}, nil)
	case "reject":
		p.answers = always(code(ocpi.StatusClientError), nil)
	case "late":
		p.late = true
	case "slow":
		p.takes = 100 * time.Millisecond
	case "publish fails":
		w.failing = !w.failing
	case "mend":
		p.answers, p.late, p.takes = nil, false, 0
		w.failing = false
	default:
		panic(fmt.Sprintf("unknown step %q", how))
	}
}

func TestClientInfoThatTheRegistryHasLeftBehindDoesNotGoOutAfterNewer(t *testing.T) {
	p := receiver("p1", "AAA")
	inWorld(t, one(p), func(t *testing.T, w *world) {
		statuses := func() (out []string) {
			time.Sleep(time.Minute)
			w.mu.Lock()
			defer w.mu.Unlock()
			for _, d := range p.got {
				out = append(out, string(d.Body))
			}
			p.got = nil
			return out
		}
		w.infoIs("OFFLINE")
		offline := infoChange(cpo, ocpi.CPO, w.info)
		w.infoIs("CONNECTED") // while the feed has yet to take OFFLINE
		w.engine.Resend("p1", offline)
		if got := statuses(); !slices.Equal(got, []string{"CONNECTED"}) {
			t.Fatalf("the newest state is %v", got)
		}
		if err := w.engine.Accept(t.Context(), offline); err != nil {
			t.Fatal(err)
		}
		if got := statuses(); !slices.Equal(got, []string{"CONNECTED"}) {
			t.Errorf("after CONNECTED goes out %v", got)
		}
	})
}
