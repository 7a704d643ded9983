package bridge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/ocpihub/ocpihub/ocpi"
	"github.com/ocpihub/ocpihub/ocpi/bridge"
)

// oracle compares an object with what came back from another version, field by
// field. All that differs must have been reported, and all that was reported
// must differ.
type oracle struct {
	lost, narrowed, invented map[string]bridge.Reason
	seen                     map[string]bool
	faults                   []string
}

// implied are values that the hub makes up and that the other version says
// without words: they may be what they were.
var implied = []bridge.Reason{bridge.Publish, bridge.TaxIncluded, bridge.TaxName, bridge.TokenParty, bridge.LocationType}

// restored are losses that the test's surroundings bring back.
var restored = []bridge.Reason{bridge.LocationDetails, bridge.AnswerToken, bridge.OtherOwner}

func judge(findings []bridge.Finding, source, result []byte) []string {
	o := &oracle{
		lost: map[string]bridge.Reason{}, narrowed: map[string]bridge.Reason{}, invented: map[string]bridge.Reason{},
		seen: map[string]bool{},
	}
	for _, f := range findings {
		switch f.Kind {
		case bridge.Lost:
			o.lost[f.Pointer] = f.Reason
		case bridge.Narrowed:
			o.narrowed[f.Pointer] = f.Reason
		case bridge.Invented:
			o.invented[f.Pointer] = f.Reason
		default:
			o.fault("finding of kind %q", f.Kind)
		}
	}
	o.compare("", decode(source), "", decode(result))
	for kind, all := range map[string]map[string]bridge.Reason{"lost": o.lost, "narrowed": o.narrowed, "invented": o.invented} {
		for pointer, why := range all {
			if !o.seen[kind+pointer] {
				o.fault("reported without need: %s %s (%s)", kind, pointer, why)
			}
		}
	}
	slices.Sort(o.faults)
	return o.faults
}

