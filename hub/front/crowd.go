package front

import (
	"io"
	"sync"
	"time"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// Room bounds what is under way at once, so that the hub refuses before its
// memory grows: with 503 when it is full, with 429 when one platform takes up its
// part. A bound of 0 is none.
type Room struct {
	// Requests are those of all platforms, OfPlatform those of one.
	Requests, OfPlatform int
	// Bodies are the bytes of the bodies of all requests under way; one platform
	// may have a quarter of them.
	Bodies int64
}

// shares is how many platforms at least share the room for bodies: one whose
// receivers hang must leave some of it to the others.
const shares = 4

// Occupancy is how much of the room is taken.
type Occupancy struct {
	Requests int
	Bodies   int64
}

// crowd are the requests under way. It is safe for concurrent use.
type crowd struct {
	Room
	mu         sync.Mutex
	taken      Occupancy
	byPlatform map[string]*Occupancy
}

func newCrowd(r Room) *crowd { return &crowd{Room: r, byPlatform: map[string]*Occupancy{}} }

// seat is what a request takes up of the room.
type seat struct {
	entered  bool
	platform string // empty: not known yet
	bytes    int64
}

// busyFor is after how long one who was refused may try again: requests come
// and go within that.
const busyFor = time.Second

func full(kind fault.Kind, message string) error {
	return &fault.Error{Kind: kind, Message: message, RetryAfter: busyFor}
}

// enter counts a request in, of whoever it is.
func (c *crowd) enter(req *request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Requests > 0 && c.taken.Requests >= c.Requests {
		return full(fault.Busy, "the hub has all hands full: try again")
	}
	c.taken.Requests++
	req.seat.entered = true
	return nil
}

// join counts a request of a platform in.
func (c *crowd) join(req *request, platform string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.byPlatform[platform]
	if of == nil {
		of = &Occupancy{}
		c.byPlatform[platform] = of
	}
	if c.OfPlatform > 0 && of.Requests >= c.OfPlatform {
		return full(fault.TooMany, "too many requests at once: wait for answers")
	}
	of.Requests++
	req.seat.platform = platform
	return nil
}

// hold takes room for a part of the body of a request that has joined.
func (c *crowd) hold(req *request, n int64) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	of := c.byPlatform[req.seat.platform]
	switch {
	case c.Bodies == 0 || of == nil:
		return nil
	case c.taken.Bodies+n > c.Bodies:
		return full(fault.Busy, "the hub has no room for more bodies now: try again")
	case of.Bodies+n > c.Bodies/shares:
		return full(fault.TooMany, "too many large requests at once: wait for answers")
	}
	c.taken.Bodies += n
	of.Bodies += n
	req.seat.bytes += n
	return nil
}

// leave gives back what a request took.
func (c *crowd) leave(req *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if req.seat.entered {
		c.taken.Requests--
	}
	c.taken.Bodies -= req.seat.bytes
	if of := c.byPlatform[req.seat.platform]; of != nil && req.seat.platform != "" {
		of.Bodies -= req.seat.bytes
		if of.Requests--; of.Requests == 0 {
			delete(c.byPlatform, req.seat.platform)
		}
	}
	req.seat = seat{}
}

// Taken is how much of the room is taken now.
func (f *Front) Taken() Occupancy {
	f.crowd.mu.Lock()
	defer f.crowd.mu.Unlock()
	return f.crowd.taken
}

// holder reads a body, taking room for what was read.
type holder struct {
	io.Reader
	crowd *crowd
	req   *request
}

// Read implements io.Reader.
func (h holder) Read(p []byte) (int, error) {
	n, err := h.Reader.Read(p)
	if n > 0 {
		if full := h.crowd.hold(h.req, int64(n)); full != nil {
			return 0, full
		}
	}
	return n, err
}
