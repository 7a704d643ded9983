package main

import (
	"context"
	"flag"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/ocpihub/ocpihub/hub"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/ocpitest"
	"github.com/ocpihub/ocpihub/parties"
)

var (
	cpo  = ocpi.NewPartyID("DE", "ABC")
	emsp = ocpi.NewPartyID("NL", "TNM")
)

// stage is a hub with a CPO and an eMSP in this process.
type stage struct {
	hub  *hub.Hub
	cpo  *ocpitest.Platform
	body []byte
}

func start(b *testing.B, edit func(*hub.Config)) *stage {
	b.Helper()
	cfg := hub.Defaults()
	cfg.Listen, cfg.Admin.Listen, cfg.PublicURL, cfg.DataDir = "127.0.0.1:0", "127.0.0.1:0", "", b.TempDir()
	cfg.Egress.Allow = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	cfg.Limits.RequestsPerSecond, cfg.Limits.Burst, cfg.Pull.Mode = 1e6, 1e6, hub.PullNever
	edit(&cfg)
	h, err := hub.Start(b.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = h.Close(context.Background()) })
	s := &stage{hub: h, cpo: join(b, h, ocpi.CPO, cpo), body: []byte(`{"status":"CHARGING","last_updated":"2026-01-01T00:00:00Z"}`)}
	join(b, h, ocpi.EMSP, emsp)
	s.must(b, "PUT", "DE/ABC/L1", []byte(`{"country_code":"DE","party_id":"ABC","id":"L1","publish":true,"address":"Dam 1","city":"Amsterdam","country":"NLD",`+
		`"coordinates":{"latitude":"52.370216","longitude":"4.895168"},"time_zone":"Europe/Amsterdam","evses":[{"uid":"E1","status":"AVAILABLE",`+
		`"connectors":[{"id":"1","standard":"IEC_62196_T2","format":"SOCKET","power_type":"AC_3_PHASE","max_voltage":230,"max_amperage":32,`+
		`"last_updated":"2025-01-01T00:00:00Z"}],"last_updated":"2025-01-01T00:00:00Z"}],"last_updated":"2025-01-01T00:00:00Z"}`))
	return s
}

