package natsconn

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	// A reader that hears nothing of its consumer for two beats makes a new one.
	beat = time.Second
	// idle is how long a reader waits before it asks whether more can come; more
	// than two beats.
	idle = 3 * time.Second
	// tailWithin is how long a reader tries to read on before it gives up: longer
	// than an election takes.
	tailWithin    = 20 * time.Second
	tailAgain     = 200 * time.Millisecond
	tailAbandoned = time.Minute
)

// Tail reads a stream in order. It needs nothing that the servers keep: when the
// leader changes, the consumer is gone or messages are lost on the way, it reads
// on behind the last message, none left out and none twice.
type Tail struct {
	JS     jetstream.JetStream
	Stream string
	// After is the sequence behind which it begins, or Since the time at which.
	After uint64
	Since time.Time
	// Heads asks for headers only, Ahead bounds how many messages are under way.
	Heads bool
	Ahead int
	// Over says whether nothing more can come; it is asked when nothing came for
	// a while. nil: something always may.
	Over func() (bool, error)
}

// Read calls each with every message until it says no, ctx ends, or the stream
// cannot be read for some time.
func (t *Tail) Read(ctx context.Context, each func(jetstream.Msg, *jetstream.MsgMetadata) (more bool, err error)) error {
	last := time.Now()
	for {
		r := stretch{Tail: t, each: each}
		done, err := r.read(ctx)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case done:
			return err
		case r.alive:
			last = time.Now()
		case time.Since(last) > tailWithin:
			return fmt.Errorf("read %s: %w", t.Stream, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(tailAgain):
		}
	}
}

// stretch is the reading with one consumer.
type stretch struct {
	*Tail
	each  func(jetstream.Msg, *jetstream.MsgMetadata) (bool, error)
	count uint64
	alive bool // it got something
}

func (s *stretch) read(ctx context.Context) (done bool, err error) {
	// What was sent to a connection that is gone is lost, and nothing says so.
	again := s.JS.Conn().StatusChanged(nats.RECONNECTING, nats.CLOSED)
	defer s.JS.Conn().RemoveStatusListener(again)
	consumer, err := s.consumer(ctx)
	if err != nil {
		return errors.Is(err, jetstream.ErrStreamNotFound), err
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(s.Ahead), jetstream.PullHeartbeat(beat), jetstream.WithMessagesErrOnMissingHeartbeat(true))
	if err != nil {
		return false, err
	}
	stopped := make(chan struct{})
	defer func() {
		messages.Stop()
		close(stopped)
	}()
	go func() {
		select {
		case <-again:
			messages.Stop()
		case <-stopped:
		}
	}()
	for {
		if done, err := s.one(ctx, messages); done || err != nil {
			return done, err
		}
	}
}

func (s *stretch) consumer(ctx context.Context) (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	c := jetstream.ConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: s.After + 1, AckPolicy: jetstream.AckNonePolicy,
		MemoryStorage: true, Replicas: 1, HeadersOnly: s.Heads, InactiveThreshold: tailAbandoned,
	}
	if s.After == 0 && !s.Since.IsZero() {
		c.DeliverPolicy, c.OptStartSeq, c.OptStartTime = jetstream.DeliverByStartTimePolicy, 0, &s.Since
	}
	return s.JS.CreateConsumer(ctx, s.Stream, c)
}

// one hands on the next message. It ends the stretch with an error, the reading
// when done.
func (s *stretch) one(ctx context.Context, messages jetstream.MessagesContext) (done bool, err error) {
	waiting, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	msg, err := messages.Next(jetstream.NextContext(waiting))
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		s.alive = true // its heartbeats came
		return s.over()
	}
	if err != nil {
		return false, err
	}
	meta, err := msg.Metadata()
	if err != nil {
		return false, err
	}
	if s.count++; meta.Sequence.Consumer != s.count {
		return false, fmt.Errorf("message %d of the consumer came as number %d", meta.Sequence.Consumer, s.count)
	}
	s.alive = true
	if meta.Sequence.Stream <= s.After {
		return false, nil
	}
	s.After = meta.Sequence.Stream
	more, err := s.each(msg, meta)
	return err != nil || !more, err
}

func (s *stretch) over() (bool, error) {
	if s.Over == nil {
		return false, nil
	}
	over, err := s.Over()
	return err != nil || over, err
}
