//! An app's keys: a new one never takes the place of one that works before it works itself; and what a check tells.

use mssp_portal::kit::right::Role;
use mssp_portal::providers::AppKind;
use mssp_portal::work;
use serde_json::Value;

use crate::support::app::{Answer, TestApp};
use crate::support::cloud::{ReadyProvider, TestCloud};

/// An administrator at the pages of one app.
struct Desk<'a> {
    app: &'a TestApp,
    provider: &'a ReadyProvider,
    kind: AppKind,
}

impl Desk<'_> {
    fn path(&self, act: &str) -> String {
        format!("/admin/apps/{}{act}", self.kind.key())
    }

    async fn page(&self) -> String {
        self.app.get(Some(&self.provider.everyone), &self.path("")).await.body
    }

    async fn post(&self, act: &str, form: &str) -> Answer {
        self.app.post(Some(&self.provider.everyone), &self.path(act), form).await
    }

    /// Kinds of the key in use and of the one that waits, and the latter's certificate.
    async fn keys(&self) -> (String, Option<String>, Option<Vec<u8>>) {
        let row = sqlx::query!(
            "select proof, next_proof, next_certificate from app_registration where provider_id = $1 and app = $2",
            self.provider.id.0,
            self.kind.key()
        )
        .fetch_one(&self.app.owner)
        .await
        .unwrap();
        (row.proof, row.next_proof, row.next_certificate)
    }

    async fn told(&self, action: &str) -> Vec<Value> {
        let rows = sqlx::query_scalar!(
            r#"select convert_from(body, 'UTF8')::jsonb as "body!" from audit_event where action = $1 order by seq"#,
            action
        );
        let rows = rows.fetch_all(&self.app.owner).await.unwrap();
        rows.into_iter().filter(|body: &Value| body.to_string().contains(self.kind.key())).collect()
    }
}

#[tokio::test]
async fn a_new_key_waits_until_entra_accepts_it_and_what_is_in_use_goes_on_working() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let customer = cloud.add_customer(&app, &contoso, "Woodgrove Bank").await;
    for kind in [AppKind::Reader, AppKind::SignIn] {
        let desk = Desk { app: &app, provider: &contoso, kind };
        assert_eq!(desk.post("/certificate", "").await.location(), desk.path("?done=next-made"));
        let (in_use, next, der) = desk.keys().await;
        assert_eq!((in_use.as_str(), next.as_deref()), ("secret", Some("certificate")));
        let again = desk.post("/certificate", "").await;
        assert!(again.status == 409 && again.body.contains("waits already"), "{}", again.body);
        assert_eq!(desk.post("/secret", "secret=0123456789abcdef0123").await.status, 409);
        assert_eq!(desk.keys().await.2, der, "its certificate may be on its way to Entra");
        // Not uploaded yet: tried, refused, and nothing changes.
        assert_eq!(desk.post("/check", "").await.location(), desk.path("?done=checked"));
        assert_eq!(desk.keys().await.0, "secret");
        let page = desk.page().await;
        for words in ["Key accepted", "A new key waits", "not in use yet", "/next.cer"] {
            assert!(page.contains(words), "no {words} in {page}");
        }
        let file = app.get(Some(&contoso.everyone), &desk.path("/next.cer")).await;
        assert_eq!(file.headers["content-type"], "application/pkix-cert");
        cloud.upload(&contoso.home, contoso.client_id(kind), &der.unwrap()).await;
        assert_eq!(desk.post("/check", "").await.location(), desk.path("?done=next-proven"));
        assert_eq!(desk.keys().await, ("certificate".to_owned(), None, None));
        let page = desk.page().await;
        assert!(page.contains("Key accepted") && !page.contains("A new key waits"), "{page}");
        assert_eq!(desk.post("/check", "").await.location(), desk.path("?done=checked"));
        assert!(desk.page().await.contains("Key accepted"), "it opens where it is now");
        let told = desk.told("app.key-taken").await;
        assert_eq!(told.len(), 1);
        assert_eq!(
            (&told[0]["before"]["proof"], &told[0]["after"]["tried"]),
            (&"secret".into(), &true.into())
        );
    }
    // The reader's new key is the one that customers are read with.
    let tenant =
        sqlx::query_scalar!("select entra_tenant_id from customer where customer_id = $1", customer.0);
    let tenant = mssp_portal::kit::ids::EntraTenantId(tenant.fetch_one(&app.owner).await.unwrap());
    cloud.consent(tenant, contoso.client_id(AppKind::Reader), true).await;
    work::workers(&app.app).run_due().await.unwrap();
    let state = sqlx::query_scalar!("select state from consent where app = 'reader'");
    assert_eq!(state.fetch_one(&app.owner).await.unwrap(), "granted");
    cloud.end().await;
}

