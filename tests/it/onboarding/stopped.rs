//! A stop of a run holds, whoever looked at the run a moment before: a person's click and the worker, side by side.

use std::time::Duration;

use mssp_portal::kit::clock::Clock;
use mssp_portal::work;
use sqlx::{Connection, PgConnection};

use super::stage::Stage;

impl Stage {
    /// Somebody else's change of the run, not committed yet: whoever looks sees the run as it was.
    async fn meanwhile(&self, state: &str) -> PgConnection {
        let mut other = PgConnection::connect_with(&self.app.owner.connect_options()).await.unwrap();
        sqlx::query!("begin").execute(&mut other).await.unwrap();
        sqlx::query!(
            "update run set state = $2, ended_at = case when $2 = 'done' then changed_at end where customer_id = $1",
            self.customer.0,
            state
        )
        .execute(&mut other)
        .await
        .unwrap();
        other
    }

    /// Commits it, once somebody stands before the row.
    async fn once_awaited(&self, mut other: PgConnection) {
        for _ in 0..1_000 {
            let waiting = sqlx::query_scalar!(
                r#"select count(*) as "count!" from pg_locks l join pg_stat_activity a using (pid)
                    where a.datname = current_database() and not l.granted"#
            )
            .fetch_one(&self.app.owner)
            .await
            .unwrap();
            if waiting > 0 {
                sqlx::query!("commit").execute(&mut other).await.unwrap();
                return;
            }
            Clock::system().sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody came to the run's row");
    }

    async fn run_state(&self) -> String {
        sqlx::query_scalar!("select state from run where customer_id = $1", self.customer.0)
            .fetch_one(&self.app.owner)
            .await
            .unwrap()
    }

    async fn set_run(&self, state: &str) {
        sqlx::query!("update run set state = $2 where customer_id = $1", self.customer.0, state)
            .execute(&self.app.owner)
            .await
            .unwrap();
    }

    async fn events(&self, action: &str) -> i64 {
        sqlx::query_scalar!(r#"select count(*) as "count!" from audit_event where action = $1"#, action)
            .fetch_one(&self.app.owner)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_stop_that_comes_while_the_worker_starts_again_holds_and_nothing_is_written() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    stage.only_the_run_is_due().await;
    stage.set_run("waiting").await;
    let other = stage.meanwhile("cancelling").await;
    let workers = work::workers(&stage.app.app);
    let (ran, ()) = tokio::join!(workers.run_due(), stage.once_awaited(other));
    ran.unwrap();
    assert_eq!(stage.writes().await, Vec::<String>::new(), "the worker went on");
    assert_eq!(stage.run_state().await, "cancelled");
    assert_eq!(stage.events("run.cancelled").await, 1);
    stage.cloud.end().await;
}

#[tokio::test]
async fn trying_again_does_not_undo_a_stop_that_came_in_between() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    stage.set_run("failed").await;
    sqlx::query!("update run_step set state = 'failed'").execute(&stage.app.owner).await.unwrap();
    let run = stage.run().await;
    let other = stage.meanwhile("cancelling").await;
    let (path, form) = (stage.path("/retry"), format!("run={run}"));
    let (answer, ()) = tokio::join!(stage.act(&path, &form), stage.once_awaited(other));
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(stage.run_state().await, "cancelling");
    assert_eq!(stage.events("run.retried").await, 0);
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_stop_does_not_open_a_run_that_ended_in_between() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.approved().await;
    let run = stage.run().await;
    let other = stage.meanwhile("done").await;
    let (path, form) = (stage.path("/cancel"), format!("run={run}"));
    let (answer, ()) = tokio::join!(stage.act(&path, &form), stage.once_awaited(other));
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert_eq!(stage.run_state().await, "done");
    assert_eq!(stage.events("run.cancel-asked").await, 0);
    stage.cloud.end().await;
}
