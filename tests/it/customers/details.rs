//! What people keep about a customer: contacts and tags, shown, searched, refused where they cannot be, and audited.

use mssp_portal::kit::right::Role;

use crate::support::app::{Person, TestApp};

struct There {
    app: TestApp,
    mina: Person,
    path: String,
    id: String,
}

impl There {
    async fn new() -> Self {
        let app = TestApp::offline().await;
        let contoso = app.provider("contoso").await;
        let mina = app.person(contoso, "Mina", &[Role::AccountManager], true).await;
        let id = app.customer(contoso, "Woodgrove").await.to_string();
        app.customer(contoso, "Tailspin").await;
        Self { app, mina, path: format!("/customers/{id}"), id }
    }

    async fn get(&self, path: &str) -> String {
        self.app.get(Some(&self.mina), path).await.body
    }

    async fn post(&self, part: &str, form: &str) -> (u16, String) {
        let form = format!("customer={}&{form}", self.id);
        let answer = self.app.post(Some(&self.mina), &format!("{}/{part}", self.path), &form).await;
        (answer.status.as_u16(), answer.body)
    }

    async fn told(&self, action: &str) -> Vec<serde_json::Value> {
        sqlx::query_scalar!("select body from audit_event where action = $1 order by seq", action)
            .fetch_all(&self.app.owner)
            .await
            .unwrap()
            .iter()
            .map(|body| serde_json::from_slice(body).unwrap())
            .collect()
    }
}

fn contact(name: &str, role: &str, mail: &str, phone: &str) -> String {
    format!("name={name}&role={role}&mail={mail}&phone={phone}")
}

#[tokio::test]
async fn contacts_are_added_changed_shown_found_and_audited() {
    let there = There::new().await;
    let empty = contact("", "", "", "");
    let first = format!("{}&{empty}", contact("Kim+Bos", "CISO", "kim@woodgrove.example", "%2B31+6+1"));
    assert_eq!(there.post("contacts", &first).await.0, 303);
    let page = there.get(&there.path).await;
    for words in ["Kim Bos", "CISO", "mailto:kim@woodgrove.example", "+31 6 1"] {
        assert!(page.contains(words), "no {words} in {page}");
    }
    let second = [contact("Kim+Bos", "CIO", "kim@woodgrove.example", ""), contact("Lee+Chan", "", "", "")];
    assert_eq!(there.post("contacts", &second.join("&")).await.0, 303);
    let page = there.get(&there.path).await;
    assert!(page.contains("CIO") && page.contains("Lee Chan") && !page.contains("CISO"), "{page}");
    assert!(!page.contains("+31 6 1"), "what was emptied is gone: {page}");
    for search in ["lee+chan", "kim@woodgrove.example", "bos"] {
        let list = there.get(&format!("/customers?q={search}")).await;
        assert!(list.contains(">Woodgrove<") && !list.contains(">Tailspin<"), "{search}: {list}");
    }
    assert_eq!(there.post("contacts", &contact("Lee+Chan", "", "", "")).await.0, 303);
    assert!(there.get("/customers?q=kim").await.contains("No customer fits"), "nor is he found any more");
    let told = there.told("customer.contacts-changed").await;
    assert_eq!(told.len(), 3);
    assert_eq!(told[0]["before"], serde_json::json!([]));
    assert_eq!(told[0]["after"][0]["name"], "Kim Bos");
    assert_eq!(
        (&told[1]["before"][0]["role"], &told[1]["after"][0]["role"]),
        (&"CISO".into(), &"CIO".into())
    );
    let activity = there.get(&format!("{}/activity", there.path)).await;
    assert!(activity.contains("Contacts changed") && activity.contains("Mina"), "{activity}");
}

#[tokio::test]
async fn contacts_that_cannot_be_kept_come_back_as_typed_with_the_reason() {
    let there = There::new().await;
    let (long, at) = ("x".repeat(121), "kim%40woodgrove.example");
    let many: Vec<String> = (0..21).map(|n| contact(&format!("Person+{n}"), "", "", "")).collect();
    for (form, why, kept) in [
        (many.join("&"), "At most 20 contacts", "Person 20"),
        (contact("", "CISO", at, ""), "A contact needs a name", "kim@woodgrove.example"),
        (contact("Kim", "", "kim+at+woodgrove", ""), "not a mail address", "kim at woodgrove"),
        (contact(&long, "", "", ""), "at most 120 characters", long.as_str()),
    ] {
        let (status, body) = there.post("contacts", &form).await;
        assert!(status == 422 && body.contains(why) && body.contains(kept), "{status} {why}: {body}");
    }
    assert!(there.told("customer.contacts-changed").await.is_empty());
    let exactly: Vec<String> = (0..20).map(|n| contact(&format!("Person+{n}"), "", "", "")).collect();
    assert_eq!(there.post("contacts", &exactly.join("&")).await.0, 303);
    let page = there.get(&format!("{}/details", there.path)).await;
    assert_eq!(page.matches("name=\"phone\"").count(), 20, "no empty row where nothing more fits");
}

#[tokio::test]
async fn tags_are_added_changed_shown_found_filtered_and_audited() {
    let there = There::new().await;
    assert_eq!(there.post("notes", "notes=Calls+on+Monday&tags=Gold,+EU").await.0, 303);
    let page = there.get(&there.path).await;
    assert!(page.contains("/customers?tag=gold") && page.contains("Calls on Monday"), "{page}");
    for query in ["q=gold", "tag=eu", "q=woodgrove+gold", "tag=EU"] {
        let list = there.get(&format!("/customers?{query}")).await;
        assert!(list.contains(">Woodgrove<") && !list.contains(">Tailspin<"), "{query}: {list}");
    }
    assert_eq!(there.post("notes", "notes=Calls+on+Monday&tags=silver").await.0, 303);
    assert!(there.get("/customers?q=gold").await.contains("No customer fits"));
    assert!(there.get("/customers?tag=gold").await.contains("No customer fits"));
    assert!(there.get("/customers?tag=silver").await.contains(">Woodgrove<"));
    let told = there.told("customer.notes-changed").await;
    assert_eq!(told.len(), 2);
    assert_eq!(told[0]["after"]["tags"], serde_json::json!(["eu", "gold"]));
    assert_eq!(told[1]["before"]["tags"], serde_json::json!(["eu", "gold"]));
    assert_eq!(told[1]["after"]["tags"], serde_json::json!(["silver"]));
}

#[tokio::test]
async fn too_many_or_too_long_tags_come_back_as_typed_and_nothing_is_kept() {
    let there = There::new().await;
    let many: Vec<String> = (0..13).map(|n| format!("tag{n}")).collect();
    let (many, long) = (many.join(","), "x".repeat(41));
    for (typed, why) in [(&many, "At most 12 tags"), (&long, "at most 40 characters")] {
        let (status, body) = there.post("notes", &format!("notes=Kept&tags={typed}")).await;
        assert!(status == 422 && body.contains(why), "{status}: {body}");
        assert!(body.contains(typed.as_str()) && body.contains("Kept"), "{body}");
    }
    assert!(there.told("customer.notes-changed").await.is_empty());
    let page = there.get(&there.path).await;
    assert!(!page.contains("tag0") && !page.contains("Kept"), "{page}");
}
