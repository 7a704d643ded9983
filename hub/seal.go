package hub

import (
	"context"
	"fmt"
	"os"

	"github.com/ocpihub/ocpihub/parties"
)

// openSealer opens the key that seals the tokens by which the hub calls platforms
// (docs/adr/0025). Redis keeps its fingerprint, so that a replica with another key
// does not start: it could call nobody, and others could not read what it wrote.
func (h *Hub) openSealer(ctx context.Context) (*parties.KeySealer, error) {
	sealer, err := h.readSealer(ctx)
	if err != nil {
		return nil, err
	}
	check, ok := h.stores.registry.(interface {
		CheckSeal(ctx context.Context, fingerprint string) error
	})
	if !ok {
		return sealer, nil
	}
	if err := check.CheckSeal(ctx, sealer.Fingerprint()); err != nil {
		return nil, fmt.Errorf("registry.seal_key_file: %w", err)
	}
	return sealer, nil
}

// readSealer takes the key that the operator gave, else the one that the hub made.
func (h *Hub) readSealer(_ context.Context) (*parties.KeySealer, error) {
	path := h.cfg.Registry.SealKeyFile
	if path == "" {
		return parties.OpenKeyFile(h.file("seal.key"))
	}
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("registry.seal_key_file: %w", err)
	}
	sealer, err := parties.ReadSealer(text)
	if err != nil {
		return nil, fmt.Errorf("registry.seal_key_file %s: %w, for example of openssl rand -hex 32", path, err)
	}
	return sealer, nil
}
