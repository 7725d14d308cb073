//! The blueprint's form: every field typed, nothing else taken.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::kit::form::FieldErrors;
use crate::kit::text::T;
use crate::onboarding::blueprint::{
    Access, Blueprint, Defender, DefenderMode, Frequency, LiveResponse, Named, NoResponse, Package, Review,
    Reviewers, Tier,
};
use crate::onboarding::observation::same_name;

#[derive(Clone, Debug, Default, Deserialize)]
pub struct BlueprintForm {
    /// The version that was shown; another one meanwhile is a conflict.
    pub version: i32,
    pub approvers_group: String,
    pub approvers_package: String,
    pub catalog: String,
    /// One value per row of tiers; a row without a group's name is no tier.
    #[serde(default)]
    pub tier_key: Vec<String>,
    #[serde(default)]
    pub tier_group: Vec<String>,
    #[serde(default)]
    pub tier_package: Vec<String>,
    #[serde(default)]
    pub tier_role: Vec<String>,
    #[serde(default)]
    pub tier_live: Vec<String>,
    pub days: String,
    pub decide_days: String,
    #[serde(default)]
    pub hidden: Option<String>,
    #[serde(default)]
    pub extension: Option<String>,
    #[serde(default)]
    pub extension_approval: Option<String>,
    #[serde(default)]
    pub requestor_justification: Option<String>,
    #[serde(default)]
    pub approver_justification: Option<String>,
    pub review_every: String,
    pub open_days: String,
    pub reviewers: String,
    pub no_response: String,
    pub defender: String,
    #[serde(default)]
    pub why: String,
    /// How many onboarded customers it touches, as was shown.
    #[serde(default)]
    pub touches: Option<i64>,
}

/// Tiers of all versions so far: key and last name of the group. What a key once meant stays in customers' tenants,
/// so it is never given to another tier.
pub type PastTiers = BTreeMap<String, String>;

impl BlueprintForm {
    pub fn of(version: i32, blueprint: &Blueprint) -> Self {
        let flag = |on: bool| on.then(|| "yes".to_owned());
        let tiers =
            |field: fn(&Tier) -> &str| blueprint.tiers.iter().map(|tier| field(tier).to_owned()).collect();
        Self {
            version,
            approvers_group: blueprint.approvers.group.name.clone(),
            approvers_package: blueprint.approvers.package.name.clone(),
            catalog: blueprint.catalog.name.clone(),
            tier_key: tiers(|tier| &tier.key),
            tier_group: tiers(|tier| &tier.group.name),
            tier_package: tiers(|tier| &tier.package.name),
            tier_role: tiers(|tier| &tier.role.name),
            tier_live: tiers(|tier| tier.live_response.key()),
            days: blueprint.access.days.to_string(),
            decide_days: blueprint.access.decide_days.to_string(),
            hidden: flag(blueprint.access.hidden),
            extension: flag(blueprint.access.extension),
            extension_approval: flag(blueprint.access.extension_needs_approval),
            requestor_justification: flag(blueprint.access.requestor_justification),
            approver_justification: flag(blueprint.access.approver_justification),
            review_every: blueprint.review.every.key().to_owned(),
            open_days: blueprint.review.open_days.to_string(),
            reviewers: blueprint.review.reviewers.key().to_owned(),
            no_response: blueprint.review.no_response.key().to_owned(),
            defender: blueprint.defender.mode.key().to_owned(),
            why: String::new(),
            touches: None,
        }
    }

    /// The blueprint it says, or a sentence per field that cannot be taken. Descriptions stay as they were.
    pub fn read(&self, t: T, before: &Blueprint, past: &PastTiers) -> Result<Blueprint, FieldErrors> {
        let mut errors = FieldErrors::default();
        let mut number = |field: &str, text: &str| {
            text.trim().parse::<u32>().unwrap_or_else(|_| {
                errors.add(field, t.blueprint_wrong_number());
                1
            })
        };
        let (days, decide_days) = (number("days", &self.days), number("decide_days", &self.decide_days));
        let open_days = number("open_days", &self.open_days);
        let renamed = |was: &Named, name: &str| Named { name: name.trim().to_owned(), ..was.clone() };
        let blueprint = Blueprint {
            approvers: Package {
                group: renamed(&before.approvers.group, &self.approvers_group),
                package: renamed(&before.approvers.package, &self.approvers_package),
            },
            tiers: self.tiers(before, past),
            catalog: renamed(&before.catalog, &self.catalog),
            access: Access {
                days,
                decide_days,
                hidden: self.hidden.is_some(),
                extension: self.extension.is_some(),
                extension_needs_approval: self.extension_approval.is_some(),
                requestor_justification: self.requestor_justification.is_some(),
                approver_justification: self.approver_justification.is_some(),
            },
            review: Review {
                every: Frequency::from_key(&self.review_every).unwrap_or(Frequency::Annually),
                open_days,
                reviewers: Reviewers::from_key(&self.reviewers).unwrap_or(Reviewers::Approvers),
                no_response: NoResponse::from_key(&self.no_response).unwrap_or(NoResponse::Remove),
            },
            defender: Defender {
                mode: DefenderMode::from_key(&self.defender).unwrap_or(DefenderMode::Manual),
            },
        };
        for wrong in blueprint.wrongs() {
            errors.add(wrong.field, t.text_or_key(wrong.why));
        }
        if errors.is_empty() { Ok(blueprint) } else { Err(errors) }
    }

