package jsjournal

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/ocpihub/ocpihub/routing/journal"
)

const (
	bodiesName    = "OCPI_JOURNAL_BODIES"
	bodiesSubject = "ocpi.journal-bodies"
	// bodiesHeader says in a message of the log where the bodies of its records
	// are: epoch, and first and last sequence, in their own stream.
	bodiesHeader = "Ocpi-Bodies"
	// chunk bounds a message with bodies, unless a single record has more.
	chunk = 512 << 10
)

// bodyLine is the bodies of one record as they are kept: JSON, a line.
type bodyLine struct {
	Record  int          `json:"n"` // which of the records of its batch
	Request *journalBody `json:"q,omitempty"`
	Answer  *journalBody `json:"a,omitempty"`
}

type journalBody struct {
	JSON  json.RawMessage `json:"j,omitempty"`
	Bytes int             `json:"b"`
	Cut   bool            `json:"c,omitempty"`
}

// shelved is a body as it is kept; nil when there was none.
func shelved(b journal.Body) *journalBody {
	if b.Bytes == 0 {
		return nil
	}
	return &journalBody{b.JSON, b.Bytes, b.Cut}
}

func (b *journalBody) body() journal.Body {
	if b == nil {
		return journal.Body{}
	}
	return journal.Body{JSON: b.JSON, Bytes: b.Bytes, Cut: b.Cut}
}

// encodeBodies writes the bodies of a batch in chunks; none when there are none.
func encodeBodies(entries []journal.Entry) (chunks [][]byte, err error) {
	var out bytes.Buffer
	lines := json.NewEncoder(&out)
	lines.SetEscapeHTML(false)
	for i := range entries {
		l := bodyLine{i, shelved(entries[i].Request), shelved(entries[i].Answer)}
		if l.Request == nil && l.Answer == nil {
			continue
		}
		if err := lines.Encode(l); err != nil {
			return nil, fmt.Errorf("encode bodies: %w", err)
		}
		if out.Len() >= chunk {
			chunks = append(chunks, bytes.Clone(out.Bytes()))
			out.Reset()
		}
	}
	if out.Len() > 0 {
		chunks = append(chunks, out.Bytes())
	}
	return chunks, nil
}

// keepBodies writes the bodies of a batch, and returns the header by which its
// message finds them; nil when there are none.
func (l *Log) keepBodies(ctx context.Context, entries []journal.Entry) (nats.Header, error) {
	chunks, err := encodeBodies(entries)
	if err != nil || len(chunks) == 0 || l.bodies == nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, bodiesWithin)
	defer cancel()
	var first, last place
	for i, c := range chunks {
		if last, err = l.bodies.publish(ctx, c, nil); err != nil {
			return nil, err
		}
		if i == 0 {
			first = last
		}
		if last.epoch != first.epoch {
			return nil, fmt.Errorf("%s was made again meanwhile", bodiesName)
		}
	}
	return nats.Header{bodiesHeader: []string{fmt.Sprintf("%d %d %d", first.epoch, first.seq, last.seq)}}, nil
}

// bodiesWithin bounds how long the records wait for their bodies.
const bodiesWithin = time.Second

// attach puts the bodies of a batch into its records, as far as they are still
// kept and can be read.
func (l *Log) attach(ctx context.Context, b block, records []found) error {
	var at span
	if _, err := fmt.Sscanf(b.header.Get(bodiesHeader), "%d %d %d", &at.epoch, &at.first, &at.last); err != nil || l.bodies == nil {
		return nil // it has none
	}
	held, err := l.bodies.span(ctx)
	if err != nil || held.epoch != at.epoch || at.last < held.first {
		return ctx.Err()
	}
	blocks, err := l.bodies.get(ctx, max(at.first, held.first), min(at.last, held.last, at.first+mostChunks))
	if err != nil {
		return ctx.Err()
	}
	kept := map[int]bodyLine{}
	for _, b := range blocks {
		for raw := range bytes.Lines(b.raw) {
			var line bodyLine
			if err := json.Unmarshal(raw, &line); err == nil {
				kept[line.Record] = line
			}
		}
	}
	for i := range records {
		line := kept[records[i].n]
		records[i].Request, records[i].Answer = line.Request.body(), line.Answer.body()
	}
	return nil
}

// mostChunks bounds what is believed of a header: a batch has no more.
const mostChunks = 1024
