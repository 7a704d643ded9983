package natsconn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Spec is a stream as it shall be.
type Spec struct {
	jetstream.StreamConfig
	// BytesKey is the configuration key that bounds its bytes, for errors; empty
	// when there is none.
	BytesKey string
}

// Ensure makes a stream, or brings the one that is there to s; what s leaves
// open, such as placement or compression, stays as the operator set it. Any
// number of processes may do so at once. A cluster without a leader is waited
// for until ctx ends, and at most as long as a start may take. Errors name the
// key to mend.
func Ensure(ctx context.Context, js jetstream.JetStream, s Spec) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, defaultWithin)
	defer cancel()
	s.Replicas = max(1, s.Replicas)
	for {
		stream, err := bring(ctx, js, s.StreamConfig)
		if err == nil {
			return stream, nil
		}
		if !passes(err) {
			return nil, s.explain(err)
		}
		select {
		case <-ctx.Done():
			return nil, s.explain(err)
		case <-time.After(askEvery):
		}
	}
}

// askWithin bounds one question to the servers.
const askWithin = 5 * time.Second

func bring(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig) (jetstream.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	stream, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return js.CreateStream(ctx, want)
	}
	if err != nil {
		return nil, err
	}
	have := stream.CachedInfo().Config
	next, differs := merge(have, want)
	if !differs {
		return stream, nil
	}
	return js.UpdateStream(ctx, next)
}

// merge returns what is there with everything that want says, and whether that
// is something else.
func merge(have, want jetstream.StreamConfig) (out jetstream.StreamConfig, differs bool) {
	out = have
	set(&out.MaxBytes, orNone(want.MaxBytes), &differs)
	set(&out.MaxAge, want.MaxAge, &differs)
	set(&out.MaxMsgsPerSubject, orNone(want.MaxMsgsPerSubject), &differs)
	set(&out.Replicas, want.Replicas, &differs)
	set(&out.Discard, want.Discard, &differs)
	set(&out.AllowDirect, want.AllowDirect, &differs)
	set(&out.AllowRollup, want.AllowRollup, &differs)
	set(&out.DenyDelete, want.DenyDelete, &differs)
	set(&out.Description, want.Description, &differs)
	if want.Duplicates != 0 {
		set(&out.Duplicates, want.Duplicates, &differs)
	} else if out.MaxAge > 0 {
		out.Duplicates = min(out.Duplicates, out.MaxAge) // it may not be longer
	}
	if !slices.Equal(out.Subjects, want.Subjects) {
		out.Subjects, differs = want.Subjects, true
	}
	return out, differs
}

func set[T comparable](field *T, to T, differs *bool) {
	if *field != to {
		*field, *differs = to, true
	}
}

// orNone is a bound as the servers show it.
func orNone(n int64) int64 {
	if n == 0 {
		return -1
	}
	return n
}

// Codes of the JetStream API (errors.json of nats-server) that decide what an
// error means.
const (
	codeAccountResources   = 10002
	codeNoPeers            = 10005
	codeNotAvailable       = 10008
	codeClusterRequired    = 10010
	codeInsufficient       = 10023
	codeTooManyStreams     = 10027
	codeMemory             = 10028
	codeNotForAccount      = 10039
	codeStorage            = 10047
	codeCreate             = 10049
	codeInUse              = 10058
	codeOverlap            = 10065
	codeReplicas           = 10074
	codeMaxBytesRequired   = 10113
	codeOffline            = 10118
	codeStreamBytes        = 10122
	codeMoving             = 10124
	codeTooManyRequests    = 10167
	codeOfflineWithReasons = 10194
)

func code(err error) jetstream.ErrorCode {
	var api jetstream.JetStreamError
	if errors.As(err, &api) && api.APIError() != nil {
		return api.APIError().ErrorCode
	}
	return 0
}

// passes says whether an error may pass by itself: leaders are elected, nodes
// come, another process makes the same stream, a server still removes what was
// deleted under this name.
func passes(err error) bool {
	switch code(err) {
	case 0:
		return !errors.Is(err, nats.ErrConnectionClosed) && !errors.Is(err, context.Canceled)
	case codeNoPeers, codeNotAvailable, codeInsufficient, codeCreate, codeInUse, codeOffline, codeMoving, codeTooManyRequests, codeOfflineWithReasons:
		return true
	default:
		return false
	}
}

// explain says what to mend.
func (s Spec) explain(err error) error {
	bytes := s.BytesKey
	if bytes == "" {
		bytes = "nats.url"
	}
	switch code(err) {
	case 0:
		if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, nats.ErrNoResponders) {
			return fmt.Errorf("nats.url: stream %s: JetStream does not answer: the cluster has no leader, or the account may not use $JS.API.STREAM.*.%[1]s: %w", s.Name, err)
		}
		return fmt.Errorf("nats.url: stream %s: %w", s.Name, err)
	case codeReplicas, codeClusterRequired:
		return fmt.Errorf("nats.replicas: stream %s cannot be kept %d times by a NATS that is no cluster: %w", s.Name, s.Replicas, err)
	case codeNoPeers, codeInsufficient:
		return fmt.Errorf("nats.replicas, %s: the cluster has no %d nodes with room for %d bytes of stream %s: %w", bytes, s.Replicas, s.MaxBytes, s.Name, err)
	case codeAccountResources, codeMemory, codeStorage, codeStreamBytes, codeMaxBytesRequired:
		return fmt.Errorf("%s: the account has no room for %d bytes of stream %s, %d times: %w", bytes, s.MaxBytes, s.Name, s.Replicas, err)
	case codeTooManyStreams:
		return fmt.Errorf("nats.url: the account may have no further streams, stream %s: %w", s.Name, err)
	case codeNotForAccount:
		return fmt.Errorf("nats.url, nats.creds_file: this account has no JetStream, stream %s: %w", s.Name, err)
	case codeOverlap:
		return fmt.Errorf("nats.url: another stream of this account has the subjects of stream %s: %w", s.Name, err)
	default:
		return fmt.Errorf("stream %s: %w", s.Name, err)
	}
}

// Bucket is the stream of a key-value bucket, as clients of NATS know it: one
// value a key, and what is full refuses what is new.
func Bucket(name, description string, bytes int64, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name: "KV_" + name, Subjects: []string{"$KV." + name + ".>"}, Description: description,
		Storage: jetstream.FileStorage, Discard: jetstream.DiscardNew, MaxBytes: bytes, MaxMsgsPerSubject: 1, Replicas: replicas,
		AllowRollup: true, DenyDelete: true,
		// A direct get may be answered by a replica that is behind: who reads his
		// own progress must read what was written last.
		AllowDirect: false,
	}
}

// EnsureBucket is Ensure for the stream of a bucket.
func EnsureBucket(ctx context.Context, js jetstream.JetStream, name string, s Spec) (jetstream.KeyValue, error) {
	if _, err := Ensure(ctx, js, s); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	bucket, err := js.KeyValue(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", name, err)
	}
	return bucket, nil
}