func join(b *testing.B, h *hub.Hub, role ocpi.Role, id ocpi.PartyID) *ocpitest.Platform {
	b.Helper()
	p, err := ocpitest.New(ocpitest.Options{Name: id.String(), Parties: []ocpitest.Party{{Role: role, ID: id}}, CallsKept: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(p.Close)
	_, token, err := h.Registry().Invite(b.Context(), id.String(), []parties.Claim{{Role: role, Party: id}})
	if err == nil {
		err = p.Register(b.Context(), h.VersionsURL(), token)
	}
	if err != nil {
		b.Fatal(err)
	}
	return p
}

func (s *stage) must(b *testing.B, method, path string, body []byte) {
	reply, err := s.cpo.Do(context.Background(), ocpitest.Request{
		Module: ocpi.Locations, Interface: ocpi.Receiver, Method: method, From: cpo, To: emsp, Path: path, Body: body,
	})
	if err != nil || !reply.OK() {
		b.Error(err, reply.Err())
	}
}

// messages sends n messages to one party over 8 connections, and returns how long
// each took.
func (s *stage) messages(b *testing.B, n int) []time.Duration {
	took := make([]time.Duration, n)
	var group sync.WaitGroup
	next := make(chan int)
	for range 8 {
		group.Go(func() {
			for i := range next {
				began := time.Now()
				s.must(b, "PATCH", "DE/ABC/L1/E1", s.body)
				took[i] = time.Since(began)
			}
		})
	}
	for i := range took {
		next <- i
	}
	close(next)
	group.Wait()
	return took
}

// at is a quantile of durations, in milliseconds.
func at(q float64, took []time.Duration) float64 {
	slices.Sort(took)
	return float64(took[int(q*float64(len(took)-1))].Microseconds()) / 1000
}

// How much is measured, for machines that are busy:
//
//	go test ./e2e/load -run '^$' -bench Journal -benchtime 1x -args -messages 500
var (
	rounds   = flag.Int("rounds", 9, "how often both states are measured; the median of the ratios counts")
	messages = flag.Int("messages", 2000, "how many messages make one measurement")
)

// BenchmarkDirectRoutingWithTheJournalIn compares the p99 of messages to one party
// while JetStream takes the message log with that while it does not, in turns on
// one hub. The goal is a ratio of 1.2 at most.
func BenchmarkDirectRoutingWithTheJournalIn(b *testing.B) {
	for name, trouble := range map[string]func(*testing.B, jetstream.JetStream, *nats.Conn) (end func()){"aStreamThatHangs": hangs, "aStreamThatIsFull": full} {
		b.Run(name, func(b *testing.B) {
			s := start(b, func(*hub.Config) {})
			js, err := jetstream.New(s.hub.Stream())
			if err != nil {
				b.Fatal(err)
			}
			s.messages(b, *messages)
			for b.Loop() {
				var well, ill, ratios []float64
				for range *rounds {
					end := trouble(b, js, s.hub.Stream())
					s.messages(b, *messages/10) // until the log has noticed
					q := at(0.99, s.messages(b, *messages))
					end()
					s.messages(b, *messages/10)
					p := at(0.99, s.messages(b, *messages))
					well, ill, ratios = append(well, p), append(ill, q), append(ratios, q/p)
				}
				b.ReportMetric(median(well), "p99-ms-well")
				b.ReportMetric(median(ill), "p99-ms-ill")
				b.ReportMetric(median(ratios), "ratio")
				b.ReportMetric(float64(s.hub.Dropped()), "dropped")
			}
		})
	}
}

// hangs puts in the place of the stream one who takes and never answers.
func hangs(b *testing.B, js jetstream.JetStream, conn *nats.Conn) (end func()) {
	if err := js.DeleteStream(b.Context(), "OCPI_JOURNAL"); err != nil {
		b.Fatal(err)
	}
	sub, err := conn.Subscribe("ocpi.journal", func(*nats.Msg) {})
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		_ = sub.Unsubscribe()
		for { // it is made again by the next write
			if _, err := js.Stream(b.Context(), "OCPI_JOURNAL"); err == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// full has the stream refuse what comes.
func full(b *testing.B, js jetstream.JetStream, _ *nats.Conn) (end func()) {
	bound := func(bytes int64) {
		stream, err := js.Stream(b.Context(), "OCPI_JOURNAL")
		if err != nil {
			b.Fatal(err)
		}
		cfg := stream.CachedInfo().Config
		cfg.Discard, cfg.MaxBytes = jetstream.DiscardNew, bytes
		if _, err := js.UpdateStream(b.Context(), cfg); err != nil {
			b.Fatal(err)
		}
	}
	bound(1)
	return func() { bound(1 << 30) }
}

// BenchmarkDirectRoutingWithTheJournalOn compares messages to one party on a hub
// that keeps its log, with and without bodies, with those on one that keeps none,
// in turns.
func BenchmarkDirectRoutingWithTheJournalOn(b *testing.B) {
	off := start(b, func(c *hub.Config) { c.Journal.MaxAge = 0 })
	for name, on := range map[string]*stage{
		"records": start(b, func(*hub.Config) {}), "bodies": start(b, func(c *hub.Config) { c.Journal.Bodies = true }),
	} {
		b.Run(name, func(b *testing.B) {
			off.messages(b, *messages)
			on.messages(b, *messages)
			for b.Loop() {
				var mean, p99 []float64
				for range *rounds {
					without, with := off.messages(b, *messages), on.messages(b, *messages)
					mean = append(mean, total(with)/total(without))
					p99 = append(p99, at(0.99, with)/at(0.99, without))
				}
				b.ReportMetric(median(mean), "mean-ratio")
				b.ReportMetric(median(p99), "p99-ratio")
			}
		})
	}
}

func total(took []time.Duration) (sum float64) {
	for _, d := range took {
		sum += d.Seconds()
	}
	return sum
}
