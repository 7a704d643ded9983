package pull

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

const (
	// overlap is how much earlier than the newest object a list is read again:
	// what was being written then may have missed the page.
	overlap = 5 * time.Minute
)

// sessionsBegin is older than any session of OCPI: their list cannot be asked
// for without date_from (sessions, GET).
func sessionsBegin() time.Time { return time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC) }

// reading is one walk through one list.
type reading struct {
	*Puller
	platform *parties.Platform
	mark     Mark
	report   ListReport
	trace    string    // the correlation id of the walk
	asked    time.Time // before the page in hand was asked for
	newest   time.Time
	taking   bool // objects were taken
}

// read reads a list to its end and moves its mark.
func (p *Puller) read(ctx context.Context, platform *parties.Platform, l List, mark Mark, full bool) ListReport {
	r := &reading{
		Puller: p, platform: platform, mark: mark, newest: mark.Newest,
		report: ListReport{List: l, Since: since(l, mark, full)}, trace: uuid.NewString(),
	}
	ctx, end := p.opened(ctx, platform.ID, l)
	began := p.now()
	hurt, err := r.walk(ctx, r.report.Since)
	if !hurt {
		err = r.moveMark(ctx, began, err)
	}
	r.report.Err = err
	p.observe(ctx, platform.ID, r.report, p.now().Sub(began))
	end(r.report)
	return r.report
}

// since is where a list is read from; zero for all of it.
func since(l List, mark Mark, full bool) time.Time {
	switch {
	case !full && !mark.Newest.IsZero():
		return mark.Newest.Add(-overlap)
	case l.Module == ocpi.Sessions:
		return sessionsBegin()
	}
	return time.Time{}
}

// walk goes from page to page. hurt says that the hub itself could not go on,
// and may have stored an object without publishing it.
func (r *reading) walk(ctx context.Context, from time.Time) (hurt bool, err error) {
	endpoint, ok := r.platform.Endpoint(r.report.Module, ocpi.Sender)
	if !ok {
		return false, fault.New(fault.NoInterface, "the platform offers no Sender interface of %s", r.report.Module)
	}
	way, err := newCourse(endpoint, from, r.size)
	for more := true; more && err == nil; {
		r.asked = r.now()
		var found page
		if found, err = r.fetch(ctx, way.at.String()); err != nil {
			break
		}
		r.report.Pages++
		if err := r.takeAll(ctx, found); err != nil {
			return true, err
		}
		more, err = way.next(found)
	}
	return false, err
}

// fetch asks for one page. It ends with ctx, whatever the platform does.
func (r *reading) fetch(ctx context.Context, url string) (page, error) {
	token, encoding, err := r.registry.Token(r.platform)
	if err != nil {
		return page{}, fault.Wrap(fault.NotConnected, err, "the platform is not registered")
	}
	reply, err := r.do(ctx, peer.Call{
		Method: http.MethodGet, URL: url, Timeout: r.timeout,
		Authorization: ocpi.FormatAuthorization(token, encoding),
		Routing:       ocpi.Routing{To: r.report.Party, From: r.self},
		RequestID:     uuid.NewString(), CorrelationID: r.trace,
		Platform: r.platform.ID, Module: r.report.Module, Bare: r.platform.Bare(),
	})
	if err != nil {
		return page{}, err
	}
	return readPage(reply)
}

// do makes a call that is left to itself when ctx ends: the client goes on to
// its time-out, which nobody should have to wait for.
func (r *reading) do(ctx context.Context, call peer.Call) (peer.Reply, error) {
	type outcome struct {
		reply peer.Reply
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		reply, err := r.caller.Do(ctx, call)
		done <- outcome{reply, err}
	}()
	select {
	case <-ctx.Done():
		return peer.Reply{}, ended(ctx)
	case o := <-done:
		if o.err != nil && ctx.Err() == nil {
			r.doubt(r.platform.ID)
		}
		return o.reply, o.err
	}
}

// ended tells why a pull was given up.
func ended(ctx context.Context) error {
	return fault.Wrap(fault.NotConnected, context.Cause(ctx), "the pull was ended: %v", context.Cause(ctx))
}

// takeAll hands the sound objects of a page on and notes the others. An error is
// the hub's own: it cannot go on.
func (r *reading) takeAll(ctx context.Context, found page) error {
	if err := r.beginTaking(ctx, len(found.elements)); err != nil {
		return err
	}
	for i, element := range found.elements {
		if ctx.Err() != nil {
			return ended(ctx)
		}
		r.report.Fetched++
		reason, err := r.take(ctx, element)
		if err != nil {
			return err
		}
		if reason != "" {
			r.reject(ctx, i, element, reason)
		}
	}
	return nil
}

// beginTaking writes down, before the first object of a walk is taken, that some
// may come to be stored and not published.
func (r *reading) beginTaking(ctx context.Context, elements int) error {
	if r.taking || elements == 0 {
		return nil
	}
	r.taking = true
	mark := r.mark
	mark.Doubt = true
	if err := r.marks.Save(ctx, r.platform.ID, r.report.List, mark); err != nil {
		return unavailable(err)
	}
	return nil
}

// take hands one object on. reason says why it was left out; an error ends the
// walk.
func (r *reading) take(ctx context.Context, element []byte) (reason string, err error) {
	if reason := complaint(element); reason != "" {
		return reason, nil
	}
	outcome, err := r.intake.Take(ctx, routing.Pulled{
		Platform: r.platform, Module: r.report.Module, Body: element,
		Asked: r.asked, CorrelationID: r.trace, Repeat: r.mark.Doubt,
	})
	switch {
	case err == nil:
		r.report.count(outcome)
		r.note(element)
		return "", nil
	case ctx.Err() != nil:
		return "", ended(ctx)
	case fault.Is(err, fault.Unavailable), fault.KindOf(err) == fault.Internal:
		return "", err
	}
	return Message(err), nil
}

// Message is what may be told of a fault.
func Message(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Message
	}
	return err.Error()
}

// note remembers the newest last_updated. One that lies ahead of the hub's
// clock would hide all that comes before it.
func (r *reading) note(element []byte) {
	at, ok := ocpi.LastUpdated(element)
	if ok && at.After(r.asked) {
		at = r.asked
	}
	if ok && at.After(r.newest) {
		r.newest = at
	}
}

func (r *reading) reject(ctx context.Context, i int, element []byte, reason string) {
	x := Rejection{
		Page: r.report.Pages, Pointer: fmt.Sprintf("/data/%d", i),
		ID: shownID(r.report.Module, element), Reason: reason,
	}
	r.report.reject(x)
	if r.report.Rejected <= maxRejections {
		r.log.WarnContext(ctx, "a pulled object is left out", "platform_id", r.platform.ID,
			"party", r.report.Party.String(), "module", r.report.Module, "page", x.Page,
			"pointer", x.Pointer, "object", x.ID, "reason", reason, "correlation_id", r.trace)
	}
}

// moveMark writes down how far the list was read. What stopped the walk is the
// platform's affair, and all that was taken is published; but a doubt from
// before stays until a walk reaches the end.
func (r *reading) moveMark(ctx context.Context, began time.Time, err error) error {
	mark := r.mark
	if err == nil {
		mark = Mark{Newest: r.newest, Read: began}
	}
	if saveErr := r.marks.Save(context.WithoutCancel(ctx), r.platform.ID, r.report.List, mark); saveErr != nil {
		return unavailable(saveErr)
	}
	return err
}

func unavailable(err error) error {
	return fault.Wrap(fault.Unavailable, err, "the hub cannot store now: try again")
}
