// Package charts holds what brings the hub to Kubernetes, and tests it with the
// tools of that field: helm and kubeconform, which charts/tools builds from their
// modules.
//
//	ocpi-hub/   the chart; ci/ are values that together set every option
//	golden/     what the chart makes of them (go test ./charts -update)
//	schemas/    of the objects that it makes (make chart-schemas)
//	tools/      the tools, in a module of their own
package charts
