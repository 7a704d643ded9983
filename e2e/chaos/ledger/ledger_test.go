package ledger_test

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/e2e/chaos/ledger"
	"github.com/ocpihub/ocpihub/ocpi"
)

var tariff = ledger.Cell{Module: ocpi.Tariffs, Owner: ocpi.NewPartyID("DE", "ABC"), ID: "T1"}

func everything(ledger.Cell) bool { return true }

func TestAReceiverMustHoldAStateFromTheLastAcknowledgedToTheLastSent(t *testing.T) {
	for name, row := range map[string]struct {
		sent, acked       int
		deleting, deleted bool
		holds             int
		want              string
	}{
		"the acknowledged state":                {sent: 3, acked: 3, holds: 3},
		"an older one":                          {sent: 3, acked: 3, holds: 2, want: "holds state 2, want state 3"},
		"none":                                  {sent: 3, acked: 3, want: "holds nothing, want state 3"},
		"one that nobody sent":                  {sent: 3, acked: 3, holds: 4, want: "holds state 4"},
		"one whose answer was lost":             {sent: 3, acked: 2, holds: 3},
		"the one before that":                   {sent: 3, acked: 2, holds: 2},
		"none when nothing was acknowledged":    {sent: 1},
		"what was deleted":                      {sent: 3, acked: 3, deleting: true, deleted: true, holds: 3, want: "want nothing"},
		"nothing when it was deleted":           {sent: 3, acked: 3, deleting: true, deleted: true},
		"nothing when the delete may be lost":   {sent: 3, acked: 3, deleting: true},
		"the state when the delete may be lost": {sent: 3, acked: 3, deleting: true, holds: 3},
	} {
		t.Run(name, func(t *testing.T) {
			l := ledger.New()
			for range row.sent {
				l.Next(tariff)
			}
			if row.acked > 0 {
				l.Ack(map[ledger.Cell]int{tariff: row.acked})
			}
			if row.deleting {
				l.Delete(tariff, row.deleted)
			}
			holds := map[ledger.Cell]int{}
			if row.holds > 0 {
				holds[tariff] = row.holds
			}
			_, found := l.Compare("R", holds, everything)
			switch {
			case row.want == "" && len(found) > 0:
				t.Errorf("found %v", found)
			case row.want != "" && (len(found) != 1 || !strings.Contains(found[0].String(), row.want)):
				t.Errorf("found %v, want %q", found, row.want)
			}
		})
	}
}

func TestWhatIsNotForAReceiverMustNotBeThere(t *testing.T) {
	l := ledger.New()
	l.Ack(map[ledger.Cell]int{tariff: l.Next(tariff)})
	nothing := func(ledger.Cell) bool { return false }
	if count, found := l.Compare("R", nil, nothing); len(found) > 0 || count.Cells > 0 {
		t.Errorf("compared %+v, found %v", count, found)
	}
	if _, found := l.Compare("R", map[ledger.Cell]int{tariff: 1}, nothing); len(found) != 1 {
		t.Errorf("found %v", found)
	}
	unknown := tariff
	unknown.ID = "T2"
	if _, found := l.Compare("R", map[ledger.Cell]int{tariff: 1, unknown: 1}, everything); len(found) != 1 || found[0].Cell != unknown {
		t.Errorf("found %v", found)
	}
}

func TestOnlyWhatHasOneRightStateIsCountedAsExact(t *testing.T) {
	l := ledger.New()
	l.Ack(map[ledger.Cell]int{tariff: l.Next(tariff)})
	unsure := tariff
	unsure.ID = "T2"
	l.Next(unsure)
	count, found := l.Compare("R", map[ledger.Cell]int{tariff: 1}, everything)
	if len(found) > 0 || count != (ledger.Count{Cells: 2, Exact: 1}) || l.Acks() != 1 {
		t.Errorf("compared %+v, found %v", count, found)
	}
}
