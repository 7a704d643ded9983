package hub

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/parties"
	"github.com/ocpihub/ocpihub/routing"
)

// Config is everything that an operator can set. Settings names the keys;
// Verify says whether the values make sense together.
type Config struct {
	Listen      string // address of the OCPI front-end
	PublicURL   string // base of every URL that parties are given
	DataDir     string // everything that the hub keeps
	TLS         TLSConfig
	Admin       AdminConfig
	Hub         IdentityConfig
	Versions    []ocpi.Version // OCPI versions offered
	Registry    RegistryConfig
	NATS        NATSConfig
	Policy      PolicyConfig
	Validation  ValidationConfig
	Bridge      BridgeConfig
	Forward     ForwardConfig
	Authorize   AuthorizeConfig
	Delivery    DeliveryConfig
	Retention   RetentionConfig
	Pull        PullConfig
	Journal     JournalConfig
	Alive       AliveConfig
	Alerts      AlertsConfig
	Guard       GuardConfig
	Credentials CredentialsConfig
	Limits      LimitsConfig
	Egress      EgressConfig
	Log         LogConfig
}

// TLSConfig names the PEM files for TLS on the OCPI front-end. A client CA
// makes it mutual TLS.
type TLSConfig struct{ CertFile, KeyFile, ClientCAFile string }

// AdminConfig is the operator's door.
type AdminConfig struct {
	Listen    string
	TokenFile string // empty: admin.token in the data directory
}

// IdentityConfig is the hub's own OCPI party.
type IdentityConfig struct{ CountryCode, PartyID, Name string }

// RegistryConfig says where registry and catalog live; empty: in the data
// directory.
type RegistryConfig struct {
	RedisURL string
	// SealKeyFile holds the key that seals the tokens of the hub; empty: the
	// hub makes one and keeps it.
	SealKeyFile string
	// WaitReplicas is how many replicas of Redis must have a write before it is
	// acknowledged.
	WaitReplicas int
}

// NATSConfig says where the stream of changes lives; empty: in the process.
type NATSConfig struct {
	URL, CredsFile string
	Replicas       int
}

// PolicyConfig says who may exchange with whom.
type PolicyConfig struct{ Default string }

// Who may exchange.
const (
	PolicyOpen        = string(parties.PolicyOpen)        // any two parties of fitting roles
	PolicyByAgreement = string(parties.PolicyByAgreement) // only what an agreement in force allows
)

// ValidationConfig says what happens to a pushed object with structural faults,
// and by whose tokens an eMSP may command.
type ValidationConfig struct{ Mode, CommandTokens string }

// Whose tokens a command may hold.
const (
	CommandTokensAny = "any" // the CPO decides
	CommandTokensOwn = "own" // those of the party that sends it
)

// The modes of validation.
const (
	ValidationEnforce = "enforce" // refused
	ValidationReport  = "report"  // passed on, and reported
)

// ForwardConfig bounds how long a forwarded request may take.
type ForwardConfig struct {
	Timeout time.Duration
	// Timeouts are for one module each; zero: as Timeout.
	Timeouts ModuleTimeouts
}

// ModuleTimeouts bound how long a forwarded request of one module may take.
type ModuleTimeouts struct {
	Locations, Sessions, CDRs, Tariffs, Tokens, Commands, ChargingProfiles time.Duration
}

// timeouts are the bounds as the router takes them.
func (f *ForwardConfig) timeouts() routing.Timeouts {
	out := routing.Timeouts{Default: f.Timeout, Modules: map[ocpi.ModuleID]time.Duration{}}
	for module, own := range f.Timeouts.byModule() {
		if *own > 0 {
			out.Modules[module] = *own
		}
	}
	return out
}

// longest is the highest of the bounds.
func (f *ForwardConfig) longest() time.Duration {
	longest := f.Timeout
	for _, own := range f.Timeouts.byModule() {
		longest = max(longest, *own)
	}
	return longest
}

func (t *ModuleTimeouts) byModule() map[ocpi.ModuleID]*time.Duration {
	return map[ocpi.ModuleID]*time.Duration{
		ocpi.Locations: &t.Locations, ocpi.Sessions: &t.Sessions, ocpi.CDRs: &t.CDRs, ocpi.Tariffs: &t.Tariffs,
		ocpi.Tokens: &t.Tokens, ocpi.Commands: &t.Commands, ocpi.ChargingProfiles: &t.ChargingProfiles,
	}
}

// AuthorizeConfig bounds real-time authorisation: how long it may take as a
// whole, and how many eMSPs are asked at a time about an unknown token.
type AuthorizeConfig struct {
	Timeout time.Duration
	FanOut  int
	// Contracts tell which eMSP is asked about an EMAID that nobody pushed, by its
	// beginning.
	Contracts []routing.ContractsOf
}

// DeliveryConfig rules the fan-out of pushes.
type DeliveryConfig struct {
	CatchUp   string
	Retention time.Duration // how long the stream keeps a change
	MaxBytes  ByteSize      // and how much of all at most
	Shards    int           // over which platforms are spread; 0: as many as suit
}

// What a party that was away gets when it is back.
const (
	CatchUpLatest = "latest" // the newest state of each object that changed
	CatchUpNone   = "none"
)

// RetentionConfig says how long the hub keeps its copies of sessions and CDRs
// after they last changed; 0 is for good.
type RetentionConfig struct{ Sessions, CDRs time.Duration }

