package natstest

import (
	"net/url"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// unbounded leaves the bounds to the streams: by itself the server takes those
// of the streams together for what the disk must have free.
const unbounded = 1 << 50

// Options are the options of a server.
func (c *Config) Options() (*server.Options, error) {
	o := &server.Options{}
	if c.ConfigFile != "" {
		if err := o.ProcessConfigFile(c.ConfigFile); err != nil {
			return nil, err
		}
	}
	o.ServerName, o.Host, o.Port = c.Name, "127.0.0.1", c.Port
	o.JetStream, o.StoreDir, o.JetStreamMaxStore, o.JetStreamMaxMemory = true, c.Dir, c.MaxFileStore, 1<<30
	if c.MaxFileStore == 0 {
		o.JetStreamMaxStore = unbounded
	}
	o.NoSigs, o.NoLog, o.DisableJetStreamBanner, o.MaxPayload = true, true, true, c.MaxPayload
	if c.Cluster != "" {
		o.Cluster.Name, o.Cluster.Host, o.Cluster.Port = c.Cluster, "127.0.0.1", c.ClusterPort
		for _, r := range c.Routes {
			u, err := url.Parse(r)
			if err != nil {
				return nil, err
			}
			o.Routes = append(o.Routes, u)
		}
	}
	return o, nil
}

type inside struct{ *server.Server }

func inProcess(t testing.TB, c Config) running {
	t.Helper()
	o, err := c.Options()
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	if !s.ReadyForConnections(30 * time.Second) {
		s.Shutdown()
		t.Fatalf("%s is not ready", c.Name)
	}
	return inside{s}
}

// kill ends the server as hard as the library lets one: within a process there
// is no harder way.
func (i inside) kill() {
	i.Shutdown()
	i.WaitForShutdown()
}
