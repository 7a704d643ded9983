package jsfeed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/fanout"
)

const (
	bucketName = "OCPI_PROGRESS"
	// marksKey holds the marks of all platforms: they are written together,
	// with one sync, whatever their number.
	marksKey = "marks"
)

// progress keeps marks in the bucket.
type progress struct {
	bucket jetstream.KeyValue

	mu    sync.Mutex
	known map[string]wireMark
}

// wireMark is a mark as it is stored.
type wireMark struct {
	Seq uint64    `json:"seq"`
	At  time.Time `json:"at"`
	New bool      `json:"new,omitempty"`

	Owed []wireOwed `json:"owed,omitempty"`
}

// wireOwed is what is owed, as it is stored.
type wireOwed struct {
	Module string    `json:"module"`
	Resync bool      `json:"resync,omitempty"`
	Seq    uint64    `json:"seq,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Cursor string    `json:"cursor,omitempty"`
	Count  int       `json:"count,omitempty"`
}

func fromMark(m fanout.Mark) wireMark {
	w := wireMark{Seq: m.Seq, At: m.At, New: m.New}
	for _, o := range m.Owed {
		w.Owed = append(w.Owed, wireOwed{string(o.Module), o.Resync, o.Seq, o.At, o.Cursor, o.Count})
	}
	return w
}

func (w wireMark) toMark() fanout.Mark {
	m := fanout.Mark{Seq: w.Seq, At: w.At, New: w.New}
	for _, o := range w.Owed {
		m.Owed = append(m.Owed, fanout.Owed{
			Module: ocpi.ModuleID(o.Module), Resync: o.Resync, Seq: o.Seq, At: o.At, Cursor: o.Cursor, Count: o.Count,
		})
	}
	return m
}

// Load implements fanout.Progress.
func (p *progress) Load(ctx context.Context) (map[string]fanout.Mark, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.read(ctx); err != nil {
		return nil, err
	}
	out := make(map[string]fanout.Mark, len(p.known))
	for platform, m := range p.known {
		out[platform] = m.toMark()
	}
	return out, nil
}

// read fetches the marks. The caller holds the lock.
func (p *progress) read(ctx context.Context) error {
	marks := map[string]wireMark{}
	entry, err := p.bucket.Get(ctx, marksKey)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
	case err != nil:
		return fmt.Errorf("read %s: %w", bucketName, err)
	default:
		if err := json.Unmarshal(entry.Value(), &marks); err != nil {
			return fmt.Errorf("read %s: %w", bucketName, err)
		}
	}
	p.known = marks
	return nil
}

// Save implements fanout.Progress.
func (p *progress) Save(ctx context.Context, marks map[string]fanout.Mark) error {
	return p.change(ctx, func(known map[string]wireMark) {
		for platform, m := range marks {
			known[platform] = fromMark(m)
		}
	})
}

// Forget implements fanout.Progress.
func (p *progress) Forget(ctx context.Context, platform string) error {
	return p.change(ctx, func(known map[string]wireMark) { delete(known, platform) })
}

// change writes an edited copy; what is known changes only with what is stored.
func (p *progress) change(ctx context.Context, edit func(map[string]wireMark)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil {
		if err := p.read(ctx); err != nil {
			return err
		}
	}
	next := maps.Clone(p.known)
	edit(next)
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	if _, err := p.bucket.Put(ctx, marksKey, raw); err != nil {
		return fmt.Errorf("write %s: %w", bucketName, err)
	}
	p.known = next
	return nil
}
