package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// bothRoles gives platform n a CPO of Germany and an eMSP of the Netherlands.
func bothRoles(n int) []role {
	return []role{roleOf(ocpi.CPO, party("DE", n)), roleOf(ocpi.EMSP, party("NL", n))}
}

// mix is what a hub carries all day from platform 0 to platform 1: 4 GETs of a
// token, 2 authorisations, 3 changes of status, 1 location.
func mix() (out []request) {
	cpo, emsp := party("DE", 0), party("NL", 0)
	for n := range 32 {
		id := fmt.Sprint("LOC", n)
		path := receiver(ocpi.Locations) + "/DE/000/" + id
		get := request{"GET", fmt.Sprintf("%s/NL/000/%09d", receiver(ocpi.Tokens), n), routed(emsp, party("DE", 1)), nil}
		ask := request{"POST", fmt.Sprintf("%s/%09d/authorize?type=RFID", sender(ocpi.Tokens), n), routed(cpo, party("NL", 1)), nil}
		location := request{"PUT", path, routed(cpo, party("NL", 1)), locationOf(cpo, id, 4)}
		status := func(evse int) request {
			return request{"PATCH", fmt.Sprintf("%s/%d", path, 3256+evse), routed(cpo, party("NL", 1)), statusChange("CHARGING")}
		}
		out = append(out, location, get, status(0), ask, get, status(1), get, status(2), get, ask)
	}
	return out
}

func statusChange(status string) []byte {
	return fmt.Appendf(nil, `{"status":%q,"status_schedule":[],"last_updated":%q}`, status, time.Now().UTC().Format(time.RFC3339))
}

// locationOf is a location of some 3.9 KB with four EVSEs.
func locationOf(owner ocpi.PartyID, id string, evses int) []byte {
	var list []string
	for n := range evses {
		list = append(list, fmt.Sprintf(`{"uid":"%d","evse_id":"%s*%s*E%s%d","status":"AVAILABLE","capabilities":["RESERVABLE","RFID_READER","REMOTE_START_STOP_CAPABLE"],`+
			`"connectors":[{"id":"1","standard":"IEC_62196_T2","format":"CABLE","power_type":"AC_3_PHASE","max_voltage":220,"max_amperage":16,"tariff_ids":["11"],"last_updated":"2015-03-16T10:10:02Z"},`+
			`{"id":"2","standard":"IEC_62196_T2","format":"SOCKET","power_type":"AC_3_PHASE","max_voltage":220,"max_amperage":16,"tariff_ids":["13"],"last_updated":"2015-03-18T08:12:01Z"}],`+
			`"physical_reference":"%d","floor_level":"-1","last_updated":"2015-06-28T08:12:01Z"}`, 3256+n, owner.Country, owner.ID, id, n, n))
	}
	return fmt.Appendf(nil, `{"country_code":%q,"party_id":%q,"id":%q,"publish":true,"name":"Gent Zuid","address":"F.Rooseveltlaan 3A","city":"Gent","postal_code":"9000",`+
		`"country":"BEL","coordinates":{"latitude":"51.047599","longitude":"3.729944"},"parking_type":"ON_STREET","evses":[%s],`+
		`"directions":[{"language":"en","text":%q}],"operator":{"name":"BeCharged"},"time_zone":"Europe/Brussels","last_updated":%q}`,
		owner.Country, owner.ID, id, strings.Join(list, ","), strings.Repeat("Drive on. ", 150), time.Now().UTC().Format(time.RFC3339))
}

// routedRequests compares what it costs to route a request directly.
func routedRequests(ctx context.Context, r *rig) error {
	s, err := r.open(ctx, 2, bothRoles)
	if err != nil {
		return err
	}
	defer s.close()
	proxy, err := again(ctx, "a reverse proxy", reverseProxy, s.crowd.addr)
	if err != nil {
		return err
	}
	defer proxy.close()
	nginx, err := r.startNginx(ctx, s.crowd.addr)
	if err != nil {
		return err
	}
	hub, other := s.target(mix()), proxy.target(mix())
	if nginx == nil {
		for _, line := range []string{"P1", "P2", "P3"} {
			r.table.missing(line, "a direct routed request", "nginx is not installed")
		}
		return nil
	}
	defer nginx.close()
	if err := r.saturation(ctx, hub, nginx.target(mix())); err != nil {
		return err
	}
	return r.latency(ctx, hub, nginx.target(mix()), other)
}

// saturation is P1 and P2: as fast as 16 connections can.
func (r *rig) saturation(ctx context.Context, hub, nginx target) error {
	readings, err := r.interleaved(ctx, pace{connections: 16, span: r.span}, hub, nginx)
	if err != nil {
		return err
	}
	cost, rate := readings.medians(reading.cost), readings.medians(reading.perSecond)
	r.table.add(row{
		line: "P1", what: "CPU of a direct routed request", yardstick: "nginx", figure: cost[0] / cost[1], goal: 2,
		detail: fmt.Sprintf("%.0f against %.0f microseconds", cost[0], cost[1]),
	})
	r.table.add(row{
		line: "P2", what: "requests a second at saturation", yardstick: "nginx", figure: rate[0] / rate[1], goal: 0.6, atLeast: true,
		detail: fmt.Sprintf("%.0f against %.0f", rate[0], rate[1]),
	})
	return nil
}

// latency is P3: an open loop of 2,000 requests a second.
func (r *rig) latency(ctx context.Context, hub, nginx, proxy target) error {
	readings, err := r.interleaved(ctx, pace{connections: 64, span: r.span, perSecond: 2000}, hub, nginx, proxy)
	if err != nil {
		return err
	}
	p50 := readings.medians(func(x reading) float64 { return x.quantile(.5) })
	p99 := readings.medians(func(x reading) float64 { return x.quantile(.99) })
	r.table.add(row{
		line: "P3", what: "p50 at 2,000 requests/s", yardstick: "nginx", figure: p50[0] / p50[1], goal: 1.4,
		detail: fmt.Sprintf("%.2f against %.2f ms", p50[0], p50[1]),
	})
	r.table.add(row{
		line: "P3", what: "p99 at 2,000 requests/s", yardstick: "a tuned reverse proxy", figure: p99[0] / p99[2], goal: 1.5,
		detail: fmt.Sprintf("%.2f against %.2f ms", p99[0], p99[2]),
	})
	return nil
}

// readings are the rounds of each target.
type readings [][]reading

// interleaved measures targets in turn, round by round, after a short round
// that warms them up.
func (r *rig) interleaved(ctx context.Context, p pace, targets ...target) (readings, error) {
	out := make(readings, len(targets))
	for round := range r.rounds + 1 {
		for i, t := range targets {
			this := p
			if round == 0 {
				this.span = p.span / 3
			}
			got, err := drive(ctx, t, this)
			if err != nil {
				return nil, err
			}
			if round > 0 {
				out[i] = append(out[i], got)
			}
		}
	}
	return out, nil
}

// medians are those of a figure of each target.
func (rs readings) medians(of func(reading) float64) []float64 {
	var out []float64
	for _, rounds := range rs {
		var figures []float64
		for _, x := range rounds {
			figures = append(figures, of(x))
		}
		out = append(out, median(figures))
	}
	return out
}
