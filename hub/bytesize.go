package hub

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// ByteSize is a number of bytes. Its text is a whole number with an optional
// unit of 1024: 512, 64KiB, 4MiB, 1GiB.
type ByteSize int64

// The units of a ByteSize, the largest first.
const (
	KiB ByteSize = 1 << 10
	MiB ByteSize = 1 << 20
	GiB ByteSize = 1 << 30
)

// ParseByteSize reads the text of a ByteSize.
func ParseByteSize(s string) (ByteSize, error) {
	number, unit := s, ByteSize(1)
	for _, u := range units() {
		if before, found := strings.CutSuffix(s, u.name); found {
			number, unit = strings.TrimSpace(before), u.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/int64(unit) {
		return 0, fmt.Errorf("want a size such as 4MiB, got %q", s)
	}
	return ByteSize(n) * unit, nil
}

// String writes b with the largest unit that leaves a whole number.
func (b ByteSize) String() string {
	for _, u := range units() {
		if b != 0 && b%u.size == 0 {
			return strconv.FormatInt(int64(b/u.size), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(b), 10)
}

type unit struct {
	name string
	size ByteSize
}

func units() [3]unit { return [...]unit{{"GiB", GiB}, {"MiB", MiB}, {"KiB", KiB}} }
