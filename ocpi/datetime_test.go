package ocpi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

func TestADateTimeIsReadInEveryFormThatOccurs(t *testing.T) {
	at := time.Date(2015, 6, 29, 20, 39, 9, 0, time.UTC)
	for _, c := range []struct {
		name, text string
		want       time.Time
	}{
		{"H-201 with Z", "2015-06-29T20:39:09Z", at},
		{"H-201 without designator", "2015-06-29T20:39:09", at},
		{"H-201 with a fraction", "2016-12-29T17:45:09.2Z", time.Date(2016, 12, 29, 17, 45, 9, 200e6, time.UTC)},
		{"H-201 with a fraction, without designator", "2018-01-01T01:08:01.123", time.Date(2018, 1, 1, 1, 8, 1, 123e6, time.UTC)},
		{"H-202 with +00:00", "2015-06-29T20:39:09+00:00", at},
		{"H-202 the literal of the CDR chapter", "1970-1-1T00:00:00Z", time.Unix(0, 0)},
		{"with an offset", "2015-06-29T22:39:09+02:00", at},
		{"with six digits and a blank", "2026-11-21 02:57:11.777336+00:00", time.Date(2026, 11, 21, 2, 57, 11, 777336e3, time.UTC)},
		{"with nine digits", "2015-06-29T20:39:09.123456789Z", at.Add(123456789)},
		{"with blanks around", " 2015-06-29T20:39:09Z\n", at},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ocpi.ParseDateTime(c.text)
			if err != nil || !got.Equal(c.want) || got.Location() != time.UTC {
				t.Errorf("got %v, %v; want %v", got, err, c.want)
			}
		})
	}
}

func TestWhatIsNoTimeIsNoDateTime(t *testing.T) {
	for _, text := range []string{
		"", "Z", "now", "2015-06-29", "20:39:09Z", "2015-06-29T20:39Z", "2015-06-29T17:17:66Z", "2015-02-30T00:00:00Z",
		"2015-13-01T00:00:00Z", "1435610349", "2015-06-29T20:39:09ZZ", "29-06-2015T20:39:09Z",
	} {
		if got, err := ocpi.ParseDateTime(text); err == nil || !got.IsZero() {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestH201_ADateTimeIsWrittenInUTCWithZAndAtMostThreeDigits(t *testing.T) {
	amsterdam := time.FixedZone("CEST", 2*60*60)
	for _, c := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2015, 6, 29, 22, 39, 9, 0, amsterdam), "2015-06-29T20:39:09Z"},
		{time.Date(2015, 6, 29, 20, 39, 9, 120e6, time.UTC), "2015-06-29T20:39:09.12Z"},
		{time.Date(2015, 6, 29, 20, 39, 9, 123456789, time.UTC), "2015-06-29T20:39:09.123Z"},
		{time.Date(2015, 6, 29, 20, 39, 9, 999, time.UTC), "2015-06-29T20:39:09Z"},
	} {
		got := ocpi.FormatDateTime(c.at)
		if got != c.want || len(got) > 25 {
			t.Errorf("%v is written %s, want %s", c.at, got, c.want)
		}
	}
}

func FuzzParseDateTime(f *testing.F) {
	for _, seed := range []string{"2015-06-29T20:39:09Z", "1970-1-1T00:00:00Z", "2026-11-21 02:57:11.777336+00:00", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := ocpi.ParseDateTime(text)
		if err != nil || at.Year() < 0 || at.Year() > 9999 {
			return
		}
		again, err := ocpi.ParseDateTime(ocpi.FormatDateTime(at))
		if err != nil || !again.Equal(at.Truncate(time.Millisecond)) {
			t.Fatalf("%q is %v, written and read again %v, %v", text, at, again, err)
		}
	})
}

func ExampleFormatDateTime() {
	fmt.Println(ocpi.FormatDateTime(time.Date(2015, 6, 29, 20, 39, 9, 0, time.UTC)))
	// Output: 2015-06-29T20:39:09Z
}
