package main

import (
	"fmt"

	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// outlookRows says what a change of an agreement, which was only tried, would do
// to the traffic of the last 24 hours: what it would change first.
func outlookRows(a *adminv1.Agreement) (rows [][]string) {
	var changed, same [][]string
	for _, t := range a.GetTraffic() {
		row := []string{
			t.GetFrom() + " to " + t.GetTo() + ":",
			fmt.Sprintf("%s %s, %s: %d %s", t.GetMethod(), t.GetModule(), t.GetRoute(), t.GetMessages(), fate(t)),
		}
		if t.GetBefore() == t.GetAfter() {
			same = append(same, row)
		} else {
			changed = append(changed, row)
		}
	}
	switch {
	case len(changed)+len(same) > 0:
		rows = append(rows, []string{"Messages between the two in the last 24 hours:"})
	case a.GetTrafficNote() == "":
		rows = append(rows, []string{"There were no messages between the two in the last 24 hours."})
	}
	rows = append(append(rows, changed...), same...)
	if note := a.GetTrafficNote(); note != "" {
		rows = append(rows, []string{"Mind: " + note + "."})
	}
	return rows
}

// fate is what a change would do to a kind of message.
func fate(t *adminv1.AgreementTraffic) string {
	switch {
	case t.GetBefore() == t.GetAfter():
		return t.GetAfter() + ", as before"
	case t.GetAfter() == "allowed":
		return "WOULD BE ALLOWED"
	}
	return "WOULD BE REFUSED"
}
