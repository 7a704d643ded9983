package journal_test

import (
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/routing/journal"
	"github.com/ocpihub/ocpihub/routing/journal/journaltest"
)

func TestMemoryIsALog(t *testing.T) {
	journaltest.Run(t, func(*testing.T) journal.Log { return journal.NewMemory(time.Now) })
}
