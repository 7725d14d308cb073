//! Writes to groups, people and alerts.

use reqwest::Method;
use serde_json::json;

use super::{NO, STRANGE_HERE, Write, write};
use crate::onboarded::Onboarded;

pub fn writes(there: &Onboarded, group: &str) -> Vec<Write> {
    let mut all = groups(there, group);
    all.extend(people(group));
    all
}

fn groups(there: &Onboarded, group: &str) -> Vec<Write> {
    let user = json!({"@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{group}")});
    let owner = user.clone();
    let nickname = "Request_BadRequest";
    vec![
        write(
            Method::POST,
            "/v1.0/groups",
            json!({"displayName": "G", "mailEnabled": false, "mailNickname": "G", "securityEnabled": true}),
            vec![
                ("/displayName", NO, nickname),
                ("/mailEnabled", NO, nickname),
                ("/mailNickname", NO, nickname),
                ("/securityEnabled", NO, nickname),
                ("/mailNickname", json!("Tier 1"), nickname),
                ("/mailNickname", json!("x".repeat(65)), nickname),
                ("/mailNickname", json!("a@b"), nickname),
                ("/displayName", json!(5), nickname),
                ("/members@odata.bind", json!(vec!["https://x/directoryObjects/1"; 21]), nickname),
                ("/owners@odata.bind", json!(["nowhere"]), nickname),
                STRANGE_HERE,
            ],
        ),
        write(
            Method::PATCH,
            format!("/v1.0/groups/{group}"),
            json!({"displayName": "G2"}),
            vec![("/displayName", json!(5), nickname), STRANGE_HERE],
        ),
        write(
            Method::POST,
            format!("/v1.0/groups/{}/members/$ref", there.tier1),
            user,
            vec![("/@odata.id", NO, nickname), ("/@odata.id", json!("groups"), nickname)],
        ),
        write(
            Method::POST,
            format!("/v1.0/groups/{}/owners/$ref", there.tier1),
            owner,
            vec![("/@odata.id", NO, nickname), ("/@odata.id", json!(5), nickname)],
        ),
    ]
}

fn people(group: &str) -> Vec<Write> {
    let nickname = "Request_BadRequest";
    vec![
        write(
            Method::PATCH,
            "/v1.0/users/gail@adatum.example",
            json!({"displayName": "Gail A", "accountEnabled": true}),
            vec![
                ("/displayName", json!(5), nickname),
                ("/accountEnabled", json!("no"), nickname),
                STRANGE_HERE,
            ],
        ),
        write(
            Method::POST,
            "/v1.0/users/gail@adatum.example/checkMemberGroups",
            json!({"groupIds": [group]}),
            vec![
                ("/groupIds", NO, nickname),
                ("/groupIds", json!([]), nickname),
                ("/groupIds", json!(vec!["x"; 21]), nickname),
                STRANGE_HERE,
            ],
        ),
        write(
            Method::POST,
            "/v1.0/invitations",
            json!({"invitedUserEmailAddress": "new@guest.example", "inviteRedirectUrl": "https://a.example"}),
            vec![
                ("/invitedUserEmailAddress", NO, nickname),
                ("/inviteRedirectUrl", NO, nickname),
                ("/invitedUserEmailAddress", json!("nobody"), nickname),
                STRANGE_HERE,
            ],
        ),
        write(
            Method::PATCH,
            "/v1.0/security/alerts_v2/a1",
            json!({"status": "inProgress", "classification": "truePositive", "determination": "malware",
                "assignedTo": "ana"}),
            vec![
                ("/status", json!("open"), nickname),
                ("/classification", json!("TruePositive"), nickname),
                ("/determination", json!("bad"), nickname),
                ("/assignedTo", json!(1), nickname),
                STRANGE_HERE,
            ],
        ),
    ]
}
