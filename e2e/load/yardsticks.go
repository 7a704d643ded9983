package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/ocpihub/ocpihub/e2e/harness"
)

// yardstick is a process that does less than the hub.
type yardstick struct {
	name, addr string
	cmd        *exec.Cmd
}

func (y *yardstick) target(requests []request) target {
	return target{name: y.name, addr: y.addr, pid: y.cmd.Process.Pid, requests: requests}
}

func (y *yardstick) close() {
	_ = y.cmd.Process.Signal(syscall.SIGTERM)
	_ = y.cmd.Wait()
}

// nginxConfig routes by the headers of OCPI, and does nothing else.
const nginxConfig = `
worker_processes auto;
daemon off;
pid %[1]s/nginx.pid;
error_log %[1]s/nginx.log warn;
events { worker_connections 4096; }
http {
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;
	client_body_buffer_size 64k;
	upstream platform { server %[2]s; keepalive 64; keepalive_requests 100000000; }
	map "$http_ocpi_to_country_code*$http_ocpi_to_party_id" $to { "NL*001" platform; "DE*001" platform; }
	server {
		listen %[3]s; keepalive_requests 100000000;
		location / { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://$to; }
	}
}
`

// startNginx starts the nginx of the system; nil when there is none.
func (r *rig) startNginx(ctx context.Context, upstream string) (*yardstick, error) {
	program, err := exec.LookPath("nginx")
	if err != nil {
		return nil, nil //nolint:nilerr,nilnil // the table says that it was not there
	}
	addr, err := harness.FreeAddr()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(r.dir, "nginx")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, nginxConfig, dir, upstream, addr), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, program, "-c", file, "-e", filepath.Join(dir, "start.log"))
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &yardstick{"nginx", addr, cmd}, awaitPort(ctx, addr)
}

func awaitPort(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		if !sleepUntil(ctx, time.Now().Add(20*time.Millisecond)) {
			return err
		}
	}
}

// The words with which this program starts itself as a yardstick.
const (
	reverseProxy = "reverse-proxy"
	bareClient   = "bare-client"
)

// again starts this program as a yardstick, which says its address first.
func again(ctx context.Context, name string, args ...string) (*yardstick, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addr, err := bufio.NewReader(out).ReadString('\n')
	return &yardstick{name, strings.TrimSpace(addr), cmd}, err
}

// serveReverseProxy is a reverse proxy of the standard library with room for
// its connections.
func serveReverseProxy(upstream string) error {
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	proxy := &httputil.ReverseProxy{
		Rewrite:    func(p *httputil.ProxyRequest) { p.SetURL(&url.URL{Scheme: "http", Host: upstream}) },
		Transport:  &http.Transport{MaxIdleConns: 512, MaxIdleConnsPerHost: 512, DisableCompression: true},
		BufferPool: &buffers{},
	}
	server := &http.Server{Handler: proxy, ReadHeaderTimeout: 10 * time.Second}
	return server.Serve(l)
}

// buffers are those of a reverse proxy, used again.
type buffers struct{ pool sync.Pool }

// Get implements httputil.BufferPool.
func (b *buffers) Get() []byte {
	if buf, ok := b.pool.Get().(*[]byte); ok {
		return *buf
	}
	return make([]byte, 32<<10)
}

// Put implements httputil.BufferPool.
func (b *buffers) Put(buf []byte) { b.pool.Put(&buf) }