func decode(text []byte) any {
	var v any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

func (o *oracle) fault(format string, args ...any) {
	o.faults = append(o.faults, fmt.Sprintf(format, args...))
}

func (o *oracle) compare(at string, was any, to string, is any) {
	if why, ok := o.narrowed[at]; ok {
		o.seen["narrowed"+at] = true
		if !asIs(why) {
			if same(was, is) {
				o.fault("narrowed %s (%s), and still %v", at, why, is)
			}
			o.skip(to)
			return
		}
	}
	switch was := was.(type) {
	case map[string]any:
		if is, ok := is.(map[string]any); ok {
			o.objects(at, was, to, is)
			return
		}
	case []any:
		if is, ok := is.([]any); ok {
			o.arrays(at, was, to, is)
			return
		}
	}
	if !same(was, is) {
		o.fault("not reported: %s was %v, %s is %v", at, was, to, is)
	}
}

func (o *oracle) objects(at string, was map[string]any, to string, is map[string]any) {
	names := map[string]bool{}
	for name := range was {
		names[name] = true
	}
	for name := range is {
		names[name] = true
	}
	for name := range names {
		o.member(at+"/"+escape(name), was[name], to+"/"+escape(name), is[name])
	}
}

func (o *oracle) member(at string, was any, to string, is any) {
	why, gone := o.lost[at]
	made, added := o.invented[to]
	o.mark(gone, "lost"+at)
	o.mark(added, "invented"+to)
	switch {
	case gone && slices.Contains(restored, why):
	case gone && added:
	case gone && blank(was):
		o.fault("lost %s, which was nothing", at)
	case gone && !blank(is):
		o.fault("lost %s, and still there", at)
	case gone:
	case added && o.narrowed[at] != "":
		o.seen["narrowed"+at] = true
		if same(was, is) {
			o.fault("narrowed %s, and the same", at)
		}
	case added && !blank(was):
		if !slices.Contains(implied, made) || !same(was, is) {
			o.fault("invented %s (%s): was %v, is %v", to, made, was, is)
		}
	case added:
	case blank(was) && blank(is):
	case blank(was) && inside(is, o.invented, to):
		o.skip(to)
	case blank(was) != blank(is):
		o.partly(at, was, to, is)
	default:
		o.compare(at, was, to, is)
	}
}

// partly is a member that is on one side only: every part of it must have been
// reported, or the whole said to be less.
func (o *oracle) partly(at string, was any, to string, is any) {
	if o.narrowed[at] != "" {
		o.seen["narrowed"+at] = true
		return
	}
	if m, ok := was.(map[string]any); ok && len(m) > 0 {
		o.objects(at, m, to, nil)
		return
	}
	if list, ok := was.([]any); ok {
		o.arrays(at, list, to, nil)
		return
	}
	o.fault("not reported: %s was %v, %s is %v", at, was, to, is)
}

func (o *oracle) arrays(at string, was []any, to string, is []any) {
	type element struct {
		at    string
		value any
	}
	var left, right []element
	for i, v := range was {
		p := at + "/" + strconv.Itoa(i)
		if _, gone := o.lost[p]; gone {
			o.seen["lost"+p] = true
			continue
		}
		left = append(left, element{p, v})
	}
	for i, v := range is {
		p := to + "/" + strconv.Itoa(i)
		if _, added := o.invented[p]; added {
			o.seen["invented"+p] = true
			continue
		}
		right = append(right, element{p, v})
	}
	if len(left) != len(right) {
		o.fault("not reported: %s has %d elements, %s has %d", at, len(left), to, len(right))
		return
	}
	for i := range left {
		o.compare(left[i].at, left[i].value, right[i].at, right[i].value)
	}
}

// skip marks what was made up inside of something that is not compared.
func (o *oracle) skip(to string) {
	for pointer := range o.invented {
		if strings.HasPrefix(pointer, to+"/") {
			o.seen["invented"+pointer] = true
		}
	}
}

// inside says whether something holds only what was made up.
func inside(is any, invented map[string]bridge.Reason, to string) bool {
	if _, made := invented[to]; made {
		return true
	}
	switch is := is.(type) {
	case map[string]any:
		for name, v := range is {
			if !inside(v, invented, to+"/"+escape(name)) {
				return false
			}
		}
		return len(is) > 0
	case []any:
		for i, v := range is {
			if !inside(v, invented, to+"/"+strconv.Itoa(i)) {
				return false
			}
		}
		return len(is) > 0
	}
	return false
}

func (o *oracle) mark(is bool, key string) {
	if is {
		o.seen[key] = true
	}
}

func asIs(why bridge.Reason) bool {
	i := slices.IndexFunc(bridge.Losses(), func(l bridge.Loss) bool { return l.Reason == why })
	return bridge.Losses()[i].AsIs
}

func escape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// blank says whether a value is as good as absent.
func blank(v any) bool {
	list, isList := v.([]any)
	return v == nil || isList && len(list) == 0
}

// same compares values by what they mean: numbers by value, however spelled,
// and so coordinates; moments with or without an offset of nothing.
func same(a, b any) bool {
	if blank(a) && blank(b) {
		return true
	}
	switch a := a.(type) {
	case json.Number:
		n, ok := b.(json.Number)
		return ok && equalNumbers(string(a), string(n))
	case string:
		s, ok := b.(string)
		return ok && sameText(a, s)
	case []any:
		list, ok := b.([]any)
		return ok && slices.EqualFunc(a, list, same)
	case map[string]any:
		m, ok := b.(map[string]any)
		if !ok {
			return false
		}
		for name := range a {
			if !same(a[name], m[name]) {
				return false
			}
		}
		for name := range m {
			if _, there := a[name]; !there && !blank(m[name]) {
				return false
			}
		}
		return true
	}
	return a == b
}

func sameText(a, b string) bool {
	if a == b || strings.EqualFold(a, b) && len(a) <= 3 {
		return true
	}
	t, err := ocpi.ParseDateTime(a)
	u, err2 := ocpi.ParseDateTime(b)
	if err == nil && err2 == nil {
		return t.Equal(u)
	}
	return strings.Contains(a, ".") && strings.Contains(b, ".") && equalNumbers(a, b)
}

func equalNumbers(a, b string) bool {
	x, ok := new(big.Rat).SetString(a)
	y, ok2 := new(big.Rat).SetString(b)
	return ok && ok2 && x.Cmp(y) == 0
}
