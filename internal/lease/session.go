package lease

import (
	"context"
	"sync/atomic"
	"time"
)

// session is the life of a replica in the bucket: its leases are valid as long as
// it is.
type session struct {
	id       sessionID
	elapsed  func() time.Duration
	revision uint64 // as last written; the keeper's lock
	expiry   *time.Timer

	renewed atomic.Int64 // when the last renewal that succeeded began
	over    atomic.Bool
}

// valid says whether nobody can have buried the session: who does so has seen its
// last renewal for longer than validFor.
func (s *session) valid() bool {
	return !s.over.Load() && s.left() > 0
}

// left is how long the session is valid without a renewal.
func (s *session) left() time.Duration {
	return time.Duration(s.renewed.Load()) + validFor - s.elapsed()
}

// pulse renews the session, or begins one, until ctx ends.
func (k *Keeper) pulse(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-k.urge:
		case <-time.After(k.beat(ctx)):
		}
	}
}

// beat writes the session once, and returns when to do so again.
func (k *Keeper) beat(ctx context.Context) (wait time.Duration) {
	s, m := k.draft()
	if s == nil {
		return renewAgain
	}
	began := k.elapsed()
	ctx, cancel := context.WithTimeout(ctx, renewTry)
	defer cancel()
	value := encode(m)
	revision, err := k.bucket.Put(ctx, memberKey+k.self.ID, value, s.revision)
	if err != nil {
		k.log.DebugContext(ctx, "the session of this replica is not renewed yet", "session", string(s.id), "error", err)
		return renewAgain
	}
	k.renewed(s, began, Entry{Key: memberKey + k.self.ID, Value: value, Revision: revision})
	return max(0, renewEvery-(k.elapsed()-began))
}

// draft returns the session that is to be written, at the revision that it is to
// be written over; nil when it must wait.
func (k *Keeper) draft() (*session, member) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.view.complete {
		return nil, member{}
	}
	there := k.view.members[k.self.ID]
	s := k.session
	if s != nil {
		if !s.valid() || there.revision > s.revision && there.value.Session != k.number {
			k.lose(s) // it was buried, or nobody knows
			return nil, member{}
		}
		s.revision = max(s.revision, there.revision) // a renewal whose answer was lost
	} else {
		if len(k.holds) > 0 && k.elapsed() < k.lost+silentFor {
			return nil, member{} // the others wait as long as what was held may still be done
		}
		k.number = max(k.number, there.value.Session) + 1
		s = &session{id: newSessionID(k.self.ID, k.number), elapsed: k.elapsed, revision: there.revision}
	}
	m := member{Session: k.number, Version: k.self.Version, Since: k.self.Since, Leaving: k.leaving}
	for name := range k.names {
		m.Serves = append(m.Serves, name)
	}
	return s, m.sorted()
}

// renewed notes that a session was written.
func (k *Keeper) renewed(s *session, began time.Duration, e Entry) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s.over.Load() {
		return
	}
	s.renewed.Store(int64(began))
	s.revision = max(s.revision, e.Revision)
	k.view.apply(e, k.elapsed())
	if s.expiry == nil {
		s.expiry = time.AfterFunc(s.left(), func() { k.expire(s) })
		k.session = s
		k.tell()
		k.log.Info("this replica takes part", "session", string(s.id))
		return
	}
	s.expiry.Reset(s.left())
}

// expire ends a session that was not renewed in time.
func (k *Keeper) expire(s *session) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if left := s.left(); left > 0 && !s.over.Load() {
		s.expiry.Reset(left)
		return
	}
	k.lose(s)
}

// lose ends a session and all that is held by it. The lock must be held.
func (k *Keeper) lose(s *session) {
	if k.session != s {
		return
	}
	s.over.Store(true)
	s.expiry.Stop()
	k.session, k.lost = nil, time.Duration(s.renewed.Load())
	k.log.Warn("this replica could not renew its session in time and lets go of everything", "session", string(s.id), "leases", len(k.holds))
	for _, h := range k.holds {
		h.cancel(ErrLost)
	}
	k.tell()
}

// bury ends the session of this replica for all to see, so that nobody need wait
// for it to fall silent.
func (k *Keeper) bury(ctx context.Context) {
	k.mu.Lock()
	s := k.session
	if s != nil {
		s.over.Store(true)
		s.expiry.Stop()
		k.session = nil
	}
	k.mu.Unlock()
	if s == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, validFor)
	defer cancel()
	if _, err := k.bucket.Put(ctx, memberKey+k.self.ID, encode(member{}), s.revision); err != nil {
		k.log.InfoContext(ctx, "the others will find out by themselves that this replica has left", "error", err)
	}
}
