//! Requests that are dropped at any moment leave no connection that still knows a provider.

use std::time::Duration;

use axum::body::Body;
use futures::FutureExt;
use http::{Request, header};
use mssp_portal::kit::right::Role;
use tower::ServiceExt;

use crate::support::app::TestApp;

#[tokio::test]
async fn ten_thousand_dropped_requests_leave_no_connection_with_a_provider() {
    let app = TestApp::offline().await;
    let provider = app.provider("contoso").await;
    let person = app.person(provider, "Anna", &[Role::Onboarding], true).await;
    let customer = app.customer(provider, "One").await;
    let path = format!("/customers/{customer}");
    // All connections are made beforehand: ten thousand broken logins would only deafen the server.
    let warm = futures::future::join_all((0..8).map(|_| app.app.db.pool().acquire())).await;
    drop(warm);
    for round in 0..10_000_u32 {
        let request = Request::get(&path)
            .header(header::HOST, "localhost:8080")
            .header(header::COOKIE, &person.cookie)
            .body(Body::empty())
            .unwrap();
        let mut call = Box::pin(app.router.clone().oneshot(request));
        // Polled so many times, then dropped: at another await point each time.
        for _ in 0..(round % 40) {
            if (&mut call).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
    }
    tokio::task::yield_now().await;
    let mut held = Vec::new();
    for _ in 0..8 {
        if let Ok(Ok(connection)) =
            tokio::time::timeout(Duration::from_secs(5), app.app.db.pool().acquire()).await
        {
            held.push(connection);
        }
    }
    assert!(!held.is_empty());
    for mut connection in held {
        let known = sqlx::query_scalar!("select nullif(current_setting('portal.provider_id', true), '')")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        assert_eq!(known, None);
        let seen = sqlx::query_scalar!(r#"select count(*) as "n!" from customer"#)
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        assert_eq!(seen, 0, "without a provider no row is seen");
    }
}
