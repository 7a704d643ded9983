package ocpi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/internal/strictjson"
	"github.com/ocpihub/ocpihub/ocpi"
)

// aLocation is a location with as many EVSEs, sound in every field.
func aLocation(evses int) []byte {
	var list []string
	for i := range evses {
		list = append(list, fmt.Sprintf(anEVSE, 3256+i, 41503001+i))
	}
	return []byte(`{"country_code":"BE","party_id":"BEC","id":"LOC1","publish":true,"name":"Gent Zuid","address":"F.Rooseveltlaan 3A",` +
		`"city":"Gent","postal_code":"9000","country":"BEL","coordinates":{"latitude":"51.047599","longitude":"3.729944"},` +
		`"evses":[` + strings.Join(list, ",") + `],"operator":{"name":"BeCharged"},"time_zone":"Europe/Brussels",` +
		`"last_updated":"2015-06-29T20:39:09Z"}`)
}

const anEVSE = `{"uid":"%d","evse_id":"BE*BEC*E0%d","status":"AVAILABLE","capabilities":["RESERVABLE"],` +
	`"connectors":[{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","max_voltage":220,` +
	`"max_amperage":16,"tariff_ids":["11"],"last_updated":"2015-03-16T10:10:02Z"}],"floor_level":"-1","last_updated":"2015-06-28T08:12:01Z"}`

func BenchmarkCheckALocation(b *testing.B) {
	body := aLocation(9) // about 3.9 KB
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if findings := ocpi.CheckObject(ocpi.V221, "Location", body, false); len(findings) > 0 {
			b.Fatal(findings)
		}
	}
}

func BenchmarkFindTheLastMemberOfALocation(b *testing.B) {
	body := aLocation(9)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := ocpi.LastUpdated(body); !ok {
			b.Fatal("last_updated not found")
		}
	}
}

func TestTheCheckAtTheDoorCostsNoMemory(t *testing.T) {
	body := aLocation(9)
	if n := testing.AllocsPerRun(10, func() { ocpi.CheckObject(ocpi.V221, "Location", body, false) }); n != 0 {
		t.Errorf("%v allocations for an object that is sound", n)
	}
}

// BenchmarkReviewALocationOf200EVSEs: a review of a location that is fine costs
// about 4 times its strict JSON parse, which every message pays at the door,
// and 2.5 times the check there: 1.2 ms, 0.3 ms and 0.45 ms on one machine.
func BenchmarkReviewALocationOf200EVSEs(b *testing.B) {
	body := aLocation(200) // about 83 KB
	b.Run("review", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if findings := ocpi.Review(ocpi.V221, "Location", body, ocpi.Reviewing{Now: noon}); len(findings) > 0 {
				b.Fatal(findings)
			}
		}
	})
	b.Run("door", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if findings := ocpi.CheckObject(ocpi.V221, "Location", body, false); len(findings) > 0 {
				b.Fatal(findings)
			}
		}
	})
	b.Run("strict parse", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			if err := strictjson.Check(body); err != nil {
				b.Fatal(err)
			}
		}
	})
}
