//! What an assignment policy must be (contract §7), and how the service shows it afterwards.

use serde_json::{Value, json};

use super::model::{duration, flag, invalid, list, need_text, need_word, only, text, word};
use super::{review_rules, subject_sets};
use crate::answer::Answer;
use crate::graph::scene::Scene;
use crate::world::new_id;

const KNOWN: &[&str] = &[
    "id",
    "displayName",
    "description",
    "allowedTargetScope",
    "specificAllowedTargets",
    "expiration",
    "automaticRequestSettings",
    "notificationSettings",
    "requestorSettings",
    "requestApprovalSettings",
    "reviewSettings",
    "questions",
    "customExtensionStageSettings",
    "accessPackage",
    "catalog",
    "createdDateTime",
    "modifiedDateTime",
];
const SCOPES: &[&str] = &[
    "notSpecified",
    "specificDirectoryUsers",
    "specificConnectedOrganizationUsers",
    "specificDirectoryServicePrincipals",
    "allMemberUsers",
    "allDirectoryUsers",
    "allDirectoryServicePrincipals",
    "allConfiguredConnectedOrganizationUsers",
    "allExternalUsers",
    "allDirectoryAgentIdentities",
];
const EXPIRATIONS: &[&str] = &["notSpecified", "noExpiration", "afterDateTime", "afterDuration"];
const REQUESTOR_FLAGS: &[&str] = &[
    "enableTargetsToSelfAddAccess",
    "enableTargetsToSelfUpdateAccess",
    "enableTargetsToSelfRemoveAccess",
    "allowCustomAssignmentSchedule",
    "enableOnBehalfRequestorsToAddAccess",
    "enableOnBehalfRequestorsToUpdateAccess",
    "enableOnBehalfRequestorsToRemoveAccess",
];
const APPROVERS: &[&str] = &[
    "singleUser",
    "groupMembers",
    "requestorManager",
    "internalSponsors",
    "externalSponsors",
    "targetManager",
    "targetUserSponsors",
];
const APPROVER_LISTS: &[&str] =
    &["primaryApprovers", "fallbackPrimaryApprovers", "escalationApprovers", "fallbackEscalationApprovers"];

/// The policy as Graph shows it, without id and dates; or why it is refused.
pub fn checked(scene: &Scene<'_>, body: &Value) -> Result<Value, Answer> {
    only(body, "accessPackageAssignmentPolicy", KNOWN)?;
    if !body["automaticRequestSettings"].is_null() {
        return Err(invalid("automaticRequestSettings", "Automatic assignment is not simulated."));
    }
    let description = text(body, "description")?;
    let description = description.ok_or_else(|| invalid("description", "The value is required."))?;
    let scope = need_word(body, "allowedTargetScope", SCOPES)?;
    Ok(json!({
        "displayName": need_text(body, "displayName")?, "description": description,
        "allowedTargetScope": scope, "specificAllowedTargets": targets(scene, body, scope)?,
        "expiration": expiration(body, "expiration")?, "automaticRequestSettings": null,
        "requestorSettings": requestors(body)?,
        "requestApprovalSettings": approvals(scene, &body["requestApprovalSettings"])?,
        "reviewSettings": review_rules::checked(scene, &body["reviewSettings"])?,
        "notificationSettings": body["notificationSettings"],
        "questions": questions(body)?,
        "customExtensionStageSettings": extensions(body)?,
    }))
}

/// Each gets an id; what a question asks is kept as it was sent. Answers are not simulated.
fn questions(body: &Value) -> Result<Value, Answer> {
    const KINDS: [&str; 2] = ["accessPackageTextInputQuestion", "accessPackageMultipleChoiceQuestion"];
    let mut all = list(body, "questions")?.to_vec();
    for one in &mut all {
        let kind = one["@odata.type"].as_str().unwrap_or_default();
        if !KINDS.iter().any(|known| kind == format!("#microsoft.graph.{known}")) {
            return Err(invalid("questions", "The type of the question is not known."));
        }
        need_text(one, "text")?;
        if text(one, "id")?.is_none() {
            one["id"] = json!(new_id());
        }
    }
    Ok(Value::Array(all))
}

/// Stages at which an extension is called: nothing calls it here.
fn extensions(body: &Value) -> Result<Value, Answer> {
    let mut all = list(body, "customExtensionStageSettings")?.to_vec();
    for one in &mut all {
        only(one, "customExtensionStageSetting", &["id", "stage", "customExtension"])?;
        need_text(one, "stage")?;
        need_text(&one["customExtension"], "id")?;
        if text(one, "id")?.is_none() {
            one["id"] = json!(new_id());
        }
    }
    Ok(Value::Array(all))
}

/// Nobody can ask for anything by it (FIELD: terraform-provider-azuread #1209); a PUT mends it.
pub fn disable(policy: &mut Value) {
    for name in &REQUESTOR_FLAGS[..3] {
        policy["requestorSettings"][*name] = json!(false);
    }
}

