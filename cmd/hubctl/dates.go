package main

import (
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/ocpihub/ocpihub/internal/cli"
)

// firstDay reads the value of --from: a date-time, or a date, which begins at
// midnight UTC.
func firstDay(s string) (*timestamppb.Timestamp, error) {
	t, _, err := readDate("--from", s)
	return t, err
}

// lastDay reads the value of --until: a date-time, or a date, which is the last
// day; "none" or nothing is no end.
func lastDay(s string) (*timestamppb.Timestamp, error) {
	if s == "" || s == "none" {
		return nil, nil
	}
	t, day, err := readDate("--until", s)
	if err == nil && day {
		t = timestamppb.New(t.AsTime().AddDate(0, 0, 1))
	}
	return t, err
}

func readDate(flag, s string) (t *timestamppb.Timestamp, day bool, err error) {
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return timestamppb.New(at), false, nil
	}
	if at, err := time.Parse(time.DateOnly, s); err == nil {
		return timestamppb.New(at), true, nil
	}
	return nil, false, cli.Usage("%s %q: want a date such as 2026-12-31 or a date-time such as 2026-12-31T12:00:00Z", flag, s)
}
