//! A changed blueprint says beforehand how many customers it touches, and asks why.

use mssp_portal::kit::right::Role;

use crate::support::app::TestApp;

const FIELDS: &str = "version=1&approvers_group=MSSP+Analyst+Approvers&approvers_package=Approvers&catalog=MSSP\
    &tier_key=tier1&tier_group=Tier+1&tier_package=Tier+1&tier_role=Tier+1&tier_live=none&days=200&decide_days=14\
    &review_every=annually&open_days=20&reviewers=approvers&no_response=remove&defender=manual";

#[tokio::test]
async fn before_a_blueprint_is_saved_it_says_how_many_customers_it_touches_and_asks_why() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let admin = app.person(contoso, "Admin", &[Role::Admin], true).await;
    let page = async || app.get(Some(&admin), "/admin/blueprint").await.body;
    assert!(page().await.contains("No customer is onboarded yet"));
    for name in ["Woodgrove", "Tailspin", "New"] {
        app.customer(contoso, name).await;
    }
    let onboard = async |name: &str| {
        sqlx::query!("update customer set onboarded_at = created_at where name = $1", name)
            .execute(&app.owner)
            .await
            .unwrap();
    };
    onboard("Woodgrove").await;
    let shown = page().await;
    assert!(shown.contains("One onboarded customer will differ from it and ask for approval"), "{shown}");
    assert!(shown.contains("name=\"touches\" value=\"1\""), "{shown}");
    let save =
        async |more: &str| app.post(Some(&admin), "/admin/blueprint", &format!("{FIELDS}{more}")).await;
    for nothing in ["", "&why=", "&why=+++"] {
        let refused = save(nothing).await;
        assert!(refused.status == 422 && refused.body.contains("Say why"), "{}", refused.body);
    }
    onboard("Tailspin").await;
    let more = save("&why=agreed&touches=1").await;
    assert!(more.status == 422 && more.body.contains("Meanwhile more customers"), "{}", more.body);
    assert!(more.body.contains("2 onboarded customers") && more.body.contains("agreed"), "{}", more.body);
    let versions = async || {
        let many = sqlx::query_scalar!(r#"select count(*) as "n!" from blueprint where version > 1"#);
        many.fetch_one(&app.owner).await.unwrap()
    };
    assert_eq!(versions().await, 0, "nothing was saved");
    let saved = save("&why=agreed&touches=2").await;
    assert_eq!((saved.status.as_u16(), versions().await), (303, 1), "{}", saved.body);
}
