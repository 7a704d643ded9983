package natstest

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// build makes the program of a node once for all tests of a process. It leaves
// no file behind: the open file is the program.
var build = sync.OnceValues(func() (program *os.File, err error) {
	dir, err := os.MkdirTemp("", "natsnode")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "natsnode")
	out, err := exec.Command("go", "build", "-o", path, "github.com/ocpihub/ocpihub/internal/natstest/natsnode").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("build a NATS node: %w\n%s", err, out)
	}
	return os.Open(path)
})

type process struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func asProcess(t testing.TB, c Config) running {
	t.Helper()
	program, err := build()
	if err != nil {
		t.Fatal(err)
	}
	conf, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(fmt.Sprint("/proc/self/fd/", program.Fd()), string(conf))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd, make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(p.done)
	}()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", c.Port))
		if err == nil {
			_ = conn.Close()
			return p
		}
		select {
		case <-p.done:
			t.Fatalf("node %s has ended: %s", c.Name, cmd.ProcessState)
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("node %s is not ready: %v", c.Name, err)
		}
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Pause stops the process of a server in its tracks, until Resume.
func (s *Servers) Pause(i int) { s.signal(i, syscall.SIGSTOP) }

// Resume lets a stopped process go on.
func (s *Servers) Resume(i int) { s.signal(i, syscall.SIGCONT) }

func (s *Servers) signal(i int, sig os.Signal) {
	s.t.Helper()
	p, ok := s.nodes[i].now.(*process)
	if !ok {
		s.t.Fatalf("node %d is no process that runs", i)
	}
	if err := p.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}
