//! A client id belongs to one app of one provider of the installation, and nobody learns whose it is.

use mssp_portal::kit::ids::ProviderId;
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;
use mssp_portal::providers::{AppKind, store};
use sqlx::raw_sql;
use uuid::Uuid;

use crate::support::app::{Answer, Person, TestApp};

const ID: Uuid = Uuid::from_u128(0xc0ffee);
const OTHER: Uuid = Uuid::from_u128(0xbad);

async fn set(app: &TestApp, as_: &Person, kind: &str, id: impl ToString) -> Answer {
    let path = format!("/admin/apps/{kind}/client-id");
    app.post(Some(as_), &path, &format!("client_id={}", id.to_string())).await
}

async fn holders(app: &TestApp, id: Uuid) -> i64 {
    let held = sqlx::query_scalar!(
        r#"select count(*) as "n!" from app_registration where client_id = $1"#,
        id.to_string()
    );
    held.fetch_one(&app.owner).await.unwrap()
}

#[tokio::test]
async fn a_client_id_of_another_provider_is_refused_in_the_words_of_ones_own() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let anna = app.person(contoso, "Anna", &[Role::Admin], true).await;
    let bert = app.person(fabrikam, "Bert", &[Role::Admin], true).await;
    assert_eq!(set(&app, &anna, "reader", ID).await.status, 303);
    assert_eq!(set(&app, &anna, "reader", ID).await.status, 303, "the same once more");
    assert_eq!(set(&app, &bert, "operator", OTHER).await.status, 303);
    for spelled in
        [ID.to_string(), ID.to_string().to_uppercase(), ID.simple().to_string(), format!("{{{ID}}}")]
    {
        let theirs = set(&app, &bert, "reader", &spelled).await;
        assert_eq!(theirs.status, 422, "{spelled}");
        assert!(!theirs.body.to_lowercase().contains("contoso"), "{}", theirs.body);
        // What his own other app has is refused so too, to the letter.
        let own = set(&app, &bert, "reader", OTHER).await;
        let bare = |answer: &Answer, typed: &str| answer.without_request_id().2.replace(typed, "ID");
        assert_eq!(bare(&theirs, &spelled), bare(&own, &OTHER.to_string()));
    }
    assert_eq!(holders(&app, ID).await, 1);
    // Given up, it is free.
    assert_eq!(set(&app, &anna, "reader", Uuid::from_u128(7)).await.status, 303);
    assert_eq!(set(&app, &bert, "reader", ID).await.status, 303);
    assert_eq!(set(&app, &anna, "reader", ID).await.status, 422);
    assert_eq!(set(&app, &anna, "reader", "not-an-id").await.status, 422);
}

#[tokio::test]
async fn two_providers_who_set_one_client_id_at_once_do_not_both_get_it() {
    let app = TestApp::offline().await;
    let claim = async |provider: ProviderId, id: Uuid| {
        let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
        let claimed = store::set_client_id(&mut tx, AppKind::Reader, &id.to_string(), app.app.clock.now())
            .await
            .unwrap();
        tokio::task::yield_now().await;
        tx.commit_bookkeeping("a test").await.unwrap();
        claimed
    };
    let (one, two) = (app.provider("one").await, app.provider("two").await);
    for number in 0..20 {
        let id = Uuid::from_u128(1000 + number);
        let (first, second) = tokio::join!(claim(one, id), claim(two, id));
        assert!(first != second, "{first} {second}");
        assert_eq!(holders(&app, id).await, 1);
    }
    let claims = sqlx::query_scalar!(r#"select count(*) as "n!" from client_claim"#);
    assert!(claims.fetch_one(&app.owner).await.unwrap() <= 2, "what was given up is free");
}

#[tokio::test]
async fn a_claim_is_taken_back_when_the_act_fails_and_nobody_reads_the_claims() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let set = async |provider: ProviderId| {
        let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
        let claimed = store::set_client_id(&mut tx, AppKind::Reader, &ID.to_string(), app.app.clock.now())
            .await
            .unwrap();
        (tx, claimed)
    };
    let (tx, claimed) = set(contoso).await;
    assert!(claimed);
    drop(tx);
    let (tx, claimed) = set(fabrikam).await;
    assert!(claimed, "the first was never done");
    tx.commit_bookkeeping("a test").await.unwrap();
    for sql in [
        "select * from client_claim",
        "insert into client_claim select sha256('x'), provider_id from provider",
        "delete from client_claim",
        "update client_claim set provider_id = provider_id",
    ] {
        let mut tx = Scope::of_command_line(contoso).begin(&app.app.db).await.unwrap();
        assert!(raw_sql(sql).execute(&mut *tx).await.is_err(), "{sql}");
    }
    // Without a provider the door claims nothing.
    let asked = sqlx::query_scalar!(r#"select door_claim_client(null, sha256('y')) as "claimed!""#);
    assert!(!asked.fetch_one(app.app.db.pool()).await.unwrap());
    // And gives up nothing that is another's.
    let mut tx = Scope::of_command_line(contoso).begin(&app.app.db).await.unwrap();
    assert_eq!(store::release_client_id(&mut tx, ID, app.app.clock.now()).await.unwrap(), None);
    tx.commit_bookkeeping("a test").await.unwrap();
    assert!(!set(contoso).await.1, "it is still Fabrikam's");
}
