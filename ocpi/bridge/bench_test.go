package bridge_test

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// fourEVSEs is a location with four EVSEs of two connectors, about 4 KB.
func fourEVSEs() []byte {
	var evses []string
	for i := range 4 {
		evses = append(evses, fmt.Sprintf(`{"uid":"NL-ABC-E%04d","evse_id":"NL*ABC*E%04d*1","status":"AVAILABLE",
			"capabilities":["REMOTE_START_STOP_CAPABLE","RFID_READER","CONTACTLESS_CARD_SUPPORT"],
			"connectors":[{"id":"1","standard":"IEC_62196_T2","format":"SOCKET","power_type":"AC_3_PHASE","max_voltage":400,"max_amperage":32,"max_electric_power":22000,"tariff_ids":["T-STANDARD","T-ADHOC"],"last_updated":"2026-03-01T10:11:12Z"},
			{"id":"2","standard":"IEC_62196_T2_COMBO","format":"CABLE","power_type":"DC","max_voltage":920,"max_amperage":250,"max_electric_power":150000,"tariff_ids":["T-FAST"],"last_updated":"2026-03-01T10:11:12Z"}],
			"physical_reference":"%d","floor_level":"0","coordinates":{"latitude":"52.370216","longitude":"4.895168"},"last_updated":"2026-03-01T10:11:12Z"}`, i, i, i))
	}
	return []byte(`{"country_code":"NL","party_id":"ABC","id":"LOC-0001","publish":true,"name":"Dam","address":"Dam 1","city":"Amsterdam","postal_code":"1012JS","state":"Noord-Holland","country":"NLD",
		"coordinates":{"latitude":"52.370216","longitude":"4.895168"},"parking_type":"ON_STREET","facilities":["RESTAURANT","TRAM_STOP"],"time_zone":"Europe/Amsterdam",
		"operator":{"name":"ABC Charging","website":"https://abc.example"},"opening_times":{"twentyfourseven":true},"energy_mix":{"is_green_energy":true,"environ_impact":[{"category":"CARBON_DIOXIDE","amount":0}]},
		"evses":[` + strings.Join(evses, ",") + `],"last_updated":"2026-03-01T10:11:12Z"}`)
}

// cpuTime is what the process has used, its collection of garbage included: on a
// machine that is busy the clock tells nothing.
func cpuTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func BenchmarkALocationOfFourEVSEs(b *testing.B) {
	at221 := fourEVSEs()
	s := bridge.Surroundings{Owner: ocpi.NewPartyID("NL", "ABC"), Now: time.Now()}
	down, err := bridge.Translate(bridge.Location, "2.2.1", "2.1.1", at221, s)
	if err != nil || down.Withheld != nil {
		b.Fatal(err, down.Withheld)
	}
	for _, way := range []struct {
		from, to ocpi.Version
		body     []byte
	}{{"2.2.1", "2.1.1", at221}, {"2.1.1", "2.2.1", down.Body}, {"2.3.0", "2.2.1", at221}, {"2.2.1", "2.3.0", at221}, {"2.3.0", "2.1.1", at221}} {
		b.Run(fmt.Sprintf("%s to %s, %d bytes", way.from, way.to, len(way.body)), func(b *testing.B) {
			b.ReportAllocs()
			before := cpuTime(b)
			for b.Loop() {
				if _, err := bridge.Translate(bridge.Location, way.from, way.to, way.body, s); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(cpuTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}
