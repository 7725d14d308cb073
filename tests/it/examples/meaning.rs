//! What the portal understood of an answer, written out again under Microsoft's names by hand: a name that the portal
//! reads wrongly shows as a difference. Every field is named, so a new one does not go unseen.

use mssp_portal::graph::alerts::Alert;
use mssp_portal::graph::approvals::{ApprovalStage, Reviewer};
use mssp_portal::graph::audits::{AuditRow, AuditUser, Detail, InitiatedBy, Target};
use mssp_portal::graph::catalogs::{Catalog, CatalogResource, ResourceRequest, ResourceRole, ResourceScope};
use mssp_portal::graph::connected_organizations::{ConnectedOrganization, IdentitySource};
use mssp_portal::graph::defender::{DefenderAssignment, DefenderRole, RolePermission};
use mssp_portal::graph::groups::{Group, Principal};
use mssp_portal::graph::organization::{Organization, ServicePlan, Sku, TenantInformation, VerifiedDomain};
use mssp_portal::graph::packages::{AccessPackage, ResourceRoleScope};
use mssp_portal::graph::preflight::{
    AuthorizationPolicy, B2bName, B2bSetting, B2bTarget, CrossTenantAccess, InboundTrust,
};
use mssp_portal::graph::requests::{Assignment, AssignmentRequest, GivenAnswer, Question, Schedule, Subject};
use mssp_portal::graph::reviews::{Identity, ReviewDecision, ReviewDefinition, ReviewInstance, ReviewScope};
use mssp_portal::graph::users::User;
use serde_json::{Value, json};

macro_rules! word {
    ($word:expr) => {
        json!($word.as_ref().map(|word| word.as_str()))
    };
}

pub fn list<T>(all: &[T], one: impl Fn(&T) -> Value) -> Value {
    all.iter().map(one).collect()
}

pub fn catalog(of: &Catalog) -> Value {
    let Catalog {
        id,
        display_name,
        description,
        state,
        is_externally_visible,
        catalog_type,
        created_date_time,
    } = of;
    json!({"id": id, "displayName": display_name, "description": description, "state": word!(state),
        "isExternallyVisible": is_externally_visible, "catalogType": catalog_type,
        "createdDateTime": created_date_time})
}

pub fn resource(of: &CatalogResource) -> Value {
    let CatalogResource { id, display_name, origin_id, origin_system, roles, scopes } = of;
    json!({"id": id, "displayName": display_name, "originId": origin_id, "originSystem": word!(origin_system),
        "roles": list(roles, role), "scopes": list(scopes, scope)})
}

fn role(of: &ResourceRole) -> Value {
    let ResourceRole { id, display_name, origin_id, origin_system } = of;
    json!({"id": id, "displayName": display_name, "originId": origin_id, "originSystem": word!(origin_system)})
}

fn scope(of: &ResourceScope) -> Value {
    let ResourceScope { id, origin_id, is_root_scope } = of;
    json!({"id": id, "originId": origin_id, "isRootScope": is_root_scope})
}

pub fn resource_request(of: &ResourceRequest) -> Value {
    let ResourceRequest { id, state } = of;
    json!({"id": id, "state": word!(state)})
}

pub fn connected(of: &ConnectedOrganization) -> Value {
    let ConnectedOrganization { id, display_name, description, state, identity_sources } = of;
    let source = |of: &IdentitySource| {
        let IdentitySource { kind, display_name, tenant_id, domain_name, cloud_instance } = of;
        json!({"@odata.type": word!(kind), "displayName": display_name, "tenantId": tenant_id,
            "domainName": domain_name, "cloudInstance": cloud_instance})
    };
    json!({"id": id, "displayName": display_name, "description": description, "state": word!(state),
        "identitySources": list(identity_sources, source)})
}

pub fn package(of: &AccessPackage) -> Value {
    let AccessPackage { id, display_name, description, is_hidden, created_date_time, catalog: inside } = of;
    json!({"id": id, "displayName": display_name, "description": description, "isHidden": is_hidden,
        "createdDateTime": created_date_time, "catalog": inside.as_ref().map(catalog)})
}

pub fn role_scope(of: &ResourceRoleScope) -> Value {
    let ResourceRoleScope { id, role: of_role, scope: of_scope } = of;
    json!({"id": id, "role": of_role.as_ref().map(role), "scope": of_scope.as_ref().map(scope)})
}

fn schedule(of: &Schedule) -> Value {
    let Schedule { start_date_time, expiration } = of;
    let expiration = expiration.as_ref().map(|of| {
        let mssp_portal::graph::policies::Expiration { kind, duration, end_date_time, rest: _ } = of;
        json!({"type": word!(kind), "duration": duration, "endDateTime": end_date_time})
    });
    json!({"startDateTime": start_date_time, "expiration": expiration})
}

fn subject(of: &Subject) -> Value {
    let Subject { display_name, email, object_id, principal_name, connected_organization } = of;
    json!({"displayName": display_name, "email": email, "objectId": object_id, "principalName": principal_name,
        "connectedOrganization": connected_organization.as_ref().map(|of| json!({"id": of.id}))})
}

