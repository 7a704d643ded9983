package telemetry

import (
	"cmp"
	"fmt"
	"strings"
)

// signal is one kind of telemetry, by its name in the OTEL_* variables.
type signal string

const (
	traces  signal = "TRACES"
	metrics signal = "METRICS"
	logs    signal = "LOGS"
)

// label is the signal in metrics and in the log.
func (s signal) label() string { return strings.ToLower(string(s)) }

// The protocols of OTLP that the hub speaks (OTEL_EXPORTER_OTLP_PROTOCOL).
const (
	protocolHTTP = "http/protobuf"
	protocolGRPC = "grpc"
)

// route says where a signal goes.
type route struct {
	exported bool
	protocol string
}

// CheckEnvironment says what is wrong with the OTEL_* variables as far as it can
// be told before anything is exported; getenv is os.Getenv.
func CheckEnvironment(getenv func(string) string) error {
	for _, s := range []signal{traces, metrics, logs} {
		if _, err := routeOf(s, getenv); err != nil {
			return err
		}
	}
	return nil
}

// routeOf reads where a signal goes. Nothing is exported unless its exporter,
// or an endpoint for it, is set; logs not by the endpoint for all signals
// alone, for most collect them from standard error already. getenv is
// os.Getenv.
func routeOf(s signal, getenv func(string) string) (route, error) {
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return route{}, nil
	}
	name := "OTEL_" + string(s) + "_EXPORTER"
	switch exporter := getenv(name); exporter {
	case "otlp":
	case "none":
		return route{}, nil
	case "":
		if getenv("OTEL_EXPORTER_OTLP_"+string(s)+"_ENDPOINT") == "" && (s == logs || getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "") {
			return route{}, nil
		}
	default:
		return route{}, fmt.Errorf("%s %q: want otlp or none", name, exporter)
	}
	protocol := cmp.Or(getenv("OTEL_EXPORTER_OTLP_"+string(s)+"_PROTOCOL"), getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), protocolHTTP)
	if protocol != protocolHTTP && protocol != protocolGRPC {
		return route{}, fmt.Errorf("OTEL_EXPORTER_OTLP_PROTOCOL %q: want %s or %s", protocol, protocolHTTP, protocolGRPC)
	}
	return route{exported: true, protocol: protocol}, nil
}
