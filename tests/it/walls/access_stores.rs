//! The functions of the access room's store, as `stores` has those of the others.

use mssp_portal::access::model::{Decision, Definition, Removal, Round, Warning, WarningKind};
use mssp_portal::access::store as access;
use mssp_portal::reports::store as reports;
use serde_json::json;

use super::holders::{decision_of, holder_mail, holding, round_of};
use super::stores::{Act, At, acts};

impl At<'_> {
    fn holder(&self) -> uuid::Uuid {
        self.of.proposed.holder
    }

    fn asker(&self) -> access::Asker {
        access::Asker { match_id: self.holder(), ..access::Asker::default() }
    }
}

/// Whether each sees anything of the provider's.
pub fn looks() -> Vec<Act> {
    acts! {
        "reports::access" => |tx, at| !reports::access(tx, at.ready(), true, at.now()).await?.is_empty();
        "reports::rounds" => |tx, at| !reports::rounds(tx, at.ready(), at.now()).await?.is_empty();
        "reports::requests" => |tx, at| reports::requests(tx, at.ready(), at.now()).await?.waiting > 0;
        "reports::read_at" => |tx, at| reports::read_at(tx, at.ready()).await?.is_some();
        "access::people" => |tx, _at| !access::people(tx, &access::PeopleFilter::default()).await?.rows.is_empty();
        "access::person" => |tx, at| access::person(tx, at.holder()).await?.is_some();
        "access::place" => |tx, at| access::place(tx, access::PeopleSort::Name, at.holder()).await?.is_some();
        "access::called" => |tx, at| !access::called(tx, at.holder()).await?.is_empty();
        "access::said" => |tx, at| !access::said(tx, at.holder()).await?.is_empty();
        "access::match_of" => |tx, at| access::match_of(tx, &holder_mail(at.ready())).await?.is_some();
        "access::mails_of" => |tx, at| !access::mails_of(tx, at.holder()).await?.is_empty();
        "access::held_by" => |tx, at| !access::held_by(tx, at.holder(), true, None).await?.0.is_empty();
        "access::of_customer" => |tx, at| !access::of_customer(tx, at.ready(), true, 9).await?.is_empty();
        "access::ending" => |tx, at| {
            !access::ending(tx, &access::EndingFilter::default(), at.now()).await?.0.is_empty()
        };
        "access::ending_counts" => |tx, at| access::ending_counts(tx, &[60], at.now()).await?[0] > 0;
        "access::days" => |tx, at| {
            !access::days(tx, at.now(), at.now() + chrono::TimeDelta::days(60)).await?.is_empty()
        };
        "access::months" => |tx, at| {
            !access::months(tx, at.now(), at.now() + chrono::TimeDelta::days(60)).await?.is_empty()
        };
        "access::own_endings" => |tx, at| {
            let until = at.now() + chrono::TimeDelta::days(60);
            access::own_endings(tx, &[holder_mail(at.ready())], until, 9).await?.0 > 0
        };
        "access::matrix" => |tx, _at| !access::matrix(tx, None).await?.0.is_empty();
        "access::links" => |tx, _at| {
            !access::links(tx, &[], None, &access::LinksFilter::default()).await?.0.is_empty()
        };
        "access::progress" => |tx, _at| {
            !access::progress(tx, None, &access::LinksFilter::default()).await?.1.is_none()
        };
        "access::rounds" => |tx, _at| !access::rounds(tx, &access::RoundFilter::default()).await?.0.is_empty();
        "access::round" => |tx, at| access::round(tx, at.ready(), &round_of(at.ready())).await?.is_some();
        "access::decisions" => |tx, at| {
            !access::decisions(tx, at.ready(), &round_of(at.ready())).await?.is_empty()
        };
        "access::undecided" => |tx, at| !access::undecided(tx, at.ready(), at.now()).await?.is_empty();
        "access::unsettled" => |tx, at| !access::unsettled(tx, at.ready(), at.now()).await?.is_empty();
        "access::policies" => |tx, at| !access::policies(tx, at.ready()).await?.is_empty();
        "access::ours" => |tx, at| access::ours(tx, at.ready()).await?.domains.contains("holders.example");
        "access::guests_to_see" => |tx, at| !access::guests_to_see(tx, at.ready(), 9, at.now()).await?.is_empty();
        "access::approver_seats" => |tx, at| access::approver_seats(tx, at.failed()).await?.is_some();
        "access::blocked_guests" => |tx, at| !access::blocked_guests(tx, at.ready()).await?.is_empty();
        "access::warnings" => |tx, at| !access::warnings(tx, Some(at.ready()), None, 9).await?.is_empty();
        "access::warning_counts" => |tx, _at| !access::warning_counts(tx).await?.is_empty();
        "access::leaver" => |tx, at| access::leaver(tx, at.of.proposed.leaver).await?.is_some();
        "access::open_requests" => |tx, at| !access::open_requests(tx, &at.asker()).await?.is_empty();
        "access::open_request_count" => |tx, at| access::open_request_count(tx, &at.asker()).await? > 0;
        "access::leavers" => |tx, _at| !access::leavers(tx, None, None).await?.0.is_empty();
        "access::removals" => |tx, at| !access::removals(tx, at.of.proposed.leaver).await?.is_empty();
        "access::open_removals" => |tx, at| !access::open_removals(tx, at.ready()).await?.is_empty();
    }
}