pub fn request(of: &AssignmentRequest) -> Value {
    let AssignmentRequest {
        id,
        request_type,
        state,
        status,
        created_date_time,
        completed_date_time,
        justification,
        answers,
        schedule: when,
        requestor,
        access_package,
        assignment,
    } = of;
    let answer = |of: &GivenAnswer| {
        let GivenAnswer { display_value, answered_question } = of;
        let question = answered_question.as_ref().map(|Question { text }| json!({"text": text}));
        json!({"displayValue": display_value, "answeredQuestion": question})
    };
    json!({"id": id, "requestType": word!(request_type), "state": word!(state), "status": status,
        "createdDateTime": created_date_time, "completedDateTime": completed_date_time,
        "justification": justification, "answers": list(answers, answer), "schedule": when.as_ref().map(schedule),
        "requestor": requestor.as_ref().map(subject),
        "accessPackage": access_package.as_ref().map(|of| json!({"id": of.id, "displayName": of.display_name})),
        "assignment": assignment.as_ref().map(|of| json!({"id": of.id}))})
}

pub fn alert(of: &Alert) -> Value {
    let Alert { id, title, status, severity, created_date_time, last_update_date_time } = of;
    json!({"id": id, "title": title, "status": status.as_ref().map(|word| word.as_str()),
        "severity": severity.as_ref().map(|word| word.as_str()), "createdDateTime": created_date_time,
        "lastUpdateDateTime": last_update_date_time})
}

pub fn review_definition(of: &ReviewDefinition) -> Value {
    let ReviewDefinition { id, display_name, status, scope } = of;
    let scope = scope.as_ref().map(|ReviewScope { query }| json!({"query": query}));
    json!({"id": id, "displayName": display_name, "status": word!(status), "scope": scope})
}

pub fn review_instance(of: &ReviewInstance) -> Value {
    let ReviewInstance { id, status, start_date_time, end_date_time } = of;
    json!({"id": id, "status": word!(status), "startDateTime": start_date_time, "endDateTime": end_date_time})
}

pub fn review_decision(of: &ReviewDecision) -> Value {
    let ReviewDecision {
        id,
        decision,
        recommendation,
        apply_result,
        justification,
        reviewed_date_time,
        reviewed_by,
        principal,
    } = of;
    let identity = |Identity { id, display_name, user_principal_name }: &Identity| json!({"id": id, "displayName": display_name, "userPrincipalName": user_principal_name});
    json!({"id": id, "decision": word!(decision), "recommendation": recommendation, "applyResult": apply_result,
        "justification": justification, "reviewedDateTime": reviewed_date_time,
        "reviewedBy": reviewed_by.as_ref().map(identity), "principal": principal.as_ref().map(identity)})
}

pub fn audit(of: &AuditRow) -> Value {
    let AuditRow {
        id,
        activity_display_name,
        activity_date_time,
        correlation_id,
        result,
        initiated_by,
        target_resources,
        additional_details,
    } = of;
    let by = initiated_by.as_ref().map(|InitiatedBy { user }| {
        let user = user.as_ref().map(|AuditUser { id, display_name, user_principal_name }| {
            json!({"id": id, "displayName": display_name, "userPrincipalName": user_principal_name})
        });
        json!({"user": user})
    });
    let target = |Target { id, kind }: &Target| json!({"id": id, "type": kind});
    let detail = |Detail { key, value }: &Detail| json!({"key": key, "value": value});
    json!({"id": id, "activityDisplayName": activity_display_name, "activityDateTime": activity_date_time,
        "correlationId": correlation_id, "result": result, "initiatedBy": by,
        "targetResources": list(target_resources, target), "additionalDetails": list(additional_details, detail)})
}

pub fn assignment(of: &Assignment) -> Value {
    let Assignment {
        id,
        state,
        status,
        expired_date_time,
        schedule: when,
        target,
        access_package,
        assignment_policy,
    } = of;
    // The end it will have must be the end that is told.
    let told = when.as_ref().and_then(|when| when.expiration.as_ref()?.end_date_time.as_ref());
    assert_eq!(of.ends().is_some(), told.is_some(), "{of:?}");
    json!({"id": id, "state": word!(state), "status": status, "expiredDateTime": expired_date_time,
        "schedule": when.as_ref().map(schedule), "target": target.as_ref().map(subject),
        "accessPackage": access_package.as_ref().map(|of| json!({"id": of.id, "displayName": of.display_name})),
        "assignmentPolicy": assignment_policy.as_ref().map(|of| json!({"id": of.id}))})
}

pub fn group(of: &Group) -> Value {
    let Group {
        id,
        display_name,
        description,
        mail_nickname,
        mail_enabled,
        security_enabled,
        group_types,
        unique_name,
        on_premises_sync_enabled,
        created_date_time,
    } = of;
    json!({"id": id, "displayName": display_name, "description": description, "mailNickname": mail_nickname,
        "mailEnabled": mail_enabled, "securityEnabled": security_enabled, "groupTypes": group_types,
        "uniqueName": unique_name, "onPremisesSyncEnabled": on_premises_sync_enabled,
        "createdDateTime": created_date_time})
}

