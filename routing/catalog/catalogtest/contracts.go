package catalogtest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/routing/catalog"
)

func token(owner ocpi.PartyID, uid string) catalog.Key {
	return catalog.Key{Module: ocpi.Tokens, Owner: owner, ID: catalog.TokenID(uid, "RFID")}
}

// contractTests are on the tokens of a contract.
var contractTests = []test{
	{"a token is found by its contract, in any case, in every version", func(b *bench) {
		b.put(token(emsp, "U1"), ocpi.V221, `{"uid":"U1","contract_id":"NL-TNM-C1"}`, catalog.Created)
		b.put(token(emsp, "U2"), ocpi.V230, `{"uid":"U2","contract_id":"nl-tnm-c1"}`, catalog.Created)
		b.put(token(eco, "U3"), ocpi.V211, `{"uid":"U3","auth_id":"NL-TNM-C1","contract_id":"other"}`, catalog.Created)
		b.wantContract("NL-tnm-C1", abc, token(eco, "U3"), token(emsp, "U1"), token(emsp, "U2"))
		b.wantContract("other", abc)
		b.wantContract("", abc)
	}},
	{"a token is found by its newest contract only, and not when it is deleted", func(b *bench) {
		k := token(emsp, "U1")
		b.put(k, ocpi.V221, `{"contract_id":"C1","x":1}`, catalog.Created)
		b.put(k, ocpi.V221, `{"contract_id":"C2"}`, catalog.Updated)
		b.wantContract("C1", abc)
		b.wantContract("C2", abc, k)
		b.apply(k, whole, catalog.Patch, `{"contract_id":"C3"}`)
		b.wantContract("C2", abc)
		b.wantContract("C3", abc, k)
		b.put(k, ocpi.V211, `{"auth_id":"C4","contract_id":"C3"}`, catalog.Updated)
		b.wantContract("C3", abc)
		b.wantContract("C4", abc, k)
		b.apply(k, whole, catalog.Delete, "")
		b.wantContract("C4", abc)
		b.put(k, ocpi.V221, `{"contract_id":"C4"}`, catalog.Created)
		b.wantContract("C4", abc, k)
	}},
	{"a token that was given to one party is found by that one, and instead of the one for all", func(b *bench) {
		b.put(to(xyz, token(emsp, "U1")), ocpi.V221, `{"contract_id":"C1"}`, catalog.Created)
		b.wantContract("C1", abc)
		b.wantContract("C1", xyz, to(xyz, token(emsp, "U1")))
		b.put(token(emsp, "U1"), ocpi.V221, `{"contract_id":"C1"}`, catalog.Created)
		b.wantContract("C1", abc, token(emsp, "U1"))
		b.wantContract("C1", xyz, to(xyz, token(emsp, "U1")))
		b.wantContract("C1", ocpi.PartyID{}, token(emsp, "U1"), to(xyz, token(emsp, "U1")))
	}},
	{"contracts of one beginning are told apart, and what is no token has none", func(b *bench) {
		b.put(token(emsp, "U1"), ocpi.V221, `{"contract_id":"C1"}`, catalog.Created)
		b.put(token(emsp, "U2"), ocpi.V221, `{"contract_id":"C1\u0000"}`, catalog.Created)
		b.put(token(emsp, "a\x00b"), ocpi.V221, `{"contract_id":"C11"}`, catalog.Created)
		b.put(token(emsp, "U4"), ocpi.V221, `{"contract_id":7}`, catalog.Created)
		b.put(tariff(abc, "T1"), ocpi.V221, `{"contract_id":"C1"}`, catalog.Created)
		b.wantContract("C1", abc, token(emsp, "U1"))
		b.wantContract("C11", abc, token(emsp, "a\x00b"))
	}},
	{"an owner's ids are listed as they were first written", func(b *bench) {
		for i := range 300 {
			b.put(tariff(abc, fmt.Sprint("T", i)), ocpi.V221, `{}`, catalog.Created)
		}
		b.apply(tariff(abc, "t7"), whole, catalog.Put, `{"x":1}`)
		b.apply(tariff(abc, "T9"), whole, catalog.Delete, "")
		b.apply(to(emsp, tariff(abc, "E1")), whole, catalog.Put, `{}`)
		b.apply(tariff(xyz, "X1"), whole, catalog.Put, `{}`)
		all := b.ids(ocpi.Tariffs, abc, catalog.Everyone)
		if len(all) != 299 || all[7] != "T7" || all[9] != "T10" {
			b.Errorf("%d ids: %v", len(all), all)
		}
		if own := b.ids(ocpi.Tariffs, abc, emsp); !slices.Equal(own, []string{"E1"}) {
			b.Errorf("for one party there are %v", own)
		}
		for owner, want := range map[ocpi.PartyID][]ocpi.PartyID{abc: {catalog.Everyone, emsp}, xyz: {catalog.Everyone}, eco: nil} {
			if got, err := b.Audiences(b.Context(), ocpi.Tariffs, owner); err != nil || !slices.Equal(got, want) {
				b.Errorf("%s has tariffs for %v, %v", owner, got, err)
			}
		}
		b.apply(to(emsp, tariff(abc, "E1")), whole, catalog.Delete, "")
		if got, err := b.Audiences(b.Context(), ocpi.Tariffs, abc); err != nil || len(got) != 1 {
			b.Errorf("what is deleted is for %v, %v", got, err)
		}
		n := 0
		err := b.IDs(b.Context(), ocpi.Tariffs, abc, catalog.Everyone, func(string) bool { n++; return n < 3 })
		if err != nil || n != 3 {
			b.Errorf("%d ids before the end, %v", n, err)
		}
	}},
}

