package jsfeed

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

const (
	// publishWithin bounds a publish with all its attempts: an election may take
	// some ten seconds. While none succeeds, the next ones wait less.
	publishWithin = 12 * time.Second
	troubleWithin = 2 * time.Second
	ackWithin     = 2 * time.Second
	publishAgain  = 200 * time.Millisecond
)

// Publish implements fanout.Feed. A change whose ack does not come is sent again
// under the same message id: it is in the stream once.
func (f *Feed) Publish(ctx context.Context, c fanout.Change) (uint64, error) {
	msg := nats.NewMsg(subject + string(c.Key.Module))
	msg.Header.Set(headHeader, encodeHead(c))
	if c.Traceparent != "" {
		msg.Header.Set(traceHeader, c.Traceparent)
	}
	msg.Header.Set(jetstream.MsgIDHeader, rand.Text())
	msg.Data = c.Body
	seq, err := f.insist(ctx, msg)
	f.trouble.Store(err != nil)
	if err != nil {
		return 0, fmt.Errorf("publish to %s: %w", streamName, err)
	}
	return seq, nil
}

func (f *Feed) insist(ctx context.Context, msg *nats.Msg) (uint64, error) {
	within := publishWithin
	if f.trouble.Load() {
		within = troubleWithin
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for sent := false; ; {
		ack, err := f.attempt(ctx, msg)
		if err == nil {
			return ack.Sequence, nil
		}
		cut := errors.Is(err, nats.ErrReconnectBufExceeded) || errors.Is(err, nats.ErrConnectionReconnecting)
		if cut && !sent || !mayPass(err) {
			return 0, err // nothing has left, or no waiting mends it
		}
		sent = true
		select {
		case <-ctx.Done():
			return 0, err
		case <-time.After(publishAgain):
		}
	}
}

func (f *Feed) attempt(ctx context.Context, msg *nats.Msg) (*jetstream.PubAck, error) {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	return f.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0))
}

// Codes of the JetStream API that pass: no leader yet, or the first attempt is
// still on its way through the replicas.
const (
	codeNotAvailable = 10008
	codeInProcess    = 10158
)

// mayPass says whether another attempt may succeed. What a server refuses in so
// many words, such as a stream that is full, it will refuse again.
func mayPass(err error) bool {
	var api jetstream.JetStreamError
	if errors.As(err, &api) && api.APIError() != nil {
		code := api.APIError().ErrorCode
		return code == codeNotAvailable || code == codeInProcess
	}
	return !errors.Is(err, context.Canceled) && !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, nats.ErrMaxPayload)
}
