//! What a plan tells of a tenant: every value, every difference, everything that is not ours.

use super::*;
use crate::customers::State;
use crate::onboarding::facts::PROOF_LIFE;
use crate::onboarding::policy::{Escalation, PolicyFacts};
use crate::onboarding::standing::{Under, standing};

pub(super) fn onboarded(mode: DefenderMode) -> World {
    let mut world = World::new(mode);
    world.onboard();
    world
}

fn changes(step: &Step) -> Vec<(&str, &str, &str)> {
    let StepState::Change(changes) = &step.state else { panic!("{}: {:?}", step.key, step.state) };
    changes.iter().map(|one| (one.value.as_str(), one.before.as_str(), one.after.as_str())).collect()
}

fn notes(step: &Step) -> Vec<(&str, &str)> {
    step.notes
        .iter()
        .map(|note| (note.key.as_str(), note.arguments.get("names").map_or("", String::as_str)))
        .collect()
}

fn wanted(step: &Step, value: &str) -> Option<String> {
    step.wanted.iter().find(|one| one.value == value).map(|one| one.is.clone())
}

fn asked(step: &Step) -> &[Candidate] {
    match &step.state {
        StepState::Question(Question::Adopt(candidates)) => candidates,
        other => panic!("{}: {other:?}", step.key),
    }
}

#[test]
fn a_fresh_tenant_gets_microsofts_steps_in_order() {
    let plan = World::new(DefenderMode::Manual).plan();
    let keys: Vec<String> = plan.steps.iter().map(|step| step.key.to_string()).collect();
    let expected = "identify reader-consent preflight operator-consent group.approvers group.tier1 group.tier2 rbac \
        defender-role.tier1 defender-role.tier2 device-groups live-response.tier2 connected-organization catalog \
        resource.approvers resource.tier1 resource.tier2 package.approvers policy.approvers link.approvers \
        first-approvers package.tier1 policy.tier1 link.tier1 package.tier2 policy.tier2 link.tier2 \
        notification-rule first-analyst";
    assert_eq!(keys.join(" "), expected);
}

#[test]
fn what_stands_against_the_procedure_blocks_until_a_person_overrules() {
    let mut world = World::new(DefenderMode::Manual);
    world.seen.preflight.licence = false;
    let step = world.step(StepKind::Preflight, "");
    assert_eq!((step.state, step.whose_move), (StepState::Blocked, WhoseMove::Customer));
    assert_eq!(step.notes[0].key, "no-licence");
    world.declare("preflight", step.about);
    assert!(world.step(StepKind::Preflight, "").done());
}

#[test]
fn what_stands_against_the_procedure_since_it_was_overruled_blocks_anew() {
    let mut world = onboarded(DefenderMode::Manual);
    world.seen.preflight.licence = false;
    let about = world.step(StepKind::Preflight, "").about;
    world.declare("preflight", about);
    assert!(world.plan().finished());
    for deed in [
        |seen: &mut Observation| seen.preflight.invites = Some(false),
        |seen: &mut Observation| seen.preflight.inbound = Some(false),
        |seen: &mut Observation| seen.governance_unread = true,
    ] {
        deed(&mut world.seen);
        let step = world.step(StepKind::Preflight, "");
        assert_eq!(step.state, StepState::Blocked, "{:?}", step.notes);
        world.declare("preflight", step.about);
        assert!(world.step(StepKind::Preflight, "").done());
    }
    world.seen.preflight = Preflight { licence: true, ..Preflight::default() };
    world.seen.governance_unread = false;
    assert!(world.plan().finished(), "less than what was overruled needs nobody");
}

