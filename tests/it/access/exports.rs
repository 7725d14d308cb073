//! What is taken away: each line is exactly what the page shows, under the same filter, in the same order, whole.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use futures::StreamExt;
use http::{Request, StatusCode, header};
use mssp_portal::kit::ids::ProviderId;
use mssp_portal::kit::right::Role;
use tower::ServiceExt;

use super::{held, keep, link, provider};
use crate::support::app::{Person, TestApp};

/// The lines of a download, its head first.
async fn taken(app: &TestApp, who: &Person, path: &str) -> Vec<Vec<String>> {
    let answer = app.get(Some(who), path).await;
    assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8", "{path}");
    let text = answer.body.strip_prefix('\u{feff}').expect("marked as UTF-8");
    let mut lines = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    lines.records().map(|line| line.unwrap().iter().map(str::to_owned).collect()).collect()
}

/// Every row of the list, over all of its pages.
async fn shown(app: &TestApp, who: &Person, first: &str) -> Vec<String> {
    let (mut rows, mut path) = (Vec::new(), first.to_owned());
    loop {
        let page = app.get(Some(who), &path).await.body;
        rows.extend(page.split("<tr").filter(|row| row.contains("data-row")).map(str::to_owned));
        let Some((before, _)) = page.split_once("rel=\"next\"") else { return rows };
        let href = before.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
        path = href.replace("&#38;", "&").replace("&amp;", "&");
    }
}

/// The cell as the page writes it: a moment as its day, a formula without what makes it text.
fn on_page(cell: &str) -> String {
    match cell.parse::<DateTime<Utc>>() {
        Ok(at) => at.format("%-d %b %Y").to_string(),
        Err(_) => cell.strip_prefix('\'').unwrap_or(cell).to_owned(),
    }
}

fn same(lines: &[Vec<String>], rows: &[String], cells: &[usize]) {
    assert_eq!(lines.len() - 1, rows.len(), "as many");
    for (line, row) in lines[1..].iter().zip(rows) {
        for cell in cells.iter().map(|place| on_page(&line[*place])) {
            assert!(row.contains(&cell), "{cell} of {line:?} not in {row}");
        }
    }
}

#[tokio::test]
async fn each_line_taken_away_is_exactly_what_the_page_shows() {
    let app = TestApp::offline().await;
    let contoso = provider(&app, "contoso").await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let (one, two) = (app.customer(contoso, "Woodgrove").await, app.customer(contoso, "Tailspin").await);
    link(&app, contoso, one, "tier1").await;
    let mut rows: Vec<_> =
        (0..70).map(|n| held(&app, &format!("Person{n:02}"), "soc.example", "tier1", 5 + n % 40)).collect();
    rows.push(held(&app, "Zoë Ångström", "soc.example", "tier1", 3));
    let mut formula = held(&app, "Eve", "soc.example", "tier1", 4);
    "=HYPERLINK(1)".clone_into(&mut formula.target_name);
    rows.push(formula);
    rows.push(held(&app, "Kim", "else.example", "tier2", 6));
    keep(&app, contoso, one, &rows).await;
    keep(&app, contoso, two, &[held(&app, "Person01", "soc.example", "tier1", 200)]).await;

    for (list, query) in [("people", "?who=ours&sort=end"), ("people", "?q=person"), ("people", "")] {
        let lines = taken(&app, &anna, &format!("/access/people/export.csv{query}")).await;
        let page = shown(&app, &anna, &format!("/access/{list}{query}")).await;
        same(&lines, &page, &[0, 1, 3, 4, 5]);
        assert_eq!(lines.iter().any(|line| line[0] == "Kim"), query.is_empty(), "as filtered: {query}");
        let formulas = lines.iter().filter(|line| line[0] == "'=HYPERLINK(1)").count();
        assert_eq!(formulas, usize::from(!query.contains("q=")), "as text: {query}");
    }
    let lines = taken(&app, &anna, "/access/expiring/export.csv?within=30&package=tier1").await;
    let page = shown(&app, &anna, "/access/expiring?within=30&package=tier1").await;
    same(&lines, &page, &[0, 1, 2, 3, 4]);
    assert!(lines.len() > 51, "more than a page");
    assert!(lines.iter().any(|line| line[1] == "Zoë Ångström") && lines.iter().all(|line| line[1] != "Kim"));
    let until = app.app.clock.now() + TimeDelta::days(30);
    assert!(lines[1..].iter().all(|line| line[0].parse::<DateTime<Utc>>().unwrap() <= until));

    let lines = taken(&app, &anna, "/access/matrix/export.csv").await;
    let page = shown(&app, &anna, "/access/matrix").await;
    assert_eq!(lines.len() - 1, page.len());
    for (line, row) in lines[1..].iter().zip(&page) {
        assert!(row.contains(&line[0]), "{line:?} {row}");
        for many in line.iter().filter(|cell| cell.parse::<i64>().is_ok_and(|many| many > 1)) {
            assert!(row.contains(&format!("{many} people")), "{line:?} {row}");
        }
    }
    assert_eq!(lines[1][0], "Tailspin");
    assert!(lines[2].contains(&"72".to_owned()), "{lines:?}");
}