// PullConfig rules the pulling from the Sender interfaces of platforms.
type PullConfig struct {
	Mode     string
	Interval time.Duration // between two pulls of one platform
	PageSize int           // objects asked for on a page
}

// When platforms are pulled.
const (
	PullAuto   = "auto"   // when they connect, and later what they do not push
	PullAlways = "always" // when they connect, and later everything
	PullNever  = "never"  // only on the operator's order
)

// JournalConfig bounds the message log by age and size. Without an age none is
// kept.
type JournalConfig struct {
	MaxAge   time.Duration
	MaxBytes ByteSize
	// Bodies are kept, masked, only if they are asked for, and for less long.
	Bodies       bool
	BodiesMaxAge time.Duration
}

// AliveConfig rules when a platform is pinged and when it counts as OFFLINE.
type AliveConfig struct {
	Interval time.Duration // silence before a ping
	Failures int           // failures in a row that make it OFFLINE
}

// CredentialsConfig bounds how long an old token lives after a renewal, and says
// how long changes are gathered before platforms of OCPI 2.3.0 are told of them by
// one.
type CredentialsConfig struct{ Grace, Gather time.Duration }

// EgressConfig lists the private, loopback or link-local networks that the hub
// may call.
// CAFile names a PEM file with certificates that it trusts beside the system's.
type EgressConfig struct {
	Allow  []netip.Prefix
	CAFile string
}

// LogConfig rules the log. An empty format is text on a terminal, else JSON.
type LogConfig struct{ Level, Format string }

const day = 24 * time.Hour

// Defaults returns the configuration that runs with nothing set.
func Defaults() Config {
	return Config{
		Listen:      ":8080",
		PublicURL:   "http://localhost:8080",
		DataDir:     "./data",
		Admin:       AdminConfig{Listen: "127.0.0.1:8081"},
		Hub:         IdentityConfig{CountryCode: "NL", PartyID: "HUB", Name: "OCPI Hub"},
		Versions:    slices.Clone(spoken),
		NATS:        NATSConfig{Replicas: 1},
		Policy:      PolicyConfig{Default: PolicyOpen},
		Validation:  ValidationConfig{Mode: ValidationEnforce, CommandTokens: CommandTokensAny},
		Bridge:      defaultBridge(),
		Forward:     ForwardConfig{Timeout: 30 * time.Second},
		Authorize:   AuthorizeConfig{Timeout: 3 * time.Second, FanOut: 16},
		Delivery:    DeliveryConfig{CatchUp: CatchUpLatest, Retention: 24 * time.Hour, MaxBytes: 2 * GiB},
		Retention:   RetentionConfig{Sessions: 90 * day, CDRs: 400 * day},
		Pull:        PullConfig{Mode: PullAuto, Interval: 6 * time.Hour, PageSize: 100},
		Journal:     JournalConfig{MaxAge: 7 * day, MaxBytes: 5 * GiB, BodiesMaxAge: day},
		Alive:       AliveConfig{Interval: 5 * time.Minute, Failures: 2},
		Alerts:      defaultAlerts(),
		Guard:       defaultGuard(),
		Credentials: CredentialsConfig{Grace: time.Minute, Gather: 10 * time.Second},
		Limits:      defaultLimits(),
		Log:         LogConfig{Level: "info"},
	}
}

// Party is the hub's own party.
func (c *Config) Party() ocpi.PartyID { return ocpi.NewPartyID(c.Hub.CountryCode, c.Hub.PartyID) }

// VersionsURL is the URL of the hub's version list: what a partner is given.
func (c *Config) VersionsURL() string {
	return strings.TrimRight(c.PublicURL, "/") + "/ocpi/versions"
}

// AdminTokenFile is where the token of the admin API is kept.
func (c *Config) AdminTokenFile() string {
	if c.Admin.TokenFile != "" {
		return c.Admin.TokenFile
	}
	return filepath.Join(c.DataDir, "admin.token")
}

// Masked returns a copy that may be shown: the user part of every URL that can
// carry a password is hidden.
func (c *Config) Masked() Config {
	m := *c
	m.Versions = slices.Clone(c.Versions)
	m.Egress.Allow = slices.Clone(c.Egress.Allow)
	m.Authorize.Contracts = slices.Clone(c.Authorize.Contracts)
	m.PublicURL = maskUser(c.PublicURL)
	m.Registry.RedisURL = maskOption(maskUser(c.Registry.RedisURL), "sentinel_password")
	m.NATS.URL = maskUser(c.NATS.URL)
	m.Alerts.Webhook.URL = maskSecret(c.Alerts.Webhook.URL)
	return m
}

// maskOption hides the value of an option behind the question mark of a URL.
func maskOption(s, option string) string {
	before, after, found := strings.Cut(s, option+"=")
	if !found {
		return s
	}
	_, more, _ := strings.Cut(after, "&")
	if more != "" {
		more = "&" + more
	}
	return before + option + "=***" + more
}

// maskUser hides everything between the first scheme and the last host of a
// URL or a list of them. It does not parse: what cannot be parsed may hold a
// password as well.
func maskUser(s string) string {
	at := strings.LastIndex(s, "@")
	if at < 0 {
		return s
	}
	scheme, _, found := strings.Cut(s[:at], "://")
	if !found {
		return "***" + s[at:]
	}
	return scheme + "://***" + s[at:]
}
