package ocpi_test

import (
	"strings"
	"testing"

	"github.com/ocpihub/ocpihub/ocpi"
)

// aLocation is a location with as many EVSEs, sound in every field.
func aLocation(evses int) []byte {
	const evse = `{"uid":"3256","evse_id":"BE*BEC*E041503001","status":"AVAILABLE","capabilities":["RESERVABLE"],` +
		`"connectors":[{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","max_voltage":220,` +
		`"max_amperage":16,"tariff_ids":["11"],"last_updated":"2015-03-16T10:10:02Z"}],"floor_level":"-1","last_updated":"2015-06-28T08:12:01Z"}`
	return []byte(`{"country_code":"BE","party_id":"BEC","id":"LOC1","publish":true,"name":"Gent Zuid","address":"F.Rooseveltlaan 3A",` +
		`"city":"Gent","postal_code":"9000","country":"BEL","coordinates":{"latitude":"51.047599","longitude":"3.729944"},` +
		`"evses":[` + strings.Repeat(evse+",", evses-1) + evse + `],"operator":{"name":"BeCharged"},"time_zone":"Europe/Brussels",` +
		`"last_updated":"2015-06-29T20:39:09Z"}`)
}

func BenchmarkCheckALocation(b *testing.B) {
	body := aLocation(9) // about 3.9 KB
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if findings := ocpi.CheckObject("Location", body, false); len(findings) > 0 {
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
