package harness

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// Programs is a folder of built programs.
type Programs string

// Path is where a program is.
func (p Programs) Path(program string) string { return filepath.Join(string(p), program) }

// NATSServer is the program of a NATS node, of the version that the hub has
// inside.
const NATSServer = "github.com/nats-io/nats-server/v2"

// Build builds every program of the project, and that of a NATS node, into
// bin/test. What is there and up to date is not built again: to link the programs
// takes longer than most tests, and several test processes need them.
func Build() (Programs, error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("find the project: %w", err)
	}
	dir := filepath.Join(filepath.Dir(strings.TrimSpace(string(mod))), "bin", "test")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	free, err := lock(filepath.Join(dir, ".lock"))
	if err != nil {
		return "", err
	}
	defer free()
	cmd := exec.Command("go", "build", "-o", dir+string(filepath.Separator), "github.com/ocpihub/ocpihub/cmd/...", NATSServer)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("build the programs: %w", err)
	}
	return Programs(dir), nil
}

// lock waits until no other process has the file locked.
func lock(path string) (free func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, err
	}
	return func() { _ = f.Close() }, nil
}
