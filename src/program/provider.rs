//! `mssp-portal provider …`: adding a provider and giving him the app his staff sign in through. The rest he does
//! himself in Admin.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::{Args, Subcommand, ValueEnum};
use secrecy::SecretString;
use serde_json::json;
use url::Url;
use uuid::Uuid;

use super::provider_set::{Set, own_domains};
use super::{clock, database::Database, key, say};
use crate::config::Config;
use crate::graph::Graph;
use crate::kit::audit::Event;
use crate::kit::chance::Chance;
use crate::kit::clock::Clock;
use crate::kit::db::{Db, violates};
use crate::kit::ids::{EntraTenantId, ProviderId};
use crate::kit::right::Role;
use crate::kit::scope::{Scope, Tx};
use crate::kit::seal::Seal;
use crate::providers::set_up::{self, NewProvider};
use crate::providers::store::{self, NewProof};
use crate::providers::{AppKind, analysts, certificate, place_of};

#[derive(Subcommand)]
pub enum Command {
    /// Add a provider and make the key of his sign-in app; says what to do next.
    Add(Add),
    /// Set the client id, and if wanted another credential, of a provider's sign-in app.
    SignIn(SignIn),
    /// Set what concerns more than one provider: mail domains, and client ids that are to be free again.
    Set(Set),
    /// List the providers of this installation.
    List,
}

#[derive(Args)]
pub struct Add {
    /// Short name in addresses: lower-case letters, digits and hyphens.
    #[arg(long)]
    slug: String,
    /// Name as his staff read it.
    #[arg(long)]
    name: String,
    /// Entra tenant id of the directory his staff sign in with.
    #[arg(long)]
    sign_in_tenant: Option<Uuid>,
    /// Exact issuer of his OpenID provider, where that is not Entra or not the tenant's own v2.0 authority.
    #[arg(long, required_unless_present = "sign_in_tenant", value_parser = issuer)]
    issuer: Option<String>,
    /// Domain of his staff's mail addresses; may be given several times.
    #[arg(long = "mail-domain")]
    mail_domains: Vec<String>,
    /// Entra tenant id of the directory whose users request access. [default: the sign-in tenant]
    #[arg(long)]
    analyst_tenant: Option<Uuid>,
    /// A verified domain of that directory.
    #[arg(long)]
    analyst_domain: Option<String>,
    /// Language for people who have not chosen.
    #[arg(long, value_enum, default_value_t = Language::En)]
    language: Language,
    /// Application (client) id of the sign-in app, where it is registered already.
    #[arg(long)]
    client_id: Option<String>,
    #[command(flatten)]
    credential: Credential,
}

#[derive(Args)]
pub struct SignIn {
    /// The provider's short name.
    #[arg(long)]
    slug: String,
    /// Application (client) id of the registered app.
    #[arg(long)]
    client_id: String,
    /// Make a new key and certificate; the old one stops working here at once.
    #[arg(long)]
    new_certificate: bool,
    #[command(flatten)]
    credential: Credential,
}

#[derive(Args)]
pub struct Credential {
    /// File that holds a client secret, instead of a certificate made here.
    #[arg(long)]
    secret_file: Option<PathBuf>,
    /// Where to write the certificate to upload. [default: SLUG-sign-in.cer here]
    #[arg(long)]
    certificate: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Language {
    En,
    Nl,
}

/// What the commands need.
pub(super) struct House {
    pub(super) db: Db,
    pub(super) clock: Clock,
    chance: Chance,
    seal: Seal,
}

pub async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let database = Database::beside(config).await?;
    let done = within(config, &database, command).await;
    database.end().await?;
    done
}

async fn within(config: &Config, database: &Database, command: Command) -> anyhow::Result<()> {
    let chance = Chance::system();
    let db = database.as_owner().await?;
    let seal = key::read_or_make(config, &chance, database.owner()?).await?;
    let house = House { db, clock: clock::of(config).await?, chance, seal };
    let done = match command {
        Command::Add(add) => house.add(config, add).await,
        Command::SignIn(sign_in) => house.sign_in(config, sign_in).await,
        Command::Set(set) => house.set(set).await,
        Command::List => house.list().await,
    };
    house.db.close().await;
    done
}

