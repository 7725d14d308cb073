//! The stores of the rooms alerts and notices, and the outbox.

use mssp_portal::alerts::store as alerts;
use mssp_portal::kit::happening::Kind;
use mssp_portal::kit::ids::{OutgoingId, SnoozeId};
use mssp_portal::kit::outbox;
use mssp_portal::notices::model::{Rule, Told};
use mssp_portal::notices::store as notices;
use serde_json::json;

use super::Act;
use crate::walls::notices::{alert, message, new_channel, new_rule};

pub fn looks() -> Vec<Act> {
    acts! {
        "alerts::counts" => |tx, at| !alerts::counts(tx, at.ready()).await?.is_empty();
        "alerts::standing" => |tx, at| alerts::standing(tx, at.ready()).await?.state == "read";
        "notices::settings" => |tx, _at| !notices::settings(tx).await?.mail.host.is_empty();
        "notices::channels" => |tx, _at| !notices::channels(tx).await?.is_empty();
        "notices::channel" => |tx, at| notices::channel(tx, at.of.notices.channel).await?.is_some();
        "notices::rules" => |tx, _at| !notices::rules(tx).await?.is_empty();
        "notices::rule" => |tx, at| notices::rule(tx, at.of.notices.rule).await?.is_some();
        "notices::snoozed" => |tx, at| !notices::snoozed(tx, at.ready(), at.now()).await?.is_empty();
        "notices::snoozes" => |tx, at| !notices::snoozes(tx, at.ready(), at.now()).await?.is_empty();
        "notices::active" => |tx, at| !notices::active(tx, at.now()).await?.is_empty();
        "notices::readers" => |tx, at| !notices::readers(tx, at.ready(), at.now()).await?.is_empty();
        "notices::everybody" => |tx, at| !notices::everybody(tx, at.now()).await?.is_empty();
        "notices::choice" => |tx, at| {
            // The furnished person wants mail, which is what everybody gets who said nothing: told apart by a row.
            let changed = notices::Choice { mail: false, digest: false };
            notices::choice(tx, at.of.other).await? == changed
        };
        "notices::unweighed" => |tx, at| !notices::unweighed(tx, at.ready()).await?.is_empty();
        "notices::pending" => |tx, at| !notices::pending(tx, at.ready()).await?.is_empty();
        "notices::tags" => |tx, at| !notices::tags(tx, at.ready()).await?.is_empty();
        "notices::letter" => |tx, at| notices::letter(tx, at.of.notices.held, at.now()).await?.is_some();
        "notices::list" => |tx, _at| !notices::list(tx, &Default::default()).await?.0.is_empty();
        "notices::of_customer" => |tx, at| !notices::of_customer(tx, at.ready(), 5).await?.is_empty();
        "notices::dead_count" => |tx, _at| notices::dead_count(tx).await? > 0;
        "notices::digest_readers" => |tx, at| {
            !notices::digest_readers(tx, &["approver".to_owned()], at.now()).await?.is_empty()
        };
        "notices::figures" => |tx, at| !notices::figures(tx, &[at.person().0]).await?.is_empty();
        "notices::waiting" => |tx, at| !notices::waiting(tx, &[at.person().0]).await?.is_empty();
        "notices::endings" => |tx, at| {
            let before = at.now() + chrono::TimeDelta::days(30);
            !notices::endings(tx, &[at.person().0], before).await?.is_empty()
        };
        "notices::happened" => |tx, at| {
            !notices::happened(tx, &[at.person().0], at.now() - chrono::TimeDelta::days(1)).await?.is_empty()
        };
    }
}

pub fn writes() -> Vec<Act> {
    acts! {
        "alerts::keep" => |tx, at| alerts::keep(tx, at.ready(), &[alert("changed", at.later())]).await?.0;
        "alerts::set_closed" => |tx, at| alerts::set_closed(tx, at.ready()).await?;
        "notices::set_mail" => |tx, at| {
            let mail = notices::Mail { host: "changed".to_owned(), ..notices::Settings::default().mail };
            notices::set_mail(tx, &mail, None, at.later()).await.map(|()| true)?
        };
        "notices::set_times" => |tx, at| {
            notices::set_times(tx, &notices::Settings::default(), at.later()).await.map(|()| true)?
        };
        "notices::add_channel" => |tx, at| {
            notices::add_channel(tx, &new_channel(at.app, "changed"), at.now()).await.map(|()| true)?
        };
        "notices::set_channel" => |tx, at| {
            let to = ("changed", "nl", false);
            notices::set_channel(tx, at.of.notices.channel, to, at.later()).await.map(|()| true)?
        };
        "notices::set_target" => |tx, at| {
            let to = ("changed", b"changed".as_slice());
            notices::set_target(tx, at.of.notices.channel, to, at.later()).await.map(|()| true)?
        };
        "notices::set_secret" => |tx, at| {
            let channel = at.of.notices.channel;
            notices::set_secret(tx, channel, b"changed", at.later(), at.later()).await.map(|()| true)?
        };
        "notices::drop_channel" => |tx, at| notices::drop_channel(tx, at.of.notices.channel).await?;
        "notices::add_rule" => |tx, at| {
            notices::add_rule(tx, &new_rule(at.app, "changed"), at.now()).await.map(|()| true)?
        };
        "notices::set_rule" => |tx, at| {
            let rule = Rule { id: at.of.notices.rule, ..new_rule(at.app, "changed") };
            notices::set_rule(tx, &rule, at.later()).await.map(|()| true)?
        };
        "notices::drop_rule" => |tx, at| notices::drop_rule(tx, at.of.notices.rule).await?;
        "notices::set_choice" => |tx, at| {
            let to = notices::Choice { mail: false, digest: false };
            notices::set_choice(tx, at.person(), to, at.later()).await.map(|()| true)?
        };
        "notices::snooze" => |tx, at| {
            let id = SnoozeId(at.app.app.chance.uuid_v4());
            notices::snooze(tx, id, at.ready(), at.person(), ("", "changed"), (at.now(), at.later())).await?
        };
        "notices::end_snooze" => |tx, at| {
            notices::end_snooze(tx, at.of.notices.snooze, at.ready(), at.now()).await?.is_some()
        };
        "notices::weighed" => |tx, at| {
            let told = notices::unweighed(tx, at.ready()).await?;
            let mine = Told { kind: Kind::RequestPending, about: at.of.word.to_owned(), facts: json!({}), at: at.now() };
            let told = if told.is_empty() { vec![mine] } else { told };
            notices::weighed(tx, at.ready(), &told, at.later()).await? > 0
        };
        "notices::again" => |tx, at| notices::again(tx, at.of.notices.dead, at.later()).await?;
        "notices::again_all" => |tx, at| notices::again_all(tx, at.later()).await? > 0;
        "notices::release" => |tx, at| notices::release(tx, at.later()).await? > 0;
        "notices::set_round" => |tx, at| {
            let id = OutgoingId(at.app.app.chance.uuid_v4());
            notices::set_round(tx, id, Some(at.later()), at.now()).await.map(|()| true)?
        };
        "notices::key_told" => |tx, _at| notices::key_told(tx, "reader", "changed").await?;
        "notices::prune" => |tx, at| notices::prune(tx, at.now() + chrono::TimeDelta::days(500)).await? > 0;
        "kit::put" => |tx, at| {
            let message = message("changed", at.of.notices.channel, at.ready(), at.now());
            outbox::put(tx, &at.app.app.clock, &at.app.app.chance, &[message]).await? > 0
        };
    }
}
