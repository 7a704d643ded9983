package jsjournal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/internal/natsconn"
)

// shelf is one stream with one subject. It makes its stream when that is
// missing, at the start or later. It is safe for concurrent use.
type shelf struct {
	conn *nats.Conn
	js   jetstream.JetStream
	cfg  jetstream.StreamConfig

	mu    sync.Mutex
	epoch int64 // when the stream was made, in Unix nanoseconds; 0: not known
}

func newShelf(o Options, name, subject, description string, bytes int64) (*shelf, error) {
	js, err := jetstream.New(o.Conn)
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", name, err)
	}
	persist := jetstream.DefaultPersistMode
	if o.Lazy {
		persist = jetstream.AsyncPersistMode
	}
	return &shelf{conn: o.Conn, js: js, cfg: jetstream.StreamConfig{
		Name: name, Subjects: []string{subject}, Description: description,
		Storage: jetstream.FileStorage, Retention: jetstream.LimitsPolicy, Discard: jetstream.DiscardOld,
		MaxAge: o.MaxAge, MaxBytes: bytes, Replicas: max(1, o.Replicas), AllowDirect: true,
		PersistMode: persist,
	}}, nil
}

// prepare makes the stream, or brings it to its configuration, unless that was
// done, and returns when it was made.
func (s *shelf) prepare(ctx context.Context) (epoch int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch != 0 {
		return s.epoch, nil
	}
	stream, err := natsconn.Ensure(ctx, s.js, natsconn.Spec{StreamConfig: s.cfg, BytesKey: "journal.max_bytes"})
	if err != nil {
		return 0, err
	}
	s.epoch = stream.CachedInfo().Created.UnixNano()
	return s.epoch, nil
}

// lost notes an error, and says whether it means that the stream is gone.
func (s *shelf) lost(err error) bool {
	gone := errors.Is(err, jetstream.ErrNoStreamResponse) || errors.Is(err, jetstream.ErrStreamNotFound) || errors.Is(err, nats.ErrNoResponders)
	if gone {
		s.mu.Lock()
		s.epoch = 0
		s.mu.Unlock()
	}
	return gone
}

// again calls do with the stream in place, a second time when it turns out that
// the stream was gone.
func (s *shelf) again(ctx context.Context, do func(epoch int64) error) error {
	epoch, err := s.prepare(ctx)
	if err != nil {
		return err
	}
	if err = do(epoch); !s.lost(err) {
		return err
	}
	if epoch, err = s.prepare(ctx); err != nil {
		return err
	}
	return do(epoch)
}

// place is where a message is: its sequence, in the stream that was made then.
type place struct {
	epoch int64
	seq   uint64
}

func (s *shelf) publish(ctx context.Context, data []byte, header nats.Header) (at place, err error) {
	msg := &nats.Msg{Subject: s.cfg.Subjects[0], Data: data, Header: header}
	err = s.again(ctx, func(epoch int64) error {
		ack, err := s.js.PublishMsg(ctx, msg, jetstream.WithRetryAttempts(0))
		if err == nil {
			at = place{epoch, ack.Sequence}
		}
		return err
	})
	if err != nil {
		return at, fmt.Errorf("publish to %s: %w", s.cfg.Name, err)
	}
	return at, nil
}

// span is what a stream holds: messages from first to last; first > last when
// there is none.
type span struct {
	epoch       int64
	first, last uint64
}

func (s *shelf) span(ctx context.Context) (out span, err error) {
	err = s.again(ctx, func(int64) error {
		stream, err := s.js.Stream(ctx, s.cfg.Name)
		if err != nil {
			return err
		}
		info := stream.CachedInfo()
		out = span{info.Created.UnixNano(), max(1, info.State.FirstSeq), info.State.LastSeq}
		return nil
	})
	if err != nil {
		return out, fmt.Errorf("look at %s: %w", s.cfg.Name, err)
	}
	return out, nil
}

// block is a message of the stream.
type block struct {
	seq    uint64
	raw    []byte
	at     time.Time
	header nats.Header
}

// getBytes bounds what one request asks for.
const getBytes = 1 << 20

// get returns the messages from one sequence to another that are still kept. It
// needs no consumer, which the server would have to make and keep.
func (s *shelf) get(ctx context.Context, start, end uint64) (out []block, err error) {
	inbox := s.conn.NewRespInbox()
	sub, err := s.conn.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", s.cfg.Name, err)
	}
	defer func() { _ = sub.Unsubscribe() }()
	for start <= end {
		ask, _ := json.Marshal(map[string]uint64{"seq": start, "batch": end - start + 1, "max_bytes": getBytes}) // numbers only
		if err := s.conn.PublishRequest("$JS.API.DIRECT.GET."+s.cfg.Name, inbox, ask); err != nil {
			return nil, fmt.Errorf("read %s: %w", s.cfg.Name, err)
		}
		got, err := answers(ctx, sub)
		if err != nil {
			s.lost(err)
			return nil, fmt.Errorf("read %s: %w", s.cfg.Name, err)
		}
		for _, b := range got {
			if b.seq <= end {
				out = append(out, b)
			}
		}
		if len(got) == 0 {
			break
		}
		start = got[len(got)-1].seq + 1
	}
	return out, nil
}

// answers takes the messages of one request up to its end.
func answers(ctx context.Context, sub *nats.Subscription) (out []block, err error) {
	for {
		msg, err := sub.NextMsgWithContext(ctx)
		if err != nil {
			return nil, err
		}
		switch status := msg.Header.Get("Status"); status {
		case "":
		case "204", "404": // the end; nothing is kept from there on
			return out, nil
		default:
			return nil, fmt.Errorf("the server says %s %s", status, msg.Header.Get("Description"))
		}
		seq, err := strconv.ParseUint(msg.Header.Get(jetstream.SequenceHeader), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("a message without its sequence: %w", err)
		}
		at, err := time.Parse(time.RFC3339Nano, msg.Header.Get(jetstream.TimeStampHeaer))
		if err != nil {
			return nil, fmt.Errorf("a message without its time: %w", err)
		}
		out = append(out, block{seq, msg.Data, at, msg.Header})
	}
}