#[test]
fn what_cannot_be_read_for_want_of_a_licence_is_as_it_was_read_last() {
    let mut world = onboarded(DefenderMode::Manual);
    let before = world.seen.clone();
    let refused = Observation {
        governance_unread: true,
        connected: Vec::new(),
        catalogs: Vec::new(),
        packages: Vec::new(),
        ..before.clone()
    };
    world.seen = refused.clone().with_last_known(Some(before.clone()));
    assert_eq!((&world.seen.packages, &world.seen.connected), (&before.packages, &before.connected));
    let plan = world.plan();
    assert_eq!(plan.acts().count(), 0, "nothing is taken for gone");
    let step = world.step(StepKind::Preflight, "");
    assert_eq!((&step.state, step.notes[0].key.as_str()), (&StepState::Blocked, "licence-refused"));
    let found = standing(&plan, Under::Nothing { before: true });
    assert_eq!((found.state, found.next_move.as_str()), (State::Blocked, "onboarding-failed-licence"));
    let full = Observation { governance_unread: false, ..refused };
    assert_eq!(
        full.clone().with_last_known(Some(before)),
        full,
        "what was read is not mixed with what is past"
    );
}

#[test]
fn whatever_a_package_gives_besides_its_group_is_told_and_wants_a_typed_yes() {
    let mut world = onboarded(DefenderMode::Manual);
    let site =
        SeenGiven { id: "SharePointOnline:4@x".into(), name: "Members – x (SharePointOnline)".into() };
    world.owned_package("tier1").gives_else.push(site.clone());
    let step = world.step(StepKind::NotOurs, "tier1");
    assert_eq!(notes(&step), [("package-gives-more", site.name.as_str())]);
    world.declare("not-ours.tier1", step.about);
    assert!(world.step(StepKind::NotOurs, "tier1").done());
    let owner = SeenGiven { id: "AadGroup:Owner_g@g".into(), name: "Owner – g".into() };
    world.owned_package("tier1").gives_else.push(owner);
    assert_eq!(world.step(StepKind::NotOurs, "tier1").state, StepState::Manual, "that came later");
    // The same package, found by its name.
    world.facts.owned.remove("package.tier1");
    world.seen.packages.iter_mut().for_each(|one| one.description.clear());
    let candidate = asked(&world.step(StepKind::Package, "tier1"))[0].clone();
    assert_eq!(candidate.foreign, ["gives:Members – x (SharePointOnline)", "gives:Owner – g"]);
    assert_eq!(candidate.members, ["Tier 1 Analyst", "Members – x (SharePointOnline)", "Owner – g"]);
}

#[test]
fn owners_who_are_not_ours_are_told_and_accepted_by_name() {
    let mut world = onboarded(DefenderMode::Manual);
    world.owned_group("tier1").owned_by = vec![member("Ben", true), member("Mallory", false)];
    let step = world.step(StepKind::NotOurs, "tier1");
    assert_eq!(notes(&step), [("foreign-owners", "Mallory")]);
    world.declare("not-ours.tier1", step.about);
    assert!(world.step(StepKind::NotOurs, "tier1").done());
    world.owned_group("tier1").members.push(member("Mallory", false));
    assert_eq!(
        world.step(StepKind::NotOurs, "tier1").state,
        StepState::Manual,
        "an owner who makes himself a member"
    );
    let mut world = World::new(DefenderMode::Manual);
    let owned_by = vec![member("Mallory", false), member("Ben", true)];
    world.seen.groups.push(SeenGroup { owned_by, ..group(uuid(5000), "Tier 1 Analyst", Vec::new()) });
    assert_eq!(asked(&world.step(StepKind::Group, "tier1"))[0].foreign, ["owner:Mallory"]);
}

#[test]
fn our_own_move_is_named_before_the_customers_and_his_when_ours_is_done() {
    let mut world = onboarded(DefenderMode::Manual);
    for step in ["rbac", "device-groups", "first-analyst"] {
        world.facts.declared.remove(step);
    }
    world.owned_group("approvers").members.clear();
    let move_of = |world: &World| {
        let found = standing(&world.plan(), Under::Nothing { before: false });
        (found.whose_move, found.next_move)
    };
    assert_eq!(move_of(&world), (WhoseMove::Us, "onboarding-next-first-approvers".to_owned()));
    assert_eq!(world.step(StepKind::Rbac, "").whose_move, WhoseMove::Customer, "his stays his");
    world.owned_group("approvers").members.push(member("Ben", true));
    assert_eq!(move_of(&world), (WhoseMove::Customer, "onboarding-next-rbac".to_owned()));
}