func (b *bench) ids(m ocpi.ModuleID, owner, audience ocpi.PartyID) (out []string) {
	b.Helper()
	err := b.IDs(b.Context(), m, owner, audience, func(id string) bool {
		out = append(out, id)
		return true
	})
	if err != nil {
		b.Fatal(err)
	}
	return out
}

func (b *bench) wantContract(contract string, reader ocpi.PartyID, want ...catalog.Key) {
	b.Helper()
	got, err := b.Contract(b.Context(), contract, reader)
	if err != nil {
		b.Fatal(err)
	}
	var keys []catalog.Key
	for _, o := range got {
		b.wantBody(o.Key, whole, string(o.Body))
		keys = append(keys, o.Key)
	}
	if diff := cmp.Diff(want, keys, cmpopts.EquateEmpty()); diff != "" {
		b.Errorf("tokens of contract %s for %s: (-want +got)\n%s", contract, reader, diff)
	}
}

// compareContracts compares the tokens of each contract, and the ids.
func (r *random) compareContracts(rt *rapid.T, reader ocpi.PartyID) {
	for _, contract := range []string{"C1", "c2"} {
		held, err := r.Contract(r.t.Context(), contract, reader)
		if err != nil {
			rt.Fatal(err)
		}
		var got []catalog.Key
		for _, o := range held {
			if slices.Contains(r.owners, o.Key.Owner) {
				got = append(got, o.Key)
			}
		}
		if diff := cmp.Diff(r.model.contract(contract, reader), got, cmpopts.EquateEmpty(), cmpopts.SortSlices(beforeKey)); diff != "" {
			rt.Fatalf("contract %s for %s: (-want +got)\n%s", contract, reader, diff)
		}
	}
	for _, owner := range r.owners {
		var got []string
		err := r.IDs(r.t.Context(), ocpi.Tokens, owner, reader, func(id string) bool {
			got = append(got, id)
			return true
		})
		if diff := cmp.Diff(r.model.ids(ocpi.Tokens, owner, reader), got, cmpopts.EquateEmpty()); err != nil || diff != "" {
			rt.Fatalf("ids of %s for %s: %v (-want +got)\n%s", owner, reader, err, diff)
		}
	}
}

func beforeKey(a, b catalog.Key) bool { return fmt.Sprint(a) < fmt.Sprint(b) }

// contract are the tokens of a contract that a reader sees.
func (m *model) contract(contract string, reader ocpi.PartyID) (out []catalog.Key) {
	for _, o := range m.objects {
		has, _ := o.doc["contract_id"].(string)
		if o.gone || o.Module != ocpi.Tokens || !strings.EqualFold(has, contract) || o.Audience != catalog.Everyone && o.Audience != reader {
			continue
		}
		twin := slices.IndexFunc(out, func(k catalog.Key) bool { return k.Owner == o.Owner && strings.EqualFold(k.ID, o.ID) })
		switch {
		case twin < 0:
			out = append(out, o.Key)
		case o.Audience != catalog.Everyone:
			out[twin] = o.Key
		}
	}
	return out
}

// ids are those of a shelf, in order.
func (m *model) ids(module ocpi.ModuleID, owner, audience ocpi.PartyID) (out []string) {
	var all []*modelled
	for _, o := range m.objects {
		if !o.gone && o.Module == module && o.Owner == owner && o.Audience == audience {
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b *modelled) int { return a.place - b.place })
	for _, o := range all {
		out = append(out, o.ID)
	}
	return out
}
