package lease_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/lease"
)

// world is some replicas over one bucket, in the time of a test: nothing takes
// longer than it sleeps.
type world struct {
	t      *testing.T
	bucket *lease.Memory
	names  []string

	mu      sync.Mutex
	holders map[string][]*tenancy // by name: all whose work has not returned
}

// tenancy is one work under a lease.
type tenancy struct {
	replica string
	held    lease.Held
	began   time.Time
}

// replica is a process: its keeper, and its line to the bucket.
type replica struct {
	*line
	id     string
	keeper *lease.Keeper
	stop   context.CancelFunc
	done   chan struct{}
	linger time.Duration // how long its works take to end
}

func newWorld(t *testing.T, names ...string) *world {
	return &world{t: t, bucket: lease.NewMemory(), names: names, holders: map[string][]*tenancy{}}
}

func shards(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("shard.%d", i))
	}
	return names
}

// join starts a replica that serves all names.
func (w *world) join(id string) *replica {
	w.t.Helper()
	r := &replica{line: &line{Bucket: w.bucket}, id: id, done: make(chan struct{})}
	k, err := lease.New(lease.Options{Bucket: r.line, ID: id, Version: "1.0"})
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	r.keeper, r.stop = k, cancel
	var all sync.WaitGroup
	all.Go(func() { _ = k.Run(ctx) })
	for _, name := range w.names {
		all.Go(func() { _ = k.Serve(ctx, name, w.work(r, name)) })
	}
	go func() { all.Wait(); close(r.done) }()
	return r
}

// work notes who works, and fails the test when two do so by valid leases.
func (w *world) work(r *replica, name string) lease.Work {
	return func(ctx context.Context, held lease.Held) error {
		me := &tenancy{r.id, held, time.Now()}
		w.mu.Lock()
		w.holders[name] = append(w.holders[name], me)
		w.mu.Unlock()
		defer w.leave(name, me)
		for ctx.Err() == nil {
			w.check(name)
			select {
			case <-ctx.Done():
			case <-time.After(50 * time.Millisecond):
			}
		}
		time.Sleep(r.linger)
		return nil
	}
}

func (w *world) leave(name string, me *tenancy) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, h := range w.holders[name] {
		if h == me {
			w.holders[name] = append(w.holders[name][:i:i], w.holders[name][i+1:]...)
		}
	}
}

// check counts who may work now.
func (w *world) check(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if valid := w.valid(name); len(valid) > 1 {
		w.t.Errorf("%s is held by %v", name, valid)
	}
}

func (w *world) valid(name string) (ids []string) {
	for _, h := range w.holders[name] {
		if h.held.Valid() {
			ids = append(ids, h.replica)
		}
	}
	return ids
}

// counts is how many leases each replica holds now.
func (w *world) counts() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[string]int{}
	for name := range w.holders {
		for _, id := range w.valid(name) {
			out[id]++
		}
	}
	return out
}

// kill ends a replica as kill -9 does: nothing of it reaches the bucket any more.
func (r *replica) kill() {
	r.cut(true)
	r.leaveBehind()
}

// leaveBehind lets the goroutines of a dead replica end.
func (r *replica) leaveBehind() { r.stop() }

// line is what lies between a replica and the bucket.
type line struct {
	lease.Bucket

	mu     sync.Mutex
	down   bool
	deaf   bool                      // what is written arrives, and no answer comes
	late   func() time.Duration      // before a write arrives
	closed []context.CancelCauseFunc // of who watches
}

var errDown = errors.New("the line is down")

func (l *line) cut(down bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = down
	for _, end := range l.closed {
		end(errDown)
	}
	l.closed = nil
}

func (l *line) state() (down, deaf bool, late time.Duration) {
	l.mu.Lock()
	down, deaf = l.down, l.deaf
	ask := l.late
	l.mu.Unlock()
	if ask != nil {
		late = ask()
	}
	return down, deaf, late
}

// Put implements lease.Bucket. A late write arrives also when nobody waits for it
// any more.
func (l *line) Put(ctx context.Context, key string, value []byte, last uint64) (uint64, error) {
	down, deaf, late := l.state()
	if down {
		<-ctx.Done()
		return 0, errDown
	}
	type answer struct {
		revision uint64
		err      error
	}
	came := make(chan answer, 1)
	go func() {
		time.Sleep(late)
		revision, err := l.Bucket.Put(context.WithoutCancel(ctx), key, value, last)
		came <- answer{revision, err}
	}()
	if deaf {
		<-ctx.Done()
	}
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case a := <-came:
		return a.revision, a.err
	}
}

// Watch implements lease.Bucket.
func (l *line) Watch(ctx context.Context, each func(lease.Entry)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.mu.Lock()
	down := l.down
	l.closed = append(l.closed, cancel)
	l.mu.Unlock()
	if down {
		return errDown
	}
	return l.Bucket.Watch(ctx, each)
}

func (l *line) set(edit func(*line)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	edit(l)
}
