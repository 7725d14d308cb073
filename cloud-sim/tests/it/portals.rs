//! The Entra admin center, the Defender portal, and signing in to them.

use serde_json::{Value, json};

use super::browser::{Browser, Page};
use super::kit::{ADATUM, CONTOSO, OPERATOR, READER, World};

pub async fn browser_of(world: &World, address: &str) -> Browser {
    let mut browser = Browser::new(world.simulation.base_url());
    let signed = browser.post("/signin", &[("address", address), ("back", "/")]).await;
    assert_eq!((signed.status, signed.location.as_str()), (303, "/"), "{}", signed.text);
    browser
}

async fn tenant(world: &World, id: &str) -> Value {
    let body: Value = world.client.get(world.url("/sim/world")).send().await.unwrap().json().await.unwrap();
    body["tenants"].as_array().unwrap().iter().find(|t| t["id"] == id).unwrap().clone()
}

pub fn assert_accessible(page: &Page) {
    for piece in ["<html lang=\"en\">", "<title>", "<main id=\"main\"", "Simulated Microsoft cloud"] {
        assert!(page.text.contains(piece), "{piece}: {}", page.text);
    }
    assert_eq!(page.text.matches("<h1>").count(), 1, "{}", page.text);
    let fields = page.text.split("<input ").skip(1).chain(page.text.split("<textarea ").skip(1));
    for piece in fields.filter(|p| !p.starts_with("type=\"hidden\"")) {
        let id = piece.split("id=\"").nth(1).unwrap().split('"').next().unwrap();
        assert!(page.text.contains(&format!("<label for=\"{id}\"")), "{id}");
    }
    assert!(!page.text.contains(" style=") && !page.text.contains(" onclick="));
}

#[tokio::test]
async fn a_visitor_signs_in_first_and_comes_back_where_he_wanted() {
    let world = World::with_consent().await;
    let mut browser = Browser::new(world.simulation.base_url());
    let wanted = format!("/entra/{ADATUM}?x=1");
    let sent = browser.get(&wanted).await;
    assert!(sent.location.starts_with("/signin?back="), "{sent:?}");
    let page = browser.get(&sent.location).await;
    assert_accessible(&page);
    assert!(page.text.contains("Gail Admin") && !page.text.contains("Ana Analyst"), "{}", page.text);
    let person = page.button("Gail Admin");
    let back = browser.post("/signin", &[("person", &person), ("back", &wanted)]).await;
    assert_eq!(back.location, wanted);
    assert_accessible(&browser.get(&wanted).await);
    for hostile in ["//evil.example", "https://evil.example", "/\\evil.example", ""] {
        let back = browser.post("/signin", &[("person", &person), ("back", hostile)]).await;
        assert_eq!(back.location, "/", "{hostile}");
    }
    let typed = browser.post("/signin", &[("address", "<b>@x"), ("back", "/")]).await;
    assert!(typed.status == 422 && typed.text.contains("AADSTS50034") && !typed.text.contains("<b>@x"));
    assert_accessible(&browser.get("/").await);
    assert_eq!(world.simulation.unknown_calls(), Vec::<Value>::new());
}

#[tokio::test]
async fn entra_shows_a_directory_to_its_people_only() {
    let world = World::with_consent().await;
    world.sim("switches", json!({"consistency.groups": 0})).await;
    let group = json!({"displayName": "Tier 1 <Analyst>", "mailEnabled": false, "mailNickname": "t1", "securityEnabled": true});
    let group = world.post("/v1.0/groups", group).await.1["id"].as_str().unwrap().to_owned();
    let mut gail = browser_of(&world, "gail@adatum.example").await;
    let page = gail.get(&format!("/entra/{ADATUM}")).await;
    assert_accessible(&page);
    for words in ["Tier 1 &#60;Analyst&#62;", "Reader", "Operator", "Gail Admin", "Global Administrator"] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    for rest in [format!("groups/{group}"), format!("enterprise-applications/{READER}")] {
        let page = gail.get(&format!("/entra/{ADATUM}/{rest}")).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert_accessible(&page);
    }
    let mut ana = browser_of(&world, "ana@contoso-soc.example").await;
    let refused = ana.get(&format!("/entra/{ADATUM}")).await;
    assert!(refused.status == 403 && refused.text.contains("AADSTS50020"), "{}", refused.text);
    assert_eq!(ana.get("/entra/nowhere.example").await.status, 404);
    assert_eq!(gail.get(&format!("/entra/{ADATUM}/groups/{CONTOSO}")).await.status, 404);
}

