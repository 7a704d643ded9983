package pull

import (
	"bytes"
	"hash/maphash"
	"strconv"
	"strings"

	"github.com/ocpihub/ocpihub/internal/fault"
	"github.com/ocpihub/ocpihub/internal/peer"
	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing"
)

// page is one answer to the GET of a list.
type page struct {
	elements [][]byte // of data, as they came, each its own copy
	links    []string
	total    int // X-Total-Count; -1 when it was not given
	most     int // X-Limit; 0 when it was not given
	print    uint64
}

// readPage takes an answer apart. Faults are of kind BadAnswer: the answer is no
// list at all. Whether its elements are sound is not asked here.
func readPage(reply peer.Reply) (page, error) {
	_, env, err := routing.Judge(reply)
	if err != nil {
		return page{}, err
	}
	if !env.StatusCode.Success() {
		return page{}, fault.New(fault.BadAnswer, "the platform answered %d: %.200q", env.StatusCode, env.StatusMessage)
	}
	p := page{links: reply.Link, total: count(reply.TotalCount, -1), most: count(reply.Limit, 0), print: fingerprint(env.Data)}
	data := bytes.TrimSpace(env.Data)
	switch {
	case len(data) == 0, data[0] == 'n': // null stands for an empty list
		return p, nil
	case data[0] != '[':
		return page{}, fault.New(fault.BadAnswer, "the platform's /data is no list")
	}
	for e := range ocpi.Elements(data) {
		p.elements = append(p.elements, bytes.Clone(e))
	}
	return p, nil
}

// count reads a header leniently.
func count(header string, without int) int {
	n, err := strconv.Atoi(strings.TrimSpace(header))
	if err != nil || n < 0 {
		return without
	}
	return n
}

var printSeed = maphash.MakeSeed()

func fingerprint(data []byte) uint64 { return maphash.Bytes(printSeed, data) }

// complaint says why an element is no object that may go on, or "".
func complaint(element []byte) string {
	if err := strictjson.Check(element); err != nil {
		return err.Error()
	}
	if !strictjson.IsObject(element) {
		return "it is no JSON object"
	}
	return ""
}
