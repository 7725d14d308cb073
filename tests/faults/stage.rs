//! The world of one schedule: a provider whose apps work, and customers with tenants.

use mssp_portal::app::App;
use mssp_portal::kit::audit::Event;
use mssp_portal::kit::ids::{CustomerId, EntraTenantId, PersonId, ProviderId};
use mssp_portal::kit::right::{Role, Roles};
use mssp_portal::kit::scope::Scope;
use mssp_portal::kit::{session, work};
use mssp_portal::onboarding::blueprint::{Blueprint, DefenderMode};
use mssp_portal::providers::{self, AppKind};
use mssp_portal::{customers, customers::consent};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::eye;
use crate::lane::Lane;
use crate::schedule::Schedule;

pub struct Stage {
    pub provider: ProviderId,
    pub cookie: String,
    pub home: String,
    pub analysts: String,
    pub analyst_domain: String,
    pub reader: String,
    pub operator: String,
    pub customers: Vec<Customer>,
}

#[derive(Clone, Debug)]
pub struct Customer {
    pub id: CustomerId,
    pub tenant: String,
    pub admin: String,
}

pub const EM: &str = "/identityGovernance/entitlementManagement";

pub fn secret(kind: AppKind) -> String {
    format!("canary-secret-of-{}", kind.key())
}

/// A control call that must be taken.
pub fn control(lane: &Lane, method: &str, path: &str, body: Value) -> Value {
    lane.cloud.control(method, path, &body).unwrap_or_else(|why| panic!("{method} {path} {body}: {why}"))
}

/// The tenant's own administrator does something at Graph; what was answered, if it worked.
pub fn by_hand(lane: &Lane, tenant: &str, method: &str, path: &str, body: Value) -> Option<Value> {
    let call = json!({ "method": method, "path": path, "body": body });
    lane.cloud.control("POST", &format!("/tenants/{tenant}/graph"), &call).ok()
}

impl Stage {
    pub async fn set(lane: &Lane, app: &App, schedule: &Schedule) -> Self {
        control(lane, "POST", "/reset", json!({ "seed": schedule.seed }));
        let switches = json!({ "page.size": schedule.page });
        control(lane, "POST", "/switches", switches);
        let home = home(lane);
        let analysts = analysts(lane);
        let client = |kind: AppKind| {
            let at = AppKind::ALL.iter().position(|one| *one == kind).unwrap();
            home["applications"][at]["appId"].as_str().unwrap().to_owned()
        };
        let provider = ProviderId::new(&app.clock, &app.chance);
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let mut stage = Self {
            provider,
            cookie: String::new(),
            home: text(&home["id"]),
            analysts: text(&analysts["id"]),
            analyst_domain: "analysts.example".to_owned(),
            reader: client(AppKind::Reader),
            operator: client(AppKind::Operator),
            customers: Vec::new(),
        };
        stage.provider(lane, app, schedule).await;
        for at in 0..schedule.customers {
            let customer = stage.customer(lane, app, schedule, at).await;
            stage.customers.push(customer);
        }
        stage
    }