#[test]
fn a_plan_says_what_it_will_make_by_name_before_anything_has_an_id() {
    let mut world = World::new(DefenderMode::Automatic);
    let id = ObjectId(uuid(77));
    let (name, principal_name) = ("Wilma".to_owned(), "wilma@woodgrove.example".to_owned());
    world.facts.administrator = Some(Administrator { id, name, principal_name });
    let policy = world.step(StepKind::Policy, "approvers");
    assert_eq!(policy.state, StepState::Create);
    for (value, is) in [
        ("approvers", "Wilma (wilma@woodgrove.example)"),
        ("targets", "Contoso SOC"),
        ("days", "365"),
        ("reviewers", "MSSP Analyst Approvers"),
        ("no-response", "removeAccess"),
        ("approval", "yes"),
    ] {
        assert_eq!(wanted(&policy, value).as_deref(), Some(is), "{value}");
    }
    let tier = world.step(StepKind::Policy, "tier1");
    assert_eq!(wanted(&tier, "approvers").as_deref(), Some("MSSP Analyst Approvers"));
    let package = world.step(StepKind::Package, "tier1");
    assert_eq!(wanted(&package, "gives").as_deref(), Some("Tier 1 Analyst"));
    assert_eq!(wanted(&package, "hidden").as_deref(), Some("yes"));
    let role = world.step(StepKind::DefenderRole, "tier1");
    assert!(wanted(&role, "actions").unwrap().contains("alerts/manage"));
    assert!(
        world.plan().acts().filter(|step| step.key.kind != StepKind::Link).all(|one| !one.wanted.is_empty())
    );
}

#[test]
fn another_administrator_or_blueprint_is_another_plan() {
    let mut world = World::new(DefenderMode::Manual);
    let named = |number, name: &str| {
        let principal_name = format!("{name}@woodgrove.example");
        Some(Administrator { id: ObjectId(uuid(number)), name: "Wilma".to_owned(), principal_name })
    };
    world.facts.administrator = named(77, "wilma");
    let first = world.plan().fingerprint();
    assert_eq!(first, world.plan().fingerprint());
    world.facts.administrator = named(78, "wilma2");
    assert_ne!(first, world.plan().fingerprint(), "another person of the same name");
    world.facts.administrator = named(77, "wilma");
    world.blueprint.access.days = 30;
    assert_ne!(first, world.plan().fingerprint());
    world.blueprint.access.days = 365;
    world.blueprint.access.hidden = false;
    assert_ne!(first, world.plan().fingerprint());
}

#[test]
fn what_somebody_changed_in_a_policy_by_hand_is_drift_in_words() {
    let mut world = onboarded(DefenderMode::Manual);
    let change = |world: &mut World, deed: fn(&mut PolicyFacts)| {
        deed(&mut world.owned_package("tier1").policies[0].facts);
        world.step(StepKind::Policy, "tier1")
    };
    let step = change(&mut world, |facts| facts.new_requests = false);
    assert_eq!(changes(&step), [("new-requests", "no", "yes")]);
    let step = change(&mut world, |facts| {
        facts.new_requests = true;
        facts.stages[0].escalation =
            Some(Escalation { after: Some(2 * 86_400), approvers: vec!["user:mallory".into()] });
    });
    assert_eq!(
        changes(&step),
        [("escalation", "yes", "no"), ("escalation-days", "2", ""), ("escalation-approvers", "mallory", "")]
    );
    assert!(!world.plan().finished());
    world.onboard();
}

