package journal_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/journal"
)

// plot is a Log that counts its batches and fails or blocks as it is told.
type plot struct {
	*journal.Memory
	batches []int
	fail    error
	block   atomic.Bool
}

func (p *plot) Append(ctx context.Context, entries []journal.Entry) error {
	if p.block.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	if p.fail != nil {
		return p.fail
	}
	p.batches = append(p.batches, len(entries))
	return p.Memory.Append(ctx, entries)
}

// run runs a journal in a bubble of its own time until the test has spoken.
func run(t *testing.T, o journal.Options, test func(j *journal.Journal, p *plot)) (j *journal.Journal, p *plot) {
	p = &plot{Memory: journal.NewMemory(time.Now)}
	o.Log = p
	j = journal.New(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- j.Run(ctx) }()
	test(j, p)
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return j, p
}

func TestRecordsAreWrittenTogetherAndWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, journal.Options{}, func(j *journal.Journal, p *plot) {
			for range 3 {
				j.Note(journal.Entry{})
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if len(p.batches) != 1 || p.batches[0] != 3 {
				t.Errorf("written as %v", p.batches)
			}
		})
	})
}

func TestAFullBatchDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, journal.Options{}, func(j *journal.Journal, p *plot) {
			for range 600 {
				j.Note(journal.Entry{})
			}
			time.Sleep(50 * time.Millisecond) // it looks every 20, and is not woken
			synctest.Wait()
			if len(p.batches) != 2 || p.batches[0] != 256 {
				t.Errorf("written as %v", p.batches)
			}
		})
	})
}

func TestWhatWaitsIsWrittenAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, p := run(t, journal.Options{}, func(j *journal.Journal, _ *plot) {
			for range 700 {
				j.Note(journal.Entry{})
			}
		})
		total := 0
		for _, n := range p.batches {
			total += n
		}
		if total != 700 || j.Dropped() != 0 {
			t.Errorf("%d were written, %d dropped", total, j.Dropped())
		}
	})
}

func TestWhatDoesNotFitIsDroppedAndCountedAndNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, journal.Options{Queue: 10}, func(j *journal.Journal, p *plot) {
			p.block.Store(true)
			j.Note(journal.Entry{})
			time.Sleep(time.Second) // now it is being written
			synctest.Wait()
			before := time.Now()
			for range 15 {
				j.Note(journal.Entry{})
			}
			if j.Dropped() != 5 || time.Since(before) != 0 {
				t.Errorf("%d were dropped in %s", j.Dropped(), time.Since(before))
			}
		})
	})
}

func TestALogThatFailsCostsItsRecordsOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, p := run(t, journal.Options{}, func(j *journal.Journal, p *plot) {
			p.fail = errors.New("the stream is gone")
			j.Note(journal.Entry{})
			j.Note(journal.Entry{})
			time.Sleep(time.Second)
			synctest.Wait()
			p.fail = nil
			j.Note(journal.Entry{})
		})
		if j.Dropped() != 2 || len(p.batches) != 1 {
			t.Errorf("%d were dropped, %v written", j.Dropped(), p.batches)
		}
	})
}

func TestOneLineTellsOfEachChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines strings.Builder
		log := slog.New(slog.NewTextHandler(&lines, nil))
		run(t, journal.Options{Logger: log}, func(j *journal.Journal, p *plot) {
			for _, fail := range []error{nil, errors.New("one"), errors.New("two"), errors.New("three"), nil, nil, errors.New("four")} {
				p.fail = fail
				j.Note(journal.Entry{})
				time.Sleep(time.Second)
				synctest.Wait()
			}
		})
		got := strings.Split(strings.TrimSpace(lines.String()), "\n")
		want := []string{"cannot be written", "is written again\" dropped=3", "cannot be written"}
		if len(got) != len(want) {
			t.Fatalf("the log is\n%s", lines.String())
		}
		for i := range want {
			if !strings.Contains(got[i], want[i]) {
				t.Errorf("line %d is %s, want %s", i, got[i], want[i])
			}
		}
	})
}

func TestTheNewestRecordsAreListedUpToTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, journal.Options{}, func(j *journal.Journal, _ *plot) {
			for n := range 5 {
				j.Note(journal.Entry{Time: time.Now(), HTTPStatus: n})
			}
			time.Sleep(time.Second)
			got, err := j.List(t.Context(), journal.Query{Limit: 2})
			if err != nil || len(got) != 2 || got[0].HTTPStatus != 4 || got[1].HTTPStatus != 3 {
				t.Errorf("listed %v, %v", got, err)
			}
		})
	})
}

func TestWhoFollowsGetsWhatBeganBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, journal.Options{}, func(j *journal.Journal, _ *plot) {
			early := time.Now()
			time.Sleep(time.Minute)
			ctx, cancel := context.WithCancel(t.Context())
			got, done := make(chan journal.Entry), make(chan error)
			go func() {
				done <- j.Follow(ctx, journal.Query{}, func(e journal.Entry) error { got <- e; return nil })
			}()
			synctest.Wait()
			j.Note(journal.Entry{Time: early, CorrelationID: "slow"})
			if e := <-got; e.CorrelationID != "slow" {
				t.Errorf("got %v", e)
			}
			cancel()
			<-done
		})
	})
}

func TestBodiesAreMaskedBesideTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, journal.Options{}, func(j *journal.Journal, _ *plot) {
			request := []byte(`{"uid":"0123456789"}`)
			j.NoteBodies(journal.Entry{CorrelationID: "c"}, ocpi.Bodies{Module: ocpi.Tokens, Request: request, Answer: make([]byte, 50)})
			copy(request, "overwritten since then") // the copy is the journal's own
			time.Sleep(time.Second)
			got, err := j.List(t.Context(), journal.Query{Bodies: true})
			if err != nil || len(got) != 1 || string(got[0].Request.JSON) != `{"uid":"***"}` || got[0].Request.Bytes != 20 ||
				len(got[0].Answer.JSON) != 0 || got[0].Answer.Bytes != 50 {
				t.Errorf("listed %+v, %v", got, err)
			}
		})
	})
}

func TestWhereTooManyBytesWaitRecordsLoseTheirBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, journal.Options{}, func(j *journal.Journal, p *plot) {
			p.block.Store(true)
			body := []byte("[" + strings.Repeat(" ", 20_000) + "]")
			for range 5000 { // 16 KiB of each: 80 MiB
				j.NoteBodies(journal.Entry{}, ocpi.Bodies{Module: ocpi.Tokens, Request: body})
			}
			if n := j.WithoutBodies(); n < 2600 || n > 2952 || j.Dropped() != 0 {
				t.Errorf("%d lost their bodies, %d were dropped", n, j.Dropped())
			}
			p.block.Store(false)
			time.Sleep(time.Minute)
			before := j.WithoutBodies()
			j.NoteBodies(journal.Entry{}, ocpi.Bodies{Module: ocpi.Tokens, Request: body})
			if j.WithoutBodies() != before {
				t.Error("there is no room again")
			}
		})
	})
}

func TestALongPathIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run(t, journal.Options{}, func(j *journal.Journal, _ *plot) {
			j.Note(journal.Entry{Object: strings.Repeat("x", 5000)})
			time.Sleep(time.Second)
			if got, err := j.List(t.Context(), journal.Query{}); err != nil || len(got) != 1 || len(got[0].Object) > 200 {
				t.Errorf("listed %v, %v", got, err)
			}
		})
	})
}

// BenchmarkNote is what a record costs the message that it is about.
func BenchmarkNote(b *testing.B) {
	j := journal.New(journal.Options{Log: journal.NewMemory(time.Now), Queue: 1 << 10})
	e := journal.Entry{From: ocpi.NewPartyID("DE", "ABC"), Object: "DE/ABC/L1"}
	b.ReportAllocs()
	for b.Loop() {
		j.Note(e)
	}
}
