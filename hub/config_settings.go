package hub

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing"
)

// Setting is one key of the configuration, bound to its field of a Config.
type Setting struct {
	// Key is the name in files; the environment variable is EnvName.
	Key string
	// List says that the value is a list: its text is separated by commas.
	List bool

	get func() string
	set func(string) error
}

// Text returns the value as text that Set takes.
func (s Setting) Text() string { return s.get() }

// Set reads the value from text. The error names the key.
func (s Setting) Set(text string) error {
	if err := s.set(text); err != nil {
		return fmt.Errorf("%s: %w", s.Key, err)
	}
	return nil
}

// EnvName is the environment variable of the setting.
func (s Setting) EnvName() string { return EnvPrefix + envWord(s.Key) }

// EnvPrefix begins the names of all environment variables of the hub.
const EnvPrefix = "OCPI_HUB_"

func envWord(key string) string { return strings.ToUpper(strings.ReplaceAll(key, ".", "_")) }

// Settings returns every key with its place in c, in the order in which they
// are shown.
func (c *Config) Settings() []Setting {
	return slices.Concat(c.doors(), c.exchange(), c.Bridge.settings(), c.care())
}

// doors are who the hub is, where it is reached and where it keeps its state.
func (c *Config) doors() []Setting {
	return []Setting{
		text("listen", &c.Listen),
		text("public_url", &c.PublicURL),
		text("data_dir", &c.DataDir),
		text("tls.cert_file", &c.TLS.CertFile),
		text("tls.key_file", &c.TLS.KeyFile),
		text("tls.client_ca_file", &c.TLS.ClientCAFile),
		text("admin.listen", &c.Admin.Listen),
		text("admin.token_file", &c.Admin.TokenFile),
		text("hub.country_code", &c.Hub.CountryCode),
		text("hub.party_id", &c.Hub.PartyID),
		text("hub.name", &c.Hub.Name),
		list("versions", &c.Versions, parseVersion, formatVersion),
		text("registry.redis_url", &c.Registry.RedisURL),
		text("registry.seal_key_file", &c.Registry.SealKeyFile),
		value("registry.wait_replicas", &c.Registry.WaitReplicas, parseCount, strconv.Itoa),
		text("nats.url", &c.NATS.URL),
		text("nats.creds_file", &c.NATS.CredsFile),
		value("nats.replicas", &c.NATS.Replicas, parseCount, strconv.Itoa),
	}
}

// exchange is what becomes of messages.
func (c *Config) exchange() []Setting {
	return []Setting{
		text("policy.default", &c.Policy.Default),
		text("validation.mode", &c.Validation.Mode),
		text("validation.command_tokens", &c.Validation.CommandTokens),
		duration("forward.timeout", &c.Forward.Timeout),
		duration("forward.timeouts.locations", &c.Forward.Timeouts.Locations),
		duration("forward.timeouts.sessions", &c.Forward.Timeouts.Sessions),
		duration("forward.timeouts.cdrs", &c.Forward.Timeouts.CDRs),
		duration("forward.timeouts.tariffs", &c.Forward.Timeouts.Tariffs),
		duration("forward.timeouts.tokens", &c.Forward.Timeouts.Tokens),
		duration("forward.timeouts.commands", &c.Forward.Timeouts.Commands),
		duration("forward.timeouts.chargingprofiles", &c.Forward.Timeouts.ChargingProfiles),
		duration("authorize.timeout", &c.Authorize.Timeout),
		value("authorize.fan_out", &c.Authorize.FanOut, parseCount, strconv.Itoa),
		list("authorize.contracts", &c.Authorize.Contracts, parseContracts, formatContracts),
		text("delivery.catch_up", &c.Delivery.CatchUp),
		duration("delivery.retention", &c.Delivery.Retention),
		value("delivery.max_bytes", &c.Delivery.MaxBytes, ParseByteSize, ByteSize.String),
		value("delivery.shards", &c.Delivery.Shards, parseCount, strconv.Itoa),
		duration("retention.sessions", &c.Retention.Sessions),
		duration("retention.cdrs", &c.Retention.CDRs),
		text("pull.mode", &c.Pull.Mode),
		duration("pull.interval", &c.Pull.Interval),
		value("pull.page_size", &c.Pull.PageSize, parseCount, strconv.Itoa),
		duration("journal.max_age", &c.Journal.MaxAge),
		value("journal.max_bytes", &c.Journal.MaxBytes, ParseByteSize, ByteSize.String),
		value("journal.bodies", &c.Journal.Bodies, parseBool, strconv.FormatBool),
		duration("journal.bodies_max_age", &c.Journal.BodiesMaxAge),
	}
}