#[tokio::test]
async fn an_administrator_takes_consent_away_and_the_token_endpoint_knows() {
    let world = World::with_consent().await;
    world
        .sim(
            "world",
            json!({"tenants": [{"id": ADATUM, "users": [
            {"userPrincipalName": "una@adatum.example", "displayName": "Una User"}]}]}),
        )
        .await;
    let path = format!("/entra/{ADATUM}/enterprise-applications/{OPERATOR}");
    let mut una = browser_of(&world, "una@adatum.example").await;
    assert_eq!(una.post(&path, &[("act", "delete")]).await.status, 403);
    assert!(!una.get(&path).await.text.contains("<button"));
    let mut gail = browser_of(&world, "gail@adatum.example").await;
    let ask = async |_: &str| {
        let scope = world.url("/.default");
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", OPERATOR),
            ("client_secret", "operator-secret"),
            ("scope", &scope),
        ];
        let body: Value = world.ask_token(ADATUM, &form).await.json().await.unwrap();
        body["error_codes"][0].as_u64()
    };
    assert_eq!(ask("granted").await, None);
    gail.post(&path, &[("act", "disable")]).await;
    assert_eq!(ask("disabled").await, Some(7_000_112));
    gail.post(&path, &[("act", "enable")]).await;
    assert_eq!(ask("enabled").await, None);
    assert_eq!(gail.post(&path, &[("act", "delete")]).await.location, format!("/entra/{ADATUM}"));
    assert_eq!(ask("gone").await, Some(700_016));
    assert_eq!(gail.get(&path).await.status, 404);
}

