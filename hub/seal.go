package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/parties"
)

// seals is a store that remembers by which key its tokens were sealed.
type seals interface {
	// SealedWith returns the fingerprint of that key; empty: nothing was sealed.
	SealedWith(ctx context.Context) (string, error)
	// CheckSeal refuses another key, and notes the first one.
	CheckSeal(ctx context.Context, fingerprint string) error
}

// openSealer opens the key that seals the tokens by which the hub calls platforms
// (docs/adr/0025-the-sealing-key-is-kept-apart.md). Redis keeps its fingerprint, so
// that a replica with another key does not start: it could call nobody, and others
// could not read what it wrote.
func (h *Hub) openSealer(ctx context.Context) (*parties.KeySealer, error) {
	store, shared := h.stores.registry.(seals)
	sealer, err := h.readSealer(ctx, store)
	if err != nil || !shared {
		return sealer, err
	}
	if err := store.CheckSeal(ctx, sealer.Fingerprint()); err != nil {
		return nil, fmt.Errorf("registry.seal_key_file: %w", err)
	}
	return sealer, nil
}

// readSealer takes the key that the operator gave, else the one that the hub made
// and keeps: where the replicas find it, or in the data directory.
func (h *Hub) readSealer(ctx context.Context, store seals) (*parties.KeySealer, error) {
	path := h.cfg.Registry.SealKeyFile
	switch {
	case path == "" && h.shared():
		return keyBucket{conn: h.Stream(), replicas: h.cfg.NATS.Replicas, file: h.file("seal.key"), store: store}.open(ctx)
	case path == "":
		return parties.OpenKeyFile(h.file("seal.key"))
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("registry.seal_key_file: %w", err)
	}
	sealer, err := parties.ReadSealer(text)
	if err != nil {
		return nil, fmt.Errorf("registry.seal_key_file %s: %w, for example of openssl rand -hex 32", path, err)
	}
	return sealer, nil
}

// keyBucket keeps the key for all replicas in NATS, never in Redis beside what it
// seals.
type keyBucket struct {
	conn     *nats.Conn
	replicas int
	file     string // of a hub that ran alone before
	store    seals
}

const (
	keyBucketName = "OCPI_KEYS"
	sealKey       = "seal"
	// bucketWithin bounds a start: JetStream may be electing a leader.
	bucketWithin = 15 * time.Second
)

var errKeyGone = errors.New("the sealing key is gone from the bucket " + keyBucketName +
	" of NATS, but Redis holds tokens that it sealed: restore it, or name it in registry.seal_key_file")

// open returns the key; the first replica of all makes it.
func (b keyBucket) open(ctx context.Context) (*parties.KeySealer, error) {
	ctx, cancel := context.WithTimeout(ctx, bucketWithin)
	defer cancel()
	js, err := jetstream.New(b.conn)
	if err != nil {
		return nil, fmt.Errorf("sealing key: %w", err)
	}
	bucket, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: keyBucketName, Description: "the key that seals the tokens of the hub", Replicas: b.replicas, Storage: jetstream.FileStorage,
	})
	if err != nil {
		return nil, fmt.Errorf("sealing key: bucket %s: %w", keyBucketName, err)
	}
	for {
		text, err := b.readOrMake(ctx, bucket)
		if err == nil {
			return parties.ReadSealer(text)
		}
		if !errors.Is(err, jetstream.ErrKeyExists) || ctx.Err() != nil {
			return nil, fmt.Errorf("sealing key: %w", err)
		}
		// Another replica was quicker: its key is there, or about to be.
	}
}

func (b keyBucket) readOrMake(ctx context.Context, bucket jetstream.KeyValue) ([]byte, error) {
	entry, err := bucket.Get(ctx, sealKey)
	if err == nil {
		return entry.Value(), nil
	}
	if !errors.Is(err, jetstream.ErrKeyNotFound) {
		return nil, err
	}
	text, err := b.first(ctx)
	if err != nil {
		return nil, err
	}
	_, err = bucket.Create(ctx, sealKey, text)
	return text, err
}

// first is the key that goes into an empty bucket: that of the data directory, if
// the hub ran alone before, else a new one, if nothing was sealed with another.
func (b keyBucket) first(ctx context.Context) ([]byte, error) {
	sealed, err := b.store.SealedWith(ctx)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(b.file)
	switch {
	case err == nil:
		sealer, err := parties.ReadSealer(text)
		if err == nil && (sealed == "" || sealer.Fingerprint() == sealed) {
			return text, nil
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if sealed != "" {
		return nil, errKeyGone
	}
	return parties.NewKeyText()
}
