//! Requests for access: one list over all customers in view, and how an open page hears of changes.

pub mod approver;
mod decide;
pub mod live;
mod meanwhile;
mod own;
mod present;
mod several;
mod stages;
mod tabs;

use std::time::Duration;

use axum::body::Body;
use chrono::TimeDelta;
use futures::StreamExt;
use http::{Request, header};
use mssp_portal::access_requests::model::ReadRequest;
use mssp_portal::access_requests::store::{self, Kept};
use mssp_portal::kit::ids::{CustomerId, ProviderId};
use mssp_portal::kit::right::Role;
use mssp_portal::kit::scope::Scope;
use tower::ServiceExt;

use crate::support::app::{Answer, Person, TestApp};

/// A request made `age` days ago that is denied after `within` days.
fn request(id: &str, who: &str, app: &TestApp, age: i64) -> ReadRequest {
    ReadRequest {
        id: id.to_owned(),
        state: "pendingApproval".to_owned(),
        status: "PendingApproval".to_owned(),
        request_type: "userAdd".to_owned(),
        package_id: "p1".to_owned(),
        package_name: "Tier 1 Analyst Access".to_owned(),
        requestor_name: who.to_owned(),
        requestor_mail: format!("{}@example.test", who.to_lowercase()),
        requestor_oid: String::new(),
        justification: format!("Incident <b>{id}</b>"),
        created_at: app.app.clock.now() - TimeDelta::days(age),
        ..ReadRequest::default()
    }
}

async fn keep(app: &TestApp, provider: ProviderId, customer: CustomerId, read: &ReadRequest, within: i64) {
    let kept = Kept {
        read,
        package: match read.package_id.as_str() {
            "p2" => "tier2",
            "approvers" => "approvers",
            _ => "tier1",
        },
        denied_at: (within > 0).then(|| read.created_at + TimeDelta::days(within)),
    };
    let now = app.app.clock.now();
    let mut tx = Scope::of_command_line(provider).begin(&app.app.db).await.unwrap();
    store::keep(&mut tx, customer, &[kept], now).await.unwrap();
    store::count_open(&mut tx, customer).await.unwrap();
    tx.commit_bookkeeping("test").await.unwrap();
    app.requests_read(provider, customer, now).await;
}

async fn see(app: &TestApp, provider: ProviderId, person: &Person, customer: CustomerId) {
    sqlx::query!(
        "insert into person_customer (provider_id, person_id, customer_id) values ($1, $2, $3)",
        provider.0,
        person.id.0,
        customer.0
    )
    .execute(&app.owner)
    .await
    .unwrap();
}

#[tokio::test]
async fn the_list_holds_every_customers_requests_least_time_left_first() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let empty = app.get(Some(&anna), "/requests").await;
    assert!(empty.body.contains("Nothing waits for a decision"), "{}", empty.body);
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    keep(&app, contoso, one, &request("r-calm", "Bert", &app, 1), 14).await;
    keep(&app, contoso, two, &request("r-last", "Carl", &app, 13), 14).await;
    keep(&app, contoso, one, &request("r-soon", "Dora", &app, 8), 14).await;
    keep(&app, contoso, two, &request("r-over", "Emil", &app, 15), 14).await;
    keep(&app, contoso, two, &request("r-open", "Fred", &app, 2), 0).await;
    let page = app.get(Some(&anna), "/requests").await.body;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("no {text} in {page}"));
    let order: Vec<usize> = ["Emil", "Carl", "Dora", "Bert", "Fred"].map(place).to_vec();
    assert!(order.is_sorted(), "by time left, an unknown end last: {order:?}");
    for class in ["unknown", "over", "last-day", "soon", "calm"] {
        place(&format!("pressure-{class}"));
    }
    for words in ["5 requests wait", "last day", "24 h left", "6 days left", "13 days left", "end not known"]
    {
        place(words);
    }
    assert!(page.contains("Incident &#60;b&#62;r-calm"), "what a stranger typed is text");
    place("/myaccess/@tailspin.example#/");
    place("(Tailspin, Carl)");
    let fragment = app.get(Some(&anna), "/requests/rows").await.body;
    assert!(fragment.contains("Emil") && !fragment.contains("<html"), "{fragment}");
    let of_one = app.get(Some(&anna), &format!("/customers/{one}/requests")).await.body;
    assert!(of_one.contains("Dora") && of_one.contains("Bert") && !of_one.contains("Carl"));
}

