package admin

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"

	"github.com/ocpihub/ocpihub/ocpi"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// Options are what the operator's door stands on. All but Traces and Alerts are
// needed.
type Options struct {
	Registry   Registry
	Rehearse   func() Registry // for one order that is only tried
	Agreements Agreements
	Outlook    Outlook
	Setups     Setups
	Deliveries Deliveries
	Puller     Puller
	Prober     Prober
	Explainer  Explainer
	Verifier   Verifier
	Stats      Stats
	Findings   Findings
	Bridge     Bridge
	Held       Held
	Traffic    Traffic
	Replicas   Replicas
	Alerts     Alerts // nil: the hub looks for none
	// Checks are the dependencies that readiness asks, in the order in which
	// they are shown.
	Checks []Check
	// Traces makes the spans of calls; nil: none.
	Traces trace.TracerProvider
	// Metrics serves /metrics.
	Metrics http.Handler
	// VersionsURL is the URL of the hub's version list, for invitations.
	VersionsURL string
	// Versions are those of OCPI that the hub offers.
	Versions []ocpi.Version
	// Access knows whose token a call comes with.
	Access Access
	Log    *slog.Logger
	Now    func() time.Time
}

// New makes the handler of the operator's door. It serves gRPC only on a server
// whose Protocols are those of this package's Protocols.
func New(o Options) (http.Handler, error) {
	if o.Access == nil {
		return nil, errors.New("the admin API needs somebody at its door")
	}
	ready := &readiness{checks: o.Checks, health: health.NewServer()}
	door := &guard{gate: o.Access, duties: allDuties()}
	api := newAPI(o, door, ready)
	pages := newPages(o.Metrics, door, ready)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor == 2 && strings.HasPrefix(r.Header.Get("Content-Type"), "application/grpc") {
			api.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}), nil
}

// Protocols are what the http.Server of the handler must speak: HTTP/1 for
// probes, and HTTP/2 without TLS for gRPC.
func Protocols() *http.Protocols {
	var p http.Protocols
	p.SetHTTP1(true)
	p.SetUnencryptedHTTP2(true)
	return &p
}

func newAPI(o Options, door *guard, ready *readiness) *grpc.Server {
	desk := &clerk{log: o.Log, now: o.Now, duties: door.duties}
	s := grpc.NewServer(append(traced(o.Traces),
		grpc.ChainUnaryInterceptor(desk.unary, door.unary),
		grpc.ChainStreamInterceptor(desk.stream, door.stream),
	)...)
	adminv1.RegisterPlatformsServer(s, &platforms{
		registry: o.Registry, rehearse: o.Rehearse, deliveries: o.Deliveries, versionsURL: o.VersionsURL, versions: o.Versions, now: o.Now,
	})
	adminv1.RegisterAgreementsServer(s, &agreements{roll: o.Registry, desk: o.Agreements, outlook: o.Outlook, now: o.Now})
	adminv1.RegisterConfigServer(s, &config{roll: o.Registry, setups: o.Setups, versionsURL: o.VersionsURL, now: o.Now})
	adminv1.RegisterPartiesServer(s, &members{roll: o.Registry})
	adminv1.RegisterDeliveriesServer(s, &deliveries{source: o.Deliveries, registry: o.Registry, rehearse: o.Rehearse})
	adminv1.RegisterCatalogServer(s, &stock{stats: o.Stats})
	adminv1.RegisterQualityServer(s, &findings{source: o.Findings})
	adminv1.RegisterBridgeServer(s, newBridgeReports(o.Bridge))
	adminv1.RegisterClientInfoServer(s, &clientInfo{roll: o.Registry, verifier: o.Verifier, now: o.Now})
	adminv1.RegisterSyncServer(s, &pulls{puller: o.Puller})
	adminv1.RegisterChecksServer(s, &examinations{prober: o.Prober})
	adminv1.RegisterTrafficServer(s, &traffic{source: o.Traffic})
	adminv1.RegisterAlertsServer(s, &alerts{source: o.Alerts})
	adminv1.RegisterHeldServer(s, &holdings{source: o.Held})
	adminv1.RegisterReplicasServer(s, &replicas{source: o.Replicas})
	adminv1.RegisterRoutesServer(s, &routes{explainer: o.Explainer})
	adminv1.RegisterTokensServer(s, &tokens{desk: o.Access, now: o.Now})
	ready.serves(s.GetServiceInfo())
	healthv1.RegisterHealthServer(s, &healthProbe{Server: ready.health, ready: ready})
	reflection.Register(s)
	return s
}
