// Package natspeers carries questions between the processes of a hub over NATS: a
// request on the subject of the shard, answered by who serves it (docs/nats.md).
package natspeers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

const (
	// withinHeader says for how many milliseconds who asks waits.
	withinHeader = "Ocpi-Within"
	// mostWithin bounds that.
	mostWithin = time.Minute
	// atOnce bounds the questions of a shard that are answered at a time. More
	// are not answered: who asks takes it for a shard that moves.
	atOnce = 64
)

// Peers is a fanout.Peers over NATS.
type Peers struct {
	conn *nats.Conn
	log  *slog.Logger
}

var _ fanout.Peers = (*Peers)(nil)

// New returns the peers that a connection reaches.
func New(conn *nats.Conn, log *slog.Logger) *Peers { return &Peers{conn: conn, log: log} }

func subjectOf(s fanout.Shard) string { return fmt.Sprintf("ocpi.shard.%d.%d", s.Of, s.Index) }

// Ask implements fanout.Peers.
func (p *Peers) Ask(ctx context.Context, s fanout.Shard, q fanout.Question) (r fanout.Reply, err error) {
	ctx, cancel := context.WithTimeout(ctx, mostWithin)
	defer cancel()
	msg := nats.NewMsg(subjectOf(s))
	if msg.Data, err = json.Marshal(q); err != nil {
		return r, err
	}
	deadline, _ := ctx.Deadline()
	msg.Header.Set(withinHeader, strconv.FormatInt(time.Until(deadline).Milliseconds(), 10))
	msg.Reply = p.conn.NewRespInbox()
	answers, err := p.conn.SubscribeSync(msg.Reply)
	if err != nil {
		return r, fmt.Errorf("ask who serves shard %d: %w", s.Index, err)
	}
	defer func() { _ = answers.Unsubscribe() }()
	if err := p.conn.PublishMsg(msg); err != nil {
		return r, fmt.Errorf("ask who serves shard %d: %w", s.Index, err)
	}
	raw, err := collect(ctx, answers)
	if err != nil {
		return r, fmt.Errorf("ask who serves shard %d: %w", s.Index, err)
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return fanout.Reply{}, fmt.Errorf("read what shard %d answers: %w", s.Index, err)
	}
	return r, nil
}

// Answer implements fanout.Peers.
func (p *Peers) Answer(s fanout.Shard, answer func(context.Context, fanout.Question) (fanout.Reply, bool)) (end func(), err error) {
	ctx, cancel := context.WithCancel(context.Background())
	var under sync.WaitGroup
	var mu sync.Mutex // keeps the end from passing a beginning
	room := make(chan struct{}, atOnce)
	sub, err := p.conn.Subscribe(subjectOf(s), func(msg *nats.Msg) {
		select {
		case room <- struct{}{}:
		default:
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if ctx.Err() != nil {
			return
		}
		under.Go(func() {
			defer func() { <-room }()
			p.respond(ctx, msg, answer)
		})
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("answer for shard %d: %w", s.Index, err)
	}
	p.flush() // who asks from now on is heard, or told that nobody is there
	return func() {
		_ = sub.Unsubscribe()
		p.flush()
		mu.Lock()
		cancel()
		mu.Unlock()
		under.Wait()
	}, nil
}

// flushWithin bounds how long it takes that the server knows who answers. Where it
// does not yet, who asks waits in vain, and asks again.
const flushWithin = 500 * time.Millisecond

func (p *Peers) flush() { _ = p.conn.FlushTimeout(flushWithin) }

// respond answers one question.
func (p *Peers) respond(ctx context.Context, msg *nats.Msg, answer func(context.Context, fanout.Question) (fanout.Reply, bool)) {
	var q fanout.Question
	if err := json.Unmarshal(msg.Data, &q); err != nil {
		p.log.Warn("a question of another process cannot be read", "error", err)
		return
	}
	within, err := strconv.ParseInt(msg.Header.Get(withinHeader), 10, 32)
	if err != nil || within <= 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, min(mostWithin, time.Duration(within)*time.Millisecond))
	defer cancel()
	r, ok := answer(ctx, q)
	if !ok || ctx.Err() != nil {
		return
	}
	raw, err := json.Marshal(r)
	if err == nil {
		err = p.send(msg.Reply, raw)
	}
	if err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
		p.log.Warn("a question of another process cannot be answered", "error", err)
	}
}