#[tokio::test]
async fn ones_own_request_is_shown_without_a_way_to_decide_it_and_with_the_reason() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let customer = app.customer(contoso, "Woodgrove").await;
    keep(&app, contoso, customer, &request("mine", "ANNA", &app, 1), 14).await;
    let page = app.get(Some(&anna), "/requests").await.body;
    assert!(page.contains("own-row") && page.contains("Your own request"), "{page}");
    assert!(!page.contains(&format!("open-{customer}-mine")));
    let bert = app.person(contoso, "Bert", &[Role::Approver], true).await;
    let page = app.get(Some(&bert), "/requests").await.body;
    assert!(!page.contains("own-row") && page.contains(&format!("open-{customer}-mine")));
}

#[tokio::test]
async fn what_the_customers_administrator_decides_is_shown_so_and_not_counted_as_ours() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let customer = app.customer(contoso, "Woodgrove").await;
    let approver = ReadRequest { package_id: "approvers".to_owned(), ..request("theirs", "Bert", &app, 13) };
    keep(&app, contoso, customer, &approver, 14).await;
    let today = app.get(Some(&anna), "/").await.body;
    assert!(!today.contains("Bert") && !today.contains("Requests on their last day"), "{today}");
    keep(&app, contoso, customer, &request("ours", "Carl", &app, 13), 14).await;
    for path in ["/requests".to_owned(), format!("/customers/{customer}/requests")] {
        let page = app.get(Some(&anna), &path).await.body;
        let row = |who: &str| {
            let at = page.find(who).unwrap_or_else(|| panic!("no {who} in {page}"));
            page[at..].split("</tr>").next().unwrap().to_owned()
        };
        let theirs = row("Bert");
        assert!(theirs.contains("administrator decides this one") && !theirs.contains("Open My Access"));
        let ours = row("Carl");
        assert!(ours.contains("Open My Access") && !ours.contains("decides this one"), "{ours}");
    }
    let today = app.get(Some(&anna), "/").await.body;
    assert!(!today.contains("Bert") && today.contains("Carl"), "{today}");
    let tile = today.split("Requests waiting").next().unwrap().rsplit("<li>").next().unwrap();
    assert!(tile.contains("</svg>1</span>"), "{tile}");
}

#[tokio::test]
async fn an_approver_is_told_which_account_decides_in_my_access() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let customer = app.customer(contoso, "Woodgrove").await;
    keep(&app, contoso, customer, &request("r1", "Bert", &app, 1), 14).await;
    let page = async || app.get(Some(&anna), "/requests").await.body;
    assert!(!page().await.contains("In My Access sign in"), "no directory of analysts is known");
    for (domain, told) in [("example.test", false), ("analysts.example", true)] {
        sqlx::query!("update provider set analyst_domain = $1", domain).execute(&app.owner).await.unwrap();
        let page = page().await;
        assert_eq!(page.contains("directory, …@analysts.example"), told, "{page}");
        assert_eq!(page.contains("In My Access sign in"), told, "{page}");
    }
    let form = "address=ann@analysts.example&verdict=his";
    assert_eq!(app.post(Some(&anna), "/me/analyst-address", form).await.status, 303);
    let page = page().await;
    assert!(page.contains("In My Access sign in as ann@analysts.example, your account"), "{page}");
}

#[tokio::test]
async fn a_person_sees_the_requests_of_his_customers_only() {
    let app = TestApp::offline().await;
    let (contoso, fabrikam) = (app.provider("contoso").await, app.provider("fabrikam").await);
    let (his, other) = (app.customer(contoso, "His").await, app.customer(contoso, "Other").await);
    let foreign = app.customer(fabrikam, "Foreign").await;
    keep(&app, contoso, his, &request("r1", "Bert", &app, 1), 14).await;
    keep(&app, contoso, other, &request("r2", "Carl", &app, 1), 14).await;
    keep(&app, fabrikam, foreign, &request("r3", "Dora", &app, 1), 14).await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], false).await;
    see(&app, contoso, &anna, his).await;
    for path in ["/requests", "/requests/rows"] {
        let page = app.get(Some(&anna), path).await.body;
        assert!(page.contains("Bert") && !page.contains("Carl") && !page.contains("Dora"), "{page}");
    }
    for hidden in [other, foreign] {
        let page = app.get(Some(&anna), &format!("/requests?customer={hidden}")).await.body;
        assert!(page.contains("No request fits") && !page.contains("Carl"), "{page}");
    }
}

