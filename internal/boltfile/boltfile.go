// Package boltfile opens the bbolt files of the embedded default: one process
// at a time, a format that is checked, writers that share a sync.
package boltfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

const (
	// lockWait bounds how long Open waits for another process to let go.
	lockWait = 2 * time.Second
	// batchDelay is how long a write waits for others to share its sync.
	batchDelay = 2 * time.Millisecond
)

// Open opens a file, which is made with mode 0600 when it is not there, and
// its buckets. A file of another format is refused rather than misread.
func Open(path string, format uint64, buckets ...[]byte) (*bbolt.DB, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("file %s: %w", path, err)
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("file %s is in use by another process: stop that or choose another data_dir", path)
	}
	if err != nil {
		return nil, fmt.Errorf("file %s: %w", path, err)
	}
	db.MaxBatchDelay = batchDelay
	if err := db.Update(func(tx *bbolt.Tx) error { return prepare(tx, format, buckets) }); err != nil {
		return nil, errors.Join(fmt.Errorf("file %s: %w", path, err), db.Close())
	}
	return db, nil
}

func prepare(tx *bbolt.Tx, format uint64, buckets [][]byte) error {
	for _, name := range buckets {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	meta, err := tx.CreateBucketIfNotExists([]byte("meta"))
	if err != nil {
		return err
	}
	stored := meta.Get([]byte("format"))
	if stored == nil {
		return meta.Put([]byte("format"), binary.BigEndian.AppendUint64(nil, format))
	}
	found := uint64(0)
	if len(stored) == 8 {
		found = binary.BigEndian.Uint64(stored)
	}
	if found != format {
		return fmt.Errorf("its format is %d, this program reads %d: use the program that wrote it", found, format)
	}
	return nil
}