#[tokio::test]
async fn people_are_put_into_groups_and_roles_by_hand() {
    let world = World::with_consent().await;
    world
        .sim(
            "world",
            json!({"tenants": [
            {"id": CONTOSO, "users": [{"userPrincipalName": "root@contoso-soc.example", "displayName": "Root",
                "roles": ["Application Administrator"]}]},
            {"id": ADATUM, "groups": [{"displayName": "By hand"}]}]}),
        )
        .await;
    let groups = tenant(&world, ADATUM).await["groups"].as_array().unwrap().clone();
    let group =
        groups.iter().find(|g| g["displayName"] == "By hand").unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/entra/{ADATUM}/groups/{group}");
    let mut gail = browser_of(&world, "gail@adatum.example").await;
    assert_eq!(gail.post(&path, &[("add", "nobody@adatum.example")]).await.status, 422);
    assert_eq!(gail.post(&path, &[("add", "gail@adatum.example")]).await.location, path);
    let page = gail.get(&path).await;
    let id =
        page.text.split("name=\"remove\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    gail.post(&path, &[("remove", &id)]).await;
    assert!(!gail.get(&path).await.text.contains("name=\"remove\""));
    let app = super::kit::APPROVER;
    world.consent(CONTOSO, app, true).await;
    let path = format!("/entra/{CONTOSO}/enterprise-applications/{app}");
    let mut root = browser_of(&world, "root@contoso-soc.example").await;
    let assign = [("act", "assign"), ("person", "ana@contoso-soc.example"), ("role", "Analyst")];
    assert_eq!(root.post(&path, &assign).await.status, 303);
    assert!(root.get(&path).await.text.contains("ana@contoso-soc.example: Analyst"));
    let wrong = [("act", "assign"), ("person", "ana@contoso-soc.example"), ("role", "Emperor")];
    assert_eq!(root.post(&path, &wrong).await.status, 422);
}

#[tokio::test]
async fn a_certificate_is_uploaded_as_a_file_by_an_administrator_of_the_home_directory() {
    let world = World::with_consent().await;
    world
        .sim(
            "world",
            json!({"tenants": [{"id": CONTOSO, "users": [
            {"userPrincipalName": "root@contoso-soc.example", "displayName": "Root",
             "roles": ["Application Administrator"]}]}]}),
        )
        .await;
    let path = format!("/entra/{CONTOSO}/app-registrations/{READER}");
    let send = async |cookie: &str, file: &str| {
        let body = format!(
            "--XX\r\nContent-Disposition: form-data; name=\"cer\"; filename=\"a.cer\"\r\n\
             Content-Type: application/pkix-cert\r\n\r\n{file}\r\n--XX--\r\n"
        );
        let request = world.client.post(world.url(&path)).header("cookie", cookie).body(body);
        request
            .header("content-type", "multipart/form-data; boundary=XX")
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    };
    let root = browser_of(&world, "root@contoso-soc.example").await.cookie.unwrap();
    let ana = browser_of(&world, "ana@contoso-soc.example").await.cookie.unwrap();
    assert_eq!(send(&root, "not a certificate").await, 422);
    assert_eq!(send(&ana, CERTIFICATE).await, 403);
    assert_eq!(send(&root, CERTIFICATE).await, 303);
    assert_eq!(send(&root, CERTIFICATE).await, 303);
    let mut browser = Browser::new(world.simulation.base_url());
    browser.cookie = Some(root);
    let page = browser.get(&path).await;
    assert_accessible(&page);
    assert_eq!(page.text.matches("thumbprint").count(), 1, "the same certificate once");
    assert_eq!(browser.get(&format!("/entra/{ADATUM}/app-registrations/{READER}")).await.status, 403);
}

/// Made for this test; its private key was thrown away.
const CERTIFICATE: &str = include_str!("certificate.pem");

#[tokio::test]
async fn defender_says_whose_portal_is_open_for_whom_and_by_what() {
    let world = World::with_consent().await;
    world
        .sim(
            "world",
            json!({"tenants": [{"id": ADATUM,
            "users": [{"userPrincipalName": "una@adatum.example", "displayName": "Una User"}],
            "groups": [{"displayName": "Tier 1 Analyst", "members": ["una@adatum.example"]}]}]}),
        )
        .await;
    let address = format!("/defender/?tid={ADATUM}");
    let mut una = browser_of(&world, "una@adatum.example").await;
    let page = una.get(&address).await;
    assert_eq!(page.status, 403);
    assert_accessible(&page);
    assert!(page.text.contains("You have no access here") && page.text.contains("Tier 1 Analyst"));
    world.sim("switches", json!({"defender.redirect-after-post": false, "consistency.defender": 0})).await;
    let role = json!({"displayName": "Tier 1 Analysts", "description": "x", "isEnabled": true,
        "rolePermissions": [{"allowedResourceActions": ["microsoft.xdr/secops/securitydata/basics/read"]}]});
    let path = "/beta/roleManagement/defender/roleDefinitions";
    let (status, role) = world.post(path, role).await;
    assert_eq!(status, 201, "{role}");
    let groups = tenant(&world, ADATUM).await["groups"].as_array().unwrap().clone();
    let group = groups.iter().find(|g| g["displayName"] == "Tier 1 Analyst").unwrap()["id"].clone();
    let given = json!({"displayName": "t1", "roleDefinitionId": role["id"], "principalIds": [group],
        "appScopeIds": ["/"]});
    let (status, given) = world.post("/beta/roleManagement/defender/roleAssignments", given).await;
    assert_eq!(status, 201, "{given}");
    let page = una.get(&address).await;
    assert_eq!(page.status, 200, "{}", page.text);
    for words in [
        "Defender portal of Adatum",
        "Una User",
        "Tier 1 Analysts",
        "by Tier 1 Analyst",
        "microsoft.xdr/secops/securitydata/basics/read",
    ] {
        assert!(page.text.contains(words), "{words}: {}", page.text);
    }
    let mut ana = browser_of(&world, "ana@contoso-soc.example").await;
    let page = ana.get(&address).await;
    assert!(page.status == 403 && page.text.contains("AADSTS50020"), "{}", page.text);
    assert!(ana.get("/defender/").await.text.contains("Contoso SOC has no Defender licence"));
    assert_eq!(ana.get("/defender/?tid=x").await.status, 404);
}

#[tokio::test]
async fn unified_rbac_is_activated_by_a_security_administrator_only() {
    let world = World::with_consent().await;
    world.sim(&format!("tenants/{ADATUM}/set"), json!({"rbac": "off"})).await;
    world
        .sim(
            "world",
            json!({"tenants": [{"id": ADATUM, "users": [
            {"userPrincipalName": "una@adatum.example", "displayName": "Una User"}]}]}),
        )
        .await;
    let mut una = browser_of(&world, "una@adatum.example").await;
    assert_eq!(una.post("/defender/activate", &[("tid", ADATUM)]).await.status, 403);
    let mut gail = browser_of(&world, "gail@adatum.example").await;
    assert!(gail.get(&format!("/defender/?tid={ADATUM}")).await.text.contains("Activate workloads"));
    assert_eq!(gail.post("/defender/activate", &[("tid", ADATUM)]).await.status, 303);
    assert_eq!(tenant(&world, ADATUM).await["rbac"], "unified");
}

#[tokio::test]
async fn a_channel_of_teams_takes_cards_and_shows_them() {
    let world = World::with_consent().await;
    let card = json!({
        "type": "AdaptiveCard", "version": "1.4",
        "body": [{ "type": "RichTextBlock", "inlines": [
            { "type": "TextRun", "text": "New request", "weight": "bolder" }, { "type": "TextRun", "text": "<b>Ada" }] }],
        "actions": [{ "type": "Action.OpenUrl", "title": "Open", "url": "https://portal.example/requests" }],
    });
    let message =
        |kind: &str| json!({ "type": "message", "attachments": [{ "contentType": kind, "content": card }] });
    let post = async |body: &Value| {
        let sent = world.client.post(world.url("/teams/soc")).json(body).send().await.unwrap();
        sent.status().as_u16()
    };
    assert_eq!(post(&message("application/vnd.microsoft.card.adaptive")).await, 202);
    for refused in
        [message("text/html"), json!({ "text": "plain" }), json!({ "type": "message", "attachments": [] })]
    {
        assert_eq!(post(&refused).await, 400, "{refused}");
    }
    let mut browser = Browser::new(world.simulation.base_url());
    let page = browser.get("/teams/soc").await;
    assert_accessible(&page);
    for piece in
        ["<strong>New request</strong>", "&#60;b&#62;Ada", "href=\"https://portal.example/requests\""]
    {
        assert!(page.text.contains(piece), "{piece}: {}", page.text);
    }
    assert_eq!(page.text.matches("<article>").count(), 1, "what was refused is not shown");
    assert!(browser.get("/").await.text.contains("href=\"/teams/soc\""));
    assert!(browser.get("/teams/other").await.text.contains("Nothing was posted"));
}
