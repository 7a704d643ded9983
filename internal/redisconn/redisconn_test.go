package redisconn_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/redistest"
)

// put is idempotent, as every script has to be.
func put() *redis.Script {
	return redis.NewScript(`redis.call('SET', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])`)
}

func mustPut(t *testing.T, c *redisconn.Client, value string) {
	t.Helper()
	if got, err := c.Run(t.Context(), put(), []string{c.Key("t", "k")}, value).Text(); err != nil || got != value {
		t.Fatalf("got %q, %v", got, err)
	}
}

func TestWhatStandsBehindTheURLIsFoundOut(t *testing.T) {
	for _, c := range []struct {
		setup func(testing.TB) *redistest.Setup
		want  redisconn.Kind
	}{
		{func(t testing.TB) *redistest.Setup { return redistest.Single(t) }, redisconn.Standalone},
		{redistest.Cluster, redisconn.Cluster},
		{redistest.Sentinel, redisconn.Sentinel},
	} {
		t.Run(string(c.want), func(t *testing.T) {
			client := redistest.Open(t, c.setup(t), redisconn.Options{})
			if client.Kind() != c.want {
				t.Errorf("got %s", client.Kind())
			}
			mustPut(t, client, "1")
		})
	}
}

func TestASocketServesToo(t *testing.T) {
	s := redistest.Single(t)
	mustPut(t, redistest.Open(t, s, redisconn.Options{URL: "unix://" + s.Nodes[0].Socket()}), "1")
}

func TestAScriptThatTheServerForgotIsSentAgain(t *testing.T) {
	s := redistest.Sentinel(t)
	for _, wait := range []int{0, 2} {
		c := redistest.Open(t, s, redisconn.Options{WaitReplicas: wait})
		mustPut(t, c, "1")
		if err := c.ScriptFlush(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		mustPut(t, c, "2")
	}
}

func TestAWriteThatTooFewReplicasHaveIsNoSuccess(t *testing.T) {
	for name, setup := range map[string]*redistest.Setup{"single": redistest.Single(t), "cluster": redistest.Cluster(t)} {
		c := redistest.Open(t, setup, redisconn.Options{WaitReplicas: 1})
		err := c.Run(t.Context(), put(), []string{c.Key("t", "k")}, "1").Err()
		if err == nil || !strings.Contains(err.Error(), "registry.wait_replicas") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAWriteOutlivesTheRestartOfTheServer(t *testing.T) {
	s := redistest.Single(t)
	c := redistest.Open(t, s, redisconn.Options{})
	mustPut(t, c, "1")
	s.Kill(t)
	done := make(chan error, 1)
	go func() { done <- c.Run(context.WithoutCancel(t.Context()), put(), []string{c.Key("t", "k")}, "2").Err() }()
	s.Restart(t)
	<-done // it may be that the restart took too long
	mustPut(t, c, "3")
}

func TestAWriteGoesToTheNewMasterAfterAFailover(t *testing.T) {
	s := redistest.Sentinel(t)
	c := redistest.Open(t, s, redisconn.Options{WaitReplicas: 1})
	mustPut(t, c, "1")
	if err := s.Master(t).Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() error { return c.Run(t.Context(), put(), []string{c.Key("t", "k")}, "2").Err() })
	eventually(t, func() error {
		got, err := c.Get(t.Context(), c.Key("t", "k")).Result()
		if err == nil && got != "2" {
			t.Fatalf("got %q", got)
		}
		return err
	})
}

func TestAnAnswerThatPassesIsWaitedFor(t *testing.T) {
	for _, word := range []string{"LOADING", "READONLY", "CLUSTERDOWN", "TRYAGAIN", "MASTERDOWN"} {
		c := redistest.Fresh(t)
		// The script fails three times, as a server does that cannot take writes yet.
		script := redis.NewScript(`if redis.call('INCR', KEYS[1]) < 4 then return redis.error_reply(ARGV[1] .. ' not now') end return 'OK'`)
		if err := c.Run(t.Context(), script, []string{c.Key("t", word)}, word).Err(); err != nil {
			t.Errorf("%s: got %v", word, err)
		}
	}
}

func TestAnAnswerThatStaysIsGivenAtOnce(t *testing.T) {
	c := redistest.Fresh(t)
	script := redis.NewScript(`redis.call('INCR', KEYS[1]) return redis.error_reply('CONFLICT of revisions')`)
	if err := c.Run(t.Context(), script, []string{c.Key("t", "n")}).Err(); !redis.HasErrorPrefix(err, "CONFLICT") {
		t.Errorf("got %v", err)
	}
	if n, err := c.Get(t.Context(), c.Key("t", "n")).Int(); err != nil || n != 1 {
		t.Errorf("run %d times, %v", n, err)
	}
}

func TestAServerThatHangsGivesAnErrorAndServesAgainAfterwards(t *testing.T) {
	s := redistest.Single(t)
	c := redistest.Open(t, s, redisconn.Options{})
	mustPut(t, c, "1")
	s.Pause(t)
	if err := c.Run(t.Context(), put(), []string{c.Key("t", "k")}, "2").Err(); err == nil {
		t.Error("a write of a server that hangs succeeded")
	}
	if err := c.Get(t.Context(), "k").Err(); err == nil || errors.Is(err, redis.Nil) {
		t.Errorf("a read of a server that hangs gave %v", err)
	}
	s.Resume(t)
	eventually(t, func() error { return c.Run(t.Context(), put(), []string{c.Key("t", "k")}, "3").Err() })
}

func TestAWrongPasswordIsNamedAndNotRepeated(t *testing.T) {
	s := redistest.Single(t, "requirepass open-sesame")
	_, err := redisconn.Open(t.Context(), redisconn.Options{URL: strings.Replace(s.URL(), "://", "://:s3cret@", 1)})
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "refuses user or password") {
		t.Errorf("got %v", err)
	}
	mustPut(t, redistest.Open(t, s, redisconn.Options{URL: strings.Replace(s.URL(), "://", "://:open-sesame@", 1)}), "1")
}

func TestAServerThatIsNotThereIsNamed(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	_, err := redisconn.Open(ctx, redisconn.Options{URL: "redis://u:s3cret@127.0.0.1:1"})
	if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("got %v", err)
	}
}

