//! Roles of Unified RBAC, where the tenant lets them be read.

use crate::graph::{Directory, GraphError, GraphErrorKind};
use crate::onboarding::observation::{SeenDefender, SeenRole};

/// A refusal is an observation, not a failure: without active Unified RBAC the API refuses (contract §9, FIELD).
pub(super) async fn read(directory: &Directory) -> Result<SeenDefender, GraphError> {
    match roles(directory).await {
        Err(error) if matches!(error.kind, GraphErrorKind::Forbidden | GraphErrorKind::ConsentMissing) => {
            Ok(SeenDefender::Unknown)
        }
        Err(error) if matches!(error.kind, GraphErrorKind::Refused { .. } | GraphErrorKind::NotFound) => {
            Ok(SeenDefender::Inactive)
        }
        outcome => outcome,
    }
}

async fn roles(directory: &Directory) -> Result<SeenDefender, GraphError> {
    // First what is documented of Defender: only its refusal says that roles are not active.
    let defined = directory.defender_roles().await?;
    let assignments = directory.defender_assignments().await?;
    let actions = directory.defender_action_names(&defined).await?;
    let mut roles: Vec<SeenRole> = defined
        .into_iter()
        .map(|role| {
            let mut held: Vec<String> = role.actions().map(str::to_owned).collect();
            held.sort_unstable();
            let of_role = assignments
                .iter()
                .filter(|one| one.role_definition_id.eq_ignore_ascii_case(role.id.as_str()));
            let mut groups: Vec<String> = of_role.flat_map(|one| one.principal_ids.clone()).collect();
            groups.sort_unstable();
            groups.dedup();
            SeenRole {
                id: role.id.to_string(),
                name: role.display_name,
                description: role.description,
                built_in: role.is_built_in == Some(true),
                actions: held,
                groups,
            }
        })
        .collect();
    roles.sort_by(|one, other| one.id.cmp(&other.id));
    Ok(SeenDefender::Unified { roles, actions })
}