#[tokio::test]
async fn the_list_filters_and_pages_by_address() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let (one, two) = (app.customer(contoso, "One").await, app.customer(contoso, "Two").await);
    for number in 0..60 {
        keep(&app, contoso, one, &request(&format!("r{number:02}"), "Bert", &app, number % 9), 14).await;
    }
    for number in 0..45 {
        let read =
            ReadRequest { package_id: "p2".to_owned(), ..request(&format!("r{number:02}"), "Carl", &app, 1) };
        keep(&app, contoso, two, &read, 0).await;
    }
    let rows = |page: &str| page.matches("<tr role=\"row\" data-row").count();
    let get = async |path: &str| app.get(Some(&anna), path).await.body;
    let (mut seen, mut pages, mut path) = (0, 0, "/requests".to_owned());
    loop {
        let page = get(&path).await;
        seen += rows(&page);
        pages += 1;
        let Some(at) = page.find("rel=\"next\"") else { break };
        let start = page[..at].rfind("href=\"").unwrap() + 6;
        path = page[start..].split('"').next().unwrap().replace("&#38;", "&");
    }
    assert_eq!((seen, pages), (105, 3), "every request once");
    assert_eq!(rows(&get(&format!("/requests?customer={two}")).await), 45);
    assert_eq!(rows(&get("/requests?package=tier2").await), 45);
    assert_eq!(rows(&get("/requests?package=tier1").await), 50);
    assert_eq!(rows(&get("/requests?package=tier1&after=nonsense").await), 50, "an old bookmark still opens");
    let page = get("/requests").await;
    assert!(page.contains(&format!("<option value=\"{one}\">One</option>")), "{page}");
    assert!(page.contains("105 requests wait") && !page.contains("Only the first 200"), "{page}");
}

#[tokio::test]
async fn a_customer_that_could_not_be_read_is_named_and_not_hidden() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let customer = app.customer(contoso, "Woodgrove").await;
    keep(&app, contoso, customer, &request("r1", "Bert", &app, 1), 14).await;
    sqlx::query!(
        "insert into consent (provider_id, customer_id, app, state, since) values ($1, $2, 'reader', 'granted', $3)",
        contoso.0,
        customer.0,
        app.app.clock.now()
    )
    .execute(&app.owner)
    .await
    .unwrap();
    assert!(!app.get(Some(&anna), "/requests").await.body.contains("Not up to date"));
    app.clock.advance(Duration::from_secs(360));
    let page = app.get(Some(&anna), "/requests").await.body;
    assert!(page.contains("Not up to date for Woodgrove") && page.contains("Bert"), "{page}");
    assert!(page.contains("6 min ago"), "the age of what is shown");
    assert!(!page.contains("href=\"/health\""), "an approver may not see Health");
    let why = async || {
        let page = app.get(Some(&anna), "/requests").await.body;
        let rest = page.split(&format!("<a href=\"/customers/{customer}\">Woodgrove</a>: ")).nth(1);
        rest.unwrap_or_else(|| panic!("no why in {page}")).split('<').next().unwrap().to_owned()
    };
    assert_eq!(why().await, "It is read late; the cause is not known yet.");
    sqlx::query!(
        "insert into work (provider_id, customer_id, kind, due_at, rank_at, outcome, problem)
         values ($1, $2, 'requests', $3, $3, 'failed', '{\"cause\": \"licence\"}')
         on conflict (provider_id, customer_id, kind) do update
            set due_at = excluded.due_at, rank_at = excluded.rank_at, outcome = excluded.outcome,
                problem = excluded.problem",
        contoso.0,
        customer.0,
        app.app.clock.now()
    )
    .execute(&app.owner)
    .await
    .unwrap();
    assert!(why().await.starts_with("The customer lacks a licence"), "{}", why().await);
    sqlx::query!("update consent set state = 'lost'").execute(&app.owner).await.unwrap();
    assert_eq!(why().await, "Consent for reading was withdrawn.");
}

