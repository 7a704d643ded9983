package site

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// clockVariable names the file of a clock to a program that was built with a
// stepped clock.
const clockVariable = "STEPPED_CLOCK"

// steppedClock is a file of package time: the wall clock of the process is off
// by the nanoseconds that a file holds. The monotonic clock is not, as when an
// operator sets the clock of a machine.
const steppedClock = `package time

import (
	"sync/atomic"
	"syscall"
	"unsafe"
)

var clockStep *int64

func init() {
	path, found := syscall.Getenv("` + clockVariable + `")
	if !found {
		return
	}
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		panic("open the stepped clock " + path + ": " + err.Error())
	}
	shared, err := syscall.Mmap(fd, 0, 8, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		panic("map the stepped clock " + path + ": " + err.Error())
	}
	_ = syscall.Close(fd)
	clockStep = (*int64)(unsafe.Pointer(&shared[0]))
}

func stepped(sec int64, nsec int32) (int64, int32) {
	if clockStep == nil {
		return sec, nsec
	}
	all := int64(nsec) + atomic.LoadInt64(clockStep)
	sec, all = sec+all/1e9, all%1e9
	if all < 0 {
		sec, all = sec-1, all+1e9
	}
	return sec, int32(all)
}
`

const (
	readsClock  = "func Now() Time {\n"
	asksRuntime = "sec, nsec, mono := runtimeNow()\n"
)

// SteppedClock returns what must stand in for files of the library, by their
// paths, in a program whose wall clock can be stepped. Nothing in the programs
// themselves knows of it.
func SteppedClock() (map[string]string, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find the library of Go: %w", err)
	}
	folder := filepath.Join(strings.TrimSpace(string(root)), "src", "time")
	source, err := os.ReadFile(filepath.Join(folder, "time.go"))
	if err != nil {
		return nil, err
	}
	head, now, found := strings.Cut(string(source), readsClock)
	before, after, asks := strings.Cut(now, asksRuntime)
	if !found || !asks {
		return nil, fmt.Errorf("time.Now of this version of Go is not as it was: adapt SteppedClock")
	}
	patched := head + readsClock + before + asksRuntime + "\tsec, nsec = stepped(sec, nsec)\n" + after
	return map[string]string{
		filepath.Join(folder, "time.go"): patched, filepath.Join(folder, "stepped.go"): steppedClock,
	}, nil
}

// Clock is the wall clock of one process.
type Clock struct{ path string }

func newClock(path string) (*Clock, error) {
	c := &Clock{path}
	return c, os.WriteFile(path, make([]byte, 8), 0o644)
}

// Step puts the clock off the right time by so much, at once.
func (c *Clock) Step(off time.Duration) error {
	f, err := os.OpenFile(c.path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	var raw [8]byte
	binary.NativeEndian.PutUint64(raw[:], uint64(off))
	if _, err := f.WriteAt(raw[:], 0); err != nil {
		return err
	}
	return f.Close()
}

func (c *Clock) env() string { return clockVariable + "=" + c.path }
