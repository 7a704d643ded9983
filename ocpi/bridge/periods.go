package bridge

import (
	"bytes"

	"github.com/ocpihub/ocpihub/ocpi"
)

// Charging periods of sessions and CDRs.

var periodsTo211 = each("charging_periods",
	parkingTime,
	dropping("tariff_id", PeriodTariff),
	dimensions(dimensions211, Dimensions),
	times("start_date_time"),
)

var (
	periodsFrom211 = each("charging_periods", parkingTime, dimensions(dimensions221, FlatDimension))
	periodsTo221   = each("charging_periods", dimensions(dimensions221, Dimensions))
)

// dimensions keeps those that the target version knows. A period needs one, and
// must not join its neighbours: no time at all stands for nothing.
func dimensions(known map[string]bool, why Reason) step {
	keepKnown := unlistedItems("dimensions", "type", known, why)
	return func(t *walk, period *node) {
		list := period.get("dimensions")
		before := list.empty()
		keepKnown(t, period)
		if !before && list.empty() {
			v := made(`{"type":"TIME","volume":0}`)
			list.members, list.changed = []member{{value: v}}, true
			t.note(v, NoDimension)
		}
	}
}

// parkingTime tells that the time is read another way: not charging in 2.1.1,
// no power asked for later.
func parkingTime(t *walk, period *node) {
	for _, d := range period.get("dimensions").elements() {
		if d.get("type").str() == "PARKING_TIME" {
			t.note(d, ParkingTime)
		}
	}
}

// MergePeriods is the list of charging periods of a session after a PATCH from
// 2.1.1, which does not say whether periods are added or replaced: a period that
// is sent takes the place of the one that began at the same moment, the others
// stay where they are: a period ends where the next begins. So it comes right
// whether all were sent or only those that are new.
func MergePeriods(held, sent []byte) []byte {
	began := map[string][][]byte{}
	for p := range ocpi.Elements(sent) {
		began[beginOf(p)] = append(began[beginOf(p)], p)
	}
	var all [][]byte
	for p := range ocpi.Elements(held) {
		if again, replaced := began[beginOf(p)]; replaced {
			all, began[beginOf(p)] = append(all, again...), nil
		} else {
			all = append(all, p)
		}
	}
	for p := range ocpi.Elements(sent) {
		all, began[beginOf(p)] = append(all, began[beginOf(p)]...), nil
	}
	return append(append([]byte{'['}, bytes.Join(all, []byte{','})...), ']')
}

func beginOf(period []byte) string {
	text := ocpi.FindString(period, "start_date_time")
	if at, err := ocpi.ParseDateTime(text); err == nil {
		return ocpi.FormatDateTime(at)
	}
	return text
}
