package redisstore

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
)

// errOtherKey says that what is stored cannot be opened.
var errOtherKey = errors.New("the tokens in this Redis were sealed with another key: give the hub the key of those that use this Redis")

// CheckSeal compares the fingerprint of a sealing key with that of the key that
// was used here first, and notes it where there was none. The key itself is never
// kept beside what it seals.
func (s *Store) CheckSeal(ctx context.Context, fingerprint string) error {
	first, err := s.redis.Run(ctx, s.scripts.seal, []string{s.in.seal}, fingerprint).Text()
	if err == nil && first != fingerprint {
		err = errOtherKey
	}
	return err
}

// SealedWith returns the fingerprint of the key that was used here first; empty
// when there was none.
func (s *Store) SealedWith(ctx context.Context) (string, error) {
	first, err := s.redis.Get(ctx, s.in.seal).Result()
	if errors.Is(err, redis.Nil) {
		return "", nil
	}
	return first, err
}