#[test]
fn an_organization_that_others_come_from_too_is_asked_about() {
    let mut world = World::new(DefenderMode::Manual);
    let (ours, theirs) = (EntraTenantId(uuid(3)), EntraTenantId(uuid(9)));
    world.seen.connected.push(organization("shared", &[ours, theirs], true));
    let step = world.step(StepKind::ConnectedOrganization, "");
    assert_eq!(asked(&step)[0].foreign, [format!("directory ({theirs})")]);
    assert_eq!(world.plan().claims, []);
    world.seen.connected.push(organization("ours", &[ours], true));
    assert!(world.step(StepKind::ConnectedOrganization, "").done(), "one of our own needs no question");
    assert_eq!(world.plan().claims, [("connected-organization".to_owned(), "ours".to_owned())]);
}

#[test]
fn a_source_added_to_our_organization_later_is_not_passed_over() {
    let mut world = onboarded(DefenderMode::Manual);
    let theirs = EntraTenantId(uuid(9));
    world.seen.connected[0].tenants.push(theirs);
    world.seen.connected[0].sources.push(format!("Fabrikam ({theirs})"));
    let step = world.step(StepKind::NotOurs, "connected-organization");
    assert_eq!(notes(&step), [("other-sources", format!("Fabrikam ({theirs})").as_str())]);
    assert_eq!((step.state, step.whose_move), (StepState::Manual, WhoseMove::Us));
}

#[test]
fn a_proposed_organization_is_to_be_configured() {
    let mut world = World::new(DefenderMode::Manual);
    world.seen.connected.push(organization("ours", &[EntraTenantId(uuid(3))], false));
    assert_eq!(changes(&world.step(StepKind::ConnectedOrganization, "")), [("configured", "no", "yes")]);
}

#[test]
fn strangers_seat_no_first_approver_and_the_named_administrator_does() {
    let mut world = World::new(DefenderMode::Manual);
    let id = world.id();
    let unique_name = world.facts.unique_name("approvers");
    let strangers = vec![member("Mallory", false)];
    world.seen.groups.push(SeenGroup { unique_name, ..group(id, "MSSP Analyst Approvers", strangers) });
    assert_eq!(world.step(StepKind::FirstApprovers, "").state, StepState::Waiting);
    let (name, principal_name) = ("Wilma".to_owned(), "wilma@woodgrove.example".to_owned());
    world.facts.administrator = Some(Administrator { id: ObjectId(uuid(77)), name, principal_name });
    let wilma = SeenPrincipal { id: uuid(77).to_string(), ..member("Wilma", false) };
    world.seen.groups[0].members.push(wilma);
    let step = world.step(StepKind::FirstApprovers, "");
    assert!(step.done() && step.notes[0].key == "one-approver");
    assert_eq!(notes(&world.step(StepKind::NotOurs, "approvers")), [("foreign-members", "Mallory")]);
}

#[test]
fn whoever_held_a_package_before_it_was_adopted_is_no_first_analyst() {
    let mut world = onboarded(DefenderMode::Manual);
    world.facts.declared.remove("first-analyst");
    for package in &mut world.seen.packages {
        (package.held, package.held_by_ours) = (3, 0);
    }
    assert_eq!(world.step(StepKind::FirstAnalyst, "").state, StepState::Manual);
    world.owned_package("tier1").held_by_ours = 1;
    assert!(world.step(StepKind::FirstAnalyst, "").done());
}

#[test]
fn roles_that_cannot_be_read_are_waited_for_and_drift_nobody() {
    let mut world = onboarded(DefenderMode::Automatic);
    for (seen, note) in [(SeenDefender::Unknown, "rbac-unread"), (SeenDefender::Inactive, "rbac-inactive")] {
        world.seen.defender = seen;
        let step = world.step(StepKind::DefenderRole, "tier1");
        assert_eq!((&step.state, step.whose_move), (&StepState::Waiting, WhoseMove::Customer));
        assert!(step.notes.iter().any(|one| one.key == note));
        assert_eq!(world.plan().acts().count(), 0);
    }
    world.declare("defender-role.tier1", Vec::new());
    assert!(world.step(StepKind::DefenderRole, "tier1").done(), "a person says that he made it");
}

