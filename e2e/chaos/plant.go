package main

import (
	"embed"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed planted
var plantedFiles embed.FS

// bug is a mistake that is built into a hub on purpose, to see that it is found:
// a wrapper around a port of the hub, and what puts it there.
type bug struct {
	wrapper string            // the file in planted
	file    string            // of the hub
	puts    map[string]string // what stands in the place of what
}

// bugs are the mistakes by their names.
var bugs = map[string]bug{
	"ack-before-stream": {"hasty_feed.go.txt", "hub/deliveries.go", map[string]string{"Feed: h.stores.feed,": "Feed: hastyFeed{h.stores.feed},"}},
	"progress-too-early": {"hasty_progress.go.txt", "hub/deliveries.go", map[string]string{
		"Progress: h.stores.progress,": "Progress: hastyProgress{h.stores.progress, h.stores.feed},",
	}},
	"second-reader": {"second_reader.go.txt", "hub/deliveries.go", map[string]string{
		"shardLeases{h.leases}, natspeers": "everyShard(), natspeers",
		"Progress: h.stores.progress,":     "Progress: deafProgress{h.stores.progress},",
	}},
}

// plant returns what must stand in for files of the project, by their paths, in
// a hub with this bug.
func plant(name string) (map[string]string, error) {
	b, known := bugs[name]
	if !known {
		return nil, fmt.Errorf("there is no bug %q to plant: want one of %v", name, slices.Sorted(maps.Keys(bugs)))
	}
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/ocpihub/ocpihub").Output()
	if err != nil {
		return nil, fmt.Errorf("find the project: %w", err)
	}
	path := filepath.Join(strings.TrimSpace(string(root)), b.file)
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	text := string(raw)
	for line, put := range b.puts {
		if strings.Count(text, line) != 1 {
			return nil, fmt.Errorf("%s does not have %q once any more: say in plant.go where %s goes", b.file, line, name)
		}
		text = strings.Replace(text, line, put, 1)
	}
	wrapper, err := plantedFiles.ReadFile("planted/" + b.wrapper)
	if err != nil {
		return nil, err
	}
	return map[string]string{
		path: text,
		filepath.Join(filepath.Dir(path), strings.TrimSuffix(b.wrapper, ".txt")): string(wrapper),
	}, nil
}
