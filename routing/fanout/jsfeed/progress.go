package jsfeed

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

const (
	bucketName = "OCPI_PROGRESS"
	// oldKey held the marks of all platforms before there were shards.
	oldKey = "marks"
	// shardKeys begins the keys of the shards: marks.<number of shards>.<index>.
	// The marks of a shard are written together, with one sync, whatever their
	// number.
	shardKeys = "marks."
	// arrivalsKey holds the platforms that have registered.
	arrivalsKey = "arrivals"
	// bucketBytes is room for the marks of some hundred thousand platforms.
	bucketBytes = 64 << 20
)

func keyOf(s fanout.Shard) string { return fmt.Sprintf("%s%d.%d", shardKeys, s.Of, s.Index) }

// progress keeps marks in the bucket.
type progress struct {
	js     jetstream.JetStream
	bucket jetstream.KeyValue
}

// stored is the value of a shard's key.
type stored struct {
	// By is the ledger that wrote it.
	By    string              `json:"by"`
	Marks map[string]wireMark `json:"marks"`
}

// takeWithin bounds how long it takes to take a shard.
const takeWithin = 15 * time.Second

// Take implements fanout.Progress. It writes what it found over it, so that a
// ledger that was taken before finds another revision than its own.
func (p *progress) Take(ctx context.Context, s fanout.Shard) (fanout.Ledger, error) {
	ctx, cancel := context.WithTimeout(ctx, takeWithin)
	defer cancel()
	if err := p.agreed(ctx, s); err != nil {
		return nil, err
	}
	for {
		marks, revision, err := p.find(ctx, s)
		if err != nil {
			return nil, err
		}
		l := &ledger{
			bucket: p.bucket, key: keyOf(s), revision: revision,
			now: stored{By: rand.Text(), Marks: marks}, taken: toMarks(marks),
		}
		err = l.write(ctx, func(map[string]wireMark) {})
		if errors.Is(err, fanout.ErrOvertaken) {
			continue // written meanwhile: by who served it before, or takes it too
		}
		if err != nil {
			return nil, err
		}
		return l, nil
	}
}

// Marks implements fanout.Progress.
func (p *progress) Marks(ctx context.Context, s fanout.Shard) (map[string]fanout.Mark, error) {
	marks, _, err := p.find(ctx, s)
	return toMarks(marks), err
}

// find returns what is written of the platforms of a shard, and the revision of
// its own key, 0 when there is none. Keys of another number of shards count only
// if they are newer than that: what is older went into it when it was first taken.
func (p *progress) find(ctx context.Context, s fanout.Shard) (marks map[string]wireMark, revision uint64, err error) {
	all, err := p.all(ctx)
	if err != nil {
		return nil, 0, err
	}
	own := all[keyOf(s)]
	marks = map[string]wireMark{}
	maps.Copy(marks, own.marks)
	since := map[string]uint64{}
	for key, other := range all {
		if strings.HasPrefix(key, fmt.Sprintf("%s%d.", shardKeys, s.Of)) {
			continue
		}
		for platform, m := range other.marks {
			if s.Has(platform) && other.revision > max(own.revision, since[platform]) {
				marks[platform], since[platform] = m, other.revision
			}
		}
	}
	return marks, own.revision, nil
}

