package ocpitest

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed" // the sample locations
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

//go:embed locations.jsonl
var sample []byte

// Location is one location of a file, with what names it.
type Location struct {
	Owner ocpi.PartyID
	ID    string
	Raw   json.RawMessage
}

// longestLine bounds a location in a file: 16 MiB.
const longestLine = 16 << 20

// ReadLocations yields the locations of a file: one OCPI location a line,
// compressed if the name ends with .gz. An empty path is the sample: some
// forty locations of six made-up operators. It ends at the first error.
func ReadLocations(path string) iter.Seq2[Location, error] {
	return func(yield func(Location, error) bool) {
		if path == "" {
			scan(bytes.NewReader(sample), "sample", yield)
			return
		}
		file, err := os.Open(path)
		if err != nil {
			yield(Location{}, err)
			return
		}
		defer func() { _ = file.Close() }()
		if !strings.HasSuffix(path, ".gz") {
			scan(file, path, yield)
			return
		}
		unpacked, err := gzip.NewReader(file)
		if err != nil {
			yield(Location{}, fmt.Errorf("%s: %w", path, err))
			return
		}
		scan(unpacked, path, yield)
	}
}

// scan yields the locations of a text.
func scan(from io.Reader, name string, yield func(Location, error) bool) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 1<<16), longestLine)
	for number := 1; lines.Scan(); number++ {
		raw := bytes.TrimSpace(lines.Bytes())
		if len(raw) == 0 {
			continue
		}
		location, err := parseLocation(raw)
		if err != nil {
			yield(Location{}, fmt.Errorf("%s, line %d: %w", name, number, err))
			return
		}
		if !yield(location, nil) {
			return
		}
	}
	if err := lines.Err(); err != nil {
		yield(Location{}, fmt.Errorf("%s: %w", name, err))
	}
}

func parseLocation(raw []byte) (Location, error) {
	if !json.Valid(raw) {
		return Location{}, fmt.Errorf("not JSON")
	}
	raw = bytes.Clone(raw)
	key := ownKey(ocpi.Locations, raw)
	if !key.Owner.Valid() || key.ID == "" {
		return Location{}, fmt.Errorf("not a location: want country_code, party_id and id")
	}
	return Location{Owner: key.Owner, ID: key.ID, Raw: raw}, nil
}
