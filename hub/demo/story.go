package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// step is a piece of the story. It says what was checked, with which numbers.
type step struct {
	name string
	play func(*Demo, context.Context) (facts string, err error)
}

// story is all that happens. What needs several versions of OCPI happens where
// the hub offers them.
func (d *Demo) story() []step {
	steps := []step{
		{"platforms register", (*Demo).register},
		{"CPOs publish every location", (*Demo).publish},
		{"every eMSP received every location", (*Demo).received},
		{"an eMSP pulls all locations", (*Demo).pull},
		{"an eMSP publishes its tokens", (*Demo).publishTokens},
		{"the status of an EVSE changes", (*Demo).changeStatus},
		{"a driver is authorised", (*Demo).authorise},
		{"a session is started", (*Demo).startSession},
		{"the session goes to its eMSP alone", (*Demo).runSession},
		{"the session is stopped", (*Demo).stopSession},
		{"the CDR goes to its eMSP alone", (*Demo).sendCDR},
		{"an eMSP goes away and comes back", (*Demo).outage},
	}
	if d.spansVersions() {
		steps = append(steps, acrossVersions()...)
	}
	return append(steps, step{"the hub has nothing left to do", (*Demo).settle})
}

// StepError says which step was not verified, and why.
type StepError struct {
	Number int
	Name   string
	Err    error
}

// Error names the step first.
func (e *StepError) Error() string {
	return fmt.Sprintf("step %d %s: FAILED: %v", e.Number, e.Name, e.Err)
}

// Unwrap returns why the step failed.
func (e *StepError) Unwrap() error { return e.Err }

// Tell plays the story and prints each step with what was checked. It ends at
// the first step that is not verified, with a *StepError.
func (d *Demo) Tell(ctx context.Context) error {
	began := time.Now()
	d.say("a hub at %s, with %d platforms of CPOs and %d of eMSPs, and %s",
		d.VersionsURL(), len(d.cpos), len(d.emsps), count(len(d.locations), "location"))
	steps := d.story()
	for i, s := range steps {
		if err := d.tell(ctx, i+1, s); err != nil {
			return err
		}
	}
	d.say("all %d steps verified in %s", len(steps), since(began))
	return nil
}

func (d *Demo) tell(ctx context.Context, number int, s step) error {
	bound := d.bound()
	ctx, cancel := context.WithTimeoutCause(ctx, bound, fmt.Errorf("it is not done after %s", bound))
	defer cancel()
	began := time.Now()
	facts, err := s.play(d, ctx)
	d.counter.clear()
	if err != nil {
		if cause := context.Cause(ctx); errors.Is(err, context.DeadlineExceeded) && cause != nil && !errors.Is(err, cause) {
			err = fmt.Errorf("%w: %w", cause, err)
		}
		err = &StepError{Number: number, Name: s.name, Err: err}
		d.say("%v", err)
		return err
	}
	d.say("step %d %s: ok in %s: %s", number, s.name, since(began), facts)
	return nil
}

// bound is how long a step may take: more for many deliveries, on the footing
// that the slowest machine makes two hundred a second.
func (d *Demo) bound() time.Duration {
	copies := len(d.locations) * (1 + len(d.receivers()))
	return d.Bound + time.Duration(copies/200)*time.Second
}

func (d *Demo) say(format string, args ...any) {
	_, _ = fmt.Fprintf(d.Out, format+"\n", args...) // a story that nobody can read is still checked
}

func since(began time.Time) time.Duration { return time.Since(began).Round(10 * time.Millisecond) }

// count writes a number of things.
func count(n int, thing string) string {
	switch {
	case n == 1:
		return "1 " + thing
	case thing[len(thing)-1] == 'y':
		return fmt.Sprintf("%d %sies", n, thing[:len(thing)-1])
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// await looks again and again until something holds.
func await(ctx context.Context, what string, holds func() bool) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		}
	}
	return nil
}

// counter shows on a terminal how far a long step is, in a line that is written
// over and over.
type counter struct {
	out   io.Writer
	on    bool
	dirty bool
	next  time.Time
}

// show replaces the line, ten times a second at most.
func (c *counter) show(done, all int, what string) {
	now := time.Now()
	if !c.on || now.Before(c.next) {
		return
	}
	c.next, c.dirty = now.Add(100*time.Millisecond), true
	_, _ = fmt.Fprintf(c.out, "\r\x1b[K  %d of %d %s", done, all, what) // for the eye only
}

// clear takes the line away.
func (c *counter) clear() {
	if c.dirty {
		_, _ = fmt.Fprint(c.out, "\r\x1b[K") // for the eye only
	}
	c.dirty, c.next = false, time.Time{}
}
