package front

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/fault"
)

// come is a request of a platform that was let in.
func come(t *testing.T, c *crowd, platform string) *request {
	t.Helper()
	req := &request{}
	if err := errors.Join(c.enter(req), c.join(req, platform)); err != nil {
		t.Fatal(err)
	}
	return req
}

func refused(t *testing.T, err error, kind fault.Kind) {
	t.Helper()
	failure, is := errors.AsType[*fault.Error](err)
	if !is || failure.Kind != kind || failure.RetryAfter <= 0 {
		t.Errorf("got %v, want a fault of kind %d that says when to try again", err, kind)
	}
}

func TestAHubThatIsFullRefusesUntilSomebodyLeaves(t *testing.T) {
	c := newCrowd(Room{Requests: 2})
	first := come(t, c, "a")
	come(t, c, "b")
	third := &request{}
	refused(t, c.enter(third), fault.Busy)
	c.leave(third)
	c.leave(first)
	c.leave(first) // twice is once
	come(t, c, "c")
	refused(t, c.enter(&request{}), fault.Busy)
}

func TestAPlatformWithItsPartUnderWayLeavesTheRestToOthers(t *testing.T) {
	c := newCrowd(Room{Requests: 4, OfPlatform: 2})
	come(t, c, "a")
	come(t, c, "a")
	third := &request{}
	if err := c.enter(third); err != nil {
		t.Fatal(err)
	}
	refused(t, c.join(third, "a"), fault.TooMany)
	c.leave(third)
	for _, req := range []*request{come(t, c, "b"), come(t, c, "b")} {
		c.leave(req)
	}
	if len(c.byPlatform) != 1 {
		t.Errorf("of those who left is kept %v", c.byPlatform)
	}
}

func TestBodiesTakeRoomAsTheyAreRead(t *testing.T) {
	c := newCrowd(Room{Bodies: 40})
	read := func(req *request, n int) error {
		_, err := io.ReadAll(holder{strings.NewReader(strings.Repeat("x", n)), c, req})
		return err
	}
	a := come(t, c, "a")
	if err := read(a, 10); err != nil {
		t.Errorf("a quarter of the room: %v", err)
	}
	refused(t, read(come(t, c, "a"), 1), fault.TooMany)
	for _, platform := range []string{"b", "c", "d"} {
		if err := read(come(t, c, platform), 10); err != nil {
			t.Errorf("%s: %v", platform, err)
		}
	}
	refused(t, read(come(t, c, "e"), 1), fault.Busy)
	c.leave(a)
	if err := read(come(t, c, "e"), 10); err != nil {
		t.Errorf("after one has left: %v", err)
	}
}
