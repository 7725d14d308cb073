//! What a path and a form name, filled in.

use http::Method;
use mssp_portal::access_requests::model::PENDING;
use mssp_portal::kit::ids::{CustomerId, EntraTenantId, PlanId, RunId};
use uuid::Uuid;

use super::expected::Expected;
use super::holders;
use super::notices::Notices;
use super::world::{self, Furnished, Furniture};
use crate::support::app::TestApp;

impl Expected {
    pub fn is(&self, method: &Method, path: &str) -> bool {
        self.method == method.as_str() && self.path == path
    }

    pub fn names(&self, part: &str) -> bool {
        self.path.contains(part)
    }

    /// About something that is there for whoever sees one of its customers.
    pub fn by_customer(&self) -> bool {
        ["{customer}", "{match}", "{leaver}"].iter().any(|part| self.names(part))
    }

    /// Holds for every customer: only who sees them all may do it.
    pub fn for_all(&self) -> bool {
        ["{person}", "/merge", "/split"].iter().any(|part| self.names(part))
    }

    /// Asked by who sees all: so are channels and the mail server, by which every customer's happenings are told.
    pub fn by_all(&self) -> bool {
        self.for_all() || ["/notices/channels", "/notices/mail"].iter().any(|part| self.names(part))
    }
}

/// What a path and a form name.
#[derive(Clone, Debug)]
pub struct Thing {
    pub customer: Furnished,
    pub person: Uuid,
    /// The customer that is given to this person.
    pub given: Uuid,
    /// One of the customer's, that waits.
    pub request: String,
    pub step: String,
    pub slug: String,
    pub app: String,
    pub file: String,
    /// Of the blueprint.
    pub version: String,
    pub notices: Notices,
}

/// What every form may hold that nobody has yet.
pub struct Fresh {
    /// The blueprint's version in force.
    pub version: i32,
    /// A domain's first part, and its directory.
    pub unclaimed: String,
    pub unclaimed_tenant: Uuid,
    pub random: String,
}

pub fn missing_customer() -> Furnished {
    let id = world::nothing();
    Furnished {
        id: CustomerId(id),
        tenant: EntraTenantId(id),
        plan: PlanId(id),
        run: RunId(id),
        holder: id,
        twin: id,
        leaver: id,
    }
}

/// The row's address of this thing.
pub fn address(row: &Expected, thing: &Thing) -> String {
    row.path
        .replace("{customer}", &thing.customer.id.to_string())
        .replace("{person}", &thing.person.to_string())
        .replace("{match}", &thing.customer.holder.to_string())
        .replace("{leaver}", &thing.customer.leaver.to_string())
        .replace("{round}", &holders::round_of(thing.customer.id))
        .replace("{request}", &thing.request)
        // As the furnished world has it.
        .replace("{batch}", &world::batch_of(thing.customer.id).to_string())
        .replace("{step}", &thing.step)
        .replace("{slug}", &thing.slug)
        .replace("{app}", &thing.app)
        .replace("{file}", &thing.file)
        .replace("{version}", &thing.version)
        .replace("{channel}", &thing.notices.channel.to_string())
        .replace("{rule}", &thing.notices.rule.to_string())
}

/// The row's form about this thing.
pub fn filled(row: &Expected, thing: &Thing, fresh: &Fresh) -> String {
    let customer = &thing.customer;
    row.form
        .replace("{customer}", &customer.id.to_string())
        .replace("{request}", &thing.request)
        .replace("{batch}", &fresh.unclaimed_tenant.to_string())
        .replace("{plan}", &customer.plan.to_string())
        .replace("{run}", &customer.run.to_string())
        .replace("{tenant}", &customer.tenant.to_string())
        .replace("{given}", &thing.given.to_string())
        .replace("{other}", &customer.twin.to_string())
        .replace("{mail}", &holders::holder_mail(customer.id))
        .replace("{slug}", &thing.slug)
        .replace("{message}", &thing.notices.dead.to_string())
        .replace("{snooze}", &thing.notices.snooze.to_string())
        .replace("{random}", &fresh.random)
        .replace("{version}", &fresh.version.to_string())
        .replace("{unclaimed}", &fresh.unclaimed)
        .replace("{unclaimed-tenant}", &fresh.unclaimed_tenant.to_string())
}

/// An address and a body that the row's handler takes, about things of this provider.
pub fn valid(row: &Expected, of: &Furniture, app: &TestApp) -> (String, String) {
    let thing = Thing {
        customer: if row.form.contains("{run}") { of.failed } else { of.proposed },
        person: if row.names("/enable") { of.shut_out.0 } else { of.other.0 },
        given: of.failed.id.0,
        request: format!("{}-{PENDING}", of.word),
        step: row.step.to_owned(),
        slug: of.slug.to_owned(),
        // A key waits at the reader only, and where one waits no other is made.
        app: if row.names("/certificate") || row.names("/secret") { "approver" } else { "reader" }.to_owned(),
        file: String::new(),
        version: "2".to_owned(),
        notices: of.notices,
    };
    let chance = &app.app.chance;
    let fresh = Fresh {
        version: 2,
        unclaimed: "unclaimed".to_owned(),
        unclaimed_tenant: chance.uuid_v4(),
        random: chance.token(),
    };
    (address(row, &thing), filled(row, &thing, &fresh))
}
