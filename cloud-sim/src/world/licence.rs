//! Service plans and the SKUs that carry them (contract §21).

use serde_json::{Value, json};

use super::tenant::Tenant;

/// Service plan name and id.
const PLANS: &[(&str, &str)] = &[
    ("AAD_PREMIUM", "41781fb2-bc02-4b7c-bd55-b576c07bb09d"),
    ("AAD_PREMIUM_P2", "eec0eb4f-6444-4f95-aba0-50c24d67f998"),
    ("Entra_Identity_Governance", "e866a266-3cff-43a3-acca-0c90a7e00c8b"),
    ("WINDEFATP", "871d91ec-ec1a-452b-a83f-bd76c7d770ef"),
    ("MDE_LITE", "292cc034-7b7c-4950-aaf5-943befd3f1d4"),
    ("MDE_SMB", "bfc1bbd9-981b-4f71-9b82-17c35fd0e2a4"),
    ("MTP", "bf28f719-7844-4079-9c78-c1307898e192"),
    ("EXCHANGE_S_FOUNDATION", "113feb6c-3fe4-4440-bddc-54d774bf0318"),
];

/// SKU part number, SKU id and the plans in it. The ids are only of this simulation.
const SKUS: &[(&str, &str, &[&str])] = &[
    (
        "SPE_E5",
        "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
        &["AAD_PREMIUM", "AAD_PREMIUM_P2", "WINDEFATP", "MTP"],
    ),
    ("SPE_E3", "05e9a617-0261-4cee-bb44-138d3ef5d965", &["AAD_PREMIUM", "MDE_LITE"]),
    ("SPB", "cbdc14ab-d96c-4c30-b9f4-6ada7cdc1d46", &["AAD_PREMIUM", "MDE_SMB"]),
    ("EMSPREMIUM", "b05e124f-c7cc-45a0-a6aa-8cf78c946968", &["AAD_PREMIUM", "AAD_PREMIUM_P2"]),
];

/// A licence is written `SPE_E5`, or with its state `SPE_E5:Suspended`; without one it is enabled.
fn named(licence: &str) -> (&str, &str) {
    licence.split_once(':').unwrap_or((licence, "Enabled"))
}

/// Whether a licence of this state still serves (INFERRED, contract §21).
pub fn serves(licence: &str) -> bool {
    ["Enabled", "Warning"].contains(&named(licence).1)
}

/// The service plans of a licence, named as a SKU or as a plan, whatever its state.
pub fn plans_of(licence: &str) -> Vec<&str> {
    let (licence, _) = named(licence);
    match SKUS.iter().find(|(name, _, _)| *name == licence) {
        Some((_, _, plans)) => plans.to_vec(),
        None => vec![licence],
    }
}

/// True when the name is a SKU or plan this simulation knows.
pub fn known(licence: &str) -> bool {
    let (licence, _) = named(licence);
    SKUS.iter().any(|s| s.0 == licence) || PLANS.iter().any(|p| p.0 == licence)
}

fn plan(name: &str) -> Value {
    let id = PLANS.iter().find(|p| p.0 == name).map_or("00000000-0000-0000-0000-000000000000", |p| p.1);
    json!({"servicePlanId": id, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User"})
}

/// `GET /subscribedSkus` of a tenant: one SKU per licence.
pub fn subscribed_skus(tenant: &Tenant) -> Vec<Value> {
    tenant.licences.iter().map(|licence| sku(tenant, licence)).collect()
}

fn sku(tenant: &Tenant, licence: &str) -> Value {
    let (licence, status) = named(licence);
    let sku_id = SKUS.iter().find(|s| s.0 == licence).map_or_else(
        || uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, licence.as_bytes()).to_string(),
        |s| s.1.to_owned(),
    );
    let mut plans: Vec<Value> = plans_of(licence).into_iter().map(plan).collect();
    plans.push(plan("EXCHANGE_S_FOUNDATION"));
    json!({
        "id": format!("{}_{}", tenant.id, sku_id), "skuId": sku_id,
        "skuPartNumber": licence, "appliesTo": "User", "capabilityStatus": status,
        "accountId": tenant.id, "accountName": tenant.default_domain(),
        "consumedUnits": 12, "prepaidUnits": {"enabled": 25, "lockedOut": 0, "suspended": 0, "warning": 0},
        "servicePlans": plans, "subscriptionIds": [],
    })
}
