// Package natsconn keeps the connections to a NATS of one's own: it waits for it
// at the start, comes back to it for ever, and makes there the streams and
// buckets that the hub needs (docs/nats.md).
package natsconn

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	dialWithin = 2 * time.Second
	// A server that answers no ping for so long is left for another one.
	pingEvery, pingsOut = 2 * time.Second, 2
	reconnectAfter      = 250 * time.Millisecond
	reconnectJitter     = 250 * time.Millisecond
	// writeWithin bounds a write to a server that does not read.
	writeWithin = 5 * time.Second
	// defaultWithin bounds how long a start waits for a NATS that is starting,
	// too: a cluster elects its leaders in up to some ten seconds.
	defaultWithin = 45 * time.Second
	askEvery      = 500 * time.Millisecond
	// tellEvery is how often the log is told what a start waits for.
	tellEvery = 5 * time.Second
)

// Options configure a Client.
type Options struct {
	// URL names the servers, with commas between them; CredsFile is empty or
	// the file with the credentials of the account.
	URL, CredsFile string
	// Name is shown by the servers.
	Name string
	// Within bounds how long Open waits for JetStream; default 45 s.
	Within time.Duration
	Log    *slog.Logger // default none
}

// Client is an external NATS and the connections to it. Make one with Open.
type Client struct {
	o     Options
	conn  *nats.Conn
	mu    sync.Mutex
	conns []*nats.Conn
}

// Open connects, and waits until JetStream serves. Errors name the key to mend,
// and hold no password.
func Open(ctx context.Context, o Options) (*Client, error) {
	if err := VerifyURL(o.URL); err != nil {
		return nil, fmt.Errorf("nats.url: %w", err)
	}
	if o.CredsFile != "" {
		if _, err := os.ReadFile(o.CredsFile); err != nil {
			return nil, fmt.Errorf("nats.creds_file: %w", err)
		}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Within == 0 {
		o.Within = defaultWithin
	}
	c := &Client{o: o}
	ctx, cancel := context.WithTimeout(ctx, o.Within)
	defer cancel()
	if err := c.await(ctx, c.connect); err != nil {
		return nil, fmt.Errorf("nats.url: no connection to %s: %w", shown(o.URL), err)
	}
	if err := c.await(ctx, c.ready); err != nil {
		c.conn.Close()
		return nil, fmt.Errorf("nats.url: JetStream of %s does not serve: %w", shown(o.URL), err)
	}
	o.Log.InfoContext(ctx, "connected to NATS", "server", c.conn.ConnectedUrlRedacted())
	return c, nil
}

// permanent are the errors that no waiting mends.
var permanent = []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired, nats.ErrInvalidConnection, nats.ErrNkeysNotSupported}

// await tries until it succeeds, and tells the log now and then.
func (c *Client) await(ctx context.Context, try func(context.Context) error) error {
	var told time.Time
	for {
		err := try(ctx)
		if err == nil || lasts(err) {
			return err
		}
		if time.Since(told) > tellEvery {
			told = time.Now()
			c.o.Log.WarnContext(ctx, "waiting for NATS", "servers", shown(c.o.URL), "error", err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(askEvery):
		}
	}
}

func lasts(err error) bool {
	for _, p := range permanent {
		if errors.Is(err, p) {
			return true
		}
	}
	return false
}

func (c *Client) connect(context.Context) (err error) {
	c.conn, err = c.dial()
	return err
}

// ready asks whether JetStream serves this account.
func (c *Client) ready(ctx context.Context) error {
	js, err := jetstream.New(c.conn)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	_, err = js.AccountInfo(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(errors.New("it does not answer: no leader yet, or the account may not ask $JS.API.INFO"), c.conn.LastError())
	}
	return err
}

func (c *Client) dial() (*nats.Conn, error) {
	options := []nats.Option{
		nats.Name(c.o.Name), nats.Timeout(dialWithin),
		nats.PingInterval(pingEvery), nats.MaxPingsOutstanding(pingsOut), nats.FlusherTimeout(writeWithin),
		nats.MaxReconnects(-1), nats.ReconnectWait(reconnectAfter), nats.ReconnectJitter(reconnectJitter, reconnectJitter),
		// What is sent while there is no connection fails at once: sent later, it
		// would come behind what is newer.
		nats.ReconnectBufSize(-1),
		// Credentials may be renewed while the hub runs.
		nats.IgnoreAuthErrorAbort(),
		nats.DisconnectErrHandler(c.disconnected), nats.ReconnectHandler(c.reconnected), nats.ErrorHandler(c.failed),
	}
	if c.o.CredsFile != "" {
		options = append(options, nats.UserCredentials(c.o.CredsFile))
	}
	return nats.Connect(c.o.URL, options...)
}

func (c *Client) disconnected(conn *nats.Conn, err error) {
	if !conn.IsClosed() {
		c.o.Log.Warn("the connection to NATS is lost", "error", err)
	}
}

func (c *Client) reconnected(conn *nats.Conn) {
	c.o.Log.Info("connected to NATS again", "server", conn.ConnectedUrlRedacted())
}

func (c *Client) failed(_ *nats.Conn, sub *nats.Subscription, err error) {
	subject := ""
	if sub != nil {
		subject = sub.Subject
	}
	c.o.Log.Warn("NATS reports an error", "subject", subject, "error", err)
}

// Conn is the connection to the servers.
func (c *Client) Conn() *nats.Conn { return c.conn }

// Connect makes a further connection, for who moves so much that others would
// wait behind it. Close closes it.
func (c *Client) Connect() (*nats.Conn, error) {
	conn, err := c.dial()
	if err != nil {
		return nil, fmt.Errorf("nats.url: no connection to %s: %w", shown(c.o.URL), err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conns = append(c.conns, conn)
	return conn, nil
}

// Ping returns nil when a server answers.
func (c *Client) Ping(ctx context.Context) error {
	if !c.conn.IsConnected() {
		return errors.New("no connection to NATS")
	}
	if err := c.conn.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("NATS does not answer: %w", err)
	}
	return nil
}

// Close sends what is under way, then closes the connections.
func (c *Client) Close(ctx context.Context) error {
	var err error
	if c.conn.IsConnected() {
		err = c.conn.FlushWithContext(ctx)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range append(c.conns, c.conn) {
		conn.Close()
	}
	if err != nil {
		return fmt.Errorf("send the last messages to NATS: %w", err)
	}
	return nil
}
