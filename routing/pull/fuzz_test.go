package pull

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/peer"
)

// FuzzPage shows that any answer is read, that what is taken of it is sound
// JSON, and that the way goes on to the platform's own host or ends.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"data":[{"id":"1"},null,{"a":1,"a":2}],"status_code":1000}`), `<https://cpo.example/l?offset=3>; rel="next"`, "7", "3")
	f.Add([]byte(`{"data":null,"status_code":1000}`), "", "", "")
	f.Add([]byte(`{"data":[[]],"status_code":1000}`), `<//evil.example/?offset=2>; rel=next`, "-1", "x")
	f.Add([]byte(`{"data":["\ud800"],"status_code":1000}`), `<https://user@cpo.example/x>; rel=next`, "0", "0")
	f.Fuzz(func(t *testing.T, body []byte, link, total, most string) {
		found, err := readPage(peer.Reply{Status: 200, Body: body, Link: []string{link}, TotalCount: total, Limit: most})
		if err != nil {
			return
		}
		for _, e := range found.elements {
			if complaint(e) == "" && !strings.HasPrefix(strings.TrimSpace(string(e)), "{") {
				t.Errorf("%q counts as an object", e)
			}
		}
		way, err := newCourse("https://cpo.example/l", time.Unix(1, 0), 3)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			more, err := way.next(found)
			if !more || err != nil {
				return
			}
			if u, err := url.Parse(way.at.String()); err != nil || u.Scheme != "https" || !strings.EqualFold(u.Host, "cpo.example") || u.User != nil {
				t.Fatalf("the Link %q leads to %s, %v", link, way.at, err)
			}
			found.print++ // as if each page were another one
		}
	})
}

// FuzzCourse shows that a list ends whatever its server does with each page.
func FuzzCourse(f *testing.F) {
	f.Add([]byte{3, 0, 3, 1, 2, 2, 0, 9}, uint8(7))
	f.Add([]byte{1, 1, 1, 1, 1, 1}, uint8(1))
	f.Fuzz(func(t *testing.T, script []byte, total uint8) {
		way, err := newCourse("https://cpo.example/l", time.Time{}, 3)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; ; i++ {
			if i > maxPages+maxRepeats {
				t.Fatal("the list does not end")
			}
			if i == len(script) {
				return
			}
			p := page{elements: make([][]byte, script[i]%5), total: int(total) - i%3, print: uint64(i) + 1}
			if script[i]&0x80 != 0 {
				p.links = []string{fmt.Sprintf(`<?offset=%d>; rel="next"`, script[i]&0x0f)}
			}
			if more, err := way.next(p); !more || err != nil {
				return
			}
			if way.offset < -1 || way.seen < 0 {
				t.Fatalf("the course is lost: %+v", way)
			}
		}
	})
}
