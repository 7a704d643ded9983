package site

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a program that is kept running: when it ends by itself it is
// started again, as a supervisor does, until it is killed or stopped on order.
type Process struct {
	Name string
	// Log is the file of what it writes.
	Log string

	command func() *exec.Cmd
	// ill, if set, says whether the program runs on without doing its work. One that
	// is so for a while is killed, and started again, as by a liveness probe.
	ill func() bool

	mu     sync.Mutex
	cmd    *exec.Cmd
	wanted bool
	kept   chan struct{} // closed when nobody keeps it running any more
	deaths int
}

// restartAfter is how long a supervisor waits before it starts a program again.
const restartAfter = 300 * time.Millisecond

// Start starts the process, and keeps it running.
func (p *Process) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted {
		return nil
	}
	cmd, err := p.launch()
	if err != nil {
		return err
	}
	p.wanted, p.kept = true, make(chan struct{})
	go p.keep(cmd, p.kept)
	return nil
}

// launch runs the program once; the caller holds the lock.
func (p *Process) launch() (*exec.Cmd, error) {
	log, err := os.OpenFile(p.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the process has its own handle
	cmd := p.command()
	cmd.Stdout, cmd.Stderr = log, log
	fmt.Fprintf(log, "--- started at %s\n", time.Now().Format(time.StampMilli))
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.cmd = cmd
	if p.ill != nil {
		go p.probe(cmd)
	}
	return cmd, nil
}

const (
	probeEvery = time.Second
	// probesFailed in a row make a program one that is started again.
	probesFailed = 3
)

// probe watches a program until it ends.
func (p *Process) probe(cmd *exec.Cmd) {
	for failed := 0; failed < probesFailed; failed++ {
		time.Sleep(probeEvery)
		if !p.runs(cmd) {
			return
		}
		if !p.ill() {
			failed = -1
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted && p.cmd == cmd {
		p.signal(syscall.SIGKILL)
	}
}

func (p *Process) runs(cmd *exec.Cmd) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wanted && p.cmd == cmd
}

func (p *Process) keep(cmd *exec.Cmd, kept chan struct{}) {
	defer close(kept)
	for {
		_ = cmd.Wait()
		for again := false; !again; {
			p.mu.Lock()
			if !p.wanted {
				p.cmd = nil
				p.mu.Unlock()
				return
			}
			p.mu.Unlock()
			time.Sleep(restartAfter)
			cmd, again = p.relaunch(cmd)
		}
	}
}

func (p *Process) relaunch(old *exec.Cmd) (*exec.Cmd, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.wanted {
		return old, false
	}
	p.deaths++
	cmd, err := p.launch()
	if err != nil {
		return old, false
	}
	return cmd, true
}

// Kill ends the process as a crash does, and leaves it down.
func (p *Process) Kill() { p.end(syscall.SIGKILL) }

// Stop ends it in order, and leaves it down.
func (p *Process) Stop() { p.end(syscall.SIGTERM) }

func (p *Process) end(sig syscall.Signal) {
	p.mu.Lock()
	p.wanted = false
	p.signal(sig)
	p.signal(syscall.SIGCONT) // one that is paused could not end in order
	kept := p.kept
	p.mu.Unlock()
	if kept != nil {
		<-kept
	}
}

// Pause stops the process in the middle of what it does; Resume lets it go on.
func (p *Process) Pause() { p.locked(syscall.SIGSTOP) }

// Resume lets a paused process go on.
func (p *Process) Resume() { p.locked(syscall.SIGCONT) }

func (p *Process) locked(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.signal(sig)
}

func (p *Process) signal(sig syscall.Signal) {
	if p.cmd != nil && p.cmd.Process != nil {
		_ = p.cmd.Process.Signal(sig) // it may have ended
	}
}

// PID is the id of the process; 0 when it does not run.
func (p *Process) PID() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// Deaths counts how often the process ended by itself.
func (p *Process) Deaths() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deaths
}

// Tail is the end of what it has written.
func (p *Process) Tail(lines int) string {
	raw, err := os.ReadFile(p.Log)
	if err != nil {
		return err.Error()
	}
	all := strings.Split(strings.TrimRight(string(raw), "\n"), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}
