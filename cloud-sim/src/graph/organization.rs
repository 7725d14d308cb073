//! `/organization`, `/subscribedSkus` and `/tenantRelationships` (contract §2, §21).

use serde_json::{Value, json};

use super::scene::{Scene, plain_key, stamp};
use crate::answer::{Answer, Outcome};
use crate::call::bracket_key;
use crate::odata;
use crate::world::Tenant;
use crate::world::licence;

fn organization(tenant: &Tenant) -> Value {
    let domains: Vec<Value> = tenant
        .domains
        .iter()
        .map(|d| {
            json!({"name": d.name, "isDefault": d.is_default, "isInitial": d.is_initial, "type": "Managed",
                "capabilities": "Email, OfficeCommunicationsOnline"})
        })
        .collect();
    json!({
        "id": tenant.id, "displayName": tenant.display_name, "createdDateTime": stamp(tenant.created),
        "countryLetterCode": "NL", "tenantType": "AAD", "verifiedDomains": domains,
        "technicalNotificationMails": [], "assignedPlans": [],
    })
}

pub fn list(scene: &Scene<'_>) -> Outcome {
    let items = vec![organization(scene.tenant())];
    odata::page(scene.call, items, 100, &[])
}

/// One SKU, by `{tenantId}_{skuId}`.
pub fn sku(scene: &Scene<'_>, key: &str) -> Outcome {
    let id = plain_key(key);
    let found = licence::subscribed_skus(scene.tenant()).into_iter().find(|s| s["id"] == id);
    Ok(odata::single(scene.call, found.ok_or_else(|| Answer::not_found(&id))?, &[]))
}

pub fn skus(scene: &Scene<'_>) -> Outcome {
    let items = licence::subscribed_skus(scene.tenant());
    odata::page(scene.call, items, 500, &[])
}

/// `findTenantInformationByDomainName(domainName='x')` and `..ByTenantId(tenantId='x')`.
pub fn find(scene: &Scene<'_>, function: &str, argument: &str) -> Outcome {
    let wanted = if function.ends_with("DomainName") { "domainName" } else { "tenantId" };
    let value = match bracket_key(argument) {
        Some((name, value)) if name == wanted => value,
        _ => return Err(Answer::bad_request(&format!("The function takes one parameter, {wanted}."))),
    };
    if wanted == "tenantId" && uuid::Uuid::parse_str(&value).is_err() {
        return Err(Answer::bad_request(&format!("Invalid GUID '{value}'.")));
    }
    let found =
        scene.world.tenant(&value).filter(|t| (wanted == "tenantId") == t.id.eq_ignore_ascii_case(&value));
    let Some(tenant) = found else {
        return Err(Answer::error(
            404,
            "Request_ResourceNotFound",
            &format!(
                "Resource '{value}' does not exist or one of its queried reference-property objects are not present."
            ),
        ));
    };
    Ok(Answer::ok(json!({
        "tenantId": tenant.id, "federationBrandName": null, "displayName": tenant.display_name,
        "defaultDomainName": tenant.default_domain(),
    })))
}