fn targets(scene: &Scene<'_>, body: &Value, scope: &str) -> Result<Value, Answer> {
    const NAME: &str = "specificAllowedTargets";
    let kinds: &[&str] = match scope {
        "specificConnectedOrganizationUsers" => &["connectedOrganizationMembers"],
        "specificDirectoryUsers" => &["singleUser", "groupMembers", "attributeRuleMembers"],
        "specificDirectoryServicePrincipals" => &["singleServicePrincipal"],
        _ => &[],
    };
    let sets = list(body, NAME)?;
    if !kinds.is_empty() && sets.is_empty() {
        return Err(invalid(NAME, &format!("{scope} needs at least one target.")));
    }
    if kinds.is_empty() && !sets.is_empty() {
        return Err(invalid(NAME, &format!("{scope} takes no targets.")));
    }
    subject_sets::checked(scene, body, NAME, kinds)
}

/// An `expirationPattern`: the type says which of the two values must be there, and the other must not.
pub fn expiration(owner: &Value, name: &str) -> Result<Value, Answer> {
    let value = &owner[name];
    if value.is_null() {
        return Ok(json!({"endDateTime": null, "duration": null, "type": "notSpecified"}));
    }
    only(value, "expirationPattern", &["type", "duration", "endDateTime"])?;
    let kind = need_word(value, "type", EXPIRATIONS)?;
    let (length, end) = (duration(value, "duration")?, text(value, "endDateTime")?);
    if end.as_deref().is_some_and(|at| chrono::DateTime::parse_from_rfc3339(at).is_err()) {
        return Err(invalid(name, "endDateTime is not an instant."));
    }
    let whole = match kind {
        "afterDuration" => length.is_some_and(|s| s > 0) && end.is_none(),
        "afterDateTime" => length.is_none() && end.is_some(),
        _ => length.is_none() && end.is_none(),
    };
    if !whole {
        return Err(invalid(name, &format!("duration and endDateTime do not fit the type {kind}.")));
    }
    Ok(json!({"endDateTime": end, "duration": value["duration"], "type": kind}))
}

fn requestors(body: &Value) -> Result<Value, Answer> {
    let value = &body["requestorSettings"];
    let mut shown = json!({"onBehalfRequestors": []});
    if !value.is_null() {
        let known: Vec<&str> = REQUESTOR_FLAGS.iter().copied().chain(["onBehalfRequestors"]).collect();
        only(value, "accessPackageAssignmentRequestorSettings", &known)?;
    }
    for name in REQUESTOR_FLAGS {
        shown[*name] = json!(flag(value, name)?);
    }
    if !list(value, "onBehalfRequestors")?.is_empty() {
        return Err(invalid("onBehalfRequestors", "Requests on behalf of others are not simulated."));
    }
    Ok(shown)
}

fn approvals(scene: &Scene<'_>, value: &Value) -> Result<Value, Answer> {
    const FLAGS: &[&str] =
        &["isApprovalRequiredForAdd", "isApprovalRequiredForUpdate", "isRequestorJustificationRequired"];
    let mut shown = json!({});
    if !value.is_null() {
        let known: Vec<&str> = FLAGS.iter().copied().chain(["stages"]).collect();
        only(value, "accessPackageAssignmentApprovalSettings", &known)?;
    }
    for name in FLAGS {
        shown[*name] = json!(flag(value, name)?);
    }
    let stages = list(value, "stages")?;
    let wanted = shown["isApprovalRequiredForAdd"] == true || shown["isApprovalRequiredForUpdate"] == true;
    if stages.len() > 3 || (wanted && stages.is_empty()) {
        return Err(invalid("stages", "Approval takes one, two or three stages."));
    }
    let all: Result<Vec<Value>, Answer> = stages.iter().map(|s| stage(scene, s)).collect();
    shown["stages"] = json!(all?);
    Ok(shown)
}

fn stage(scene: &Scene<'_>, value: &Value) -> Result<Value, Answer> {
    const LENGTHS: &[&str] = &["durationBeforeAutomaticDenial", "durationBeforeEscalation"];
    const OTHERS: &[&str] =
        &["isApproverJustificationRequired", "isEscalationEnabled", "approverInformationVisibility"];
    let known: Vec<&str> = [LENGTHS, OTHERS, APPROVER_LISTS].concat();
    only(value, "accessPackageApprovalStage", &known)?;
    let denial = duration(value, LENGTHS[0])?;
    if denial.is_none_or(|s| s <= 0) {
        return Err(invalid(LENGTHS[0], "A positive duration is required."));
    }
    let escalation = duration(value, LENGTHS[1])?.unwrap_or(0);
    let escalates = flag(value, "isEscalationEnabled")?;
    let someone = !list(value, "escalationApprovers")?.is_empty();
    if escalates && (escalation <= 0 || Some(escalation) >= denial || !someone) {
        return Err(invalid(
            LENGTHS[1],
            "Escalation needs approvers and a time before the automatic denial.",
        ));
    }
    if list(value, "primaryApprovers")?.is_empty() {
        return Err(invalid("primaryApprovers", "At least one approver is required."));
    }
    let words = ["default", "notVisible", "visible"];
    let mut shown = json!({
        "durationBeforeAutomaticDenial": value[LENGTHS[0]],
        "durationBeforeEscalation": text(value, LENGTHS[1])?.unwrap_or_else(|| "PT0S".to_owned()),
        "isApproverJustificationRequired": flag(value, "isApproverJustificationRequired")?,
        "isEscalationEnabled": escalates,
        "approverInformationVisibility": word(value, "approverInformationVisibility", &words)?.unwrap_or("default"),
    });
    for name in APPROVER_LISTS {
        shown[*name] = subject_sets::checked(scene, value, name, APPROVERS)?;
    }
    Ok(shown)
}