    /// Provider, apps, blueprint and a person who may do everything.
    async fn provider(&mut self, lane: &Lane, app: &App, schedule: &Schedule) {
        let id = self.provider.0;
        let short = id.simple().to_string();
        eye::run(
            &lane.owner,
            format!(
                "insert into provider (provider_id, slug, name, sign_in_issuer, sign_in_tenant, analyst_tenant,
                                       analyst_domain, created_at)
                 values ('{id}', 'p{}', 'Contoso', 'http://127.0.0.1:9/none', '{}', '{}', '{}', '{}')",
                &short[4..],
                self.home,
                self.analysts,
                self.analyst_domain,
                app.clock.now().to_rfc3339()
            ),
        )
        .await;
        let mut blueprint = Blueprint::default();
        blueprint.tiers.truncate(schedule.tiers);
        if schedule.defender {
            blueprint.defender.mode = DefenderMode::Automatic;
        }
        let document = serde_json::to_string(&blueprint).unwrap().replace('\'', "''");
        let person = PersonId::new(&app.clock, &app.chance);
        let roles = Roles::new(Role::ALL);
        let claims = roles.claims().join(",");
        let now = app.clock.now().to_rfc3339();
        eye::run(
            &lane.owner,
            format!(
                "insert into blueprint (provider_id, version, document, made_at) values ('{id}', 1, '{document}', '{now}');
                 insert into person (provider_id, person_id, identity_tid, identity_oid, name, mail, roles, sees_all,
                                     created_at, seen_at)
                 values ('{id}', '{}', 'tid', 'oid', 'Everyone', 'everyone@contoso.example', '{{{claims}}}', true,
                         '{now}', '{now}')",
                person.0
            ),
        )
        .await;
        let scope = Scope::of_command_line(self.provider);
        let mut tx = scope.begin(&app.db).await.unwrap();
        for (kind, client) in [(AppKind::Reader, &self.reader), (AppKind::Operator, &self.operator)] {
            providers::store::set_client_id(&mut tx, kind, client, app.clock.now()).await.unwrap();
            let place = providers::place_of(self.provider, kind, "secret");
            let sealed = app.seal.seal(&place, &SecretString::from(secret(kind))).unwrap();
            let proof =
                providers::store::NewProof { kind: "secret", certificate: None, not_after: None, sealed };
            providers::store::set_proof(&mut tx, kind, &proof, app.clock.now()).await.unwrap();
        }
        let cookie = session::open(&mut tx, &app.clock, &app.chance, person, "test").await.unwrap();
        tx.commit(&app.clock, Event::new("sign-in.done")).await.unwrap();
        eye::run(
            &lane.owner,
            format!(
                "update session set roles = '{{{claims}}}', ends_at = ends_at + interval '10 days'
                  where person_id = '{}'",
                person.0
            ),
        )
        .await;
        self.cookie = format!("{}={}", cookie.name(), cookie.value());
    }

    async fn customer(&self, lane: &Lane, app: &App, schedule: &Schedule, at: usize) -> Customer {
        let name = ["Woodgrove", "Adatum", "Fabrikam"][at];
        let domain = format!("{}.example", name.to_lowercase());
        let admin = format!("admin@{domain}");
        let tenant = json!({
            "displayName": name, "domains": [domain], "licences": ["AAD_PREMIUM_P2", "WINDEFATP"], "rbac": "unified",
            "users": [
                { "userPrincipalName": admin, "displayName": "Admin", "roles": ["Global Administrator"] },
                { "userPrincipalName": format!("ben@{domain}"), "displayName": "Ben" },
            ],
        });
        let made = control(lane, "POST", "/world", json!({ "tenants": [tenant] }));
        let tenant = made["tenants"][0]["id"].as_str().unwrap().to_owned();
        if schedule.left_behind {
            left_behind(lane, &tenant);
        }
        let id = CustomerId::new(&app.clock, &app.chance);
        let new = customers::store::NewCustomer {
            id,
            entra_tenant_id: EntraTenantId(tenant.parse().unwrap()),
            domain,
            name: name.to_owned(),
            name_verified: true,
            account_manager: None,
            standing: customers::Standing {
                state: customers::State::New,
                whose_move: customers::WhoseMove::Us,
                next_move: "customers-next-send-link".to_owned(),
                steps_done: 0,
                steps_total: 0,
            },
        };
        let mut tx = Scope::of_command_line(self.provider).begin(&app.db).await.unwrap();
        customers::store::add(&mut tx, &new, app.clock.now()).await.unwrap();
        work::wake(&mut tx, id, consent::WORK, app.clock.now()).await.unwrap();
        tx.commit(&app.clock, Event::new("customer.added").of(id)).await.unwrap();
        Customer { id, tenant, admin }
    }

    /// What an app does for the portal, by the word that schedules use.
    pub fn app_of(&self, word: &str) -> String {
        match word {
            "reader" => self.reader.clone(),
            "operator" => self.operator.clone(),
            other => other.to_owned(),
        }
    }

    pub fn tenant_of(&self, word: &str) -> String {
        let at = word.strip_prefix("customer-").and_then(|at| at.parse::<usize>().ok());
        at.map_or_else(|| word.to_owned(), |at| self.customers[at].tenant.clone())
    }
}

fn home(lane: &Lane) -> Value {
    let application = |kind: AppKind| {
        json!({
            "displayName": kind.key(),
            "signInAudience": if kind == AppKind::SignIn { "AzureADMyOrg" } else { "AzureADMultipleOrgs" },
            "requiredPermissions": {
                "application": kind.application_permissions(), "delegated": kind.delegated_permissions(),
            },
            "appRoles": Role::ALL.map(Role::claim),
            "secret": secret(kind),
        })
    };
    let tenant = json!({
        "displayName": "Contoso SOC", "domains": ["contoso.example"],
        "applications": AppKind::ALL.map(application),
    });
    control(lane, "POST", "/world", json!({ "tenants": [tenant] }))["tenants"][0].clone()
}

fn analysts(lane: &Lane) -> Value {
    let person =
        |name: &str| json!({ "userPrincipalName": format!("{name}@analysts.example"), "displayName": name });
    let tenant = json!({
        "displayName": "Contoso analysts", "domains": ["analysts.example"],
        "users": [person("ada"), person("ben"), person("cleo")],
    });
    control(lane, "POST", "/world", json!({ "tenants": [tenant] }))["tenants"][0].clone()
}

/// Everybody uses Microsoft's example names: a group and a catalog of an earlier provider.
fn left_behind(lane: &Lane, tenant: &str) {
    control(lane, "POST", "/switches", json!({ "consistency.groups": 0 }));
    let group = json!({
        "displayName": "Tier 1 Analyst", "mailNickname": "Tier1Analyst", "mailEnabled": false,
        "securityEnabled": true,
    });
    by_hand(lane, tenant, "POST", "/groups", group).unwrap();
    let catalog = json!({
        "displayName": "MSSP Accesses", "description": "made by hand", "state": "published",
        "isExternallyVisible": true,
    });
    by_hand(lane, tenant, "POST", &format!("{EM}/catalogs"), catalog).unwrap();
    control(lane, "POST", "/switches", json!({ "consistency.groups": 1 }));
}
