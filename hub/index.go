package hub

import (
	"context"
	"slices"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// indexer makes the index of tokens by their contract good. It is a catalog.
type indexer interface {
	IndexContracts(ctx context.Context, now time.Time) (tokens int, err error)
}

// indexTokens sees to it that every token is found by its contract before
// sessions of 2.1.1 come, which name nothing else: older programs stored tokens
// without that index. Where 2.1.1 is not offered nobody asks.
func (h *Hub) indexTokens(ctx context.Context) error {
	if !slices.Contains(h.cfg.Versions, ocpi.V211) {
		return nil
	}
	began := time.Now()
	tokens, err := h.stores.index.IndexContracts(ctx, began)
	if err == nil {
		h.log.Info("tokens are found by their contract", "looked_at", tokens, "duration", time.Since(began))
	}
	return err
}
