//! Signing out: this browser's accounts are forgotten.

use crate::answer::Answer;
use crate::call::Call;
use crate::pages::{self, Told, account};
use crate::simulation::Shared;

/// `GET /{tenant}/oauth2/v2.0/logout`. Leads on only to an address some application registered.
pub fn page(shared: &Shared, call: &Call) -> Answer {
    let to = call.param("post_logout_redirect_uri");
    let known = shared.world().applications.iter().any(|a| a.redirect_uris.iter().any(|u| u == to));
    let answer = if known {
        Answer::redirect(to)
    } else {
        let told = Told {
            place: "Sign in",
            title: "You signed out of your account",
            what: "No account is signed in at this browser any more.",
            way: None,
        };
        pages::html(200, &told)
    };
    account::forget(shared, call, answer)
}
