package natspeers

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/routing/fanout"
)

const (
	// partHeader numbers the parts of an answer, "2/3", and byHeader names who
	// gave it: two may answer for a moment.
	partHeader = "Ocpi-Part"
	byHeader   = "Ocpi-By"
	// partBytes bounds a part: half of what a server takes by default.
	partBytes = 512 << 10
	// mostParts bounds an answer, to 64 MiB.
	mostParts = 128
)

var errLarge = errors.New("the answer is too large")

// send sends an answer in parts that every server takes.
func (p *Peers) send(to string, raw []byte) error {
	size := min(partBytes, max(1, int(p.conn.MaxPayload())/2))
	n := (len(raw) + size - 1) / size
	if n > mostParts {
		return errLarge
	}
	by := nats.NewInbox()
	for i := range n {
		msg := nats.NewMsg(to)
		msg.Header.Set(partHeader, fmt.Sprintf("%d/%d", i, n))
		msg.Header.Set(byHeader, by)
		msg.Data = raw[i*size : min(len(raw), (i+1)*size)]
		if err := p.conn.PublishMsg(msg); err != nil {
			return err
		}
	}
	return nil
}

// collect puts together the answer that is complete first.
func collect(ctx context.Context, answers *nats.Subscription) ([]byte, error) {
	parts := map[string][][]byte{}
	for {
		msg, err := answers.NextMsgWithContext(ctx)
		if errors.Is(err, nats.ErrNoResponders) || err == nil && msg.Header.Get("Status") == "503" {
			return nil, fanout.ErrMoving
		}
		if err != nil {
			return nil, err
		}
		var i, n int
		_, err = fmt.Sscanf(msg.Header.Get(partHeader), "%d/%d", &i, &n)
		by := msg.Header.Get(byHeader)
		if err != nil || n < 1 || n > mostParts || i != len(parts[by]) {
			continue // no answer of ours, or one of which a part was lost
		}
		parts[by] = append(parts[by], msg.Data)
		if len(parts[by]) == n {
			return bytes.Join(parts[by], nil), nil
		}
	}
}