impl House {
    async fn add(&self, config: &Config, add: Add) -> anyhow::Result<()> {
        let id = ProviderId::new(&self.clock, &self.chance);
        let issuer = match (&add.issuer, add.sign_in_tenant) {
            (Some(issuer), _) => issuer.clone(),
            (None, Some(tenant)) => config.cloud()?.authority(EntraTenantId(tenant)),
            (None, None) => bail!("give --sign-in-tenant or --issuer"),
        };
        let mut tx = Scope::of_command_line(id).begin(&self.db).await?;
        let new = NewProvider {
            slug: add.slug,
            name: add.name.trim().to_owned(),
            mail_domains: own_domains(&mut tx, &add.mail_domains).await?,
            sign_in_issuer: issuer,
            sign_in_tenant: add.sign_in_tenant,
            analyst_tenant: add.analyst_tenant.or(add.sign_in_tenant),
            analyst_domain: add.analyst_domain.map(|domain| domain.trim().to_lowercase()),
            default_language: match add.language {
                Language::En => "en".to_owned(),
                Language::Nl => "nl".to_owned(),
            },
        };
        if let (Some(tenant), Some(domain)) = (new.analyst_tenant, &new.analyst_domain) {
            let graph = Graph::new(config.cloud()?, self.clock.clone(), self.chance.clone())?;
            analysts::own(&graph, domain, EntraTenantId(tenant)).await.map_err(|why| {
                anyhow::anyhow!(
                    "--analyst-domain {domain}: {why}. Correct it, or leave it out and set it in Admin"
                )
            })?;
        }
        let proof = self.proof(id, &new.slug, &add.credential).await?;
        match set_up::add(&mut tx, &new, self.clock.now()).await {
            Err(error) if violates(&error, "provider_slug_key") => {
                bail!("there is a provider {} already", new.slug)
            }
            Err(error) if violates(&error, "provider_slug_check") => {
                bail!("--slug takes 2 to 41 lower-case letters, digits and hyphens, a letter or digit first")
            }
            Err(error) if violates(&error, "provider_name_check") => {
                bail!("--name takes 1 to 120 characters")
            }
            added => added?,
        }
        let client_id = add.client_id.as_deref();
        let client_id = client_id.map(|typed| named(typed, new.sign_in_tenant.is_some())).transpose()?;
        self.keep(&mut tx, client_id.as_deref(), Some(&proof)).await?;
        tx.commit(&self.clock, Event::new("provider.added").after(&new)).await?;
        say(format!("Provider {} ({}) was added.", new.slug, new.name));
        let file = self.write_certificate(&new.slug, &proof, &add.credential)?;
        say(next(config, &new, client_id.as_deref(), file.as_deref()));
        Ok(())
    }

    async fn sign_in(&self, config: &Config, asked: SignIn) -> anyhow::Result<()> {
        let listed = set_up::every(&self.db).await?.into_iter().find(|one| one.slug == asked.slug);
        let id = listed.with_context(|| format!("there is no provider {}", asked.slug))?.id;
        let wanted = asked.new_certificate || asked.credential.secret_file.is_some();
        let proof = match wanted {
            true => Some(self.proof(id, &asked.slug, &asked.credential).await?),
            false => None,
        };
        let mut tx = Scope::of_command_line(id).begin(&self.db).await?;
        let entra = store::sign_in_tenant(&mut tx).await?.is_some();
        let client_id = named(&asked.client_id, entra)?;
        self.keep(&mut tx, Some(&client_id), proof.as_ref()).await?;
        let after =
            json!({ "app": "sign-in", "client_id": client_id, "proof": proof.as_ref().map(|one| one.kind) });
        tx.commit(&self.clock, Event::new("app.client-id-set").after(after)).await?;
        if let Some(proof) = &proof {
            self.write_certificate(&asked.slug, proof, &asked.credential)?;
        }
        say(format!("Staff of {0} sign in at {1}p/{0}", asked.slug, config.portal_url));
        Ok(())
    }

    async fn list(&self) -> anyhow::Result<()> {
        for one in set_up::every(&self.db).await? {
            say(format!("{}\t{}\t{}", one.slug, one.name, one.id));
        }
        Ok(())
    }

