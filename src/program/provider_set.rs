//! `mssp-portal provider set`: what concerns more than one provider, and is therefore the operators' to decide.

use anyhow::{Context, bail};
use clap::Args;
use serde_json::json;
use uuid::Uuid;

use super::provider::House;
use super::say;
use crate::graph::discovery;
use crate::kit::audit::Event;
use crate::kit::scope::{Scope, Tx};
use crate::providers::{set_up, store};

#[derive(Args)]
pub struct Set {
    /// The provider's short name.
    #[arg(long)]
    slug: String,
    /// Domain of his staff's mail addresses; may be given several times, and takes the place of those before.
    #[arg(long = "mail-domain")]
    mail_domains: Vec<String>,
    /// His staff sign in by his short name only.
    #[arg(long, conflicts_with = "mail_domains")]
    no_mail_domains: bool,
    /// Take this client id away from his app that has it, so that another provider may use it.
    #[arg(long)]
    release_client_id: Option<Uuid>,
}

impl House {
    pub async fn set(&self, set: Set) -> anyhow::Result<()> {
        let listed = set_up::every(&self.db).await?.into_iter().find(|one| one.slug == set.slug);
        let id = listed.with_context(|| format!("there is no provider {}", set.slug))?.id;
        let mut tx = Scope::of_command_line(id).begin(&self.db).await?;
        let mut events = Vec::new();
        if set.no_mail_domains || !set.mail_domains.is_empty() {
            let domains = own_domains(&mut tx, &set.mail_domains).await?;
            let before = store::provider(&mut tx).await?.mail_domains;
            set_up::set_mail_domains(&mut tx, &domains).await?;
            let event = Event::new("provider.changed").before(json!({ "mail_domains": before }));
            events.push(event.after(json!({ "mail_domains": domains })));
        }
        if let Some(client_id) = set.release_client_id {
            let released = store::release_client_id(&mut tx, client_id, self.clock.now()).await?;
            let app = released.with_context(|| format!("no app of {} has that client id", set.slug))?;
            let event = Event::new("app.client-id-set").before(json!({ "client_id": client_id }));
            events.push(event.after(json!({ "app": app.key(), "client_id": "" })));
        }
        if events.is_empty() {
            bail!("say what to set: --mail-domain, --no-mail-domains or --release-client-id");
        }
        tx.commit_all(&self.clock, events).await?;
        say(format!("Provider {} was changed.", set.slug));
        Ok(())
    }
}

/// The domains as they are kept.
///
/// # Errors
/// One is no domain, or another provider's: it would lead to neither.
pub async fn own_domains(tx: &mut Tx, typed: &[String]) -> anyhow::Result<Vec<String>> {
    let mut domains: Vec<String> = typed.iter().map(|domain| domain.trim().to_lowercase()).collect();
    domains.sort();
    domains.dedup();
    if let Some(wrong) = domains.iter().find(|domain| discovery::named(domain).is_err()) {
        bail!("{wrong} is no domain like contoso-soc.example");
    }
    if let Some((domain, slug)) = set_up::domain_of_another(tx, &domains).await? {
        bail!("{domain} belongs to the provider {slug}: a domain of two providers would lead to neither");
    }
    Ok(domains)
}
