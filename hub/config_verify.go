package hub

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/internal/natsconn"
	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/ocpi"
)

// Verify says everything that is wrong with c; each error names its key and
// what to mend, and none repeats a value that may hold a password.
func (c *Config) Verify() error {
	return errors.Join(
		verifyAddress("listen", c.Listen),
		verifyPublicURL(c.PublicURL),
		verifyNotEmpty("data_dir", c.DataDir),
		c.TLS.verify(),
		verifyAddress("admin.listen", c.Admin.Listen),
		c.Hub.verify(),
		verifyVersions(c.Versions),
		c.Registry.verify(),
		c.NATS.verify(),
		verifyOneOf("policy.default", c.Policy.Default, PolicyOpen, PolicyByAgreement),
		verifyOneOf("validation.mode", c.Validation.Mode, ValidationEnforce, ValidationReport),
		verifyOneOf("validation.command_tokens", c.Validation.CommandTokens, CommandTokensAny, CommandTokensOwn),
		c.Bridge.verify(),
		c.Forward.verify(),
		verifyPositive("authorize.timeout", c.Authorize.Timeout),
		verifyAtLeastOne("authorize.fan_out", c.Authorize.FanOut),
		verifyOneOf("delivery.catch_up", c.Delivery.CatchUp, CatchUpLatest, CatchUpNone),
		verifyPositive("delivery.retention", c.Delivery.Retention),
		verifyAtLeast("delivery.max_bytes", c.Delivery.MaxBytes, leastStream),
		c.Delivery.verifyShards(),
		verifyNotNegative("retention.sessions", c.Retention.Sessions),
		verifyNotNegative("retention.cdrs", c.Retention.CDRs),
		c.Pull.verify(),
		c.Journal.verify(),
		verifyPositive("alive.interval", c.Alive.Interval),
		verifyAtLeastOne("alive.failures", c.Alive.Failures),
		c.Alerts.verify(),
		c.Guard.verify(),
		verifyNotNegative("credentials.grace", c.Credentials.Grace),
		verifyPositive("credentials.gather", c.Credentials.Gather),
		c.Limits.verify(),
		c.Log.verify(),
	)
}

func (f *ForwardConfig) verify() error {
	errs := []error{verifyPositive("forward.timeout", f.Timeout)}
	own := f.Timeouts.byModule()
	for _, module := range slices.Sorted(maps.Keys(own)) {
		errs = append(errs, verifyNotNegative("forward.timeouts."+string(module), *own[module]))
	}
	return errors.Join(errs...)
}

func (t *TLSConfig) verify() error {
	switch {
	case t.CertFile == "" && t.KeyFile != "":
		return errors.New("tls.cert_file: must be given together with tls.key_file")
	case t.CertFile != "" && t.KeyFile == "":
		return errors.New("tls.key_file: must be given together with tls.cert_file")
	case t.ClientCAFile != "" && t.CertFile == "":
		return errors.New("tls.client_ca_file: needs tls.cert_file and tls.key_file")
	}
	return nil
}

// verify holds the hub to the three characters of the specification, which it
// does not ask of others: its own id is sent to every partner.
func (i *IdentityConfig) verify() error {
	var errs []error
	if !ocpi.NewPartyID(i.CountryCode, "HUB").Valid() {
		errs = append(errs, fmt.Errorf("hub.country_code: want two letters such as NL, got %q", i.CountryCode))
	}
	if len(i.PartyID) != 3 || !ocpi.NewPartyID("NL", i.PartyID).Valid() {
		errs = append(errs, fmt.Errorf("hub.party_id: want three letters or digits such as HUB, got %q", i.PartyID))
	}
	if i.Name == "" || len([]rune(i.Name)) > 100 {
		errs = append(errs, errors.New("hub.name: want 1 to 100 characters"))
	}
	return errors.Join(errs...)
}

// spoken are the versions that the hub can offer, the highest first.
var spoken = []ocpi.Version{ocpi.V230, ocpi.V221, ocpi.V211}

func spokenList() string {
	words := make([]string, len(spoken))
	for i, v := range spoken {
		words[i] = string(v)
	}
	return strings.Join(words, ", ")
}

// newest is the highest of the versions offered.
func (c *Config) newest() ocpi.Version {
	return slices.MaxFunc(c.Versions, ocpi.Version.Compare)
}

func verifyVersions(versions []ocpi.Version) error {
	if len(versions) == 0 {
		return fmt.Errorf("versions: name at least one, for example %s", spoken[0])
	}
	for i, v := range versions {
		if !slices.Contains(spoken, v) {
			return fmt.Errorf("versions: %q is not offered by this version of the hub, only %s", v, spokenList())
		}
		if slices.Contains(versions[:i], v) {
			return fmt.Errorf("versions: %s is named twice", v)
		}
	}
	return nil
}

