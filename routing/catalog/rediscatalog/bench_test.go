package rediscatalog_test

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/internal/redisconn"
	"github.com/ocpihub/ocpihub/internal/redistest"
	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
	"github.com/ocpihub/ocpihub/routing/catalog/rediscatalog"
)

// location is one as they are in the field: about 1,170 bytes for each EVSE when
// it has two or three.
func location(id string, evses int) []byte {
	var list []string
	for i := range evses {
		list = append(list, fmt.Sprintf(`{"uid":"%[1]s-%[2]d","evse_id":"DE*ABC*E%[1]s%[2]d","status":"AVAILABLE","capabilities":["RFID_READER","REMOTE_START_STOP_CAPABLE","RESERVABLE"],`+
			`"connectors":[{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","max_voltage":230,"max_amperage":32,"max_electric_power":22000,"tariff_ids":["11"],"last_updated":"2026-01-01T00:00:00Z"},`+
			`{"id":"2","standard":"IEC_62196_T2_COMBO","format":"SOCKET","power_type":"DC","max_voltage":400,"max_amperage":125,"max_electric_power":50000,"tariff_ids":["12"],"last_updated":"2026-01-01T00:00:00Z"}],`+
			`"physical_reference":"%[2]d","floor_level":"-1","coordinates":{"latitude":"51.047599","longitude":"3.729944"},"directions":[{"language":"en","text":"Behind the barrier, second row on the left"}],"last_updated":"2026-01-01T00:00:00Z"}`, id, i))
	}
	return fmt.Appendf(nil, `{"country_code":"DE","party_id":"ABC","id":%q,"publish":true,"name":"Station %[1]s","address":"F.Rooseveltlaan 3A","city":"Gent","postal_code":"9000","country":"BEL",`+
		`"coordinates":{"latitude":"51.047599","longitude":"3.729944"},"parking_type":"ON_STREET","evses":[%s],"operator":{"name":"BeCharged","website":"https://www.example.com/becharged"},`+
		`"time_zone":"Europe/Brussels","opening_times":{"twentyfourseven":true},"charging_when_closed":true,"images":[{"url":"https://www.example.com/images/%[1]s/overview.jpg","thumbnail":"https://www.example.com/images/%[1]s/thumbnail.jpg","category":"LOCATION","type":"jpeg","width":1280,"height":768}],"last_updated":"2026-01-01T00:00:00Z"}`,
		id, strings.Join(list, ","))
}

func ownerOf(i int) ocpi.PartyID { return ocpi.NewPartyID("DE", fmt.Sprintf("A%02d", i%100)) }

func putAt(t testing.TB, s catalog.Store, owner ocpi.PartyID, id string, body []byte) {
	t.Helper()
	k := catalog.Key{Module: ocpi.Locations, Owner: owner, ID: id}
	if _, err := s.Apply(t.Context(), catalog.Change{Key: k, Op: catalog.Put, Body: body, At: time.Now()}); err != nil {
		t.Error(err)
	}
}

// fill puts n locations of 100 owners and returns EVSEs and bytes of JSON.
func fill(t testing.TB, s catalog.Store, n int) (evses, bytes int) {
	t.Helper()
	for i := range n {
		evses += 2 + i%2
		bytes += len(location(strconv.Itoa(i), 2+i%2))
	}
	inParallel(64, n, func(i int) { id := strconv.Itoa(i); putAt(t, s, ownerOf(i), id, location(id, 2+i%2)) })
	return evses, bytes
}

func inParallel(workers, n int, do func(i int)) {
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			for i := w; i < n; i += workers {
				do(i)
			}
		})
	}
	group.Wait()
}

// BenchmarkStatusPatch shows that the size of a location does not matter to a
// status change.
func BenchmarkStatusPatch(b *testing.B) {
	for _, evses := range []int{1, 200} {
		b.Run(fmt.Sprint(evses, "-EVSEs"), func(b *testing.B) {
			s := open(b, redistest.Fresh(b))
			inParallel(64, 64, func(i int) { putAt(b, s, ownerOf(i), "L", location("L", evses)) })
			b.ResetTimer()
			inParallel(64, b.N, func(i int) {
				_, err := s.Apply(b.Context(), catalog.Change{
					Key:  catalog.Key{Module: ocpi.Locations, Owner: ownerOf(i % 64), ID: "L"},
					Part: catalog.Part{EVSE: "L-0"}, Op: catalog.Patch,
					Body: fmt.Appendf(nil, `{"status":"S%d","last_updated":"2026-01-01T00:00:00Z"}`, i), At: time.Now(),
				})
				if err != nil {
					b.Error(err)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}

// BenchmarkNewLocations puts new locations, of 100 owners or all of one.
func BenchmarkNewLocations(b *testing.B) {
	for _, owners := range []int{1, 100} {
		b.Run(fmt.Sprint(owners, "-owners"), func(b *testing.B) {
			s := open(b, redistest.Fresh(b))
			inParallel(64, b.N, func(i int) { id := strconv.Itoa(i); putAt(b, s, ownerOf(i%owners), id, location(id, 2)) })
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "writes/s")
		})
	}
}

// BenchmarkPages reads pages of 100 of 40,000 locations, and tells what they cost
// in memory.
func BenchmarkPages(b *testing.B) {
	setup := redistest.Single(b, "appendonly no", "save \"\"")
	c := redistest.Open(b, setup, redisconn.Options{})
	s := rediscatalog.New(c)
	before := used(b, c)
	evses, bytes := fill(b, s, 40_000)
	cost := float64(used(b, c) - before)
	b.Run("memory", func(b *testing.B) {
		for b.Loop() { // measured once, above
		}
		b.ReportMetric(float64(bytes)/float64(evses), "JSON-B/EVSE")
		b.ReportMetric(cost/float64(evses), "RAM-B/EVSE")
		b.ReportMetric(cost/float64(bytes), "RAM/JSON")
		b.ReportMetric(0, "ns/op")
	})
	list := func(b *testing.B, q catalog.Query) catalog.Page {
		page, err := s.List(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		return page
	}
	all := catalog.Query{Module: ocpi.Locations, Limit: 100}
	last, offset, dated := all, all, all
	last.Cursor, offset.Offset, dated.From = list(b, catalog.Query{Module: ocpi.Locations, Offset: 39_899, Limit: 1}).Next, 39_900, time.Unix(1, 0)
	for _, c := range []struct {
		name  string
		query catalog.Query
	}{{"first", all}, {"last-by-cursor", last}, {"last-by-offset", offset}, {"first-with-dates", dated}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if page := list(b, c.query); len(page.Objects) != 100 {
					b.Fatalf("%d objects on the page", len(page.Objects))
				}
			}
		})
	}
}

func used(t testing.TB, c *redisconn.Client) int {
	t.Helper()
	info, err := c.InfoMap(t.Context(), "memory").Result()
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(info["Memory"]["used_memory"])
	if err != nil {
		t.Fatal(err)
	}
	return n
}
