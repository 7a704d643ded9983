package ocpitest

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ocpihub/ocpihub/ocpi"
)

// ParseFault reads a fault as it is written on a command line: its kind, and
// what limits it, for example
//
//	delay:2s
//	status:503,module=locations,method=PUT,times=3
//
// The kinds are delay:DURATION, status:HTTP, code:OCPI, garbage, drop, lost
// (drop after it took effect), hang, noheaders and wrongheaders.
func ParseFault(s string) (Fault, error) {
	words := strings.Split(s, ",")
	var f Fault
	kind, value, _ := strings.Cut(words[0], ":")
	err := f.setKind(kind, value)
	for _, word := range words[1:] {
		if err != nil {
			break
		}
		name, limit, _ := strings.Cut(word, "=")
		err = f.setLimit(name, limit)
	}
	if err != nil {
		return Fault{}, fmt.Errorf("fault %q: %w", s, err)
	}
	return f, nil
}

func (f *Fault) setKind(kind, value string) (err error) {
	switch kind {
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	case "status":
		if f.HTTPStatus, err = strconv.Atoi(value); err == nil && (f.HTTPStatus < 200 || f.HTTPStatus > 599) {
			err = fmt.Errorf("want an HTTP status from 200 to 599")
		}
	case "code":
		var code int
		code, err = strconv.Atoi(value)
		f.Code = ocpi.StatusCode(code)
	case "garbage":
		f.Garbage = true
	case "drop":
		f.Drop = true
	case "lost":
		f.Drop, f.TakesEffect = true, true
	case "hang":
		f.Hang = true
	case "noheaders":
		f.NoHeaders = true
	case "wrongheaders":
		f.WrongHeaders = true
	default:
		err = fmt.Errorf("want delay:D, status:N, code:N, garbage, drop, lost, hang, noheaders or wrongheaders")
	}
	return err
}

func (f *Fault) setLimit(name, value string) (err error) {
	switch name {
	case "module":
		f.Module = ocpi.ModuleID(value)
	case "method":
		f.Method = strings.ToUpper(value)
	case "times":
		f.Times, err = strconv.Atoi(value)
	default:
		err = fmt.Errorf("want module=, method= or times=, not %q", name)
	}
	return err
}
