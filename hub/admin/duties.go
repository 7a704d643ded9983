package admin

import (
	"strings"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	reflectionv1alpha "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"

	"github.com/ocpihub/ocpihub/hub/admin/access"
	adminv1 "github.com/ocpihub/ocpihub/proto/ocpihub/admin/v1"
)

// duty is what the door does about a method.
type duty struct {
	needs   access.Role
	changes bool // each call is written to the log as a change
}

// open says whether a method needs no token.
func open(method string) bool {
	return strings.HasPrefix(method, "/"+healthv1.Health_ServiceDesc.ServiceName+"/")
}

// duties says what each method needs.
type duties map[string]duty

// of returns the duty of a method. One that is missing in the table is for the
// role admin only.
func (d duties) of(method string) duty {
	if one, known := d[method]; known {
		return one
	}
	return duty{needs: access.Admin, changes: true}
}

// allDuties are the methods of the API: viewers read, operators change, and what
// cannot be taken back or hands out rights is for admins.
func allDuties() duties {
	reads, changes, governs := duty{needs: access.Viewer}, duty{access.Operator, true}, duty{access.Admin, true}
	return duties{
		adminv1.Platforms_Invite_FullMethodName:  changes,
		adminv1.Platforms_Connect_FullMethodName: changes,
		adminv1.Platforms_List_FullMethodName:    reads,
		adminv1.Platforms_Get_FullMethodName:     reads,
		adminv1.Platforms_Suspend_FullMethodName: changes,
		adminv1.Platforms_Resume_FullMethodName:  changes,
		adminv1.Platforms_Remove_FullMethodName:  governs,
		adminv1.Platforms_Pin_FullMethodName:     changes,
		adminv1.Platforms_Rotate_FullMethodName:  changes,

		adminv1.Parties_List_FullMethodName: reads,

		adminv1.Config_Export_FullMethodName: reads,
		adminv1.Config_Apply_FullMethodName:  changes, // to prune platforms, as to remove them, is for admins

		adminv1.Agreements_Create_FullMethodName:   changes,
		adminv1.Agreements_List_FullMethodName:     reads,
		adminv1.Agreements_Get_FullMethodName:      reads,
		adminv1.Agreements_Update_FullMethodName:   changes,
		adminv1.Agreements_Activate_FullMethodName: changes,
		adminv1.Agreements_Suspend_FullMethodName:  changes,
		adminv1.Agreements_Resume_FullMethodName:   changes,
		adminv1.Agreements_End_FullMethodName:      changes,

		adminv1.Deliveries_List_FullMethodName:   reads,
		adminv1.Deliveries_Pause_FullMethodName:  changes,
		adminv1.Deliveries_Resume_FullMethodName: changes,
		adminv1.Deliveries_Resync_FullMethodName: changes,

		adminv1.Deliveries_ListRejected_FullMethodName: reads,
		adminv1.Deliveries_Retry_FullMethodName:        changes,

		adminv1.Catalog_Stats_FullMethodName: reads,

		adminv1.Bridge_Report_FullMethodName: reads,

		adminv1.Quality_List_FullMethodName:  reads,
		adminv1.Quality_Clear_FullMethodName: changes,

		adminv1.ClientInfo_List_FullMethodName:   reads,
		adminv1.ClientInfo_Verify_FullMethodName: changes,

		adminv1.Sync_Pull_FullMethodName: changes,

		adminv1.Checks_Run_FullMethodName: {needs: access.Operator}, // it calls the partner

		adminv1.Traffic_List_FullMethodName:   reads,
		adminv1.Traffic_Follow_FullMethodName: reads,

		adminv1.Held_List_FullMethodName:    reads,
		adminv1.Held_Release_FullMethodName: changes,
		adminv1.Held_Discard_FullMethodName: changes,

		adminv1.Alerts_List_FullMethodName:        reads,
		adminv1.Alerts_Rhythm_FullMethodName:      reads,
		adminv1.Alerts_Acknowledge_FullMethodName: changes,

		adminv1.Replicas_List_FullMethodName: reads,

		adminv1.Routes_Explain_FullMethodName: reads,

		adminv1.Tokens_Create_FullMethodName: governs,
		adminv1.Tokens_List_FullMethodName:   {needs: access.Admin},
		adminv1.Tokens_Revoke_FullMethodName: governs,

		reflectionv1.ServerReflection_ServerReflectionInfo_FullMethodName:      reads,
		reflectionv1alpha.ServerReflection_ServerReflectionInfo_FullMethodName: reads,
	}
}
