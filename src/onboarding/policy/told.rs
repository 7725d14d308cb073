//! A policy in values that a page can tell, and where two of them differ.

use super::{DAY, PolicyFacts, Subject};
use crate::onboarding::step::{Change, Told};

fn said(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// Whole days as such, so that a part of a day is not lost.
fn days(value: Option<u64>) -> String {
    let Some(seconds) = value else { return String::new() };
    let (whole, rest) = (seconds / DAY, seconds % DAY);
    if rest == 0 { whole.to_string() } else { format!("{whole} + {rest} s") }
}

impl PolicyFacts {
    /// Every value by its name in the catalogue (`onboarding-value-…`); `name` tells people by name.
    pub fn told(&self, name: &dyn Fn(&str) -> String) -> Vec<Told> {
        let people = |all: &[Subject]| all.iter().map(|one| name(one)).collect::<Vec<_>>().join(", ");
        let first = self.stages.first().cloned().unwrap_or_default();
        let later: Vec<Subject> =
            self.stages.iter().skip(1).flat_map(|stage| stage.approvers.clone()).collect();
        let escalation = first.escalation.clone().unwrap_or_default();
        let review = self.review.clone().unwrap_or_default();
        let months = if review.every_months == 0 { String::new() } else { review.every_months.to_string() };
        let reviewed = |value: String| if self.review.is_some() { value } else { String::new() };
        [
            ("scope", self.scope.clone()),
            ("targets", people(&self.targets)),
            ("new-requests", said(self.new_requests)),
            ("on-behalf", said(self.on_behalf)),
            ("on-behalf-requestors", people(&self.on_behalf_requestors)),
            ("own-schedule", said(self.own_schedule)),
            ("days", days(self.ends_after)),
            ("extension", said(self.extension)),
            ("extension-approval", said(self.extension_needs_approval)),
            ("approval", said(self.approval)),
            ("requestor-justification", said(self.requestor_justification)),
            ("stages", self.stages.len().to_string()),
            ("decide-days", days(first.decide_within)),
            ("approver-justification", said(first.justification)),
            ("approvers", people(&first.approvers)),
            ("fallback-approvers", people(&first.fallback)),
            ("later-approvers", people(&later)),
            ("escalation", said(self.stages.iter().any(|stage| stage.escalation.is_some()))),
            ("escalation-days", days(escalation.after)),
            ("escalation-approvers", people(&escalation.approvers)),
            ("review", said(self.review.is_some())),
            ("review-months", reviewed(months)),
            ("review-days", days(review.open_for)),
            ("review-self", reviewed(said(review.themselves))),
            ("reviewers", people(&review.reviewers)),
            ("fallback-reviewers", people(&review.fallback)),
            ("no-response", review.no_response.clone()),
            ("review-stops", review.stops.clone()),
        ]
        .into_iter()
        .map(|(value, is)| Told::new(value, is))
        .collect()
    }

    /// Where this one is not as wanted. Compared by id and told by name; with the ids where the names are the same.
    pub fn differences(&self, wanted: &Self, name: &dyn Fn(&str) -> String) -> Vec<Change> {
        let ids = |facts: &Self| facts.told(&|one: &str| one.to_owned());
        let raw = ids(self).into_iter().zip(ids(wanted));
        raw.zip(self.told(name).into_iter().zip(wanted.told(name)))
            .filter(|((is, to), _)| is != to)
            .map(|((is, to), (before, after))| {
                let same = before.is == after.is;
                let (before, after) = if same { (is.is, to.is) } else { (before.is, after.is) };
                Change { value: is.value, before, after }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Escalation, ReviewFacts, Stage};
    use super::*;
    use crate::onboarding::blueprint::Blueprint;

    type Deed = fn(&mut PolicyFacts);

    fn wanted() -> PolicyFacts {
        let text = |text: &str| text.to_owned();
        PolicyFacts::wanted(&Blueprint::default(), text("organization:o"), text("user:u"), text("group:g"))
    }

    fn stage(facts: &mut PolicyFacts) -> &mut Stage {
        &mut facts.stages[0]
    }

    fn review(facts: &mut PolicyFacts) -> &mut ReviewFacts {
        facts.review.as_mut().unwrap()
    }

    #[test]
    fn whatever_is_changed_by_hand_is_told_by_its_own_name() {
        let deeds: [(&str, Deed); 26] = [
            ("scope", |one| one.scope = "allExternalUsers".into()),
            ("targets", |one| one.targets.push("organization:other".into())),
            ("new-requests", |one| one.new_requests = false),
            ("on-behalf", |one| one.on_behalf = true),
            ("on-behalf-requestors", |one| one.on_behalf_requestors.push("group:x".into())),
            ("own-schedule", |one| one.own_schedule = true),
            ("days", |one| one.ends_after = Some(365 * DAY + 1)),
            ("extension", |one| one.extension = false),
            ("extension-approval", |one| one.extension_needs_approval = false),
            ("approval", |one| one.approval = false),
            ("requestor-justification", |one| one.requestor_justification = false),
            ("decide-days", |one| stage(one).decide_within = None),
            ("approver-justification", |one| stage(one).justification = false),
            ("approvers", |one| stage(one).approvers.push("user:x".into())),
            ("fallback-approvers", |one| stage(one).fallback.push("user:x".into())),
            ("stages", |one| one.stages.push(Stage::default())),
            ("later-approvers", |one| {
                one.stages.push(Stage { approvers: vec!["user:x".into()], ..Stage::default() });
            }),
            ("escalation", |one| stage(one).escalation = Some(Escalation::default())),
            ("escalation-approvers", |one| {
                stage(one).escalation = Some(Escalation { after: None, approvers: vec!["user:x".into()] });
            }),
            ("review", |one| one.review = None),
            ("review-months", |one| review(one).every_months = 1),
            ("review-days", |one| review(one).open_for = Some(DAY)),
            ("reviewers", |one| review(one).reviewers.clear()),
            ("fallback-reviewers", |one| review(one).fallback.push("user:x".into())),
            ("no-response", |one| review(one).no_response = "keepAccess".into()),
            ("review-stops", |one| review(one).stops = "2027-01-01".into()),
        ];
        for (value, deed) in deeds {
            let mut changed = wanted();
            deed(&mut changed);
            let told = changed.differences(&wanted(), &|one| one.to_owned());
            assert!(told.iter().any(|change| change.value == value), "{value}: {told:?}");
        }
        assert_eq!(wanted().differences(&wanted(), &|one| one.to_owned()), []);
    }

    #[test]
    fn two_groups_of_one_name_are_told_apart() {
        let mut changed = wanted();
        stage(&mut changed).approvers = vec!["group:another".into()];
        let told = changed.differences(&wanted(), &|_| "Approvers".to_owned());
        assert_eq!(told, [Change::new("approvers", "group:another", "user:u")]);
    }
}
