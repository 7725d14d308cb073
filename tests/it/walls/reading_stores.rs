//! The functions that follow requests to their end and tell how customers are read, as `stores` has those of the others.

use mssp_portal::access_requests::model::{Decider, PENDING, Who};
use mssp_portal::access_requests::store as requests;
use mssp_portal::health::store as health;
use mssp_portal::reading::store as readings;

use super::stores::{Act, acts};

/// Whether each sees anything of the provider's.
pub fn looks() -> Vec<Act> {
    acts! {
        "access_requests::followed" => |tx, at| !requests::followed(tx, at.ready(), at.now()).await?.is_empty();
        "access_requests::undecided" => |tx, at| {
            let before = (at.now() - chrono::TimeDelta::days(1), at.now());
            !requests::undecided(tx, at.ready(), before, 9, at.now()).await?.is_empty()
        };
        "access_requests::oldest_listed" => |tx, at| {
            requests::oldest_listed(tx, at.ready()).await?.is_some()
        };
        "reading::refreshed_since" => |tx, at| {
            let ever = chrono::DateTime::UNIX_EPOCH;
            readings::refreshed_since(tx, at.ready(), ever).await?
        };
        "reading::parts" => |tx, at| !readings::parts(tx, at.ready()).await?.is_empty();
        "health::sync" => |tx, at| !health::sync(tx, &health::SyncFilter::default(), at.now()).await?.0.is_empty();
    }
}

/// Each changes something of the provider's, where it is let.
pub fn writes() -> Vec<Act> {
    acts! {
        "access_requests::mark_unlisted" => |tx, at| {
            let since = at.now() - chrono::TimeDelta::days(1);
            requests::mark_unlisted(tx, at.ready(), (&[], since), at.later()).await? > 0
        };
        "access_requests::decided_by" => |tx, at| {
            let who = Who { name: "Changed".to_owned(), mail: String::new(), oid: "changed".to_owned() };
            let decider = Decider { who: Some(who), at: at.now(), reason: String::new() };
            let id = format!("{}-delivered", at.of.word);
            requests::decided_by(tx, at.ready(), &id, &decider, at.later()).await?
        };
        "access_requests::forget_old" => |tx, at| {
            let later = at.now() + chrono::TimeDelta::days(9 * 366);
            requests::forget_old(tx, later).await? > 0
        };
        "access_requests::mark_gone" => |tx, at| {
            let missing = [format!("{}-{PENDING}", at.of.word)];
            requests::mark_gone(tx, at.ready(), &missing, at.now()).await?;
            requests::mark_gone(tx, at.ready(), &missing, at.later()).await? > 0
        };
    }
}
