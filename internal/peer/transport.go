package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"time"

	"github.com/valyala/fasthttp"
)

// transport makes one exchange on one connection, as the client's own does,
// except that it drops the connection when the context of the call ends: the
// client has no notion of a context.
type transport struct{}

var _ fasthttp.RoundTripper = transport{}

// limits is what a call brings along for transport, as a user value of the
// request.
type limits struct {
	ctx      context.Context //nolint:containedctx // the client's interface has no place for one
	deadline time.Time
	details  bool
	state    *tls.ConnectionState // of the connection, when details are wanted; nil without TLS
}

type limitsKey struct{}

// RoundTrip implements fasthttp.RoundTripper. retry says whether the client
// may ask RetryIfErr to repeat the request.
func (transport) RoundTrip(hc *fasthttp.HostClient, req *fasthttp.Request, resp *fasthttp.Response) (retry bool, err error) {
	by, ok := req.UserValue(limitsKey{}).(*limits)
	if !ok {
		return false, errors.New("a request without limits")
	}
	timeout := time.Until(by.deadline)
	if timeout <= 0 {
		return false, fasthttp.ErrTimeout
	}
	cc, err := connect(by.ctx, hc, timeout)
	if err != nil {
		return false, err
	}
	if err := cc.SetDeadline(by.deadline); err != nil {
		cc.drop()
		return true, err
	}
	stop := context.AfterFunc(by.ctx, cc.interrupt)
	err = cc.exchange(req, resp)
	if by.details {
		by.state = cc.state()
	}
	switch alone := stop(); {
	case !alone && err == nil:
		cc.drop() // the answer came just in time, but the connection is spoilt
	case !alone:
		cc.drop()
		return false, by.ctx.Err()
	case err != nil:
		cc.drop()
		return !errors.Is(err, fasthttp.ErrBodyTooLarge), err
	case resp.ConnectionClose() || req.ConnectionClose():
		cc.drop()
	default:
		cc.release()
	}
	return false, nil
}

// connect takes a connection. Where one is free that takes no time; else it is
// not waited for longer than ctx lasts.
func connect(ctx context.Context, hc *fasthttp.HostClient, timeout time.Duration) (*connection, error) {
	if hc.ConnsCount() >= hc.PendingRequests() { // this request is among the pending
		return acquire(hc, timeout)
	}
	return await(ctx, func() (*connection, error) { return acquire(hc, timeout) })
}

// await takes a connection, or gives up when ctx ends; one that comes later is
// put back for others.
func await(ctx context.Context, take func() (*connection, error)) (*connection, error) {
	type taken struct {
		cc  *connection
		err error
	}
	got := make(chan taken)
	go func() {
		cc, err := take()
		select {
		case got <- taken{cc, err}:
		case <-ctx.Done():
			if err == nil {
				cc.release()
			}
		}
	}()
	select {
	case t := <-got:
		return t.cc, t.err
	case <-ctx.Done():
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, fasthttp.ErrDialTimeout // no connection in time is no late answer
		}
		return nil, ctx.Err()
	}
}
