//! Every row of Microsoft's permission list, with each permission alone, with none, and with all the others.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::anyone::Reply;
use super::kit::World;

const NOBODY: &str = "00000000-0000-4000-8000-00000000ffff";

/// Rows whose calls this simulation does not have; README, "Not simulated".
const ABSENT: &[&str] = &["/groups/delta", "/directory/tenantGovernance/"];

struct Row {
    method: Method,
    path: String,
    application: Vec<Vec<&'static str>>,
    delegated: Vec<Vec<&'static str>>,
}

fn ways(cell: &'static str) -> Vec<Vec<&'static str>> {
    let cell = cell.split('(').next().unwrap();
    if cell.starts_with("NOT SUPPORTED") {
        return Vec::new();
    }
    cell.split([';', ',']).map(|way| way.split('+').map(str::trim).collect()).collect()
}

fn rows() -> Vec<Row> {
    let lines = include_str!("../../data/permissions.tsv").lines().skip(1);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let (method, path) = cells[1].split_once(' ').unwrap();
            let path =
                path.replace("on='{v}'", "on='approver'").replace("{id}", NOBODY).replace("{v}", NOBODY);
            Row {
                method: method.parse().unwrap(),
                path: format!("/{}{path}", cells[0]),
                application: ways(cells[2]),
                delegated: ways(cells[3]),
            }
        })
        .collect()
}

impl Row {
    fn is_absent(&self) -> bool {
        ABSENT.iter().any(|part| self.path.contains(part))
    }

    async fn by(&self, world: &World, token: &str) -> Reply {
        let body = ["POST", "PATCH", "PUT"].contains(&self.method.as_str()).then(|| json!({}));
        let reply = world.send(token, self.method.clone(), &self.path, body, &[]).await;
        if self.is_absent() {
            world.simulation.forget_unknown_calls();
        }
        reply
    }

    fn assert_opened(&self, reply: &Reply, by: &str) {
        let told = format!("{} {} with {by}: {reply:?}", self.method, self.path);
        assert_ne!((reply.status, reply.code()), (403, "Authorization_RequestDenied"), "{told}");
        assert_ne!(reply.status, 401, "{told}");
        assert_eq!(reply.status == 501, self.is_absent(), "{told}");
    }

    /// The documented refusal.
    fn assert_closed(&self, reply: &Reply, by: &str) {
        let told = format!("{} {} with {by}: {reply:?}", self.method, self.path);
        assert_eq!((reply.status, reply.code()), (403, "Authorization_RequestDenied"), "{told}");
        let message = "Insufficient privileges to complete the operation.";
        assert_eq!(reply.body["error"]["message"], message, "{told}");
    }
}

fn universe(rows: &[Row], of: impl Fn(&Row) -> &Vec<Vec<&'static str>>) -> BTreeSet<&'static str> {
    rows.iter().flat_map(|r| of(r).clone()).flatten().collect()
}

/// Permissions that a call of the simulation's own additions opens too (`permissions-added.tsv`): a write includes
/// the read.
fn added() -> Vec<(String, String)> {
    let lines = include_str!("../../data/permissions-added.tsv").lines();
    lines
        .map(|l| l.split('\t').map(str::to_owned).collect::<Vec<_>>())
        .map(|c| (c[1].clone(), c[2].clone()))
        .collect()
}

#[tokio::test]
async fn every_permission_that_is_listed_opens_its_call_alone_and_without_one_it_stays_closed() {
    let world = World::with_consent().await;
    let rows = rows();
    assert_eq!(rows.len(), 131);
    let none = world.app_with(&[]).await;
    for row in &rows {
        row.assert_closed(&row.by(&world, &none).await, "no application permission");
    }
    for permission in universe(&rows, |r| &r.application) {
        let token = world.app_with(&[permission]).await;
        for row in rows.iter().filter(|r| r.application.contains(&vec![permission])) {
            row.assert_opened(&row.by(&world, &token).await, permission);
        }
    }
    // Where two are needed together, neither is enough.
    for row in rows.iter() {
        for both in row.application.iter().filter(|way| way.len() > 1) {
            let token = world.app_with(both).await;
            row.assert_opened(&row.by(&world, &token).await, "both");
            for one in both.iter().filter(|one| !row.application.contains(&vec![**one])) {
                let token = world.app_with(&[one]).await;
                row.assert_closed(&row.by(&world, &token).await, one);
            }
        }
    }
}

#[tokio::test]
async fn all_permissions_but_those_listed_leave_a_call_closed() {
    let world = World::with_consent().await;
    let (rows, added) = (rows(), added());
    let all = universe(&rows, |r| &r.application);
    let mut tokens = std::collections::HashMap::new();
    for row in &rows {
        let listed: BTreeSet<&str> = row.application.iter().flatten().copied().collect();
        let template = row.path.replace(NOBODY, "{id}");
        let more = |p: &str| {
            added.iter().any(|(operation, cell)| {
                format!("{} {}", row.method, &template[template[1..].find('/').unwrap() + 1..])
                    == operation.replace("{v}", "{id}")
                    && cell.contains(p)
            })
        };
        let others: Vec<&str> = all.iter().copied().filter(|p| !listed.contains(p) && !more(p)).collect();
        if !tokens.contains_key(&others) {
            tokens.insert(others.clone(), world.app_with(&others).await);
        }
        row.assert_closed(&row.by(&world, &tokens[&others]).await, "all the others");
    }
}

#[tokio::test]
async fn a_signed_in_person_needs_the_delegated_permission() {
    let world = World::with_consent().await;
    let rows = rows();
    let gail = "gail@adatum.example";
    let none = world.person_with(gail, &[]).await;
    for row in &rows {
        row.assert_closed(&row.by(&world, &none).await, "no delegated permission");
    }
    for permission in universe(&rows, |r| &r.delegated) {
        let token = world.person_with(gail, &[permission]).await;
        for row in rows.iter().filter(|r| r.delegated.contains(&vec![permission])) {
            row.assert_opened(&row.by(&world, &token).await, permission);
        }
    }
}
