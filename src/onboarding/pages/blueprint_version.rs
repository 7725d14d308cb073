//! One version of the blueprint, and in what it differs from the one before.

use askama::Template;
use axum::extract::{Path, State};

use crate::app::App;
use crate::kit::error::{AppError, AppResult};
use crate::kit::frame::Frame;
use crate::kit::page::Page;
use crate::kit::text::T;
use crate::onboarding::blueprint::Blueprint;
use crate::onboarding::store;

/// A value of this version and of the one before.
struct Line {
    label: String,
    is: String,
    /// Only where it differs; empty words where there was none.
    was: Option<String>,
}

#[derive(Template)]
#[template(path = "onboarding/blueprint_version.html")]
struct VersionView {
    frame: Frame,
    t: T,
    number: i32,
    at: String,
    by: String,
    why: String,
    lines: Vec<Line>,
    changed: usize,
    /// The versions beside it.
    before: Option<i32>,
    after: Option<i32>,
    in_force: bool,
}

pub async fn show(State(app): State<App>, Path(version): Path<String>, page: Page) -> AppResult {
    let number: i32 = version.parse().map_err(|_| AppError::NotFound)?;
    let mut tx = page.scope().begin(&app.db).await?;
    let version = store::blueprint_version(&mut tx, number).await?.ok_or(AppError::NotFound)?;
    let blueprint = store::blueprint(&mut tx, number).await?.ok_or(AppError::NotFound)?;
    let earlier = store::blueprint(&mut tx, number - 1).await?;
    let later = store::blueprint_version(&mut tx, number + 1).await?;
    drop(tx);
    let t = page.t;
    let lines = lines(t, &blueprint, earlier.as_ref());
    let view = VersionView {
        t,
        number,
        at: t.moment(&version.made_at),
        by: version.made_by.unwrap_or_else(|| t.blueprint_by_default()),
        why: version.why,
        changed: lines.iter().filter(|line| line.was.is_some()).count(),
        lines,
        before: earlier.map(|_| number - 1),
        in_force: later.is_none(),
        after: later.map(|one| one.version),
        frame: page.frame.clone(),
    };
    page.show(&view)
}

/// Every value by a name that stays the same between versions, with its label and words.
fn values(t: T, one: &Blueprint) -> Vec<(String, String, String)> {
    let said = |is: bool| if is { t.layout_yes() } else { t.layout_no() };
    let choice = |group: &str, key: &str| t.text_or_key(&format!("blueprint-{group}-{key}"));
    let mut all: Vec<(String, String, String)> = Vec::new();
    let mut put = |name: &str, label: String, value: String| all.push((name.to_owned(), label, value));
    put("approvers_group", t.blueprint_approvers_group(), one.approvers.group.name.clone());
    put("approvers_package", t.blueprint_approvers_package(), one.approvers.package.name.clone());
    put("catalog", t.blueprint_catalog(), one.catalog.name.clone());
    for tier in &one.tiers {
        let mut of = |part: &str, label: String, value: &str| {
            let label = format!("{} › {label}", tier.key);
            put(&format!("{}_{part}", tier.key), label, value.to_owned());
        };
        of("group", t.blueprint_tier_group(), &tier.group.name);
        of("package", t.blueprint_tier_package(), &tier.package.name);
        of("role", t.blueprint_tier_role(), &tier.role.name);
        of("live", t.blueprint_live(), &choice("live", tier.live_response.key()));
    }
    let (access, review) = (&one.access, &one.review);
    put("days", t.blueprint_days(), access.days.to_string());
    put("decide_days", t.blueprint_decide_days(), access.decide_days.to_string());
    put("hidden", t.blueprint_hidden(), said(access.hidden));
    put("requestor", t.blueprint_requestor_justification(), said(access.requestor_justification));
    put("approver", t.blueprint_approver_justification(), said(access.approver_justification));
    put("extension", t.blueprint_extension(), said(access.extension));
    put("extension_approval", t.blueprint_extension_approval(), said(access.extension_needs_approval));
    put("every", t.blueprint_every(), choice("every", review.every.key()));
    put("open_days", t.blueprint_open_days(), review.open_days.to_string());
    put("reviewers", t.blueprint_reviewers(), choice("reviewers", review.reviewers.key()));
    put("no_response", t.blueprint_no_response(), choice("no-response", review.no_response.key()));
    put("defender", t.blueprint_defender_how(), choice("defender", one.defender.mode.key()));
    all
}

/// The values of this version, those of dropped tiers at the end. Without an earlier version nothing differs.
fn lines(t: T, one: &Blueprint, earlier: Option<&Blueprint>) -> Vec<Line> {
    let (now, before) = (values(t, one), earlier.map(|earlier| values(t, earlier)));
    let of = |all: &[(String, String, String)], name: &str| {
        all.iter().find(|(known, ..)| known == name).map(|(.., value)| value.clone())
    };
    let none = || t.layout_none();
    let mut lines: Vec<Line> = now
        .iter()
        .map(|(name, label, value)| {
            let was = before.as_ref().map(|before| of(before, name).unwrap_or_else(none));
            Line { label: label.clone(), is: value.clone(), was: was.filter(|was| was != value) }
        })
        .collect();
    for (name, label, value) in before.iter().flatten() {
        if of(&now, name).is_none() {
            lines.push(Line { label: label.clone(), is: none(), was: Some(value.clone()) });
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::text::Lang;

    #[test]
    fn a_version_tells_what_differs_from_the_one_before_and_which_tier_went() {
        let earlier = Blueprint::default();
        let mut one = earlier.clone();
        one.access.days = 180;
        one.tiers.truncate(1);
        let lines = lines(Lang::En.t(), &one, Some(&earlier));
        let told: Vec<String> = lines
            .iter()
            .filter_map(|line| Some(format!("{}: {} → {}", line.label, line.was.as_ref()?, line.is)))
            .collect();
        assert_eq!(told[0], "Access ends after (days): 365 → 180");
        assert_eq!(told[1], "tier2 › Group: Tier 2 Analyst → None");
        assert_eq!(told.len(), 5);
        assert!(super::lines(Lang::Nl.t(), &one, None).iter().all(|line| line.was.is_none()));
    }

    #[test]
    fn every_value_of_a_blueprint_is_told() {
        // Each tier has a group, a package, a role and live response; the rest of the document has 15 values.
        let one = Blueprint::default();
        let told = values(Lang::En.t(), &one);
        assert_eq!(told.len(), 15 + 4 * one.tiers.len());
    }
}
