package ocpi

import (
	"fmt"
	"strings"
	"time"
)

// layouts are the forms of DateTime that occur, the specified one first: no
// designator means UTC, an offset is a fault that is tolerated, and some write
// months and days without the leading zero (H-201, H-202).
var layouts = []string{
	"2006-01-02T15:04:05Z",
	"2006-01-02T15:04:05",
	"2006-01-02T15:04:05Z07:00",
	"2006-1-2T15:04:05Z",
}

// ParseDateTime reads a DateTime leniently: with or without designator, with
// fractions of any length, with an offset, with a blank in place of the T
// (types, DateTime). The result is in UTC.
func ParseDateTime(s string) (time.Time, error) {
	s = strings.Replace(strings.TrimSpace(s), " ", "T", 1)
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%.40q is not a DateTime, for example 2015-06-29T20:39:09Z", s)
}

// FormatDateTime writes t exactly as specified: UTC, designator Z, and at most
// three digits of a second, so that the text stays within 25 characters.
func FormatDateTime(t time.Time) string {
	return t.UTC().Format("2006-01-02T15:04:05.999Z")
}