    fn tiers(&self, before: &Blueprint, past: &PastTiers) -> Vec<Tier> {
        let mut tiers: Vec<Tier> = Vec::new();
        for (row, group) in self.tier_group.iter().enumerate().filter(|(_, group)| !group.trim().is_empty()) {
            let text =
                |values: &Vec<String>| values.get(row).map(|text| text.trim().to_owned()).unwrap_or_default();
            let or = |text: String, other: &str| if text.is_empty() { other.to_owned() } else { text };
            let typed = text(&self.tier_key);
            let known = before.tier(&typed).is_some() && !tiers.iter().any(|tier| tier.key == typed);
            let key = if known { typed } else { self.fresh_key(group, before, &tiers, past) };
            let was = before.tier(&key).or(before.tiers.first());
            let told = |named: Option<&Named>, name: String| Named {
                description: named.map(|one| one.description.clone()).unwrap_or_default(),
                name,
            };
            tiers.push(Tier {
                group: told(was.map(|tier| &tier.group), group.trim().to_owned()),
                package: told(was.map(|tier| &tier.package), or(text(&self.tier_package), group.trim())),
                role: told(was.map(|tier| &tier.role), or(text(&self.tier_role), group.trim())),
                live_response: LiveResponse::from_key(&text(&self.tier_live)).unwrap_or(LiveResponse::None),
                key,
            });
        }
        tiers
    }
}

impl BlueprintForm {
    /// A tier that was dropped and comes back under its old name is the same one; any other gets a key of its own.
    fn fresh_key(&self, group: &str, before: &Blueprint, tiers: &[Tier], past: &PastTiers) -> String {
        let taken = |key: &str| {
            before.tier(key).is_some()
                || tiers.iter().any(|tier| tier.key == key)
                || self.tier_key.iter().any(|other| other == key)
        };
        let again = past.iter().find(|(key, name)| !taken(key) && same_name(name, group));
        if let Some((key, _)) = again {
            return key.clone();
        }
        let mut keys = (1..).map(|number| format!("tier{number}"));
        keys.find(|key| !taken(key) && !past.contains_key(key)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::text::Lang;

    #[test]
    fn a_form_that_changes_nothing_gives_the_same_blueprint() {
        let blueprint = Blueprint::default();
        let form = BlueprintForm::of(1, &blueprint);
        assert_eq!(form.read(Lang::En.t(), &blueprint, &PastTiers::new()).unwrap(), blueprint);
    }

    #[test]
    fn an_added_tier_gets_a_key_of_its_own_and_an_emptied_one_goes() {
        let blueprint = Blueprint::default();
        let mut form = BlueprintForm::of(1, &blueprint);
        form.tier_key.push(String::new());
        form.tier_group.push("Tier 3 Hunter".to_owned());
        form.tier_live.push("basic".to_owned());
        let read = form.read(Lang::En.t(), &blueprint, &PastTiers::new()).unwrap();
        assert_eq!(read.keys(), ["approvers", "tier1", "tier2", "tier3"]);
        assert_eq!(read.tiers[2].package.name, "Tier 3 Hunter");
        form.tier_group[0].clear();
        assert_eq!(
            form.read(Lang::En.t(), &blueprint, &PastTiers::new()).unwrap().keys(),
            ["approvers", "tier2", "tier3"]
        );
    }

    #[test]
    fn a_key_never_comes_to_mean_another_tier() {
        let mut blueprint = Blueprint::default();
        blueprint.tiers.truncate(1);
        let past = PastTiers::from([
            ("tier1".to_owned(), "Tier 1 Analyst".to_owned()),
            ("tier2".to_owned(), "Tier 2 Analyst".to_owned()),
        ]);
        let added = |name: &str| {
            let mut form = BlueprintForm::of(1, &blueprint);
            form.tier_key.push(String::new());
            form.tier_group.push(name.to_owned());
            form.read(Lang::En.t(), &blueprint, &past).unwrap().tiers[1].key.clone()
        };
        assert_eq!(added("Hunters"), "tier3");
        assert_eq!(added("tier 2 analyst"), "tier2", "it is the one that was dropped");
    }

    #[test]
    fn what_is_no_number_is_said_at_its_field() {
        let blueprint = Blueprint::default();
        let form = BlueprintForm { days: "a year".to_owned(), ..BlueprintForm::of(1, &blueprint) };
        assert!(form.read(Lang::En.t(), &blueprint, &PastTiers::new()).unwrap_err().of("days").is_some());
    }
}
