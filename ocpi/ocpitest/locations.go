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
	"slices"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
)

var (
	//go:embed locations.jsonl
	sample []byte
	//go:embed locations_211.jsonl
	sample211 []byte
)

// Location is one location of a file, with what names it. In 2.1.1, whose
// locations do not name their owner, it may be missing.
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
func ReadLocations(path string) iter.Seq2[Location, error] { return ReadLocationsIn(ocpi.V221, path) }

// ReadLocationsIn yields the locations of a file that holds those of a version,
// or the sample in that version. In 2.1.1 a line may name the owner, which is
// then taken out of the location.
func ReadLocationsIn(v ocpi.Version, path string) iter.Seq2[Location, error] {
	return func(yield func(Location, error) bool) {
		file := locationFile{v, path}
		if path == "" {
			file.name = "sample"
			file.scan(bytes.NewReader(sampleIn(v)), yield)
			return
		}
		raw, err := os.Open(path)
		if err != nil {
			yield(Location{}, err)
			return
		}
		defer func() { _ = raw.Close() }()
		if !strings.HasSuffix(path, ".gz") {
			file.scan(raw, yield)
			return
		}
		unpacked, err := gzip.NewReader(raw)
		if err != nil {
			yield(Location{}, fmt.Errorf("%s: %w", path, err))
			return
		}
		file.scan(unpacked, yield)
	}
}

// sampleIn returns the sample in a version: that of 2.2.1 is good in 2.3.0.
func sampleIn(v ocpi.Version) []byte {
	if v == ocpi.V211 {
		return sample211
	}
	return sample
}

// locationFile holds locations of a version.
type locationFile struct {
	version ocpi.Version
	name    string
}

// scan yields the locations of a text.
func (f locationFile) scan(from io.Reader, yield func(Location, error) bool) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 1<<16), longestLine)
	for number := 1; lines.Scan(); number++ {
		raw := bytes.TrimSpace(lines.Bytes())
		if len(raw) == 0 {
			continue
		}
		location, err := f.parse(raw)
		if err != nil {
			yield(Location{}, fmt.Errorf("%s, line %d: %w", f.name, number, err))
			return
		}
		if !yield(location, nil) {
			return
		}
	}
	if err := lines.Err(); err != nil {
		yield(Location{}, fmt.Errorf("%s: %w", f.name, err))
	}
}

func (f locationFile) parse(raw []byte) (Location, error) {
	if !json.Valid(raw) {
		return Location{}, fmt.Errorf("not JSON")
	}
	raw = bytes.Clone(raw)
	key := ownKey(ocpi.Locations, raw)
	switch {
	case f.version == ocpi.V211 && key.ID == "":
		return Location{}, fmt.Errorf("not a location: want an id")
	case f.version == ocpi.V211:
		raw = without(raw, "country_code", "party_id")
	case !key.Owner.Valid() || key.ID == "":
		return Location{}, fmt.Errorf("not a location: want country_code, party_id and id")
	}
	return Location{Owner: key.Owner, ID: key.ID, Raw: raw}, nil
}

// without takes members out of an object.
func without(object []byte, names ...string) []byte {
	var out fields
	for member := range ocpi.Members(object) {
		if !slices.Contains(names, member.Name) {
			out = append(out, field{member.Name, member.Value})
		}
	}
	return out.object()
}