    /// The secret in the file, or a fresh key with its certificate.
    async fn proof(&self, id: ProviderId, slug: &str, asked: &Credential) -> anyhow::Result<NewProof> {
        let place = |kind| place_of(id, AppKind::SignIn, kind);
        if let Some(path) = &asked.secret_file {
            let secret = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            let secret = SecretString::from(secret.trim());
            let sealed = self.seal.seal(&place("secret"), &secret)?;
            return Ok(NewProof { kind: "secret", certificate: None, not_after: None, sealed });
        }
        let (name, now) = (format!("{slug} sign-in"), self.clock.now());
        let made = tokio::task::spawn_blocking(move || certificate::make(&name, now)).await??;
        let sealed = self.seal.seal(&place("certificate"), &made.key_pem)?;
        let (der, not_after) = (Some(made.der), Some(made.not_after));
        Ok(NewProof { kind: "certificate", certificate: der, not_after, sealed })
    }

    async fn keep(
        &self,
        tx: &mut Tx,
        client_id: Option<&str>,
        proof: Option<&NewProof>,
    ) -> anyhow::Result<()> {
        let now = self.clock.now();
        if let Some(client_id) = client_id {
            let ours = store::set_client_id(tx, AppKind::SignIn, client_id, now).await?;
            if !ours {
                // The operator sees every provider.
                let (slug, app) = set_up::holder(tx, client_id).await?.unwrap_or_default();
                bail!(
                    "{client_id} is the client id of the {app} app of {slug}; if it is not his, first run \
                     `mssp-portal provider set --slug {slug} --release-client-id {client_id}`"
                );
            }
        }
        if let Some(proof) = proof {
            store::set_proof(tx, AppKind::SignIn, proof, now).await?;
        }
        Ok(())
    }

    fn write_certificate(
        &self,
        slug: &str,
        proof: &NewProof,
        asked: &Credential,
    ) -> anyhow::Result<Option<PathBuf>> {
        let Some(der) = &proof.certificate else { return Ok(None) };
        let path = asked.certificate.clone().unwrap_or_else(|| PathBuf::from(format!("{slug}-sign-in.cer")));
        std::fs::write(&path, der).with_context(|| format!("cannot write {}", path.display()))?;
        say(format!("Certificate to upload: {} (SHA-256 {})", path.display(), certificate::thumbprint(der)));
        Ok(Some(path))
    }
}

/// An issuer to the letter: it is compared with what the authority says of itself.
fn issuer(text: &str) -> Result<String, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.host().is_some();
    if plain && ["http", "https"].contains(&url.scheme()) {
        Ok(text.to_owned())
    } else {
        Err("an issuer is an address like https://id.example.com, without ? or #".to_owned())
    }
}

/// The client id of the sign-in app as it is kept.
fn named(typed: &str, entra: bool) -> anyhow::Result<String> {
    AppKind::SignIn.client_id(typed, entra).with_context(|| format!("{typed} is no client id"))
}

/// What the operator does next, in order.
fn next(config: &Config, new: &NewProvider, client_id: Option<&str>, file: Option<&Path>) -> String {
    let (slug, url) = (&new.slug, &config.portal_url);
    let mut steps = vec![
        format!(
            "In {}, register an application for sign-in: accounts of that directory only, platform Web, redirect URI \
             {url}p/{slug}/callback, permissions openid and profile.",
            new.sign_in_tenant.map_or_else(|| new.sign_in_issuer.clone(), |id| format!("Entra tenant {id}"))
        ),
        format!(
            "Give it app roles with the values {}, and assign yourself `admin` (Enterprise applications > Users and \
             groups).",
            Role::ALL.map(|role| format!("`{}`", role.claim())).join(", ")
        ),
    ];
    if let Some(file) = file {
        steps.push(format!("Upload {} under Certificates & secrets.", file.display()));
    }
    if client_id.is_none() {
        steps.push(format!(
            "mssp-portal provider sign-in --slug {slug} --client-id <its Application (client) ID>"
        ));
    }
    steps.push(format!("Open {url}p/{slug}, sign in, and set up the other three apps in Admin."));
    let numbered = steps.iter().enumerate().map(|(at, step)| format!("{}. {step}", at + 1));
    format!("What to do next:\n{}", numbered.collect::<Vec<_>>().join("\n"))
}