pub fn principal(of: &Principal) -> Value {
    let Principal {
        id,
        kind,
        display_name,
        user_principal_name,
        mail,
        user_type,
        external_user_state,
        account_enabled,
        app_id,
    } = of;
    json!({"id": id, "@odata.type": word!(kind), "displayName": display_name,
        "userPrincipalName": user_principal_name, "mail": mail, "userType": word!(user_type),
        "externalUserState": word!(external_user_state), "accountEnabled": account_enabled, "appId": app_id})
}

pub fn user(of: &User) -> Value {
    let User { id, display_name, user_principal_name, mail, user_type, external_user_state, account_enabled } =
        of;
    json!({"id": id, "displayName": display_name, "userPrincipalName": user_principal_name, "mail": mail,
        "userType": word!(user_type), "externalUserState": word!(external_user_state),
        "accountEnabled": account_enabled})
}

pub fn stage(of: &ApprovalStage) -> Value {
    let ApprovalStage { id, status, assigned_to_me, reviewed_by, reviewed_date_time } = of;
    let by = reviewed_by.as_ref().map(|Reviewer { display_name }| json!({"displayName": display_name}));
    json!({"id": id, "status": word!(status), "assignedToMe": assigned_to_me, "reviewedBy": by,
        "reviewedDateTime": reviewed_date_time})
}

pub fn organization(of: &Organization) -> Value {
    let Organization { id, display_name, verified_domains } = of;
    let domain = |of: &VerifiedDomain| {
        let VerifiedDomain { name, is_default, is_initial } = of;
        json!({"name": name, "isDefault": is_default, "isInitial": is_initial})
    };
    json!({"id": id, "displayName": display_name, "verifiedDomains": list(verified_domains, domain)})
}

pub fn sku(of: &Sku) -> Value {
    let Sku { sku_part_number, capability_status, service_plans } = of;
    let plan = |of: &ServicePlan| {
        let ServicePlan { service_plan_id, service_plan_name, provisioning_status } = of;
        json!({"servicePlanId": service_plan_id, "servicePlanName": service_plan_name,
            "provisioningStatus": word!(provisioning_status)})
    };
    json!({"skuPartNumber": sku_part_number, "capabilityStatus": word!(capability_status),
        "servicePlans": list(service_plans, plan)})
}

pub fn tenant(of: &TenantInformation) -> Value {
    let TenantInformation { tenant_id, display_name, default_domain_name, federation_brand_name } = of;
    json!({"tenantId": tenant_id, "displayName": display_name, "defaultDomainName": default_domain_name,
        "federationBrandName": federation_brand_name})
}

pub fn authorization(of: &AuthorizationPolicy) -> Value {
    let AuthorizationPolicy { allow_invites_from, guest_user_role_id } = of;
    json!({"allowInvitesFrom": word!(allow_invites_from), "guestUserRoleId": guest_user_role_id})
}

pub fn cross_tenant(of: &CrossTenantAccess) -> Value {
    let CrossTenantAccess { inbound_trust, b2b_collaboration_inbound } = of;
    let trust = |of: &InboundTrust| {
        let InboundTrust { is_mfa_accepted, is_compliant_device_accepted, is_hybrid_joined_device_accepted } =
            of;
        json!({"isMfaAccepted": is_mfa_accepted, "isCompliantDeviceAccepted": is_compliant_device_accepted,
            "isHybridAzureADJoinedDeviceAccepted": is_hybrid_joined_device_accepted})
    };
    let target = |of: &B2bTarget| {
        let B2bTarget { access_type, targets } = of;
        let name = |of: &B2bName| json!({"target": of.target, "targetType": of.target_type});
        json!({"accessType": word!(access_type), "targets": list(targets, name)})
    };
    let inbound = |of: &B2bSetting| {
        let B2bSetting { users_and_groups, applications } = of;
        json!({"usersAndGroups": users_and_groups.as_ref().map(target),
            "applications": applications.as_ref().map(target)})
    };
    json!({"inboundTrust": inbound_trust.as_ref().map(trust),
        "b2bCollaborationInbound": b2b_collaboration_inbound.as_ref().map(inbound)})
}

pub fn defender_role(of: &DefenderRole) -> Value {
    let DefenderRole { id, display_name, description, is_enabled, is_built_in, role_permissions } = of;
    let permission = |of: &RolePermission| json!({"allowedResourceActions": of.allowed_resource_actions});
    json!({"id": id, "displayName": display_name, "description": description, "isEnabled": is_enabled,
        "isBuiltIn": is_built_in, "rolePermissions": list(role_permissions, permission)})
}

pub fn defender_assignment(of: &DefenderAssignment) -> Value {
    let DefenderAssignment {
        id,
        display_name,
        role_definition_id,
        principal_ids,
        directory_scope_ids,
        app_scope_ids,
    } = of;
    json!({"id": id, "displayName": display_name, "roleDefinitionId": role_definition_id,
        "principalIds": principal_ids, "directoryScopeIds": directory_scope_ids, "appScopeIds": app_scope_ids})
}
