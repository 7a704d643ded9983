package redistest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Node is one process of Redis. It keeps its port and its data over Kill and
// Restart.
type Node struct {
	Port int

	mu     sync.Mutex
	dir    string
	keeper *exec.Cmd
	orders io.WriteCloser
	acks   *bufio.Reader
}

// keeping is the process that keeps the server: it takes orders, and when nobody
// can give any more, as the tests have ended or died, it ends the server and
// removes its data.
const keeping = `dir=$1; shift
while read -r order; do
	case $order in
	start) redis-server "$@" >>"$dir/log" 2>&1 & pid=$! ;;
	kill) kill -KILL $pid; wait $pid ;;
	pause) kill -STOP $pid ;;
	resume) kill -CONT $pid ;;
	esac 2>/dev/null
	echo done
done
kill -KILL $pid
wait
rm -rf "$dir"`

// quiet keeps the library from writing of each try to reach a server that starts.
var quiet = sync.OnceFunc(func() { redis.SetLogger(silence{}) })

type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

// errNoServer says what the machine lacks.
var errNoServer = errors.New("redis-server is not installed: run `make needs`, which installs it")

// startNode starts a server with these settings, each a name and its values.
func startNode(settings ...string) (*Node, error) {
	if _, err := exec.LookPath("redis-server"); err != nil {
		return nil, errNoServer
	}
	quiet()
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redistest-")
	if err != nil {
		return nil, err
	}
	n := &Node{Port: port, dir: dir}
	config := append([]string{
		"port " + strconv.Itoa(port), "bind 127.0.0.1", "dir " + dir, "unixsocket " + filepath.Join(dir, "redis.sock"),
		"save \"\"", "daemonize no", "protected-mode no",
	}, settings...)
	file := filepath.Join(dir, "redis.conf")
	if err := os.WriteFile(file, []byte(strings.Join(config, "\n")+"\n"), 0o600); err != nil {
		return nil, err
	}
	if err := n.keep(file, settings); err != nil {
		return nil, err
	}
	return n, n.Restart()
}

func (n *Node) keep(file string, settings []string) (err error) {
	args := []string{"-c", keeping, "sh", n.dir, file}
	for _, s := range settings {
		if strings.HasPrefix(s, "sentinel ") {
			args = append(args, "--sentinel")
			break
		}
	}
	n.keeper = exec.Command("sh", args...)
	if n.orders, err = n.keeper.StdinPipe(); err != nil {
		return err
	}
	acks, err := n.keeper.StdoutPipe()
	if err != nil {
		return err
	}
	n.acks = bufio.NewReader(acks)
	return n.keeper.Start()
}

func (n *Node) order(what string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, err := fmt.Fprintln(n.orders, what); err != nil {
		return err
	}
	_, err := n.acks.ReadString('\n')
	return err
}

// Kill ends the server at once, as kill -9 does.
func (n *Node) Kill() error { return n.order("kill") }

// Pause stops the server in its tracks: it takes connections and answers nothing.
func (n *Node) Pause() error { return n.order("pause") }

// Resume ends a Pause.
func (n *Node) Resume() error { return n.order("resume") }

// Restart starts a server that was killed, with its data, and returns when it
// answers.
func (n *Node) Restart() error {
	if err := n.order("start"); err != nil {
		return err
	}
	client := n.Client()
	defer func() { _ = client.Close() }()
	return await(func() error {
		text, err := client.Info(context.Background(), "persistence").Result()
		switch {
		case redis.HasErrorPrefix(err, "NOAUTH"):
			return nil // it wants a password: it is there
		case err == nil && strings.Contains(text, "loading:1"):
			return errors.New("it is loading its data")
		}
		return err
	}, n.told)
}

// told adds to a failure what the server wrote.
func (n *Node) told(err error) error {
	text, _ := os.ReadFile(filepath.Join(n.dir, "log"))
	return fmt.Errorf("redis-server on port %d: %w\n%s", n.Port, err, text)
}

// Addr is where the server listens.
func (n *Node) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.Port)) }

// Socket is the path of the server's Unix socket.
func (n *Node) Socket() string { return filepath.Join(n.dir, "redis.sock") }

// Client is a connection to this server alone. Who asked for it closes it.
func (n *Node) Client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: n.Addr(), MaxRetries: -1, DialerRetries: 1, DialTimeout: time.Second})
}

// stop ends the server for good and removes its data.
func (n *Node) stop() error {
	return errors.Join(n.orders.Close(), n.keeper.Wait())
}

// patience bounds how long a server may take; only a broken one uses it up.
const patience = 30 * time.Second

// await tries until it succeeds.
func await(try func() error, explain func(error) error) error {
	for end := time.Now().Add(patience); ; {
		err := try()
		if err == nil {
			return nil
		}
		if time.Now().After(end) {
			return explain(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// freePort is a port on which nobody listens, below those that the system gives
// to outgoing connections.
func freePort() (int, error) {
	var failed error
	for range 100 {
		port := 12_000 + rand.IntN(20_000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, l.Close()
		}
		failed = err
	}
	return 0, failed
}
