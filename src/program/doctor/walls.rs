//! The walls between providers, as the database's catalogue shows them.

use sqlx::postgres::PgConnectOptions;

use super::Findings;
use crate::kit::db::Db;
use crate::kit::walls;

pub async fn look(
    app: &Db,
    owner: Option<&PgConnectOptions>,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    let breaches = walls::breaches(app.pool(), owner.map(PgConnectOptions::get_username)).await?;
    if breaches.is_empty() {
        findings.good("the walls between providers stand: roles bound, every table behind its policies");
    }
    for breach in breaches {
        findings.must(breach.what, breach.mend);
    }
    Ok(())
}