func (r *RegistryConfig) verify() error {
	var errs []error
	if r.RedisURL != "" {
		if err := redisconn.Check(r.RedisURL); err != nil {
			errs = append(errs, fmt.Errorf("registry.redis_url: %w", err))
		}
	}
	switch {
	case r.WaitReplicas < 0:
		errs = append(errs, fmt.Errorf("registry.wait_replicas: want 0 or more, got %d", r.WaitReplicas))
	case r.WaitReplicas > 0 && r.RedisURL == "":
		errs = append(errs, errors.New("registry.wait_replicas: serves only together with registry.redis_url, leave it 0"))
	}
	return errors.Join(errs...)
}

// mostReplicas is how many copies of a stream NATS keeps at most.
const mostReplicas = 5

func (n *NATSConfig) verify() error {
	var errs []error
	switch {
	case n.URL != "":
		if err := natsconn.VerifyURL(n.URL); err != nil {
			errs = append(errs, fmt.Errorf("nats.url: %w", err))
		}
		if n.Replicas < 1 || n.Replicas > mostReplicas {
			errs = append(errs, fmt.Errorf("nats.replicas: want 1 to %d, 3 in production, got %d", mostReplicas, n.Replicas))
		}
	case n.Replicas != 1:
		errs = append(errs, errors.New("nats.replicas: must be 1 while nats.url is empty"))
	}
	if n.URL == "" && n.CredsFile != "" {
		errs = append(errs, errors.New("nats.creds_file: serves only together with nats.url, leave it empty"))
	}
	return errors.Join(errs...)
}

func (p *PullConfig) verify() error {
	return errors.Join(
		verifyOneOf("pull.mode", p.Mode, PullAuto, PullAlways, PullNever),
		verifyPositive("pull.interval", p.Interval),
		verifyAtLeastOne("pull.page_size", p.PageSize),
	)
}

// leastStream is room for some pushes, or a few batches of records.
const leastStream = MiB

func (j *JournalConfig) verify() error {
	errs := []error{verifyNotNegative("journal.max_age", j.MaxAge), verifyAtLeast("journal.max_bytes", j.MaxBytes, leastStream)}
	if j.Bodies && j.MaxAge == 0 {
		errs = append(errs, errors.New("journal.bodies: they belong to the message log, set journal.max_age"))
	} else if j.Bodies && (j.BodiesMaxAge <= 0 || j.BodiesMaxAge > j.MaxAge) {
		errs = append(errs, fmt.Errorf("journal.bodies_max_age: want more than 0s and at most journal.max_age (%s), got %s", j.MaxAge, j.BodiesMaxAge))
	}
	return errors.Join(errs...)
}

func (l *LogConfig) verify() error {
	err := verifyOneOf("log.level", l.Level, "debug", "info", "warn", "error")
	if l.Format != "" {
		err = errors.Join(err, verifyOneOf("log.format", l.Format, "text", "json"))
	}
	return err
}

func verifyAddress(key, address string) error {
	_, port, err := net.SplitHostPort(address)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%s: want host:port or :port, got %q", key, address)
	}
	return nil
}

func verifyPublicURL(s string) error {
	const want = "want an absolute URL such as https://hub.example.com"
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return errors.New("public_url: " + want)
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#") {
		return errors.New("public_url: " + want + ", without user, query or fragment")
	}
	return nil
}

func verifyNotEmpty(key, s string) error {
	if s == "" {
		return fmt.Errorf("%s: must not be empty", key)
	}
	return nil
}

func verifyOneOf(key, s string, allowed ...string) error {
	if slices.Contains(allowed, s) {
		return nil
	}
	if len(allowed) == 1 {
		return fmt.Errorf("%s: this version of the hub knows only %q, got %q", key, allowed[0], s)
	}
	return fmt.Errorf("%s: want one of %s, got %q", key, strings.Join(allowed, ", "), s)
}

func verifyPositive(key string, d time.Duration) error {
	if d <= 0 {
		return fmt.Errorf("%s: want more than 0s, got %s", key, d)
	}
	return nil
}

func verifyAtLeast(key string, n, least ByteSize) error {
	if n < least {
		return fmt.Errorf("%s: want %s or more, got %s", key, least, n)
	}
	return nil
}

func verifyNotNegative(key string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%s: want 0s or more, got %s", key, d)
	}
	return nil
}

func verifyAtLeastOne(key string, n int) error {
	if n < 1 {
		return fmt.Errorf("%s: want 1 or more, got %d", key, n)
	}
	return nil
}

// mostShards is more than any number of replicas has a use for: each has a reader.
const mostShards = 256

func (d *DeliveryConfig) verifyShards() error {
	if d.Shards < 0 || d.Shards > mostShards {
		return fmt.Errorf("delivery.shards: want 0 to %d, got %d", mostShards, d.Shards)
	}
	return nil
}