/// Each changes something of the provider's, where it is let.
pub fn writes() -> Vec<Act> {
    acts! {
        "access::keep_assignments" => |tx, at| {
            let held = holding(at.ready(), at.of.word, "holder", "tier2", at.app);
            access::keep_assignments(tx, at.ready(), &[held], at.later()).await? > 0
        };
        "access::keep_guests" => |tx, at| {
            let guest = access::SeenGuest {
                oid: format!("guest-{}", at.ready()),
                enabled: Some(true),
                deleted: false,
            };
            access::keep_guests(tx, at.ready(), &[guest], at.later()).await.map(|()| true)?
        };
        "access::keep_definitions" => |tx, at| {
            let changed = Definition { id: at.of.word.to_owned(), ..Definition::default() };
            access::keep_definitions(tx, at.ready(), &[changed], at.later()).await? > 0
        };
        "access::keep_rounds" => |tx, at| {
            let definition = at.of.word.to_owned();
            let changed = Round { id: round_of(at.ready()), definition: definition.clone(), ..Round::default() };
            access::keep_rounds(tx, at.ready(), &[definition], &[changed], at.later()).await? > 0
        };
        "access::keep_decisions" => |tx, at| {
            let round = round_of(at.ready());
            let id = decision_of(at.ready());
            let decision = Decision { round: round.clone(), id, decision: "Deny".to_owned(), ..Decision::default() };
            access::keep_decisions(tx, at.ready(), &[round], &[decision], at.later()).await? > 0
        };
        "access::keep_warnings" => |tx, at| {
            let warning = Warning {
                kind: WarningKind::ApproversFew,
                about: String::new(),
                ends_at: None,
                facts: json!({}),
            };
            !access::keep_warnings(tx, at.ready(), &[warning], at.later()).await?.is_empty()
        };
        "access::take_endings" => |tx, at| !access::take_endings(tx, at.ready(), at.now()).await?.is_empty();
        "access::split" => |tx, at| {
            let account = access::Account::At(at.ready(), holder_mail(at.ready()));
            access::split(tx, at.holder(), &account, "changed", at.later()).await?.is_some()
        };
        "access::merge" => |tx, at| {
            access::merge(tx, at.holder(), at.of.proposed.twin, "changed", at.later()).await?
        };
        "access::start" => |tx, at| {
            let new = access::NewLeaver {
                id: at.app.app.chance.uuid_v4(),
                match_id: at.holder(),
                name: "changed",
                mail: "changed",
                why: "changed",
            };
            !access::start(tx, &new, at.later()).await?.is_empty()
        };
        "access::set_removal" => |tx, at| {
            let open = access::open_removals(tx, at.ready()).await?;
            let moved = access::Moved { state: Removal::Failed, way: "", request: "", problem: None };
            match open.first() {
                Some(one) => access::set_removal(tx, one, &moved, at.later()).await?,
                None => false,
            }
        };
    }
}