#[test]
fn a_tenant_where_role_based_access_is_still_off_plans_its_roles_at_once() {
    let mut world = World::new(DefenderMode::Automatic);
    world.seen.defender = SeenDefender::Inactive;
    assert_eq!(world.step(StepKind::DefenderRole, "tier1").state, StepState::Create);
    world.declare("rbac", Vec::new());
    assert_eq!(world.step(StepKind::DefenderRole, "tier1").state, StepState::Waiting);
}

#[test]
fn a_policy_of_others_for_the_same_people_is_asked_about_and_not_overwritten() {
    let mut world = onboarded(DefenderMode::Manual);
    let package = world.owned_package("tier1");
    let theirs = SeenPolicy {
        id: "theirs".into(),
        name: "Initial policy".into(),
        description: String::new(),
        facts: PolicyFacts { approval: false, ..package.policies[0].facts.clone() },
    };
    let ours = std::mem::replace(&mut package.policies, vec![theirs]);
    world.facts.owned.remove("policy.tier1");
    let step = world.step(StepKind::Policy, "tier1");
    let candidate = &asked(&step)[0];
    assert_eq!((candidate.id.as_str(), candidate.adoptable), ("theirs", true));
    assert!(candidate.values.iter().any(|one| (one.value.as_str(), one.is.as_str()) == ("approval", "no")));
    world.facts.answers.insert("policy.tier1".into(), Answer::Beside);
    assert_eq!(world.step(StepKind::Policy, "tier1").state, StepState::Create);
    world.owned_package("tier1").policies.extend(ours);
    let step = world.step(StepKind::NotOurs, "tier1");
    assert_eq!(notes(&step), [("other-policies", "Initial policy")], "a way in without approval");
}

#[test]
fn strangers_who_come_into_our_objects_are_shown_and_accepted_one_by_one() {
    let mut world = onboarded(DefenderMode::Automatic);
    let other = ObjectId(uuid(5001));
    world.owned_group("tier1").members.push(member("Mallory", false));
    world.owned_package("tier1").gives.push(other);
    world.roles()[0].groups.push("admins".into());
    let step = world.step(StepKind::NotOurs, "tier1");
    let other = other.to_string();
    assert_eq!(
        notes(&step),
        [
            ("foreign-members", "Mallory"),
            ("package-gives-more", other.as_str()),
            ("role-given-more", "admins")
        ]
    );
    assert_eq!((&step.state, step.whose_move), (&StepState::Manual, WhoseMove::Us));
    assert_eq!(world.plan().acts().count(), 0, "nothing is removed by itself");
    world.declare("not-ours.tier1", step.about);
    assert!(world.step(StepKind::NotOurs, "tier1").done());
    world.owned_group("tier1").members.push(member("Trudy", false));
    assert_eq!(world.step(StepKind::NotOurs, "tier1").state, StepState::Manual, "she was not accepted");
}

#[test]
fn an_accepted_policy_that_changes_is_looked_at_again() {
    let mut world = onboarded(DefenderMode::Manual);
    let facts = PolicyFacts { scope: "allMemberUsers".into(), new_requests: true, ..PolicyFacts::default() };
    let (id, name) = ("theirs".to_owned(), "Helpdesk".to_owned());
    world.owned_package("tier1").policies.push(SeenPolicy { id, name, description: String::new(), facts });
    let step = world.step(StepKind::NotOurs, "tier1");
    world.declare("not-ours.tier1", step.about);
    assert!(world.step(StepKind::NotOurs, "tier1").done());
    world.owned_package("tier1").policies[1].facts.scope = "allExternalUsers".into();
    assert_eq!(world.step(StepKind::NotOurs, "tier1").state, StepState::Manual);
}