#[tokio::test]
async fn a_request_that_is_unchanged_is_not_written_again_and_an_ended_one_stays_known() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let customer = app.customer(contoso, "Woodgrove").await;
    let mut read = request("r1", "Bert", &app, 1);
    keep(&app, contoso, customer, &read, 0).await;
    let written = async || {
        sqlx::query!("select read_at, denied_at from access_request").fetch_one(&app.owner).await.unwrap()
    };
    let first = written().await;
    app.clock.advance(Duration::from_secs(45));
    keep(&app, contoso, customer, &read, 0).await;
    assert_eq!(written().await.read_at, first.read_at);
    // The policy became known later: the end is filled in.
    keep(&app, contoso, customer, &read, 14).await;
    assert_eq!(written().await.denied_at, Some(read.created_at + TimeDelta::days(14)));
    read.state = "denied".to_owned();
    read.completed_at = Some(app.app.clock.now());
    keep(&app, contoso, customer, &read, 14).await;
    let page = app.get(Some(&anna), &format!("/customers/{customer}/requests")).await.body;
    assert!(
        page.contains("has not consented to reading") && page.contains("Denied") && page.contains("Bert"),
        "{page}"
    );
    let open = sqlx::query_scalar!("select open_requests from customer").fetch_one(&app.owner).await.unwrap();
    assert_eq!(open, 0);
}

/// The body of an event stream, part by part.
async fn listen(app: &TestApp, person: &Person, path: &str) -> axum::body::BodyDataStream {
    let request = Request::get(path)
        .header(header::HOST, "localhost:8080")
        .header(header::COOKIE, &person.cookie)
        .body(Body::empty())
        .unwrap();
    let response = app.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
    response.into_body().into_data_stream()
}

async fn until(stream: &mut axum::body::BodyDataStream, wanted: &str) -> String {
    let mut heard = String::new();
    while let Some(part) = stream.next().await {
        heard.push_str(&String::from_utf8_lossy(&part.unwrap()));
        if heard.contains(wanted) {
            return heard;
        }
    }
    panic!("the stream ended before {wanted}: {heard}")
}

#[tokio::test]
async fn an_open_page_hears_of_changes_in_its_view_by_ids_only() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let (his, other) = (app.customer(contoso, "His").await, app.customer(contoso, "Other").await);
    let anna = app.person(contoso, "Anna", &[Role::Approver], false).await;
    see(&app, contoso, &anna, his).await;
    let mut stream = listen(&app, &anna, "/requests/events").await;
    keep(&app, contoso, other, &request("r-hidden", "Carl", &app, 1), 14).await;
    keep(&app, contoso, his, &request("r-his", "Bert", &app, 1), 14).await;
    let heard = until(&mut stream, "r-his").await;
    assert!(heard.contains("event: changed"), "{heard}");
    assert!(!heard.contains("r-hidden") && !heard.contains("Bert") && !heard.contains("Incident"), "{heard}");
    let again = until(&mut stream, "event: changed").await;
    assert!(!again.contains("r-his"), "told once; a quiet minute tells of no id: {again}");
}

#[tokio::test]
async fn the_stream_of_a_customers_page_ends_once_he_is_out_of_view() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let his = app.customer(contoso, "His").await;
    for page in ["onboarding", "requests"] {
        let anna = app.person(contoso, page, &[Role::Approver], false).await;
        see(&app, contoso, &anna, his).await;
        let mut stream = listen(&app, &anna, &format!("/customers/{his}/{page}/events")).await;
        sqlx::query!("delete from person_customer where person_id = $1", anna.id.0)
            .execute(&app.owner)
            .await
            .unwrap();
        let heard = until(&mut stream, "event: end").await;
        assert!(!heard.contains("event: changed"), "{page}: {heard}");
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test]
async fn a_stream_ends_with_the_session_and_with_the_process() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let mut stream = listen(&app, &anna, "/requests/events").await;
    sqlx::query!("update person set disabled_at = $1", app.app.clock.now())
        .execute(&app.owner)
        .await
        .unwrap();
    let heard = until(&mut stream, "event: end").await;
    assert!(!heard.contains("event: changed"), "{heard}");
    assert!(stream.next().await.is_none());
    let bert = app.person(contoso, "Bert", &[Role::Approver], true).await;
    let mut stream = listen(&app, &bert, "/requests/events").await;
    app.app.stop.cancel();
    until(&mut stream, "event: end").await;
    assert!(stream.next().await.is_none());
}