const PEOPLE: &str = "/access/people/export.csv";

/// A download that nobody reads yet.
async fn opened(app: &TestApp, who: &Person, path: &str) -> Response {
    let request = Request::builder().uri(path).header(header::HOST, "localhost:8080");
    let request = request.header(header::COOKIE, &who.cookie).body(Body::empty()).unwrap();
    app.router.clone().oneshot(request).await.unwrap()
}

/// The next piece of it; none at its end.
async fn piece(body: &mut BodyDataStream) -> Option<Result<String, axum::Error>> {
    let piece = body.next().await?;
    Some(piece.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// Read up to the end of its first page of people.
async fn one_page(app: &TestApp, who: &Person) -> BodyDataStream {
    let mut body = opened(app, who, PEOPLE).await.into_body().into_data_stream();
    while !piece(&mut body).await.unwrap().unwrap().contains("Person00") {}
    body
}

/// A customer with two pages of people.
async fn two_pages(app: &TestApp) -> ProviderId {
    let contoso = provider(app, "contoso").await;
    let one = app.customer(contoso, "Woodgrove").await;
    let rows: Vec<_> =
        (0..70).map(|n| held(app, &format!("Person{n:02}"), "soc.example", "tier1", 5)).collect();
    keep(app, contoso, one, &rows).await;
    contoso
}

#[tokio::test]
async fn whoever_is_shut_out_while_he_takes_a_list_away_gets_no_more_of_it() {
    let app = TestApp::offline().await;
    let contoso = two_pages(&app).await;
    let whole = async |mut body: BodyDataStream| {
        let mut rest = String::new();
        while let Some(piece) = piece(&mut body).await {
            rest.push_str(&piece?);
        }
        Ok::<_, axum::Error>(rest)
    };
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    assert!(whole(one_page(&app, &anna).await).await.unwrap().contains("Person69"));

    let body = one_page(&app, &anna).await;
    sqlx::query!("update person set disabled_at = seen_at where person_id = $1", anna.id.0)
        .execute(&app.owner)
        .await
        .unwrap();
    assert!(whole(body).await.is_err(), "after he was shut out");

    let bas = app.person(contoso, "Bas", &[Role::Onboarding], true).await;
    let body = one_page(&app, &bas).await;
    sqlx::query!("update person set sees_all = false where person_id = $1", bas.id.0)
        .execute(&app.owner)
        .await
        .unwrap();
    assert!(!whole(body).await.unwrap().contains("Person69"), "after his view was narrowed");

    let cleo = app.person(contoso, "Cleo", &[Role::Onboarding], true).await;
    let body = one_page(&app, &cleo).await;
    sqlx::query!("update person set roles = '{}' where person_id = $1", cleo.id.0)
        .execute(&app.owner)
        .await
        .unwrap();
    assert!(whole(body).await.is_err(), "after he lost his roles");

    let dave = app.person(contoso, "Dave", &[Role::Onboarding], true).await;
    let body = one_page(&app, &dave).await;
    app.clock.advance(Duration::from_secs(11 * 60));
    assert!(whole(body).await.is_err(), "after eleven minutes");
}

#[tokio::test]
async fn one_session_takes_two_lists_away_at_a_time() {
    let app = TestApp::offline().await;
    let contoso = two_pages(&app).await;
    let anna = app.person(contoso, "Anna", &[Role::Onboarding], true).await;
    let bas = app.person(contoso, "Bas", &[Role::Onboarding], true).await;
    let first = one_page(&app, &anna).await;
    let second = opened(&app, &anna, "/requests/export.csv").await;
    assert_eq!(second.status(), StatusCode::OK);
    for path in [PEOPLE, "/access/expiring/export.csv", "/access/matrix/export.csv", "/requests/export.csv"] {
        let third = app.get(Some(&anna), path).await;
        assert_eq!(third.status, StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert!(third.body.contains("Enough downloads are under way"), "{}", third.body);
    }
    assert_eq!(app.get(Some(&bas), PEOPLE).await.status, StatusCode::OK, "somebody else");
    drop(first);
    assert_eq!(app.get(Some(&anna), PEOPLE).await.status, StatusCode::OK, "once one has come");
}