#[test]
fn a_dropped_tier_is_shown_as_long_as_it_is_there() {
    let mut world = onboarded(DefenderMode::Automatic);
    world.owned_package("tier2").held = 4;
    let (group, package) = (world.owned_group("tier2").id, world.owned_package("tier2").id.clone());
    world.blueprint.tiers.truncate(1);
    let step = world.step(StepKind::Leftover, "tier2");
    let told: Vec<(&str, &str)> =
        step.notes.iter().map(|note| (note.key.as_str(), note.arguments["many"].as_str())).collect();
    assert_eq!(told, [("left-role", "1"), ("left-group", "0"), ("left-package", "4")]);
    assert_eq!((step.name.as_str(), &step.state), ("Tier 2 Analyst", &StepState::Manual));
    assert_eq!(world.plan().acts().count(), 0, "nothing is deleted by itself");
    world.seen.groups.retain(|one| one.id != group);
    world.seen.packages.retain(|one| one.id != package);
    world.roles().retain(|role| role.name != "Tier 2 Analysts");
    assert!(world.plan().step(&key(StepKind::Leftover, "tier2")).is_none());
}

#[test]
fn a_proof_older_than_a_year_is_asked_for_again() {
    let mut world = onboarded(DefenderMode::Manual);
    let day = DateTime::UNIX_EPOCH + PROOF_LIFE;
    world.facts = world.facts.clone().as_of(day);
    assert!(world.plan().finished(), "a year to the day still counts");
    world.facts = world.facts.clone().as_of(day + chrono::TimeDelta::seconds(1));
    let step = world.step(StepKind::DeviceGroups, "");
    assert_eq!((&step.state, step.whose_move), (&StepState::Manual, WhoseMove::Us));
    assert_eq!(step.notes[0].arguments["name"], "Anna");
    assert!(world.step(StepKind::FirstAnalyst, "").done(), "what can be seen needs no proof");
    world.declare("device-groups", Vec::new());
    assert!(world.step(StepKind::DeviceGroups, "").done());
}

#[test]
fn what_is_deleted_by_hand_is_made_again_and_a_changed_role_brought_back() {
    let mut world = onboarded(DefenderMode::Automatic);
    let group = world.owned_group("tier1").id;
    world.seen.groups.retain(|one| one.id != group);
    let step = world.step(StepKind::Group, "tier1");
    assert_eq!((&step.state, step.notes[0].key.as_str()), (&StepState::Create, "vanished"));
    world.roles()[0].actions.push("microsoft.xdr/configuration/security/core/manage".into());
    let step = world.step(StepKind::DefenderRole, "tier2");
    assert!(step.done());
    let more = "microsoft.xdr/configuration/security/core/manage";
    let step = world.step(StepKind::DefenderRole, "tier1");
    assert!(changes(&step).contains(&("actions-more", more, "")), "{step:?}");
}

#[test]
fn a_group_with_strangers_is_asked_about_with_their_names() {
    let mut world = World::new(DefenderMode::Manual);
    let strangers = vec![member("Mallory", false)];
    world.seen.groups.push(group(uuid(5000), "tier 1 analyst", strangers));
    let step = world.step(StepKind::Group, "tier1");
    let candidate = &asked(&step)[0];
    assert_eq!(
        (candidate.foreign.as_slice(), candidate.owners.as_slice()),
        (&["Mallory".to_owned()][..], &["Somebody".to_owned()][..])
    );
}

#[test]
fn nothing_is_judged_before_the_first_reading() {
    let mut world = World::new(DefenderMode::Manual);
    world.facts.reader = true;
    let made = unread(&world.blueprint, "Woodgrove", &world.facts);
    let step = made.step(&StepKind::Preflight.into()).unwrap();
    assert_eq!((&step.state, step.whose_move), (&StepState::Waiting, WhoseMove::Nobody));
    let notes: Vec<_> = step.notes.iter().map(|one| one.key.as_str()).collect();
    assert_eq!(notes, ["unread"]);
    world.facts.reader = false;
    let made = unread(&world.blueprint, "Woodgrove", &world.facts);
    let step = made.step(&StepKind::Preflight.into()).unwrap();
    assert_eq!((&step.state, step.whose_move), (&StepState::Waiting, WhoseMove::Customer));
}