/// Asks for a stream as a browser does.
async fn open(app: &TestApp, person: &Person) -> axum::response::Response {
    let request = Request::get("/requests/events")
        .header(header::HOST, "localhost:8080")
        .header(header::COOKIE, &person.cookie)
        .header(header::ACCEPT, "text/event-stream");
    app.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn one_person_has_eight_open_streams_and_a_closed_one_makes_room() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    let bert = app.person(contoso, "Bert", &[Role::Approver], true).await;
    let mut streams = Vec::new();
    for _ in 0..8 {
        streams.push(open(&app, &anna).await);
    }
    assert!(streams.iter().all(|stream| stream.status() == 200));
    assert_eq!(open(&app, &anna).await.status(), 503);
    let elsewhere = app.session(contoso, anna.id).await;
    sqlx::query!("update session set roles = '{approver}' where person_id = $1", anna.id.0)
        .execute(&app.owner)
        .await
        .unwrap();
    assert_eq!(open(&app, &elsewhere).await.status(), 503, "another session of hers");
    assert_eq!(app.get(Some(&anna), "/requests").await.status, 200, "the page works without");
    assert_eq!(open(&app, &bert).await.status(), 200, "another person");
    streams.pop();
    assert_eq!(open(&app, &anna).await.status(), 200);
}

#[tokio::test]
async fn a_stream_breaks_off_after_ten_minutes_and_the_next_one_goes_on_where_it_was() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let customer = app.customer(contoso, "His").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    keep(&app, contoso, customer, &request("r-old", "Bert", &app, 1), 14).await;
    let begun = app.clock.clock().now();
    let heard = Answer::read(open(&app, &anna).await).await.body;
    assert!(heard.contains("r-old") && !heard.contains("event: end"), "the browser opens it again: {heard}");
    let lasted = app.clock.clock().now() - begun;
    assert!((600..620).contains(&lasted.num_seconds()), "{lasted}");
    let last = heard.lines().rfind(|line| line.starts_with("id:")).unwrap();
    let again = Request::get(format!("/requests/events?since={}", begun.timestamp_micros()))
        .header(header::HOST, "localhost:8080")
        .header(header::COOKIE, &anna.cookie)
        .header("last-event-id", last.trim_start_matches("id:").trim());
    let response = app.router.clone().oneshot(again.body(Body::empty()).unwrap()).await.unwrap();
    let heard = Answer::read(response).await.body;
    assert!(!heard.contains("r-old"), "told before: {heard}");
}

#[tokio::test]
async fn a_stream_that_is_opened_again_does_not_keep_a_session_from_going_idle() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    app.clock.advance(Duration::from_secs(40 * 60));
    assert_eq!(open(&app, &anna).await.status(), 200);
    app.clock.advance(Duration::from_secs(21 * 60));
    assert_eq!(app.get(Some(&anna), "/requests").await.status, 303, "idle for an hour");
}

#[tokio::test]
async fn a_page_that_refreshes_itself_does_not_keep_a_session_from_going_idle() {
    let app = TestApp::offline().await;
    let contoso = app.provider("contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Approver], true).await;
    app.clock.advance(Duration::from_secs(40 * 60));
    let request = Request::get("/requests/rows")
        .header(header::HOST, "localhost:8080")
        .header(header::COOKIE, &anna.cookie)
        .header("x-by-itself", "1")
        .body(Body::empty())
        .unwrap();
    assert_eq!(app.router.clone().oneshot(request).await.unwrap().status(), 200);
    app.clock.advance(Duration::from_secs(21 * 60));
    assert_eq!(app.get(Some(&anna), "/requests").await.status, 303, "idle for an hour");
}