#[tokio::test]
async fn an_untried_key_is_used_only_by_who_knows_what_that_does_and_can_be_dropped() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let desk = Desk { app: &app, provider: &contoso, kind: AppKind::SignIn };
    for act in ["/next/use", "/next/drop"] {
        let form = if act == "/next/use" { "understood=yes" } else { "" };
        assert_eq!(desk.post(act, form).await.status, 404, "{act}: nothing waits");
    }
    desk.post("/certificate", "").await;
    assert!(desk.page().await.contains("nobody can sign in from now on, you included"));
    for form in ["", "understood=no"] {
        let refused = desk.post("/next/use", form).await;
        assert!(refused.status == 422 && refused.body.contains("Nothing was changed"), "{}", refused.body);
    }
    assert_eq!(desk.keys().await.0, "secret");
    assert_eq!(desk.post("/next/drop", "").await.location(), desk.path("?done=next-dropped"));
    assert_eq!(desk.keys().await, ("secret".to_owned(), None, None));
    assert_eq!(desk.told("app.key-dropped").await.len(), 1);
    desk.post("/certificate", "").await;
    assert_eq!(desk.post("/next/use", "understood=yes").await.location(), desk.path("?done=next-taken"));
    assert_eq!(desk.keys().await, ("certificate".to_owned(), None, None));
    let told = desk.told("app.key-taken").await;
    assert_eq!((told.len(), &told[0]["after"]["tried"]), (1, &false.into()));
    cloud.end().await;
}

#[tokio::test]
async fn the_first_key_of_an_app_has_nothing_to_wait_for() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let admin = app.person(contoso, "Admin", &[Role::Admin], true).await;
    let made = app.post(Some(&admin), "/admin/apps/reader/certificate", "").await;
    assert_eq!(made.location(), "/admin/apps/reader?done=certificate-made");
    let page = app.get(Some(&admin), "/admin/apps/reader").await.body;
    assert!(page.contains("/certificate.cer") && !page.contains("A new key waits"), "{page}");
}

#[tokio::test]
async fn a_check_tells_which_permissions_the_app_holds_at_home() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    let desk = Desk { app: &app, provider: &contoso, kind: AppKind::Reader };
    let name = "<code>CrossTenantInformation.ReadBasic.All</code>";
    let check = async || {
        assert_eq!(desk.post("/check", "").await.status, 303);
        let page = desk.page().await;
        // The list of what the app asks for follows.
        page.split("1. Register").next().unwrap().to_owned()
    };
    let before = check().await;
    assert!(before.contains("Not granted in your own directory") && before.contains(name), "{before}");
    assert!(!before.contains("Permissions it holds"), "{before}");
    let home = contoso.home.parse().unwrap();
    cloud.consent(home, contoso.client_id(AppKind::Reader), true).await;
    let after = check().await;
    assert!(after.contains("Permissions it holds") && after.contains(name), "{after}");
    assert!(!after.contains("Not granted"), "{after}");
    cloud.end().await;
}

#[tokio::test]
async fn where_staff_sign_in_elsewhere_than_at_entra_a_check_says_that_and_no_gap_is_left() {
    let (app, cloud) = TestCloud::with_portal().await;
    let contoso = cloud.provider(&app, "contoso").await;
    sqlx::query!("update provider set sign_in_tenant = null").execute(&app.owner).await.unwrap();
    for kind in AppKind::ALL {
        let desk = Desk { app: &app, provider: &contoso, kind };
        assert!(app.get(Some(&contoso.everyone), "/").await.body.contains("not checked yet"));
        assert_eq!(desk.post("/check", "").await.status, 303);
        let page = desk.page().await;
        assert!(page.contains("sign-in authority is not Entra") && !page.contains("missing"), "{page}");
        assert!(page.contains("Cannot be tried here") && !page.contains("Refused"), "{page}");
    }
    let admin = app.get(Some(&contoso.everyone), "/admin").await.body;
    assert_eq!(admin.matches("Cannot be tried here").count(), 4, "{admin}");
    let today = app.get(Some(&contoso.everyone), "/").await.body;
    assert!(!today.contains("not checked yet") && !today.contains("refused"), "{today}");
    cloud.end().await;
}
