package hub

import (
	"cmp"
	"context"
	"os"
	"runtime/debug"
	"time"

	"github.com/ocpihub/ocpihub/hub/instrument"
	"github.com/ocpihub/ocpihub/internal/telemetry"
)

// serviceName is what the hub is called in traces where OTEL_SERVICE_NAME does
// not say otherwise.
const serviceName = "ocpi-hub"

// openTelemetry makes what the OTEL_* variables ask for. It is the first part to
// start and so the last to stop: it sends what all others still tell. A
// collector that takes nothing holds the stop up for stopTelemetry and does not
// spoil it.
func (h *Hub) openTelemetry(ctx context.Context) error {
	local := h.log
	export, err := telemetry.OpenExport(ctx, telemetry.ExportOptions{
		Getenv: os.Getenv, Service: serviceName, Version: version(), Metrics: h.metrics, Log: local,
	})
	if err != nil {
		return err
	}
	h.export, h.log = export, export.Logger(local)
	h.seen = instrument.New(export.Tracer(), h.metrics, time.Now)
	h.life.onStop("telemetry", stopTelemetry, func(ctx context.Context) error {
		if err := export.Close(ctx); err != nil {
			local.WarnContext(ctx, "the last telemetry was not exported", "error", err)
		}
		return nil
	})
	return nil
}

// version is that of the build, as the Go tool noted it.
func version() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return "unknown"
	}
	return cmp.Or(info.Main.Version, "unknown")
}
