package cli

import (
	"cmp"
	"runtime"
	"runtime/debug"
)

// Build says what a program was made from.
type Build struct {
	Version   string `json:"version"`
	Commit    string `json:"commit"`
	GoVersion string `json:"go_version"`
}

// ReadBuild takes version and commit as the linker wrote them when a release was
// made. Where they are empty, what the Go tool noted down counts.
func ReadBuild(version, commit string) Build {
	b := Build{Version: version, Commit: commit, GoVersion: runtime.Version()}
	if info, ok := debug.ReadBuildInfo(); ok {
		b.Version = cmp.Or(b.Version, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				b.Commit = cmp.Or(b.Commit, s.Value)
			}
		}
	}
	b.Version, b.Commit = cmp.Or(b.Version, "unknown"), cmp.Or(b.Commit, "unknown")
	return b
}
