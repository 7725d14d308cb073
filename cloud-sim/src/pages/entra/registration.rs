//! An app registration in its home directory: its certificates, and uploading one.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{APPLICATIONS, Desk, told};
use crate::answer::{Answer, Outcome};
use crate::entra::keys;
use crate::pages::visitor::Who;
use crate::pages::{html, upload};
use crate::world::{Application, Tenant};

#[derive(Template)]
#[template(path = "entra/registration.html")]
struct RegistrationPage<'a> {
    place: &'a str,
    who: Option<Who>,
    tenant: &'a Tenant,
    app: &'a Application,
    thumbprints: Vec<String>,
    may_change: bool,
}

fn missing() -> Answer {
    told(404, "There is no such app registration", "No application of this directory has this ID.")
}

fn own<'a>(desk: &'a Desk<'_>, id: &str) -> Result<&'a Application, Answer> {
    desk.world.application(id).filter(|a| a.home_tenant == desk.tenant).ok_or_else(missing)
}

pub fn page(desk: &Desk<'_>, id: &str) -> Outcome {
    let app = own(desk, id)?;
    let ders = app.certificates.iter().filter_map(|c| STANDARD.decode(c).ok());
    let page = RegistrationPage {
        place: "Entra",
        who: desk.who(),
        tenant: desk.tenant()?,
        app,
        thumbprints: ders.map(|d| keys::thumbprint(&d)).collect(),
        may_change: desk.has(&APPLICATIONS),
    };
    Ok(html(200, &page))
}

/// The file is the part `cer`.
pub fn upload(desk: &mut Desk<'_>, id: &str) -> Outcome {
    desk.need(&APPLICATIONS)?;
    let id = own(desk, id)?.app_id.clone();
    let file = upload::part(desk.call, "cer");
    let Some(der) = file.as_deref().and_then(upload::certificate) else {
        let what = "The file is not a certificate. Upload the .cer file with the public key.";
        return Ok(told(422, "Nothing was uploaded", what));
    };
    let text = STANDARD.encode(der);
    let app = desk.world.application_mut(&id).ok_or_else(missing)?;
    if !app.certificates.contains(&text) {
        app.certificates.push(text);
    }
    Ok(desk.to(&format!("/app-registrations/{id}")))
}
