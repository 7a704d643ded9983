package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/ocpihub/ocpihub/internal/cli"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest/sim"
)

// flags are the flags as they are given.
type flags struct {
	parties, faults []string
	versions        []string
	encoding        string
	output          string
	tls             bool
	sim             sim.Config
}

func (f *flags) register(set *pflag.FlagSet, name string) {
	c, p := &f.sim, &f.sim.Platform
	set.StringVar(&p.Name, "name", "Simulated "+strings.ToUpper(name), "name of the business")
	set.StringArrayVar(&f.parties, "party", nil, "party of the platform, CC*PID or ROLE:CC*PID; repeatable (default: the owners of the locations)")
	set.StringVar(&p.Listen, "listen", "127.0.0.1:0", "address to listen on")
	set.StringVar(&p.PublicURL, "public-url", "", "base of the URLs that the hub is given (default: http:// and the address)")
	set.StringVar(&c.VersionsURL, "hub-versions-url", "", "versions URL of the hub to register with")
	set.StringVar(&c.TokenA, "token-a", "", "token A of the invitation, with --hub-versions-url")
	set.StringVar(&c.AcceptToken, "accept-token", "", "wait for the hub to connect with this token")
	set.StringSliceVar(&f.versions, "ocpi", []string{string(ocpi.V221)}, "versions to speak, 2.1.1, 2.2.1 or 2.3.0: the highest that the hub has, too;\nwith 2.1.1 the platform has one party")
	set.StringVar(&f.encoding, "token-encoding", "", "spelling of the token in calls: base64 or raw (default: raw in 2.1.1, base64 later)")
	set.StringVar(&c.Locations, "locations", "", "file with one OCPI location a line, .jsonl or .jsonl.gz (default: a built-in sample)")
	set.IntVar(&c.Tokens, "tokens", 10, "tokens that each eMSP offers")
	set.BoolVar(&c.Publish, "publish", false, "send all locations or tokens to the hub for all, once")
	set.BoolVar(&c.Pull, "pull", false, "get all that the hub has, once, and count it")
	set.Float64Var(&c.PushRate, "push-rate", 0, "status changes of EVSEs to send a second")
	set.IntVar(&c.PushCount, "push-count", 0, "status changes to send at all (default: no end)")
	set.IntVar(&c.Workers, "workers", 8, "calls to make at the same time")
	set.BoolVar(&p.HonourRetryAfter, "retry-after", true, "wait and repeat when the hub answers 429")
	set.BoolVar(&p.Forget, "forget", false, "acknowledge objects without keeping them, for load")
	set.DurationVar(&p.Timeout, "timeout", 30*time.Second, "how long to wait for the hub's answer")
	set.StringArrayVar(&f.faults, "fault", nil, "what to do wrong, as the command faults lists it: relative-link, or\nstatus:503,module=locations,times=3; repeatable")
	set.BoolVar(&f.tls, "tls", false, "serve over TLS, with a certificate that the platform makes for itself")
	set.StringVar(&c.CertificateFile, "certificate-file", "", "file to write that certificate to, for the hub's egress.ca_file")
	set.StringVar(&c.State, "state", "", "file to write what was received to, at the end and on SIGUSR1")
	set.BoolVar(&c.Once, "once", false, "end when the work is done; fails if anything was refused")
	set.StringVarP(&f.output, "output", "o", outputText, "form of the events on standard output: text or json")
}

// config checks the flags and returns what they say.
func (f *flags) config(role ocpi.Role) (sim.Config, error) {
	c := f.sim
	c.Role, c.Platform.CallsKept = role, -1
	c.Platform.TokenEncoding = ocpi.TokenEncoding(f.encoding)
	for _, v := range f.versions {
		if !slices.Contains(ocpi.KnownVersions(), ocpi.Version(v)) {
			return c, cli.Usage("--ocpi: want some of %v, got %q", ocpi.KnownVersions(), v)
		}
		c.Platform.Versions = append(c.Platform.Versions, ocpi.Version(v))
	}
	for _, word := range f.parties {
		party, err := ocpitest.ParseParty(word, role)
		if err != nil {
			return c, cli.Usage("--party: %w", err)
		}
		c.Platform.Parties = append(c.Platform.Parties, party)
	}
	if err := f.addFaults(&c); err != nil {
		return c, err
	}
	if f.tls {
		c.Platform.Certificate = &ocpitest.CertificateOrder{}
	}
	if err := checkOutput(f.output); err != nil {
		return c, err
	}
	return c, verify(c)
}

// addFaults reads what shall go wrong: all the time, or call by call.
func (f *flags) addFaults(c *sim.Config) error {
	for _, word := range f.faults {
		if flaw, err := ocpitest.ParseFlaw(word); err == nil {
			c.Flaws = append(c.Flaws, flaw)
			continue
		}
		fault, err := ocpitest.ParseFault(word)
		if err != nil {
			return cli.Usage("--fault: %w; or one of %s", err, ocpitest.FlawNames())
		}
		c.Faults = append(c.Faults, fault)
	}
	return nil
}

// verify says what is missing or does not go together.
func verify(c sim.Config) error {
	if err := verifyPlatform(c); err != nil {
		return err
	}
	switch {
	case (c.VersionsURL == "") == (c.AcceptToken == ""):
		return cli.Usage("give either --hub-versions-url with --token-a, or --accept-token")
	case (c.VersionsURL == "") != (c.TokenA == ""):
		return cli.Usage("--hub-versions-url and --token-a go together")
	case c.PushRate < 0 || c.PushCount < 0 || c.Workers < 1 || c.Tokens < 0:
		return cli.Usage("--push-rate, --push-count and --tokens cannot be negative, --workers must be 1 or more")
	case c.PushCount > 0 && c.PushRate == 0:
		return cli.Usage("--push-count needs --push-rate")
	}
	return nil
}

// verifyPlatform looks at what the platform itself is.
func verifyPlatform(c sim.Config) error {
	switch enc := c.Platform.TokenEncoding; {
	case enc != "" && enc != ocpi.TokenBase64 && enc != ocpi.TokenRaw:
		return cli.Usage("--token-encoding: want base64 or raw, got %q", enc)
	case c.Role != ocpi.CPO && len(c.Platform.Parties) == 0:
		return cli.Usage("--party: name at least one party")
	case slices.Contains(c.Platform.Versions, ocpi.V211) && len(c.Platform.Parties) != 1:
		return cli.Usage("--party: 2.1.1 knows one party for a connection, name one")
	case c.Platform.Timeout <= 0:
		return cli.Usage("--timeout: want more than 0s, got %s", c.Platform.Timeout)
	}
	return nil
}
