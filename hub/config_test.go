package hub_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/hub"
)

func setting(t *testing.T, c *hub.Config, key string) hub.Setting {
	t.Helper()
	for _, s := range c.Settings() {
		if s.Key == key {
			return s
		}
	}
	t.Fatalf("there is no key %q", key)
	return hub.Setting{}
}

func TestTheDefaultsAreValid(t *testing.T) {
	c := hub.Defaults()
	if err := c.Verify(); err != nil {
		t.Error(err)
	}
}

func TestEverySettingReadsItsOwnText(t *testing.T) {
	c := hub.Defaults()
	if err := setting(t, &c, "egress.allow").Set("10.0.0.0/8, ::1, 127.0.0.1"); err != nil {
		t.Fatal(err)
	}
	want := c
	for _, s := range c.Settings() {
		if err := s.Set(s.Text()); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff(want, c, cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
	if got, want := setting(t, &c, "egress.allow").Text(), "10.0.0.0/8,::1/128,127.0.0.1/32"; got != want {
		t.Errorf("egress.allow is %q, want %q", got, want)
	}
}

func TestKeysAndVariablesAreUnique(t *testing.T) {
	c := hub.Defaults()
	seen := map[string]bool{}
	for _, s := range c.Settings() {
		if seen[s.Key] || seen[s.EnvName()] {
			t.Errorf("%s is there twice", s.Key)
		}
		seen[s.Key], seen[s.EnvName()] = true, true
	}
}

func TestTheVariableOfAKeyHasUnderscoresForDots(t *testing.T) {
	c := hub.Defaults()
	if got, want := setting(t, &c, "registry.redis_url").EnvName(), "OCPI_HUB_REGISTRY_REDIS_URL"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestABadValueIsRefusedByItsKey(t *testing.T) {
	for key, values := range map[string][]string{
		"listen":                     {"", "8080", "host", ":http", ":70000", "a:b:c"},
		"public_url":                 {"", "hub.example.com", "ftp://hub", "http://", "https://u:p@hub", "https://hub?x", "https://hub#x", "https://hub/?"},
		"data_dir":                   {""},
		"tls.cert_file":              {},
		"admin.listen":               {"", "localhost"},
		"hub.country_code":           {"", "N", "NLD", "N*"},
		"hub.party_id":               {"", "HU", "HUBB", "H-B"},
		"hub.name":                   {"", strings.Repeat("x", 101)},
		"versions":                   {"", "2.2", "2.2.1,3.0", "2.2.1,2.2.1", "x"},
		"registry.redis_url":         {"localhost:6379", "http://localhost", "redis://", "redis://localhost:x", "redis://localhost?x=1"},
		"registry.seal_key_file":     {},
		"registry.wait_replicas":     {"-1", "1", "x"},
		"nats.url":                   {"localhost", "nats://", "http://localhost", "nats://u:s3c,ret@one", "nats://a:99999", "nats://a/x", "nats://a?x=y", ","},
		"nats.creds_file":            {"hub.creds"},
		"nats.replicas":              {"0", "3", "x"},
		"policy.default":             {"", "closed"},
		"validation.mode":            {"", "off"},
		"validation.command_tokens":  {"", "mine"},
		"bridge.time_zone":           {"", "Local", "CET+1", "Europe/Atlantis", "../passwd"},
		"bridge.command_timeout":     {"", "0s", "-30s", "1500ms", "30"},
		"bridge.unspecified_fields":  {"", "cut"},
		"bridge.long_addresses":      {"", "drop"},
		"bridge.connector_types_211": {"", "TESLA_S"},
		"bridge.connector_types_221": {"", "yes"},
		"bridge.sae_j3400":           {"", "drop", "tesla_s"},
		"bridge.closed_parking":      {"", "keep"},
		"bridge.credit_cdrs":         {"", "true"},
		"forward.timeout":            {"", "0s", "-1s", "30", "soon"},
		"delivery.catch_up":          {"", "all"},
		"delivery.retention":         {"0s", "1d"},
		"delivery.max_bytes":         {"", "1KiB", "-1", "much"},
		"retention.sessions":         {"", "-1s", "90d"},
		"retention.cdrs":             {"", "-1s", "never"},
		"journal.max_age":            {"", "-1s", "never"},
		"journal.max_bytes":          {"", "1KiB", "-1", "much"},
		"journal.bodies":             {"", "yes", "1"},
		"journal.bodies_max_age":     {"", "never"},
		"authorize.timeout":          {"", "0s", "-1s", "3"},
		"authorize.fan_out":          {"", "0", "-1", "all"},
		"authorize.contracts":        {"NL-TNM", "NL-TNM=TNM", "-=NL*TNM", "=NL*TNM"},
		"delivery.shards":            {"", "-1", "257", "many"},
		"forward.timeouts.tokens":    {"", "-1s", "soon"},
		"alive.interval":             {"0s", "5"},
		"alive.failures":             {"0", "-1", "two"},
		"credentials.grace":          {"-1s", "60"},
		"credentials.gather":         {"0s", "-1s", "10"},
		"limits.body_bytes":          {"0", "-1", "4MB", "2GiB", "9999999999GiB", "4 M"},
		"limits.requests_per_second": {"0", "-1", "NaN", "Inf", "fast"},
		"limits.burst":               {"0", "1.5"},
		"egress.allow":               {"localhost", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/8,x"},
		"log.level":                  {"", "trace", "INFO+1"},
		"log.format":                 {"xml"},
	} {
		for _, value := range values {
			t.Run(key+"="+value, func(t *testing.T) {
				c := hub.Defaults()
				err := setting(t, &c, key).Set(value)
				if err == nil {
					err = c.Verify()
				}
				if key == "egress.allow" && value == "10.0.0.0" {
					if err != nil {
						t.Errorf("a lone address is a network of one, got %v", err)
					}
					return
				}
				if err == nil || !strings.HasPrefix(err.Error(), key+": ") {
					t.Errorf("got error %v, want one that begins with %q", err, key+": ")
				}
			})
		}
	}
}

func TestTLSFilesBelongTogether(t *testing.T) {
	for _, tt := range []struct {
		tls  hub.TLSConfig
		want string
	}{
		{hub.TLSConfig{}, ""},
		{hub.TLSConfig{CertFile: "c", KeyFile: "k"}, ""},
		{hub.TLSConfig{CertFile: "c", KeyFile: "k", ClientCAFile: "a"}, ""},
		{hub.TLSConfig{CertFile: "c"}, "tls.key_file"},
		{hub.TLSConfig{KeyFile: "k"}, "tls.cert_file"},
		{hub.TLSConfig{ClientCAFile: "a"}, "tls.client_ca_file"},
	} {
		c := hub.Defaults()
		c.TLS = tt.tls
		err := c.Verify()
		if (tt.want == "") != (err == nil) || err != nil && !strings.HasPrefix(err.Error(), tt.want+":") {
			t.Errorf("%+v: got %v, want %q named", tt.tls, err, tt.want)
		}
	}
}

func TestVerifyTellsEverythingAtOnce(t *testing.T) {
	c := hub.Defaults()
	c.Listen, c.Log.Level = "x", "x"
	err := c.Verify()
	for _, key := range []string{"listen: ", "log.level: "} {
		if err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("got %v, want %s named", err, key)
		}
	}
}

func TestPasswordsAreNeitherShownNorRepeated(t *testing.T) {
	c := hub.Defaults()
	c.Registry.RedisURL = "redis://user:s3cret@db:x?db=1&sentinel_password=s3cret&master=m"
	c.NATS.URL = "nats://u:s3c,ret@one,nats://u:s3c@ret@two"
	c.PublicURL = "https://u:s3cret@hub"
	if err := c.Verify(); err == nil || strings.Contains(err.Error(), "s3c") {
		t.Errorf("got %v, want errors without the password", err)
	}
	m := c.Masked()
	got := []string{m.Registry.RedisURL, m.NATS.URL, m.PublicURL}
	want := []string{"redis://***@db:x?db=1&sentinel_password=***&master=m", "nats://***@two", "https://***@hub"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheAdminTokenLiesInTheDataDirectoryUnlessNamed(t *testing.T) {
	c := hub.Defaults()
	c.DataDir = "/var/lib/hub"
	if got, want := c.AdminTokenFile(), filepath.FromSlash("/var/lib/hub/admin.token"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	c.Admin.TokenFile = "/run/token"
	if got := c.AdminTokenFile(); got != "/run/token" {
		t.Errorf("got %s, want the file that was named", got)
	}
}

func TestTheVersionsURLHasOneSlashWhateverThePublicURLEndsWith(t *testing.T) {
	for _, public := range []string{"https://hub.example.com/x", "https://hub.example.com/x/"} {
		c := hub.Defaults()
		c.PublicURL = public
		if got, want := c.VersionsURL(), "https://hub.example.com/x/ocpi/versions"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestEverySizeReadsItsOwnText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := hub.ByteSize(rapid.Int64Min(0).Draw(t, "size"))
		got, err := hub.ParseByteSize(want.String())
		if err != nil || got != want {
			t.Errorf("%s: got %d, %v, want %d", want, got, err, want)
		}
	})
	if got, err := hub.ParseByteSize("4 MiB"); err != nil || got != 4<<20 {
		t.Errorf("got %d, %v, want 4 MiB", got, err)
	}
}

func TestTheSampleNamesEveryKey(t *testing.T) {
	sample, err := os.ReadFile(filepath.Join("..", "docs", "hub.sample.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c := hub.Defaults()
	for _, s := range c.Settings() {
		name := s.Key[strings.LastIndex(s.Key, ".")+1:]
		if !strings.Contains(string(sample), name+":") {
			t.Errorf("docs/hub.sample.yaml does not show %s", s.Key)
		}
	}
}