// care is what watches over the hub and bounds it.
func (c *Config) care() []Setting {
	return []Setting{
		duration("alive.interval", &c.Alive.Interval),
		value("alive.failures", &c.Alive.Failures, parseCount, strconv.Itoa),
		value("alerts.enabled", &c.Alerts.Enabled, parseBool, strconv.FormatBool),
		duration("alerts.interval", &c.Alerts.Interval),
		duration("alerts.cycle", &c.Alerts.Cycle),
		duration("alerts.silence", &c.Alerts.Silence),
		duration("alerts.window", &c.Alerts.Window),
		value("alerts.error_share", &c.Alerts.ErrorShare, parseRate, formatRate),
		value("alerts.mass_share", &c.Alerts.MassShare, parseRate, formatRate),
		duration("alerts.backlog", &c.Alerts.Backlog),
		duration("alerts.expiry", &c.Alerts.Expiry),
		duration("alerts.invitation", &c.Alerts.Invitation),
		duration("alerts.clock_skew", &c.Alerts.ClockSkew),
		text("alerts.webhook.url", &c.Alerts.Webhook.URL),
		text("alerts.webhook.token_file", &c.Alerts.Webhook.TokenFile),
		text("guard.mass_change", &c.Guard.MassChange),
		value("guard.share", &c.Guard.Share, parseRate, formatRate),
		value("guard.minimum", &c.Guard.Minimum, parseCount, strconv.Itoa),
		duration("guard.window", &c.Guard.Window),
		duration("credentials.grace", &c.Credentials.Grace),
		duration("credentials.gather", &c.Credentials.Gather),
		value("limits.body_bytes", &c.Limits.BodyBytes, ParseByteSize, ByteSize.String),
		value("limits.requests_per_second", &c.Limits.RequestsPerSecond, parseRate, formatRate),
		value("limits.burst", &c.Limits.Burst, parseCount, strconv.Itoa),
		value("limits.connections", &c.Limits.Connections, parseCount, strconv.Itoa),
		value("limits.requests", &c.Limits.Requests, parseCount, strconv.Itoa),
		value("limits.requests_of_platform", &c.Limits.RequestsOf, parseCount, strconv.Itoa),
		value("limits.bodies", &c.Limits.Bodies, ParseByteSize, ByteSize.String),
		value("limits.calls_to_platform", &c.Limits.CallsTo, parseCount, strconv.Itoa),
		value("limits.breaker_failures", &c.Limits.BreakerFailures, parseCount, strconv.Itoa),
		duration("limits.breaker_pause", &c.Limits.BreakerPause),
		list("egress.allow", &c.Egress.Allow, parseNetwork, netip.Prefix.String),
		text("egress.ca_file", &c.Egress.CAFile),
		text("log.level", &c.Log.Level),
		text("log.format", &c.Log.Format),
	}
}

func text(key string, field *string) Setting {
	asIs := func(s string) string { return s }
	return value(key, field, func(s string) (string, error) { return s, nil }, asIs)
}

func duration(key string, field *time.Duration) Setting {
	return value(key, field, parseDuration, formatDuration)
}

func value[T any](key string, field *T, parse func(string) (T, error), format func(T) string) Setting {
	return Setting{
		Key: key,
		get: func() string { return format(*field) },
		set: func(s string) error {
			v, err := parse(strings.TrimSpace(s))
			if err == nil {
				*field = v
			}
			return err
		},
	}
}

func list[T any](key string, field *[]T, parse func(string) (T, error), format func(T) string) Setting {
	return Setting{
		Key: key, List: true,
		get: func() string {
			words := make([]string, len(*field))
			for i, v := range *field {
				words[i] = format(v)
			}
			return strings.Join(words, ",")
		},
		set: func(s string) error {
			var values []T
			for word := range strings.SplitSeq(s, ",") {
				if word = strings.TrimSpace(word); word == "" {
					continue
				}
				v, err := parse(word)
				if err != nil {
					return err
				}
				values = append(values, v)
			}
			*field = values
			return nil
		},
	}
}

func parseVersion(s string) (ocpi.Version, error) { return ocpi.Version(s), nil }

func formatVersion(v ocpi.Version) string { return string(v) }

// parseContracts reads PREFIX=CC*PID.
func parseContracts(s string) (routing.ContractsOf, error) {
	prefix, party, found := strings.Cut(s, "=")
	emsp, err := ocpi.ParsePartyID(strings.TrimSpace(party))
	if prefix = strings.TrimSpace(prefix); !found || strings.Trim(prefix, "-*") == "" || err != nil {
		return routing.ContractsOf{}, fmt.Errorf("want PREFIX=CC*PID such as NL-TNM=NL*TNM, got %q", s)
	}
	return routing.ContractsOf{Prefix: prefix, EMSP: emsp}, nil
}

func formatContracts(c routing.ContractsOf) string { return c.Prefix + "=" + c.EMSP.String() }

func parseDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, fmt.Errorf("want a duration such as 30s or 5m, got %q", s)
	}
	return d, nil
}

// formatDuration drops the zero parts that Duration.String writes: 5m, not 5m0s.
func formatDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func parseBool(s string) (bool, error) {
	if s != "true" && s != "false" {
		return false, fmt.Errorf("want true or false, got %q", s)
	}
	return s == "true", nil
}

func parseCount(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0, fmt.Errorf("want a whole number, got %q", s)
	}
	return n, nil
}

func parseRate(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("want a number, got %q", s)
	}
	return f, nil
}

func formatRate(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// parseNetwork reads a CIDR, or a lone address as the network of just that one.
func parseNetwork(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("want a network such as 10.0.0.0/8, got %q", s)
	}
	return p.Masked(), nil
}
