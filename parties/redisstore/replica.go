package redisstore

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/parties"
)

// Replica is one process of a hub among those that use the same Redis. It is safe
// for concurrent use. Make one with Join.
type Replica struct {
	store *Store
	id    string

	mu    sync.Mutex
	since int64 // the newest time of which Share has told, in milliseconds
}

var (
	_ parties.Replicas  = (*Replica)(nil)
	_ parties.Sightings = (*Replica)(nil)
	_ parties.Locks     = (*Replica)(nil)
)

const (
	// silence is after how long a replica counts as dead.
	silence = 3 * time.Second
	// claimFor is longer than any renewal of tokens takes.
	claimFor = 3 * time.Minute
	// overlap is how far back Share looks once more: what another replica noted
	// may bear an older time than what came first.
	overlap = 10 * time.Second
	// releaseWithin bounds giving back a name, which nobody waits for.
	releaseWithin = 2 * time.Second
)

// Join returns the replica with this id, which no other process may have.
func (s *Store) Join(id string) *Replica { return &Replica{store: s, id: id} }

// Beat implements parties.Replicas.
func (r *Replica) Beat(ctx context.Context, epoch uint64) error {
	in := r.store.in
	return r.store.redis.Run(ctx, r.store.scripts.beat, []string{in.beats, in.epochs}, r.id, number(epoch)).Err()
}

// Behind implements parties.Replicas.
func (r *Replica) Behind(ctx context.Context, epoch uint64) (behind int, err error) {
	alive, err := r.alive(ctx)
	for id, at := range alive {
		if id != r.id && at < epoch {
			behind++
		}
	}
	return behind, err
}

// Alive returns the ids of the replicas that live, in order.
func (r *Replica) Alive(ctx context.Context) ([]string, error) {
	alive, err := r.alive(ctx)
	ids := make([]string, 0, len(alive))
	for id := range alive {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids, err
}

// alive returns the epochs of the replicas that live.
func (r *Replica) alive(ctx context.Context) (map[string]uint64, error) {
	in := r.store.in
	list, err := r.store.redis.Read(ctx, r.store.scripts.alive, []string{in.beats, in.epochs}, silence.Milliseconds()).StringSlice()
	if err != nil {
		return nil, err
	}
	out := make(map[string]uint64, len(list)/2)
	for i := 0; i+1 < len(list); i += 2 {
		if out[list[i]], err = strconv.ParseUint(list[i+1], 10, 64); err != nil {
			return nil, fmt.Errorf("the epoch of replica %s is no number", list[i])
		}
	}
	return out, nil
}

// Leave implements parties.Replicas.
func (r *Replica) Leave(ctx context.Context) error {
	in := r.store.in
	return r.store.redis.Run(ctx, r.store.scripts.leave, []string{in.beats, in.epochs}, r.id).Err()
}

// Share implements parties.Sightings.
func (r *Replica) Share(ctx context.Context, seen map[string]time.Time) (map[string]time.Time, error) {
	if err := r.note(ctx, seen); err != nil {
		return nil, err
	}
	r.mu.Lock()
	from := "-inf"
	if r.since > 0 {
		from = strconv.FormatInt(r.since-overlap.Milliseconds(), 10)
	}
	r.mu.Unlock()
	list, err := r.store.redis.ZRangeByScoreWithScores(ctx, r.store.in.seen, &redis.ZRangeBy{Min: from, Max: "+inf"}).Result()
	if err != nil {
		return nil, err
	}
	out := make(map[string]time.Time, len(list))
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, z := range list {
		at := int64(z.Score)
		id, _ := z.Member.(string)
		out[id] = time.UnixMilli(at).UTC()
		r.since = max(r.since, at)
	}
	return out, nil
}

// atOnce bounds how many sightings one script notes.
const atOnce = 1000

func (r *Replica) note(ctx context.Context, seen map[string]time.Time) error {
	args := make([]any, 0, 2*len(seen))
	for id, at := range seen {
		args = append(args, at.UnixMilli(), id)
	}
	for part := range slices.Chunk(args, 2*atOnce) {
		if err := r.store.redis.Run(ctx, r.store.scripts.see, []string{r.store.in.seen}, part...).Err(); err != nil {
			return err
		}
	}
	return nil
}

// Claim implements parties.Locks.
func (r *Replica) Claim(ctx context.Context, name string) (release func(), ok bool, err error) {
	in, claim := r.store.in, rand.Text()
	got, err := r.store.redis.Run(ctx, r.store.scripts.claim, []string{in.locks, in.beats}, name, r.id, claim,
		silence.Milliseconds(), claimFor.Milliseconds()).Int()
	if err != nil || got == 0 {
		return nil, false, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releaseWithin)
		defer cancel()
		// What cannot be given back ends by itself.
		_ = r.store.redis.Run(ctx, r.store.scripts.release, []string{in.locks}, name, claim).Err()
	}, true, nil
}