func TestAURLThatCannotBeUsedSaysWhatToMend(t *testing.T) {
	for raw, want := range map[string]string{
		"localhost:6379":                        "want a URL",
		"http://u:s3cret@h":                     "redis://",
		"redis://u:s3cret@":                     "host is empty",
		"redis://u:s3cret@h:x":                  "host:port",
		"redis://u:s3cret@h:70000":              "host:port",
		"redis://u:s3cret@h,":                   "host is empty",
		"redis://s3cret@h":                      "no password",
		"redis://u:s3cret%zz@h":                 "escaped",
		"redis://u:s3cret@h/x":                  "database",
		"redis://u:s3cret@h?size=1":             `"size" is no option`,
		"redis://u:s3cret@h?ca_file=/x":         "rediss://",
		"rediss://u:s3cret@h?cert_file=/x":      "belong together",
		"redis://u:s3cret@h,redis://u:s3cret@i": "once",
		"unix://socket":                         "absolute path",
		"redis://u:s3cret@h?sentinel_user=%zz":  "escaped",
	} {
		err := redisconn.Check(raw)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: got %v, want %q", raw, err, want)
		}
	}
	for _, raw := range []string{
		"redis://h", "rediss://u:p%40@h:1,i:2/3", "redis://a:1,redis://b:2", "unix:///run/redis.sock?db=2",
		"redis://:p@[::1]:6379", "redis://h?master=m&sentinel_password=x",
	} {
		if err := redisconn.Check(raw); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestASettingThatLosesDataIsWarnedOf(t *testing.T) {
	var told strings.Builder
	s := redistest.Single(t, "appendonly no", "maxmemory 100mb", "maxmemory-policy allkeys-lru")
	redistest.Open(t, s, redisconn.Options{Log: slog.New(slog.NewTextHandler(&told, nil))})
	for _, want := range []string{"appendonly yes", "noeviction"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("nothing about %s: %s", want, told.String())
		}
	}
}

func TestAReplicaIsNoPlaceForWrites(t *testing.T) {
	s := redistest.Sentinel(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := redisconn.Open(ctx, redisconn.Options{URL: "redis://" + s.Nodes[1].Addr()}); err == nil || !strings.Contains(err.Error(), "replica") {
		t.Errorf("got %v", err)
	}
	// With the master among the hosts it is found.
	mustPut(t, redistest.Open(t, s, redisconn.Options{URL: "redis://" + s.Nodes[1].Addr() + "," + s.Nodes[0].Addr()}), "1")
}

func TestKeysOfOneTagShareASlot(t *testing.T) {
	c := redistest.FreshCluster(t)
	script := redis.NewScript(`redis.call('SET', KEYS[1], '1') redis.call('SET', KEYS[2], '1') return 1`)
	if err := c.Run(t.Context(), script, []string{c.Key("NL*ABC", "a"), c.Key("NL*ABC", "b", "c")}).Err(); err != nil {
		t.Error(err)
	}
}

func eventually(t *testing.T, try func() error) {
	t.Helper()
	const patience = 30 * time.Second
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// The rights are those of docs/redis.md.
func TestAUserNeedsFewRights(t *testing.T) {
	for name, setup := range map[string]*redistest.Setup{"single": redistest.Single(t), "cluster": redistest.Cluster(t)} {
		for _, n := range setup.Nodes {
			admin := n.Client()
			err := admin.Do(t.Context(), "acl", "setuser", "hub", "on", ">pw", "~ocpi:NL*HUB:*", "&ocpi:NL*HUB:*",
				"+@all", "-@dangerous", "+info", "+config|get").Err()
			if err := errors.Join(err, admin.Close()); err != nil {
				t.Fatal(err)
			}
		}
		c := redistest.Open(t, setup, redisconn.Options{URL: strings.Replace(setup.URL(), "://", "://hub:pw@", 1), Prefix: "ocpi:NL*HUB:"})
		mustPut(t, c, "1")
		if err := c.Healthy(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		<-c.Listen(t.Context(), c.Channel("registry"))
	}
}
