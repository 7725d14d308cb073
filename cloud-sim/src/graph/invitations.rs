//! `POST /invitations`: a guest invited by hand.

use serde_json::{Value, json};

use super::scene::{Scene, only, text};
use crate::answer::{Answer, Outcome};
use crate::pages::account::Account;
use crate::world::{User, new_id};

const KNOWN: &[&str] = &[
    "invitedUserDisplayName",
    "invitedUserEmailAddress",
    "invitedUserMessageInfo",
    "invitedUserSponsors",
    "invitedUserType",
    "inviteRedirectUrl",
    "resetRedemption",
    "sendInvitationMessage",
];

pub fn create(scene: &mut Scene<'_>) -> Outcome {
    let body = scene.body()?;
    only(&body, KNOWN)?;
    let need = |name: &str| {
        text(&body, name)?.filter(|t| !t.is_empty()).ok_or_else(|| {
            Answer::bad_request(&format!(
                "A value is required for property '{name}' of resource 'Invitation'."
            ))
        })
    };
    let (mail, back) = (need("invitedUserEmailAddress")?, need("inviteRedirectUrl")?);
    if !mail.contains('@') {
        return Err(Answer::bad_request("The invited user email address is not valid."));
    }
    if scene.tenant().authorization_policy["allowInvitesFrom"] == "none" {
        return Err(Answer::forbidden(
            "Guest invitations not allowed for your company. Contact your company administrator for more details.",
        ));
    }
    let there = scene.tenant().person(&mail).cloned();
    if let Some(member) = there.as_ref().filter(|u| !u.guest) {
        return Err(Answer::bad_request(&format!(
            "The invited user already exists in the directory as object ID: {}.",
            member.id
        )));
    }
    let guest = there.map_or_else(|| made(scene, &mail, &body), Ok)?;
    Ok(Answer::created(json!({
        "id": new_id(), "inviteRedeemUrl": format!("{}/redeem?user={}", scene.call.base, guest.id),
        "invitedUserDisplayName": guest.display_name, "invitedUserEmailAddress": mail,
        "invitedUserType": "Guest", "inviteRedirectUrl": back, "resetRedemption": false,
        "sendInvitationMessage": body["sendInvitationMessage"] == true, "status": "PendingAcceptance",
        "invitedUser": {"id": guest.id},
    })))
}

fn made(scene: &mut Scene<'_>, mail: &str, body: &Value) -> Result<User, Answer> {
    let home = Account::of_address(scene.world, mail);
    let known = home.as_ref().and_then(|a| a.person(scene.world)).map(|u| u.display_name.clone());
    let name = text(body, "invitedUserDisplayName")?.or(known).unwrap_or_else(|| mail.to_owned());
    let guest = User::invited(scene.tenant().initial_domain(), mail, &name, scene.now());
    let delay = scene.switches().delay("consistency.users", scene.now());
    let guest = User { home: home.map(|a| (a.tenant, a.user)), delay, ..guest };
    scene.tenant_mut().users.push(guest.clone());
    Ok(guest)
}
