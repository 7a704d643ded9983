package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/ocpihub/ocpihub/e2e/chaos/site"
	"github.com/ocpihub/ocpihub/e2e/harness"
)

// build builds the programs of a site; clocks builds them so that their wall
// clock can be stepped, and planted with a bug, if it names one. Both only
// replace files while these programs are built: the programs that operators run
// have nothing of it.
func build(dir string, clocks bool, planted string) (harness.Programs, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	texts := map[string]string{}
	if clocks {
		stepped, err := site.SteppedClock()
		if err != nil {
			return "", err
		}
		maps.Copy(texts, stepped)
	}
	if planted != "" {
		seeded, err := plant(planted)
		if err != nil {
			return "", err
		}
		maps.Copy(texts, seeded)
	}
	overlay, err := writeOverlay(filepath.Join(dir, "overlay"), texts)
	if err != nil {
		return "", err
	}
	cmd := exec.Command("go", "build", "-overlay", overlay, "-o", dir+string(filepath.Separator),
		"github.com/ocpihub/ocpihub/cmd/ocpi-hub", "github.com/ocpihub/ocpihub/cmd/hubctl", harness.NATSServer)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build the programs: %w", err)
	}
	return harness.Programs(dir), nil
}

// writeOverlay writes the texts that stand in for files, and what tells go build
// so.
func writeOverlay(dir string, texts map[string]string) (string, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	replace := map[string]string{}
	for path, text := range texts {
		standIn := filepath.Join(dir, fmt.Sprintf("%d_%s", len(replace), filepath.Base(path)))
		if err := os.WriteFile(standIn, []byte(text), 0o644); err != nil {
			return "", err
		}
		replace[path] = standIn
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	file := filepath.Join(dir, "overlay.json")
	return file, os.WriteFile(file, list, 0o644)
}
