//! A reading beside a run, or beside a person's act: neither waits for the other in a circle, and neither breaks.

#![expect(clippy::disallowed_methods, reason = "looks past the walls, at what no room asks for")]

use mssp_portal::work;

use super::stage::Stage;

#[tokio::test]
async fn a_reading_takes_the_customers_row_only_after_what_is_ours_as_a_step_does() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    stage.forget_what_was_made().await;
    // A step keeps its object, and has not come to the customer's row yet.
    let mut step = stage.app.owner.begin().await.unwrap();
    sqlx::query(
        "insert into owned_object (provider_id, customer_id, object, graph_id, adopted, since)
         select provider_id, customer_id, 'catalog', 'made a moment ago', false, read_at from customer
          where customer_id = $1",
    )
    .bind(stage.customer.0)
    .execute(&mut *step)
    .await
    .unwrap();
    stage.check().await;
    let app = stage.app.app.clone();
    let reading = tokio::spawn(async move { work::workers(&app).run_due().await.unwrap() });
    let waits = "select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid
                  where a.datname = current_database() and not l.granted";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&stage.app.owner).await.unwrap() == 0 {
        assert!(!reading.is_finished(), "the reading did not come to the object");
        tokio::task::yield_now().await;
    }
    let told = sqlx::query("update customer set steps_done = steps_done where customer_id = $1")
        .bind(stage.customer.0)
        .execute(&mut *step)
        .await;
    told.expect("the step comes to the customer's row while the reading waits for it");
    step.rollback().await.unwrap();
    reading.await.unwrap();
    let outcome: String =
        sqlx::query_scalar("select outcome from work where customer_id = $1 and kind = 'observe'")
            .bind(stage.customer.0)
            .fetch_one(&stage.app.owner)
            .await
            .unwrap();
    assert_eq!(outcome, "done");
    stage.cloud.end().await;
}

#[tokio::test]
async fn a_declaration_beside_a_reading_that_plans_anew_waits_for_it_and_is_taken() {
    let stage = Stage::new("Woodgrove Bank").await;
    stage.onboard().await;
    // A reading has kept what it saw and a plan of its own, and is not committed yet.
    let mut reading = stage.app.owner.begin().await.unwrap();
    for sql in [
        "update observation set read_at = read_at where customer_id = $1",
        "update plan set state = 'superseded' where customer_id = $1 and state = 'proposed'",
        "insert into plan (provider_id, plan_id, customer_id, blueprint_version, document, fingerprint, state, made_at)
         select provider_id, gen_random_uuid(), customer_id, blueprint_version, document, fingerprint, 'proposed', made_at
           from plan where customer_id = $1 order by made_at limit 1",
    ] {
        sqlx::query(sql).bind(stage.customer.0).execute(&mut *reading).await.unwrap();
    }
    let goes_on = async {
        let waits = "select count(*) from pg_locks l join pg_stat_activity a on a.pid = l.pid
                      where a.datname = current_database() and not l.granted";
        while sqlx::query_scalar::<_, i64>(waits).fetch_one(&stage.app.owner).await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        reading.commit().await.unwrap();
    };
    let again = stage.path("/steps/device-groups/declare");
    let (answer, ()) = tokio::join!(stage.act(&again, "proof=seen+once+more"), goes_on);
    assert_eq!(answer.status, 303, "{}", answer.body);
    stage.cloud.end().await;
}