// all returns what holds marks, by keys. It asks the leader of the bucket: a
// watch may read from a replica that is behind.
func (p *progress) all(ctx context.Context) (map[string]entry, error) {
	const prefix = "$KV." + bucketName + "."
	stream, err := p.js.Stream(ctx, "KV_"+bucketName)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", bucketName, err)
	}
	info, err := stream.Info(ctx, jetstream.WithSubjectFilter(prefix+">"))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", bucketName, err)
	}
	out := map[string]entry{}
	for subject := range info.State.Subjects {
		key := strings.TrimPrefix(subject, prefix)
		if key != oldKey && !strings.HasPrefix(key, shardKeys) {
			continue
		}
		if out[key], err = p.get(ctx, key); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// entry is what a key holds; empty, with revision 0, when it is not there.
type entry struct {
	marks    map[string]wireMark
	by       string
	revision uint64
}

func (p *progress) get(ctx context.Context, key string) (entry, error) {
	found, err := p.bucket.Get(ctx, key)
	switch {
	case errors.Is(err, jetstream.ErrKeyNotFound):
		return entry{marks: map[string]wireMark{}}, nil
	case err != nil:
		return entry{}, fmt.Errorf("read %s: %w", bucketName, err)
	}
	return decodeEntry(found)
}

func decodeEntry(found jetstream.KeyValueEntry) (e entry, err error) {
	e = entry{marks: map[string]wireMark{}, revision: found.Revision()}
	if !strings.HasPrefix(found.Key(), shardKeys) {
		err = json.Unmarshal(found.Value(), &e.marks)
	} else {
		var s stored
		err = json.Unmarshal(found.Value(), &s)
		e.by = s.By
		maps.Copy(e.marks, s.Marks)
	}
	if err != nil {
		return e, fmt.Errorf("read %s of %s: %w", found.Key(), bucketName, err)
	}
	return e, nil
}

// ledger are the marks of a shard in the hands of who took them.
type ledger struct {
	bucket jetstream.KeyValue
	key    string
	taken  map[string]fanout.Mark

	mu       sync.Mutex
	now      stored
	revision uint64
}

// Marks implements fanout.Ledger.
func (l *ledger) Marks() map[string]fanout.Mark { return maps.Clone(l.taken) }

// Save implements fanout.Ledger.
func (l *ledger) Save(ctx context.Context, marks map[string]fanout.Mark) error {
	return l.write(ctx, func(all map[string]wireMark) {
		for platform, m := range marks {
			all[platform] = fromMark(m)
		}
	})
}

// Forget implements fanout.Ledger.
func (l *ledger) Forget(ctx context.Context, platform string) error {
	return l.write(ctx, func(all map[string]wireMark) { delete(all, platform) })
}

// write writes an edited copy over the revision that this ledger wrote last; what
// it knows changes only with what is stored.
func (l *ledger) write(ctx context.Context, edit func(map[string]wireMark)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := stored{By: l.now.By, Marks: maps.Clone(l.now.Marks)}
	edit(next.Marks)
	raw, err := json.Marshal(next)
	if err != nil {
		return err
	}
	revision, err := l.put(ctx, raw)
	for tries := 0; changed(err) && tries < maxTries; tries++ {
		// A write before may have happened although it failed, and a cluster may
		// refuse one because that before it, though acknowledged, is not done with.
		pause(ctx, time.Duration(tries)*betweenTries)
		if l.revision, err = l.own(ctx); err == nil {
			revision, err = l.put(ctx, raw)
		}
	}
	switch {
	case changed(err):
		return fanout.ErrOvertaken
	case err != nil:
		return fmt.Errorf("write %s: %w", bucketName, err)
	}
	l.now, l.revision = next, revision
	return nil
}

const (
	// maxTries bounds how often a write is tried again that was refused although
	// nobody else wrote.
	maxTries = 8
	// betweenTries is how much longer each pause between them is.
	betweenTries = 5 * time.Millisecond
)

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (l *ledger) put(ctx context.Context, raw []byte) (revision uint64, err error) {
	return l.bucket.Update(ctx, l.key, raw, l.revision)
}

// own returns the revision that is stored if this ledger wrote it.
func (l *ledger) own(ctx context.Context) (revision uint64, err error) {
	e, err := (&progress{bucket: l.bucket}).get(ctx, l.key)
	if err == nil && e.by != l.now.By {
		err = fanout.ErrOvertaken
	}
	if err != nil {
		return l.revision, err
	}
	return e.revision, nil
}

// changed says whether a write was refused because of another one.
func changed(err error) bool { return errors.Is(err, jetstream.ErrKeyRevisionMismatch) }
