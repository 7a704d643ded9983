package redisconn

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// finding is what a host said of itself.
type finding struct {
	kind    Kind
	host    string // with Standalone: the one that takes writes
	master  string // with Sentinel: whom they watch over
	version string
}

// oldest is the first version of Redis that has all that the scripts use.
const oldest = 7

// ask asks the hosts, one after the other and again, until one of them answers.
// A wrong password and the like end it at once: they do not mend by waiting.
func ask(ctx context.Context, o *redis.UniversalOptions, a address) (finding, error) {
	const pause = 200 * time.Millisecond
	for {
		var failures []error
		for _, host := range a.hosts {
			found, err := askHost(ctx, o, a, host)
			if err == nil {
				return found, nil
			}
			if _, lasting := errors.AsType[*lastingError](err); lasting {
				return finding{}, err
			}
			failures = append(failures, err)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return finding{}, errors.Join(failures...)
		}
	}
}

// lastingError is one that waiting does not mend.
type lastingError struct{ error }

func (e *lastingError) Unwrap() error { return e.error }

func lasting(format string, args ...any) error {
	return &lastingError{fmt.Errorf(format, args...)}
}

func askHost(ctx context.Context, o *redis.UniversalOptions, a address, host string) (finding, error) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	found, err := askAs(ctx, o, host)
	if a.sentinelPassword != "" && refused(err) {
		sentinel := *o
		sentinel.Username, sentinel.Password = a.sentinelUser, a.sentinelPassword
		o = &sentinel
		found, err = askAs(ctx, o, host)
	}
	if refused(err) {
		return finding{}, lasting("Redis at %s refuses user or password: %w", host, err)
	}
	if err != nil {
		return finding{}, fmt.Errorf("Redis at %s: %w", host, err) //nolint:staticcheck // a name
	}
	if found.kind == Sentinel {
		found.master, err = askMaster(ctx, o, a, host)
	}
	return found, err
}

func refused(err error) bool {
	return err != nil && (strings.HasPrefix(err.Error(), "WRONGPASS") || strings.HasPrefix(err.Error(), "NOAUTH"))
}

func askAs(ctx context.Context, o *redis.UniversalOptions, host string) (finding, error) {
	single := o.Simple()
	single.Addr, single.DB = host, 0
	client := redis.NewClient(single)
	defer func() { _ = client.Close() }()
	text, err := client.Info(ctx).Result()
	if err != nil {
		return finding{}, err
	}
	return judge(host, fields(text))
}

// judge reads what INFO says. A replica is no place for writes: it may be that a
// failover is going on, so asking again may help.
func judge(host string, info map[string]string) (finding, error) {
	found := finding{kind: Kind(info["redis_mode"]), host: host, version: info["redis_version"]}
	major, _, _ := strings.Cut(found.version, ".")
	switch n, err := strconv.Atoi(major); {
	case err != nil:
		return finding{}, lasting("Redis at %s does not tell its version", host)
	case n < oldest:
		return finding{}, lasting("Redis at %s is version %s: want %d.0 or newer", host, found.version, oldest)
	}
	switch found.kind {
	case Cluster, Sentinel:
		return found, nil
	case Standalone:
		if info["role"] == "slave" {
			return finding{}, fmt.Errorf("Redis at %s is a replica and takes no writes: name the master, or the sentinels", host) //nolint:staticcheck // a name
		}
		if info["loading"] == "1" {
			return finding{}, fmt.Errorf("Redis at %s is loading its data", host) //nolint:staticcheck // a name
		}
		return found, nil
	default:
		return finding{}, lasting("Redis at %s runs in mode %q: want standalone, cluster or sentinel", host, info["redis_mode"])
	}
}

// fields reads the lines of INFO.
func fields(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), ":"); found {
			out[key] = value
		}
	}
	return out
}

// askMaster returns the name of the master that the sentinels watch over: the one
// that the URL names, or the only one.
func askMaster(ctx context.Context, o *redis.UniversalOptions, a address, host string) (string, error) {
	single := o.Simple()
	single.Addr, single.DB = host, 0
	client := redis.NewSentinelClient(single)
	defer func() { _ = client.Close() }()
	if a.master != "" {
		if err := client.GetMasterAddrByName(ctx, a.master).Err(); errors.Is(err, redis.Nil) {
			return "", lasting("the sentinel at %s watches over no master %q", host, a.master)
		} else if err != nil {
			return "", fmt.Errorf("sentinel at %s: %w", host, err)
		}
		return a.master, nil
	}
	masters, err := client.Masters(ctx).Result()
	if err != nil {
		return "", fmt.Errorf("sentinel at %s: %w", host, err)
	}
	if len(masters) != 1 {
		return "", lasting("the sentinel at %s watches over %d masters: name one by ?master=NAME", host, len(masters))
	}
	return masterName(masters[0])
}

// masterName reads one master, which is a map or a list of names and values.
func masterName(master any) (string, error) {
	switch m := master.(type) {
	case map[any]any:
		if name, ok := m["name"].(string); ok {
			return name, nil
		}
	case []any:
		for i := 0; i+1 < len(m); i += 2 {
			if name, ok := m[i+1].(string); ok && m[i] == "name" {
				return name, nil
			}
		}
	}
	return "", lasting("the sentinel does not tell the name of its master: name it by ?master=NAME")
}
